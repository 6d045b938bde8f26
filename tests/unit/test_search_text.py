"""Full-text search: what is found by what a person types, in English and Chinese, and that no typing is an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietdesk.store.migrations import MIGRATIONS
from quietdesk.store.search_text import MAX_QUERY_CHARACTERS, Query, name_words, parse, searchable

TEXTS = (
    "The tenancy agreement ends in May. Rent: 1,250 a month.",
    "今年的租赁合同已经签字，请付款。iPhone手机保修单",
    "Café receipts and a state-of-the-art coﬀee machine",
    "合作同意书：付清款项",
)


@pytest.fixture(scope="module")
def database() -> Iterator[apsw.Connection]:
    connection = apsw.Connection(":memory:")
    connection.execute(MIGRATIONS[0])
    for number, text in enumerate(TEXTS):
        connection.execute("INSERT INTO texts (rowid, body, tags) VALUES (?, ?, '')", (number, searchable(text)))
    yield connection
    connection.close()


def found(database: apsw.Connection, typed: str) -> list[int]:
    query = parse(typed)
    if not query.wanted:
        return []
    hits = {row[0] for row in database.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (query.wanted,))}
    if query.unwanted:
        hits -= {row[0] for row in database.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (query.unwanted,))}
    return sorted(hits)


@pytest.mark.parametrize(("typed", "numbers"), [
    ("tenancy", [0]), ("TENANCY rent", [0]), ("tenancy receipts", []), ("tena", [0]), ("tena rent", []),
    ('"agreement ends"', [0]), ('"ends agreement"', []), ('"agreement end"', []), ("agreement end", [0]),
    ("1,250", [0]), ("1250", []), ("合同", [1]), ("合 同", [1, 3]), ("租赁合同 付款", [1]), ("租赁合同，付款", [1]),
    ("付款", [1]), ("付", [1, 3]), ("手机", [1]), ("iphone手机", [1]), ("ｉＰｈｏｎｅ", [1]), ("手机保修 iph", [1]),
    ("cafe", [2]), ("coffee", [2]), ("state-of-the-art", [2]), ("a -rent", [2]), ('a -"coffee machine"', [0]),
    ("付 -付款", [3]), ("“agreement ends”", [0]), ('may "agreement', [0]), ("-rent", []), ("", []), ("  -  ", []),
    ("☃ tenancy", [0]), ("tenancy AND receipts", []), ("NOT", []), ("body:tenancy", []), ("ten*", [0]),
    ("tenancy\x00agreement", [0]), ("a" * 5_000, []), ("the " * 5_000, [0, 2]), ("\ud800 rent", [0]),
])  # fmt: skip
def test_finds(database: apsw.Connection, typed: str, numbers: list[int]) -> None:
    assert found(database, typed) == numbers


def test_quotes_and_minus_are_told_apart_from_words() -> None:
    assert parse('a "b c" -d -"e f" g') == Query('"a" AND "b c" AND "g" *', '"d" OR "e f"')
    assert parse("semi-final") == Query('"semi-final" *', "")
    assert parse("合同") == Query('"合 同"', "")


def test_a_file_name_is_words() -> None:
    assert name_words(PurePath("/x/Rent_2024-05 合同.pdf")).split() == ["Rent_2024-05", "合", "同", ".pdf"]


TYPED = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(), max_size=40),
    st.text('"-*^:(){}+ANDORNT付款合\x00\ud800\'\\;, ☃﹣＂', max_size=MAX_QUERY_CHARACTERS + 10),
    st.lists(st.sampled_from(["NEAR(", "AND", '"', '""', "-", '-"', "NOT", "body:", "*", "合", " ", "a"]), max_size=200)
    .map("".join),
)


@settings(deadline=None)
@given(TYPED)
def test_nothing_that_is_typed_is_an_error(database: apsw.Connection, typed: str) -> None:
    found(database, typed)


@settings(deadline=None)
@given(st.text(min_size=1, max_size=30), st.text(max_size=20))
def test_a_text_is_found_by_its_own_words(database: apsw.Connection, text: str, more: str) -> None:
    whole = text.replace('"', " ")
    query = parse(f'"{whole}"')
    with database:
        database.execute("INSERT INTO texts (rowid, body, tags) VALUES (99, ?, '')", (searchable(f"{whole} {more}"),))
        hits = database.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (query.wanted,)) if query.wanted else ()
        numbers = [row[0] for row in hits]
        database.execute("DELETE FROM texts WHERE rowid = 99")
    assert 99 in numbers or not query.wanted
