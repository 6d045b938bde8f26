"""From document vectors to the probability of each label of one set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from quietdesk.tools.classify.calibration import held_out, temperature
from quietdesk.tools.classify.linear_head import (
    TOLERANCE,
    Array,
    LinearHead,
    fit_independent,
    fit_multinomial,
    sigmoid,
    softmax,
)
from quietdesk.tools.classify.name_evidence import NameEvidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quietdesk.cancel import CancelToken
    from quietdesk.tools.classify.document_vectors import DocumentVectors
    from quietdesk.tools.classify.label_sets import LabelSet
    from quietdesk.tools.classify.vector_space import VectorSpace

# All constants below were chosen on ten public label sets, for the likelihood of the right labels.
_PENALTY = 10.0
# The scale of the head's logits with one example of each label, and the power of their number with which it falls;
# with more examples the head's own held-out answers move it. Like the scales of names below it was fitted on ten sets,
# for 0, 1, 2, 4 and 8 examples; leaving out any one of the ten changes a scale by 15 % at most.
_HEAD_SCALE, _HEAD_POWER = 1.2, 0.13
_FOLDS, _ROWS_TO_CALIBRATE = 5, 5
_ROUGHLY = 1e-2
# Scale of the evidence of names when there are no examples, and how it falls with the examples of each label.
_NAME_SCALE, _NAME_FALL = 0.52, 0.25
# With eight examples names still add a point; with more they are not worth the time to read them.
_ENOUGH_EXAMPLES = 10
# A correction must show at once beside ten prototypes.
_TAUGHT_WEIGHT = 4.0
# Documents whose features differ by less (root mean square, in standard deviations) are the same text: rounding alone
# makes up to 0.035, other figures in the same form 0.05 and more.
_SAME_TEXT, _SURE = 0.045, 0.98
# Weight of all other prototypes together, as examples of what none of the labels fits: this share of the examples of
# a label, less when there are few. It leaves 5 % of documents of other kinds accepted instead of 50 %.
_OTHER_SHARE, _FEW = 0.4, 3.0
# Independent labels: weight of each prototype as an example of what has no label; where the evidence of names alone
# becomes a yes, for one label (in standard deviations over texts at large) and for several (as a share); scale
# of the head's logits with one example of a label and the power of their number with which it falls, bias with many
# examples and what a single one adds to it: fitted on seven public sets with 1 to 16 examples of each label.
_BACKGROUND_WEIGHT = 0.05
_LONE_SCALE, _LONE_POWER, _LONE_BIAS, _LONE_FEW = 1.5, 0.17, 1.0, 3.0
_SINGLE_SCALE, _SINGLE_BORDER = 1.2, 2.0
_SHARE_SCALE, _SHARE_BORDER = 1.5, 0.4


class Judge(Protocol):
    """Knows one label set."""

    def probabilities(self, vectors: NDArray[np.float32]) -> Array:
        """Documents × labels. In an exclusive set what a row lacks to 1 is the chance that no label is right; otherwise
        each label stands for itself."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Examples of the labels of a set. features: rows × features; classes: place of the label; taught: by the user."""

    features: Array
    classes: NDArray[np.int64]
    taught: NDArray[np.bool_]
    labels: int

    @property
    def counts(self) -> NDArray[np.int64]:
        """Examples of each label."""
        return np.bincount(self.classes, minlength=self.labels)

    @property
    def weights(self) -> Array:
        """How much each row counts."""
        return np.where(self.taught, _TAUGHT_WEIGHT, 1.0)


def collect_rows(space: VectorSpace, name: str, labels: LabelSet) -> Rows:
    """The prototypes of a set's labels, and what was taught in the vector space of that name: the rest does not fit."""
    reference = np.array(space.reference.labels)
    features, classes, taught = [], [], []
    for place, label in enumerate(labels.labels):
        rows = space.reference_features[reference == label.prototypes] if label.prototypes else np.zeros((0, 0))
        own = [np.frombuffer(each.vector, "<f4") for each in label.examples if each.space == name]
        features += [*rows, *(space.features(np.stack(own)) if own else ())]
        classes += [place] * (len(rows) + len(own))
        taught += [False] * len(rows) + [True] * len(own)
    width = space.reference_features.shape[1]
    return Rows(
        np.stack(features) if features else np.zeros((0, width)),
        np.array(classes, np.int64), np.array(taught, np.bool_), len(labels.labels),
    )  # fmt: skip


def make_judge(
    space: VectorSpace, documents: DocumentVectors, name: str, labels: LabelSet, cancel: CancelToken | None = None
) -> Judge:
    """Train for a label set. name: of the vector space, to pick the taught examples that fit it."""
    alone = labels.multi or len(labels.labels) == 1
    if alone:
        space = space.of_independent
    elif 2 * sum(bool(label.prototypes) for label in labels.labels) >= len(labels.labels):
        space = space.of_kinds
    rows = collect_rows(space, name, labels)
    evidence = None
    if rows.counts.min() < _ENOUGH_EXAMPLES and not (alone and rows.counts.min() > 0):
        evidence = NameEvidence(space, documents, labels.labels, cancel)
    if alone:
        return _IndependentJudge(space, rows, evidence)
    return _ExclusiveJudge(space, rows, evidence)


class _ExclusiveJudge:
    """Each document has one label of the set, or is something else."""

    def __init__(self, space: VectorSpace, rows: Rows, evidence: NameEvidence | None) -> None:
        self._space = space
        self._rows = rows
        self._evidence = evidence
        self._trained = np.flatnonzero(rows.counts)
        self._head: LinearHead | None = None
        self._scale = _HEAD_SCALE
        if len(self._trained) > 0:
            self._typical = float(np.median(rows.counts[self._trained]))
            self._scale = head_scale(self._typical)
            self._others = space.reference_features[_strange(space.reference_features, rows.features)]
            self._train()

    def _train(self) -> None:
        classes = np.searchsorted(self._trained, self._rows.classes)
        self._head = self._fit(classes, np.ones(len(classes), np.bool_), TOLERANCE)
        if self._typical >= _ROWS_TO_CALIBRATE:
            logits = held_out(
                classes, _FOLDS,
                lambda chosen: self._fit(classes, chosen, _ROUGHLY).logits(self._rows.features[~chosen]),
            )  # fmt: skip
            self._scale = 1.0 / temperature(logits, classes, 1.0 / self._scale)

    def _fit(self, classes: NDArray[np.int64], chosen: NDArray[np.bool_], tolerance: float) -> LinearHead:
        """A head for the labels that have examples and, last, for what is none of them."""
        other = len(self._trained)
        together = _OTHER_SHARE * self._typical**2 / (self._typical + _FEW)
        weight = together / max(len(self._others), 1)
        return fit_multinomial(
            np.vstack([self._rows.features[chosen], self._others]),
            np.concatenate([classes[chosen], np.full(len(self._others), other)]),
            other + (len(self._others) > 0), penalty=_PENALTY, tolerance=tolerance,
            weights=np.concatenate([self._rows.weights[chosen], np.full(len(self._others), weight)]),
        )  # fmt: skip

    def probabilities(self, vectors: NDArray[np.float32]) -> Array:
        features = self._space.features(vectors)
        evidence = np.zeros((len(vectors), self._rows.labels))
        if self._evidence is not None:
            evidence = self._evidence(vectors)
        result = softmax(_NAME_SCALE * evidence)
        if self._head is not None:
            result = self._with_examples(features, evidence, result)
        return _recognise(features, self._rows, result, exclusive=True)

    def _with_examples(self, features: Array, evidence: Array, by_name: Array) -> Array:
        assert self._head is not None  # noqa: S101  the caller looked
        trained, count = self._trained, len(self._trained)
        logits = self._scale * self._head.logits(features)
        one_of_them = softmax(logits)[:, :count].sum(axis=1, keepdims=True)
        names = name_scale(self._typical) * evidence[:, trained]
        within: Array = one_of_them * softmax(logits[:, :count] + names)
        if count == self._rows.labels:
            return within
        # Labels without examples keep the share that their names give them, and get what is strange to the others.
        left = by_name[:, trained].sum(axis=1, keepdims=True)
        result: Array = by_name * (1.0 + left * (1.0 - one_of_them) / np.maximum(1.0 - left, 1e-9))
        result[:, trained] = left * within
        return result


class _IndependentJudge:
    """A document may have any number of the labels, or none."""

    def __init__(self, space: VectorSpace, rows: Rows, evidence: NameEvidence | None) -> None:
        self._space = space
        self._rows = rows
        self._evidence = evidence
        self._head: LinearHead | None = None
        if len(rows.classes):
            features, targets = _by_document(rows)
            reference = space.reference_features
            background = _strange(reference, features).astype(np.float64)
            self._head = fit_independent(
                np.vstack([features, reference]),
                np.vstack([targets, np.zeros((len(reference), rows.labels))]),
                penalty=_PENALTY,
                weights=np.concatenate([np.ones(len(features)), _BACKGROUND_WEIGHT * background]),
            )

    def probabilities(self, vectors: NDArray[np.float32]) -> Array:
        features = self._space.features(vectors)
        result = np.zeros((len(vectors), self._rows.labels))
        if self._evidence is not None:
            result = sigmoid(self._by_name(vectors))
        if self._head is not None:
            counts = np.maximum(self._rows.counts, 1)
            logits = _LONE_SCALE / counts**_LONE_POWER * self._head.logits(features)
            yes = sigmoid(logits + _LONE_BIAS + _LONE_FEW / counts)
            result = np.where(self._rows.counts > 0, yes, result)
        return _recognise(features, self._rows, result, exclusive=False)

    def _by_name(self, vectors: NDArray[np.float32]) -> Array:
        assert self._evidence is not None  # noqa: S101  the caller looked
        if self._rows.labels == 1:
            return np.asarray(_SINGLE_SCALE * (self._evidence.standardised(vectors) - _SINGLE_BORDER))
        shares = softmax(_NAME_SCALE * self._evidence(vectors))
        return np.asarray(_SHARE_SCALE * np.log(np.maximum(shares, 1e-9) / _SHARE_BORDER))


def head_scale(examples: float) -> float:
    """Scale of the logits of a head that was trained on so many examples of a label, before it is calibrated."""
    return _HEAD_SCALE / float(examples**_HEAD_POWER)


def name_scale(examples: float) -> float:
    """Scale of the evidence of names beside a head that was trained on so many examples of a label."""
    return _NAME_SCALE / (1.0 + _NAME_FALL * examples)


def _recognise(features: Array, rows: Rows, probabilities: Array, exclusive: bool) -> Array:
    """A text that was taught gets what it was taught as: a correction holds for the document itself."""
    taught = np.flatnonzero(rows.taught)
    for place, document in enumerate(features):
        apart = np.sqrt(((rows.features[taught] - document) ** 2).mean(axis=1))
        for row in taught[apart < _SAME_TEXT]:
            label = rows.classes[row]
            if exclusive:
                probabilities[place] *= (1.0 - _SURE) / max(1.0 - probabilities[place, label], 1e-9)
            probabilities[place, label] = _SURE
    return probabilities


def _by_document(rows: Rows) -> tuple[Array, Array]:
    """One row for each document, with all labels it was taught: documents × features, documents × labels."""
    features, place = np.unique(rows.features, axis=0, return_inverse=True)
    targets = np.zeros((len(features), rows.labels))
    targets[place.ravel(), rows.classes] = 1.0
    return features, targets


def _strange(reference: Array, features: Array) -> NDArray[np.bool_]:
    """Which reference rows are not among the examples."""
    known = {row.tobytes() for row in features}
    return np.array([row.tobytes() not in known for row in reference])
