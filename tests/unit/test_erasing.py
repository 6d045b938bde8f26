"""Erasing: what goes, what stays, and that no trace is left in the database or its files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.plain_pages import plain_pages
from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.database import Database
from quietdesk.store.erasing import Erasing
from quietdesk.store.history import History
from quietdesk.store.receipts import Receipts

KEY = b"k" * 32
DAY = 24 * 60 * 60 * 1000
NOW = 100 * DAY
# The word index keeps a word without the letters it shares with the one before, so that no other begins like these.
CANARY, KEPT = "qzcanaryxv", "vjkeptqz"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "papers"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "data" / "quietdesk.db", KEY) as database:
        yield database


@pytest.fixture
def erasing(database: Database) -> Erasing:
    return Erasing(database, lambda: NOW)


def remember(database: Database, path: Path | bytes, word: str = CANARY, when: int = NOW, state: str = "done") -> int:
    """A file's record with all that may hang on it; ``word`` is in each of them."""
    name = path if isinstance(path, bytes) else str(path)
    with database.transaction() as execute:
        ((number,),) = execute(
            "INSERT INTO files (path, volume, inode, size, mtime_ns, content_hash, label, status, reason, seen_at)"
            " VALUES (?, 'v', '1', 1, 1, ?, ?, 'tagged', ?, ?) RETURNING id",
            name, word.encode(), word, word, when,
        )  # fmt: skip
        execute("INSERT INTO vectors VALUES (?, 'space', ?)", number, word.encode())
        execute("INSERT INTO tags VALUES (?, ?, 'model', ?)", number, word, when)
        execute(
            "INSERT INTO corrections (file_id, label_set, label, made_at) VALUES (?, 's', ?, ?)", number, word, when
        )
        execute("INSERT INTO texts (rowid, body, tags) VALUES (?, ?, ?)", number, f"dear {word} yours", word)
        execute(
            "INSERT INTO jobs (kind, path, state, added_at, error) VALUES ('tag', ?, ?, ?, ?)", name, state, when, word
        )
        execute(
            "INSERT INTO actions (done_at, kind, path, after, state) VALUES (?, 'tag', ?, ?, 'done')", when, name, word
        )
    source = name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")
    History(database).add(
        task="summarize", source=source, text=None, output={"summary": word}, model="m", made_at=when
    )
    Receipts(database).add(
        task="summarize", asked_by="watcher", outcome="done", text=word, model="m", made_at=when
    )
    return int(number)


ONE_FILE = {"actions": 1, "corrections": 1, "files": 1, "history": 1, "jobs": 1, "tags": 1, "texts": 1, "vectors": 1}


def counts(database: Database) -> dict[str, int]:
    tables = [*ONE_FILE, "receipts", "secrets"]
    found = {table: int(database.rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables}  # noqa: S608
    return {table: count for table, count in found.items() if count}


def is_left(database: Database, word: str) -> bool:
    """Whether the decrypted pages have the word, free ones too; in plain no file may have it, and the -wal is empty."""
    files = {file.name: file.read_bytes() for file in database.path.parent.iterdir()}
    assert not files.get("quietdesk.db-wal")
    assert not any(word.encode() in content for content in files.values())
    plain = plain_pages(database.path, KEY)
    assert b"CREATE TABLE history" in plain
    return word.encode()[1:] in plain


def test_what_is_only_deleted_would_be_found(database: Database, folder: Path) -> None:
    number = remember(database, folder / "a.txt")
    with database.transaction() as execute:
        for table in ("files", "jobs", "actions", "history"):
            execute(f"DELETE FROM {table}")  # noqa: S608
        execute("DELETE FROM texts WHERE rowid = ?", number)
    assert set(counts(database)) == {"receipts", "secrets"}
    database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert is_left(database, CANARY)


def test_everything_leaves_nothing_but_the_empty_tables(
    database: Database, erasing: Erasing, folder: Path, tmp_path: Path
) -> None:
    for name in ("a.txt", "b.txt"):
        remember(database, folder / name)
    History(database).add(task="draft", source="", text=f"tell {CANARY}", output={}, model="m")
    ((secret,),) = database.rows("SELECT value FROM secrets")
    twice = {table: 2 * count for table, count in ONE_FILE.items()}
    assert erasing.everything() == {**twice, "history": 3, "receipts": 2, "secrets": 1}
    assert counts(database) == {}
    assert not is_left(database, CANARY)
    assert secret not in plain_pages(database.path, KEY)
    assert erasing.everything() == {}
    remember(database, folder / "a.txt", KEPT)
    assert database.rows("SELECT rowid FROM texts WHERE texts MATCH ?", KEPT) == [(1,)]
    assert database.rows("SELECT value FROM secrets") != [(secret,)]


def test_another_program_that_has_the_database_open_sees_it_empty(
    database: Database, erasing: Erasing, folder: Path, tmp_path: Path
) -> None:
    with Database.open(database.path, KEY) as other:
        remember(other, folder / "a.txt")
        erasing.everything()
        assert counts(other) == {}
        assert not is_left(other, CANARY)


def test_a_file_is_forgotten_and_others_are_not(
    database: Database, erasing: Erasing, folder: Path, tmp_path: Path
) -> None:
    remember(database, folder / "a.txt")
    kept = remember(database, folder / "a.txt.bak", KEPT)
    History(database).add(task="draft", source="", text=f"{KEPT} typed", output={}, model="m")
    assert erasing.file(folder / "a.txt") == ONE_FILE
    assert counts(database) == {**ONE_FILE, "history": 2, "receipts": 2, "secrets": 1}
    assert not is_left(database, CANARY)
    assert is_left(database, KEPT)
    assert database.rows("SELECT rowid FROM texts WHERE texts MATCH ?", KEPT) == [(kept,)]
    assert database.rows("SELECT rowid FROM texts WHERE texts MATCH 'dear'") == [(kept,)]
    assert erasing.file(folder / "a.txt") == {}


def test_a_folder_takes_what_is_below_it_along(
    database: Database, erasing: Erasing, folder: Path, tmp_path: Path
) -> None:
    """Names that would mean something in a pattern are just names."""
    gone, near = folder / "100%_[a]*", folder / "100%_[a]*b"
    for path in (gone / "a.txt", gone / "deep" / "你好.txt"):
        remember(database, path)
    for path in (near / "a.txt", folder / "100xy", folder / "100%_[A]*" / "a.txt"):
        remember(database, path, KEPT)
    assert erasing.file(gone) == {table: 2 * count for table, count in ONE_FILE.items()}
    assert counts(database)["files"] == 3
    assert not is_left(database, CANARY)
    assert erasing.file(Path(tmp_path.anchor))["files"] == 3


@pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")
def test_a_name_that_is_no_text_is_found(database: Database, erasing: Erasing, folder: Path, tmp_path: Path) -> None:
    remember(database, f"{folder}/de\u0301ja".encode() + b"/\xff.txt")
    remember(database, str(folder).encode() + b"/\xfe.txt")
    assert erasing.file(folder / "de\u0301ja") == ONE_FILE
    assert erasing.file(folder / "\udcfe.txt") == ONE_FILE
    assert not is_left(database, CANARY)


def test_a_path_may_be_relative(
    database: Database, erasing: Erasing, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    monkeypatch.chdir(folder)
    remember(database, folder / "a.txt")
    assert erasing.file(Path("b/../a.txt")) == ONE_FILE


def test_a_move_is_forgotten_with_either_of_its_places(database: Database, erasing: Erasing, folder: Path) -> None:
    for place in ("new", "old"):
        with database.transaction() as execute:
            execute(
                "INSERT INTO actions (done_at, kind, path, before, after, state) VALUES (1, 'move', ?, ?, ?, 'done')",
                str(folder / "old"), str(folder / "old"), str(folder / "new"),
            )  # fmt: skip
        assert erasing.file(folder / place) == {"actions": 1}


def test_what_is_old_goes_and_what_has_work_left_stays(
    database: Database, erasing: Erasing, folder: Path, tmp_path: Path
) -> None:
    remember(database, folder / "old.txt", when=NOW - 31 * DAY)
    remember(database, folder / "new.txt", KEPT, when=NOW - 30 * DAY)
    with database.transaction() as execute:
        execute("INSERT INTO jobs (kind, path, state, added_at) VALUES ('tag', '/waiting', 'waiting', 1)")
    assert erasing.older_than(30) == {**ONE_FILE, "receipts": 1}
    assert not is_left(database, CANARY)
    assert database.rows("SELECT path FROM files") == [(str(folder / "new.txt"),)]
    assert counts(database)["jobs"] == 2
    assert erasing.older_than(10**30) == {}
    assert erasing.older_than(0) == {**ONE_FILE, "receipts": 1}
    with pytest.raises(UserError) as caught:
        erasing.older_than(-1)
    assert caught.value.code is ErrorCode.UNSUPPORTED


def test_one_result_can_be_erased(database: Database, erasing: Erasing, tmp_path: Path) -> None:
    history = History(database)
    kept = history.add(task="draft", source="", text=KEPT, output={}, model="m")
    gone = history.add(task="draft", source="", text=CANARY, output={}, model="m")
    assert erasing.history_item(gone) == {"history": 1}
    assert not is_left(database, CANARY)
    assert [item.id for item in history.list()] == [kept]
    with pytest.raises(UserError, match=str(gone)) as caught:
        erasing.history_item(gone)
    assert caught.value.code is ErrorCode.NOT_FOUND
