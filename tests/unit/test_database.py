"""The encrypted database: opening and its failures, transactions, updates, and what is left of deleted rows."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.plain_pages import plain_pages
from quietdesk.errors import ErrorCode, UserError
from quietdesk.store import encrypted_file
from quietdesk.store.database import Database
from quietdesk.store.migrations import MIGRATIONS

KEY = bytes(range(32))
CANARY = "Zanzibar-Kanarienvogel"
HISTORY = "INSERT INTO history (made_at, task, source, output, model) VALUES (?, 'summarise', '', ?, 'm')"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "quietdesk.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with Database.open(path, KEY) as opened:
        yield opened


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A closed file with some rows."""
    path = tmp_path_factory.mktemp("written") / "quietdesk.db"
    with Database.open(path, KEY) as database:
        for number in range(30):
            database.rows(HISTORY, number, f"{CANARY} {number} " * 30)
    return path.read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    return {found.name: found.read_bytes() for found in folder.iterdir() if not found.name.endswith((".lock", "-shm"))}


def refused(path: Path, key: bytes = KEY, migrations: tuple[str, ...] = MIGRATIONS) -> UserError:
    """The error of an opening that must fail and change nothing."""
    before = files(path.parent)
    with pytest.raises(UserError) as caught:
        Database.open(path, key, migrations).close()
    after = files(path.parent)
    assert {name: content for name, content in after.items() if content or name in before} == before
    assert str(path) in caught.value.message
    return caught.value


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.iterdir():
        left.unlink()
    path.write_bytes(content)
    return path


def insert_history(database: Database, text: str) -> None:
    database.rows(HISTORY, 1, text)


def insert_index(database: Database, text: str) -> None:
    number = database.rows("SELECT count(*) FROM texts")[0][0] + 1
    database.rows("INSERT INTO texts (rowid, body, tags) VALUES (?, ?, '')", number, text)


def decrypted(database: Database) -> bytes:
    """All pages in plain, the free ones too."""
    database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    plain = plain_pages(database.path, KEY)
    assert b"CREATE TABLE history" in plain
    return plain


def names(path: Path) -> list[str]:
    return sorted(found.name for found in path.parent.iterdir())


def test_a_new_file_has_all_tables_and_the_promised_settings(database: Database) -> None:
    tables = {name for name, in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert {"history", "files", "vectors", "tags", "corrections", "jobs", "actions", "receipts", "secrets",
            "texts"} <= tables  # fmt: skip
    wanted = {"journal_mode": "wal", "secure_delete": 1, "foreign_keys": 1, "synchronous": 2, "temp_store": 2,
              "cipher": "chacha20", "user_version": len(MIGRATIONS)}  # fmt: skip
    assert {name: database.rows(f"PRAGMA {name}")[0][0] for name in wanted} == wanted


def test_rows_are_there_after_closing_and_opening(path: Path) -> None:
    with Database.open(path, KEY) as database:
        insert_history(database, "a résumé 你好")
        assert database.path == path
    with Database.open(path, KEY) as database:
        assert database.rows("SELECT output FROM history WHERE made_at = ?", 1) == [("a résumé 你好",)]
    assert names(path) == ["quietdesk.db", "quietdesk.db.lock"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
def test_every_file_is_for_its_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        with Database.open(path, KEY) as database:
            insert_history(database, "x")
            modes = {found.name: stat.S_IMODE(found.stat().st_mode) for found in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("quietdesk.db", "quietdesk.db-wal", "quietdesk.db-shm", "quietdesk.db.lock"), 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_file_holds_plain_text(database: Database, path: Path) -> None:
    for _ in range(50):
        insert_history(database, f"{CANARY} " * 100)
        insert_index(database, CANARY)
    for name, content in files(path.parent).items():
        assert CANARY.encode() not in content, name
        assert b"CREATE TABLE" not in content, name
        assert KEY not in content, name
    assert CANARY.encode() not in path.with_name("quietdesk.db-shm").read_bytes()


def test_a_key_has_32_bytes(path: Path) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Database.open(path, b"short")


def test_the_key_is_in_no_error_of_the_cipher() -> None:
    connection = apsw.Connection(":memory:")
    connection.close()
    with pytest.raises(RuntimeError) as caught:
        encrypted_file._give_key(connection, KEY)
    assert KEY.hex() not in str(caught.value)
    assert caught.value.__suppress_context__


def test_no_slow_key_derivation_runs(path: Path, written: bytes) -> None:
    """The cipher's own derivation would hash 64007 times for each opening."""
    put(path, written)
    started = time.process_time()
    for _ in range(20):
        Database.open(path, KEY).close()
    opening = (time.process_time() - started) / 20
    started = time.process_time()
    hashlib.pbkdf2_hmac("sha256", b"x", b"y", 64007)
    assert opening < (time.process_time() - started) / 2


def test_another_key_is_refused_as_such(path: Path, written: bytes) -> None:
    error = refused(put(path, written), key=bytes(32))
    assert error.code is ErrorCode.VAULT_LOCKED
    assert "damaged" not in error.message
    with Database.open(path, KEY) as database:
        assert database.rows("SELECT count(*) FROM history") == [(30,)]


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_flipped_bit_is_damage_and_never_another_key(path: Path, written: bytes, data: st.DataObject) -> None:
    # Half of the draws hit the first page, where it shows at once.
    place = data.draw(st.one_of(st.integers(0, encrypted_file.PAGE_BYTES - 1), st.integers(0, len(written) - 1)))
    damaged = bytearray(written)
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    put(path, bytes(damaged))
    if place < encrypted_file.PAGE_BYTES:
        assert refused(path).code is ErrorCode.CORRUPT
        return
    with pytest.raises(UserError) as caught:  # noqa: SIM117, PT012
        with Database.open(path, KEY) as database:
            if database.rows("PRAGMA integrity_check") != [("ok",)]:
                raise UserError(ErrorCode.CORRUPT, "", str(path))
    assert caught.value.code is ErrorCode.CORRUPT
    assert path.read_bytes() == bytes(damaged)


def test_damage_shows_when_the_page_is_read(path: Path, written: bytes) -> None:
    damaged = bytearray(written)
    with Database.open(put(path, written), KEY) as database:
        page = database.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'history'")[0][0]
    damaged[(page - 1) * encrypted_file.PAGE_BYTES + 200] ^= 1
    with Database.open(put(path, bytes(damaged)), KEY) as database:
        assert database.rows("SELECT count(*) FROM files") == [(0,)]
        with pytest.raises(UserError, match="damaged") as caught:
            database.rows("SELECT * FROM history")
        assert caught.value.code is ErrorCode.CORRUPT
        with pytest.raises(UserError), database.transaction() as execute:
            execute(HISTORY, 1, "x")
    assert path.read_bytes() == bytes(damaged)


@given(share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_file_is_called_shorter(path: Path, written: bytes, share: float) -> None:
    error = refused(put(path, written[: int(len(written) * share)]))
    assert error.code is ErrorCode.CORRUPT
    assert "shorter than it should be" in error.message


def test_a_file_cut_between_pages_is_called_shorter(path: Path, written: bytes) -> None:
    for size in range(encrypted_file.PAGE_BYTES, len(written), encrypted_file.PAGE_BYTES):
        assert "shorter than it should be" in refused(put(path, written[:size])).message


@pytest.mark.parametrize("content", [b"\0" * 8192, b"SQLite format 3\0" + b"\1" * 8176, os.urandom(8192)])
def test_something_else_in_its_place_is_damage(path: Path, content: bytes) -> None:
    assert refused(put(path, content)).code is ErrorCode.CORRUPT


def test_a_folder_in_its_place_cannot_be_used(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(UserError) as caught:
        Database.open(path, KEY)
    assert caught.value.code is ErrorCode.UNREADABLE


def test_a_file_of_a_newer_version_is_left_alone(path: Path, written: bytes) -> None:
    newer = (*MIGRATIONS, "CREATE TABLE more (x)")
    with Database.open(put(path, written), KEY, newer):
        pass
    error = refused(path)
    assert error.code is ErrorCode.UNSUPPORTED
    assert "Update Quietdesk" in error.hint


def test_refusals_leave_an_unfinished_wal_alone(path: Path, written: bytes) -> None:
    newer = (*MIGRATIONS, "CREATE TABLE more (x)")
    with Database.open(put(path, written), KEY, newer) as database:
        insert_history(database, "in the wal alone")
        crashed = files(path.parent)
    assert crashed["quietdesk.db-wal"]
    put(path, crashed["quietdesk.db"]).with_name("quietdesk.db-wal").write_bytes(crashed["quietdesk.db-wal"])
    assert refused(path).code is ErrorCode.UNSUPPORTED
    assert refused(path, key=bytes(32)).code is ErrorCode.VAULT_LOCKED
    with Database.open(path, KEY, newer) as database:
        assert database.rows("SELECT count(*) FROM history") == [(31,)]


def test_a_wal_without_its_file_does_not_get_into_a_new_one(path: Path) -> None:
    with Database.open(path, KEY) as database:
        insert_history(database, "old")
        wal = path.with_name("quietdesk.db-wal").read_bytes()
    path.unlink()
    path.with_name("quietdesk.db-wal").write_bytes(wal)
    with Database.open(path, KEY) as database:
        assert database.rows("SELECT * FROM history") == []


def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    with database.transaction() as execute:
        execute(HISTORY, 1, "a")
        assert execute("SELECT count(*) FROM history") == [(1,)]
    with pytest.raises(KeyError), database.transaction() as execute:  # noqa: PT012
        execute(HISTORY, 2, "b")
        raise KeyError
    with pytest.raises(apsw.ConstraintError), database.transaction() as execute:  # noqa: PT012
        execute(HISTORY, 3, "c")
        execute("INSERT INTO tags VALUES (99, 'x', 'model', 0)")
    assert database.rows("SELECT output FROM history") == [("a",)]


def test_threads_take_turns(database: Database) -> None:
    def work() -> None:
        for _ in range(20):
            with database.transaction() as execute:
                count = execute("SELECT count(*) FROM history")[0][0]
                execute(HISTORY, count, "x")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert database.rows("SELECT made_at FROM history ORDER BY made_at") == [(number,) for number in range(80)]


def test_a_writer_that_does_not_end_is_a_timeout(database: Database, path: Path) -> None:
    with Database.open(path, KEY, patience=0.2) as other, database.transaction() as execute:
        execute(HISTORY, 1, "x")
        assert other.rows("SELECT * FROM history") == []
        with pytest.raises(UserError, match="Another process") as caught:
            insert_history(other, "y")
        assert caught.value.code is ErrorCode.TIMEOUT
        with pytest.raises(UserError), other.transaction():
            pass


def test_deleted_rows_are_overwritten_at_once(database: Database) -> None:
    for number in range(20):
        insert_history(database, f"{CANARY} {number} " * 300)
    assert CANARY.encode() in decrypted(database)
    database.rows("DELETE FROM history")
    assert CANARY.encode() not in decrypted(database)


def test_the_plain_pages_show_what_is_not_overwritten(database: Database) -> None:
    """The test above would see it."""
    database.rows("PRAGMA secure_delete = off")
    insert_history(database, CANARY * 300)
    database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    database.rows("DELETE FROM history")
    assert CANARY.encode() in decrypted(database)


def test_nothing_deleted_is_left_after_compacting(database: Database, path: Path) -> None:
    words = [hashlib.blake2b(bytes([number]), digest_size=16).hexdigest() for number in range(40)]
    for number, word in enumerate(words):
        insert_history(database, f"{CANARY} " * 200)
        database.rows("INSERT INTO texts (rowid, body, tags) VALUES (?, ?, ?)", number + 1, word, CANARY)
    large = path.stat().st_size + path.with_name("quietdesk.db-wal").stat().st_size
    database.rows("DELETE FROM history")
    database.rows("DELETE FROM texts WHERE rowid > 1")
    database.compact()
    plain = decrypted(database)
    assert CANARY.encode() not in plain
    # The index keeps only the end of a word that begins like the one before.
    assert [word for word in words if word[4:].encode() in plain] == words[:1]
    assert path.with_name("quietdesk.db-wal").stat().st_size == 0
    assert path.stat().st_size < large / 2
    assert database.rows("SELECT rowid FROM texts(?)", words[0]) == [(1,)]


def test_compacting_waits_for_readers_and_says_so(database: Database, path: Path) -> None:
    insert_history(database, "x")
    with Database.open(path, KEY, patience=0.2) as other, database.transaction() as execute:
        execute("SELECT * FROM history")
        with pytest.raises(UserError) as caught:
            other.compact()
    assert caught.value.code is ErrorCode.TIMEOUT


def test_an_old_file_is_updated_and_keeps_its_rows(path: Path, written: bytes) -> None:
    newer = (
        *MIGRATIONS, "ALTER TABLE history ADD COLUMN extra TEXT NOT NULL DEFAULT 'new'",
        "CREATE TABLE a (x); INSERT INTO a VALUES (7)",
    )  # fmt: skip
    with Database.open(put(path, written), KEY, newer) as database:
        assert database.rows("SELECT count(*), min(extra) FROM history") == [(30, "new")]
        assert database.rows("SELECT x FROM a") == [(7,)]
        assert database.rows("PRAGMA foreign_keys") == [(1,)]
    assert names(path) == ["quietdesk.db", "quietdesk.db.lock"]


@pytest.mark.parametrize("step", [
    "CREATE TABLE b (x); INSERT INTO no_such_table VALUES (1)", "no SQL", "INSERT INTO history (id) VALUES (1)",
    "INSERT INTO tags VALUES (99, 'of no file', 'model', 0)",
])  # fmt: skip
def test_a_failed_update_leaves_the_old_file_in_use(path: Path, written: bytes, step: str) -> None:
    put(path, written)
    with pytest.raises(UserError) as caught:
        Database.open(path, KEY, (*MIGRATIONS, "CREATE TABLE a (x)", step))
    assert caught.value.code is ErrorCode.INTERNAL
    assert "quietdesk.db" in caught.value.message
    assert path.read_bytes() == written
    with Database.open(path, KEY) as database:
        assert database.rows("SELECT count(*) FROM history") == [(30,)]
        assert database.rows("SELECT name FROM sqlite_schema WHERE name IN ('a', 'b')") == []
    assert names(path) == ["quietdesk.db", "quietdesk.db.lock"]


def test_a_failed_first_step_leaves_no_file(path: Path) -> None:
    with pytest.raises(UserError):
        Database.open(path, KEY, ("no SQL",))
    assert names(path) == ["quietdesk.db.lock"]


def test_a_damaged_file_is_not_updated(path: Path, written: bytes) -> None:
    damaged = bytearray(written)
    with Database.open(put(path, written), KEY) as database:
        page = database.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'receipts'")[0][0]
    damaged[(page - 1) * encrypted_file.PAGE_BYTES + 200] ^= 1
    assert refused(put(path, bytes(damaged)), migrations=(*MIGRATIONS, "CREATE TABLE a (x)")).code is ErrorCode.CORRUPT
    assert path.read_bytes() == bytes(damaged)


def test_the_copy_is_kept_while_the_updated_file_is_not_whole(path: Path, written: bytes) -> None:
    spoil = "PRAGMA writable_schema = on; UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'receipts'"
    copy = path.with_name("quietdesk.db.before-update")
    put(path, written)
    for _ in range(2):
        with pytest.raises(UserError) as caught:
            Database.open(path, KEY, (*MIGRATIONS, spoil))
        assert caught.value.code is ErrorCode.CORRUPT
        assert str(copy) in caught.value.hint
    with Database.open(put(path, copy.read_bytes()), KEY) as database:
        assert database.rows("SELECT count(*) FROM history") == [(30,)]


def test_the_copy_is_the_old_file_and_encrypted(path: Path, written: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Path] = []
    monkeypatch.setattr(encrypted_file, "remove", seen.append)
    with Database.open(put(path, written), KEY, (*MIGRATIONS, "DELETE FROM history")) as database:
        insert_history(database, "new")
    monkeypatch.undo()
    copy = path.with_name("quietdesk.db.before-update")
    assert copy in seen
    assert CANARY.encode() not in copy.read_bytes()
    assert sys.platform == "win32" or stat.S_IMODE(copy.stat().st_mode) == 0o600
    old = put(path.parent.parent / "old" / "quietdesk.db", copy.read_bytes())
    with Database.open(old, KEY) as database:
        assert database.rows("SELECT count(*) FROM history") == [(30,)]
    with Database.open(path, KEY, (*MIGRATIONS, "DELETE FROM history")) as database:
        assert database.rows("SELECT output FROM history") == [("new",)]
    assert not copy.exists()


def test_a_new_table_in_an_old_ones_place_keeps_what_refers_to_it(path: Path) -> None:
    first = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p ON DELETE CASCADE)"
    second = "CREATE TABLE q (id INTEGER PRIMARY KEY, x); INSERT INTO q (id) SELECT id FROM p; DROP TABLE p;" \
             "ALTER TABLE q RENAME TO p"  # fmt: skip
    with Database.open(path, KEY, (first,)) as database:
        database.rows("INSERT INTO p VALUES (1)")
        database.rows("INSERT INTO c VALUES (1)")
    with Database.open(path, KEY, (first, second)) as database:
        assert database.rows("SELECT p FROM c") == [(1,)]
        database.rows("DELETE FROM p")
        assert database.rows("SELECT p FROM c") == []
