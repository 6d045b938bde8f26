"""Which sentences of a model's draft are kept: those that together say whole notes, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quietdesk.tools.draft_check import Checker, Unit


@dataclass(frozen=True, slots=True)
class Kept:
    """A unit that stands, and the notes it speaks of (none for a courtesy)."""

    unit: Unit
    touches: frozenset[int]


def keep(
    units: Sequence[Unit], checker: Checker, among: Sequence[int], said: frozenset[int] = frozenset()
) -> list[Kept]:
    """The units of a draft made from the notes ``among`` that stand, in order.

    A unit that speaks of a note which the units together do not say whole falls, and with it what only it said; so
    no note is told by halves. Units that only repeat what others say, or what was ``said`` before, fall as well.
    """
    kept: list[Kept] = []
    for unit in units:
        verdict = checker.judge(unit.text, among, listed=unit.listed)
        if verdict.stands:
            kept.append(Kept(unit, verdict.touches))
    while True:
        whole = _whole(kept, checker) - said
        remaining = [one for one in kept if one.touches <= whole]
        if len(remaining) == len(kept):
            break
        kept = remaining
    return _without_repetition(kept, checker)


def _whole(kept: Sequence[Kept], checker: Checker) -> frozenset[int]:
    """The notes that the units say whole."""
    touched = frozenset(at for one in kept for at in one.touches)
    return frozenset(at for at in touched if checker.says(at, _told(kept, at)))


def _told(kept: Sequence[Kept], at: int) -> str:
    return " ".join(one.unit.text for one in kept if at in one.touches)


def _without_repetition(kept: list[Kept], checker: Checker) -> list[Kept]:
    """Later units that add nothing to what the others say are left out."""
    at = len(kept) - 1
    while at >= 0:
        others = kept[:at] + kept[at + 1 :]
        if kept[at].touches and _whole(others, checker) >= kept[at].touches:
            kept = others
        at -= 1
    return kept
