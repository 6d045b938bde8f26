"""Labels by names alone and with few examples, beside learners that count words."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from quality import baselines
from quality.data import Row, read_rows, spread
from quality.report import NOTHING, Section, number, percent
from quietdesk.desk import Desk
from quietdesk.tools.classify.calibration import confidence_gap
from quietdesk.tools.classify.classifier import TAGGED, THRESHOLD, Decision, decide
from quietdesk.tools.classify.document_vectors import DocumentVectors
from quietdesk.tools.classify.judge import make_judge
from quietdesk.tools.classify.label_sets import Example, LabelSet, built_in_names, default_set, from_names, normalise
from quietdesk.tools.classify.reference import ReferenceStore
from quietdesk.tools.classify.vector_space import VectorSpace

COLUMNS = (
    "set", "labels", "examples a label", "texts", "accuracy %", "ECE", "accepted %", "accepted right %",
    "TF-IDF + logistic %", "counts + MLP %", "seconds",
)  # fmt: skip
_EXAMPLES = (0, 1, 2, 4, 8)
_DRAWS = 3  # examples are drawn so often, and results averaged: which ones are drawn matters more than all else
_ENGLISH_TOPICS = ("bbc_news", "ag_news", "20newsgroups8", "reuters7")
_BATCH = 32
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Draw:
    """Places of the rows to learn from, and of those to decide on."""

    learn: tuple[int, ...]
    ask: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """Shares of one setting, 0 to 1; the baselines are NaN where they have nothing to learn from."""

    accuracy: float
    error: float
    accepted: float
    accepted_right: float
    tfidf: float
    counts: float

    @classmethod
    def mean(cls, results: Sequence[Result]) -> Result:
        """Of each share the mean; over what is no number nothing is said."""
        return cls(*(_mean([getattr(each, name) for each in results]) for name in cls.__slots__))

    def cells(self) -> tuple[str, ...]:
        error = number(self.error, 3)
        others = (self.accepted, self.accepted_right, self.tfidf, self.counts)
        return (percent(self.accuracy), error, *(NOTHING if np.isnan(each) else percent(each) for each in others))


@dataclass(frozen=True, slots=True)
class _Set:
    """A set of texts whose vectors are known. ``names``: of the label set, for each label of the rows."""

    title: str
    texts: tuple[str, ...]
    truth: tuple[str, ...]
    labels: LabelSet
    names: Mapping[str, str]
    vectors: Vectors
    seconds: float


class Classification:
    """Measures every set that the data folder has, with the judges that the product's classifier uses."""

    def __init__(self, desk: Desk, rows: int | None, say: Callable[[str], None]) -> None:
        self._desk = desk
        self._documents = DocumentVectors(desk.engine, desk.model.sha256)
        self._space = VectorSpace(ReferenceStore(self._documents, desk.paths.cache).load())
        self._rows = rows
        self._say = say
        self._known: dict[tuple[tuple[str, ...], Draw], tuple[float, float]] = {}

    def measure(self, folder: Path) -> Section | None:
        """The table; None when no set is there."""
        table: list[tuple[str, ...]] = []
        topics: dict[str, list[Result]] = {}
        for file in sorted(folder.glob("classify_*.jsonl")):
            for each in self._sets(file.stem.removeprefix("classify_"), read_rows(file)):
                for examples, texts, result in self._settings(each):
                    shown = (each.title, str(len(each.labels.labels)), examples, str(texts))
                    table.append((*shown, *result.cells(), number(each.seconds, 3)))
                    if each.title in _ENGLISH_TOPICS:
                        topics.setdefault(examples, []).append(result)
        for examples, results in topics.items():
            shown = ("mean of the English topics", NOTHING, examples, NOTHING)
            table.append((*shown, *Result.mean(results).cells(), NOTHING))
        if not table:
            return None
        remark = (
            f"Examples are drawn at random {_DRAWS} times with fixed seeds; all other texts are decided on, and the "
            "results averaged. 0 examples: by the labels' names alone (built-in labels have prototypes). Accepted: "
            f"confidence from {THRESHOLD}; the rest is left for review. ECE: ten bins. The baselines learn from the "
            "same examples. Seconds: to read one text, in batches."
        )
        return Section("Classification", (remark,), COLUMNS, tuple(table))

    def _sets(self, title: str, rows: Sequence[Row]) -> Iterator[_Set]:
        by_label: dict[str, list[Row]] = {}
        for row in rows:
            by_label.setdefault(row["label"], []).append(row)
        chosen = [row for label in sorted(by_label) for row in spread(by_label[label], self._rows)]
        texts, truth = tuple(row["text"] for row in chosen), tuple(row["label"] for row in chosen)
        self._say(f"classification: {title}, {len(texts)} texts")
        vectors, seconds = self._vectors(texts)
        own = from_names(sorted(by_label))
        yield _Set(title, texts, truth, own, {label: label for label in by_label}, vectors, seconds)
        built_in = {label: built_in_names().get(normalise(label), "") for label in by_label}
        if all(built_in.values()):
            yield _Set(f"{title}, default labels", texts, truth, default_set(), built_in, vectors, seconds)

    def _vectors(self, texts: Sequence[str]) -> tuple[Vectors, float]:
        """One vector a text, and the seconds that one takes."""
        self._desk.engine.info()
        started = time.monotonic()
        parts = [self._documents.embed(texts[at : at + _BATCH]) for at in range(0, len(texts), _BATCH)]
        return np.concatenate(parts), (time.monotonic() - started) / len(texts)

    def _settings(self, each: _Set) -> Iterator[tuple[str, int, Result]]:
        """Examples a label, texts decided on, and the result, for each number of examples that the set allows."""
        fewest = min(each.truth.count(label) for label in set(each.truth))
        for count in (*_EXAMPLES, None):
            if count is not None and count >= fewest:
                continue
            self._say(f"classification: {each.title}, {'half' if count is None else count} examples a label")
            draws = [draw(each.truth, count, seed) for seed in range(_DRAWS if count != 0 else 1)]
            result = Result.mean([self._result(each, one) for one in draws])
            yield "half of all" if count is None else str(count), len(draws[0].ask), result

    def _result(self, each: _Set, drawn: Draw) -> Result:
        decisions = self._decisions(each, drawn)
        truth = [each.truth[at] for at in drawn.ask]
        right = [decision.label == each.names[label] for decision, label in zip(decisions, truth, strict=True)]
        accepted = [hit for hit, decision in zip(right, decisions, strict=True) if decision.status == TAGGED]
        error = confidence_gap(np.array([decision.confidence for decision in decisions]), np.array(right))
        tfidf, counts = self._learnt(each, drawn)
        return Result(fmean(right), error, len(accepted) / len(right), _mean(accepted), tfidf, counts)

    def _learnt(self, each: _Set, drawn: Draw) -> tuple[float, float]:
        """Accuracy of the baselines; the same when the same texts come with another label set."""
        key = (each.texts, drawn)
        if key not in self._known:
            tfidf, counts = baselines.tfidf_logistic, baselines.count_mlp
            self._known[key] = (_accuracy(tfidf, each, drawn), _accuracy(counts, each, drawn))
        return self._known[key]

    def _decisions(self, each: _Set, drawn: Draw) -> list[Decision]:
        """What the product would decide after it was taught the drawn examples."""
        space = self._documents.space
        taught: dict[str, list[Example]] = {}
        for at in drawn.learn:
            vector = np.ascontiguousarray(each.vectors[at], "<f4").tobytes()
            taught.setdefault(each.names[each.truth[at]], []).append(Example(vector, space))
        labels = tuple(replace(label, examples=tuple(taught.get(label.id, ()))) for label in each.labels.labels)
        judge = make_judge(self._space, self._documents, space, replace(each.labels, labels=labels))
        asked = list(drawn.ask)
        ids = [label.id for label in labels]
        return [
            decide(dict(zip(ids, map(float, row), strict=True)), THRESHOLD, False, len(each.texts[at].strip()))
            for at, row in zip(asked, judge.probabilities(each.vectors[asked]), strict=True)
        ]


def draw(truth: Sequence[str], count: int | None, seed: int) -> Draw:
    """``count`` places of each label to learn from, half of them when it is None; all others to decide on.

    With the same seed fewer examples are a part of more.
    """
    learn: list[int] = []
    for label in sorted(set(truth)):
        places = [at for at, each in enumerate(truth) if each == label]
        random.Random(f"{seed} {label}").shuffle(places)  # noqa: S311  a fixed choice is meant
        learn += places[: len(places) // 2 if count is None else count]
    return Draw(tuple(learn), tuple(sorted(set(range(len(truth))) - set(learn))))


def _accuracy(learner: baselines.Learner, each: _Set, drawn: Draw) -> float:
    if not drawn.learn:
        return float("nan")
    learnt = learner([each.texts[at] for at in drawn.learn], [each.truth[at] for at in drawn.learn],
                     [each.texts[at] for at in drawn.ask])  # fmt: skip
    return fmean(guess == each.truth[at] for guess, at in zip(learnt, drawn.ask, strict=True))


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return fmean(known) if known else float("nan")
