"""What the model is asked: the task adapter's own formats, or instructions for a model with a chat template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quietdesk import resources
from quietdesk.engine.messages import Generate, Sampling
from quietdesk.tools.facts import SourceFacts
from quietdesk.tools.notes import Note
from quietdesk.tools.person import People
from quietdesk.tools.received import ReceivedMail

# A letter is a few times as long as its notes: tokens for greeting and closing, and for each character of a note.
_TOKENS_AROUND = 90
_TOKENS_PER_CHARACTER = 0.75
_MOST_TOKENS = 700


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


class AdapterPrompts:
    """The formats of the training rows; the adapter knows no others."""

    def letter(
        self, to: Correspondence, notes: Sequence[Note], beginning: str = "", sampling: Sampling | None = None
    ) -> Generate:
        """A letter from ``notes``; ``beginning``: what stands already after ``Subject:`` (subject, greeting)."""
        head = f"### Notes\nFrom: {to.people.sender}\nTo: {to.people.recipient}\nTone: {to.tone}\n"
        return _request(head + _listed(notes) + "### Email\n", "Subject:" + beginning, to, notes, sampling)

    def reply(
        self, to: Correspondence, notes: Sequence[Note], beginning: str = "", sampling: Sampling | None = None
    ) -> Generate:
        """An answer to the received mail that says ``notes``."""
        mail = to.received or ReceivedMail("", "", "")
        head = (
            f"### Received email\nFrom: {mail.sender_name}\nSubject: {_harmless(mail.subject)}\n\n"
            f"{_harmless(mail.body)}\n### Reply points\n"
            f"From: {to.people.sender}\nTone: {to.tone}\n"
        )
        return _request(head + _listed(notes), "### Reply\n" + beginning, to, notes, sampling)


class ChatPrompts:
    """Instructions for a model with a chat template and without the adapter."""

    def letter(
        self, to: Correspondence, notes: Sequence[Note], beginning: str = "", sampling: Sampling | None = None
    ) -> Generate:
        """A letter from ``notes``, subject first; a chat model begins anew, whatever stands already."""
        del beginning
        return _chat(resources.text("prompts/draft_chat.txt"), to, notes, sampling)

    def reply(
        self, to: Correspondence, notes: Sequence[Note], beginning: str = "", sampling: Sampling | None = None
    ) -> Generate:
        """An answer to the received mail that says ``notes``; a chat model begins anew."""
        del beginning
        return _chat(resources.text("prompts/draft_chat_reply.txt"), to, notes, sampling)


def _listed(notes: Sequence[Note]) -> str:
    return "".join(f"- {_harmless(note.written)}\n" for note in notes)


def _harmless(text: str) -> str:
    """``text`` without the marks that divide the parts of a prompt."""
    return text.replace("###", "#")


def allowed_numbers(to: Correspondence, notes: Sequence[Note]) -> tuple[str, ...]:
    """Every number that may be written: those of the notes, of the names and of the received mail."""
    source = "\n".join([*(note.written for note in notes), *(note.plain for note in notes), to.source])
    return SourceFacts(source).numbers


def _limit(notes: Sequence[Note]) -> int:
    return min(_MOST_TOKENS, _TOKENS_AROUND + int(_TOKENS_PER_CHARACTER * sum(len(note.written) for note in notes)))


def _request(
    prefix: str, prompt: str, to: Correspondence, notes: Sequence[Note], sampling: Sampling | None
) -> Generate:
    return Generate(
        prompt, prefix=prefix, max_tokens=_limit(notes), stop=("\n###",), sampling=sampling or Sampling(),
        numbers=allowed_numbers(to, notes),
    )  # fmt: skip


def _chat(text: str, to: Correspondence, notes: Sequence[Note], sampling: Sampling | None) -> Generate:
    mail = to.received or ReceivedMail("", "", "")
    fields = {
        "sender": to.people.sender or "—", "recipient": to.people.recipient or mail.sender_name or "—", "tone": to.tone,
        "language": to.language, "notes": _listed(notes), "subject": mail.subject, "mail": mail.body,
    }  # fmt: skip
    for name, value in fields.items():
        text = text.replace("{" + name + "}", value)
    return Generate(
        text, max_tokens=_limit(notes) + 60, stop=("\n###",), sampling=sampling or Sampling(),
        numbers=allowed_numbers(to, notes), adapter=False, chat=True,
    )  # fmt: skip
