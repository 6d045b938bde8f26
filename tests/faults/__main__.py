"""Kill writers of the database many times: ``python -m faults --kills 500 --seed 1``."""

from __future__ import annotations

import argparse
import os
import random
import tempfile
from pathlib import Path

from faults.killing import WRITERS, Accepted, check, kill_writers

_ROUNDS_PER_FILE = 10
"""Then a new file is begun, so that its making is killed too."""


def main() -> None:
    """Run and say what was found; a fault ends it with an AssertionError and names the seed and the round."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="processes to kill")
    parser.add_argument("--seed", type=int, default=1, help="repeats a run, as far as the machine's timing allows")
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311  repeatable
    rounds, rows = -(-options.kills // WRITERS), 0
    for first in range(0, rounds, _ROUNDS_PER_FILE):
        with tempfile.TemporaryDirectory() as folder:
            path, key, accepted = Path(folder) / "quietdesk.db", os.urandom(32), Accepted()
            for number in range(first, min(first + _ROUNDS_PER_FILE, rounds)):
                kill_writers(path, key, chance, accepted)
                try:
                    rows_now = check(path, key, accepted)
                except Exception as error:
                    raise AssertionError(f"seed {options.seed}, round {number}: {error}") from error
            rows += rows_now
        print(f"{min(first + _ROUNDS_PER_FILE, rounds) * WRITERS} kills, {rows} rows whole", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
