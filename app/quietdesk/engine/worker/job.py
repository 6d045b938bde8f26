"""Requests as state machines: each step computes at most one chunk, so that anything can come in between."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from quietdesk.engine.messages import Generate, Priority, Result
from quietdesk.engine.worker.llama import ContextFullError, HiddenStates, LlamaModel, Segment, Sequences
from quietdesk.engine.worker.pool import SequencePool


class PromptTooLongError(Exception):
    """The prompt and the wanted tokens do not fit into the context."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the jobs compute with. ``chunk``: most tokens in one step; ``limit``: most tokens of one request."""

    model: LlamaModel
    sequences: Sequences
    pool: SequencePool
    hidden: Callable[[], HiddenStates]
    chunk: int
    limit: int


class Job(ABC):
    """One request on its way."""

    priority: Priority

    @abstractmethod
    def step(self) -> Result | None:
        """Compute at most one chunk; the result when the request is answered."""

    def drop(self) -> None:  # noqa: B027  most jobs hold nothing between steps
        """Give back what the job holds: it is finished or cancelled."""

    def suspend(self) -> bool:
        """Give the context's cells to a more urgent job and compute them again later; False if it holds none."""
        return False


class SequenceJob(Job):
    """A job that prefills a prompt in a sequence of its own, reusing what is parked of its prefix."""

    def __init__(self, parts: Parts, prefix: list[int], prompt: list[int], adapter: bool) -> None:
        self._parts = parts
        self._prefix = prefix
        self._prompt = prefix + prompt
        self._adapter = adapter
        self._sequence: int | None = None
        self._position = 0
        self._reused = 0

    def _open(self) -> int:
        if self._sequence is None:
            self._sequence = self._parts.pool.acquire()
            self._position = self._reused = self._parts.pool.begin(
                self._sequence, self._prompt, self._adapter, self._parts.chunk
            )
        return self._sequence

    def _decode(self, segments: list[Segment]) -> None:
        self._parts.sequences.use_adapter(self._adapter)
        while True:
            try:
                self._parts.sequences.decode(segments)
            except ContextFullError:
                if not self._parts.pool.evict():
                    raise
            else:
                return

    def _prefill(self) -> bool:
        """The next chunk of the prompt; True when its last token is computed and has logits."""
        sequence = self._open()
        # A chunk ends where the prefix ends: whether it is reused or computed, the numbers that follow are the same.
        end = len(self._prefix) if self._position < len(self._prefix) else len(self._prompt)
        tokens = self._prompt[self._position : min(self._position + self._parts.chunk, end)]
        last = self._position + len(tokens) == len(self._prompt)
        self._decode([Segment(sequence, self._position, tokens, 1 if last else 0)])
        self._position += len(tokens)
        if last:
            self._parts.pool.park(sequence, self._prefix, self._adapter)
        return last

    def drop(self) -> None:
        if self._sequence is not None:
            self._parts.pool.release(self._sequence)
            self._sequence = None
            self._position = 0

    def suspend(self) -> bool:
        held = self._sequence is not None
        self.drop()
        return held


def prompt_tokens(model: LlamaModel, request: Generate) -> tuple[list[int], list[int]]:
    """Tokens of the prefix and of the rest.

    In a chat model the template wraps both; control tokens inside a document stay plain text because template and text
    are tokenised apart.
    """
    if not request.chat:
        return model.tokenize(request.prefix, start=True), model.tokenize(request.prompt, start=False)
    # A mark that the template carries along and no text contains, to find where our text stands in it.
    mark = "\ue000"
    before, _, after = model.chat(mark).partition(mark)
    prefix = model.tokenize(before, start=False, special=True) + model.tokenize(request.prefix, start=False)
    return prefix, model.tokenize(request.prompt, start=False) + model.tokenize(after, start=False, special=True)
