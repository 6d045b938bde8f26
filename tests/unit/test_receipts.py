"""Receipts: no content, a hash that only the key's holder can make, and proof of which document it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quietdesk.store.database import Database
from quietdesk.store.receipts import Receipt, Receipts

TEXT = "Dear Mrs Adeyemi, the secret is out."


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "quietdesk.db", b"k" * 32) as database:
        yield database


@pytest.fixture
def receipts(database: Database) -> Receipts:
    return Receipts(database)


def add(receipts: Receipts, text: str = TEXT, **other: Any) -> Receipt:
    fields = {"task": "summarize", "asked_by": "window", "outcome": "done", "model": "default", **other}
    return receipts.add(text=text, **fields)


def test_a_receipt_has_what_was_done_and_nothing_of_the_text(database: Database, receipts: Receipts) -> None:
    made = add(
        receipts, adapter="writing", tokens_read=9, tokens_written=4, cpu_seconds=1.25, seconds=0.5, blocked=1,
        made_at=7,
    )  # fmt: skip
    assert receipts.list() == (made,)
    assert made == Receipt(
        7, "summarize", "window", "done", len(TEXT), made.input_hash, "default", "writing", 9, 4, 1.25, 0.5, 1
    )
    assert len(made.input_hash) == 16
    stored = repr(database.rows("SELECT * FROM receipts"))
    assert not any(word in stored for word in TEXT.replace(",", " ").split() if len(word) > 3)


def test_the_hash_cannot_be_made_without_the_key(database: Database, receipts: Receipts) -> None:
    made = add(receipts)
    ((key,),) = database.rows("SELECT value FROM secrets WHERE name = 'receipt hash'")
    assert len(key) == 32
    assert made.input_hash == hashlib.blake2b(TEXT.encode(), key=key, digest_size=16).digest()
    assert made.input_hash != hashlib.blake2b(TEXT.encode(), digest_size=16).digest()


def test_the_receipts_of_a_document_can_be_found(database: Database, receipts: Receipts) -> None:
    assert receipts.matches(TEXT) == ()
    first, _, again = add(receipts), add(receipts, TEXT + " "), add(Receipts(database), task="classify")
    assert receipts.matches(TEXT) == (again, first)
    assert receipts.matches(TEXT.lower()) == ()
    assert first.input_hash == again.input_hash


def test_the_newest_come_first(receipts: Receipts) -> None:
    for made_at in (1, 2, 3):
        add(receipts, made_at=made_at)
    assert [each.made_at for each in receipts.list()] == [3, 2, 1]
    assert [each.made_at for each in receipts.list(limit=1)] == [3]
    assert [each.made_at for each in receipts.list(since=2)] == [3, 2]
    assert receipts.list(limit=0) == ()
    assert len(receipts.list(limit=None)) == 3


def test_an_export_is_plain_json(receipts: Receipts) -> None:
    for _ in range(60):
        made = add(receipts)
    exported = json.loads(json.dumps([each.as_dict() for each in receipts.list(None)]))
    assert len(exported) == 60
    assert exported[0] == {**asdict(made), "input_hash": made.input_hash.hex()}


def test_clearing_takes_the_key_too(database: Database, receipts: Receipts) -> None:
    made = add(receipts, made_at=1)
    assert receipts.clear() == 1
    assert database.rows("SELECT count(*) FROM secrets") == [(0,)]
    again = add(receipts, made_at=1)
    assert again.input_hash != made.input_hash
    assert receipts.list() == (again,)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(codec=None)), min_size=1, max_size=3, unique=True))
def test_any_text_is_found_by_itself_alone(receipts: Receipts, texts: list[str]) -> None:
    receipts.clear()
    made = [add(receipts, text) for text in texts]
    assert [receipts.matches(text) for text in texts] == [(each,) for each in made]
