"""Shuts the network for the running process, for good: it cannot be opened again.

Two lines. The first is the system's, which refuses whoever asks (also libraries that are not Python, and the programs
that the process starts): on Linux a seccomp filter that also counts what it refuses, on macOS the sandbox. Windows
has none that a program without an administrator's rights could use. The second, everywhere, is a Python audit hook
that refuses sockets' connections and name look-ups with a clear error; on Windows it is all.
"""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from quietdesk.privacy.refusals import Refusals

_LOCAL = getattr(socket, "AF_UNIX", None)
_REFUSED = frozenset(
    ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")  # (socket, address)
)
_LOOKUPS = frozenset(("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"))
# (socket, family, type, protocol). On Windows asyncio connects by a call of its own that no event tells of.
_MAKING = "socket.__new__"
_OF_A_DESCRIPTOR = -1  # its family argument for a socket that is there already


@dataclass(frozen=True, slots=True)
class NetworkLock:
    """Which of the two lines hold.

    ``reason`` says why the system's does not hold, or, if it does, why it does not count what it refuses; empty when
    all is well.
    """

    system_filter: bool
    audit_hook: bool
    reason: str = ""

    def blocked(self) -> int:
        """Attempts refused so far in this process and the children it started.

        In a child of a locked process: in that process and all its children. 0 for the lock of another process,
        of which this one has only been told.
        """
        return 0


class _HeldLock(NetworkLock):
    """The lock of this process."""

    __slots__ = ("_refusals",)
    _refusals: Refusals

    def __init__(self, system_filter: bool, reason: str, refusals: Refusals) -> None:
        super().__init__(system_filter=system_filter, audit_hook=True, reason=reason)
        object.__setattr__(self, "_refusals", refusals)

    def blocked(self) -> int:
        return self._refusals.total()


class _Process:
    """What holds for a process as a whole, as the system's lock does."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: NetworkLock | None = None

    def blocked(self) -> int:
        held = self._held
        return held.blocked() if held is not None else 0

    def lock(self, allow_x11_tcp: bool) -> NetworkLock:
        with self._guard:
            if self._held is None:
                self._held = _install(allow_x11_tcp)
            return self._held


_PROCESS = _Process()


def refused() -> int:
    """Attempts refused so far in this process and the children it started; 0 while it is not locked."""
    return _PROCESS.blocked()


def lock_network(allow_x11_tcp: bool = False) -> NetworkLock:
    """Lock this process and the children it starts from now on. Never fails; the result says what was possible.

    To be called first thing, before threads are started: with several threads, Linux refuses without counting.
    A second call changes nothing and gives the same lock.

    Args:
        allow_x11_tcp: leave out internet stream sockets that are not made by Python, for a window on an X server that
            is reached over TCP. The system's filter cannot tell where they connect to. Linux only.
    """
    return _PROCESS.lock(allow_x11_tcp)


def _install(allow_x11_tcp: bool) -> NetworkLock:
    refusals = Refusals()
    if sys.platform.startswith("linux"):
        from quietdesk.privacy import linux

        held, reason, refusals = linux.lock(allow_x11_tcp)
    elif sys.platform == "darwin":
        from quietdesk.privacy import macos

        reason = macos.lock()
        held = not reason
    else:
        held, reason = False, "the operating system has no lock that is used here"
    sys.addaudithook(_hook(refusals))
    return _HeldLock(held, reason, refusals)


def _hook(refusals: Refusals) -> Callable[[str, tuple[object, ...]], None]:
    """The audit hook. It raises before the call is made: the system does not see, nor count, the same attempt."""

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if not event.startswith("socket."):
            return
        if event in _LOOKUPS:
            problem = "no name is looked up"
        elif _reaches_out(event, arguments):
            problem = "no connection is made"
        else:
            return
        refusals.add()
        raise PermissionError(errno.EACCES, f"the network is locked: {problem}")

    return refuse


def _reaches_out(event: str, arguments: tuple[object, ...]) -> bool:
    if event in _REFUSED:
        return getattr(arguments[0], "family", None) != _LOCAL
    return sys.platform == "win32" and event == _MAKING and arguments[1] != _OF_A_DESCRIPTOR
