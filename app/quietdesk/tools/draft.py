"""E-mails from notes, and replies.

The model writes, every sentence is checked against the notes, and what it leaves out or distorts is written out
plainly: no note is lost and nothing is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from quietdesk.cancel import CancelToken
from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import Finish, Generate, Sampling
from quietdesk.errors import ErrorCode, UserError
from quietdesk.tools import compose
from quietdesk.tools.compose import Piece
from quietdesk.tools.draft_check import Checker, units_of
from quietdesk.tools.draft_prompts import AdapterPrompts, ChatPrompts, Correspondence
from quietdesk.tools.draft_selection import keep
from quietdesk.tools.letter import TONES, Letter, Phrases, Written, shortened, take_apart, take_apart_reply
from quietdesk.tools.note_language import language_of
from quietdesk.tools.notes import Note, covered, parse_notes
from quietdesk.tools.person import People, to_reader
from quietdesk.tools.plain import Line, PlainWriter
from quietdesk.tools.plain_other import ChinesePlainWriter, LiteralWriter
from quietdesk.tools.received import ReceivedMail
from quietdesk.tools.subject import subject_from, subject_stands
from quietdesk.tools.wording import Lexicon, english

ADAPTER_LANGUAGES = frozenset(("en",))
"""Languages that the task adapter writes well enough; in others notes are written out without the model."""

_APOLOGY = re.compile(r"\b(?:sorry|apolog|regret|forgive)|抱歉|歉|对不起|不好意思", re.IGNORECASE)
_LARGEST_GROUP = 6  # notes that the model is given at once: it drops more of longer lists
_MOST_GROUPS = 4  # groups that the model writes; notes beyond them are written out plainly
_LARGEST_MEND = 3  # notes of one attempt to write what the first draft lost
_LARGEST_LOSS = 0.6  # where more of the notes is lost, further attempts were seen to gain nothing
_LEAST_SHARE = 0.75  # a synonym may stand for one word of four
_WARM = 0.6  # temperature of further attempts


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

    attempts: how many more times the model may try to write notes that its first draft lost.
    """

    def __init__(self, engine: Engine, lexicon: Lexicon | None = None, attempts: int = 2) -> None:
        self._engine = engine
        self._lexicon = lexicon or english()
        self._attempts = attempts

    def draft(self, request: DraftRequest, on_text: Callable[[str], None] | None = None,
              cancel: CancelToken | None = None) -> Draft:  # fmt: skip
        """The e-mail. ``on_text`` gets the model's first draft piece by piece as it is written; the result may differ,
        because it is checked and mended.

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
        self._on_text = on_text
        self._cancel = cancel
        self._phrases = Phrases(to.language)
        self._checker = Checker(notes, to.people, lexicon=lexicon, tone=to.tone, context=_context(to))
        plain = [note.plain for note in notes]
        self._meant = to.people.reader_meant(plain, answering=to.received is not None)
        self._plain = self._plain_lines()
        self._pieces: list[Piece] = []
        self._written = Written("", "", "", "")

    def draft(self, attempts: int) -> Draft:
        """Write, check, mend, put together."""
        if self._notes and self._prompts() is not None:
            self._first_draft()
            for attempt in range(attempts):
                if len(self._lost()) <= _LARGEST_LOSS * len(self._notes):
                    self._mend(attempt)
        self._write_out_the_rest()
        return self._result()

    # The model's part

    def _prompts(self) -> AdapterPrompts | ChatPrompts | None:
        """How this model is asked, or None when it cannot write a letter in this language."""
        info = self._engine.info()
        if info.chat_template and not info.adapter:
            return ChatPrompts()
        return AdapterPrompts() if info.adapter and self._to.language in ADAPTER_LANGUAGES else None

    def _first_draft(self) -> None:
        groups = compose.in_groups(range(len(self._notes)), _LARGEST_GROUP)[:_MOST_GROUPS]
        for number, group in enumerate(groups):
            beginning = self._beginning() if number else ""
            written = self._ask([self._notes[at] for at in group], beginning, self._on_text)
            if not number:
                self._written = written
            self._take(written.body, group, offset=10 * number)
            if not self._pieces:
                return  # dense notes: the model would not do better with the others

    def _mend(self, attempt: int) -> None:
        """Ask again for notes that no sentence says yet, and that would only be a line of a list without the model."""
        lost = [at for at in self._lost() if self._plain[at].listed][: _LARGEST_MEND * _MOST_GROUPS]
        sampling = Sampling(_WARM if attempt else 0.0, seed=attempt)
        for group in compose.in_groups(lost, _LARGEST_MEND):
            written = self._ask([self._notes[at] for at in group], self._beginning(), None, sampling)
            self._take(written.body, group, added=True)

    def _ask(self, notes: Sequence[Note], beginning: str, on_text: Callable[[str], None] | None,
             sampling: Sampling | None = None) -> Written:  # fmt: skip
        prompts = self._prompts()
        assert prompts is not None  # noqa: S101  asked by draft()
        write = prompts.reply if self._to.received else prompts.letter
        request: Generate = write(self._to, notes, beginning, sampling)
        done = self._engine.generate(request, on_text, self._cancel)
        text = done.text if done.finish in (Finish.END, Finish.STOP) else _whole_sentences(done.text)
        if self._to.received or beginning:
            return take_apart_reply(text, self._phrases, self._to.people)
        return take_apart(text, self._phrases, self._to.people)

    def _beginning(self) -> str:
        """What a continuation starts from: subject and greeting, so that the model goes on with the body."""
        greeting = self._written.greeting or self._phrases.greeting(self._to.people, self._to.tone)
        if self._to.received:
            return f"{greeting}\n\n"
        return f" {self._subject()}\n\n{greeting}\n\n"

    # What stands

    def _lost(self) -> list[int]:
        said = {at for piece in self._pieces for at in piece.covers}
        return [at for at in range(len(self._notes)) if at not in said]

    def _take(self, body: str, among: Sequence[int], *, offset: int = 0, added: bool = False) -> None:
        """Keep the sentences of ``body`` that say notes faithfully and say something new."""
        units = [unit for unit in units_of(body) if unit.listed or unit.text[-1] in ".!?:。！？：…"]
        said = frozenset(at for piece in self._pieces for at in piece.covers)
        found = [
            Piece(kept.unit.text, kept.unit.listed, tuple(sorted(kept.touches)), kept.unit.paragraph + offset)
            for kept in keep(units, self._checker, among, said)
        ]
        if added:
            found = [replace(piece, paragraph=-1) for piece in found if piece.covers]
            self._pieces = compose.placed(self._pieces, found)
        else:
            self._pieces += found

    # Without the model

    def _write_out_the_rest(self) -> None:
        added = [Piece(self._plain[at].text, self._plain[at].listed, (at,)) for at in self._lost()]
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

    def _topics(self) -> list[str]:
        """The notes spelt out, the reader addressed."""
        pairs = zip(self._notes, self._meant, strict=True)
        return [to_reader(note.plain) if meant else note.plain for note, meant in pairs]

    def _subject(self) -> str:
        if self._to.received:
            title = re.sub(
                r"^(?:\s*(?:re|aw|sv|antw|回复|答复)\s*[:：]\s*)+", "", self._to.received.subject, flags=re.I
            )
            return shortened(f"Re: {title}", 200) if title.strip() else "Re:"
        if subject_stands(self._written.subject, self._notes, self._checker, self._lexicon):
            return shortened(self._written.subject.rstrip(".,;: "))
        return shortened(subject_from(self._topics()))

    def _result(self) -> Draft:
        people, tone = self._to.people, self._to.tone
        body = compose.body_of(self._pieces, self._phrases, "" if self._to.language == "zh" else " ")
        if not self._notes:
            body = self._acknowledgement()
        letter = Letter(
            self._subject(),
            self._written.greeting or self._phrases.greeting(people, tone),
            body,
            self._phrases.closing(people, tone, self._written.signoff),
        )
        missing = tuple(note.written for at, note in enumerate(self._notes) if not self._says(at))
        said = [letter.subject, *(piece.text for piece in self._pieces if piece.covers)] if self._notes else []
        unsupported = tuple(dict.fromkeys(fact for text in said for fact in self._checker.unsupported(text)))
        return Draft(letter.subject, letter.greeting, letter.body, letter.closing, letter.text, missing, unsupported)

    def _says(self, at: int) -> bool:
        """Whether the pieces for a note have its facts and nearly all of its key words."""
        told = " ".join(piece.text for piece in self._pieces if at in piece.covers)
        return covered(self._notes[at], told, self._lexicon).share >= _LEAST_SHARE

    def _acknowledgement(self) -> str:
        title = self._to.received.subject.strip() if self._to.received else ""
        key = "received" if title else "received_untitled"
        return self._phrases.say(key, self._to.tone).replace("{title}", shortened(title, 120))


def _context(to: Correspondence) -> str:
    return f"{to.received.subject}\n{to.received.body}" if to.received else ""


def _whole_sentences(text: str) -> str:
    """``text`` up to the end of its last whole sentence."""
    ends = [match.end() for match in re.finditer(r"[.!?。！？](?=\s)|[。！？]", text)]
    return text[: ends[-1]] if ends else ""
