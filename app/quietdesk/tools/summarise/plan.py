"""From a document to the sentences that its summary will consist of, each in its shortest true wording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quietdesk.cancel import CancelToken
from quietdesk.engine.engine import Engine
from quietdesk.tools.summarise.selection import Choice, importance, is_transcript, leans
from quietdesk.tools.summarise.shortening import shortened
from quietdesk.tools.summarise.summary import LONG_DOCUMENT, Size
from quietdesk.tools.text.sentences import Span, speaker_label, split

_BATCH = 2_000  # sentences whose vectors are asked for at a time; between two batches a cancel takes effect
_MEETING_PARTS = 3  # beginning, middle and end of a long meeting each give at least one sentence
_FEW_SENTENCES = 8  # a document with more of them is not summed up by a fragment
_FEWEST_WORDS = 5
_LONGEST_TURN = 60  # sentences after which a speaker's name is no longer looked for
_CHARACTERS_PER_WORD = 2.0  # Chinese and Japanese


@dataclass(frozen=True, slots=True)
class PlannedSentence:
    """A chosen sentence: its place among all sentences, its characters, its words as they stand and as they will be
    printed, and who says them (``Anna:``, empty outside transcripts)."""

    index: int
    span: Span
    source: str
    wording: str
    speaker: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The sentences of a summary in the order of the document, and how much of it was looked at."""

    sentences: tuple[PlannedSentence, ...]
    transcript: bool
    characters_read: int


class Outline:
    """The sentences of one document with their importance; computed once, asked for plans of any size."""

    def __init__(self, text: str, engine: Engine, cancel: CancelToken | None = None) -> None:
        self._spans = split(text)
        self.sentences = tuple(text[span.start : span.end] for span in self._spans)
        self.transcript = is_transcript(self.sentences)
        whole = any(word_count(sentence) >= _FEWEST_WORDS for sentence in self.sentences)
        self._fewest_words = _FEWEST_WORDS if whole and len(self.sentences) > _FEW_SENTENCES else 1
        self._long = len(text) > LONG_DOCUMENT
        self._characters = len(text) if self._spans else 0
        scores = importance(self.sentences, _vectors(self.sentences, engine, cancel))
        self._wording = lru_cache(maxsize=None)(self._worded)
        # Talk leans on itself throughout; there the sentences that carry most are taken wherever they stand.
        leaning = [not self.transcript and leans(sentence) for sentence in self.sentences]
        self._choice = Choice(scores, self.sentences, lambda index: word_count(self._wording(index)), leaning)

    def summary(self, size: Size) -> Plan:
        """What a summary of that size says; never more than half of a short document, so that it gets shorter."""
        return self.plan(Size(min(size.sentences, (len(self.sentences) + 1) // 2), size.words))

    def plan(self, size: Size) -> Plan:
        """The sentences of this size that carry most of the document."""
        parts = _MEETING_PARTS if self.transcript and self._long else 1
        chosen = self._choice.best(size.sentences, size.words, parts)
        return Plan(tuple(self._planned(index) for index in chosen), self.transcript, self._characters)

    def most_important(self, count: int) -> list[PlannedSentence]:
        """The ``count`` best sentences, the best first."""
        return [self._planned(index) for index in self._choice.ranked(count)]

    def _worded(self, index: int) -> str:
        wording = shortened(self.sentences[index], spoken=self.transcript)
        return wording if word_count(wording) >= self._fewest_words else ""

    def _planned(self, index: int) -> PlannedSentence:
        source = self.sentences[index]
        return PlannedSentence(index, self._spans[index], source, self._wording(index), self._speaker(index))

    def _speaker(self, index: int) -> str:
        if not self.transcript:
            return ""
        for before in range(index, max(-1, index - _LONGEST_TURN), -1):
            if label := speaker_label(self.sentences[before][:60]):
                return self.sentences[before][:label].strip()
        return ""


def word_count(text: str) -> int:
    """Words of ``text``; Chinese and Japanese characters count as fractions of a word."""
    wide = sum("\u3040" <= char <= "\u9fff" for char in text)
    if not wide:
        return len(text.split())
    return max(1, round(wide / _CHARACTERS_PER_WORD) + sum(part.isascii() for part in text.split()))


def _vectors(sentences: Sequence[str], engine: Engine, cancel: CancelToken | None) -> NDArray[np.float32]:
    batches = [
        engine.token_vectors(sentences[start : start + _BATCH], cancel=cancel)
        for start in range(0, len(sentences), _BATCH)
    ]
    return np.concatenate(batches)
