"""One vector for each document, made by the embedded model, for the classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quietdesk.engine.messages import Priority

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from quietdesk.cancel import CancelToken
    from quietdesk.engine.engine import Engine

# Measured on twelve kinds of documents and on sets of topics: of the default model's 18 layers the 16th separates
# kinds and topics best, below the 13th topics fall apart; 384 tokens instead of 256 bring one point and cost half more.
_DEPTH = 16 / 18
MOST_TOKENS = 256
# Far more characters than so many tokens have: what is sent to the worker stays small.
_MOST_CHARACTERS = 12 * MOST_TOKENS
# Read between these words, the model has the name of the document's category in mind at the end. Examples of other
# documents before it, or other words, did not do better.
_BEFORE, _AFTER = "Text: ", "\nCategory:"
_RECIPE = 1


class DocumentVectors:
    """Reads the beginning of texts with the model's lower layers. ``model``: the model file's SHA-256.

    A vector has two halves, each of the model's width: the mean over the text, which tells its kind, and the state in
    which the model would name its category, which tells its topic.
    """

    def __init__(self, engine: Engine, model: str) -> None:
        self._engine = engine
        self._model = model

    @property
    def layer(self) -> int:
        """The transformer layer whose states are used; loads the model if need be."""
        return max(1, round(self._engine.info().layers * _DEPTH))

    @property
    def space(self) -> str:
        """Names the model and the way in which vectors are made: only vectors of one space can be compared."""
        return f"{self._model}/layer-{self.layer}/tokens-{MOST_TOKENS}/{_RECIPE}"

    def embed(
        self, texts: Sequence[str], priority: Priority = Priority.INTERACTIVE, cancel: CancelToken | None = None
    ) -> NDArray[np.float32]:
        """Texts × twice the model's width."""
        return self._engine.embed(
            [beginning(text) for text in texts], max_tokens=MOST_TOKENS, layer=self.layer,
            before=_BEFORE, after=_AFTER, priority=priority, cancel=cancel,
        )  # fmt: skip

    def words(self, texts: Sequence[str], cancel: CancelToken | None = None) -> NDArray[np.float32]:
        """Texts × width: the mean of the input embeddings of each text's tokens, as they stand after a blank."""
        return self._engine.token_vectors([f" {text}" for text in texts], cancel=cancel)


def beginning(text: str, characters: int = _MOST_CHARACTERS) -> str:
    """The first part of a text, with runs of blanks and empty lines drawn together: they only cost tokens."""
    lines = (" ".join(line.split()) for line in text[: 4 * characters].splitlines())
    return "\n".join(line for line in lines if line)[:characters]
