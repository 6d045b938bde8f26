"""Features of document vectors, measured by the reference texts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from quietdesk.tools.classify.linear_head import Array, Scaler, fit_independent, sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quietdesk.tools.classify.reference import Reference

# How much the second half of a vector (the topic) counts beside the first (the kind): for labels at large, and for
# kinds of documents that have prototypes. With 0.5 for all, ten Chinese topics with eight examples each are told apart
# by 73 % instead of 77; with 1 for all, twelve kinds under the built-in labels by 94 instead of 98 to 100.
_TOPICS, _KINDS = 1.0, 0.4
_INDEPENDENT = 0.5
_EPSILON = 1e-6


class VectorSpace:
    """Turns raw vectors of documents into features, relative to the reference texts.

    topic_share: weight of the second half of a vector beside the first. even: each half is scaled to the same length.
    """

    def __init__(self, reference: Reference, topic_share: float = _TOPICS, *, even: bool = True) -> None:
        self.reference = reference
        self._topic_share = topic_share
        self._even = even
        self._width = reference.vectors.shape[1] // 2
        self._scaler = Scaler.fit(reference.vectors)
        self.reference_features = self.features(reference.vectors)
        self._chinese = np.array([language == "zh" for language in reference.languages])
        # Told from the vector, because of taught documents nothing else is kept.
        self._language_head = fit_independent(
            self.reference_features, self._chinese.astype(np.float64)[:, None], penalty=10.0
        )

    @cached_property
    def of_kinds(self) -> VectorSpace:
        """The same for label sets whose labels are kinds of documents rather than topics."""
        return VectorSpace(self.reference, _KINDS)

    @cached_property
    def of_independent(self) -> VectorSpace:
        """The same for labels that a document may carry side by side: the lengths of the halves are kept.

        With even halves one more of the reference's twelve receipts loses one of its two labels.
        """
        return VectorSpace(self.reference, _INDEPENDENT, even=False)

    def features(self, vectors: NDArray[np.float32]) -> Array:
        """Rows × twice the width: standardised, the second half weighted. With even halves a row's mean square is 1."""
        scaled = self._scaler(vectors)
        first, second = scaled[:, : self._width], scaled[:, self._width :]
        length = np.sqrt(1 + self._topic_share**2)
        if self._even:
            first, second, length = unit(first), unit(second), length / np.sqrt(2 * self._width)
        result: Array = np.hstack([first, self._topic_share * second]) / length
        return result

    def category_states(self, vectors: NDArray[np.float32]) -> Array:
        """Rows × width: the states in which the model names the category, normed as before its vocabulary head.

        The scalar product with a word's embedding is roughly the logit of that word ("logit lens": Gemma's input and
        output embeddings are the same).
        """
        states = np.asarray(vectors[:, self._width :], np.float64)
        normed: Array = states / np.sqrt((states**2).mean(axis=1, keepdims=True) + _EPSILON)
        return normed * self.reference.head_norm

    def typical(self, scores: Array, vectors: NDArray[np.float32]) -> Array:
        """What the reference texts in the language of each row score on average.

        scores: prototypes × anything, of the reference's own rows. vectors: rows × twice the width.
        """
        chinese = sigmoid(self._language_head.logits(self.features(vectors)))
        mean: Array = chinese * scores[self._chinese].mean(axis=0) + (1 - chinese) * scores[~self._chinese].mean(axis=0)
        return mean


def unit(rows: Array) -> Array:
    """Rows of length 1; zero rows stay zero."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    scaled: Array = rows / np.maximum(lengths, _EPSILON)
    return scaled
