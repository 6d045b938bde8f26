"""Faults of a sentence that show without understanding it: words that cannot stand together, and repetition."""

from __future__ import annotations

import re

_BROKEN = re.compile(
    r"\b(?:you|we|they|I) (?:has|is|does)\b|\b(?:you|we|they) was\b|\b(?:he|she|it) (?:have|are|were|do)\b"
    r"|\b(?:the|a|an) (?:sorry|please|thanks|I|you|we|of|to|for|is|are|a|the|an)\b|\b(\w{2,}) \1\b"
    r"|\b(?:at|on|in|by) (?:at|on|in|by)\b|^(?:I|We) (?:am|are|have|will)\b[^,:]*\?$|[,;:]\s*[.!?]$"
    r"|\b(?:for|to|with|of|thank) (?:I|we|they|he|she)\b(?! (?:and|will|can|could|are|is|have|had|would|do|did|was)\b)"
    r"|\bthere (?:is|are|was|were) (?:(?!who|that|which|and|if|but|when|because)[\w'’]+ )*?"
    r"(?:can|can['’]t|cannot|will|must)\b"
    r"|\b(?:on|at|in) \d+ (?:weeks?|days?|hours?|minutes?|months?) (?:late|early|before|earlier|later)\b"
    r"|\bthere['’]s (?:[2-9]|\d\d)|\bbut\b.*\bbut\b|\b\w+n['’]t (?:is|are|was|were)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def broken(text: str) -> bool:
    """Whether an English sentence has words that cannot stand together."""
    return bool(_BROKEN.search(text))


def repeats(text: str, source: str) -> bool:
    """Whether a number stands more often in ``text`` than in its source, or a run of four words comes twice."""
    numbers = _NUMBER.findall(text)
    if any(numbers.count(number) > max(1, source.count(number)) for number in numbers):
        return True
    words = re.findall(r"\w+", text.casefold())
    runs = [tuple(words[at : at + 4]) for at in range(len(words) - 3)]
    return len(runs) != len(set(runs))
