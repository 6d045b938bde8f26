"""The reader's process: what it may do, how it ends, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from helpers import make_files as make
from quietdesk.cancel import CancelToken
from quietdesk.documents.reader import Reader
from quietdesk.errors import Cancelled, ErrorCode, UserError

SLOW = make.pdf([b"BT /F1 24 Tf " + b"1 1 Td (Hello) Tj " * 1_000_000 + b" ET"], compress=True)  # several seconds


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Reader() as running:
        yield running


Child = Callable[[], psutil.Process]


@pytest.fixture
def started() -> Callable[[], list[psutil.Process]]:
    """Finds the processes that the test has started; the session's own, as the engine's, are others."""
    before = {process.pid for process in psutil.Process().children()}

    def find() -> list[psutil.Process]:
        new = [process for process in psutil.Process().children() if process.pid not in before]
        return [process for process in new if is_spawned(process)]

    return find


def is_spawned(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False


@pytest.fixture
def child(started: Callable[[], list[psutil.Process]]) -> Child:
    """Finds the reader's process, which must be the only one that the test has started."""

    def find() -> psutil.Process:
        (found,) = started()
        return found

    return find


def in_thread(work: threading.Thread) -> threading.Thread:
    work.start()
    time.sleep(0.3)
    return work


def test_one_process_serves_many_files_and_ends_with_the_reader(child: Child) -> None:
    with Reader() as reader:
        reader.read_bytes(b"One.", "a.txt")
        process = child()
        reader.read_bytes(b"Two.", "a.txt")
        assert child().pid == process.pid
    assert not process.is_running()
    reader.close()


def test_it_starts_again_after_it_was_closed(reader: Reader) -> None:
    reader.read_bytes(b"One.", "a.txt")
    reader.close()
    assert reader.read_bytes(b"Two.", "a.txt").text == "Two."


def test_it_starts_again_after_it_was_killed(reader: Reader, child: Child) -> None:
    reader.start()
    reader.read_bytes(b"One.", "a.txt")
    child().kill()
    assert reader.read_bytes(b"Two.", "a.txt").text == "Two."


def test_killed_over_a_file(
    reader: Reader, child: Child, started: Callable[[], list[psutil.Process]]
) -> None:
    """The file is tried once more in a fresh process; killed again, it is the file's error."""
    reader.read_bytes(b"Warm.", "a.txt")
    errors: list[UserError] = []

    def read() -> None:
        try:
            reader.read_bytes(SLOW, "slow.pdf")
        except UserError as error:
            errors.append(error)

    work = in_thread(threading.Thread(target=read))
    first = child()
    first.kill()
    deadline = time.monotonic() + 20
    while work.is_alive() and time.monotonic() < deadline:
        for process in started():
            if process.pid != first.pid:
                time.sleep(0.6)  # until it is at work
                process.kill()
        time.sleep(0.05)
    work.join()
    assert [error.code for error in errors] == [ErrorCode.TOO_LARGE]  # killed from outside: the system's want of memory
    assert reader.read_bytes(b"Next.", "a.txt").text == "Next."


def test_cancel_stops_at_once(reader: Reader) -> None:
    token = CancelToken()
    outcome: list[type[BaseException]] = []

    def read() -> None:
        try:
            reader.read(path, token)
        except Cancelled as error:
            outcome.append(type(error))

    path = Path(os.environ["QUIETDESK_TEST_FOLDER"]) / "slow.pdf"
    path.write_bytes(SLOW)
    work = in_thread(threading.Thread(target=read))
    started = time.monotonic()
    token.cancel()
    work.join()
    assert time.monotonic() - started < 2
    assert outcome == [Cancelled]
    assert reader.read_bytes(b"Next.", "a.txt").text == "Next."


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUIETDESK_TEST_FOLDER", str(tmp_path))


def test_several_threads_share_one_process(reader: Reader, child: Child) -> None:
    texts: dict[int, str] = {}

    def read(number: int) -> None:
        for _ in range(5):
            texts[number] = reader.read_bytes(f"Text {number}.".encode(), "a.txt").text

    threads = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == {number: f"Text {number}." for number in range(6)}
    child()


_OWNER = """
import sys
from pathlib import Path
from quietdesk.documents.reader import Reader
if __name__ == "__main__":
    reader = Reader()
    reader.network_lock()
    print(reader._child.pid, flush=True)
    reader.read(Path(sys.argv[1]))
    sys.stdin.read()
"""


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_it_goes_when_the_program_is_killed(tmp_path: Path, busy: bool) -> None:
    script, file = tmp_path / "owner.py", tmp_path / "file"
    script.write_text(_OWNER)
    file.write_bytes(SLOW if busy else b"Text.")
    with subprocess.Popen(
        [sys.executable, script, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        process = psutil.Process(pid)
        time.sleep(0.5)
        owner.kill()
        owner.wait()
    psutil.wait_procs([process], timeout=5)
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_interrupt_of_the_terminal_is_the_parents_business(reader: Reader, child: Child) -> None:
    reader.network_lock()
    child().send_signal(signal.SIGINT)
    time.sleep(0.2)
    process = child()
    assert reader.read_bytes(b"Still here.", "a.txt").text == "Still here."
    assert child().pid == process.pid


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system's own view of the process")
def test_what_the_process_may_do(reader: Reader, child: Child) -> None:
    lock = reader.network_lock()
    assert (lock.system_filter, lock.audit_hook, lock.reason) == (True, True, "")
    folder = Path(f"/proc/{child().pid}")
    status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line)
    assert status["Seccomp"].strip() == "2"
    assert status["NoNewPrivs"].strip() == "1"
    limits = {line[:25].strip(): line[26:].split()[:2] for line in (folder / "limits").read_text().splitlines()}
    assert limits["Max address space"] == [str(1 << 30)] * 2
    assert limits["Max file size"] == ["0", "0"]
    assert limits["Max core file size"] == ["0", "0"]
    for number in (0, 1, 2):
        assert (folder / "fd" / str(number)).readlink() == Path(os.devnull)


_LOCKED = """
import ctypes, errno, json, socket
from quietdesk.privacy.network_lock import lock_network
lock = lock_network()
found = {"filter": lock.system_filter, "hook": lock.audit_hook}
def attempt(name, work):
    try:
        work()
        found[name] = "allowed"
    except OSError as error:
        found[name] = f"{type(error).__name__} {error.errno == errno.EACCES}"
attempt("inet", lambda: socket.socket(socket.AF_INET))
attempt("inet6", lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
attempt("lookup", lambda: socket.getaddrinfo("example.org", 80))
attempt("unix", lambda: socket.socket(socket.AF_UNIX).close())
attempt("pair", lambda: [s.close() for s in socket.socketpair()])
libc = ctypes.CDLL(None, use_errno=True)
found["libc"] = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0) == -1 and ctypes.get_errno() == errno.EACCES
print(json.dumps(found))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is Linux's")
def test_network_lock() -> None:
    import json

    done = subprocess.run([sys.executable, "-c", _LOCKED], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {
        "filter": True, "hook": True, "inet": "PermissionError True", "inet6": "PermissionError True",
        "lookup": "PermissionError True", "unix": "allowed", "pair": "allowed", "libc": True,
    }  # fmt: skip


_WITHOUT_LIBRARY = """
import ctypes.util, socket
find = ctypes.util.find_library
ctypes.util.find_library = lambda name: None if name == "seccomp" else find(name)
from quietdesk.privacy.network_lock import lock_network
lock = lock_network()
print(lock.system_filter, lock.audit_hook, "libseccomp" in lock.reason)
with socket.socket(socket.AF_INET) as made:
    try:
        made.connect(("127.0.0.1", 9))
    except PermissionError as error:
        print("network is locked" in str(error))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is Linux's")
def test_network_lock_without_its_system_library() -> None:
    done = subprocess.run([sys.executable, "-c", _WITHOUT_LIBRARY], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True", "True"]


def test_nothing_is_written_and_nothing_is_said(tmp_path: Path) -> None:
    """A whole program's output and folder, after files that make parsers complain."""
    home = tmp_path / "home"
    home.mkdir()
    script = tmp_path / "quiet.py"
    script.write_text(
        "from quietdesk.documents.reader import Reader\n"
        "from quietdesk.errors import UserError\n"
        "if __name__ == '__main__':\n"
        "    with Reader() as reader:\n"
        "        for data in (b'%PDF-1.4 junk', b'{\\\\rtf1 a}', b'\\xff\\xd8\\xff junk', b'text'):\n"
        "            try:\n                reader.read_bytes(data, 'x')\n"
        "            except UserError:\n                pass\n"
    )
    environment = {**os.environ, "HOME": str(home), "TMPDIR": str(home), "XDG_CACHE_HOME": str(home)}
    done = subprocess.run([sys.executable, script], capture_output=True, env=environment, cwd=home, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
    assert list(home.rglob("*")) == []
