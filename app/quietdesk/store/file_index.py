"""The files that Quietdesk has read: what they are, how they are tagged, and the ways to find them again."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.search_text import name_words, parse, searchable
from quietdesk.store.stored_path import stored_path
from quietdesk.store.vector_index import VectorIndex

if TYPE_CHECKING:
    from quietdesk.store.database import Database, Execute

Status = Literal["tagged", "review", "failed"]
By = Literal["model", "person"]

HASH_BYTES = 16
TAG_WEIGHT = 4.0
"""A word among the tags or in the file's name counts as much as four in the text (bm25's column weights)."""
_HASH_CHUNK = 1 << 20
# An entry of the full-text index cannot be changed without the text. Where that is not at hand, a second entry of the
# file, this much further on, carries the new words.
_SECOND_ENTRY = 1 << 40
_FIELDS = (
    "path, volume, inode, size, mtime_ns, content_hash, text_hash, language, label_set, label, confidence, status, "
    "reason, seen_at"
)


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """Tells a file again. volume, inode: of ``os.stat``; mtime_ns: nanoseconds; content_hash: 16 bytes, blake2b."""

    volume: str
    inode: str
    size: int
    mtime_ns: int
    content_hash: bytes

    @classmethod
    def read(cls, path: Path) -> FileIdentity:
        """The identity of the file as it is now.

        Raises:
            UserError: ``not_found`` or ``unreadable``.
        """
        hasher = hashlib.blake2b(digest_size=HASH_BYTES)
        try:
            with path.open("rb") as stream:
                facts = os.fstat(stream.fileno())
                while chunk := stream.read(_HASH_CHUNK):
                    hasher.update(chunk)
        except FileNotFoundError as error:
            raise UserError(
                ErrorCode.NOT_FOUND, "File not found", f"{path} does not exist.", "Check the name."
            ) from error
        except OSError as error:
            raise UserError(
                ErrorCode.UNREADABLE, "File cannot be read", f"{path}: {error.strerror or error}",
                "Check that it is a file and that you may read it.",
            ) from error
        return cls(str(facts.st_dev), str(facts.st_ino), facts.st_size, facts.st_mtime_ns, hasher.digest())


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file at its last reading.

    text_hash: of the text that was read, or None; confidence: 0 to 1, None when a person chose the label; reason: why
    it needs review or failed; seen_at: Unix milliseconds; id: 0 until it is stored.
    """

    path: Path
    identity: FileIdentity
    text_hash: bytes | None
    language: str | None
    label_set: str | None
    label: str | None
    confidence: float | None
    status: Status
    reason: str
    seen_at: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A file that was found. score: higher is better; a cosine for ``like_this``, else bm25."""

    record: FileRecord
    score: float


class FileIndex:
    """Records, tags, full text and vectors of the files, in step with each other: each change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vectors = VectorIndex(database)

    def put(self, record: FileRecord, text: str | None, tags: Sequence[str], by: By,  # noqa: PLR0917
            vector: bytes | None, space: str) -> int:  # fmt: skip
        """Keep what a reading gave, in place of an earlier one of the same path, and return the record's id.

        Tags by the model never replace a person's. text: None when none could be read; the file is then found by its
        name and tags. vector: float32, little-endian. space: names the model and the way that made the vector.

        Raises:
            ValueError: the vector is not a row of finite numbers.
        """
        marks = ", ".join("?" * len(_FIELDS.split(",")))
        changes = ", ".join(f"{name} = excluded.{name}" for name in _FIELDS.split(", ")[1:])
        with self._database.transaction() as execute:
            file_id = int(execute(
                f"INSERT INTO files ({_FIELDS}) VALUES ({marks}) "  # noqa: S608  names of columns
                f"ON CONFLICT (path) DO UPDATE SET {changes} RETURNING id",
                *_values(record),
            )[0][0])  # fmt: skip
            execute("DELETE FROM tags WHERE file_id = ? AND (by = 'model' OR ? = 'person')", file_id, by)
            for tag in tags:
                execute("INSERT OR IGNORE INTO tags VALUES (?, ?, ?, ?)", file_id, tag, by, _now())
            self._vectors.remove(execute, file_id)
            if vector is not None:
                self._vectors.put(execute, file_id, vector, space)
            _enter(execute, file_id, text or "")
        return file_id

    def get(self, file_id: int) -> FileRecord | None:
        """The record of that id."""
        return next(iter(self._records("id = ?", file_id)), None)

    def find(self, path: Path) -> FileRecord | None:
        """The record of that path."""
        return next(iter(self._records("path = ?", stored_path(path))), None)

    def find_moved(self, identity: FileIdentity) -> FileRecord | None:
        """The record of a file that is no longer where it was, and that is now the file of ``identity``.

        Either the very same file, with the same content; or one with the same content, when nothing is at the old
        path any more (a move between drives). A second name of a file that is still there is not a move.
        """
        same_file = self._records(
            "volume = ? AND inode = ? AND content_hash = ?", identity.volume, identity.inode, identity.content_hash
        )
        for record in same_file:
            if not _still_there(record):
                return record
        same_content = self._records("content_hash = ? AND size = ?", identity.content_hash, identity.size)
        return next((record for record in same_content if not os.path.lexists(record.path)), None)

    def move(self, file_id: int, new_path: Path, text: str | None = None) -> None:
        """The file has a new path; a record that was there is dropped, since its file was overwritten.

        text: what is in the file, if it is at hand. Without it the old name's words go on finding the file, beside the
        new ones, until it is read again.
        """
        with self._database.transaction() as execute:
            name = stored_path(new_path)
            for (replaced,) in execute("SELECT id FROM files WHERE path = ? AND id <> ?", name, file_id):
                _remove(execute, replaced)
            execute("UPDATE files SET path = ? WHERE id = ?", name, file_id)
            _enter(execute, file_id, text)

    def remove(self, file_id: int) -> None:
        """Forget a file. Its words leave the disk with the database's next ``compact``."""
        with self._database.transaction() as execute:
            _remove(execute, file_id)

    def all(self, status: Status | None = None, tag: str | None = None) -> list[FileRecord]:
        """The records, by path; only those of a status, or with a tag, if given."""
        return self._records(
            "(?1 IS NULL OR status = ?1) AND (?2 IS NULL OR id IN (SELECT file_id FROM tags WHERE label = ?2))",
            status, tag,
        )

    def search(self, query: str, limit: int = 50) -> list[Hit]:
        """The files in whose text, name or tags the words occur, the best first; see :func:`search_text.parse`."""
        words = parse(query)
        if words.wanted:
            found = self._database.rows(
                "SELECT rowid % ?1, -rank FROM texts WHERE texts MATCH ?2 AND rank MATCH ?3 AND (?4 = '' OR rowid % ?1 "
                "NOT IN (SELECT rowid % ?1 FROM texts WHERE texts MATCH ?4)) ORDER BY rank LIMIT ?5",
                _SECOND_ENTRY, words.wanted, f"bm25(1.0, {TAG_WEIGHT})", words.unwanted, 2 * limit,
            )
        elif words.unwanted:
            found = self._database.rows(
                "SELECT id, 0.0 FROM files WHERE id NOT IN (SELECT rowid % ? FROM texts WHERE texts MATCH ?) "
                "ORDER BY seen_at DESC LIMIT ?",
                _SECOND_ENTRY, words.unwanted, limit,
            )
        else:
            return []
        best: dict[int, float] = {}
        for file_id, score in found:
            best.setdefault(file_id, score)
        return self._hits(list(best.items())[:limit])

    def like_this(self, like: int | bytes, space: str, limit: int = 20) -> list[Hit]:
        """The files most like one (its id; itself left out), or like a vector (float32, little-endian), the best first.

        Only vectors of ``space`` are compared; a file that has none there is like no other.
        """
        vector = self._vectors.vector(like, space) if isinstance(like, int) else like
        if vector is None:
            return []
        found = self._vectors.nearest(vector, space, limit + 1)
        return self._hits([hit for hit in found if hit[0] != like][:limit])

    def vector(self, file_id: int, space: str) -> bytes | None:
        """The file's vector (float32, little-endian), to the precision of float16; None: it has none in that space."""
        return self._vectors.vector(file_id, space)

    def correct(self, file_id: int, label_set: str, label: str, instead_of: str | None,
                text: str | None = None) -> None:  # fmt: skip
        """A person gave the file a label, in place of another one or in addition to those it has.

        text: as for :meth:`move`.
        """
        with self._database.transaction() as execute:
            execute(
                "INSERT INTO corrections (file_id, label_set, label, instead_of, made_at) VALUES (?, ?, ?, ?, ?)",
                file_id, label_set, label, instead_of, _now(),
            )
            execute("DELETE FROM tags WHERE file_id = ? AND label IN (?, ?)", file_id, instead_of, label)
            execute("INSERT INTO tags VALUES (?, ?, 'person', ?)", file_id, label, _now())
            execute(
                "UPDATE files SET label_set = ?, label = ?, confidence = NULL, status = 'tagged', reason = '' "
                "WHERE id = ?",
                label_set, label, file_id,
            )
            _enter(execute, file_id, text)

    def tags(self, file_id: int) -> tuple[str, ...]:
        """The file's tags, by name."""
        found = self._database.rows("SELECT label FROM tags WHERE file_id = ? ORDER BY label", file_id)
        return tuple(label for (label,) in found)

    def counts(self) -> dict[str, int]:
        """How many files have each status; those that none has are left out."""
        return dict(self._database.rows("SELECT status, count(*) FROM files GROUP BY status"))

    def _records(self, condition: str, *values: Any) -> list[FileRecord]:
        found = self._database.rows(
            f"SELECT id, {_FIELDS} FROM files WHERE {condition} ORDER BY path", *values  # noqa: S608  the callers' own
        )
        return [_record(row) for row in found]

    def _hits(self, found: list[tuple[int, float]]) -> list[Hit]:
        places = ",".join("?" * len(found))
        records = {record.id: record for record in self._records(f"id IN ({places})", *(hit[0] for hit in found))}
        return [Hit(records[file_id], score) for file_id, score in found if file_id in records]


def _enter(execute: Execute, file_id: int, text: str | None) -> None:
    """Make the file's entry in the full-text index; text None: add the words of its name and tags as they are now."""
    tags = [label for (label,) in execute("SELECT label FROM tags WHERE file_id = ? ORDER BY label", file_id)]
    ((path,),) = execute("SELECT path FROM files WHERE id = ?", file_id)
    words = f"{name_words(_path(path))} {searchable(' '.join(tags))}"
    execute("DELETE FROM texts WHERE rowid = ?", file_id + _SECOND_ENTRY)
    if text is not None:
        execute("DELETE FROM texts WHERE rowid = ?", file_id)
    entry = file_id if text is not None else file_id + _SECOND_ENTRY
    execute("INSERT INTO texts (rowid, body, tags) VALUES (?, ?, ?)", entry, searchable(text or ""), words)


def _remove(execute: Execute, file_id: int) -> None:
    execute("DELETE FROM texts WHERE rowid IN (?, ?)", file_id, file_id + _SECOND_ENTRY)
    execute("DELETE FROM files WHERE id = ?", file_id)


def _still_there(record: FileRecord) -> bool:
    """Whether the old path names that very file, in just these letters: a change of case is a move as well."""
    try:
        facts = record.path.stat()
        names = os.listdir(record.path.parent)  # noqa: PTH208  as they are spelled on disk
    except OSError:
        return False
    same = (str(facts.st_dev), str(facts.st_ino)) == (record.identity.volume, record.identity.inode)
    return same and record.path.name in names


def _values(record: FileRecord) -> tuple[Any, ...]:
    identity = record.identity
    return (
        stored_path(record.path), identity.volume, identity.inode, identity.size, identity.mtime_ns,
        identity.content_hash,
        record.text_hash, record.language, record.label_set, record.label, record.confidence, record.status,
        record.reason, record.seen_at,
    )  # fmt: skip


def _record(row: tuple[Any, ...]) -> FileRecord:
    file_id, path, *rest = row
    return replace(FileRecord(_path(path), FileIdentity(*rest[:5]), *rest[5:]), id=file_id)


def _path(stored: str | bytes) -> Path:
    return Path(os.fsdecode(stored))


def _now() -> int:
    return time.time_ns() // 1_000_000
