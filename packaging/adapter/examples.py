"""Training rows as texts of which some parts are learnt and the others only read."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from quietdesk.tools import adapter_formats as formats
from quietdesk.tools.adapter_formats import Rewriting, SummaryPart

Row = dict[str, Any]

HELD_OUT_SHARE = 0.05
_RENUMBERED_SHARE = 0.5
_SHORTEST_RENUMBERED = 2  # digits: single ones are mostly counts that other words of the sentence agree with


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of an example: ``learnt`` ones are what the model is to write. Every learnt span ends with a line."""

    text: str
    learnt: bool


@dataclass(frozen=True, slots=True)
class Example:
    """One sequence. ``ends``: the model is to end the text after the last span."""

    spans: tuple[Span, ...]
    ends: bool


def read_rows(folder: Path) -> list[tuple[str, Row]]:
    """All rows of the data folder with the kind of each: ``letter``, ``reply``, ``summary`` or ``rewriting``."""
    found = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            found.append((_kind(row), row))
    return found


def held_out(row: Row) -> bool:
    """Whether a row is kept for measuring: the same choice for every run, whatever else is added."""
    return _digest(row)[0] < 256 * HELD_OUT_SHARE


def held_out_order(row: Row) -> bytes:
    """A sort key that mixes the tasks, again the same for every run."""
    return _digest(row)[1:]


def _digest(row: Row) -> bytes:
    key = row.get("text") or row.get("sentence") or "\n".join(row["notes"])
    return sha256(key.encode("utf-8")).digest()


def examples_of(kind: str, row: Row, choice: random.Random) -> Iterator[Example]:
    """The examples that a row gives in one epoch: which part of a summary is drawn, and numbers are often exchanged."""
    if kind in ("letter", "reply"):
        if choice.random() < _RENUMBERED_SHARE:
            row = renumbered(row, choice)
        yield _letter(row) if kind == "letter" else _reply(row)
    elif kind == "summary":
        yield _summary(row, choice)
    else:
        styles = [how for how in Rewriting if how.name.lower() in row]
        yield _rewriting(row, choice.choice(styles))


def renumbered(row: Row, choice: random.Random) -> Row:
    """The same row with other digits, the same ones wherever a number stands: what is copied must be read, not known.

    A digit group keeps its length; its first digit does not grow, so that most times and dates stay possible.
    """
    new: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        digits = match.group()
        if len(digits) < _SHORTEST_RENUMBERED:
            return digits
        if digits not in new:
            first = str(choice.randint(1, int(digits[0]))) if digits[0] != "0" else "0"
            rest = "".join(str(choice.randint(0, 9 if len(digits) > 2 else 5)) for _ in digits[1:])
            new[digits] = first + rest
        return new[digits]

    changed: Row = _mapped(row, lambda text: re.sub(r"\d+", other, text))
    return changed


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(one, change) for one in value]
    if isinstance(value, dict):
        return {key: _mapped(one, change) for key, one in value.items()}
    return value


def _kind(row: Row) -> str:
    if "notes" in row:
        return "reply" if "received" in row else "letter"
    return "summary" if "text" in row else "rewriting"


def _letter(row: Row) -> Example:
    head = formats.letter(row["from"], row["to"], row["tone"], row["notes"]) + formats.SUBJECT
    beginning = [Span(head, False), Span(f" {row['subject']}\n{row['greeting']}\n", True)]
    return Example((*beginning, *_sentences(row)), ends=False)


def _reply(row: Row) -> Example:
    mail = row["received"]
    received = formats.received(mail["from"], mail["subject"], mail["body"])
    head = formats.reply(received, row["from"], row["tone"], row["notes"])
    return Example((Span(head, False), Span(f"{row['greeting']}\n", True), *_sentences(row)), ends=False)


def _sentences(row: Row) -> Iterator[Span]:
    for note, sentence in zip(row["notes"], row["sentences"], strict=True):
        yield Span(formats.note(note), False)
        yield Span(sentence + "\n", True)


def _summary(row: Row, choice: random.Random) -> Example:
    written = {
        SummaryPart.HEADLINE: row.get("headline"),
        SummaryPart.PARAGRAPH: row.get("paragraph") or row.get("sentence"),
        SummaryPart.BULLETS: "\n".join(f"- {line}" for line in row.get("bullets", ())),
    }
    which = choice.choice([part for part, text in written.items() if text])
    spans = (Span(formats.document(row["text"]) + formats.part(which), False), Span(f"{written[which]}\n", True))
    return Example(spans, ends=True)


def _rewriting(row: Row, how: Rewriting) -> Example:
    spans = (Span(formats.rewriting(row["sentence"], how), False), Span(row[how.name.lower()] + "\n", True))
    return Example(spans, ends=False)
