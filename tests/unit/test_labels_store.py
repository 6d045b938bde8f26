"""The file of the user's label sets: changes, undo, several writers, damage."""

from __future__ import annotations

import base64
import json
import multiprocessing
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quietdesk.errors import ErrorCode, UserError
from quietdesk.paths import Paths
from quietdesk.store.label_file import Library, decode, encode
from quietdesk.store.labels import LabelStore, StoredLabel, StoredSet, Teaching, text_hash

SPACE = "model/layer"
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


def vector(value: float) -> bytes:
    return np.full(4, value, "<f4").tobytes()


def paths(folder: Path) -> Paths:
    return Paths(folder / "config", folder / "data", folder / "cache", folder / "state")


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    return LabelStore(paths(tmp_path))


def test_starts_empty_and_writes_nothing_by_reading(store: LabelStore) -> None:
    assert store.sets() == ()
    assert store.find("x") is None
    assert not store.path.parent.exists()
    with pytest.raises(UserError) as caught:
        store.get("x")
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_a_set_lives_on_in_another_process_object(store: LabelStore, tmp_path: Path) -> None:
    store.create("Post", (StoredLabel("bills", "to pay"), StoredLabel("家书")), multi=True)
    again = LabelStore(paths(tmp_path)).get("post")
    assert again == StoredSet("Post", (StoredLabel("bills", "to pay"), StoredLabel("家书")), True)
    if sys.platform != "win32":
        assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700


def test_a_taken_name_is_refused_in_any_case(store: LabelStore) -> None:
    store.create("post")
    with pytest.raises(UserError, match="POST"):
        store.create("POST")


def test_labels_are_added_described_and_removed(store: LabelStore) -> None:
    store.create("post", (StoredLabel("a"), StoredLabel("b")))
    store.put_label("post", StoredLabel("A", "first"))
    store.put_label("post", StoredLabel("c"))
    store.teach("post", "b", "text", vector(1), SPACE)
    store.remove_label("post", "B")
    stored = store.get("post")
    assert stored.labels == (StoredLabel("A", "first"), StoredLabel("c"))
    assert stored.teachings == ()
    store.remove("post")
    assert store.sets() == ()


def test_a_hidden_built_in_label_comes_back_when_added(store: LabelStore) -> None:
    store.create("default")
    store.remove_label("default", "payslip", hide=True)
    store.remove_label("default", "payslip", hide=True)
    assert store.get("default").hidden == ("payslip",)
    store.put_label("default", StoredLabel("payslip"))
    assert store.get("default").hidden == ()


def test_teaching_keeps_no_text(store: LabelStore) -> None:
    store.create("post", (StoredLabel("bills"),))
    assert store.teach("post", "bills", "Dear Mrs Adeyemi, the secret is out", vector(2), SPACE)
    content = store.path.read_text("utf-8")
    assert "Adeyemi" not in content
    assert "secret" not in content
    (taught,) = store.get("post").teachings
    assert base64.b64decode(taught.vector) == vector(2)


def test_the_same_teaching_twice_is_kept_once(store: LabelStore) -> None:
    store.create("post", (StoredLabel("bills"),))
    assert store.teach("post", "bills", "a  text\n", vector(1), SPACE)
    assert not store.teach("post", "bills", "a text", vector(1), SPACE)
    assert len(store.get("post").teachings) == 1


def test_a_correction_replaces_and_can_be_taken_back(store: LabelStore) -> None:
    store.create("post", (StoredLabel("a"), StoredLabel("b")))
    store.teach("post", "a", "one", vector(1), SPACE)
    store.teach("post", "b", "two", vector(2), SPACE)
    store.teach("post", "b", "one", vector(1), SPACE)
    assert [t.label for t in store.get("post").examples()] == ["b", "b"]
    undone = store.undo_teaching("post")
    assert (undone.label, undone.now) == ("b", "a")
    assert sorted(t.label for t in store.get("post").examples()) == ["a", "b"]
    assert store.undo_teaching("post").now is None
    assert [t.label for t in store.get("post").examples()] == ["a"]
    store.undo_teaching("post")
    with pytest.raises(UserError, match="Nothing"):
        store.undo_teaching("post")


def test_a_text_keeps_several_labels_in_a_multi_set(store: LabelStore) -> None:
    store.create("post", (StoredLabel("a"), StoredLabel("b")), multi=True)
    store.teach("post", "a", "one", vector(1), SPACE)
    store.teach("post", "b", "one", vector(1), SPACE)
    assert [t.label for t in store.get("post").examples()] == ["a", "b"]


def test_hashes_depend_on_the_salt() -> None:
    assert text_hash("a b", b"1" * 16) == text_hash("a\nb", b"1" * 16)
    assert text_hash("a b", b"1" * 16) != text_hash("a b", b"2" * 16)


def add_labels(folder: Path, worker: int, count: int) -> None:
    store = LabelStore(paths(folder))
    for number in range(count):
        store.put_label("post", StoredLabel(f"{worker}-{number}"))


def test_no_update_is_lost_between_processes(store: LabelStore, tmp_path: Path) -> None:
    store.create("post")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=add_labels, args=(tmp_path, worker, 8)) for worker in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(store.get("post").labels) == 24


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"version": 1}', b'{"version": "1", "salt": "", "sets": []}',
    b'{"version": 1, "salt": "?", "sets": []}', b'{"version": 1, "salt": "", "sets": [3]}', b"[" * 100_000,
    b'{"version": 1, "salt": "", "sets": [{"name": "a", "labels": [], "multi": 1, "hidden": [], "teachings": []}]}',
])  # fmt: skip
def test_a_damaged_file_is_kept_and_told(store: LabelStore, content: bytes) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        store.create("post")
    assert caught.value.code is ErrorCode.CORRUPT
    (kept,) = store.path.parent.glob("labels.json.damaged-*")
    assert kept.name in caught.value.message
    assert kept.read_bytes() == content
    store.create("post")
    assert store.get("post").labels == ()


def test_a_newer_file_is_refused_and_stays(store: LabelStore) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_text(json.dumps({"version": 2}))
    with pytest.raises(UserError, match="newer"):
        store.sets()
    assert json.loads(store.path.read_text()) == {"version": 2}


def test_a_failed_change_leaves_the_file_as_it_was(store: LabelStore) -> None:
    store.create("post")
    before = store.path.read_bytes()
    with pytest.raises(UserError):
        store.put_label("other", StoredLabel("a"))
    assert store.path.read_bytes() == before
    assert sorted(p.name for p in store.path.parent.iterdir()) == ["labels.json", "labels.lock"]


LABELS = st.lists(st.builds(StoredLabel, TEXT, TEXT), max_size=4).map(tuple)
VECTORS = st.binary(max_size=4).map(lambda b: base64.b64encode(b * 4).decode())
TEACHINGS = st.lists(st.builds(Teaching, TEXT, TEXT, TEXT, VECTORS), max_size=4).map(tuple)
SETS = st.builds(StoredSet, TEXT, LABELS, st.booleans(), st.lists(TEXT, max_size=3).map(tuple), TEACHINGS)


@given(st.builds(Library, st.binary(max_size=16),
                 st.lists(SETS, max_size=3, unique_by=lambda s: s.name.casefold()).map(tuple)))  # fmt: skip
def test_what_is_written_is_read_again(library: Library) -> None:
    assert decode(encode(library)) == library


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode(content)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "z"])), min_size=1, max_size=8))
def test_undoing_all_teachings_in_turn_goes_back_step_by_step(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    store = LabelStore(paths(tmp_path_factory.mktemp("store")))
    store.create("s", tuple(StoredLabel(name) for name in "abc"))
    states = [store.get("s")]
    for label, text in steps:
        if store.teach("s", label, text, vector(ord(text)), SPACE):
            states.append(store.get("s"))
        examples = store.get("s").examples()
        assert len({e.text_hash for e in examples}) == len(examples)
    while len(states) > 1:
        assert store.get("s") == states.pop()
        store.undo_teaching("s")
    assert store.get("s") == states[0]
