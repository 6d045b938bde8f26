"""Errors that a person can mend. Everything else is a bug and stays an ordinary exception."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable words for scripts; they stand in the JSON of a failed input."""

    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NO_TEXT = "no_text"
    ENCRYPTED = "encrypted"
    CORRUPT = "corrupt"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TIMEOUT = "timeout"
    CHANGED = "changed"
    OFFLINE_FOLDER = "offline_folder"
    MODEL_MISSING = "model_missing"
    MODEL_CORRUPT = "model_corrupt"
    VAULT_LOCKED = "vault_locked"
    DISK_FULL = "disk_full"
    INTERNAL = "internal"


class UserError(Exception):
    """What happened, to which thing, and what to do about it.

    ``title`` is a few words, ``message`` says what happened and names the file or setting, ``hint`` says what
    the person can do. None of them carries the content of a document.
    """

    def __init__(self, code: ErrorCode, title: str, message: str, hint: str = "") -> None:
        super().__init__(f"{title}: {message}")
        self.code = code
        self.title = title
        self.message = message
        self.hint = hint

    def as_dict(self) -> dict[str, str]:
        """The ``error`` object of the command line's JSON."""
        return {"code": self.code.value, "title": self.title, "message": self.message, "hint": self.hint}


class Cancelled(Exception):  # noqa: N818  not an error
    """The person, or the program on its way out, cancelled the work. Not an error."""
