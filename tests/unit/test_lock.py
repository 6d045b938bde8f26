"""The lock between processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from quietdesk.errors import ErrorCode, UserError
from quietdesk.lock import exclusive

HOLD = """
import sys, time
from pathlib import Path
from quietdesk.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_held_by_another_process_until_that_is_killed(tmp_path: Path) -> None:
    lock_file = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, lock_file], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UserError) as caught, exclusive(lock_file, patience=0.1):
            pass
        assert caught.value.code is ErrorCode.TIMEOUT
        holder.kill()
    with exclusive(lock_file, patience=0.1):
        pass
    assert lock_file.stat().st_mode & 0o777 == 0o600


def test_one_thread_at_a_time(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with exclusive(tmp_path / "lock"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught, exclusive(tmp_path / "missing" / "lock"):
        pass
    assert caught.value.code is ErrorCode.UNREADABLE
