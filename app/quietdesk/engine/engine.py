"""Starts, feeds, cancels and restarts the worker. (Interface first; the implementation is being written.)"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from quietdesk.engine.messages import Completion, Generate, Priority, Ready, Scores


class CancelToken:
    """Set from any thread to cancel the work it was handed to."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        self._event.set()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()


class Engine:
    """The embedded model, for every tool. All methods may be called from several threads; they block."""

    def info(self) -> Ready: ...
    def generate(self, request: Generate, on_text: Callable[[str], None] | None = None, cancel: CancelToken | None = None) -> Completion: ...
    def embed(self, texts: Sequence[str], *, max_tokens: int = 512, layer: int | None = None, priority: Priority = Priority.INTERACTIVE, cancel: CancelToken | None = None) -> NDArray[np.float32]: ...
    def token_vectors(self, texts: Sequence[str], *, priority: Priority = Priority.INTERACTIVE, cancel: CancelToken | None = None) -> NDArray[np.float32]: ...
    def score(self, prefix: str, continuations: Sequence[str], *, adapter: bool = False, priority: Priority = Priority.INTERACTIVE, cancel: CancelToken | None = None) -> Scores: ...
    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...
    def close(self) -> None: ...
