"""The encrypted database: opening, updating, reading, writing and compacting it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import apsw

from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_error
from quietdesk.lock import exclusive
from quietdesk.paths import private_folder
from quietdesk.store import encrypted_file
from quietdesk.store.migrations import MIGRATIONS

Execute = Callable[..., list[tuple[Any, ...]]]

BUSY_SECONDS = 10.0
"""How long one process waits for another one's writing: as long as for :func:`quietdesk.lock.exclusive`."""
_PAUSE_SECONDS = 0.05


class Database:
    """One encrypted SQLite file, for several processes and for the threads of this one.

    Writers of other processes are waited for; the threads of this one take turns.
    """

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        """Takes over a checked connection; see :meth:`open`."""
        self._path = path
        self._connection = connection
        self._lock = threading.RLock()

    @classmethod
    def open(
        cls, path: Path, key: bytes, migrations: tuple[str, ...] = MIGRATIONS, patience: float = BUSY_SECONDS
    ) -> Database:
        """Open the file, creating it (0600) when it is missing and updating it when it is older than the program.

        An older file is copied, encrypted, before it is updated; the copy is removed when the updated file has
        been found whole. An update that fails leaves the file as it was. A file that cannot be opened is never
        changed, nor is its -wal.

        Args:
            key: 32 random bytes, used as they are.
            migrations: the steps, see :mod:`quietdesk.store.migrations`.
            patience: seconds to wait for other processes.

        Raises:
            UserError: ``vault_locked``: another key; ``corrupt``; ``unsupported``: made by a newer Quietdesk;
                ``disk_full``; ``timeout``; ``unreadable``; ``internal``: the update failed.
            ValueError: not a key.
        """
        if len(key) != encrypted_file.KEY_BYTES:
            raise ValueError(f"a key has {encrypted_file.KEY_BYTES} bytes")
        private_folder(path.parent)
        opening = _Opening(path, key, migrations, patience)
        with encrypted_file.explained(path):
            return cls(path, opening.connect())

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement; outside of :meth:`transaction` it is a transaction of its own.

        Raises:
            UserError: ``corrupt``, ``disk_full``, ``timeout`` or ``unreadable``; what was stored is whole.
        """
        with self._lock, encrypted_file.explained(self._path):
            return self._execute(sql, *values)

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        """Changes that are kept together or, after any error in the block, not at all.

        Gives a function like :meth:`rows`. Once the block has ended well, the changes survive the program's death
        and the machine's. Other writers wait, so the block must be short. Transactions do not nest.

        Raises:
            UserError: as :meth:`rows`; nothing was changed.
        """
        with self._lock, encrypted_file.explained(self._path), _writing(self._connection):
            yield self._execute

    def compact(self) -> None:
        """Remove what is left of deleted rows from the file and its -wal, and give the space back to the disk.

        Deleted rows of ordinary tables are overwritten when they are deleted; the word index keeps the words of
        deleted documents until now. Needs as much free space as the database has content.

        Raises:
            UserError: as :meth:`rows`; with ``timeout`` something may be left.
        """
        with self._lock, encrypted_file.explained(self._path):
            for name, in self._execute(
                "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE % USING fts5%'"
            ):
                self._execute(f'INSERT INTO "{name}"("{name}") VALUES (\'optimize\')')  # noqa: S608  our own names
            self._execute("VACUUM")
            self._empty_journal()

    def _empty_journal(self) -> None:
        """Move all of the -wal into the file. SQLite itself does not wait for another process that is just doing so."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            except apsw.BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return

    def close(self) -> None:
        """End the connection; the last one of all processes moves the -wal into the file."""
        with self._lock, encrypted_file.explained(self._path):
            self._connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _execute(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()


class _Opening:
    """What happens until a database can be used."""

    def __init__(self, path: Path, key: bytes, migrations: tuple[str, ...], patience: float) -> None:
        self._path = path
        self._key = key
        self._migrations = migrations
        self._patience = patience
        self._lock_file = path.with_name(path.name + ".lock")
        self._copy = path.with_name(path.name + ".before-update")

    def connect(self) -> apsw.Connection:
        """A connection to the file at its newest version."""
        if not self._path.exists():
            with exclusive(self._lock_file, self._patience):
                if not self._path.exists():
                    self._create()
        encrypted_file.check_beginning(self._path, self._key)
        connection = encrypted_file.connect(self._path, self._key, self._patience)
        try:
            older = self._version(connection) < len(self._migrations)
            encrypted_file.settle(connection)
            if older:
                with exclusive(self._lock_file, self._patience):
                    self._update(connection)
            elif self._copy.exists():
                with exclusive(self._lock_file, self._patience):
                    self._remove_copy()
            encrypted_file.trust(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _version(self, connection: apsw.Connection) -> int:
        try:
            version = int(connection.pragma("user_version"))
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        except apsw.CorruptError as error:
            if encrypted_file.is_shorter(connection):
                raise encrypted_file.shorter(self._path) from error
            raise
        if version > len(self._migrations):
            raise UserError(
                ErrorCode.UNSUPPORTED, "Database of a newer version",
                f"{self._path} was written by a newer Quietdesk.", "Update Quietdesk; the file was left as it is.",
            )
        return version

    def _create(self) -> None:
        # Made under another name, so that a crash never leaves half a database under the right one.
        new = self._path.with_name(f".{self._path.name}.new")
        encrypted_file.remove(new)
        try:
            encrypted_file.create_private(new)
            connection = encrypted_file.connect(new, self._key, self._patience)
            try:
                connection.pragma("journal_mode", "wal")
                encrypted_file.settle(connection)
                self._migrate(connection)
                # Closing would do so too, but without a word when the disk is full.
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            finally:
                connection.close()
            encrypted_file.remove(self._path)  # the -wal of a file that is gone must not get into the new one
            _rename(new, self._path)
        finally:
            encrypted_file.remove(new)

    def _update(self, connection: apsw.Connection) -> None:
        if self._version(connection) == len(self._migrations):  # another process was faster
            return
        self._keep_copy(connection)
        try:
            self._migrate(connection)
        except BaseException:
            encrypted_file.remove(self._copy)
            raise
        self._remove_copy()

    def _remove_copy(self) -> None:
        if not self._is_whole():
            raise UserError(
                ErrorCode.CORRUPT, "Database damaged", f"{self._path} is not whole after its update.",
                f"The file as it was before is {self._copy}: put it in its place.",
            )
        encrypted_file.remove(self._copy)

    def _is_whole(self) -> bool:
        # A new connection: one that was there during the update has the tables' definitions in memory.
        connection = encrypted_file.connect(self._path, self._key, self._patience)
        try:
            return bool(connection.pragma("quick_check") == "ok")
        except (apsw.CorruptError, apsw.NotADBError):
            return False
        finally:
            connection.close()

    def _migrate(self, connection: apsw.Connection) -> None:
        # All missing steps in one transaction: the file is at the old version or at the new one, never in between.
        # With foreign keys on, a step that puts a new table in an old one's place would empty those that refer to it.
        try:
            connection.pragma("foreign_keys", "off")
            with _writing(connection):
                for number in range(int(connection.pragma("user_version")), len(self._migrations)):
                    connection.execute(self._migrations[number]).fetchall()
                    connection.pragma("user_version", number + 1)
                if connection.execute("PRAGMA foreign_key_check").fetchall():
                    raise apsw.ConstraintError("a reference leads nowhere")
        except (apsw.SQLError, apsw.ConstraintError, apsw.MismatchError) as error:
            raise UserError(
                ErrorCode.INTERNAL, "Database could not be updated",
                f"{self._path} could not be brought to this version.",
                "It was left as it is: the version of Quietdesk that you used before can go on using it.",
            ) from error
        finally:
            connection.pragma("foreign_keys", "on")

    def _keep_copy(self, connection: apsw.Connection) -> None:
        new = self._path.with_name(f".{self._copy.name}.new")
        encrypted_file.remove(new)
        try:
            encrypted_file.create_private(new)
            copy = encrypted_file.connect(new, self._key, self._patience)
            try:
                with copy.backup("main", connection, "main") as backup:
                    while not backup.done:
                        backup.step()
            finally:
                copy.close()
            _rename(new, self._copy)
        finally:
            encrypted_file.remove(new)


@contextmanager
def _writing(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite itself has ended it after some errors
            connection.execute("ROLLBACK")
        raise


def _rename(source: Path, target: Path) -> None:
    """Rename, and have the system write the folder down: the file must not vanish with the machine's power."""
    try:
        source.replace(target)
        if os.name == "posix":
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise write_error(target, error) from error
