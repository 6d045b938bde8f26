"""Erasing for good: rows, what the full-text index makes of them, and their traces in the files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.history import unknown_item

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from quietdesk.store.database import Database

Execute = Callable[..., list[tuple[Any, ...]]]

# Jobs in another state have work left; erasing what is old must not lose it.
FINISHED = ("done", "failed", "cancelled")

_DAY = 24 * 60 * 60 * 1000
# Tables that go with a row of ``files``.
_BELONGINGS = ("vectors", "tags", "corrections")


class Erasing:
    """Removes things so that neither the database nor its files hold them any longer.

    Every method returns how many rows of each table are gone (tables without any are left out) and compacts the
    database afterwards, which takes time in proportion to its size. clock: gives Unix milliseconds.
    """

    def __init__(self, database: Database, clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._database = database
        self._clock = clock

    def everything(self) -> dict[str, int]:
        """Empty all tables, the secrets too. What is kept outside the database (settings, label sets) stays."""
        with self._database.transaction() as execute:
            kinds = dict(execute(
                "SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'"
            ))
            counts = {
                name: int(execute(f'SELECT count(*) FROM "{name}"')[0][0])  # noqa: S608  names of our own schema
                for name, kind in kinds.items() if kind in ("table", "virtual")
            }  # fmt: skip
            for name in counts:
                if kinds[name] == "virtual":
                    execute(f"INSERT INTO \"{name}\" (\"{name}\") VALUES ('delete-all')")  # noqa: S608
                else:
                    execute(f'DELETE FROM "{name}"')  # noqa: S608
        return self._finish(counts)

    def older_than(self, days: int) -> dict[str, int]:
        """Erase what is older: results, receipts, records of files not seen since, finished jobs, actions.

        Raises:
            UserError: ``days`` is negative.
        """
        if days < 0:
            raise UserError(
                ErrorCode.UNSUPPORTED, "Not a number of days", f"{days} days cannot be counted back.",
                "Give a whole number of days, 0 for all up to now.",
            )  # fmt: skip
        moment = max(self._clock() - days * _DAY, 0)
        with self._database.transaction() as execute:
            counts = _erase_files(execute, "seen_at < ?", moment)
            counts["history"] = _delete(execute, "history", "made_at < ?", moment)
            counts["receipts"] = _delete(execute, "receipts", "made_at < ?", moment)
            counts["actions"] = _delete(execute, "actions", "done_at < ?", moment)
            states = ", ".join("?" * len(FINISHED))
            counts["jobs"] = _delete(execute, "jobs", f"added_at < ? AND state IN ({states})", moment, *FINISHED)
        return self._finish(counts)

    def file(self, path: Path) -> dict[str, int]:
        """Erase all that is known of a file, or of everything below a folder; the files themselves stay."""
        name = os.path.abspath(path)  # noqa: PTH100  resolve() would follow links: the name is what is on record
        with self._database.transaction() as execute:
            counts = _erase_files(execute, _at_or_below("path"), *_place(name))
            counts["history"] = _delete(execute, "history", _at_or_below("source"), *_place(name))
            counts["jobs"] = _delete(execute, "jobs", _at_or_below("path"), *_place(name))
            # A move names the file's old place and its new one.
            moved = " OR ".join(_at_or_below(column) for column in ("path", "before", "after"))
            counts["actions"] = _delete(execute, "actions", moved, *_place(name))
        return self._finish(counts)

    def history_item(self, number: int) -> dict[str, int]:
        """Erase one result.

        Raises:
            UserError: ``not_found``.
        """
        with self._database.transaction() as execute:
            count = _delete(execute, "history", "id = ?", number)
            if not count:
                raise unknown_item(number)
        return self._finish({"history": count})

    def _finish(self, counts: Mapping[str, int]) -> dict[str, int]:
        self._database.compact()
        return {table: count for table, count in sorted(counts.items()) if count}


def _erase_files(execute: Execute, condition: str, *values: object) -> dict[str, int]:
    chosen = f"IN (SELECT id FROM files WHERE {condition})"  # noqa: S608  no value is in it
    counts = {table: _delete(execute, table, f"file_id {chosen}", *values) for table in _BELONGINGS}
    counts["texts"] = _delete(execute, "texts", f"rowid {chosen}", *values)
    counts["files"] = _delete(execute, "files", condition, *values)
    return counts


def _delete(execute: Execute, table: str, condition: str, *values: object) -> int:
    """Delete the rows and return how many there were."""
    ((count,),) = execute(f"SELECT count(*) FROM {table} WHERE {condition}", *values)  # noqa: S608  no value is in it
    if count:
        execute(f"DELETE FROM {table} WHERE {condition}", *values)  # noqa: S608
    return int(count)


def _place(name: str) -> tuple[bytes, bytes]:
    path = os.fsencode(name)
    separator = os.fsencode(os.sep)
    return path, path if path.endswith(separator) else path + separator


def _at_or_below(column: str) -> str:
    """The condition that a column has the path ?1, or one that begins with ?2.

    Both are bytes: a path that is no text in the system's encoding is stored as bytes, and it may be below one that
    is stored as text.
    """
    path = f"CAST({column} AS BLOB)"
    return f"({path} = ?1 OR substr({path}, 1, length(?2)) = ?2)"
