"""Streams of an OLE compound file (old Office, Outlook messages, encrypted OOXML).

Only what is needed to tell such files apart, to see that they are encrypted and to read small streams.
Source: [MS-CFB], Compound File Binary File Format.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # this and above: not a sector
_MAX_ENTRIES = 100_000
_STORAGE, _STREAM, _ROOT = 1, 2, 5


class CompoundFileError(ValueError):
    """The sector chains lead nowhere."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: int
    start: int
    size: int
    left: int
    right: int
    child: int


class CompoundFile:
    """Names and content of the streams of ``data``.

    Raises:
        CompoundFileError: header, tables or directory are broken.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or not data.startswith(MAGIC):
            raise CompoundFileError("no header")
        self._data = data
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise CompoundFileError("sector size")
        self._size, self._mini_size = 1 << shift, 1 << mini_shift
        directory, _, self._cutoff, mini_start = struct.unpack_from("<IIII", data, 48)
        self._table = self._allocation_table()
        self._entries = self._directory(self._chain(directory, self._table, self._size))
        root = next((entry for entry in self._entries if entry.kind == _ROOT), None)
        if root is None:
            raise CompoundFileError("no root")
        self._root = root
        self._mini_table = _numbers(self._chain(mini_start, self._table, self._size))
        self._paths = self._walk()

    def names(self) -> frozenset[str]:
        """Paths of all streams, storages separated by ``/``."""
        return frozenset(self._paths)

    def read(self, path: str, limit: int = 1 << 24) -> bytes | None:
        """The first ``limit`` bytes of a stream, None when there is no such stream."""
        entry = self._paths.get(path)
        if entry is None:
            return None
        size = min(entry.size, limit)
        if entry.size < self._cutoff:
            ministream = self._chain(self._root.start, self._table, self._size)
            return self._mini_chain(entry.start, ministream)[:size]
        return self._chain(entry.start, self._table, self._size, size)[:size]

    def _allocation_table(self) -> tuple[int, ...]:
        data, per_sector = self._data, self._size // 4
        sectors = list(struct.unpack_from("<109I", data, 76))
        following, count = struct.unpack_from("<II", data, 68)
        for _ in range(min(count, len(data) // self._size + 1)):
            if following >= _END:
                break
            block = _numbers(self._sector(following))
            sectors += block[: per_sector - 1]
            following = block[-1] if block else _END
        return tuple(n for sector in sectors if sector < _END for n in _numbers(self._sector(sector)))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._data):
            raise CompoundFileError("a sector is missing")
        return self._data[start : start + self._size]

    def _chain(self, start: int, table: tuple[int, ...], size: int, limit: int = 1 << 28) -> bytes:
        parts: list[bytes] = []
        length = 0
        while start < _END and length < limit:
            if start >= len(table) or len(parts) > len(table):
                raise CompoundFileError("broken chain")
            parts.append(self._sector(start))
            length += size
            start = table[start]
        return b"".join(parts)

    def _mini_chain(self, start: int, ministream: bytes) -> bytes:
        parts: list[bytes] = []
        while start < _END:
            if start >= len(self._mini_table) or len(parts) > len(self._mini_table):
                raise CompoundFileError("broken chain")
            parts.append(ministream[start * self._mini_size : (start + 1) * self._mini_size])
            start = self._mini_table[start]
        return b"".join(parts)

    @staticmethod
    def _directory(raw: bytes) -> tuple[_Entry, ...]:
        entries: list[_Entry] = []
        for offset in range(0, min(len(raw) // 128, _MAX_ENTRIES) * 128, 128):
            length, kind, _, left, right, child = struct.unpack_from("<HBBIII", raw, offset + 64)
            start, size = struct.unpack_from("<IQ", raw, offset + 116)
            name = raw[offset : offset + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            entries.append(_Entry(name, kind, start, size & 0xFFFFFFFF, left, right, child))
        return tuple(entries)

    def _walk(self) -> dict[str, _Entry]:
        """Streams by path; each storage is a binary tree of its entries."""
        paths: dict[str, _Entry] = {}
        seen: set[int] = set()
        todo = [(self._root.child, "")]
        while todo:
            number, prefix = todo.pop()
            if number >= len(self._entries) or number in seen:
                continue
            seen.add(number)
            entry = self._entries[number]
            todo += [(entry.left, prefix), (entry.right, prefix)]
            if entry.kind == _STREAM:
                paths[prefix + entry.name] = entry
            elif entry.kind == _STORAGE:
                todo.append((entry.child, f"{prefix}{entry.name}/"))
        return paths


def _numbers(raw: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4])
