"""How well the names and descriptions of labels fit a document, without any example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quietdesk.tools.classify.glossary import meaning
from quietdesk.tools.classify.linear_head import Array
from quietdesk.tools.classify.vector_space import VectorSpace, unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from quietdesk.cancel import CancelToken
    from quietdesk.tools.classify.document_vectors import DocumentVectors
    from quietdesk.tools.classify.label_sets import Label

# Weight of the likeness (a cosine) of a document to a label's description, or to its bare name, beside the logit of
# the name: measured on ten label sets.
_DESCRIPTION_WEIGHT, _NAME_WEIGHT = 8.0, 6.0


class NameEvidence:
    """Compares documents with the words of some labels.

    Two things count: the words that the model has in mind for the document's category (see
    ``VectorSpace.category_states``), and how alike the document is to the label's description read as a text. From
    both, what texts in general and texts without content score is taken off ("Calibrate Before Use", Zhao et al. 2021).
    """

    def __init__(
        self, space: VectorSpace, documents: DocumentVectors, labels: Sequence[Label],
        cancel: CancelToken | None = None,
    ) -> None:  # fmt: skip
        self._space = space
        names = [label.name() for label in labels]
        # What the built-in ones say after the semicolon is what does not belong.
        descriptions = [label.description().partition(";")[0] or meaning(label.name()) for label in labels]
        described = np.array([bool(text) for text in descriptions])
        self._words = _word_vectors(documents, names, descriptions, cancel)
        texts = [f"{name}: {text}" if text else name for name, text in zip(names, descriptions, strict=True)]
        read = space.features(documents.embed(texts, cancel=cancel))
        # Of a single label there is nothing to take off.
        self._read = unit(read - read.mean(axis=0)) if len(labels) > 1 else unit(read)
        self._read *= np.where(described, _DESCRIPTION_WEIGHT, _NAME_WEIGHT)[:, None]
        self._of_reference = self._logits(space.reference.vectors)
        self._of_nothing = self._logits(space.reference.empty).mean(axis=0)
        self._usual_likeness = self._likeness(space.reference.vectors).mean(axis=0)

    def __call__(self, vectors: NDArray[np.float32]) -> Array:
        """Documents × labels: higher is likelier; in units of logits before calibration, 0 for a text at large."""
        usual = 0.5 * (self._of_nothing + self._space.typical(self._of_reference, vectors))
        evidence: Array = self._logits(vectors) - usual + self._likeness(vectors) - self._usual_likeness
        return evidence

    def standardised(self, vectors: NDArray[np.float32]) -> Array:
        """The same in standard deviations over the reference texts: for a label that stands alone."""
        of_reference = self(self._space.reference.vectors)
        scores: Array = (self(vectors) - of_reference.mean(axis=0)) / of_reference.std(axis=0)
        return scores

    def _logits(self, vectors: NDArray[np.float32]) -> Array:
        logits: Array = self._space.category_states(vectors) @ self._words.T
        return logits

    def _likeness(self, vectors: NDArray[np.float32]) -> Array:
        likeness: Array = unit(self._space.features(vectors)) @ self._read.T
        return likeness


def _word_vectors(
    documents: DocumentVectors, names: Sequence[str], descriptions: Sequence[str], cancel: CancelToken | None
) -> Array:
    """Labels × width: the embeddings of a name's usual spellings, and of the description if there is one."""
    spellings = [sorted({name, name.lower(), name.capitalize(), name.title()}) for name in names]
    texts = [text for each in spellings for text in each] + [text for text in descriptions if text]
    vectors = iter(np.asarray(documents.words(texts, cancel), np.float64))
    of_names = unit(np.stack([np.mean([next(vectors) for _ in each], axis=0) for each in spellings]))
    of_descriptions = np.stack([next(vectors) if text else np.zeros(of_names.shape[1]) for text in descriptions])
    return unit(of_names + unit(of_descriptions))
