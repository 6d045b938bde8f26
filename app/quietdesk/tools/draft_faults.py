"""Faults of a sentence that show without understanding it: broken grammar, repetition, mixed notes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from quietdesk.tools.wording import Lexicon, is_chinese

_LEAST_ORDER = 0.5  # share of a note's words that must keep their order
_FEWEST_FOR_ORDER = 4  # words; fewer may be turned round freely

_BROKEN = re.compile(
    r"\b(?:you|we|they|I) (?:has|is|does)\b|\b(?:you|we|they) was\b|\b(?:he|she|it) (?:have|are|were|do)\b"
    r"|\b(?:the|a|an) (?:sorry|please|thanks|I|you|we|of|to|for|is|are|a|the|an)\b|\b(\w{2,}) \1\b"
    r"|\b(?:at|on|in|by) (?:at|on|in|by)\b|^(?:I|We) (?:am|are|have|will)\b[^,:]*\?$|[,;:]\s*[.!?]$",
    re.IGNORECASE,
)
_AUXILIARIES = frozenset(("be", "do", "can", "will", "must", "may", "have"))
_WITHOUT_VERB = ("congratulations", "sorry", "apologies", "thanks", "unfortunately")
_DONE = re.compile(r"\b(?:has|have|had)\s(?:\w+ly\s)?been\s\w+|\b(?:was|were)\s\w+(?:ed|en)\b", re.IGNORECASE)
_TENSE = re.compile(
    r"\b(?:was|were|is|are|be|been|has|have|had|will|yesterday|last|since|ago|already|today|tomorrow|next|did|does|do"
    r"|must|can|should)\b|['’](?:s|re|ll|ve|d)\b",
    re.IGNORECASE,
)
_DATED = re.compile(r"\d{1,2}(?:st|nd|rd|th)?\s[A-Z][a-z]{2,8}\b|[A-Z][a-z]+day\b|\d[/.]\d")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def broken_grammar(text: str, lexicon: Lexicon, *, listed: bool = False) -> bool:
    """Whether an English sentence has words that cannot stand together, or no verb.

    Lines of lists and lines with a colon need no verb.
    """
    return bool(_BROKEN.search(text)) or not (listed or ":" in text or _has_verb(text, lexicon))


def _has_verb(text: str, lexicon: Lexicon) -> bool:
    words = [match[0].casefold() for match in re.finditer(r"[A-Za-z]+(?:['’][a-z]+)?", text)]
    return text.casefold().startswith(_WITHOUT_VERB) or any(_may_be_verb(word, lexicon) for word in words)


def _may_be_verb(word: str, lexicon: Lexicon) -> bool:
    base = lexicon.base_forms.get(word, word)
    return base in _AUXILIARIES or "'" in word or "’" in word or word in lexicon.pasts or lexicon.is_verb(base)


def names_by_number(text: str, lexicon: Lexicon) -> bool:
    """Whether a thing that bears a number is said to be it: ``the contract is 14.3``."""
    found = re.finditer(r"\b([a-z]+) (?:is|are|was|were|has been) (?:the )?(?:no\. |number )?\d", text, re.IGNORECASE)
    return any(match[1].casefold() in lexicon.numbered_things for match in found)


def repeats(text: str, source: str) -> bool:
    """Whether a number stands more often in ``text`` than in its source, or a run of four words comes twice."""
    numbers = _NUMBER.findall(text)
    if any(numbers.count(number) > max(1, source.count(number)) for number in numbers):
        return True
    words = re.findall(r"\w+", text.casefold())
    runs = [tuple(words[at : at + 4]) for at in range(len(words) - 3)]
    return len(runs) != len(set(runs))


def guesses_tense(text: str, notes: Sequence[str]) -> bool:
    """Whether ``text`` puts into the past what a note dates without a tense (``boiler replaced 15 June``)."""
    return bool(_DONE.search(text)) and any(_DATED.search(note) and not _TENSE.search(note) for note in notes)


def out_of_order(text: str, note: str, lexicon: Lexicon) -> bool:
    """Whether the words of ``note`` come in an order that leaves open what belongs to what."""
    where: dict[str, int] = {}
    for place, key in enumerate(_tokens(note, lexicon)):
        where.setdefault(key, place)
    found = [where[key] for key in _tokens(text, lexicon) if key in where]
    return len(found) >= _FEWEST_FOR_ORDER and _longest_rise(found) < _LEAST_ORDER * len(found)


def _tokens(text: str, lexicon: Lexicon) -> list[str]:
    """Keys of content words, and numbers, in order; Chinese character by character."""
    if is_chinese(text):
        return re.findall(r"[\u3400-\u9fff]|\d+(?:[.,:]\d+)*|[A-Za-z]+", text)
    found = [(start, key) for start, _, key in lexicon.places(text)]
    found += [(match.start(), match[0]) for match in _NUMBER.finditer(text)]
    return [key for _, key in sorted(found)]


def _longest_rise(values: Sequence[int]) -> int:
    """Length of the longest subsequence that never falls."""
    best: list[int] = []
    for at, value in enumerate(values):
        best.append(1 + max((best[before] for before in range(at) if values[before] <= value), default=0))
    return max(best, default=0)
