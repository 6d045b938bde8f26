"""Reads documents in a thread while earlier ones are worked on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from quietdesk.cancel import CancelToken
from quietdesk.cli.output import internal_error
from quietdesk.desk import STANDARD_INPUT
from quietdesk.documents.document import Document
from quietdesk.errors import Cancelled, UserError

# Documents that wait at most: texts can be large.
_WAITING = 32


@dataclass(frozen=True, slots=True)
class ReadInput:
    """An input in its turn: the document, or why there is none."""

    source: str
    document: Document | None
    error: UserError | None = None


class ReadAhead:
    """Gives the inputs in their order, in batches of what is there; leaving the block ends the reading.

    read: gives the document of a source, until the token is cancelled.
    """

    def __init__(self, sources: Sequence[str], read: Callable[[str, CancelToken], Document], batch: int) -> None:
        self._sources = sources
        self._read = read
        self._batch = batch
        self._cancel = CancelToken()
        self._queue: queue.Queue[ReadInput | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="read-ahead")
        self._standard_input: ReadInput | None = None

    def __enter__(self) -> ReadAhead:
        # Read here and once: a thread that waits for a person's typing could not be ended.
        if STANDARD_INPUT in self._sources:
            self._standard_input = self._one(STANDARD_INPUT)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cancel.cancel()
        while self._thread.is_alive():
            # The thread may wait for room.
            with suppress(queue.Empty):
                self._queue.get_nowait()
            self._thread.join(0.05)

    def take(self) -> list[ReadInput]:
        """Wait for the next input and take with it what else is there, one batch at most; empty after the last."""
        taken: list[ReadInput] = []
        while len(taken) < self._batch:
            try:
                item = self._queue.get(block=not taken)
            except queue.Empty:
                break
            if item is None:
                self._queue.put(None)
                break
            taken.append(item)
        return taken

    def _run(self) -> None:
        for source in self._sources:
            try:
                read = self._standard_input if source == STANDARD_INPUT else None
                item = read or self._one(source)
            except Cancelled:
                break
            self._queue.put(item)
        self._queue.put(None)

    def _one(self, source: str) -> ReadInput:
        self._cancel.check()
        try:
            return ReadInput(source, self._read(source, self._cancel))
        except UserError as error:
            return ReadInput(source, None, error)
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001  a bug with one input must not lose the others
            return ReadInput(source, None, internal_error(source, error))
