"""What a locked process and its children are refused, and that each attempt is counted once."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the filter is Linux's")

_BEFORE = """
import ctypes, errno, json, os, socket, subprocess, sys
from quietdesk.privacy.network_lock import lock_network
"""
_PRELUDE = (
    _BEFORE
    + """
lock = lock_network()
libc = ctypes.CDLL(None, use_errno=True)
found = {}
def attempt(name, work):
    before = lock.blocked()
    try:
        result = work()
        outcome = "refused" if result == "refused" else "allowed"
    except PermissionError as error:
        outcome = "refused" if error.errno == errno.EACCES else "?"
    found[name] = [outcome, lock.blocked() - before]
def call(function, *arguments):
    ctypes.set_errno(0)
    return "refused" if function(*arguments) == -1 and ctypes.get_errno() == errno.EACCES else "done"
def program(*arguments):
    done = subprocess.run(arguments, capture_output=True)
    return "refused" if done.returncode else "done"
"""
)


def run(code: str, prelude: str = _PRELUDE) -> dict[str, Any]:
    """What the code found, run in a locked process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"{prelude}{code}\nprint(json.dumps(found))"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(found: dict[str, Any]) -> None:
    assert found
    assert {name: outcome for name, outcome in found.items() if outcome != ["refused", 1]} == {}


def test_what_python_does_is_refused_and_counted_once() -> None:
    refused(
        run("""
attempt("inet", lambda: socket.socket(socket.AF_INET).connect(("127.0.0.1", 9)))
attempt("inet6", lambda: socket.socket(socket.AF_INET6))
attempt("datagram", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9)))
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("create_connection", lambda: socket.create_connection(("127.0.0.1", 9)))
attempt("getaddrinfo", lambda: socket.getaddrinfo("example.org", 80))
attempt("gethostbyname", lambda: socket.gethostbyname("example.org"))
attempt("gethostbyaddr", lambda: socket.gethostbyaddr("127.0.0.1"))
attempt("getnameinfo", lambda: socket.getnameinfo(("127.0.0.1", 80), 0))
""")
    )


def test_a_socket_that_was_open_before_reaches_nothing_through_python() -> None:
    before = _BEFORE + "old = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(5)]\n"
    refused(
        run(
            """
there = ("127.0.0.1", 9)
attempt("connect", lambda: old[0].connect(there))
attempt("connect_ex", lambda: old[1].connect_ex(there))
attempt("bind", lambda: old[2].bind(("127.0.0.1", 0)))
attempt("sendto", lambda: old[3].sendto(b"x", there))
attempt("sendmsg", lambda: old[4].sendmsg([b"x"], [], 0, there))
for each in old: each.close()
""",
            before + _PRELUDE,
        )
    )


def test_what_does_not_go_through_python_is_refused_and_counted() -> None:
    refused(
        run("""
attempt("inet", lambda: call(libc.socket, socket.AF_INET, socket.SOCK_STREAM, 0))
attempt("inet6", lambda: call(libc.socket, socket.AF_INET6, socket.SOCK_DGRAM, 0))
attempt("netlink", lambda: call(libc.socket, socket.AF_NETLINK, socket.SOCK_RAW, 0))
attempt("vsock", lambda: call(libc.socket, 40, socket.SOCK_STREAM, 0))
attempt("pair", lambda: call(libc.socketpair, socket.AF_INET, socket.SOCK_STREAM, 0, (ctypes.c_int * 2)()))
attempt("ring", lambda: call(libc.syscall, 425, 1, ctypes.create_string_buffer(120)))
""")
    )


def test_children_are_refused_and_counted() -> None:
    found = run(
        """
attempt("python", lambda: program(sys.executable, "-c", "import socket; socket.socket(socket.AF_INET)"))
if BASH: attempt("bash", lambda: program(BASH, "-c", "exec 3<>/dev/tcp/127.0.0.1/9"))
if CURL: attempt("curl", lambda: program(CURL, "http://127.0.0.1:9/"))
def forked():
    pid = os.fork()
    if pid == 0:
        try:
            socket.getaddrinfo("example.org", 80)
        except PermissionError:
            os._exit(7)
        os._exit(0)
    return "refused" if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7 else "done"
attempt("forked", forked)
""".replace("BASH", repr(shutil.which("bash"))).replace("CURL", repr(shutil.which("curl")))
    )
    for name, (outcome, count) in found.items():
        assert outcome == "refused", name
        assert count >= 1 if name == "curl" else count == 1, name


def test_local_sockets_work_and_are_not_counted() -> None:
    found = run("""
attempt("unix", lambda: socket.socket(socket.AF_UNIX).close())
attempt("pair", lambda: [each.close() for each in socket.socketpair()])
attempt("another", lambda: __import__("asyncio").new_event_loop().close())
""")
    assert set(map(tuple, found.values())) == {("allowed", 0)}


_CHILD = """
import json, socket
from quietdesk.privacy.network_lock import lock_network
lock = lock_network()
before = lock.blocked()
for attempt in (lambda: socket.socket(socket.AF_INET), lambda: socket.getaddrinfo("example.org", 80)):
    try:
        attempt()
    except PermissionError:
        pass
print(json.dumps([lock.system_filter, lock.audit_hook, lock.reason, lock.blocked() - before]))
"""


def test_a_locked_child_of_a_locked_process_is_counted_in_both() -> None:
    found = run(f"""
done = subprocess.run([sys.executable, "-c", {_CHILD!r}], capture_output=True, text=True, check=True)
found.update(child=json.loads(done.stdout), parent=lock.blocked())
found["filters"] = open("/proc/self/status").read().partition("Seccomp_filters:")[2].split()[:1]
""")
    assert found == {"child": [True, True, "", 2], "parent": 2, "filters": found["filters"]}
    assert found["filters"] in ([], ["1"])


def test_it_is_locked_once() -> None:
    found = run("""
found["same"] = lock_network() is lock and lock_network(allow_x11_tcp=True) is lock
attempt("inet", lambda: socket.getaddrinfo("example.org", 80))
""")
    assert found == {"same": True, "inet": ["refused", 1]}


def test_a_process_with_threads_is_refused_without_counting() -> None:
    threads = _BEFORE + "import threading\nend = threading.Event()\nthreading.Thread(target=end.wait).start()\n"
    found = run(
        """
found["lock"] = [lock.system_filter, lock.audit_hook, "threads" in lock.reason]
attempt("hook", lambda: socket.getaddrinfo("example.org", 80))
attempt("c", lambda: call(libc.socket, socket.AF_INET, socket.SOCK_STREAM, 0))
end.set()
""",
        threads + _PRELUDE,
    )
    assert found == {"lock": [True, True, True], "hook": ["refused", 1], "c": ["refused", 0]}


def test_a_window_over_tcp_leaves_stream_sockets_alone_and_python_out() -> None:
    found = run(
        """
for family in (socket.AF_INET, socket.AF_INET6):
    name = f"stream {family}"
    attempt(name, lambda: libc.close(libc.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC, 0)))
for family in (0, 3, 9, 16, 17, 40, 45):
    attempt(f"family {family}", lambda: call(libc.socket, family, socket.SOCK_STREAM, 0))
attempt("datagram", lambda: call(libc.socket, socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, 0))
attempt("raw", lambda: call(libc.socket, socket.AF_INET6, socket.SOCK_RAW, 0))
def python():
    with socket.socket(socket.AF_INET) as made:
        made.connect(("127.0.0.1", 9))
attempt("python", python)
""",
        _PRELUDE.replace("lock_network()", "lock_network(allow_x11_tcp=True)"),
    )
    allowed = {name for name, outcome in found.items() if outcome == ["allowed", 0]}
    assert allowed == {"stream 2", "stream 10"}
    refused({name: outcome for name, outcome in found.items() if name not in allowed})


# mov eax, NUMBER; mov ebx, 2; mov ecx, 1; xor edx, edx; int 0x80; ret, with ebx kept: the 32-bit entry of the kernel.
_OLD_CALL = """
import mmap
def old_call(number):
    code = b"\\x53\\xb8" + number.to_bytes(4, "little")
    code += b"\\xbb\\x02\\0\\0\\0\\xb9\\x01\\0\\0\\0\\x31\\xd2\\xcd\\x80\\x5b\\xc3"
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_int)(address)()
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the calls of x86")
def test_32_bit_calls_are_refused() -> None:
    """Where the kernel has them; their other calls are refused as well, and not counted."""
    probe = f"{_BEFORE}{_OLD_CALL}\nsys.exit(old_call(20) != os.getpid())"
    if subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode:
        pytest.skip("the kernel has no 32-bit calls")
    found = run(
        _OLD_CALL
        + """
attempt("socket", lambda: "refused" if old_call(359) == -errno.EACCES else "done")
attempt("other", lambda: "refused" if old_call(20) == -errno.EACCES else "done")
attempt("x32", lambda: call(libc.syscall, 0x40000029, 2, 1, 0))
"""
    )
    assert found == {"socket": ["refused", 1], "other": ["refused", 0], "x32": ["refused", 1]}
