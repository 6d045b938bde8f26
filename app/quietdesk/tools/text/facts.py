"""Does the source say it? Numbers, dates, amounts, names, quotations and denials of a text against its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from quietdesk.tools.text import dates, names, negation, numerals

FactKind = Literal["number", "date", "amount", "name", "negation", "quote"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A claim of a checked text: its kind, its words, and the characters where it stands in that text."""

    kind: FactKind
    text: str
    start: int
    end: int


class SourceFacts:
    """The facts of one source; built once (100,000 characters in about a tenth of a second), asked often.

    Tolerant where a careful editor is: ``1,050`` is 1050, ``6 January`` is ``January 6``, ``6.30am`` is 6:30am,
    ``five`` is 5, ``per cent`` is %, possessives, plurals, capitals of headings and of the start of a sentence.
    """

    numbers: tuple[str, ...]
    """Every number of the source as it stands (``1,050``, ``10:30``, the digits of ``Q-2291``), and small number
    words in digits: what may be written (see ``Generate.numbers``)."""

    def __init__(self, source: str) -> None:
        found = numerals.find_numbers(source)
        self.numbers = _written(source, found)
        self._units: dict[str, set[str]] = {}
        for number in (*found, *numerals.share_ranges(source, found)):
            for value in number.values:
                self._units.setdefault(value, set()).add(number.unit)
        self._loose_units = numerals.loose_units(source)
        self._dates = dates.SourceDates(source)
        self._names = names.SourceNames(source)
        self._negation = negation.SourceNegation(source)

    def unsupported(self, text: str) -> list[Fact]:
        """The facts of ``text`` that the source lacks, in order of appearance; empty when all stand in the source."""
        facts = [*self._unsupported_numbers(text)]
        facts += (Fact("date", text[a:b], a, b) for a, b in self._dates.unsupported(text))
        facts += (Fact("name", text[a:b], a, b) for a, b in self._names.unsupported(text))
        facts += (Fact("quote", text[a:b], a, b) for a, b in self._names.unsupported_quotes(text))
        facts += (Fact("negation", text[a:b], a, b) for a, b in self._negation.unsupported(text))
        return sorted(facts, key=lambda fact: (fact.start, fact.end))

    def _unsupported_numbers(self, text: str) -> Iterator[Fact]:
        found = numerals.find_numbers(text)
        in_ranges = list(numerals.share_ranges(text, found))
        for number in found:
            if number.word and number.values <= {"1", "0"}:
                continue  # "one" is a pronoun as well
            readings = (number, *(each for each in in_ranges if each.start == number.start))
            if not any(self._supports(each) for each in readings):
                amount = bool(number.unit) and number.unit != numerals.PERCENT
                yield Fact("amount" if amount else "number", text[number.start : number.end], number.start, number.end)

    def _supports(self, number: numerals.Number) -> bool:
        units = [self._units[value] for value in number.values if value in self._units]
        if not units:
            return False
        if not number.unit or any(number.unit in known for known in units):
            return True
        return number.unit in self._loose_units and any("" in known for known in units)


def _written(source: str, found: list[numerals.Number]) -> tuple[str, ...]:
    unique = dict.fromkeys(numerals.runs_of_digits(source))
    for number in found:
        unique[number.written or min(number.values, key=len)] = None
    return tuple(unique)
