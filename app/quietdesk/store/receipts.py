"""Receipts: what was done, when and at what cost, with nothing of what was read or written.

The hash of the input is keyed, so that nobody without the key can tell from a guess what was read; the key lies in
the encrypted database and goes with it.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from quietdesk.store.database import Database
    from quietdesk.store.history import Task

AskedBy = Literal["command line", "window", "watcher"]
Outcome = Literal["done", "failed", "cancelled"]

Execute = Callable[..., list[tuple[Any, ...]]]

_SECRET = "receipt hash"  # noqa: S105  the name of the key, not the key
_KEY_BYTES, _HASH_BYTES = 32, 16
_COLUMNS = (
    "made_at, task, asked_by, outcome, input_length, input_hash, model, adapter, tokens_read, tokens_written,"
    " cpu_seconds, seconds, blocked"
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One piece of work.

    made_at: Unix milliseconds. input_length: characters. input_hash: 16 bytes, keyed BLAKE2b of the input's UTF-8.
    adapter: the name of the model's adapter, '' without. tokens_read, tokens_written: of the model.
    cpu_seconds: of all processes, seconds: on the clock. blocked: attempts to use the network that were stopped.
    """

    made_at: int
    task: Task
    asked_by: AskedBy
    outcome: Outcome
    input_length: int
    input_hash: bytes
    model: str
    adapter: str
    tokens_read: int
    tokens_written: int
    cpu_seconds: float
    seconds: float
    blocked: int

    def as_dict(self) -> dict[str, Any]:
        """Fields of a JSON object; the hash in hexadecimal digits."""
        return {**asdict(self), "input_hash": self.input_hash.hex()}


class Receipts:
    """The receipts, in the encrypted database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, *, task: Task, asked_by: AskedBy, outcome: Outcome, text: str, model: str, adapter: str = "",
        tokens_read: int = 0, tokens_written: int = 0, cpu_seconds: float = 0.0, seconds: float = 0.0,
        blocked: int = 0, made_at: int | None = None,
    ) -> Receipt:  # fmt: skip
        """Keep a receipt; of the input ``text`` only its length and its keyed hash."""
        when = time.time_ns() // 1_000_000 if made_at is None else made_at
        with self._database.transaction() as execute:
            receipt = Receipt(
                when, task, asked_by, outcome, len(text), _hash(text, _key(execute)), model, adapter,
                tokens_read, tokens_written, cpu_seconds, seconds, blocked,
            )  # fmt: skip
            values = [getattr(receipt, name) for name in Receipt.__slots__]
            marks = ", ".join("?" * len(values))
            execute(f"INSERT INTO receipts ({_COLUMNS}) VALUES ({marks})", *values)  # noqa: S608
        return receipt

    def list(self, limit: int | None = 50, since: int = 0) -> tuple[Receipt, ...]:
        """The last receipts, newest first: at most ``limit``, none before ``since`` (Unix milliseconds)."""
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM receipts WHERE made_at >= ? ORDER BY id DESC LIMIT ?",  # noqa: S608
            since, -1 if limit is None else max(limit, 0),
        )  # fmt: skip
        return tuple(Receipt(*row) for row in rows)

    def matches(self, text: str) -> tuple[Receipt, ...]:
        """The receipts of work on exactly this input, newest first."""
        keys = self._database.rows("SELECT value FROM secrets WHERE name = ?", _SECRET)
        if not keys:
            return ()
        rows = self._database.rows(
            f"SELECT {_COLUMNS} FROM receipts WHERE input_hash = ? AND input_length = ? ORDER BY id DESC",  # noqa: S608
            _hash(text, keys[0][0]), len(text),
        )  # fmt: skip
        return tuple(Receipt(*row) for row in rows)

    def clear(self) -> int:
        """Remove all receipts and the key of their hashes; returns how many receipts there were."""
        with self._database.transaction() as execute:
            execute("DELETE FROM secrets WHERE name = ?", _SECRET)
            execute("DELETE FROM receipts")
            return int(execute("SELECT changes()")[0][0])


def _key(execute: Execute) -> bytes:
    """The key of the hashes, made at first use. Read anew each time: another process may have erased it."""
    execute("INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)", _SECRET, os.urandom(_KEY_BYTES))
    ((key,),) = execute("SELECT value FROM secrets WHERE name = ?", _SECRET)
    return bytes(key)


def _hash(text: str, key: bytes) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=key, digest_size=_HASH_BYTES).digest()
