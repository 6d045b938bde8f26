"""Requests as state machines: each step computes at most one chunk, so that anything can come in between."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quietdesk.engine.messages import (
    Completion,
    Counts,
    CountTokens,
    Draw,
    Drawn,
    Embed,
    Finish,
    Generate,
    Priority,
    Request,
    Result,
    Score,
    Scores,
    TokenVectors,
    Vectors,
)
from quietdesk.engine.worker.llama import ContextFullError, HiddenStates, LlamaModel, Segment, Sequences
from quietdesk.engine.worker.pool import SequencePool
from quietdesk.engine.worker.sampling import log_softmax_at
from quietdesk.engine.worker.writing import Writing

# Characters of a text that are tokenised for each token that is wanted: only runs of blanks are longer.
_CHARACTERS_PER_TOKEN = 16


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


@dataclass(slots=True)
class _Drawn:
    """One of several texts: where it stands, and how it ended."""

    writing: Writing
    sequence: int
    position: int
    finish: Finish | None = None


class _SequenceJob(Job):
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


class GenerateJob(_SequenceJob):
    """Writes a text token by token."""

    def __init__(self, parts: Parts, request: Generate, emit: Callable[[str], None]) -> None:
        prefix, prompt = _prompt_tokens(parts.model, request)
        super().__init__(parts, prefix, prompt, request.adapter)
        room = parts.limit - len(self._prompt)
        if room < 1:
            raise PromptTooLongError
        self.priority = request.priority
        self._started = time.monotonic()
        self._prompt_size = len(self._prompt)
        self._writing = Writing(parts.model, request, min(room, request.max_tokens), emit)
        self._writes = False

    def step(self) -> Result | None:
        if not self._writes:
            if not self._prefill():
                return None
            self._writes = True
        else:
            assert self._sequence is not None  # noqa: S101  opened by the prefill
            self._decode([Segment(self._sequence, self._position, [self._writing.tokens[-1]], 1)])
            self._position += 1
        finish = self._writing.take(self._parts.sequences.logits())
        if finish is None:
            return None
        return self._writing.completion(finish, self._prompt_size, self._reused, time.monotonic() - self._started)

    def suspend(self) -> bool:
        held = super().suspend()
        # What is written stands; it is prefilled with the prompt when the job goes on.
        self._prompt = self._prompt[: self._prompt_size] + self._writing.tokens
        self._writes = False
        return held


class DrawJob(_SequenceJob):
    """Writes several texts after one prompt, a token of each in every step."""

    def __init__(self, parts: Parts, request: Draw) -> None:
        if request.count < 1:
            raise ValueError(f"{request.count} completions are asked for")
        prefix, prompt = _prompt_tokens(parts.model, request.of)
        super().__init__(parts, prefix, prompt, request.of.adapter)
        room = (parts.limit - len(self._prompt)) // request.count
        if room < 1:
            raise PromptTooLongError
        self.priority = request.priority
        self._request = request
        self._room = min(room, request.of.max_tokens)
        self._started = time.monotonic()
        self._texts: list[_Drawn] = []

    def step(self) -> Result | None:
        if not self._texts:
            if self._prefill():
                self._fork()
            return None
        unfinished = [text for text in self._texts if text.finish is None]
        if not unfinished:
            return Drawn(tuple(self._completion(text) for text in self._texts))
        self._decode([Segment(text.sequence, text.position, [text.writing.tokens[-1]], 1) for text in unfinished])
        for row, text in enumerate(unfinished):
            text.position += 1
            text.finish = text.writing.take(self._parts.sequences.logits(row))
        return None

    def _fork(self) -> None:
        """Begin every text where the prompt ends."""
        first = self._parts.sequences.logits().copy()
        of = self._request.of
        try:
            for number in range(self._request.count):
                drawn = replace(of, sampling=replace(of.sampling, seed=of.sampling.seed + number))
                writing = Writing(self._parts.model, drawn, self._room, _to_nobody)
                self._texts.append(_Drawn(writing, self._parts.pool.acquire(), self._position))
        except ContextFullError:
            self.drop()
            raise
        for text in self._texts:
            self._parts.sequences.share(self._open(), text.sequence, self._position)
            text.finish = text.writing.take(first.copy())

    def _completion(self, text: _Drawn) -> Completion:
        seconds = time.monotonic() - self._started
        return text.writing.completion(text.finish or Finish.LENGTH, len(self._prompt), self._reused, seconds)

    def drop(self) -> None:
        for text in self._texts:
            self._parts.pool.release(text.sequence)
        self._texts = []  # with the same seeds they are written the same way again
        super().drop()


class ScoreJob(_SequenceJob):
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


def _to_nobody(_: str) -> None:
    """Takes the pieces of a text that is not streamed."""


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


def _prompt_tokens(model: LlamaModel, request: Generate) -> tuple[list[int], list[int]]:
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
