"""Shuts the network for the running process, for good: it cannot be opened again.

Two lines. The first, on Linux, is a seccomp filter: the kernel refuses every socket but those within this machine,
whoever asks (also libraries that are not Python). The second, everywhere, is a Python audit hook that refuses
connections and name look-ups with a clear error.
"""

from __future__ import annotations

import errno
import socket
import sys
from dataclasses import dataclass

_LOCAL = getattr(socket, "AF_UNIX", None)
_REFUSED = frozenset(
    ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg")  # (socket, address)
)
_LOOKUPS = frozenset(("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"))


@dataclass(frozen=True, slots=True)
class NetworkLock:
    """Which of the two lines hold. ``reason`` says why the first does not, empty when it does."""

    system_filter: bool
    audit_hook: bool
    reason: str = ""


def lock_network() -> NetworkLock:
    """Lock this process and the children it starts from now on. Never fails; the result says what was possible."""
    reason = _install_filter()
    sys.addaudithook(_refuse)
    return NetworkLock(system_filter=not reason, audit_hook=True, reason=reason)


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in _LOOKUPS:
        raise PermissionError(errno.EACCES, "the network is locked: no name is looked up")
    if event in _REFUSED and getattr(arguments[0], "family", None) != _LOCAL:
        raise PermissionError(errno.EACCES, "the network is locked: no connection is made")


def _install_filter() -> str:
    """Install the filter for all threads; returns why that was not possible, or nothing.

    ``io_uring_setup`` is refused too: through a ring, sockets are made without the call ``socket``.
    """
    if not sys.platform.startswith("linux"):
        return "the operating system has no system call filter that is used here"
    try:
        import pyseccomp

        rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
        rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
        refused = pyseccomp.ERRNO(errno.EACCES)
        rules.add_rule(refused, "socket", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
        rules.add_rule(refused, "io_uring_setup")
        rules.load()
    except (ImportError, RuntimeError):
        return "the system library libseccomp 2 is not installed"
    except (OSError, ValueError) as error:
        return f"the system refused the filter: {error}"
    return ""
