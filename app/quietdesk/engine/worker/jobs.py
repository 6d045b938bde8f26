"""The state machine of each kind of request; those that write are in generation.py."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quietdesk.engine.messages import (
    Counts,
    CountTokens,
    Draw,
    Embed,
    Generate,
    Request,
    Result,
    Score,
    Scores,
    TokenVectors,
    Vectors,
)
from quietdesk.engine.worker.generation import DrawJob, GenerateJob
from quietdesk.engine.worker.job import Job, Parts, PromptTooLongError, SequenceJob
from quietdesk.engine.worker.llama import Segment
from quietdesk.engine.worker.sampling import log_softmax_at

# Characters of a text that are tokenised for each token that is wanted: only runs of blanks are longer.
_CHARACTERS_PER_TOKEN = 16


class ScoreJob(SequenceJob):
    """Log-likelihoods of continuations; several are computed in one step, each in a sequence of its own."""

    _SIDE_BY_SIDE = 3

    def __init__(self, parts: Parts, request: Score) -> None:
        prefix = parts.model.tokenize(request.prefix, start=True)
        super().__init__(parts, prefix, [], request.adapter)
        self.priority = request.priority
        self._continuations = [parts.model.tokenize(text, start=False) for text in request.continuations]
        longest = max(map(len, self._continuations), default=0)
        if len(self._prompt) + self._SIDE_BY_SIDE * longest > parts.limit or longest > parts.chunk:
            raise PromptTooLongError
        self._first: NDArray[np.float32] | None = None
        self._sums: list[float] = []

    def step(self) -> Result | None:
        if self._first is None:
            if self._prefill():
                self._first = self._parts.sequences.logits().copy()
            return None
        if len(self._sums) < len(self._continuations):
            self._score_some()
        if len(self._sums) < len(self._continuations):
            return None
        return Scores(tuple(self._sums), tuple(map(len, self._continuations)))

    def _score_some(self) -> None:
        assert self._first is not None  # noqa: S101  computed by the first step
        group: list[list[int]] = []
        used = 0
        for tokens in self._continuations[len(self._sums) :][: self._SIDE_BY_SIDE]:
            used += max(len(tokens) - 1, 0)
            if group and used > self._parts.chunk:
                break
            group.append(tokens)
        sequences = [self._parts.pool.acquire() for _ in group]
        try:
            segments = []
            for sequence, tokens in zip(sequences, group, strict=True):
                self._parts.sequences.share(self._open(), sequence, len(self._prompt))
                segments.append(Segment(sequence, len(self._prompt), tokens[:-1], max(len(tokens) - 1, 0)))
            if any(segment.tokens for segment in segments):
                self._decode([segment for segment in segments if segment.tokens])
            row = 0
            for tokens in group:
                total = log_softmax_at(self._first, tokens[0]) if tokens else 0.0
                for token in tokens[1:]:
                    total += log_softmax_at(self._parts.sequences.logits(row), token)
                    row += 1
                self._sums.append(total)
        finally:
            for sequence in sequences:
                self._parts.pool.release(sequence)

    def suspend(self) -> bool:
        self._first = None
        return super().suspend()


class VectorJob(Job):
    """Mean vectors of texts: hidden states of a layer, or input embeddings (layer 0)."""

    # A batch holds parts of at most so many texts.
    SEQUENCES = 16

    def __init__(self, parts: Parts, request: Embed | TokenVectors) -> None:
        self.priority = request.priority
        self._parts = parts
        self._texts = request.texts
        self._layer, self._most = 0, parts.limit
        self._before: list[int] = []
        self._after: list[int] = []
        if isinstance(request, Embed):
            if request.after:
                self._before = parts.model.tokenize(request.before, start=True)
                self._after = parts.model.tokenize(request.after, start=False)
            self._layer = request.layer if request.layer is not None else parts.model.layers - 1
            # The context is for two jobs, an interactive and a background one.
            self._most = min(request.max_tokens, parts.limit // 2 - parts.chunk - len(self._before + self._after))
        if not 0 <= self._layer < parts.model.layers:
            raise ValueError(f"layer {self._layer} is asked for, the model has {parts.model.layers - 1} below its head")
        self._sums = np.zeros((len(self._texts), parts.model.width), np.float64)
        self._last = np.zeros((len(self._texts), parts.model.width if self._after else 0), np.float32)
        self._counts = [0] * len(self._texts)
        self._lengths = [0] * len(self._texts)
        self._at = 0
        self._tokens: list[int] | None = None
        self._position = 0

    def drop(self) -> None:
        if self._at or self._position:
            for index in range(self.SEQUENCES):
                self._parts.hidden().forget(self._sequence(index))

    def _sequence(self, index: int) -> int:
        return int(self.priority) * self.SEQUENCES + index % self.SEQUENCES

    def step(self) -> Result | None:
        owners, segments = self._next_batch()
        if segments:
            states = self._parts.hidden().run(segments, self._layer)
            self._add(owners, segments, states)
        if self._at < len(self._texts):
            return None
        means = self._sums / np.maximum(np.array(self._counts)[:, None], 1)
        return Vectors.pack(np.hstack([means.astype(np.float32), self._last]), self._counts)

    def _next_batch(self) -> tuple[list[int], list[Segment]]:
        owners: list[int] = []
        segments: list[Segment] = []
        room = self._parts.chunk
        while room and self._at < len(self._texts) and len(segments) < self.SEQUENCES:
            tokens = self._current()
            part = tokens[self._position : self._position + room]
            if part:
                owners.append(self._at)
                segments.append(Segment(self._sequence(self._at), self._position, part))
            room -= len(part)
            self._position += len(part)
            if self._position >= len(tokens):
                self._at, self._tokens, self._position = self._at + 1, None, 0
        return owners, segments

    def _current(self) -> list[int]:
        if self._tokens is None:
            text = self._texts[self._at]
            if self._layer:
                text = text[: self._most * _CHARACTERS_PER_TOKEN]
            self._tokens = self._parts.model.tokenize(text, start=self._layer > 0 and not self._before)
            if self._layer:
                self._tokens = [*self._before, *self._tokens[: self._most], *self._after]
            self._lengths[self._at] = len(self._tokens)
        return self._tokens

    def _add(self, owners: list[int], segments: list[Segment], states: NDArray[np.float32]) -> None:
        row = 0
        for owner, segment in zip(owners, segments, strict=True):
            # The rows of this part that are neither words of ours before the text nor after it.
            size = len(segment.tokens)
            done = owner < self._at
            first = min(max(len(self._before) - segment.position, 0), size)
            end = max(first, min(size, self._lengths[owner] - len(self._after) - segment.position))
            self._sums[owner] += states[row + first : row + end].sum(axis=0)
            self._counts[owner] += end - first
            row += size
            if done and self._after:
                self._last[owner] = states[row - 1]
            # Input embeddings need no attention: their cells are free at once. Otherwise the last text goes on.
            if not self._layer or done:
                self._parts.hidden().forget(segment.sequence)


class CountJob(Job):
    """Numbers of tokens."""

    def __init__(self, parts: Parts, request: CountTokens) -> None:
        self.priority = request.priority
        self._model = parts.model
        self._texts = request.texts

    def step(self) -> Result | None:
        return Counts(tuple(len(self._model.tokenize(text, start=False)) for text in self._texts))


def make_job(parts: Parts, request: Request, emit: Callable[[str], None]) -> Job:
    """The state machine of a request.

    Raises:
        PromptTooLongError: it does not fit into the context.
        ValueError: it asks for something the model does not have (a layer, a chat template).
    """
    match request:
        case Generate():
            return GenerateJob(parts, request, emit)
        case Draw():
            return DrawJob(parts, request)
        case Score():
            return ScoreJob(parts, request)
        case Embed() | TokenVectors():
            return VectorJob(parts, request)
        case CountTokens():
            return CountJob(parts, request)
