"""What a source denies and what it affirms, word by word: finds a lost or an added "not"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from quietdesk.tools.text.word_sets import word_set

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[.!?;:,…。！？；：，｡\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_NEGATORS = word_set("not never cannot nor neither")
_ONLY_AFTER = word_set("only just least necessarily merely simply yet always all every everyone")
_SKIPPED = word_set(
    """a an the to be been being is are was were am do does did done have has had having will would shall should
    can could may might must get got getting go going gone so very too any more much as in on at of for by with
    from this that these those it its he she they we you i me us them him her his their our your my and or but
    if there here also still even really quite ever yet then than about into up out off over under again well
    one some other others such same own know think sure want need"""
)
_LIMIT = 4  # words; content words further from the negator belong to something else
_NEIGHBOURS = 4  # content words on either side that tell whether two texts speak of the same thing


@dataclass(frozen=True, slots=True)
class _Use:
    """A content word, whether it is denied, and the content words around it."""

    start: int
    end: int
    stem: str
    denied: bool
    around: frozenset[str]


class SourceNegation:
    """The content words that one source denies, and those that it uses without denying them."""

    def __init__(self, source: str) -> None:
        self._denied: dict[str, set[str]] = {}
        self._affirmed: dict[str, set[str]] = {}
        for use in _uses(source):
            (self._denied if use.denied else self._affirmed).setdefault(use.stem, set()).update(use.around)

    def unsupported(self, text: str) -> Iterator[tuple[int, int]]:
        """Words of ``text`` with the opposite sign from everywhere the source has them, among the same words."""
        for use in _uses(text):
            same, opposite = (self._denied, self._affirmed) if use.denied else (self._affirmed, self._denied)
            if use.stem not in same and opposite.get(use.stem, set()) & use.around:
                yield use.start, use.end


def turned(source: str, text: str) -> list[str]:
    """Words of ``text``, stemmed, that it denies while ``source`` only affirms them, or the other way round.

    For a sentence against the one note that it says; in a longer source the same word may well occur both ways.
    """
    signs: dict[str, set[bool]] = {}
    for use in _uses(source):
        signs.setdefault(use.stem, set()).add(use.denied)
    return [use.stem for use in _uses(text) if use.stem in signs and use.denied not in signs[use.stem]]


def _uses(text: str) -> list[_Use]:
    """Every content word; of those after a negator only the first is denied."""
    found: list[tuple[int, int, str, bool]] = []
    reach = 0
    for match in _TOKEN.finditer(text):
        word = match[0].casefold().replace("’", "'")
        if word in _NEGATORS or word.endswith("n't"):
            reach = _LIMIT
        elif word in _ONLY_AFTER or not word[0].isalpha():
            reach = 0
        elif word in _SKIPPED or word.endswith("ly"):
            reach = max(0, reach - 1)
        else:
            found.append((match.start(), match.end(), _stem(word), reach > 0))
            reach = 0
    stems = [stem for _, _, stem, _ in found]
    return [
        _Use(start, end, stem, denied, _around(stems, place)) for place, (start, end, stem, denied) in enumerate(found)
    ]


def _around(stems: list[str], place: int) -> frozenset[str]:
    return frozenset(stems[max(0, place - _NEIGHBOURS) : place] + stems[place + 1 : place + 1 + _NEIGHBOURS])


def _stem(word: str) -> str:
    for ending in ("ies", "ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
