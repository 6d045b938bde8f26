"""What a source denies and what it affirms, word by word: finds a lost or an added "not"."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[.!?;:,\n]")
_NEGATORS = frozenset("not never cannot nor neither".split())
_ONLY_AFTER = frozenset("only just least necessarily merely simply yet always all every everyone".split())
_SKIPPED = frozenset(
    "a an the to be been being is are was were am do does did done have has had having will would shall should can "
    "could may might must get got getting go going gone so very too any more much as in on at of for by with from "
    "this that these those it its he she they we you i me us them him her his their our your my and or but if "
    "there here also still even really quite ever yet then than about into up out off over under again well "
    "one some other others such same own know think sure want need".split()
)
_LIMIT = 4  # content words further from the negator belong to something else


def _stem(word: str) -> str:
    for ending in ("ies", "ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _words(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _TOKEN.finditer(text):
        yield match.start(), match.end(), match[0].casefold().replace("’", "'")


def _polarities(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """(start, end, stem, denied) of every content word; only the first one after a negator is denied."""
    reach = 0
    for start, end, word in _words(text):
        if word in _NEGATORS or word.endswith("n't"):
            reach = _LIMIT
        elif word in _ONLY_AFTER or not word[0].isalpha():
            reach = 0
        elif word in _SKIPPED or word.endswith("ly"):
            reach = max(0, reach - 1)
        else:
            yield start, end, _stem(word), reach > 0
            reach = 0


class SourceNegation:
    """The content words that one source denies, and those that it uses without denying them."""

    def __init__(self, source: str) -> None:
        self._denied: set[str] = set()
        self._affirmed: set[str] = set()
        for _, _, stem, denied in _polarities(source):
            (self._denied if denied else self._affirmed).add(stem)

    def unsupported(self, text: str) -> Iterator[tuple[int, int]]:
        """Words of ``text`` with the opposite sign from everywhere the source has them."""
        for start, end, stem, denied in _polarities(text):
            same, opposite = (self._denied, self._affirmed) if denied else (self._affirmed, self._denied)
            if stem in opposite and stem not in same:
                yield start, end
