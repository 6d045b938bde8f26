"""The lock's supervisor lives as long as what it watches; the program's own processes carry the lock."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from quietdesk.documents.reader import Reader
from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import WorkerSettings

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is Linux's")

_TITLE = "quietdesk: network lock"
_LOCKED = """
import ctypes, errno, os, socket, subprocess, sys
from quietdesk.privacy.network_lock import lock_network
lock = lock_network()
print(lock.system_filter, repr(lock.reason), flush=True)
"""
_WAITING = _LOCKED + "sys.stdin.read()\n"
# One attempt; after a line of input what the system answers to another library, what Python says, and the count.
_TRYING = (
    _LOCKED.replace(
        "print(", "libc = ctypes.CDLL(None, use_errno=True)\nlibc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)\nprint("
    )
    + """
sys.stdin.readline()
made = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
answer = errno.errorcode[ctypes.get_errno()] if made == -1 else "made"
for attempt in (lambda: socket.getaddrinfo("example.org", 80), lambda: socket.socket(socket.AF_INET)):
    try:
        attempt()
        answer += " allowed"
    except OSError:
        answer += " refused"
print(answer, lock.blocked(), flush=True)
"""
)


@contextmanager
def locked(code: str = _WAITING, own_session: bool = False) -> Iterator[tuple[subprocess.Popen[str], psutil.Process]]:
    """A locked process and its supervisor."""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=own_session,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True ''\n"
        try:
            yield process, supervisor_of(process.pid)
        finally:
            process.kill()


def supervisor_of(pid: int) -> psutil.Process:
    """The only one among the process's children."""
    (found,) = eventually(lambda: supervisors(pid))
    return found


def supervisors(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children() if _TITLE in " ".join(child.cmdline())]


def eventually(find: Callable[[], list[psutil.Process]]) -> list[psutil.Process]:
    deadline = time.monotonic() + 10
    while not (found := find()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return found


def ends(process: psutil.Process) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_supervisor_ends_with_the_process(number: signal.Signals) -> None:
    with locked() as (process, supervisor):
        process.send_signal(number)
        process.wait(10)
        assert ends(supervisor)


def test_it_ends_after_an_ordinary_end() -> None:
    with locked() as (process, supervisor):
        process.communicate("")
        assert process.returncode == 0
        assert ends(supervisor)


def test_it_ends_when_the_whole_group_is_killed() -> None:
    with locked(own_session=True) as (process, supervisor):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        assert ends(supervisor)


def test_the_terminals_signals_do_not_end_it() -> None:
    with locked(_TRYING) as (process, supervisor):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
            supervisor.send_signal(number)
        output, _ = process.communicate("go\n")
        assert output == "EACCES refused refused 4\n"


def test_it_stays_while_a_child_is_left_which_is_counted_on() -> None:
    child = "import socket,sys; sys.stdin.readline(); socket.socket(socket.AF_INET)"
    with locked(f"{_LOCKED}subprocess.Popen([sys.executable, '-c', {child!r}], stderr=-3)\n") as (process, supervisor):
        process.wait(10)
        time.sleep(0.2)
        assert supervisor.is_running()
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        assert ends(supervisor)


def test_when_it_is_killed_everything_stays_refused() -> None:
    with locked(_TRYING) as (process, supervisor):
        supervisor.kill()
        assert ends(supervisor)
        output, _ = process.communicate("go\n")
        # The first attempt, before, and the name look-up; nobody is left who could count the rest.
        assert output == "ENOSYS refused refused 2\n"


def test_it_holds_no_pipe_of_the_process() -> None:
    """Input, output and a pipe of the caller's: whoever waits for their end is not kept waiting."""
    inner, outer = os.pipe()
    try:
        with subprocess.Popen(
            [sys.executable, "-c", _WAITING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[outer]
        ) as process:
            os.close(outer)
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdout.readline()
            supervisor = supervisor_of(process.pid)
            supervisor.suspend()  # it can close nothing any more
            process.kill()
            process.wait()
            started = time.monotonic()
            assert (process.stdout.read(), os.read(inner, 1)) == (b"", b"")
            assert time.monotonic() - started < 1
            supervisor.resume()
            assert ends(supervisor)
    finally:
        os.close(inner)


def test_it_is_no_member_of_the_processs_group_and_holds_little() -> None:
    with locked() as (process, supervisor):
        assert os.getpgid(supervisor.pid) != os.getpgid(process.pid)
        assert supervisor.cwd() == "/"
        names = sorted(str(Path(f"/proc/{supervisor.pid}/fd/{number}").readlink()) for number in range(3))
        assert names == [os.devnull] * 3
        assert supervisor.num_fds() <= 5
        assert status(supervisor.pid)["Seccomp"] == "0"


def test_a_short_process_does_not_wait_for_it() -> None:
    def seconds(code: str) -> float:
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        return time.monotonic() - started

    plain = "import pyseccomp; from quietdesk.privacy.network_lock import lock_network\n"
    without, with_lock = (min(seconds(code) for _ in range(5)) for code in (plain, plain + "lock_network()"))
    assert with_lock - without < 0.25


def status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def test_the_reader_carries_the_lock() -> None:
    with Reader() as reader:
        lock = reader.network_lock()
        assert (lock.system_filter, lock.audit_hook, lock.reason) == (True, True, "")
        (child,) = (each for each in psutil.Process().children() if supervisors(each.pid))
        assert status(child.pid)["Seccomp"] == "2"
        supervisor = supervisor_of(child.pid)
        assert reader.read_bytes(b"Some text.", "a.txt").text == "Some text."
    assert ends(supervisor)


def test_the_worker_carries_the_lock(model_file: Path) -> None:
    with Engine(lambda: WorkerSettings(model_file, None)) as engine:
        assert engine.count_tokens(["Some text."])[0] > 0
        assert engine.worker_pid
        assert status(engine.worker_pid)["Seccomp"] == "2"
        left = supervisors(engine.worker_pid)
    assert all(ends(supervisor) for supervisor in left)


_OWNER = """
import ctypes, socket, sys
from pathlib import Path
from quietdesk.privacy.network_lock import lock_network
if __name__ == "__main__":
    lock = lock_network()
    from quietdesk.documents.reader import Reader
    from quietdesk.engine.engine import Engine
    from quietdesk.engine.messages import WorkerSettings
    with Reader() as reader, Engine(lambda: WorkerSettings(Path(sys.argv[1]), None)) as engine:
        found = reader.network_lock()
        print(found.system_filter, found.audit_hook, repr(found.reason))
        print(reader.read_bytes(b"Some text.", "a.txt").text, engine.count_tokens(["Some text."])[0] > 0)
        for pid in (reader._child.pid, engine.worker_pid):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            print(*(line.split()[1] for line in lines if line.startswith("Seccomp")))
        print(lock.blocked())
"""


def test_in_a_locked_program_worker_and_reader_work_under_its_lock(model_file: Path, tmp_path: Path) -> None:
    script = tmp_path / "owner.py"
    script.write_text(_OWNER)
    done = subprocess.run([sys.executable, script, model_file], capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["True True ''", "Some text. True", "2 1", "2 1", "0"]
