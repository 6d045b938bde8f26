"""How many threads to compute with: as many as there are cores that nobody else uses at this moment."""

from __future__ import annotations

import os
import time

import psutil

# Seconds over which the load is measured: long enough for the kernel's clock ticks (10 ms), short enough to follow.
_WINDOW = 0.25
# Beyond so many threads a 270M model gains nothing (its matrices are small).
_MOST = 8


class ThreadPolicy:
    """Counts free cores from the time the machine spent working, less our own.

    On two cores with one of them busy elsewhere two threads decode 10–18 tokens/s, one decodes 28: the threads of a
    step wait for the slowest.
    """

    def __init__(self, fixed: int | None = None) -> None:
        self._fixed = fixed
        self._cores = min(psutil.cpu_count(logical=False) or os.cpu_count() or 1, _MOST)
        self._process = psutil.Process()
        self._threads = self._cores
        self._time = time.monotonic()
        self._others, self._own = self._busy()

    def threads(self) -> int:
        """The number for the next step; measured anew at most every quarter of a second."""
        if self._fixed is not None:
            return self._fixed
        now = time.monotonic()
        elapsed = now - self._time
        if elapsed >= _WINDOW:
            busy, own = self._busy()
            others = max(0.0, (busy - self._others) - (own - self._own)) / elapsed
            self._threads = max(1, min(self._cores, round(self._cores - others)))
            self._time, self._others, self._own = now, busy, own
        return self._threads

    def _busy(self) -> tuple[float, float]:
        """CPU seconds since start of all processes, and of this one."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        own = self._process.cpu_times()
        return sum(times[:8]) - idle, own.user + own.system
