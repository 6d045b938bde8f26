"""The history: what is kept, in what order it comes, and what a task leaves out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.database import Database
from quietdesk.store.history import History, HistoryItem

KEY = b"k" * 32


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with Database.open(tmp_path / "quietdesk.db", KEY) as database:
        yield History(database)


def add(history: History, **other: Any) -> int:
    fields = {"task": "summarize", "source": "", "text": "typed", "output": {}, "model": "default", **other}
    return history.add(**fields)


def test_what_is_kept_comes_back_whole(history: History) -> None:
    output = {"summary": "Zoë writes 你好 \U0001f600", "sentences": [{"text": "a", "flags": []}], "seconds": 1.5}
    number = add(history, output=output, made_at=7, text="a\0b 你好")
    assert history.get(number) == HistoryItem(number, 7, "summarize", "", "a\0b 你好", output, "default")


def test_a_files_text_is_not_kept(history: History) -> None:
    item = history.get(add(history, source="/home/ada/letter.txt", text=None))
    assert (item.source, item.input) == ("/home/ada/letter.txt", None)


def test_the_newest_come_first_and_by_pages(history: History) -> None:
    numbers = [add(history, made_at=1_000 - place) for place in range(5)]  # by order, though a clock went back
    assert [item.id for item in history.list()] == numbers[::-1]
    assert [item.id for item in history.list(limit=2)] == [numbers[4], numbers[3]]
    assert [item.id for item in history.list(limit=2, before=numbers[3])] == [numbers[2], numbers[1]]
    assert history.list(limit=0) == history.list(before=numbers[0]) == history.list(limit=-1) == ()


def test_one_task_can_be_looked_at_alone(history: History) -> None:
    add(history)
    number = add(history, task="draft")
    assert [item.id for item in history.list("draft")] == [number]
    assert history.list("classify") == ()


def test_what_is_deleted_is_gone_and_what_is_not_there_is_told(history: History) -> None:
    first, second = add(history), add(history)
    history.delete(first)
    assert [item.id for item in history.list()] == [second]
    for act in (history.get, history.delete):
        with pytest.raises(UserError, match=str(first)) as caught:
            act(first)
        assert caught.value.code is ErrorCode.NOT_FOUND


def test_all_or_the_old_ones_can_be_taken_out(history: History) -> None:
    for made_at in (1, 2, 3, 4):
        add(history, made_at=made_at)
    assert history.delete_older_than(3) == 2
    assert [item.made_at for item in history.list()] == [4, 3]
    assert history.clear() == 2
    assert history.clear() == 0
    assert history.list() == ()


def test_an_output_that_is_no_json_is_a_bug_and_keeps_nothing(history: History) -> None:
    with pytest.raises(ValueError, match="JSON"):
        add(history, output={"confidence": float("nan")})
    assert history.list() == ()


def test_threads_do_not_lose_each_others_results(history: History) -> None:
    threads = [threading.Thread(target=lambda: [add(history) for _ in range(10)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(history.list()) == 30


NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(), output=st.dictionaries(st.text(), JSON, max_size=3))
def test_any_text_and_any_json_come_back(history: History, text: str, output: dict[str, Any]) -> None:
    item = history.get(add(history, text=text, output=output))
    assert (item.input, item.output) == (text, output)


def test_broken_text_is_kept_as_far_as_it_is_text(history: History) -> None:
    """A file name may have bytes that are no text, and an input half of a surrogate pair."""
    item = history.get(add(history, source="/home/\udcff.txt", text="a\ud800b", output={"source": "\udcff"}))
    assert item.source == "/home/\udcff.txt"
    assert item.input is not None
    assert (item.input[0], item.input[-1]) == ("a", "b")
    assert item.output == {"source": "\udcff"}
