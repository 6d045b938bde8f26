"""Starts, feeds, cancels and restarts the worker; what every tool calls."""

from __future__ import annotations

import multiprocessing
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

import numpy as np
from numpy.typing import NDArray

from quietdesk.cancel import CancelToken
from quietdesk.engine.messages import (
    Cancel,
    Completion,
    Counts,
    CountTokens,
    Done,
    Draw,
    Drawn,
    Embed,
    Ended,
    Failed,
    Generate,
    Message,
    Piece,
    Priority,
    Ready,
    Request,
    Score,
    Scores,
    Spent,
    Submit,
    TokenVectors,
    Vectors,
    WorkerSettings,
    decode,
    encode,
)
from quietdesk.errors import Cancelled, ErrorCode, UserError

WorkerMain = Callable[[Connection, WorkerSettings], None]

# A worker that crashes on a request gets it once more; then the request is given up.
_MOST_TRIES = 2
_JOIN_SECONDS = 5.0


def run_worker(connection: Connection, settings: WorkerSettings) -> None:
    """The worker process's main function."""
    # Imported in the child only: this loads llama.cpp.
    from quietdesk.engine.worker.loop import worker_main

    worker_main(connection, settings)


@dataclass(slots=True)
class _Pending:
    """A request that is not answered yet, with its events."""

    request: Request
    events: queue.SimpleQueue[Message | UserError] = field(default_factory=queue.SimpleQueue)
    tries: int = 1


@dataclass(slots=True)
class _Running:
    """A worker process, its connection and what it said of itself."""

    process: BaseProcess
    connection: Connection
    # Sent by a thread of its own: a full pipe must block neither a caller nor the receiver.
    outbox: queue.SimpleQueue[Message | None] = field(default_factory=queue.SimpleQueue)
    threads: tuple[threading.Thread, ...] = ()
    ready: Ready | None = None


class Engine:
    """The embedded model. All methods may be called from several threads, and block.

    The worker starts at the first request (or :meth:`warm_up`), ends after ``idle_seconds`` without work, and starts
    again when needed. When it crashes, what it was working on is asked once more.

    Every method that asks the model raises UserError (``model_missing``, ``model_corrupt``, ``internal``) and, when
    its ``cancel`` token is set, Cancelled.
    """

    def __init__(self, settings: Callable[[], WorkerSettings], idle_seconds: float = 600.0,
                 worker_main: WorkerMain = run_worker) -> None:  # fmt: skip
        self._settings = settings
        self._idle_seconds = idle_seconds
        self._worker_main = worker_main
        self._lock = threading.RLock()
        self._ready = threading.Condition(self._lock)
        self._running: _Running | None = None
        self._pending: dict[int, _Pending] = {}
        self._next_number = 1
        self._last_used = time.monotonic()
        self._load_error: UserError | None = None
        self._spent = Spent()
        self._closed = False

    # What the tools ask

    def generate(self, request: Generate, on_text: Callable[[str], None] | None = None,
                 cancel: CancelToken | None = None) -> Completion:  # fmt: skip
        """The completion of a prompt; ``on_text`` gets its text piece by piece as it is written."""
        result = self._ask(request, cancel, on_text)
        assert isinstance(result, Completion)  # noqa: S101  the worker answers a request with its own kind
        return result

    def draw(self, request: Generate, count: int, cancel: CancelToken | None = None) -> tuple[Completion, ...]:
        """``count`` completions of one prompt, decoded side by side: four take about as long as two one by one."""
        result = self._ask(Draw(request, count), cancel)
        assert isinstance(result, Drawn)  # noqa: S101  the worker answers a request with its own kind
        return result.completions

    def embed(self, texts: Sequence[str], *, max_tokens: int = 512, layer: int | None = None,
              before: str = "", after: str = "", priority: Priority = Priority.INTERACTIVE,
              cancel: CancelToken | None = None) -> NDArray[np.float32]:  # fmt: skip
        """Mean hidden states of each text's first ``max_tokens`` tokens after ``layer``: texts × width.

        Between ``before`` and ``after``, beside that the state of the last token of ``after``: texts × twice the width.
        """
        return self._vectors(Embed(tuple(texts), max_tokens, layer, priority, before, after), cancel)

    def token_vectors(self, texts: Sequence[str], *, priority: Priority = Priority.INTERACTIVE,
                      cancel: CancelToken | None = None) -> NDArray[np.float32]:  # fmt: skip
        """Mean input embeddings of each text: texts × width. About 300,000 tokens a second."""
        return self._vectors(TokenVectors(tuple(texts), priority), cancel)

    def score(self, prefix: str, continuations: Sequence[str], *, adapter: bool = False,
              priority: Priority = Priority.INTERACTIVE, cancel: CancelToken | None = None) -> Scores:  # fmt: skip
        """Log-likelihood of each continuation after ``prefix``."""
        result = self._ask(Score(prefix, tuple(continuations), adapter, priority), cancel)
        assert isinstance(result, Scores)  # noqa: S101  the worker answers a request with its own kind
        return result

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text."""
        result = self._ask(CountTokens(tuple(texts)), None)
        assert isinstance(result, Counts)  # noqa: S101  the worker answers a request with its own kind
        return list(result.counts)

    def info(self) -> Ready:
        """What the loaded model is; loads it if need be."""
        with self._ready:
            self._start()
            while self._running is None or self._running.ready is None:
                if self._load_error is not None:
                    raise self._load_error
                self._ready.wait()
            return self._running.ready

    def warm_up(self) -> None:
        """Begin to load the model and return at once."""
        with self._lock, suppress(UserError):
            self._start()

    @property
    def spent(self) -> Spent:
        """What all workers took together so far."""
        return self._spent

    @property
    def loaded(self) -> bool:
        """Whether a worker is running."""
        return self._running is not None

    @property
    def worker_pid(self) -> int:
        """Process number of the running worker, 0 when there is none."""
        running = self._running
        return (running.process.pid or 0) if running is not None else 0

    def close(self) -> None:
        """End the worker; requests under way raise Cancelled."""
        with self._ready:
            self._closed = True
            running, self._running = self._running, None
            for number in list(self._pending):
                self._answer(number, Ended(number))
            self._ready.notify_all()
        if running is not None:
            self._end(running)
            for thread in running.threads:
                thread.join(_JOIN_SECONDS)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Requests and answers

    def _vectors(self, request: Embed | TokenVectors, cancel: CancelToken | None) -> NDArray[np.float32]:
        result = self._ask(request, cancel)
        assert isinstance(result, Vectors)  # noqa: S101  the worker answers a request with its own kind
        return result.unpack()

    def _ask(self, request: Request, cancel: CancelToken | None,
             on_text: Callable[[str], None] | None = None) -> object:  # fmt: skip
        if cancel is not None:
            cancel.check()
        number, pending = self._submit(request)
        try:
            with cancel.calling(lambda: self._send(Cancel(number))) if cancel is not None else nullcontext():
                return self._wait(pending, on_text)
        except BaseException:
            # The caller gives up (Ctrl-C, an error in on_text): the worker must not go on with it.
            with self._lock:
                if self._pending.pop(number, None) is not None:
                    self._send(Cancel(number))
            raise

    def _wait(self, pending: _Pending, on_text: Callable[[str], None] | None) -> object:
        given = written = 0
        tries = pending.tries
        while True:
            event = pending.events.get()
            match event:
                case Piece(text=text):
                    if pending.tries != tries:
                        # Asked again after a crash: what was given already comes once more.
                        tries, written = pending.tries, 0
                    new = text[max(0, given - written) :]
                    written += len(text)
                    given = max(given, written)
                    if new and on_text is not None:
                        on_text(new)
                case Done(result=result):
                    return result
                case Failed(reason=reason):
                    raise _failure(reason)
                case UserError():
                    raise event
                case _:
                    raise Cancelled

    def _submit(self, request: Request) -> tuple[int, _Pending]:
        with self._lock:
            self._start()
            number, self._next_number = self._next_number, self._next_number + 1
            pending = self._pending[number] = _Pending(request)
            self._send(Submit(number, request))
            return number, pending

    def _send(self, message: Message) -> None:
        with self._lock:
            if self._running is not None:
                self._running.outbox.put(message)

    def _answer(self, number: int, event: Message | UserError) -> None:
        pending = self._pending.get(number)
        if pending is not None:
            if not isinstance(event, Piece):
                del self._pending[number]
            pending.events.put(event)

    # The worker's life

    def _start(self) -> None:
        if self._closed:
            raise Cancelled
        if self._running is not None:
            return
        settings = self._settings()
        self._load_error = None
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=self._worker_main, args=(theirs, settings), name="quietdesk-worker", daemon=True
        )
        process.start()
        theirs.close()
        running = self._running = _Running(process, ours)
        self._last_used = time.monotonic()
        running.threads = tuple(
            threading.Thread(target=work, args=(running,), name=f"engine{work.__name__}", daemon=True)
            for work in (self._deliver, self._receive)
        )
        for thread in running.threads:
            thread.start()

    def _deliver(self, running: _Running) -> None:
        # A dead worker is noticed by the receiver, which asks again.
        with suppress(OSError):
            while (message := running.outbox.get()) is not None:
                running.connection.send_bytes(encode(message))

    def _receive(self, running: _Running) -> None:
        try:
            while not self._unloaded(running):
                if running.connection.poll(self._idle_left()):
                    self._take(running, decode(running.connection.recv_bytes()))
        except (EOFError, OSError):
            self._lost(running)

    def _take(self, running: _Running, event: Message) -> None:
        with self._ready:
            self._last_used = time.monotonic()
            match event:
                case Ready():
                    running.ready = event
                    self._ready.notify_all()
                case Failed(id=None, reason=reason):
                    self._give_up(_load_failure(reason))
                case Done(id=number, spent=spent):
                    self._spent += spent
                    self._answer(number, event)
                case Piece(id=number) | Ended(id=number) | Failed(id=int(number)):
                    self._answer(number, event)

    def _idle_left(self) -> float:
        if self._pending:
            return self._idle_seconds
        return max(0.0, self._last_used + self._idle_seconds - time.monotonic())

    def _unloaded(self, running: _Running) -> bool:
        """End the worker when it had nothing to do for long enough."""
        with self._lock:
            if self._running is not running:
                return True
            if running.ready is None or self._pending or self._idle_left() > 0:
                return False
            self._running = None
        self._end(running)
        return True

    def _lost(self, running: _Running) -> None:
        """The worker is gone: ask once more what it left unanswered."""
        with self._ready:
            if self._running is not running:
                return
            self._running = None
            self._end(running)
            if running.ready is None and self._load_error is None:
                self._give_up(_load_failure("the process ended while loading"))
            for number, pending in list(self._pending.items()):
                pending.tries += 1
                if pending.tries > _MOST_TRIES:
                    self._answer(number, _crash())
            self._ask_again()

    def _ask_again(self) -> None:
        if not self._pending:
            return
        try:
            self._start()
        except UserError as error:
            self._give_up(error)
            return
        for number, pending in self._pending.items():
            self._send(Submit(number, pending.request))

    def _give_up(self, error: UserError) -> None:
        self._load_error = error
        for number in list(self._pending):
            self._answer(number, error)
        self._ready.notify_all()

    def _end(self, running: _Running) -> None:
        running.outbox.put(None)
        # It holds nothing that could be lost, and may be in the middle of a chunk. The connection closes with the
        # threads that use it: closing it under them could hand its number to another file.
        running.process.kill()
        running.process.join(_JOIN_SECONDS)
        running.process.close()


def _failure(reason: str) -> UserError:
    return UserError(
        ErrorCode.INTERNAL, "The language model could not do this", f"The model's process says: {reason}.",
        "Try a shorter text; if it happens again, run `quietdesk doctor`.",
    )  # fmt: skip


def _load_failure(reason: str) -> UserError:
    return UserError(
        ErrorCode.MODEL_CORRUPT, "The language model cannot be loaded", f"llama.cpp says: {reason}.",
        "Run `quietdesk model verify`, or choose another model with `quietdesk model use`.",
    )  # fmt: skip


def _crash() -> UserError:
    return UserError(
        ErrorCode.INTERNAL, "The language model stopped", "Its process ended twice while it worked on this text.",
        "Other texts are not affected. Run `quietdesk doctor`; it says whether memory or the model file is the cause.",
    )  # fmt: skip
