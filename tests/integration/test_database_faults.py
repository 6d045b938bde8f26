"""The database under faults: killed writers, killed updates, several writers, full disks."""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.killing import Accepted, check, kill_writers, start
from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.database import Database
from quietdesk.store.migrations import MIGRATIONS

KEY = bytes(range(32))
HISTORY = "INSERT INTO history (made_at, task, source, output, model) VALUES (?, 't', '', ?, 'm')"

SLOW_UPDATE = (
    *MIGRATIONS,
    "CREATE TABLE more (x); WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 60000) "
    "INSERT INTO more SELECT hex(randomblob(40)) FROM n",
    "UPDATE history SET output = output || ' updated'",
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals, limits and mounts of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "quietdesk.db"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k,mode=700", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("file systems can be mounted by root alone")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_what_was_accepted_is_there_after_kills(tmp_path: Path) -> None:
    """20 writers killed, two at a time; see tests/faults for as many as one likes."""
    chance = random.Random(5)  # noqa: S311  repeatable
    for folder in ("one", "two"):
        path, accepted = tmp_path / folder / "quietdesk.db", Accepted()
        for _ in range(5):
            kill_writers(path, KEY, chance, accepted)
            check(path, KEY, accepted)
        assert accepted.kept


def write_rows(path: Path, start: int, count: int) -> None:
    with Database.open(path, KEY) as database:
        for number in range(start, start + count):
            with database.transaction() as execute:
                before = execute("SELECT count(*) FROM history")[0][0]
                execute(HISTORY, number, "x" * (number % 5000))
                assert execute("SELECT count(*) FROM history") == [(before + 1,)]


def test_several_processes_make_and_fill_one_file_at_once(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_rows, args=(path, first, 25)) for first in (0, 1000, 2000, 3000)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0, 0]
    with Database.open(path, KEY) as database:
        numbers = {number for number, in database.rows("SELECT made_at FROM history")}
        assert numbers == {first + step for first in (0, 1000, 2000, 3000) for step in range(25)}
        assert database.rows("PRAGMA integrity_check") == [("ok",)]


def update(path: Path) -> None:
    Database.open(path, KEY, SLOW_UPDATE).close()


def test_a_killed_update_leaves_the_old_version_or_the_new_one(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    versions = set()
    with Database.open(path, KEY) as database:
        database.rows(HISTORY, 1, "row")
    old = path.read_bytes()
    for delay in (0, 0.02, 0.05, 0.1, 0.2, 0.4):
        for left in path.parent.iterdir():
            left.unlink()
        path.write_bytes(old)
        updater = context.Process(target=update, args=(path,))
        updater.start()
        wait_for(path.with_name("quietdesk.db.before-update"))
        time.sleep(delay)
        updater.kill()
        updater.join()
        versions.add(version_after_kill(path))
        with Database.open(path, KEY, SLOW_UPDATE) as database:
            assert database.rows("SELECT output FROM history") == [("row updated",)]
            assert database.rows("SELECT count(*) FROM more") == [(60000,)]
        assert sorted(found.name for found in path.parent.iterdir()) == ["quietdesk.db", "quietdesk.db.lock"]
    assert "old" in versions
    assert versions <= {"old", ErrorCode.UNSUPPORTED.value}


def version_after_kill(path: Path) -> str:
    """Which of the two whole versions there is."""
    try:
        with Database.open(path, KEY) as database:
            assert database.rows("SELECT output FROM history") == [("row",)]
    except UserError as error:
        return error.code.value
    return "old"


def wait_for(path: Path, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_processes_that_update_at_once_update_once(path: Path) -> None:
    with Database.open(path, KEY) as database:
        database.rows(HISTORY, 1, "row")
    context = multiprocessing.get_context("spawn")
    updaters = [context.Process(target=update, args=(path,)) for _ in range(3)]
    for updater in updaters:
        updater.start()
    for updater in updaters:
        updater.join()
    assert [updater.exitcode for updater in updaters] == [0, 0, 0]
    with Database.open(path, KEY, SLOW_UPDATE) as database:
        assert database.rows("SELECT output FROM history") == [("row updated",)]


@pytest.mark.parametrize("limit", [4_000, 100_000, 150_000, 400_000, 1_000_000])
def test_files_that_may_not_grow_keep_what_was_accepted(path: Path, limit: int) -> None:
    with tempfile.TemporaryFile("w+") as output:
        filler = start("faults.filler", path, KEY, output, str(limit))
        assert filler.wait() == 0
        output.seek(0)
        *accepted, code = output.read().split()
    assert code == ErrorCode.DISK_FULL
    if not accepted:
        assert not path.exists() or limit >= 100_000
    with Database.open(path, KEY) as database:
        assert {number for number, in database.rows("SELECT id FROM history")} == set(map(int, accepted))
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
        database.rows(HISTORY, 1, "there is space again")


def test_a_full_disk_refuses_and_keeps_what_was_accepted(small_disk: Path) -> None:
    path, ballast, accepted = small_disk / "quietdesk.db", small_disk / "ballast", []
    ballast.write_bytes(bytes(200_000))
    with Database.open(path, KEY) as database:
        with pytest.raises(UserError) as caught:  # noqa: PT012
            for number in range(1, 1000):
                database.rows(HISTORY, number, "x" * 3000)
                accepted.append(number)
        assert caught.value.code is ErrorCode.DISK_FULL
        assert len(accepted) > 5
        with pytest.raises(UserError):
            database.compact()
        assert [number for number, in database.rows("SELECT id FROM history ORDER BY id")] == accepted
        ballast.unlink()
        database.rows("DELETE FROM history WHERE id > 3")
        database.compact()
        database.rows(HISTORY, 1, "there is space again")
    with Database.open(path, KEY) as database:
        assert database.rows("SELECT count(*) FROM history") == [(4,)]
        assert database.rows("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("left", [0, 4096, 20_000, 60_000, 110_000, 150_000, 200_000])
def test_a_full_disk_makes_no_half_database(small_disk: Path, left: int) -> None:
    path = small_disk / "quietdesk.db"
    fill(small_disk / "ballast", left)
    with pytest.raises(UserError) as caught:
        Database.open(path, KEY)
    assert caught.value.code is ErrorCode.DISK_FULL
    assert {found.name for found in small_disk.iterdir()} <= {"ballast", "quietdesk.db.lock"}


@pytest.mark.parametrize("left", [0, 40_000, 110_000, 160_000])
def test_a_full_disk_keeps_the_old_version(small_disk: Path, left: int) -> None:
    path = small_disk / "quietdesk.db"
    with Database.open(path, KEY) as database:
        database.rows(HISTORY, 1, "row")
    old = path.read_bytes()
    fill(small_disk / "ballast", left)
    with pytest.raises(UserError) as caught:
        Database.open(path, KEY, SLOW_UPDATE)
    assert caught.value.code is ErrorCode.DISK_FULL
    assert path.read_bytes() == old
    (small_disk / "ballast").unlink()
    with Database.open(path, KEY) as database:
        assert database.rows("SELECT output FROM history") == [("row",)]
    assert {found.name for found in small_disk.iterdir()} == {"quietdesk.db", "quietdesk.db.lock"}


def fill(ballast: Path, left: int) -> None:
    """Take all space but ``left`` bytes."""
    room = os.statvfs(ballast.parent)
    ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - left))
