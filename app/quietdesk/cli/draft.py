"""``quietdesk draft``: an e-mail from notes, or a reply to a mail file."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from quietdesk.cli.output import EXIT_ERROR, Output, Private, report_failure
from quietdesk.desk import STANDARD_INPUT, Desk
from quietdesk.documents.source import shown
from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_atomic
from quietdesk.tools.draft.drafter import Draft, DraftRequest
from quietdesk.tools.draft.eml import Outgoing, build
from quietdesk.tools.draft.received import ReceivedMail


class Tone(StrEnum):
    """How the letter sounds."""

    NEUTRAL = "neutral"
    FRIENDLY = "friendly"
    FORMAL = "formal"
    FIRM = "firm"
    APOLOGETIC = "apologetic"


def register(app: typer.Typer, open_desk: Callable[..., AbstractContextManager[Desk]]) -> None:
    """Add the command."""

    @app.command()
    def draft(
        *,
        notes: Annotated[str, typer.Option(help="What to say, one note per line.")] = "",
        notes_file: Annotated[str, typer.Option(metavar="FILE|-", help="A file of notes; - for stdin.")] = "",
        reply_to: Annotated[str, typer.Option(metavar="FILE", help="The mail file to answer.")] = "",
        to: Annotated[str, typer.Option(metavar="NAME", help="Who gets it: a name, an address or both.")] = "",
        from_: Annotated[str, typer.Option("--from", metavar="NAME", help="Who writes it.")] = "",
        tone: Annotated[Tone, typer.Option(help="How it sounds.")] = Tone.NEUTRAL,
        out: Annotated[
            Path | None, typer.Option("--output", metavar="FILE.eml", help="Write it as a mail file too.")
        ] = None,
        force: Annotated[bool, typer.Option("--force", help="Replace the mail file if it is there.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
        private: Private = False,
    ) -> None:
        """Draft an e-mail from notes, or a reply. Every note is checked to be in it, and nothing else."""
        _check_usage(notes, notes_file, reply_to)
        output = Output(as_json)
        try:
            if out is not None:
                _check_target(out, force)
            with open_desk(private=private) as desk:
                _draft(desk, _Wanted(notes, notes_file, reply_to, to, from_, tone, out), output)
        except UserError as error:
            report_failure(notes_file or reply_to or "notes", error, output)
            raise typer.Exit(EXIT_ERROR) from error


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was asked for on the command line."""

    notes: str
    notes_file: str
    reply_to: str
    to: str
    sender: str
    tone: Tone
    out: Path | None


def _check_usage(notes: str, notes_file: str, reply_to: str) -> None:
    if notes.strip() and notes_file:
        raise typer.BadParameter("give the notes as text or as a file, not both", param_hint="--notes, --notes-file")
    if notes_file == reply_to == STANDARD_INPUT:
        raise typer.BadParameter("standard input can be only one of the two", param_hint="--notes-file, --reply-to")
    if not notes.strip() and not notes_file and not reply_to:
        raise typer.BadParameter(
            'say what the e-mail is about, one note per line: --notes "meeting moved to Friday 10:00", '
            "--notes-file FILE, or --reply-to FILE to answer a mail",
            param_hint="--notes",
        )


def _check_target(path: Path, force: bool) -> None:
    """Refuse before anything is written, so that no time is lost on a draft that cannot be kept."""
    if path.is_dir():
        raise UserError(
            ErrorCode.UNREADABLE, "That is a folder", f"{shown(str(path))} is a folder, not a mail file.",
            "Give a file name, for example draft.eml.",
        )  # fmt: skip
    if not path.parent.is_dir():
        raise UserError(
            ErrorCode.NOT_FOUND, "No such folder", f"{shown(str(path.parent))} does not exist.",
            "Make the folder first, or write to another one.",
        )  # fmt: skip
    if path.exists() and not force:
        raise UserError(
            ErrorCode.UNREADABLE, "File exists already", f"{shown(str(path))} is there already and was not touched.",
            "Choose another name, or replace it with --force.",
        )  # fmt: skip


def _draft(desk: Desk, wanted: _Wanted, output: Output) -> None:
    desk.warm_up()
    started = time.monotonic()
    document = desk.read(wanted.reply_to) if wanted.reply_to else None
    received = ReceivedMail.of(document) if document else None
    notes = desk.read(wanted.notes_file).text if wanted.notes_file else wanted.notes
    sender = wanted.sender or (received.reader_name if received else "")
    request = DraftRequest(notes, sender, wanted.to, wanted.tone.value, received)
    draft = desk.draft(request)
    if wanted.out is not None:
        mail = Outgoing(draft.subject, draft.text, sender, wanted.to or request.recipient, received)
        write_atomic(wanted.out, build(mail))
    if output.as_json:
        output.object(_fields(draft, desk.model.name, time.monotonic() - started))
    else:
        output.text(f"Subject: {draft.subject}\n\n{draft.text}")
    _remarks(draft, wanted.out, output)


def _fields(draft: Draft, model: str, seconds: float) -> dict[str, Any]:
    return {
        "subject": draft.subject,
        "greeting": draft.greeting,
        "body": draft.body,
        "closing": draft.closing,
        "text": draft.text,
        "missing": list(draft.missing),
        "unsupported": list(draft.unsupported),
        "model": model,
        "seconds": round(seconds, 3),
    }


def _remarks(draft: Draft, out: Path | None, output: Output) -> None:
    for note in draft.missing:
        output.notice(f"Not said in full, please check: {note}")
    if draft.unsupported:
        output.notice(f"Not in your notes, please check: {', '.join(draft.unsupported)}")
    if out is not None:
        output.notice(f"Written to {shown(str(out))}.")
