"""The network lock of Linux: a seccomp filter, through which the kernel refuses calls whoever makes them.

Refused are: ``socket`` and ``socketpair`` of every family but AF_UNIX, that is, of everything that leaves this
machine or looks into its network (AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK …); ``io_uring_setup``, since
through a ring, sockets are made without the call ``socket``; and every call of another architecture than the machine's
own (32-bit and x32 on x86-64), whose ``socketcall`` a filter cannot look into.

Not refused: using a socket that was open before, or that another program hands over through a local socket.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import socket
from typing import TYPE_CHECKING, Any

from quietdesk.privacy.refusals import Refusals, ask
from quietdesk.privacy.supervisor import IsAttempt, Supervisor

if TYPE_CHECKING:
    import pyseccomp

# Since Linux 5.8 the kernel tells the supervisor that the last filtered process is gone.
_COUNTS_SINCE = (5, 8)
# The machines whose ioctl numbers are those of supervisor.py.
_MACHINES = ("x86_64", "aarch64", "riscv64")
# linux/prctl.h, linux/seccomp.h
_PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER = 1
_NEW_LISTENER = 1 << 3
_TYPE_BITS = 0xF  # of the second argument of socket(), linux/net.h: SOCK_TYPE_MASK
_X32 = 0x40000000  # asm/unistd.h: __X32_SYSCALL_BIT
# asm/unistd_32.h of x86 and asm/unistd.h of arm, by AUDIT_ARCH_I386 and AUDIT_ARCH_ARM: socket, socketpair,
# io_uring_setup; and x86's socketcall, whose first argument 1 means socket() and 8 socketpair() (linux/net.h).
_FOREIGN_CALLS = {0x40000003: (359, 360, 425), 0x40000028: (281, 288, 425)}
_SOCKETCALL = (0x40000003, 102)
_SOCKETCALL_KINDS = (1, 8)


class _CannotCountError(Exception):
    """The system refuses, but cannot tell that it did; the text says why."""


def lock(allow_x11_tcp: bool) -> tuple[bool, str, Refusals]:
    """Whether the filter holds; why it does not, or why what it refuses is not counted; and what is counted.

    Where a process above this one is locked already, its filter holds here as well, and its supervisor counts.
    """
    if ask() is not None:
        return True, "", Refusals(ask)
    try:
        import pyseccomp
    except (ImportError, RuntimeError):
        return False, "the system library libseccomp 2 is not installed", Refusals()
    try:
        return True, "", Refusals(_load_counting(pyseccomp, allow_x11_tcp).count)
    except _CannotCountError as error:
        reason = str(error)
    except (OSError, ValueError) as error:
        reason = f"the system does not tell of it: {error}"
    try:
        _load_refusing(pyseccomp, allow_x11_tcp)
    except (OSError, ValueError) as error:
        return False, f"the system refused the filter: {error}", Refusals()
    return True, f"what the system refuses is not counted: {reason}", Refusals()


def _load_counting(library: Any, allow_x11_tcp: bool) -> Supervisor:
    """Put the filter in force, with a supervisor that is told of every refused call.

    Raises:
        _CannotCountError, OSError, ValueError: not possible here.
    """
    _require_counting()
    program = _compiled(_rules(library, library.NOTIFY, allow_x11_tcp))
    supervisor = Supervisor(_attempts(library))
    try:
        listener = _load(program, library.resolve_syscall(library.Arch.NATIVE, "seccomp"))
    except OSError:
        supervisor.dismiss()
        raise
    supervisor.hand_over(listener)
    return supervisor


def _load_refusing(library: Any, allow_x11_tcp: bool) -> None:
    """Put the filter in force for all threads, without counting."""
    rules = _rules(library, library.ERRNO(errno.EACCES), allow_x11_tcp)
    rules.set_attr(library.Attr.CTL_TSYNC, 1)
    rules.load()


def _require_counting() -> None:
    system = os.uname()
    release = tuple(int(part) for part in re.findall(r"\d+", system.release)[:2])
    if system.machine not in _MACHINES or release < _COUNTS_SINCE:
        raise _CannotCountError(f"Linux {system.release} on {system.machine} does not tell of it")
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        raise _CannotCountError("the process had several threads already")


def _rules(library: Any, action: int, allow_x11_tcp: bool) -> pyseccomp.SyscallFilter:
    rules = library.SyscallFilter(library.ALLOW)
    rules.set_attr(library.Attr.ACT_BADARCH, action)
    rules.add_rule(action, "io_uring_setup")
    rules.add_rule(action, "socketpair", library.Arg(0, library.NE, socket.AF_UNIX))
    if not allow_x11_tcp:
        rules.add_rule(action, "socket", library.Arg(0, library.NE, socket.AF_UNIX))
        return rules
    # A rule compares each argument once: the families between the allowed ones are named one by one.
    internet = (socket.AF_INET, socket.AF_INET6)
    for family in set(range(max(internet))) - {socket.AF_UNIX, *internet}:
        rules.add_rule(action, "socket", library.Arg(0, library.EQ, family))
    rules.add_rule(action, "socket", library.Arg(0, library.GT, max(internet)))
    for family in internet:
        for kind in set(range(_TYPE_BITS + 1)) - {socket.SOCK_STREAM}:
            rules.add_rule(
                action, "socket", library.Arg(0, library.EQ, family),
                library.Arg(1, library.MASKED_EQ, _TYPE_BITS, kind),
            )  # fmt: skip
    return rules


def _compiled(rules: pyseccomp.SyscallFilter) -> bytes:
    with os.fdopen(os.memfd_create("network lock"), "rb") as stream:
        rules.export_bpf(stream)
        stream.seek(0)
        return stream.read()


class _Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h: the number of instructions, and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _load(program: bytes, seccomp_call: int) -> int:
    """Put the filter in force for this thread; the descriptor at which refused calls arrive.

    libseccomp could load it, but pyseccomp does not give out the descriptor.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    structure = _Program(len(program) // 8, program)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero) != 0:
        raise OSError(ctypes.get_errno(), "no new privileges")
    listener = libc.syscall(
        ctypes.c_long(seccomp_call), ctypes.c_long(_SET_MODE_FILTER), ctypes.c_long(_NEW_LISTENER),
        ctypes.byref(structure),
    )  # fmt: skip
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(listener)


def _attempts(library: Any) -> IsAttempt:
    """Tells attempts to reach the network from other calls that are refused, those of a foreign architecture."""
    native = library.system_arch()
    calls = {library.resolve_syscall(library.Arch.NATIVE, name) for name in ("socket", "socketpair", "io_uring_setup")}

    def is_attempt(architecture: int, call: int, argument: int) -> bool:
        if architecture == native:
            return call & ~_X32 in calls
        if (architecture, call) == _SOCKETCALL:
            return argument in _SOCKETCALL_KINDS
        return call in _FOREIGN_CALLS.get(architecture, ())

    return is_attempt
