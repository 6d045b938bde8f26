"""Writing files so that a crash leaves the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from quietdesk.errors import ErrorCode, UserError


def write_atomic(target: Path, content: bytes, mode: int = 0o600) -> None:
    """Write ``content`` to a temporary name beside ``target``, fsync it and rename it into place.

    Raises:
        UserError: ``disk_full`` or ``unreadable`` (no permission, no such folder); the old file is whole.
    """
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)  # noqa: PTH101
        os.replace(temporary, target)  # noqa: PTH105
    except BaseException as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise write_error(target, error) from error
        raise


def write_error(target: Path, error: OSError) -> UserError:
    """The error for people when ``target`` could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            ErrorCode.DISK_FULL, "No space left", f"{target} could not be written: the disk is full.",
            "Free some space and try again; nothing was changed.",
        )
    return UserError(
        ErrorCode.UNREADABLE, "File cannot be written", f"{target}: {error.strerror or error}",
        "Check the folder and its permissions, or choose another place.",
    )
