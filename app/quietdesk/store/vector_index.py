"""Documents like a given one: the cosine of their vectors, found by way of small sketches.

A vector of 1280 numbers is kept twice: at half precision, and as a sketch of 256 bytes, a random projection on signs
(Achlioptas, "Database-friendly random projections", 2003). The sketches of a space are held in memory and pick the
candidates; the vectors themselves rank these.
"""

from __future__ import annotations

import functools
import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quietdesk.store.database import Database, Execute

SKETCH_SIZE = 256
"""Numbers of a sketch. At 100,000 vectors it takes 26 MB (packaging/bench/store_bench.py)."""
CANDIDATES = 500
"""Vectors that are compared exactly. Of the 20 nearest among 100,000, none was lost with 500 even in clusters without
any structure of their own, and an eighth with 200 (same benchmark)."""
_ROWS_AT_ONCE = 8_192  # of int8 that become float32 together: 8 MB
_SEED = b"quietdesk sketch 1"

Floats = NDArray[np.float32]


@dataclass(slots=True)
class _Loaded:
    """The sketches of a space in memory, in the order of ``last``, the number of the newest."""

    last: int
    files: NDArray[np.int64]
    scales: Floats
    rows: NDArray[np.int8]
    squares: Floats


class VectorIndex:
    """Keeps one vector of each file and finds the nearest. ``space`` names the model and the way that made a vector."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loaded: dict[str, _Loaded] = {}

    @staticmethod
    def put(execute: Execute, file_id: int, vector: bytes, space: str) -> None:
        """Keep ``vector`` (float32, little-endian) inside the caller's transaction; it replaces the file's old one.

        Raises:
            ValueError: it is not a row of finite numbers.
        """
        numbers = _numbers(vector)
        row = file_id, space
        execute("INSERT OR REPLACE INTO vectors (file_id, space, vector) VALUES (?, ?, ?)", *row, pack(numbers))
        execute("INSERT OR REPLACE INTO sketches (file_id, space, sketch) VALUES (?, ?, ?)", *row, sketch(numbers))

    @staticmethod
    def remove(execute: Execute, file_id: int) -> None:
        """Forget the file's vector inside the caller's transaction."""
        execute("DELETE FROM vectors WHERE file_id = ?", file_id)
        execute("DELETE FROM sketches WHERE file_id = ?", file_id)

    def vector(self, file_id: int, space: str) -> bytes | None:
        """The file's vector in that space as float32, little-endian, to the precision of float16; None: it has none."""
        found = self._database.rows("SELECT vector FROM vectors WHERE file_id = ? AND space = ?", file_id, space)
        return unpack(found[0][0]).astype("<f4").tobytes() if found else None

    def nearest(self, vector: bytes, space: str, limit: int) -> list[tuple[int, float]]:
        """The files whose vectors point most nearly the same way: (id, cosine), the most similar first.

        Raises:
            ValueError: ``vector`` is not a row of finite numbers.
        """
        query = _unit(_numbers(vector))
        loaded = self._load(space)
        wanted = min(max(CANDIDATES, 25 * limit), len(loaded.files))
        if wanted == 0 or limit <= 0:
            return []
        scores = _sketch_scores(loaded, _project(query))
        best = np.argpartition(scores, -wanted)[-wanted:]
        ranked = sorted(self._exact(query, loaded.files[best].tolist(), space), key=lambda hit: (-hit[1], hit[0]))
        return ranked[:limit]

    def _exact(self, query: Floats, files: list[int], space: str) -> list[tuple[int, float]]:
        places = ",".join("?" * len(files))
        found = self._database.rows(
            f"SELECT file_id, vector FROM vectors WHERE space = ? AND file_id IN ({places})",  # noqa: S608  only ? marks
            space, *files,
        )
        vectors = [(file_id, _unit(unpack(packed))) for file_id, packed in found]
        return [(file_id, float(each @ query)) for file_id, each in vectors if each.size == query.size]

    def _load(self, space: str) -> _Loaded:
        """The sketches as they are in the file now: those that were added are read, and all when some went."""
        ((count, last),) = self._database.rows(
            "SELECT count(*), coalesce(max(id), 0) FROM sketches WHERE space = ?", space
        )
        loaded = self._loaded.get(space)
        if loaded is not None and last > loaded.last:
            loaded = _newest(loaded, self._read(space, loaded.last))
        # Numbers are never used twice, so that the same count means the same sketches.
        if loaded is None or len(loaded.files) != count:
            loaded = self._read(space, 0)
        self._loaded[space] = loaded
        return loaded

    def _read(self, space: str, after: int) -> _Loaded:
        found = self._database.rows(
            "SELECT id, file_id, sketch FROM sketches WHERE space = ? AND id > ? ORDER BY id", space, after
        )
        packed = np.frombuffer(b"".join(row[2] for row in found), np.int8).reshape(len(found), 4 + SKETCH_SIZE)
        rows = np.ascontiguousarray(packed[:, 4:])
        scales = np.ascontiguousarray(packed[:, :4]).view("<f4").reshape(-1).astype(np.float32)
        squares = _by_parts(rows, lambda part: np.einsum("ij,ij->i", part, part)) * scales**2
        files = np.fromiter((row[1] for row in found), np.int64, len(found))
        return _Loaded(found[-1][0] if found else after, files, scales, rows, squares)


def sketch(numbers: Floats) -> bytes:
    """A float32 scale and 256 int8: their product is the projection of the unit vector."""
    projected = _project(_unit(numbers))
    scale = np.float32(np.abs(projected).max() / 127)
    whole: NDArray[np.int8] = np.rint(projected / (scale or 1)).astype(np.int8)
    return _float32(scale) + whole.tobytes()


def pack(numbers: Floats) -> bytes:
    """A float32 length and the unit vector in float16: large numbers stay in range, small ones keep their digits."""
    return _float32(np.linalg.norm(numbers)) + _unit(numbers).astype("<f2").tobytes()


def unpack(packed: bytes) -> Floats:
    """The vector of what :func:`pack` made."""
    length = np.frombuffer(packed, "<f4", 1)[0]
    return np.frombuffer(packed, "<f2", offset=4).astype(np.float32) * np.float32(length)


def _newest(old: _Loaded, added: _Loaded) -> _Loaded:
    """Both together, without the old sketches of files that have a new one."""
    kept = ~np.isin(old.files, added.files)
    return _Loaded(
        added.last,
        np.concatenate([old.files[kept], added.files]),
        np.concatenate([old.scales[kept], added.scales]),
        np.concatenate([old.rows[kept], added.rows]),
        np.concatenate([old.squares[kept], added.squares]),
    )


def _sketch_scores(loaded: _Loaded, query: Floats) -> Floats:
    """Higher where the distance between the sketches is smaller.

    Between unit vectors distance and cosine give the same order. But a projection errs in proportion to what it
    projects: the difference of two near vectors is small, their product is not, least of all when all the vectors
    have a direction in common, as the means of hidden states do.
    """
    return 2 * loaded.scales * _by_parts(loaded.rows, lambda part: part @ query) - loaded.squares


def _by_parts(rows: NDArray[np.int8], compute: Callable[[Floats], Floats]) -> Floats:
    """One number for each row, without a copy of all of them in float32."""
    found = np.empty(len(rows), np.float32)
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        found[part] = compute(rows[part].astype(np.float32))
    return found


def _project(unit: Floats) -> Floats:
    return np.asarray(unit @ _signs(unit.size), np.float32)


@functools.lru_cache(maxsize=4)
def _signs(width: int) -> Floats:
    """The projection; from a hash, since it has to be the same in every version of numpy."""
    count = width * SKETCH_SIZE
    bits = np.unpackbits(np.frombuffer(hashlib.shake_256(_SEED).digest((count + 7) // 8), np.uint8))[:count]
    signs = bits.astype(np.float32).reshape(width, SKETCH_SIZE) * 2 - 1
    return np.asarray(signs / np.sqrt(SKETCH_SIZE), np.float32)


def _numbers(vector: bytes) -> Floats:
    if not vector or len(vector) % 4:
        raise ValueError("a vector is float32 numbers")
    numbers = np.frombuffer(vector, "<f4").astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(numbers @ numbers):
            raise ValueError("a vector has finite numbers, and a finite length")
    return numbers


def _float32(number: np.floating[Any]) -> bytes:
    return struct.pack("<f", number)


def _unit(numbers: Floats) -> Floats:
    length = float(np.linalg.norm(numbers))
    return np.asarray(numbers / length, np.float32) if length > 0 else numbers
