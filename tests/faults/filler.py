"""Fills a database until there is no space for more, and prints the ids of what was accepted and the error's code.

    python -m faults.filler FILE BYTES    (the key's hex digits on standard input)

BYTES is the largest size the system lets a file have, as if the disk were full there; it holds from before the file
is opened.
"""

from __future__ import annotations

import random
import resource
import sys
from contextlib import suppress
from pathlib import Path

from faults.writer import insert, say
from quietdesk.errors import UserError
from quietdesk.store.database import Database


def main() -> None:
    """Fill it."""
    key = bytes.fromhex(sys.stdin.readline())
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        with Database.open(Path(sys.argv[1]), key) as database:
            fill(database)
    except UserError as error:
        say(error.code.value)


def fill(database: Database) -> None:
    """Insert until a row is refused; then the database must still answer, and refuse again or compact.

    Raises:
        UserError: ``disk_full``.
    """
    chance = random.Random(1)  # noqa: S311  any content does
    accepted = 0
    try:
        while True:
            with database.transaction() as execute:
                number = insert(execute, chance, "-")
            say(str(number))
            accepted += 1
    except UserError:
        assert database.rows("SELECT count(*) FROM history") == [(accepted,)]
        # It either fits into the space that is left or is refused; the rows are there in both cases.
        with suppress(UserError):
            database.compact()
        assert database.rows("SELECT count(*) FROM history") == [(accepted,)]
        raise


if __name__ == "__main__":
    main()
