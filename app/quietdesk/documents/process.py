"""The reader's process: reads hostile files with little memory, no network and nothing to write to.

It is started by :mod:`quietdesk.documents.reader` and ends when the pipe to it closes, also when the program was
killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from quietdesk.documents import failures, wire
from quietdesk.documents.limits import ReaderLimits
from quietdesk.errors import UserError
from quietdesk.privacy.network_lock import NetworkLock, lock_network

if TYPE_CHECKING:
    import asyncio

    from quietdesk.documents.extract import Extractor

_RETIRE_AT = 0.8  # of the memory limit: a process that holds so much makes room for a fresh one
_M_ARENA_MAX = -8  # mallopt parameter of glibc, malloc.h
_OUT_OF_MEMORY: dict[str, Any] = {"error": failures.crashed(memory_short=True).as_dict(), "last": True}


def main(connection: Connection, limits: dict[str, Any], recognise: bool) -> None:
    """Serve requests until the pipe closes. ``limits``: fields of :class:`ReaderLimits`."""
    server = _Server(connection, ReaderLimits(**limits), recognise)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        server.run()


class _Server:
    def __init__(self, connection: Connection, limits: ReaderLimits, recognise: bool) -> None:
        self._connection = connection
        self._limits = limits
        self._recognise = recognise
        self._loop: asyncio.AbstractEventLoop | None = None
        self._extractor: Extractor | None = None

    def run(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _silence()
        _frugal()
        if sys.platform == "win32":
            self._event_loop()  # it needs a local connection, which the lock refuses
        lock = lock_network()
        _apply_limits(self._limits)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        self._greet(lock)
        while True:
            request = wire.decode(self._connection.recv_bytes())
            data = self._receive()
            reply = self._answer(data, str(request["name"]))
            del data
            last = reply.get("last", False) or _memory_share(self._limits) > _RETIRE_AT
            try:
                message = wire.encode({**reply, "last": last})
            except MemoryError:
                last = True
                message = wire.encode(_OUT_OF_MEMORY)
            self._connection.send_bytes(message)
            if last:
                return

    def _greet(self, lock: NetworkLock) -> None:
        self._connection.send_bytes(wire.encode({"lock": asdict(lock)}))

    def _receive(self) -> bytes:
        data = bytearray()
        while chunk := self._connection.recv_bytes():
            data += chunk
        return bytes(data)

    def _answer(self, data: bytes, name: str) -> dict[str, Any]:
        """The reply to one file. Whatever a hostile file makes a parser raise is that file's error."""
        _renew_processor_time(self._limits)
        try:
            return {"document": wire.document_fields(self._ready().read(data, name))}
        except UserError as error:
            return {"error": error.as_dict()}
        except MemoryError:
            return _OUT_OF_MEMORY
        except (ImportError, SyntaxError, NameError) as error:
            if "failed to map" in str(error) or "allocate" in str(error):  # a library that has no room to be loaded
                return _OUT_OF_MEMORY
            return {"error": failures.broken_program(error).as_dict()}
        except Exception:  # noqa: BLE001
            return {"error": failures.corrupt().as_dict()}

    def _ready(self) -> Extractor:
        if self._extractor is None:
            from quietdesk.documents import ocr
            from quietdesk.documents.extract import Extractor

            recogniser = ocr.Ocr() if self._recognise and ocr.available() else None
            self._extractor = Extractor(self._limits, recogniser, self._event_loop, self._progress)
        return self._extractor

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            import asyncio

            self._loop = asyncio.new_event_loop()
        return self._loop

    def _progress(self) -> None:
        self._connection.send_bytes(wire.encode({"progress": True}))
        _renew_processor_time(self._limits)


def _silence() -> None:
    """Nothing that a parser prints reaches the program's own output; no compiled files are written."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    sys.dont_write_bytecode = True


def _frugal() -> None:
    """Keep threads and their memory pools few: each pool would reserve 64 MiB of the address space."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS", "TOKIO_WORKER_THREADS"):
        os.environ[name] = "1"
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as stream:  # noqa: PTH123
            stream.write("500")  # when memory runs out, this process goes first


def _apply_limits(limits: ReaderLimits) -> None:
    """Address space, no core dumps, no file of more than 0 bytes. Windows has none: the parent watches."""
    if sys.platform == "win32":
        return
    import resource

    values = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_AS: limits.memory_bytes,
    }
    for kind, value in values.items():
        with contextlib.suppress(OSError, ValueError):  # macOS does not limit the address space
            _, hard = resource.getrlimit(kind)
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (allowed, allowed))


def _renew_processor_time(limits: ReaderLimits) -> None:
    """Processor time from now on, for a file or for a page of a scan."""
    if sys.platform == "win32":
        return
    import resource

    used = time.process_time()
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + limits.seconds) + 2, hard))


def _memory_share(limits: ReaderLimits) -> float:
    """Part of the memory limit in use; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", "rb") as stream:  # noqa: PTH123
            pages = int(stream.read().split()[0])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / limits.memory_bytes


def _end_with_parent() -> None:
    """Leave at once when the program is gone, also in the middle of a file."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)
