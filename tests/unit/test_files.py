"""Atomic writing: a crash or a full disk leaves the old file or the new one."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_atomic, write_error

WRITE = """
import sys
from pathlib import Path
from quietdesk.errors import UserError
from quietdesk.files import write_atomic
try:
    write_atomic(Path(sys.argv[1]), b"new" * 5000)
except UserError as error:
    print(error.code.value)
"""
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace injects the faults")


def write_with_fault(target: Path, fault: str) -> subprocess.CompletedProcess[str]:
    """Write in a child process while strace makes one of its system calls fail, or kills it there."""
    call = fault.partition(":")[0]
    command = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={fault}"]
    return subprocess.run(
        [*command, sys.executable, "-c", WRITE, str(target)], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(content=st.binary(max_size=2000))
def test_any_content_comes_back(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "settings.toml"
    write_atomic(target, content)
    assert target.read_bytes() == content
    assert names(tmp_path) == ["settings.toml"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_file_is_the_owners_alone_unless_asked_otherwise(tmp_path: Path) -> None:
    target = tmp_path / "a"
    write_atomic(target, b"secret")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    write_atomic(target, b"a letter", mode=0o644)
    assert stat.S_IMODE(target.stat().st_mode) == 0o644


@needs_strace
@pytest.mark.parametrize("fault", ["fsync:error=ENOSPC", "fsync:error=EDQUOT", "rename:error=ENOSPC"])
def test_full_disk_leaves_the_old_file_and_no_other(tmp_path: Path, fault: str) -> None:
    target = tmp_path / "history"
    target.write_bytes(b"old")
    done = write_with_fault(target, fault)
    assert (done.stdout.strip(), done.returncode) == ("disk_full", 0), done.stderr
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["history"]


@needs_strace
@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_killed_while_writing_leaves_the_old_file(tmp_path: Path, call: str) -> None:
    target = tmp_path / "history"
    target.write_bytes(b"old")
    done = write_with_fault(target, f"{call}:signal=KILL:error=EINTR")
    assert done.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL), done.stderr
    assert target.read_bytes() == b"old"


def test_missing_folder_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        write_atomic(tmp_path / "gone" / "file", b"x")
    assert caught.value.code is ErrorCode.UNREADABLE
    assert "gone" in caught.value.message
    assert caught.value.hint


def test_a_folder_in_the_way_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    with pytest.raises(UserError):
        write_atomic(tmp_path / "target", b"x")
    assert names(tmp_path) == ["target"]


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, ErrorCode.DISK_FULL), (errno.EDQUOT, ErrorCode.DISK_FULL), (errno.EACCES, ErrorCode.UNREADABLE)],
)
def test_system_errors_in_words(number: int, code: ErrorCode) -> None:
    error = write_error(Path("letter.eml"), OSError(number, os.strerror(number)))
    assert error.code is code
    assert "letter.eml" in error.message
