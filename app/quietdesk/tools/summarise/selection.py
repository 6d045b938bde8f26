"""Which sentences carry a document: centrality in the model's vectors, words said again, length, position.

The weights were tuned by hand on at most forty documents of each kind (news, meetings in English and Chinese,
abstracts, dialogues, papers) by the ROUGE of the chosen sentences. On documents not used for that they beat the first
three sentences for meetings, papers and abstracts, but not for short dialogues; of news there were no others.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from quietdesk.tools.text.sentences import list_marker, speaker_label

Floats = NDArray[np.float64]

TRANSCRIPT_SHARE = 0.15
"""A text in which more than this share of the sentences opens with a speaker's name is a transcript."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")
_DANGLING = re.compile(
    r"(?:he|she|it|they|him|her|his|their|its|this|that|these|those|such|the (?:latter|former)|but|and|so|or|then"
    r"|also)\b"
    r"|(?:他们|她们|他|她|它|这|那|其|此|对此|但|而|所以|因此|然后)",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"(?:(?:but|and|so|or|then|also|yet|still|at least|even|perhaps|maybe|now),?\s+)*"
    r"(?:he|she|it|they|him|her|his|their|its|this|that|these|those|such|both|one of them|there s?he|the (?:latter"
    r"|former|two|pair|trio|move|decision|incident|news|claim|comments?|remarks?))\b"
    r"|(?:他们|她们|他|她|它|这|那|其|此|对此)",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:that|this|these|those) (?:number|amount|figure|sum|platforms?|plans?|claims?|comments?|decision|incident"
    r"|case|move|law|rules?|place|man|woman|person|people|group|companies|firms|groups|changes|measures|results"
    r"|findings)\b(?! \d)"
    r"|\bhow (?:this|that)\b",
    re.IGNORECASE,
)
_REACH = 3  # ranks looked at for each sentence wanted: what fits into the last words need not be worth saying
_REDUNDANT = 0.6  # share of the shorter sentence's words that the longer one may have
_FRAGMENT_WORDS = 5
_ENTRY_WORDS = 10  # words after a label and a colon that make no sentence yet
_FULL_LENGTH = 25  # words; beyond this a longer sentence does not carry more
_SAID_BY_PRONOUN = re.compile(
    r"[\"”'’]\s(?:he|she|they) (?:\w+ )?(?:said|says|added|adds|told|wrote|explained)\b|\b(?:said|added) (?:he|she)\b"
)
_HESITATION = re.compile(
    r"\b(?:u+h+m*|u+m+|er+m?|hm+|mm+|like|you know|I mean|I dunno|kinda|kind of|sort of|stuff|whatever|yeah|okay"
    r"|gonna|sorry|(\w+) \1|\w)\b|嗯|呃|啊|哦|就是说?|这个|那个|然后|对对?(?=[，。])|(?:什么的|的话)(?=[，。])|(.)\2",
    re.IGNORECASE,
)
_DECISION = re.compile(
    r"\b(?:decid\w+|agree[ds]?|need to|needs to|have to|must|should|will|plan\w*|propos\w+|suggest\w*|recommend\w*"
    r"|deadline|budget|because|problem|issue|important|main|concern\w*|action|next (?:week|month|step|year)"
    r"|by (?:mon|tues|wednes|thurs|fri)day)\b"
    r"|决定|同意|必须|应该|需要|计划|建议|问题|重要|关键|核心|目标|因为|所以|总结|首先",
    re.IGNORECASE,
)
_END_MARK = re.compile(r"[.!?。！？；;…][\"'”’)）\]」』*_\s]*$")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each sign counts; all but ``position`` and ``length`` are standard scores over the document."""

    centrality: float = 1.0
    said_before: float = 0.5
    said_again: float = 0.5
    length: float = 1.0
    position: float = 6.0
    dangling: float = 0.7
    hesitation: float = 0.0
    decision: float = 0.5
    question: float = 0.5
    heading: float = 2.0
    broken_quote: float = 2.0


PROSE = Weights()
TRANSCRIPT = Weights(position=1.0, hesitation=1.0, question=1.0)


def is_transcript(sentences: Sequence[str]) -> bool:
    """Do enough of the sentences open with the name of a speaker who speaks more than once?"""
    labels = Counter(sentence[: speaker_label(sentence[:60])].strip() for sentence in sentences)
    labels.pop("", None)
    again = sum(count for count in labels.values() if count > 1)
    turns = labels.total()
    return turns >= 3 and again >= turns / 2 and turns > TRANSCRIPT_SHARE * len(sentences)


def words(text: str) -> list[str]:
    """Lower-case words; of Chinese and Japanese every character."""
    return _WORD.findall(text.casefold())


def importance(sentences: Sequence[str], vectors: NDArray[np.float32], weights: Weights | None = None) -> Floats:
    """A score for each sentence; larger carries more of the document.

    vectors: one a sentence, the mean of its tokens' input embeddings. Time grows linearly with the text.
    """
    transcript = is_transcript(sentences)
    if weights is None:
        weights = TRANSCRIPT if transcript else PROSE
    bags = [words(sentence[speaker_label(sentence[:60]) :]) for sentence in sentences]
    sizes = np.array([len(bag) for bag in bags], np.float64)
    before, after = _repetition(bags)
    headings = _headings(sentences, bags, transcript)
    place = np.maximum(np.cumsum(1.0 - headings) - 1.0, 0.0)  # what comes first after title and greeting is first
    return (
        weights.centrality * _standard(_centrality(vectors, sizes))
        + weights.said_before * _standard(before)
        + weights.said_again * _standard(after)
        + weights.length * np.minimum(sizes, _FULL_LENGTH) / _FULL_LENGTH
        + weights.position * (1.0 - headings) / np.sqrt(1.0 + place)
        - weights.dangling * np.array([_dangles(sentence) for sentence in sentences], np.float64)
        - weights.heading * headings
        - weights.broken_quote * np.array([_breaks_off(sentence) for sentence in sentences], np.float64)
        - weights.hesitation * np.array([_hesitation(sentence) for sentence in sentences])
        + weights.decision * np.array([bool(_DECISION.search(sentence)) for sentence in sentences], np.float64)
        - weights.question * np.array([sentence.rstrip().endswith(("?", "？")) for sentence in sentences], np.float64)
    )


class Choice:
    """Takes the best sentences that fit and do not say the same twice.

    words_of: words of a sentence as it would be printed; 0 when nothing of it would be left. leaning: for each sentence
    whether it is understood only after the one before it, which must then be taken too.
    """

    def __init__(
        self, scores: Floats, sentences: Sequence[str], words_of: Callable[[int], int], leaning: Sequence[bool] = ()
    ) -> None:
        self._order = [int(index) for index in np.argsort(-scores, kind="stable")]
        self._contents = [_content(sentence) for sentence in sentences]
        self._words_of = words_of
        self._leaning = leaning or [False] * len(sentences)

    def best(self, count: int, most_words: int, parts: int = 1) -> list[int]:
        """Indices, in order, of at most ``count`` sentences of at most ``most_words`` words together (one at least).

        parts: cut the document into so many parts of equal length; each gets a sentence if ``count`` allows.
        """
        chosen: dict[int, int] = {}
        for part in range(parts if count >= parts > 1 else 0):
            here = [index for index in self._order if index * parts // len(self._order) == part]
            self._take(here, chosen, len(chosen) + 1, most_words)
        self._take(self._order[: _REACH * count], chosen, count, most_words)
        if not chosen:
            self._take(self._order, chosen, 1, most_words)
        return sorted(chosen)

    def ranked(self, count: int) -> list[int]:
        """Indices of the ``count`` best sentences of which something would be printed, the best first."""
        printable = (index for index in self._order if self._words_of(index))
        return list(islice(printable, count))

    def _take(self, order: Sequence[int], chosen: dict[int, int], count: int, most_words: int) -> None:
        for index in order:
            if len(chosen) >= count:
                return
            together = [new for new in self._with_what_it_leans_on(index) if new not in chosen]
            sizes = [self._words_of(new) for new in together]
            if not together or not all(sizes) or self._said(together, chosen):
                continue
            fits = len(chosen) + len(together) <= count and sum(chosen.values()) + sum(sizes) <= most_words
            if fits or (not chosen and len(together) == 1):
                chosen.update(zip(together, sizes, strict=True))

    def _with_what_it_leans_on(self, index: int) -> list[int]:
        first = index
        while first > 0 and self._leaning[first]:
            first -= 1
        return list(range(first, index + 1))

    def _said(self, together: Sequence[int], chosen: Mapping[int, int]) -> bool:
        return any(_same(self._contents[new], self._contents[old]) for new in together for old in chosen)


def _content(sentence: str) -> frozenset[str]:
    return frozenset(word for word in words(sentence) if len(word) > 3 or not word.isascii())


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Do the two sentences share most of the words of the shorter one?"""
    fewest = min(len(one), len(other))
    return fewest > 0 and len(one & other) > _REDUNDANT * fewest


def _standard(values: Floats) -> Floats:
    spread = values.std()
    return np.asarray((values - values.mean()) / spread) if spread > 1e-9 else np.zeros_like(values)


def _centrality(vectors: NDArray[np.float32], sizes: Floats) -> Floats:
    """Cosine of each sentence's vector with the mean of the document."""
    rows = vectors.astype(np.float64)
    mean = (rows * sizes[:, None]).sum(axis=0)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(mean)
    return np.asarray(rows @ mean / np.maximum(lengths, 1e-9), np.float64)


def _repetition(bags: Sequence[Sequence[str]]) -> tuple[Floats, Floats]:
    """How much of each sentence was said before it and is said again after it (sums of tf-idf cosines with all
    earlier and all later sentences; directed centrality after PacSum, Zheng and Lapata 2019)."""
    spread = Counter(word for bag in bags for word in set(bag))
    rows = []
    for bag in bags:
        row = {word: count * math.log(len(bags) / spread[word]) for word, count in Counter(bag).items()}
        norm = math.sqrt(sum(value * value for value in row.values()))
        rows.append({word: value / norm for word, value in row.items()} if norm > 0 else {})
    return _towards(rows), _towards(rows[::-1])[::-1]


def _towards(rows: Sequence[dict[str, float]]) -> Floats:
    """Sum of the products of each row with all rows before it."""
    seen: dict[str, float] = {}
    sums = np.zeros(len(rows))
    for number, row in enumerate(rows):
        sums[number] = sum(value * seen.get(word, 0.0) for word, value in row.items())
        for word, value in row.items():
            seen[word] = seen.get(word, 0.0) + value
    return sums


def _hesitation(sentence: str) -> float:
    """Share of the words that only fill time, three times over, at most 1."""
    size = len(words(sentence))
    return min(1.0, 3.0 * sum(1 for _ in _HESITATION.finditer(sentence)) / size) if size else 0.0


def _headings(sentences: Sequence[str], bags: Sequence[Sequence[str]], transcript: bool) -> Floats:
    """1 for lines without an end mark in a text whose sentences have them, for fragments, and for short
    ``Present: two people``."""
    open_ended = np.array([not _END_MARK.search(sentence) for sentence in sentences], np.float64)
    if open_ended.mean() >= 0.5:
        open_ended[:] = 0.0
    if not transcript:
        for number, (sentence, bag) in enumerate(zip(sentences, bags, strict=True)):
            if len(bag) < _FRAGMENT_WORDS or (len(bag) < _ENTRY_WORDS and speaker_label(sentence[:60])):
                open_ended[number] = 1.0
    return open_ended


def leans(sentence: str) -> bool:
    """Is it clear only after the sentence before it what ``sentence`` speaks of?"""
    body = sentence[list_marker(sentence) :].lstrip("\"'“‘「 ")
    return bool(_LEANING.match(body) or _SAID_BY_PRONOUN.search(body) or _POINTS_BACK.search(body))


def _breaks_off(sentence: str) -> bool:
    """Does a quotation begin in it and not end, or end and not begin?"""
    return sentence.count('"') % 2 == 1 or sentence.count("“") != sentence.count("”")


def _dangles(sentence: str) -> bool:
    """Does the sentence lean on the one before it (a pronoun, a conjunction at its start)?"""
    body = sentence[max(speaker_label(sentence[:60]), list_marker(sentence)) :]
    return bool(_DANGLING.match(body.lstrip("\"'“‘「 ")) or _SAID_BY_PRONOUN.search(body))
