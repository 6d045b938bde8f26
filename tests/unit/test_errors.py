"""The errors for people, and the stable words of the command line's JSON."""

from __future__ import annotations

from quietdesk.errors import ErrorCode, UserError

# Scripts compare with these: a word is never renamed or taken away.
STABLE_CODES = {
    "not_found", "unreadable", "empty", "no_text", "encrypted", "corrupt", "unsupported", "too_large", "timeout",
    "changed", "offline_folder", "model_missing", "model_corrupt", "vault_locked", "disk_full", "internal",
}  # fmt: skip


def test_every_stable_code_is_there() -> None:
    assert {code.value for code in ErrorCode} >= STABLE_CODES


def test_error_as_json_object() -> None:
    error = UserError(ErrorCode.EMPTY, "Empty file", "a.txt has no content.", "Choose another file.")
    assert error.as_dict() == {
        "code": "empty", "title": "Empty file", "message": "a.txt has no content.", "hint": "Choose another file.",
    }  # fmt: skip
    assert all(type(value) is str for value in error.as_dict().values())


def test_error_reads_as_a_sentence() -> None:
    assert str(UserError(ErrorCode.EMPTY, "Empty file", "a.txt has no content.")) == "Empty file: a.txt has no content."
