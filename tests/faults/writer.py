"""Writes to a database at random until it is killed, and prints what was accepted.

    python -m faults.writer FILE SEED    (the key's hex digits on standard input)

A line ``ID GROUP`` says that a row is stored, ``gone ID`` that one may be deleted from now on.
"""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path

from quietdesk.store.database import Database, Execute

GROUP_ROWS = 3
"""Rows of one group are written in one transaction."""


def main() -> None:
    """Open the file and write for ever."""
    key = bytes.fromhex(sys.stdin.readline())
    # Seeded, so that a failure can be repeated.
    write(Database.open(Path(sys.argv[1]), key), random.Random(int(sys.argv[2])))  # noqa: S311


def write(database: Database, chance: random.Random) -> None:
    """Insert groups and single rows, index words, delete and compact."""
    singles: list[int] = []
    while True:
        throw = chance.random()
        if throw < 0.02:
            database.compact()
        elif throw < 0.2 and singles:
            delete(database, singles.pop(chance.randrange(len(singles))))
        elif throw < 0.6:
            singles.append(insert_single(database, chance))
        else:
            insert_group(database, chance)


def insert_single(database: Database, chance: random.Random) -> int:
    """A row with words in the index."""
    with database.transaction() as execute:
        number = insert(execute, chance, "-")
        execute("INSERT INTO texts (rowid, body, tags) VALUES (?, ?, '')", number, content(chance, 400))
    say(f"{number} -")
    return number


def insert_group(database: Database, chance: random.Random) -> None:
    """Rows that must be there together."""
    group = f"{chance.getrandbits(64):016x}"
    with database.transaction() as execute:
        numbers = [insert(execute, chance, group) for _ in range(GROUP_ROWS)]
    for number in numbers:
        say(f"{number} {group}")


def delete(database: Database, number: int) -> None:
    """Delete a single row with its words."""
    say(f"gone {number}")
    with database.transaction() as execute:
        execute("DELETE FROM history WHERE id = ?", number)
        execute("DELETE FROM texts WHERE rowid = ?", number)


def insert(execute: Execute, chance: random.Random, group: str) -> int:
    """A row whose ``model`` is the hash of its content."""
    text = content(chance, 30_000)
    return int(execute(
        "INSERT INTO history (made_at, task, source, output, model) VALUES (0, 'fault', ?, ?, ?) RETURNING id",
        group, text, digest(text),
    )[0][0])  # fmt: skip


def content(chance: random.Random, longest: int) -> str:
    """Up to that many characters, in words of ten."""
    text = chance.randbytes(chance.randrange(longest) // 2).hex()
    return " ".join(text[place : place + 10] for place in range(0, len(text), 10))


def digest(text: str) -> str:
    """What the content is checked with."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def say(line: str) -> None:
    """Print at once: what is printed must be stored."""
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
