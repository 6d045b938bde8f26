"""How many attempts to reach the network were refused."""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

# Protocol families that no kernel knows: with them as its first argument, socket() reaches nobody but the supervisor
# of a locked process, which answers with its count. Unanswered, the kernel says EAFNOSUPPORT and makes nothing.
ASK = 0x51440001
REPORT = 0x51440002  # the same, after counting one more, which Python refused


class Refusals:
    """Adds up what the system refuses and what the audit hook does.

    Args:
        system: the count of the system's line; None where it does not count.
    """

    def __init__(self, system: Callable[[], int | None] | None = None) -> None:
        self._system = system
        self._known = 0
        self._own = 0
        self._guard = threading.Lock()

    def add(self) -> None:
        """One attempt that the audit hook refused, which the system therefore does not see."""
        if self._system is None or _call(REPORT) is None:
            with self._guard:
                self._own += 1

    def total(self) -> int:
        """Attempts so far."""
        if self._system is not None:
            self._known = max(self._known, self._system() or 0)
        return self._known + self._own


def ask() -> int | None:
    """The count of the supervisor that watches this process; None if there is none."""
    return _call(ASK)


def _call(family: int) -> int | None:
    if not sys.platform.startswith("linux"):
        return None
    answer = int(_libc().socket(family, 1, 0))
    return None if answer < 0 else answer


@cache
def _libc() -> Any:
    return ctypes.CDLL(None)
