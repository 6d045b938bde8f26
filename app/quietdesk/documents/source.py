"""Opening the file a person named, with an error for everything that is no readable regular file."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from quietdesk.documents import failures
from quietdesk.documents.limits import ReaderLimits
from quietdesk.errors import ErrorCode, UserError

_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


def shown(name: str) -> str:
    """A file name as it can be printed: line breaks and bytes that are no text as escapes."""
    if name == "-":
        return "standard input"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in name)


def open_regular(path: Path, limits: ReaderLimits) -> int:
    """A descriptor of a regular file, to be closed by the caller.

    Raises:
        UserError: not_found, unreadable (folder, device, pipe, no permission), empty, too_large.
    """
    name = shown(str(path))
    try:
        _check(path.stat(), name, limits)
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise _open_error(name, error) from error
    try:
        _check(os.fstat(descriptor), name, limits)  # it may have been replaced in between
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check(status: os.stat_result, name: str, limits: ReaderLimits) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise UserError(
            ErrorCode.UNREADABLE, "Not a file", f"{name} is a folder.", "Name the files in it, for example with a *."
        )
    if not stat.S_ISREG(status.st_mode):
        raise UserError(
            ErrorCode.UNREADABLE, "Not a file", f"{name} is a device, a pipe or a socket.",
            "Save its content to a file, or use - to read from standard input.",
        )  # fmt: skip
    if status.st_size == 0:
        raise named(failures.empty(), name)
    if status.st_size > limits.file_bytes:
        raise named(too_large_file(limits), name)


def too_large_file(limits: ReaderLimits) -> UserError:
    return failures.too_large(f"it is larger than {limits.file_bytes // 1_000_000} MB.")


def named(error: UserError, name: str) -> UserError:
    """The same error with the file's name in front of its message."""
    return UserError(error.code, error.title, f"{name}: {error.message}", error.hint)


def _open_error(name: str, error: OSError | ValueError) -> UserError:
    number = error.errno if isinstance(error, OSError) else errno.ENOENT
    if number in _GONE:
        return UserError(
            ErrorCode.NOT_FOUND, "File not found", f"there is no file {name}.", "Check the name and the folder."
        )
    return read_error(name, error)


def read_error(name: str, error: OSError | ValueError) -> UserError:
    """The error for a file that is there and cannot be read."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return UserError(
        ErrorCode.UNREADABLE, "File cannot be read", f"{name}: {reason or error}.",
        "Check that you may read it, and that the drive or network folder it is on is connected.",
    )  # fmt: skip
