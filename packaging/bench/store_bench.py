"""How quick the store is with many files: opening it, searching, and finding files like one.

    python packaging/bench/store_bench.py [--records 100000] [--folder FOLDER] [--runs 15]

Makes an encrypted database of random texts and of random vectors in clusters, and prints medians with the largest
value, and the recall: which part of the 20 nearest by exact cosine ``like_this`` finds.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from quietdesk.store.database import Database, Execute
from quietdesk.store.file_index import FileIdentity, FileIndex, FileRecord

KEY = bytes(range(32))
SPACE = "bench"
WIDTH = 1280
CLUSTERS = 300
WORDS = 40_000
WORDS_OF_A_TEXT = 120
LABELS = ("invoice", "contract", "letter", "payslip", "report", "minutes", "recipe", "manual")
BATCH = 2_000
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we", "zi")


class Batch:
    """Stands in for a database, so that many records become one transaction."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        yield self._execute


def vocabulary() -> list[str]:
    """Words of three to five syllables, and a tenth of them Chinese ones of two characters."""
    combinations = map("".join, itertools.product(SYLLABLES, repeat=4))
    latin = list(itertools.islice(combinations, WORDS * 9 // 10))
    chinese = [chr(0x4E00 + i % 3_000) + chr(0x4E00 + i * 7 % 2_999) for i in range(WORDS // 10)]
    words = latin + chinese
    np.random.default_rng(1).shuffle(words)
    return words


def vectors(count: int) -> NDArray[np.float16]:
    """Clustered and with a common direction, as the means of hidden states have."""
    chance = np.random.default_rng(2)
    common = chance.normal(size=WIDTH) * 3
    centres = chance.normal(size=(CLUSTERS, WIDTH)) + common
    found = np.empty((count, WIDTH), np.float16)
    for start in range(0, count, BATCH):
        rows = centres[chance.integers(CLUSTERS, size=min(BATCH, count - start))]
        found[start : start + BATCH] = rows + chance.normal(size=rows.shape) * 0.7
    return found


def fill(database: Database, rows: NDArray[np.float16]) -> None:
    words, chance = vocabulary(), np.random.default_rng(3)
    weights = 1 / np.arange(1, WORDS + 1)  # Zipf
    cumulated = np.cumsum(weights / weights.sum())
    for start in range(0, len(rows), BATCH):
        with database.transaction() as execute:
            index = FileIndex(cast("Database", Batch(execute)))
            for number in range(start, min(start + BATCH, len(rows))):
                drawn = np.searchsorted(cumulated, chance.random(WORDS_OF_A_TEXT))
                text = " ".join(words[min(i, WORDS - 1)] for i in drawn)
                label = LABELS[number % len(LABELS)]
                index.put(record(number, label), text, [label], "model", rows[number].astype("<f4").tobytes(), SPACE)


def record(number: int, label: str) -> FileRecord:
    identity = FileIdentity("1", str(number), 4_000, number, number.to_bytes(16))
    path = Path(f"/home/someone/Documents/{number % 97}/{label} {number}.pdf")
    return FileRecord(path, identity, number.to_bytes(16), "en", "default", label, 0.9, "tagged", "", number)


def milliseconds(work: Callable[..., Any], *values: Any) -> float:
    started = time.perf_counter()
    work(*values)
    return (time.perf_counter() - started) * 1000


def show(name: str, values: list[float], bar: str = "") -> None:
    print(f"{name:44} {statistics.median(values):8.1f} {max(values):8.1f} ms  {bar}", flush=True)


def recall(index: FileIndex, rows: NDArray[np.float16], ids: list[int]) -> float:
    """The part of the 20 nearest of each of the files that is found, on average."""
    lengths = np.concatenate([np.linalg.norm(part.astype(np.float32), axis=1) for part in parts(rows)])
    shares = []
    for file_id in ids:
        query = rows[file_id - 1].astype(np.float32)
        scores = np.concatenate([part.astype(np.float32) @ query for part in parts(rows)]) / lengths
        scores[file_id - 1] = -np.inf
        nearest = {int(place) + 1 for place in np.argpartition(scores, -20)[-20:]}
        shares.append(len(nearest & {hit.record.id for hit in index.like_this(file_id, SPACE)}) / 20)
    return statistics.mean(shares)


def parts(rows: NDArray[np.float16]) -> Iterator[NDArray[np.float16]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def measure(place: Path, rows: NDArray[np.float16], runs: int) -> None:
    words = vocabulary()
    print(f"{len(rows):,} records, {place.stat().st_size / 1e6:,.0f} MB{'':19} median  largest")
    show("open", [milliseconds(lambda: Database.open(place, KEY).close()) for _ in range(runs)], "(bar 300)")
    with Database.open(place, KEY) as database:
        index = FileIndex(database)
        queries = {
            "search: first after start": [words[50]],
            "search: one rare word": words[5_000 : 5_000 + runs],
            "search: one common word": words[20 : 20 + runs],
            "search: the commonest word": words[:1] * runs,
            "search: two common words": [f"{a} {b}" for a, b in itertools.pairwise(words[20 : 21 + runs])],
            "search: tag and word": [f"{words[200 + i]} invoice" for i in range(runs)],
            "search: beginning of a word": [word[:4] for word in words[100 : 100 + runs]],
            "search: phrase": [f'"{words[20 + i]} {words[i]}"' for i in range(runs)],
        }
        for name, each in queries.items():
            show(name, [milliseconds(index.search, query) for query in each], "(bar 150)")
        chosen = [int(i) + 1 for i in np.random.default_rng(4).integers(len(rows), size=runs)]
        show("like this: first after start", [milliseconds(index.like_this, chosen[0], SPACE)])
        show("like this", [milliseconds(index.like_this, i, SPACE) for i in chosen], "(bar 200)")
        put_one(index, 1, rows)
        show("like this: after one change", [milliseconds(index.like_this, chosen[0], SPACE)])
        print(f"{'recall of the 20 nearest':44} {recall(index, rows, chosen):8.3f}")
        show("put, one record", [milliseconds(put_one, index, i, rows) for i in range(2, 2 + runs)])
        show("compact", [milliseconds(database.compact)])


def put_one(index: FileIndex, number: int, rows: NDArray[np.float16]) -> None:
    vector = rows[number].astype("<f4").tobytes()
    label = LABELS[number % len(LABELS)]
    index.put(record(number, label), "some new words", [label], "model", vector, SPACE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="where the database is made and kept (default: a temporary folder)")
    parser.add_argument("--runs", type=int, default=15)
    arguments = parser.parse_args()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="store-bench-"))
    place = folder / "bench.db"
    try:
        rows = vectors(arguments.records)
        if not place.exists():
            with Database.open(place, KEY) as database:
                started = time.monotonic()
                fill(database, rows)
                print(f"filled in {time.monotonic() - started:.0f} s on {os.cpu_count()} cores", flush=True)
        measure(place, rows, arguments.runs)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
