"""Requests that write: one text that is streamed, or several side by side."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from quietdesk.engine.messages import Completion, Draw, Drawn, Finish, Generate, Result
from quietdesk.engine.worker.job import Parts, PromptTooLongError, SequenceJob, prompt_tokens
from quietdesk.engine.worker.llama import ContextFullError, Segment
from quietdesk.engine.worker.writing import Writing


@dataclass(slots=True)
class _Drawn:
    """One of several texts: where it stands, and how it ended."""

    writing: Writing
    sequence: int
    position: int
    finish: Finish | None = None


class GenerateJob(SequenceJob):
    """Writes a text token by token."""

    def __init__(self, parts: Parts, request: Generate, emit: Callable[[str], None]) -> None:
        prefix, prompt = prompt_tokens(parts.model, request)
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


class DrawJob(SequenceJob):
    """Writes several texts after one prompt, a token of each in every step."""

    def __init__(self, parts: Parts, request: Draw) -> None:
        if request.count < 1:
            raise ValueError(f"{request.count} completions are asked for")
        prefix, prompt = prompt_tokens(parts.model, request.of)
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


def _to_nobody(_: str) -> None:
    """Takes the pieces of a text that is not streamed."""
