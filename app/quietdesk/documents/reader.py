"""The text of files, read in a process of its own so that no file can harm the program."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from quietdesk.documents import failures
from quietdesk.documents.child import CancelSignal, ReaderChild, ReaderCrashError
from quietdesk.documents.document import Document
from quietdesk.documents.limits import ReaderLimits
from quietdesk.documents.source import named, open_regular, read_error, shown, too_large_file
from quietdesk.documents.wire import CHUNK
from quietdesk.errors import Cancelled, ErrorCode, UserError
from quietdesk.privacy.network_lock import NetworkLock

_DEFAULT_LIMITS = ReaderLimits()


class Reader:
    """Reads documents, one at a time; all methods may be called from several threads.

    ocr: recognise text in images and scans, where the ``ocr`` extra is installed.
    The process is started when it is first needed and again after a file that it did not survive.
    """

    def __init__(self, limits: ReaderLimits = _DEFAULT_LIMITS, ocr: bool = True) -> None:
        self.limits = limits
        self._ocr = ocr
        self._lock = threading.Lock()
        self._child: ReaderChild | None = None

    def start(self) -> None:
        """Start the process ahead of the first file, without waiting until it is ready."""
        with self._lock:
            self._running()

    def network_lock(self) -> NetworkLock:
        """How the process's network is shut."""
        with self._lock:
            return self._running().lock()

    def read(self, path: Path, cancel: CancelSignal | None = None) -> Document:
        """The document in a file; ``source`` is the path as given.

        Raises:
            UserError: not_found, unreadable, empty, no_text, encrypted, corrupt, unsupported, too_large, timeout.
            Cancelled: ``cancel`` was set; the process is stopped.
        """
        descriptor = open_regular(path, self.limits)
        try:
            return self._read(_FileSource(descriptor, shown(str(path)), self.limits), str(path), path.name, cancel)
        finally:
            os.close(descriptor)

    def read_bytes(self, data: bytes, name: str, cancel: CancelSignal | None = None) -> Document:
        """The document in ``data``, for instance standard input; ``name`` becomes its source.

        Raises:
            UserError, Cancelled: as :meth:`read`.
        """
        if not data:
            raise named(failures.empty(), shown(name))
        if len(data) > self.limits.file_bytes:
            raise named(too_large_file(self.limits), shown(name))
        return self._read(_BytesSource(data), name, Path(name).name, cancel)

    def close(self) -> None:
        """Stop the process. Reading again starts a new one."""
        with self._lock:
            self._drop()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, source: _Source, given: str, name: str, cancel: CancelSignal | None) -> Document:
        with self._turn(cancel):
            child = self._running()
            used_before = child.used
            try:
                return self._read_with(child, source, given, name, cancel)
            except UserError as error:
                if not used_before or error.code not in (ErrorCode.CORRUPT, ErrorCode.TOO_LARGE) or self._child:
                    raise
            # The process did not survive; what earlier files left in its memory may be to blame, so once more.
            return self._read_with(self._running(), source, given, name, cancel)

    def _read_with(
        self, child: ReaderChild, source: _Source, given: str, name: str, cancel: CancelSignal | None
    ) -> Document:
        try:
            document = child.read(source.chunks(), given, name, cancel)
        except ReaderCrashError as crash:
            self._drop()
            raise named(crash.error, shown(given)) from crash
        except UserError:
            if child.finished:
                self._drop()
            raise
        except BaseException:  # cancelled, interrupted: what the process is doing is of no use any more
            self._drop()
            raise
        if child.finished:
            self._drop()
        return document

    @contextlib.contextmanager
    def _turn(self, cancel: CancelSignal | None) -> Iterator[None]:
        """Hold the lock; waiting for another thread's file can be cancelled."""
        while not self._lock.acquire(timeout=0.1):
            if cancel is not None and cancel.cancelled:
                raise Cancelled
        try:
            yield
        finally:
            self._lock.release()

    def _running(self) -> ReaderChild:
        if self._child is not None and not self._child.alive:
            self._drop()
        if self._child is None:
            self._child = ReaderChild(self.limits, self._ocr)
        return self._child

    def _drop(self) -> None:
        if self._child is not None:
            child, self._child = self._child, None
            child.stop()


class _Source(Protocol):
    def chunks(self) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class _FileSource:
    descriptor: int
    shown_name: str
    limits: ReaderLimits

    def chunks(self) -> Iterator[bytes]:
        """The file from its beginning, piece by piece: the program itself never holds all of it."""
        total = 0
        try:
            os.lseek(self.descriptor, 0, os.SEEK_SET)
            while chunk := os.read(self.descriptor, CHUNK):
                total += len(chunk)
                if total > self.limits.file_bytes:  # it grew meanwhile
                    raise named(too_large_file(self.limits), self.shown_name)
                yield chunk
        except OSError as error:
            raise read_error(self.shown_name, error) from error


@dataclass(frozen=True, slots=True)
class _BytesSource:
    data: bytes

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), CHUNK):
            yield self.data[start : start + CHUNK]
