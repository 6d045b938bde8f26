"""Cancelling work from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from quietdesk.errors import Cancelled


class CancelToken:
    """Handed to a piece of work; set from any thread to end it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._listeners: list[Callable[[], None]] = []

    def cancel(self) -> None:
        """End the work. Later calls do nothing."""
        with self._lock:
            self._cancelled = True
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def check(self) -> None:
        """Raise :class:`Cancelled` when the work is to end."""
        if self._cancelled:
            raise Cancelled

    @contextmanager
    def calling(self, listener: Callable[[], None]) -> Iterator[None]:
        """While the block runs, call ``listener`` (once) when the work is cancelled."""
        with self._lock:
            late = self._cancelled
            if not late:
                self._listeners.append(listener)
        if late:
            listener()
        try:
            yield
        finally:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)
