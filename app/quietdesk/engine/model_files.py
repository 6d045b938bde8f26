"""Copying and checking big files: progress, free space, SHA-256, nothing half-written."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from quietdesk.engine.model_record import Fingerprint
from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_error

# Called with the bytes done and the bytes in all.
Progress = Callable[[int, int], None]

TEMPORARY = ".tmp"
_CHUNK = 4 << 20
# What is left free for everything else.
_SPARE = 64 << 20


def sha256_of(path: Path, progress: Progress | None = None) -> tuple[str, Fingerprint]:
    """The SHA-256 of a file (hexadecimal) and the file as it was while it was read; 0.4 s for 253 MB.

    Raises:
        UserError: ``unreadable``, or ``changed`` when the file was written to meanwhile.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            before = Fingerprint.of(os.fstat(stream.fileno()))
            _pump(stream.read, digest.update, before.size, progress)
            after = Fingerprint.of(os.fstat(stream.fileno()))
    except OSError as error:
        raise UserError(
            ErrorCode.UNREADABLE, "Model file cannot be read", f"{path}: {error.strerror or error}",
            "Check the file's permissions and the disk.",
        ) from error
    if before != after:
        raise UserError(
            ErrorCode.CHANGED, "Model file is being written", f"{path} changed while it was checked.",
            "Wait until the other program has finished, and try again.",
        )
    return digest.hexdigest(), after


def _pump(read: Callable[[int], bytes], write: Callable[[bytes], object], total: int,
          progress: Progress | None, done: int = 0) -> int:  # fmt: skip
    while chunk := read(_CHUNK):
        write(chunk)
        done += len(chunk)
        if progress is not None:
            progress(done, total)
    return done


def require_space(folder: Path, size: int) -> None:
    """Raises UserError ``disk_full`` when ``size`` more bytes and some to spare do not fit in ``folder``."""
    free = shutil.disk_usage(folder).free
    if free < size + _SPARE:
        raise UserError(
            ErrorCode.DISK_FULL, "Not enough disk space",
            f"{folder} needs {megabytes(size + _SPARE)} of free space and has {megabytes(free)}.",
            "Free some space, or set QUIETDESK_HOME to a folder on another disk.",
        )


def megabytes(size: int) -> str:
    """A size for people: 253113024 is "253 MB"."""
    return f"{size / 1e6:,.0f} MB"


@contextmanager
def joined(sources: Sequence[Path], folder: Path,
           progress: Progress | None = None) -> Iterator[tuple[Path, str]]:  # fmt: skip
    """A temporary file in ``folder`` (0600) with the content of all ``sources``, and its SHA-256.

    The block renames it into place; otherwise it is removed, whatever happens.

    Raises:
        UserError: ``disk_full`` or ``unreadable``.
    """
    total = sum(source.stat().st_size for source in sources)
    require_space(folder, total)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=TEMPORARY, dir=folder)
    temporary = Path(name)
    try:
        digest = hashlib.sha256()
        with os.fdopen(descriptor, "wb") as target:
            _copy(sources, target.write, digest.update, total, progress)
            target.flush()
            os.fsync(target.fileno())
        yield temporary, digest.hexdigest()
    except OSError as error:
        raise write_error(temporary, error) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def taken(source: Path, progress: Progress | None = None) -> Iterator[tuple[Path, str]]:
    """``source`` itself (0600) and its SHA-256, where :func:`joined` gives a copy."""
    source.chmod(0o600)
    sha256, _ = sha256_of(source, progress)
    try:
        yield source, sha256
    except OSError as error:
        raise write_error(source, error) from error


def _copy(sources: Sequence[Path], write: Callable[[bytes], object], update: Callable[[bytes], object],
          total: int, progress: Progress | None) -> None:  # fmt: skip
    def take(chunk: bytes) -> None:
        write(chunk)
        update(chunk)

    done = 0
    for source in sources:
        with source.open("rb") as stream:
            done = _pump(stream.read, take, total, progress, done)


def remove_stale(folder: Path) -> None:
    """Remove the temporary files of runs that were killed. Only for the holder of the folder's lock."""
    for left in folder.glob(f".*{TEMPORARY}"):
        left.unlink(missing_ok=True)
