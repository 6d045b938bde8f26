"""A small process that answers, and counts, the system calls that the filter of Linux refuses.

The kernel hands each refused call to it (seccomp user notification, since Linux 5.0). It must be another process: one
that shared the interpreter with the caller would wait for the caller's lock while the caller waits for the answer.
When it is gone, the kernel answers ENOSYS: the calls stay refused.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import select
import signal
import socket
import struct
from collections.abc import Callable
from typing import NoReturn

from quietdesk.privacy.refusals import ASK, REPORT

# Whether a call is an attempt to reach the network: its architecture, its number, its first argument.
IsAttempt = Callable[[int, int, int], bool]

_COUNT = struct.Struct("=Q")
_MOST = 0x7FFFFFFF  # what socket() can answer
# linux/seccomp.h: struct seccomp_notif (id, pid, flags, then struct seccomp_data: nr, arch, instruction pointer,
# six arguments) and struct seccomp_notif_resp (id, val, error, flags), with the ioctl numbers made of their sizes.
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")
_RECEIVE = 0xC0502100
_SEND = 0xC0182101
_TITLE = b"quietdesk: network lock"
_ARGUMENTS_AT = 45  # arg_start among the fields of /proc/PID/stat that follow the command's name, see proc(5)
_PR_SET_NAME = 15


class Supervisor:
    """The supervisor as the process sees it that is going to be locked.

    It is started before the filter is in force, else it would be locked as well; only while the process has a single
    thread, since the copy of a lock that another thread holds would never be released in it.
    """

    def __init__(self, is_attempt: IsAttempt) -> None:
        self._shared = mmap.mmap(-1, _COUNT.size)
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        # All signals stay blocked in it: those of the terminal are for the process, whose end it notices by itself.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _live(theirs, self._shared, is_attempt)
        except OSError:
            self._ours.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    def hand_over(self, listener: int) -> None:
        """Give it the filter's descriptor. It alone holds it from now on, so that its end is noticed by the kernel."""
        try:
            socket.send_fds(self._ours, [b"."], [listener])
        finally:
            os.close(listener)
            self._ours.close()

    def dismiss(self) -> None:
        """End it: there is no filter."""
        self._ours.close()
        os.waitpid(self.pid, 0)
        self._shared.close()

    def count(self) -> int:
        """Attempts so far, also those counted before it was killed."""
        return int(_COUNT.unpack_from(self._shared)[0])


def _live(connection: socket.socket, shared: mmap.mmap, is_attempt: IsAttempt) -> NoReturn:
    """The whole life of the supervisor; does not return, and runs nothing of what the process does at its end."""
    try:
        _close_all_but(connection.fileno())
        os.setsid()
        os.chdir("/")
        _rename()
        _, received, _, _ = socket.recv_fds(connection, 1, 1)
        connection.close()
        if received:
            _answer_calls(received[0], shared, is_attempt)
    finally:
        os._exit(0)


def _close_all_but(kept: int) -> None:
    """Whoever waits for the end of one of the process's pipes must not wait for the supervisor."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  no descriptor of its own is left open
        if int(name) != kept:
            try:
                os.close(int(name))
            except OSError:  # the folder's own
                continue
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        if standard not in (kept, nowhere):
            os.dup2(nowhere, standard)


def _rename() -> None:
    """Say in the list of processes what this is; else it would look like a second copy of the process."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, b"quietdesk-lock", 0, 0, 0)
    with open("/proc/self/stat", "rb") as stream:  # noqa: PTH123
        fields = stream.read().rpartition(b")")[2].split()
    start, end = int(fields[_ARGUMENTS_AT]), int(fields[_ARGUMENTS_AT + 1])
    if 0 < start < end:
        ctypes.memset(start, 0, end - start)
        ctypes.memmove(start, _TITLE, min(len(_TITLE), end - start - 1))


def _answer_calls(listener: int, shared: mmap.mmap, is_attempt: IsAttempt) -> None:
    """Until the last locked process is gone, which the kernel tells by hanging up."""
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    count = 0
    while True:
        (_, events), *_ = waiting.poll()
        if not events & select.POLLIN:
            return
        request = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, request)
        except OSError as error:
            if error.errno == errno.ENOENT:  # the caller was killed meanwhile
                continue
            raise
        number, _, _, call, architecture, _, argument, *_ = _NOTIFICATION.unpack(request)
        if argument != ASK and (argument == REPORT or is_attempt(architecture, call, argument)):
            count += 1
            _COUNT.pack_into(shared, 0, count)
        known = argument in (ASK, REPORT)
        answer = (number, min(count, _MOST), 0, 0) if known else (number, 0, -errno.EACCES, 0)
        try:
            fcntl.ioctl(listener, _SEND, _ANSWER.pack(*answer))
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
