"""Records of files: replacing, finding again after a move, tags and corrections, search, likeness, forgetting."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.database import Database
from quietdesk.store.file_index import FileIdentity, FileIndex, FileRecord
from quietdesk.store.vector_index import VectorIndex, pack, unpack

KEY = bytes(range(32))
SPACE = "model/layer"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "data" / "quietdesk.db", KEY) as opened:
        yield opened


@pytest.fixture
def index(database: Database) -> FileIndex:
    return FileIndex(database)


def record(path: Path | str, label: str = "invoice", content: bytes = b"x" * 16, inode: str = "2") -> FileRecord:
    identity = FileIdentity("1", inode, 10, 20, content)
    return FileRecord(Path(path), identity, b"t" * 16, "en", "default", label, 0.9, "tagged", "", 1_700_000_000_000)


def write(path: Path, content: str = "hello") -> FileRecord:
    path.write_text(content)
    return replace(record(path), identity=FileIdentity.read(path))


def vector(*numbers: float) -> bytes:
    return np.asarray(numbers, "<f4").tobytes()


def put(index: FileIndex, stored: FileRecord, text: str | None = "", *tags: str, numbers: bytes | None = None) -> int:
    return index.put(stored, text, tags, "model", numbers, SPACE)


def ids(index: FileIndex, query: str) -> list[int]:
    return sorted(hit.record.id for hit in index.search(query))


def test_a_record_comes_back_as_it_was_stored(index: FileIndex) -> None:
    stored = replace(record("/a/b.txt"), text_hash=None, language=None, label=None, confidence=None, status="review")
    file_id = put(index, stored, "words", "b", "a")
    assert index.find(Path("/a/b.txt")) == index.get(file_id) == replace(stored, id=file_id)
    assert index.tags(file_id) == ("a", "b")
    assert index.find(Path("/a")) is None
    assert index.get(file_id + 1) is None


def test_a_new_reading_replaces_the_old_one_and_keeps_the_id(index: FileIndex) -> None:
    first = put(index, record("/a"), "apples", "old", numbers=vector(1, 0))
    put(index, record("/b"), "apples")
    again = put(index, record("/a", "letter", b"y" * 16), "pears", "new")
    assert again == first
    found = index.get(first)
    assert found is not None
    assert (found.label, found.identity.content_hash) == ("letter", b"y" * 16)
    assert index.tags(first) == ("new",)
    assert first not in ids(index, "apples")
    assert ids(index, "pears") == [first]
    assert index.like_this(vector(1, 0), SPACE) == []


def test_the_model_does_not_take_back_what_a_person_said(index: FileIndex) -> None:
    file_id = put(index, record("/a"), "text", "invoice", "2024")
    index.correct(file_id, "default", "contract", "invoice")
    found = index.get(file_id)
    assert found is not None
    assert (found.label, found.confidence, found.status) == ("contract", None, "tagged")
    assert index.tags(file_id) == ("2024", "contract")
    put(index, record("/a"), "text", "invoice")
    assert index.tags(file_id) == ("contract", "invoice")
    index.put(record("/a"), "text", ["letter"], "person", None, SPACE)
    assert index.tags(file_id) == ("letter",)


def test_a_correction_is_kept_for_teaching(index: FileIndex, database: Database) -> None:
    file_id = put(index, record("/a"), "text", "invoice")
    index.correct(file_id, "default", "contract", None)
    assert index.tags(file_id) == ("contract", "invoice")
    kept = database.rows("SELECT file_id, label_set, label, instead_of FROM corrections")
    assert kept == [(file_id, "default", "contract", None)]


def test_records_are_listed_by_status_and_tag_and_counted(index: FileIndex) -> None:
    assert index.counts() == {}
    one = put(index, record("/b"), "", "x")
    two = put(index, replace(record("/a"), status="failed", reason="no_text"), None)
    three = put(index, replace(record("/c"), status="failed"), None, "x", "y")
    assert [r.id for r in index.all()] == [two, one, three]
    assert [r.id for r in index.all("failed")] == [two, three]
    assert [r.id for r in index.all(tag="x")] == [one, three]
    assert [r.id for r in index.all("failed", "x")] == [three]
    assert index.counts() == {"tagged": 1, "failed": 2}


def test_search_knows_texts_tags_and_names_and_ranks_tags_first(index: FileIndex) -> None:
    body = put(index, record("/x/one.txt"), "the invoice of the plumber " + "and other things " * 20)
    tagged = put(index, record("/x/two.txt"), "the work of the plumber " + "and other things " * 20, "invoice")
    named = put(index, record("/x/租赁合同 Miller.pdf"), None)
    assert [hit.record.id for hit in index.search("invoice")] == [tagged, body]
    scores = [hit.score for hit in index.search("invoice")]
    assert scores[0] > scores[1] > 0
    assert ids(index, "invoice plumber") == sorted([body, tagged])
    assert ids(index, "合同") == ids(index, "mill") == ids(index, "租赁 miller") == [named]
    assert ids(index, "-invoice") == [named]
    assert ids(index, "plumber -tagged") == sorted([body, tagged])
    assert ids(index, "") == []
    assert len(index.search("plumber", limit=1)) == 1


@pytest.mark.parametrize("text", [None, "the rent is due"])
def test_a_corrected_or_moved_file_is_found_by_its_new_words(index: FileIndex, text: str | None) -> None:
    file_id = put(index, record("/x/scan001.pdf"), "the rent is due", "invoice")
    other = put(index, record("/x/other.pdf"), "the rent is due", "invoice")
    index.correct(file_id, "default", "contract", "invoice", text)
    index.move(file_id, Path("/x/lease.pdf"), text)
    assert ids(index, "contract") == ids(index, "lease") == ids(index, "contract lease") == [file_id]
    assert ids(index, "rent") == sorted([file_id, other])
    assert ids(index, "rent -contract") == ids(index, "-lease") == [other]
    assert [hit.record.path for hit in index.search("lease")] == [Path("/x/lease.pdf")]
    if text is not None:
        assert ids(index, "scan001") == []
    index.remove(file_id)
    assert ids(index, "contract") == ids(index, "lease") == []
    assert ids(index, "rent") == [other]


def test_moving_onto_another_file_drops_its_record(index: FileIndex) -> None:
    one, two = put(index, record("/a"), "apples"), put(index, record("/b"), "pears")
    index.move(one, Path("/b"))
    assert index.get(two) is None
    assert index.find(Path("/a")) is None
    found = index.find(Path("/b"))
    assert found is not None
    assert found.id == one
    assert ids(index, "pears") == []


def test_a_renamed_file_is_known_again(index: FileIndex, tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    file_id = put(index, write(old))
    assert index.find_moved(FileIdentity.read(old)) is None
    new = old.rename(tmp_path / "new.txt")
    moved = index.find_moved(FileIdentity.read(new))
    assert moved is not None
    assert moved.id == file_id
    old.write_text("hello")  # another file in the old place, before anything was noticed
    moved = index.find_moved(FileIdentity.read(new))
    assert moved is not None
    assert moved.id == file_id


def test_a_file_moved_to_another_drive_is_known_again_but_a_copy_is_not(index: FileIndex, tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    file_id = put(index, write(old))
    elsewhere = replace(FileIdentity.read(old), volume="other", inode="7", mtime_ns=5)
    assert index.find_moved(elsewhere) is None
    old.unlink()
    moved = index.find_moved(elsewhere)
    assert moved is not None
    assert moved.id == file_id
    assert index.find_moved(replace(elsewhere, content_hash=b"z" * 16)) is None


@pytest.mark.skipif(sys.platform == "win32", reason="needs hard links")
def test_a_second_name_of_a_file_is_not_a_move(index: FileIndex, tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    put(index, write(old))
    os.link(old, tmp_path / "link.txt")
    assert index.find_moved(FileIdentity.read(tmp_path / "link.txt")) is None


def test_an_identity_is_the_content_and_the_place(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1").identity, write(tmp_path / "2").identity
    assert one.content_hash == two.content_hash
    assert len(one.content_hash) == 16
    assert one.inode != two.inode
    assert (one.size, one.mtime_ns) == (5, (tmp_path / "1").stat().st_mtime_ns)
    with pytest.raises(UserError) as missing:
        FileIdentity.read(tmp_path / "3")
    assert missing.value.code is ErrorCode.NOT_FOUND
    with pytest.raises(UserError) as folder:
        FileIdentity.read(tmp_path)
    assert folder.value.code is ErrorCode.UNREADABLE


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are not UTF-8")
def test_a_name_that_is_not_utf_8_is_kept(index: FileIndex) -> None:
    path = Path(os.fsdecode(b"/x/caf\xe9 menu.txt"))
    file_id = put(index, record(path), "soup")
    found = index.find(path)
    assert found is not None
    assert (found.id, found.path) == (file_id, path)
    assert ids(index, "menu") == [file_id]


def test_files_like_one_are_ranked_by_cosine(index: FileIndex) -> None:
    files = [put(index, record(f"/{i}"), numbers=vector(*v)) for i, v in enumerate([(1, 0), (2, 0.2), (0, 3), (-1, 0)])]
    put(index, record("/none"))
    index.put(record("/elsewhere"), "", (), "model", vector(1, 0), "other space")
    like = index.like_this(files[0], SPACE)
    assert [hit.record.id for hit in like] == [files[1], files[2], files[3]]
    assert [hit.score for hit in like] == pytest.approx([1 / 1.01**0.5, 0, -1], abs=1e-3)
    assert [hit.record.id for hit in index.like_this(vector(0, 1), SPACE, limit=1)] == [files[2]]
    assert index.like_this(files[0], "other space") == []
    assert index.like_this(999, SPACE) == []
    assert index.like_this(vector(1, 0, 0), SPACE) == []


def test_a_vector_comes_back_nearly_as_it_was(index: FileIndex) -> None:
    numbers = np.random.default_rng(1).normal(size=1280).astype("<f4") * 1e6
    file_id = put(index, record("/a"), numbers=numbers.tobytes())
    kept = index.vector(file_id, SPACE)
    assert kept is not None
    assert np.frombuffer(kept, "<f4") == pytest.approx(numbers, rel=1e-2, abs=1e3)
    assert index.vector(file_id, "other") is None


@pytest.mark.parametrize("wrong", [b"", b"123", vector(float("nan")), vector(1, float("inf")), vector(1e30, 1)])
def test_a_wrong_vector_changes_nothing(index: FileIndex, wrong: bytes) -> None:
    with pytest.raises(ValueError, match="vector"):
        put(index, record("/a"), "apples", "tag", numbers=wrong)
    assert index.all() == []
    assert ids(index, "apples") == []


@settings(deadline=None)
@given(st.lists(st.floats(-(2.0**60), 2.0**60, width=32), min_size=1, max_size=20))
def test_packing_keeps_the_direction(numbers: list[float]) -> None:
    before = np.asarray(numbers, np.float32)
    assert unpack(pack(before)) == pytest.approx(before, abs=1e-3 * float(np.linalg.norm(before.astype(float))) + 1e-30)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["put", "put", "remove", "ask"]), st.integers(0, 5), st.integers(0, 3)),
                max_size=15))  # fmt: skip
def test_likeness_follows_every_change_even_of_another_index(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    place = tmp_path_factory.mktemp("store") / "quietdesk.db"
    known: dict[int, int] = {}
    with Database.open(place, KEY) as ours, Database.open(place, KEY) as theirs:
        writer, asker = FileIndex(theirs), VectorIndex(ours)
        for what, name, kind in [*steps, ("ask", 0, 0)]:
            if what == "put":
                file_id = put(writer, record(f"/{name}"), numbers=np.eye(4, dtype="<f4")[kind].tobytes())
                known[file_id] = kind
            elif what == "remove":
                gone = writer.find(Path(f"/{name}"))
                if gone is not None:
                    writer.remove(gone.id)
                    del known[gone.id]
            else:
                found = dict(asker.nearest(np.eye(4, dtype="<f4")[0].tobytes(), SPACE, 20))
                assert {file_id: round(cosine) for file_id, cosine in found.items()} == {
                    file_id: int(kind == 0) for file_id, kind in known.items()
                }


def test_what_was_removed_is_nowhere_in_the_file(index: FileIndex, database: Database, tmp_path: Path) -> None:
    """Looks into a decrypted copy; the words of the other files prove that they would be seen."""
    canary = put(index, record("/x/zanzibarfile.txt"), "the quixoticword is here", "xylophonetag", numbers=vector(1, 7))
    kept = [put(index, record(f"/x/{i}.txt"), f"ordinaryword{i} here") for i in range(30)]
    index.correct(canary, "default", "jabberwockytag", "xylophonetag")
    index.remove(canary)
    database.compact()
    plain = b"".join(decrypted(database.path, tmp_path / "plain.db"))
    numbers = pack(np.asarray([1, 7], np.float32))
    for word in (b"zanzibarfile", b"quixoticword", b"xylophonetag", b"jabberwockytag", numbers):
        assert word not in plain
    assert b"ordinaryword" in plain
    assert ids(index, "here") == kept
    assert database.rows("SELECT count(*) FROM vectors") == database.rows("SELECT count(*) FROM sketches") == [(0,)]
    assert database.rows("SELECT count(*) FROM tags") == database.rows("SELECT count(*) FROM corrections") == [(0,)]


def decrypted(encrypted: Path, plain: Path) -> Iterator[bytes]:
    """The bytes of the database's files without the cipher, and of its -wal, which has to be empty."""
    copy = plain.with_name("copy.db")
    copy.write_bytes(encrypted.read_bytes())
    wal = encrypted.with_name(encrypted.name + "-wal")
    assert not wal.exists() or wal.stat().st_size == 0
    connection = connect(copy)
    connection.pragma("journal_mode", "delete")
    connection.pragma("hexrekey", "")
    connection.close()
    assert copy.read_bytes().startswith(b"SQLite format 3\0")
    yield copy.read_bytes()


def connect(path: Path) -> apsw.Connection:
    from quietdesk.store import encrypted_file

    return encrypted_file.connect(path, KEY, 1)
