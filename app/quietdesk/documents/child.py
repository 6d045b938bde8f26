"""One reader process as its parent sees it: starts it, sends it files, stops it when it exceeds a limit."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Protocol

from quietdesk.documents import failures, wire
from quietdesk.documents.document import Document
from quietdesk.documents.limits import ReaderLimits
from quietdesk.documents.process import main
from quietdesk.documents.source import named, shown
from quietdesk.errors import Cancelled, UserError
from quietdesk.privacy.network_lock import NetworkLock

_START_SECONDS = 60.0  # a cold disk and a busy machine
_STOP_SECONDS = 2.0
_POLL_SECONDS = 0.05
_NEAR_THE_LIMIT = 0.75  # of the memory, when a process died: it was the memory


class ReaderCrashError(Exception):
    """The process died over a file, which is that file's ``error``."""

    def __init__(self, error: UserError) -> None:
        super().__init__("the reader process died")
        self.error = error


class CancelSignal(Protocol):
    """Tells that the person cancelled; :class:`quietdesk.engine.engine.CancelToken` is one."""

    @property
    def cancelled(self) -> bool: ...


class ReaderChild:
    """A running reader process. Not for several threads at once; stopped with :meth:`stop`."""

    def __init__(self, limits: ReaderLimits, ocr: bool) -> None:
        self.used = False
        self.finished = False
        self._limits = limits
        self._lock: NetworkLock | None = None
        self._busy = False
        self._peak = 0
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=main, args=(theirs, asdict(limits), ocr), daemon=True, name="quietdesk-reader"
        )
        try:
            self._process.start()
            theirs.close()
        except BaseException:
            self.stop()
            raise

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def pid(self) -> int:
        """Process number."""
        return self._process.pid or 0

    def read(self, chunks: Iterable[bytes], given: str, name: str, cancel: CancelSignal | None) -> Document:
        """Send a file and wait for its document. ``given``: the source as the caller named it; ``name``: file name.

        Raises:
            UserError: the file's error. After ``timeout`` the process is finished.
            ReaderCrashError: the process died.
            Cancelled: the process is in the middle of something and must be stopped.
        """
        self.lock()
        self.used = self._busy = True
        try:
            self._connection.send_bytes(wire.encode({"name": name}))
            for chunk in chunks:
                self._connection.send_bytes(chunk)
            self._connection.send_bytes(b"")
            reply = self._reply(cancel, given)
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            raise ReaderCrashError(self._cause_of_death()) from error
        except UserError:  # of the source, in the middle of sending: the process waits for the rest
            self.finished = True
            raise
        self._busy = False
        self.finished = bool(reply.get("last"))
        if "error" in reply:
            raise wire.error(reply["error"], shown(given))
        return wire.document(reply["document"], given)

    def stop(self) -> None:
        """End the process: by closing the pipe when it is idle, else by force."""
        self._connection.close()
        if self._process.pid is None:
            return
        if self._busy:
            self._process.kill()
        self._process.join(_STOP_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()

    def lock(self) -> NetworkLock:
        """How the network is shut; waits until the process is ready.

        Raises:
            RuntimeError: it does not start (a damaged installation).
        """
        if self._lock is None:
            if not self._connection.poll(_START_SECONDS):
                raise RuntimeError("the reader process does not start")
            try:
                message = wire.decode(self._connection.recv_bytes())
            except EOFError as error:
                raise RuntimeError("the reader process ends when it is started") from error
            self._lock = NetworkLock(**message["lock"])
        return self._lock

    def _reply(self, cancel: CancelSignal | None, given: str) -> dict[str, Any]:
        started = time.monotonic()
        deadline = started + self._limits.seconds
        last = started + self._limits.scan_seconds
        while True:
            ready = wait([self._connection, self._process.sentinel], timeout=_POLL_SECONDS)
            if self._connection in ready:
                message = wire.decode(self._connection.recv_bytes(wire.REPLY_LIMIT))
                if "progress" not in message:
                    return message
                deadline = time.monotonic() + self._limits.seconds
            elif ready:
                raise EOFError
            if cancel is not None and cancel.cancelled:
                raise Cancelled
            now = time.monotonic()
            if now > min(deadline, last):
                raise named(failures.timeout(self._limits.seconds if now > deadline else now - started), shown(given))
            self._watch_memory()

    def _watch_memory(self) -> None:
        """Remember the most memory seen; where the system does not limit it, stop a process that exceeds it."""
        self._peak = max(self._peak, _memory(self.pid))
        if not sys.platform.startswith("linux") and self._peak > self._limits.memory_bytes:
            raise ReaderCrashError(failures.crashed(memory_short=True))

    def _cause_of_death(self) -> UserError:
        """Told by the signal: the kernel's for processor time or memory, or a library's abort for want of memory."""
        self._process.join(_STOP_SECONDS)
        died_of = -(self._process.exitcode or 0)
        if died_of == getattr(signal, "SIGXCPU", -1):
            return failures.timeout(self._limits.seconds)
        killed = died_of in (getattr(signal, "SIGKILL", 9), signal.SIGABRT)
        return failures.crashed(killed or self._peak > _NEAR_THE_LIMIT * self._limits.memory_bytes)


def _memory(pid: int) -> int:
    """Bytes that count against the limit: address space on Linux, resident memory elsewhere; 0 when it is gone."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[0])
            return pages * os.sysconf("SC_PAGE_SIZE")
        return 0
    import psutil

    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
