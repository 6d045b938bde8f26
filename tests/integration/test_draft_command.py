"""``quietdesk draft`` as people and scripts run it."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from conftest import RunQuietdesk

MAIL = b"""From: Rosalind Quill <r.quill@example.org>
To: Dario Menzel <dario@example.net>
Subject: Your talk
Date: Tue, 8 Sep 2026 09:14:22 +0100
Message-ID: <fair-2@example.org>
References: <fair-1@example.org>
Content-Type: text/plain; charset=utf-8

Dear Dario,

Does 14:30 suit you?

Rosalind

On Mon, 7 Sep 2026 at 10:00, Dario <dario@example.net> wrote:
> When shall I speak?
"""
FIELDS = {"subject", "greeting", "body", "closing", "text", "missing", "unsupported", "model", "seconds"}


@pytest.mark.usefixtures("home_with_model")
def test_letter_and_mail_file(run_quietdesk: RunQuietdesk, tmp_path: Path) -> None:
    target = tmp_path / "letter ü.eml"
    people = ("--to", "Bo Roe <bo@example.org>", "--from", "Ann Lee")
    arguments = ("draft", "--notes-file", "-", *people, "--output", target)
    done = run_quietdesk(*arguments, stdin="- invoice 7731 attached\n- pls pay £640 by fri\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Subject: ")
    assert "£640" in done.stdout
    assert "Written to" in done.stderr
    message = message_from_bytes(target.read_bytes(), policy=default)
    assert message["X-Unsent"] == "1"
    assert message["To"].addresses[0].addr_spec == "bo@example.org"
    assert done.stdout.partition("\n\n")[2].strip() == message.get_content().replace("\r\n", "\n").strip()
    assert target.stat().st_mode & 0o077 == 0

    before = target.read_bytes()
    again = run_quietdesk(*arguments, stdin="- something else\n")
    assert again.returncode == 1
    assert "--force" in again.stderr
    assert target.read_bytes() == before


@pytest.mark.usefixtures("home_with_model")
def test_reply_as_json(run_quietdesk: RunQuietdesk, tmp_path: Path) -> None:
    mail, target = tmp_path / "mail.eml", tmp_path / "reply.eml"
    mail.write_bytes(MAIL)
    done = run_quietdesk("draft", "--reply-to", mail, "--notes", "yes 14:30", "--output", target, "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    fields = json.loads(line)
    assert set(fields) == FIELDS
    assert fields["subject"] == "Re: Your talk"
    assert "14:30" in fields["body"]
    assert fields["closing"].endswith("Dario Menzel")
    assert fields["missing"] == fields["unsupported"] == []
    message = message_from_bytes(target.read_bytes(), policy=default)
    assert message["In-Reply-To"] == "<fair-2@example.org>"
    assert message["References"] == "<fair-1@example.org> <fair-2@example.org>"
    assert message["To"].addresses[0].addr_spec == "r.quill@example.org"
    assert "> Does 14:30 suit you?" in message.get_content()


@pytest.mark.usefixtures("home_with_model")
def test_reply_without_notes(run_quietdesk: RunQuietdesk, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(MAIL)
    done = run_quietdesk("draft", "--reply-to", mail)
    assert done.returncode == 0, done.stderr
    assert "Thank you for your e-mail about “Your talk”." in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--notes", " \n"),
        ("--notes", "a", "--notes-file", "b"),
        ("--notes-file", "-", "--reply-to", "-"),
        ("--notes", "a", "--tone", "rude"),
    ],
)
def test_wrong_usage(run_quietdesk: RunQuietdesk, arguments: tuple[str, ...]) -> None:
    done = run_quietdesk("draft", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "--" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("home_with_model")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--notes-file", "missing.txt"), "not_found"),
        (("--notes", "a", "--reply-to", "missing.eml"), "not_found"),
        (("--notes", "a", "--output", "no-such-folder/x.eml"), "not_found"),
        (("--notes-file", "empty.txt"), "empty"),
        (("--notes-file", "long.txt"), "too_large"),
        (("--notes", "a", "--output", "."), "unreadable"),
    ],
)
def test_errors(
    run_quietdesk: RunQuietdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.txt").write_bytes(b"")
    Path("long.txt").write_text("one more thing to say\n" * 3000, "utf-8")
    done = run_quietdesk("draft", *arguments, "--json")
    assert done.returncode == 1, done.stderr
    failure = json.loads(done.stdout)
    assert failure["status"] == "failed"
    assert failure["error"]["code"] == code
    assert failure["error"]["hint"]
    assert "Traceback" not in done.stderr
