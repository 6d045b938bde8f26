"""What the commands keep, as a person sees it: history, receipts, search, erasing, private mode."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import RunQuietdesk

CANARY = "Zanzibar"
LETTER = (
    "Dear Ms Okafor,\n\nthank you for your order of 14 March. The forty lamps for the school in Zanzibar left our "
    "warehouse today and will reach you on Friday. The invoice over 1,250 euros is enclosed; please pay it within "
    "thirty days.\n\nKind regards,\nHolm Lighting\n"
)


@pytest.fixture
def vault(home_with_model: Path, tmp_path: Path) -> Mapping[str, str]:
    """The environment of somebody whose store is sealed by a passphrase."""
    file = tmp_path / "passphrase"
    file.write_text("four random words\n")
    file.chmod(0o600)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return {"QUIETDESK_PASSPHRASE_FILE": str(file), "TMPDIR": str(temporary)}


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter.txt"
    file.write_text(LETTER)
    return file


def objects(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def files_with(word: str, *folders: Path) -> list[Path]:
    """The files that hold the word in plain; the model's are left out, they are only linked."""
    return [
        Path(place, name)
        for folder in folders for place, _, names in os.walk(folder) for name in names
        if word.encode() in Path(place, name).read_bytes()
    ]  # fmt: skip


def work_with_all_tools(run_quietdesk: RunQuietdesk, vault: Mapping[str, str], letter: Path) -> None:
    for arguments in (
        ("summarize", letter), ("draft", "--notes", f"the lamps for {CANARY} have left", "--to", "Ann"),
        ("classify", letter),
    ):  # fmt: skip
        done = run_quietdesk(*arguments, env=vault)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""


def test_results_can_be_found_shown_and_erased(
    run_quietdesk: RunQuietdesk, vault: Mapping[str, str], letter: Path, home_with_model: Path, tmp_path: Path
) -> None:
    work_with_all_tools(run_quietdesk, vault, letter)

    items = objects(run_quietdesk("history", "list", "--json", env=vault).stdout)
    assert [item["task"] for item in items] == ["classify", "draft", "summarize"]
    assert items[0]["source"] == str(letter)
    assert items[0]["input"] is None, "the text of a file is not kept a second time"
    assert CANARY in items[1]["input"]
    shown = run_quietdesk("history", "show", items[1]["id"].__str__(), env=vault)
    assert CANARY in shown.stdout

    found = objects(run_quietdesk("search", CANARY.lower(), "--json", env=vault).stdout)
    assert [hit["path"] for hit in found] == [str(letter)]

    receipts = run_quietdesk("privacy", "receipts", "--json", env=vault).stdout
    assert CANARY not in receipts
    assert [receipt["outcome"] for receipt in objects(receipts)] == ["done"] * 3
    for receipt in objects(receipts):
        assert receipt["tokens_read"] > 0
        assert receipt["cpu_seconds"] > 0
        assert receipt["blocked"] == 0
    of_letter = objects(run_quietdesk("privacy", "receipts", "--for", letter, "--json", env=vault).stdout)
    assert {receipt["task"] for receipt in of_letter} == {"summarize", "classify"}

    assert files_with(CANARY, home_with_model, tmp_path / "temporary") == []
    assert run_quietdesk("history", "delete", str(items[2]["id"]), env=vault).returncode == 0
    assert len(objects(run_quietdesk("history", "list", "--json", env=vault).stdout)) == 2

    assert run_quietdesk("privacy", "erase", "--all", "--yes", env=vault).returncode == 0
    assert [file.name for file in (home_with_model / "data").iterdir() if "lock" not in file.name] == []
    assert letter.read_text() == LETTER
    assert run_quietdesk("history", "list", env=vault).stdout == ""


def test_a_private_job_leaves_nothing(
    run_quietdesk: RunQuietdesk, vault: Mapping[str, str], letter: Path, home_with_model: Path
) -> None:
    assert run_quietdesk("summarize", letter, "--private", env=vault).returncode == 0
    assert not (home_with_model / "data" / "quietdesk.db").exists()


def test_without_a_keyring_work_goes_on_without_history(
    run_quietdesk: RunQuietdesk, home_with_model: Path, letter: Path
) -> None:
    done = run_quietdesk("summarize", letter, env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"})
    assert done.returncode == 0
    assert done.stderr == ""
    assert not (home_with_model / "data" / "quietdesk.db").exists()


def test_a_wrong_passphrase_costs_the_history_and_not_the_result(
    run_quietdesk: RunQuietdesk, vault: Mapping[str, str], letter: Path
) -> None:
    assert run_quietdesk("summarize", letter, env=vault).returncode == 0
    Path(vault["QUIETDESK_PASSPHRASE_FILE"]).write_text("others\n")
    done = run_quietdesk("summarize", letter, env=vault)
    assert done.returncode == 0
    assert done.stdout
    assert "Nothing is added to the history" in done.stderr
    listed = run_quietdesk("history", "list", env=vault)
    assert listed.returncode == 1
    assert listed.stdout == ""


def test_status_names_locks_key_and_store(
    run_quietdesk: RunQuietdesk, vault: Mapping[str, str], letter: Path
) -> None:
    assert run_quietdesk("classify", letter, env=vault).returncode == 0
    (status,) = objects(run_quietdesk("privacy", "status", "--json", env=vault).stdout)
    assert status["network"]["command line"]["audit_hook"]
    assert status["vault"]["kind"] == "passphrase"
    assert status["stored"]["history"] == status["stored"]["receipts"] == status["stored"]["files"] == 1


def test_settings_that_are_unclear_about_history_keep_nothing(
    run_quietdesk: RunQuietdesk, vault: Mapping[str, str], letter: Path, home_with_model: Path
) -> None:
    (home_with_model / "config").mkdir(mode=0o700)
    (home_with_model / "config" / "settings.toml").write_text('history = "maybe"\n')
    done = run_quietdesk("summarize", letter, env=vault)
    assert done.returncode == 0
    assert "unclear" in done.stderr
    assert not (home_with_model / "data" / "quietdesk.db").exists()
