"""Typed requests to the worker and its events: plain data, sent as JSON, never pickled."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker is started with.

    cells: tokens that all sequences together may hold (18 KiB each for Gemma 3 270M).
    sequences: requests and parked prefixes at a time.
    chunk: most tokens computed before the worker looks for cancels and for more urgent work. 64 of them take
    0.15 s on two cores, and larger chunks prefill at most 20 % faster.
    threads: a fixed number for measurements; None follows the machine's load.
    """

    model: Path
    adapter: Path | None
    cells: int = 4096
    sequences: int = 8
    chunk: int = 64
    threads: int | None = None


class Priority(IntEnum):
    """Lower goes first: a background request stops at the next chunk while an interactive one runs."""

    INTERACTIVE = 0
    BACKGROUND = 1


class Finish(StrEnum):
    """Why a completion ended."""

    END = "end"  # the model's end token
    STOP = "stop"  # one of the request's stop strings
    LENGTH = "length"  # max_tokens or the context is used up
    LOOP = "loop"  # the text began to repeat itself


@dataclass(frozen=True, slots=True)
class Sampling:
    """Greedy when ``temperature`` is 0; otherwise drawn from the ``top_k`` likeliest tokens with ``seed``."""

    temperature: float = 0.0
    top_k: int = 40
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Generate:
    """Continue ``prefix + prompt``.

    prefix: shared by several requests (a document, a task's instructions); its computed state is kept and reused.
    stop: strings at which the text ends; they are not part of it.
    numbers: when not None, every number written must be one of these strings as it stands (``"1,050"``, ``"10:30"``).
    adapter: use the task adapter that was loaded with the model, if there is one.
    chat: wrap ``prefix + prompt`` as one user turn in the model's own chat template.
    logprob: work out :attr:`Completion.logprob` (costs about 1 ms a token).
    """

    prompt: str
    prefix: str = ""
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    sampling: Sampling = Sampling()
    numbers: tuple[str, ...] | None = None
    adapter: bool = True
    chat: bool = False
    logprob: bool = False
    priority: Priority = Priority.INTERACTIVE


@dataclass(frozen=True, slots=True)
class Draw:
    """``count`` completions of one prompt, decoded side by side; number n draws with ``of.sampling.seed + n``.

    Nothing of them is streamed.
    """

    of: Generate
    count: int

    @property
    def priority(self) -> Priority:
        return self.of.priority


@dataclass(frozen=True, slots=True)
class Score:
    """Log-likelihood of each continuation after ``prefix`` (labels, candidate sentences)."""

    prefix: str
    continuations: tuple[str, ...]
    adapter: bool = False
    priority: Priority = Priority.INTERACTIVE


@dataclass(frozen=True, slots=True)
class Embed:
    """One mean-pooled hidden-state vector for each text, from the base model without adapter.

    max_tokens: only so many tokens of each text are read, at most the model's context.
    layer: the transformer layer whose output is pooled (1 is the first); the layers above are not computed.
    before, after: words of ours around each text. With them the vector is two side by side: the mean over the text's
    own tokens, and the state of the last token of ``after``, where the model has its next word in mind.
    """

    texts: tuple[str, ...]
    max_tokens: int = 512
    layer: int | None = None
    priority: Priority = Priority.INTERACTIVE
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """One vector for each text: the mean of its tokens' input embeddings; no layer of the model is computed."""

    texts: tuple[str, ...]
    priority: Priority = Priority.INTERACTIVE


@dataclass(frozen=True, slots=True)
class CountTokens:
    """The number of tokens of each text."""

    texts: tuple[str, ...]
    priority: Priority = Priority.INTERACTIVE


Request = Generate | Draw | Score | Embed | TokenVectors | CountTokens


@dataclass(frozen=True, slots=True)
class Submit:
    """A request with the number under which its events come back."""

    id: int
    request: Request


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up request ``id``; it ends with :class:`Ended` within one chunk."""

    id: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded.

    ``width``: length of a vector; ``layers``: transformer layers; ``context``: most tokens of one request, prompt and
    answer together.
    """

    width: int
    layers: int
    context: int
    chat_template: bool
    adapter: bool
    load_seconds: float


@dataclass(frozen=True, slots=True)
class Piece:
    """Some more text of completion ``id``."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished completion; ``text`` is all of it.

    ``logprob``: mean log-probability of its tokens, 0 when it was not asked for.
    """

    text: str
    finish: Finish
    prompt_tokens: int
    reused_tokens: int
    tokens: int
    logprob: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """The completions of a :class:`Draw`, in the order of their seeds."""

    completions: tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """For each continuation the sum of its tokens' log-probabilities, and how many tokens it has."""

    logprobs: tuple[float, ...]
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens of each text."""

    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Vectors:
    """Row-major float32, ``rows`` × ``width``, base64; ``tokens`` read of each text."""

    rows: int
    width: int
    data: str
    tokens: tuple[int, ...]

    @classmethod
    def pack(cls, array: NDArray[np.float32], tokens: Sequence[int]) -> Vectors:
        rows, width = array.shape
        data = base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode("ascii")
        return cls(rows, width, data, tuple(tokens))

    def unpack(self) -> NDArray[np.float32]:
        return np.frombuffer(base64.b64decode(self.data), np.float32).reshape(self.rows, self.width)


Result = Completion | Drawn | Scores | Counts | Vectors


@dataclass(frozen=True, slots=True)
class Spent:
    """What computing took: tokens of prompts and texts, tokens written, processor seconds of the worker."""

    tokens_read: int = 0
    tokens_written: int = 0
    cpu_seconds: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.tokens_read + other.tokens_read, self.tokens_written + other.tokens_written,
            self.cpu_seconds + other.cpu_seconds,
        )  # fmt: skip

    def __sub__(self, other: Spent) -> Spent:
        return Spent(
            self.tokens_read - other.tokens_read, self.tokens_written - other.tokens_written,
            self.cpu_seconds - other.cpu_seconds,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    """Request ``id`` is answered. ``spent``: by the worker since it last sent an answer."""

    id: int
    result: Result
    spent: Spent = Spent()


@dataclass(frozen=True, slots=True)
class Ended:
    """Request ``id`` was cancelled."""

    id: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Request ``id`` could not be served, or, when it is None, the model could not be loaded.

    ``reason`` never holds content of a text.
    """

    id: int | None
    reason: str


Message = Submit | Cancel | Ready | Piece | Done | Ended | Failed

_TYPES: dict[str, Any] = {
    t.__name__: t
    for t in (
        Submit, Cancel, Ready, Piece, Done, Ended, Failed,
        Generate, Draw, Score, Embed, TokenVectors, CountTokens, Sampling,
        Completion, Drawn, Scores, Counts, Vectors, Spent,
    )
}  # fmt: skip


def encode(message: Message) -> bytes:
    """One message as JSON."""
    return json.dumps(_tagged(message), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _tagged(value: Any) -> Any:
    """``value`` as plain data; each dataclass in it carries its type's name."""
    if is_dataclass(value):
        inner = {field.name: _tagged(getattr(value, field.name)) for field in fields(value)}
        return {"type": type(value).__name__, **inner}
    return [_tagged(each) for each in value] if isinstance(value, tuple) else value


def decode(data: bytes) -> Message:
    """The message that :func:`encode` wrote."""
    message: Message = _build(json.loads(data.decode("utf-8", "surrogatepass")))
    return message


def _build(tagged: dict[str, Any]) -> Any:
    kind = _TYPES[tagged.pop("type")]
    values: dict[str, Any] = {}
    for name, value in tagged.items():
        if isinstance(value, dict):
            values[name] = _build(value)
        elif isinstance(value, list):
            values[name] = tuple(_build(each) if isinstance(each, dict) else each for each in value)
        elif name == "priority":
            values[name] = Priority(value)
        elif name == "finish":
            values[name] = Finish(value)
        else:
            values[name] = value
    return kind(**values)
