"""The parts of the network lock that need no locked process."""

from __future__ import annotations

import errno
import os
import socket
import sys

import pytest

from quietdesk.privacy import macos
from quietdesk.privacy.network_lock import NetworkLock
from quietdesk.privacy.refusals import ASK, REPORT, Refusals, ask

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is Linux's")


def test_without_a_count_of_the_system_refusals_are_added_up_here() -> None:
    refusals = Refusals()
    for _ in range(3):
        refusals.add()
    assert refusals.total() == 3


def test_the_systems_count_is_added_and_never_falls() -> None:
    counts: list[int | None] = [2, 5, None]
    refusals = Refusals(lambda: counts.pop(0))
    refusals.add()  # nobody answers here: counted by itself
    assert [refusals.total() for _ in range(3)] == [3, 6, 6]


def test_the_lock_of_another_process_has_counted_nothing_here() -> None:
    assert NetworkLock(system_filter=True, audit_hook=True).blocked() == 0


@linux_only
def test_the_questions_to_a_supervisor_make_nothing_where_there_is_none() -> None:
    assert ask() is None
    for family in (ASK, REPORT):
        with pytest.raises(OSError, match="not supported") as failure:
            socket.socket(family, socket.SOCK_STREAM)
        assert failure.value.errno == errno.EAFNOSUPPORT


@linux_only
def test_attempts_are_told_from_other_calls_of_a_foreign_architecture() -> None:
    import pyseccomp

    from quietdesk.privacy import linux

    is_attempt = linux._attempts(pyseccomp)
    native, i386 = pyseccomp.system_arch(), pyseccomp.Arch.X86
    call = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "socket")
    assert is_attempt(native, call, socket.AF_INET)
    assert is_attempt(native, call | 0x40000000, socket.AF_INET)
    assert not is_attempt(native, 0x40000000, 0)
    assert is_attempt(i386, 102, 1)
    assert not is_attempt(i386, 102, 3)
    assert is_attempt(i386, 359, socket.AF_INET)
    assert not is_attempt(i386, 4, 1)


@linux_only
@pytest.mark.parametrize("allow_x11_tcp", [False, True])
def test_the_filter_is_small_and_the_system_takes_its_form(allow_x11_tcp: bool) -> None:
    import pyseccomp

    from quietdesk.privacy import linux

    program = linux._compiled(linux._rules(pyseccomp, pyseccomp.NOTIFY, allow_x11_tcp))
    assert len(program) % 8 == 0
    assert len(program) < 8 * 256


@linux_only
def test_a_process_with_several_threads_is_not_forked() -> None:
    import threading

    from quietdesk.privacy import linux

    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        with pytest.raises(linux._CannotCountError, match="threads"):
            linux._require_counting()
    finally:
        end.set()
        other.join()


@linux_only
def test_an_old_kernel_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    from quietdesk.privacy import linux

    old = os.uname_result(("Linux", "here", "5.4.0-150-generic", "#1", "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: old)
    with pytest.raises(linux._CannotCountError, match=r"5\.4"):
        linux._require_counting()


@pytest.mark.skipif(sys.platform == "darwin", reason="there it locks")
def test_where_there_is_no_sandbox_the_reason_is_told() -> None:
    assert "no sandbox" in macos.lock()
