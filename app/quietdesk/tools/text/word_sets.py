"""Lists of words in running text, for modules that look words up."""

from __future__ import annotations


def word_list(text: str) -> list[str]:
    """The blank-separated words of ``text``, in order."""
    return text.split()


def word_set(text: str) -> frozenset[str]:
    """The blank-separated words of ``text``."""
    return frozenset(text.split())
