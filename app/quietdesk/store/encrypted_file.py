"""One encrypted SQLite file: connecting to it, telling what is wrong with it, and errors for people.

The cipher is SQLite3 Multiple Ciphers' ChaCha20-Poly1305: every page, in the file and in its -wal, is encrypted and
carries a tag. The tags alone cannot tell a wrong key from a damaged file. What tells them apart is the salt, the
file's first 16 bytes: only a key made from a passphrase needs it, and this one is used as it is, so the salt is free
to be two independent fingerprints of the key, of 8 bytes each. When either is right, the key is right, and whatever
does not open is damaged. A single flipped byte spoils one of them at most. When neither is right, the plain bytes
that follow decide: every file of this kind has the same eight there; with others it is damaged or no database of
ours. Only a file with these eight in place and both fingerprints different belongs to another key.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_error

KEY_BYTES = 32
PAGE_BYTES = 4096

# What SQLite keeps at 16..24 and the cipher leaves plain (https://www.sqlite.org/fileformat.html, §1.3): 4096 bytes
# to a page, written and read through a WAL, 32 bytes of a page reserved for nonce and tag, three fixed fractions.
_PLAIN = bytes((0x10, 0x00, 2, 2, 32, 64, 32, 32))
_SALT_BYTES = 16

_CANNOT_WRITE = (
    apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_SHMSIZE, apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC,
    apsw.SQLITE_IOERR_TRUNCATE,
)  # fmt: skip


def connect(path: Path, key: bytes, patience: float) -> apsw.Connection:
    """A connection that has the key; it has read nothing yet.

    Closing it leaves the file and what its -wal held before as they are until :func:`trust` has been called.

    Args:
        patience: seconds to wait for other processes' writes.
    """
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        if _has_journal(path):
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.set_busy_timeout(round(patience * 1000))
        connection.pragma("cipher", "chacha20")
        _give_key(connection, key)
    except BaseException:
        connection.close()
        raise
    return connection


def settle(connection: apsw.Connection) -> None:
    """The program's settings; reads the tables' definitions."""
    for setting, value in (
        ("temp_store", "memory"), ("secure_delete", "on"), ("foreign_keys", "on"), ("synchronous", "full"),
    ):  # fmt: skip
        connection.pragma(setting, value)


def trust(connection: apsw.Connection) -> None:
    """The file is in order: closing the connection may move the -wal into it."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)


def create_private(path: Path) -> None:
    """Make an empty file for its owner alone (0600); SQLite gives its -wal and -shm the same permissions.

    Raises:
        UserError: it cannot be made.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise write_error(path, error) from error


def remove(path: Path) -> None:
    """Remove a database with all that belongs to it; it need not exist.

    Raises:
        UserError: it cannot be removed.
    """
    try:
        for ending in ("-wal", "-shm", "-journal", ""):
            path.with_name(path.name + ending).unlink(missing_ok=True)
    except OSError as error:
        raise write_error(path, error) from error


def check_beginning(path: Path, key: bytes) -> None:
    """Look at the first bytes and the length, without SQLite and without changing anything.

    Raises:
        UserError: ``vault_locked``: the file belongs to another key; ``corrupt``; ``unreadable``.
    """
    # A process that died while it moved the -wal into the file may have left a part of a page.
    unfinished = _has_journal(path)
    try:
        with path.open("rb") as stream:
            beginning = stream.read(_SALT_BYTES + len(_PLAIN))
            size = os.fstat(stream.fileno()).st_size
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error
    if size < PAGE_BYTES or (size % PAGE_BYTES and not unfinished):
        raise shorter(path)
    if _fits(beginning, key):
        return
    if beginning[_SALT_BYTES:] != _PLAIN:
        raise corrupt(path)
    raise UserError(
        ErrorCode.VAULT_LOCKED, "This key does not fit", f"{path} was encrypted with another key.",
        "Unlock Quietdesk with the key or passphrase that this file was made with.",
    )


def is_shorter(connection: apsw.Connection) -> bool:
    """Whether the first page is whole and names more pages than there are."""
    try:
        # With this setting SQLite takes the pages there are for all of them.
        connection.pragma("writable_schema", "on")
        connection.pragma("user_version")
    except apsw.Error:
        return False
    finally:
        connection.pragma("writable_schema", "off")
    return True


def corrupt(path: Path) -> UserError:
    """The file is damaged."""
    return UserError(ErrorCode.CORRUPT, "Database damaged", f"{path} is damaged and cannot be read.", _RESTORE)


def shorter(path: Path) -> UserError:
    """The file's end is missing."""
    return UserError(ErrorCode.CORRUPT, "Database damaged", f"{path} is shorter than it should be.", _RESTORE)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns SQLite's errors about the file, the disk and other processes into errors for people.

    Raises:
        UserError: ``corrupt``, ``disk_full``, ``timeout`` or ``unreadable``.
    """
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise corrupt(path) from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise UserError(
            ErrorCode.TIMEOUT, "Another Quietdesk is busy", f"Another process has kept {path} in use for too long.",
            "Wait for it to finish, or end it, and try again.",
        ) from error
    except (apsw.FullError, apsw.IOError) as error:
        if isinstance(error, apsw.FullError) or getattr(error, "extendedresult", 0) in _CANNOT_WRITE:
            raise UserError(
                ErrorCode.DISK_FULL, "No space left", f"{path} could not be written: there is no space left for it.",
                "Free some space and try again; nothing was changed.",
            ) from error
        raise _unreadable(path, "the disk reported an error") from error
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError) as error:
        raise _unreadable(path, "it cannot be opened for writing") from error


_RESTORE = "It was left as it is. Put a backup in its place, or move it away to start anew."


def _unreadable(path: Path, reason: str) -> UserError:
    return UserError(
        ErrorCode.UNREADABLE, "Database cannot be used", f"{path}: {reason}.",
        "Check the disk, the folder and its permissions.",
    )


def _has_journal(path: Path) -> bool:
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _give_key(connection: apsw.Connection, key: bytes) -> None:
    # "raw:", key and salt in one: the key is used as it is, and no key derivation runs
    # (https://utelle.github.io/SQLite3MultipleCiphers/docs/ciphers/cipher_chacha20/). A pragma is not kept in the
    # statement cache, and an error here must not carry the statement.
    try:
        connection.pragma("hexkey", (b"raw:" + key + _salt(key)).hex())
    except apsw.Error:
        raise RuntimeError("the cipher refused the key") from None


def _salt(key: bytes) -> bytes:
    return b"".join(
        hashlib.blake2b(key=key, digest_size=_SALT_BYTES // 2, person=person).digest()
        for person in (b"quietdesk key 1", b"quietdesk key 2")
    )


def _fits(beginning: bytes, key: bytes) -> bool:
    salt, half = _salt(key), _SALT_BYTES // 2
    return beginning[:half] == salt[:half] or beginning[half:_SALT_BYTES] == salt[half:]
