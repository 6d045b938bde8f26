"""What a summary is asked for and what it consists of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from quietdesk.tools.text.sentences import Span


class Style(StrEnum):
    PARAGRAPH = "paragraph"
    BULLETS = "bullets"
    HEADLINE = "headline"


class Length(StrEnum):
    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """How the summary should look."""

    style: Style = Style.PARAGRAPH
    length: Length = Length.MEDIUM


@dataclass(frozen=True, slots=True)
class Size:
    """The most that a summary may hold. Two Chinese or Japanese characters count as a word."""

    sentences: int
    words: int


_SIZES = {
    (Style.PARAGRAPH, Length.SHORT): Size(2, 50),
    (Style.PARAGRAPH, Length.MEDIUM): Size(3, 75),
    (Style.PARAGRAPH, Length.LONG): Size(6, 150),
    (Style.BULLETS, Length.SHORT): Size(3, 60),
    (Style.BULLETS, Length.MEDIUM): Size(5, 100),
    (Style.BULLETS, Length.LONG): Size(8, 180),
    (Style.HEADLINE, Length.SHORT): Size(1, 10),
    (Style.HEADLINE, Length.MEDIUM): Size(1, 15),
    (Style.HEADLINE, Length.LONG): Size(1, 22),
}
_SENTENCE_CHARACTERS = 20  # shorter lines without an end mark are entries of lists, and stay as they are
LONG_DOCUMENT = 8_000
"""Characters (about three pages); the summary of a longer document may be half as long again."""


def size_of(options: SummaryOptions, characters: int) -> Size:
    """Sentences and words of a summary of so many characters of text.

    Three sentences of about twenty words are what human summaries of news and of pages of text have in the data the
    weights were tuned on; those of long meetings and papers have five.
    """
    size = _SIZES[options.style, options.length]
    if options.style is Style.HEADLINE or characters <= LONG_DOCUMENT:
        return size
    return Size(math.ceil(size.sentences * 1.5), size.words * 3 // 2)


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """One sentence and the characters of the document that it comes from.

    flags: ``source``: the document's own words, perhaps shortened. ``written``: the model's words, checked against the
    source. ``rewritten``: the model's second try. ``title``: the document's own title.
    """

    text: str
    sources: tuple[Span, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A finished summary. ``characters_read`` of ``characters_total`` took part in the choice of what to say."""

    options: SummaryOptions
    sentences: tuple[SummarySentence, ...]
    text: str
    characters_read: int
    characters_total: int
    seconds: float


def ended(text: str) -> str:
    """``text`` with a full stop where it ends in a comma, a semicolon, or in a letter after several words."""
    bare = text.rstrip(",;，；、:：")
    if bare == text and (not text[-1:].isalnum() or len(text) < _SENTENCE_CHARACTERS):
        return text
    return bare + ("。" if "\u3040" <= bare[-1:] <= "\u9fff" else ".")


def joined(sentences: tuple[SummarySentence, ...], style: Style) -> str:
    """The summary as one text."""
    if style is Style.BULLETS:
        return "\n".join(f"- {sentence.text}" for sentence in sentences)
    text = ""
    for sentence in sentences:
        text += separator(text) + sentence.text if text else sentence.text
    return text


def separator(before: str) -> str:
    """What stands between two sentences of a paragraph: nothing after Chinese marks, else a blank."""
    return "" if before.endswith(tuple("。！？；…」』”")) and not before.isascii() else " "
