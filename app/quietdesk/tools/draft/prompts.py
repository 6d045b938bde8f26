"""What the model is asked for a letter: the adapter's formats, or instructions for a model with a chat template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from quietdesk import resources
from quietdesk.engine.messages import Generate, Sampling
from quietdesk.tools import adapter_formats as formats
from quietdesk.tools.draft.notes import Note
from quietdesk.tools.draft.person import People
from quietdesk.tools.draft.received import ReceivedMail
from quietdesk.tools.draft.wording import is_chinese
from quietdesk.tools.text.facts import SourceFacts

# A sentence is about as long as its note; Chinese has up to one token a character.
_TOKENS_AROUND = 28
_TOKENS_PER_CHARACTER = 0.5
_TOKENS_PER_CHINESE_CHARACTER = 1.6
_MOST_TOKENS = 240
_SUBJECT_TOKENS = 40
_GREETING_TOKENS = 30


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What stays the same for every request of one draft."""

    people: People
    tone: str
    received: ReceivedMail | None
    language: str

    @property
    def source(self) -> str:
        """Text from which names and numbers may be taken besides the notes."""
        mail = f"\n{self.received.subject}\n{self.received.body}\n{self.received.sender_name}" if self.received else ""
        return f"{self.people.sender}\n{self.people.recipient}{mail}"


class LetterPrompts(Protocol):
    """The requests of one letter. Every answer is one line."""

    def subject(self) -> Generate:
        """For the subject line."""

    def greeting(self, subject: str) -> Generate | None:
        """For the greeting; None where it is not left to the model."""

    def sentence(self, at: int, beginning: str, said: Sequence[str], sampling: Sampling) -> Generate:
        """For what note ``at`` says. ``beginning``: subject and greeting as lines; ``said``: the sentences of the
        notes before it."""


class AdapterPrompts:
    """The formats that the adapter was trained on; it knows no others.

    Each request continues the one before, so that the engine computes nothing twice.
    """

    def __init__(self, to: Correspondence, notes: Sequence[Note]) -> None:
        self._to = to
        self._notes = notes
        written = [note.written for note in notes]
        mail, people = to.received, to.people
        if mail is None:
            self._head = formats.letter(people.sender, people.recipient, to.tone, written)
        else:
            received = formats.received(mail.sender_name, mail.subject, mail.body)
            self._head = formats.reply(received, people.sender, to.tone, written)

    def subject(self) -> Generate:
        return self._line(self._head, formats.SUBJECT, _SUBJECT_TOKENS, allowed_numbers(self._to, self._notes))

    def greeting(self, subject: str) -> Generate | None:
        head = self._head + (f"{formats.SUBJECT} {subject}\n" if subject else "")
        return self._line(head, "", _GREETING_TOKENS, SourceFacts(self._to.people.recipient).numbers)

    def sentence(self, at: int, beginning: str, said: Sequence[str], sampling: Sampling) -> Generate:
        before = "".join(
            f"{formats.note(note.written)}{sentence}\n" for note, sentence in zip(self._notes, said, strict=False)
        )
        note = self._notes[at]
        return Generate(
            formats.note(note.written), prefix=self._head + beginning + before, max_tokens=room_for(note), stop=("\n",),
            sampling=sampling, numbers=allowed_numbers(self._to, [note]),
        )  # fmt: skip

    def _line(self, prefix: str, prompt: str, tokens: int, numbers: tuple[str, ...]) -> Generate:
        return Generate(prompt, prefix=prefix, max_tokens=tokens, stop=("\n",), numbers=numbers)


class ChatPrompts:
    """Instructions for a model with a chat template and without the adapter."""

    def __init__(self, to: Correspondence, notes: Sequence[Note]) -> None:
        self._to = to
        self._notes = notes

    def subject(self) -> Generate:
        return self._ask(self._filled("draft_chat_subject.txt", "", ""), _SUBJECT_TOKENS, self._notes)

    def greeting(self, subject: str) -> Generate | None:
        del subject
        return None

    def sentence(self, at: int, beginning: str, said: Sequence[str], sampling: Sampling) -> Generate:
        del beginning
        note = self._notes[at]
        text = self._filled("draft_chat.txt", note.written, " ".join(said))
        return self._ask(text, room_for(note), [note], sampling)

    def _filled(self, template: str, note: str, said: str) -> str:
        to = self._to
        mail = to.received
        fields = {
            "sender": to.people.sender or "—", "recipient": to.people.recipient or "—", "tone": to.tone,
            "language": to.language, "notes": "".join(f"- {formats.harmless(n.written)}\n" for n in self._notes),
            "mail": formats.harmless(f"{mail.subject}\n{mail.body}") if mail else "—",
            "said": said or "—", "note": formats.harmless(note),
        }  # fmt: skip
        text = resources.text(f"prompts/{template}")
        for name, value in fields.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _ask(self, text: str, tokens: int, sources: Sequence[Note], sampling: Sampling | None = None) -> Generate:
        return Generate(
            text, max_tokens=tokens, stop=("\n",), sampling=sampling or Sampling(),
            numbers=allowed_numbers(self._to, sources), adapter=False, chat=True,
        )  # fmt: skip


def allowed_numbers(to: Correspondence, notes: Sequence[Note]) -> tuple[str, ...]:
    """Every number that may be written: those of the notes, of the names and of the received mail."""
    source = "\n".join([*(note.written for note in notes), *(note.plain for note in notes), to.source])
    return SourceFacts(source).numbers


def room_for(note: Note) -> int:
    """Tokens that the sentence of ``note`` may take."""
    each = _TOKENS_PER_CHINESE_CHARACTER if is_chinese(note.written) else _TOKENS_PER_CHARACTER
    return min(_MOST_TOKENS, _TOKENS_AROUND + int(each * len(note.written)))
