"""The worker process: loads the model, then serves requests, the person's before the background's."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing.connection import Connection

from quietdesk.engine.messages import (
    Cancel,
    Completion,
    Done,
    Drawn,
    Ended,
    Failed,
    Message,
    Piece,
    Priority,
    Ready,
    Result,
    Spent,
    Submit,
    WorkerSettings,
    decode,
    encode,
)
from quietdesk.engine.worker.job import Job, Parts, PromptTooLongError
from quietdesk.engine.worker.jobs import VectorJob, make_job
from quietdesk.engine.worker.llama import (
    ContextFullError,
    HiddenStates,
    LlamaLog,
    LlamaModel,
    ModelLoadError,
    Sequences,
)
from quietdesk.engine.worker.pool import SequencePool
from quietdesk.engine.worker.threads import ThreadPolicy
from quietdesk.privacy.network_lock import lock_network


class Worker:
    """Serves one connection. Several requests may be under way; each turn one of them computes one chunk."""

    def __init__(self, connection: Connection, settings: WorkerSettings) -> None:
        self._connection = connection
        self._settings = settings
        self._threads = ThreadPolicy(settings.threads)
        self._hidden: HiddenStates | None = None
        self._jobs: dict[int, Job] = {}
        self._written = 0
        self._told = Spent()
        started = time.monotonic()
        self._log = LlamaLog()
        self._model = LlamaModel(settings.model, settings.adapter, self._log)
        threads = self._threads.threads()
        self._sequences = Sequences(self._model, settings.cells, settings.sequences, settings.chunk, threads)
        pool = SequencePool(self._sequences, settings.sequences)
        limit = min(self._model.trained_context, settings.cells - settings.chunk)
        self._parts = Parts(self._model, self._sequences, pool, self._hidden_states, settings.chunk, limit)
        self._ready = Ready(
            width=self._model.width,
            layers=self._model.layers,
            context=limit,
            chat_template=self._model.template is not None,
            adapter=self._model.adapter is not None,
            load_seconds=time.monotonic() - started,
        )

    def run(self) -> None:
        """Serve until the other side goes away."""
        self._send(self._ready)
        while True:
            self._receive(wait=not self._jobs)
            if self._jobs:
                self._step(min(self._jobs, key=lambda number: (self._jobs[number].priority, number)))

    def _receive(self, wait: bool) -> None:
        while wait or self._connection.poll():
            wait = False
            message = decode(self._connection.recv_bytes())
            if isinstance(message, Submit):
                self._accept(message)
            elif isinstance(message, Cancel):
                job = self._jobs.pop(message.id, None)
                if job is not None:
                    job.drop()
                self._send(Ended(message.id))

    def _accept(self, message: Submit) -> None:
        number = message.id
        try:
            job = make_job(self._parts, message.request, lambda text: self._send(Piece(number, text)))
        except PromptTooLongError:
            self._send(Failed(number, "the text is longer than the model can read at once"))
        except ValueError as error:
            self._send(Failed(number, str(error)))
        except Exception as error:  # noqa: BLE001  one request's failure must not end the others
            self._send(Failed(number, f"{type(error).__name__} while reading the request"))
        else:
            self._jobs[number] = job

    def _step(self, number: int) -> None:
        threads = self._threads.threads()
        self._sequences.use_threads(threads)
        if self._hidden is not None:
            self._hidden.use_threads(threads)
        job = self._jobs[number]
        try:
            result = job.step()
        except ContextFullError:
            self._make_room(number)
            return
        except Exception as error:  # noqa: BLE001  one request's failure must not end the others
            self._finish(number, Failed(number, f"{type(error).__name__} while computing"))
            return
        if result is not None:
            self._finish(number, Done(number, result, self._spent_since_told(result)))

    def _spent_since_told(self, result: Result) -> Spent:
        completions = result.completions if isinstance(result, Drawn) else (result,)
        self._written += sum(each.tokens for each in completions if isinstance(each, Completion))
        computed = self._sequences.tokens + (self._hidden.tokens if self._hidden is not None else 0)
        now = Spent(max(0, computed - self._written), self._written, time.process_time())
        since, self._told = now - self._told, now
        return since

    def _make_room(self, number: int) -> None:
        """Let the latest and least urgent other job give its cells back."""
        others = sorted((job.priority, other) for other, job in self._jobs.items() if other != number)
        for _, other in reversed(others):
            if self._jobs[other].suspend():
                return
        self._finish(number, Failed(number, "the text is longer than the model can read at once"))

    def _finish(self, number: int, event: Message) -> None:
        self._jobs.pop(number).drop()
        self._send(event)

    def _hidden_states(self) -> HiddenStates:
        if self._hidden is None:
            s = self._settings
            self._hidden = HiddenStates(
                self._model, s.cells, len(Priority) * VectorJob.SEQUENCES, s.chunk, self._threads.threads()
            )
        return self._hidden

    def _send(self, message: Message) -> None:
        self._connection.send_bytes(encode(message))


def worker_main(connection: Connection, settings: WorkerSettings) -> None:
    """Entry point of the worker process; ends when the other side of ``connection`` closes or dies."""
    # Ctrl-C is for the process that talks with the person; it ends us by closing the connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _silence()
    lock_network()
    try:
        try:
            worker = Worker(connection, settings)
        except ModelLoadError as error:
            connection.send_bytes(encode(Failed(None, str(error))))
            return
        worker.run()
    except (EOFError, OSError):
        return


def _silence() -> None:
    """llama.cpp writes to stdout and stderr; both belong to the program's results."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    os.close(null)
