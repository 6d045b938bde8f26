"""E-mails from notes, and replies.

The model writes, every sentence is checked against the notes, and what it leaves out or distorts is written out
plainly: no note is lost and nothing is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quietdesk.cancel import CancelToken
from quietdesk.engine.engine import Engine
from quietdesk.errors import ErrorCode, UserError
from quietdesk.tools.adapter_formats import SUBJECT
from quietdesk.tools.draft import compose
from quietdesk.tools.draft.compose import Piece
from quietdesk.tools.draft.letter import TONES, Letter, Phrases, shortened
from quietdesk.tools.draft.note_check import NoteCheck
from quietdesk.tools.draft.note_language import language_of
from quietdesk.tools.draft.note_writer import NoteWriter
from quietdesk.tools.draft.notes import Note, parse_notes
from quietdesk.tools.draft.person import People, to_reader
from quietdesk.tools.draft.phrases import sentence
from quietdesk.tools.draft.plain import Line, PlainWriter
from quietdesk.tools.draft.plain_other import ChinesePlainWriter, LiteralWriter
from quietdesk.tools.draft.prompts import AdapterPrompts, ChatPrompts, Correspondence, LetterPrompts
from quietdesk.tools.draft.received import ReceivedMail
from quietdesk.tools.draft.subject import subject_from, subject_stands
from quietdesk.tools.draft.wording import Lexicon, english

ADAPTER_LANGUAGES = frozenset(("en",))
"""Languages that the task adapter writes well enough; in others notes are written out without the model."""

_APOLOGY = re.compile(r"\b(?:sorry|apolog|regret|forgive)|抱歉|歉|对不起|不好意思", re.IGNORECASE)
_MOST_WRITTEN = 40
"""Notes that the model writes; those beyond are written out plainly, so that no letter takes minutes."""


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """What to write: ``notes`` one per line; ``received``: the mail that is answered.

    sender, recipient: names as they should appear, empty when not known. tone: one of ``TONES``.
    language: ISO 639-1 code, or None to take that of the notes (of the received mail when there are none).
    """

    notes: str = ""
    sender: str = ""
    recipient: str = ""
    tone: str = "neutral"
    received: ReceivedMail | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter. ``text``: greeting, body and closing. ``missing``: notes it does not say; ``unsupported``: facts of it
    that stand neither in the notes nor in the received mail."""

    subject: str
    greeting: str
    body: str
    closing: str
    text: str
    missing: tuple[str, ...]
    unsupported: tuple[str, ...]


class Drafter:
    """Drafts e-mails with the model of ``engine``.

    attempts: how many more sentences the model may try for a note whose first one is not true to it.
    """

    def __init__(self, engine: Engine, lexicon: Lexicon | None = None, attempts: int = 3) -> None:
        self._engine = engine
        self._lexicon = lexicon or english()
        self._attempts = attempts

    def draft(self, request: DraftRequest, on_text: Callable[[str], None] | None = None,
              cancel: CancelToken | None = None) -> Draft:  # fmt: skip
        """The e-mail. ``on_text`` gets the greeting and each sentence as soon as it is settled.

        Raises:
            UserError: ``empty`` (nothing to write about), ``too_large`` (too many notes), or what the engine raises.
            Cancelled: ``cancel`` was set.
        """
        notes = parse_notes(request.notes, self._lexicon)
        if not notes and request.received is None:
            raise UserError(
                ErrorCode.EMPTY, "No notes", "There is nothing to write about: the notes are empty.",
                "Give one note per line, for example \"meeting moved to Friday 10:00\".",
            )  # fmt: skip
        if request.tone not in TONES:
            raise ValueError(f"unknown tone {request.tone!r}")
        work = _Work(
            self._engine, self._lexicon, self._correspondence(request, notes), notes, on_text=on_text, cancel=cancel
        )
        return work.draft(self._attempts)

    def _correspondence(self, request: DraftRequest, notes: Sequence[Note]) -> Correspondence:
        received = request.received
        recipient = request.recipient.strip() or (received.sender_name if received else "")
        people = People(_one_line(request.sender), _one_line(recipient))
        written = "\n".join(note.written for note in notes)
        language = (
            request.language or language_of(written) or (language_of(received.body) if received else None) or "en"
        )
        return Correspondence(people, request.tone, received, language)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", "".join(char if char.isprintable() else " " for char in text)).strip()[:200]


class _Work:
    """One draft on its way."""

    def __init__(self, engine: Engine, lexicon: Lexicon, to: Correspondence, notes: tuple[Note, ...], *,
                 on_text: Callable[[str], None] | None, cancel: CancelToken | None) -> None:  # fmt: skip
        self._engine = engine
        self._lexicon = lexicon
        self._to = to
        self._notes = notes
        self._on_text = on_text or (lambda _: None)
        self._cancel = cancel
        self._phrases = Phrases(to.language)
        self._check = NoteCheck(notes, to.people, lexicon=lexicon, tone=to.tone, context=_context(to))
        self._meant = to.people.reader_meant([note.plain for note in notes], answering=to.received is not None)
        self._plain = self._plain_lines()
        self._pieces: list[Piece] = []
        self._by_model: frozenset[int] = frozenset()
        self._subject = self._plain_subject()
        self._greeting = self._phrases.greeting(to.people, to.tone)

    def draft(self, attempts: int) -> Draft:
        """Write, check, put together."""
        prompts = self._prompts()
        if self._notes and prompts is not None:
            self._write(NoteWriter(self._engine, prompts, self._check, attempts=attempts, cancel=self._cancel))
        self._write_out_the_rest()
        return self._result()

    # The model's part

    def _prompts(self) -> LetterPrompts | None:
        """How this model is asked, or None when it cannot write a letter in this language."""
        info = self._engine.info()
        written = self._notes[:_MOST_WRITTEN]
        if info.chat_template and not info.adapter:
            return ChatPrompts(self._to, written)
        return AdapterPrompts(self._to, written) if info.adapter and self._to.language in ADAPTER_LANGUAGES else None

    def _write(self, writer: NoteWriter) -> None:
        if self._to.received is None:
            self._take_subject(writer.subject())
        self._take_greeting(writer.greeting("" if self._to.received else self._subject))
        self._on_text(self._greeting + "\n\n")
        subject = "" if self._to.received else f"{SUBJECT} {self._subject}\n"
        plain = [self._line(at, False) for at in range(len(self._notes[:_MOST_WRITTEN]))]
        said = writer.sentences(f"{subject}{self._greeting}\n", plain, lambda text: self._on_text(text + " "))
        self._by_model = frozenset(at for at, one in enumerate(said) if one.by_model)
        self._pieces = [Piece(said[at].text, False, (at,)) for at in sorted(self._by_model)]

    def _take_subject(self, subject: str) -> None:
        subject = subject.rstrip(".,;: ")
        if subject_stands(subject, self._notes, self._check, self._lexicon):
            self._subject = shortened(subject)

    def _take_greeting(self, greeting: str) -> None:
        if greeting and self._phrases.knows_greeting(greeting, self._to.people):
            self._greeting = greeting

    # What stands

    def _lost(self) -> list[int]:
        said = {at for piece in self._pieces for at in piece.covers}
        return [at for at in range(len(self._notes)) if at not in said]

    # Without the model

    def _write_out_the_rest(self) -> None:
        lost = self._lost()
        # Among sentences of the model a list would break the order; where it wrote little a list is clearer.
        listed = 2 * len(lost) > len(self._notes)
        added = [Piece(self._line(at, listed), listed and self._plain[at].listed, (at,)) for at in lost]
        self._pieces = compose.placed(self._pieces, added)
        apology = self._phrases.say("apology")
        if (
            self._to.tone == "apologetic"
            and apology
            and not _APOLOGY.search(" ".join(piece.text for piece in self._pieces))
        ):
            self._pieces.append(Piece(apology, False, ()))

    def _plain_lines(self) -> list[Line]:
        """Every note as it is written without the model."""
        tone = self._to.tone
        if self._to.language == "en":
            writer = PlainWriter(self._lexicon, self._to.people, tone)
            return [writer.write(note, to_reader=meant) for note, meant in zip(self._notes, self._meant, strict=True)]
        other = ChinesePlainWriter(tone) if self._to.language == "zh" else LiteralWriter()
        return [other.write(note) for note in self._notes]

    def _line(self, at: int, listed: bool) -> str:
        """Note ``at`` without the model: as a line of a list, or as a sentence."""
        line = self._plain[at]
        return line.text if listed or not line.listed else sentence(line.text)

    def _topics(self) -> list[str]:
        """The notes spelt out, the reader addressed."""
        pairs = zip(self._notes, self._meant, strict=True)
        return [to_reader(note.plain) if meant else note.plain for note, meant in pairs]

    def _plain_subject(self) -> str:
        if self._to.received:
            title = re.sub(
                r"^(?:\s*(?:re|aw|sv|antw|回复|答复)\s*[:：]\s*)+", "", self._to.received.subject, flags=re.I
            )
            return shortened(f"Re: {title}", 200) if title.strip() else "Re:"
        return shortened(subject_from(self._topics()))

    def _result(self) -> Draft:
        body = compose.body_of(self._pieces, self._phrases, "" if self._to.language == "zh" else " ")
        if not self._notes:
            body = self._acknowledgement()
        letter = Letter(self._subject, self._greeting, body, self._phrases.closing(self._to.people, self._to.tone))
        missing = tuple(note.written for at, note in enumerate(self._notes) if not self._says(at))
        said = [letter.subject, *(piece.text for piece in self._pieces if piece.covers)] if self._notes else []
        unsupported = tuple(dict.fromkeys(fact for text in said for fact in self._check.unsupported(text)))
        return Draft(letter.subject, letter.greeting, letter.body, letter.closing, letter.text, missing, unsupported)

    def _says(self, at: int) -> bool:
        """Whether a sentence that stands says the note, or else what was written out has nearly all its key words."""
        if at in self._by_model:
            return True
        told = " ".join(piece.text for piece in self._pieces if at in piece.covers)
        return self._check.covers(at, told)

    def _acknowledgement(self) -> str:
        title = self._to.received.subject.strip() if self._to.received else ""
        key = "received" if title else "received_untitled"
        return self._phrases.say(key, self._to.tone).replace("{title}", shortened(title, 120))


def _context(to: Correspondence) -> str:
    return f"{to.received.subject}\n{to.received.body}" if to.received else ""
