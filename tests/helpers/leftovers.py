"""Finds threads and processes that a test left behind, orphans of its children included."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterable

import psutil

_MARK = "QUIETDESK_TEST_SESSION"
_GRACE_SECONDS = 3.0
# Python's own helper of the spawn start method; it lives as long as the test session.
_PYTHONS_OWN = "multiprocessing.resource_tracker"


class Leftovers:
    """Knows every process of this test session by a mark in its environment, which children inherit."""

    def __init__(self) -> None:
        self._mark = uuid.uuid4().hex
        os.environ[_MARK] = self._mark

    def processes(self, among: Iterable[int] | None = None) -> list[psutil.Process]:
        """Living processes that this session started, directly or through others; ``among``: only of these numbers."""
        multiprocessing.active_children()  # reaps those that have ended
        found = []
        for pid in psutil.pids() if among is None else among:
            try:
                process = psutil.Process(pid)
                if pid != os.getpid() and process.environ().get(_MARK) == self._mark and self._counts(process):
                    found.append(process)
            except psutil.Error:
                continue
        return found

    @staticmethod
    def _counts(process: psutil.Process) -> bool:
        return process.status() != psutil.STATUS_ZOMBIE and not any(_PYTHONS_OWN in a for a in process.cmdline())

    def wait_until_gone(self, known_pids: set[int], known_threads: set[threading.Thread],
                        owned_pids: set[int], is_owned: Callable[[threading.Thread], bool]) -> list[str]:  # fmt: skip
        """What is left after a moment's grace beside what was known before and what living parts own, in words."""
        deadline = time.monotonic() + _GRACE_SECONDS
        while True:
            new = set(psutil.pids()) - known_pids - owned_pids
            processes = [p for p in self.processes(new) if p.ppid() not in owned_pids]
            threads = [t for t in threading.enumerate() if t not in known_threads and not is_owned(t)]
            if not (processes or threads) or time.monotonic() > deadline:
                return [f"process {p.pid}: {_command(p)}" for p in processes] + [f"thread {t.name}" for t in threads]
            time.sleep(0.05)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:120]
    except psutil.Error:
        return process.name() if process.is_running() else "ended"
