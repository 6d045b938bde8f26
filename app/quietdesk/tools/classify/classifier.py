"""Which label of a set a text should have, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from quietdesk.engine.messages import Priority
from quietdesk.tools.classify.document_vectors import DocumentVectors
from quietdesk.tools.classify.judge import Judge, make_judge
from quietdesk.tools.classify.label_sets import LabelSet
from quietdesk.tools.classify.reference import ReferenceStore
from quietdesk.tools.classify.vector_space import VectorSpace

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from quietdesk.cancel import CancelToken
    from quietdesk.engine.engine import Engine

TAGGED: Final = "tagged"
REVIEW: Final = "review"
# Of the labels accepted in ten public sets 95 % are then right (mean of the sets), with names alone as with 1, 2, 4
# or 8 examples of each label (95, 96, 95, 96, 96; at 0.85 they are 91 to 95); by name single sets have 79 to 100 %.
# It was chosen on these sets. It leaves 63 % of texts known by names alone for review, 33 % with eight examples, 22 %
# of twelve kinds of documents under the built-in labels.
THRESHOLD = 0.89
# Two labels nearer to one another than this are called too close rather than unsure.
_CLOSE = 0.2
# A text of fewer characters gives too little to go by.
_FEWEST_CHARACTERS = 3
# Label sets whose trained judges are kept.
_KEPT = 8


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one text.

    label: the likeliest one. labels: all that hold, of an exclusive set just that one; empty while in review.
    confidence: probability that ``label`` is right. scores: probability of every label, the likeliest first; in an
    exclusive set what their sum lacks to 1 is the chance that none is right.
    status: ``tagged``, or ``review`` when a person should look. reason: in words, never with content of the text.
    """

    label: str
    labels: tuple[str, ...]
    confidence: float
    scores: Mapping[str, float]
    status: Literal["tagged", "review"]
    reason: str


class Classifier:
    """Decides labels with the embedded model.

    model: SHA-256 of the model file. cache: the folder for what is computed once for other models than the default.
    threshold: the confidence from which a label is given without review.
    """

    def __init__(self, engine: Engine, model: str, cache: Path, threshold: float = THRESHOLD) -> None:
        self._documents = DocumentVectors(engine, model)
        self._references = ReferenceStore(self._documents, cache)
        self._threshold = threshold
        self._spaces: dict[str, VectorSpace] = {}
        self._judges: dict[str, Judge] = {}

    @property
    def space(self) -> str:
        """Names the vectors of :meth:`vectors`; taught examples are kept with it."""
        return self._documents.space

    def vectors(
        self, texts: Sequence[str], priority: Priority = Priority.INTERACTIVE, cancel: CancelToken | None = None
    ) -> NDArray[np.float32]:
        """One vector for each text, to teach it or to decide on it; texts × twice the model's width."""
        return self._documents.embed(texts, priority, cancel)

    def classify(self, text: str, labels: LabelSet, cancel: CancelToken | None = None) -> Decision:
        """Decide on one text.

        Raises:
            UserError: the model cannot be used.
            Cancelled: ``cancel`` was set.
        """
        return self.classify_many([text], labels, cancel=cancel)[0]

    def classify_many(
        self, texts: Sequence[str], labels: LabelSet, priority: Priority = Priority.INTERACTIVE,
        cancel: CancelToken | None = None,
    ) -> list[Decision]:  # fmt: skip
        """Decide on several texts, each by itself: the others do not influence it. In the order of the texts.

        Raises:
            UserError: the model cannot be used.
            Cancelled: ``cancel`` was set.
        """
        return self.decide_many(texts, self.vectors(texts, priority, cancel), labels, cancel) if texts else []

    def decide_many(
        self, texts: Sequence[str], vectors: NDArray[np.float32], labels: LabelSet, cancel: CancelToken | None = None
    ) -> list[Decision]:
        """The same when the texts' vectors are known already; at least one text."""
        rows = self._judge(labels, cancel).probabilities(vectors)
        names = [label.id for label in labels.labels]
        return [
            decide(dict(zip(names, map(float, row), strict=True)), self._threshold, labels.multi, len(text.strip()))
            for text, row in zip(texts, rows, strict=True)
        ]

    def _judge(self, labels: LabelSet, cancel: CancelToken | None) -> Judge:
        space = self._documents.space
        key = f"{space}/{labels.fingerprint()}"
        if key not in self._judges:
            if space not in self._spaces:
                self._spaces[space] = VectorSpace(self._references.load(cancel))
            made = make_judge(self._spaces[space], self._documents, space, labels, cancel)
            for oldest in list(self._judges)[: 1 - _KEPT]:
                del self._judges[oldest]
            self._judges[key] = made
        return self._judges[key]


def decide(scores: Mapping[str, float], threshold: float, multi: bool, characters: int) -> Decision:
    """The decision that probabilities lead to. characters: length of the text."""
    ranked = dict(sorted(scores.items(), key=lambda item: -item[1]))
    best, confidence = next(iter(ranked.items()))
    holding = tuple(label for label, score in ranked.items() if score >= threshold)
    if characters < _FEWEST_CHARACTERS:
        return Decision(best, (), confidence, ranked, REVIEW, "there is almost no text to go by")
    if holding:
        return Decision(best, holding if multi else (best,), confidence, ranked, TAGGED, "")
    return Decision(best, (), confidence, ranked, REVIEW, _doubt(ranked, multi))


def _doubt(ranked: Mapping[str, float], multi: bool) -> str:
    """Why no label is sure enough, in words."""
    (best, first), *others = ranked.items()
    if multi or not others:
        return f"{best} {first:.2f}: not sure enough"
    if 1.0 - sum(ranked.values()) > first:
        return f"none of the labels fits well; the nearest is {best} {first:.2f}"
    second, next_score = others[0]
    what = "too close" if first - next_score < _CLOSE else "not sure enough"
    return f"{best} {first:.2f}, {second} {next_score:.2f}: {what}"
