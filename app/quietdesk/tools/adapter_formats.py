"""The texts that the task adapter is trained on and asked with: one place for both, since it knows no others."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Rewriting(StrEnum):
    """How a sentence is to be said anew; the value is the heading of the format."""

    SHORTER = "Shorter"
    FRIENDLIER = "Friendlier"
    MORE_FORMAL = "More formal"
    MINUTED = "Minutes"


class SummaryPart(StrEnum):
    """What is written of a document; the value is the heading of the format."""

    HEADLINE = "Headline"
    PARAGRAPH = "Summary"
    BULLETS = "Key points"


SUBJECT = "Subject:"
"""What a subject follows, with one space between."""


def harmless(text: str) -> str:
    """``text`` without the marks that divide the parts of a prompt."""
    return text.replace("###", "#")


def letter(sender: str, recipient: str, tone: str, notes: Sequence[str]) -> str:
    """The beginning of a letter from notes; ``SUBJECT``, subject and greeting, a line each, follow it."""
    head = f"### Notes\nFrom: {sender}\nTo: {recipient}\nTone: {tone}\n"
    return head + _listed(notes) + "### Email\n"


def received(sender: str, subject: str, body: str) -> str:
    """The mail that is answered; :func:`reply` follows it."""
    return f"### Received email\nFrom: {sender}\nSubject: {harmless(subject)}\n\n{harmless(body)}\n"


def reply(mail: str, sender: str, tone: str, points: Sequence[str]) -> str:
    """The beginning of an answer to ``mail`` (see :func:`received`); the greeting, a line, follows it."""
    return f"{mail}### Reply points\nFrom: {sender}\nTone: {tone}\n" + _listed(points) + "### Reply\n"


def note(text: str) -> str:
    """The line of a note inside a letter; the line that says it follows."""
    return f"> {_one_line(text)}\n"


def document(text: str) -> str:
    """A document to be summarised; one of :func:`part` follows it."""
    return f"### Document\n{harmless(text)}\n"


def part(which: SummaryPart) -> str:
    """What stands between a document and what is written of it."""
    return f"### {which.value}\n"


def rewriting(sentence: str, how: Rewriting) -> str:
    """A sentence to be said anew; the new one, a line, follows it."""
    return f"### Sentence\n{_one_line(sentence)}\n### {how.value}\n"


def _listed(notes: Sequence[str]) -> str:
    return "".join(f"- {_one_line(text)}\n" for text in notes)


def _one_line(text: str) -> str:
    return harmless(" ".join(text.split()))
