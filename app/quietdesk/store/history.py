"""What was asked and answered, so that a person can look at it again."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.stored_path import stored_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quietdesk.store.database import Database

Task = Literal["summarize", "draft", "classify"]

_COLUMNS = "id, made_at, task, source, input, output, model"


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One result.

    made_at: Unix milliseconds. source: the absolute path of the file, or '' for typed text. input: the text that was
    typed, None when it came from a file. output: the fields of the result's JSON. model: the name of the model.
    """

    id: int
    made_at: int
    task: Task
    source: str
    input: str | None
    output: Mapping[str, Any]
    model: str


class History:
    """The results that are kept, in the encrypted database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, *, task: Task, source: str, text: str | None, output: Mapping[str, Any], model: str,
        made_at: int | None = None,
    ) -> int:  # fmt: skip
        """Keep one result and return its id. ``text`` is the input, None when it is the content of ``source``.

        Raises:
            ValueError: ``output`` is no JSON.
        """
        written = json.dumps(output, allow_nan=False)  # in ASCII: a lone surrogate is no text to SQLite
        when = time.time_ns() // 1_000_000 if made_at is None else made_at
        with self._database.transaction() as execute:
            ((number,),) = execute(
                "INSERT INTO history (made_at, task, source, input, output, model) VALUES (?, ?, ?, ?, ?, ?)"
                " RETURNING id",
                when, task, stored_path(source), None if text is None else _storable(text), written, model,
            )  # fmt: skip
        return int(number)

    def list(self, task: Task | None = None, limit: int = 50, before: int | None = None) -> tuple[HistoryItem, ...]:
        """The last results, newest first. ``before``: only those kept before the one with this id (the next page)."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM history WHERE (?1 IS NULL OR task = ?1) AND (?2 IS NULL OR id < ?2)"  # noqa: S608
            " ORDER BY id DESC LIMIT ?3",
            task, before, max(limit, 0),
        )  # fmt: skip
        return tuple(map(_item, rows))

    def get(self, number: int) -> HistoryItem:
        """The result with this id.

        Raises:
            UserError: ``not_found``.
        """
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM history WHERE id = ?", number)  # noqa: S608
        if not rows:
            raise unknown_item(number)
        return _item(rows[0])

    def delete(self, number: int) -> None:
        """Take the result with this id out of the list; traces stay in the file until it is compacted (see Erasing).

        Raises:
            UserError: ``not_found``.
        """
        with self._database.transaction() as execute:
            if not execute("DELETE FROM history WHERE id = ? RETURNING id", number):
                raise unknown_item(number)

    def clear(self) -> int:
        """Take all results out of the list and return how many there were."""
        with self._database.transaction() as execute:
            execute("DELETE FROM history")
            return _changes(execute("SELECT changes()"))

    def delete_older_than(self, moment: int) -> int:
        """Take out what was made before ``moment`` (Unix milliseconds) and return how many that were."""
        with self._database.transaction() as execute:
            execute("DELETE FROM history WHERE made_at < ?", moment)
            return _changes(execute("SELECT changes()"))


def unknown_item(number: int) -> UserError:
    """The error for people when no result has this id."""
    return UserError(
        ErrorCode.NOT_FOUND, "Not in the history", f"There is no result with the number {number}.",
        "`quietdesk history list` shows the results with their numbers.",
    )


def _item(row: tuple[Any, ...]) -> HistoryItem:
    number, made_at, task, source, text, output, model = row
    return HistoryItem(number, made_at, task, os.fsdecode(source), text, json.loads(output), model)


def _storable(text: str) -> str:
    """``text`` with U+FFFD in place of lone surrogates, which UTF-8 has no bytes for."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _changes(rows: list[tuple[Any, ...]]) -> int:
    return int(rows[0][0])
