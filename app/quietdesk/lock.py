"""A lock between processes; the system frees it when its holder ends, in whatever way."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_error

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PAUSE_SECONDS = 0.05
_HELD_ELSEWHERE = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@contextmanager
def exclusive(lock_file: Path, patience: float = 10.0) -> Iterator[None]:
    """Hold the lock named by ``lock_file`` (made for its owner alone, never removed) inside the block.

    Args:
        patience: seconds to wait for another holder, who may be a thread of this process.

    Raises:
        UserError: ``timeout``, or the file cannot be made or locked.
    """
    try:
        descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise write_error(lock_file, error) from error
    try:
        deadline = time.monotonic() + patience
        while not _try_lock(descriptor, lock_file):
            if time.monotonic() > deadline:
                raise UserError(
                    ErrorCode.TIMEOUT, "Another Quietdesk is busy",
                    f"Another process has kept {lock_file.parent} in use for {patience:.0f} seconds.",
                    "Wait for it to finish, or end it, and try again.",
                )
            time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, lock_file: Path) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD_ELSEWHERE:
            return False
        raise write_error(lock_file, error) from error
    return True
