"""Kills writers in the middle of their work and checks what they had said was stored."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from faults.writer import GROUP_ROWS, digest
from quietdesk.store.database import Database

WRITERS = 2
"""Processes that write to one file at once; each is killed at its own moment."""


@dataclass
class Accepted:
    """What the writers said: ``kept`` must be there, ``gone`` may be there or not."""

    kept: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)

    def read(self, output: str) -> None:
        """Add the writers' lines; each was written in one piece."""
        for line in output.splitlines():
            match line.split():
                case ["gone", number]:
                    self.gone.add(int(number))
                case [number, _]:
                    self.kept.add(int(number))


def kill_writers(path: Path, key: bytes, chance: random.Random, accepted: Accepted) -> None:
    """Start writers, kill each after up to half a second of writing or while it opens the file; note what they said."""
    with tempfile.TemporaryFile("w+") as output:
        writers = [start("faults.writer", path, key, output, str(chance.getrandbits(32))) for _ in range(WRITERS)]
        try:
            if chance.random() < 0.7:
                _wait_for_output(output)
            time.sleep(chance.uniform(0, 0.5))
        finally:
            for writer in writers:
                writer.kill()
                time.sleep(chance.uniform(0, 0.1))
            ends = [writer.wait() for writer in writers]
        assert ends == [-signal.SIGKILL] * WRITERS, "a writer ended by itself"
        output.seek(0)
        accepted.read(output.read())


def start(module: str, path: Path, key: bytes, output: TextIO, *arguments: str) -> subprocess.Popen[bytes]:
    """A process that gets the key on its standard input."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(path), *arguments],
        stdin=subprocess.PIPE, stdout=output, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert process.stdin
    with process.stdin as keyhole:
        keyhole.write(f"{key.hex()}\n".encode())
    return process


def _wait_for_output(output: TextIO, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not os.fstat(output.fileno()).st_size:
        assert time.monotonic() < deadline, "no writer has written"
        time.sleep(0.01)


def check(path: Path, key: bytes, accepted: Accepted) -> int:
    """Open the file after the kill; returns the number of its rows.

    Everything that was accepted must be there and whole, groups complete, and SQLite must find no fault.
    """
    with Database.open(path, key) as database:
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
        rows = database.rows("SELECT id, source, output, model FROM history")
        database.rows("INSERT INTO texts(texts) VALUES ('integrity-check')")
    found = {number for number, *_ in rows}
    assert accepted.kept - accepted.gone <= found
    assert all(digest(text) == model for _, _, text, model in rows)
    assert_groups_complete([group for _, group, *_ in rows])
    return len(rows)


def assert_groups_complete(groups: Sequence[str]) -> None:
    """Each group has all its rows."""
    sizes = {group: groups.count(group) for group in set(groups) - {"-"}}
    assert set(sizes.values()) <= {GROUP_ROWS}
