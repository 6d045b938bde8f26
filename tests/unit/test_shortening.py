"""Shorter wordings of one sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.tools.summarise.shortening import shortened, without_fillers
from quietdesk.tools.text.facts import SourceFacts


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("But the staff wrote it.", "The staff wrote it."),
        ("However, the staff wrote it.", "The staff wrote it."),
        ("The staff (pictured) wrote it.", "The staff wrote it."),
        ("His remark - made, as he put it, with noise - was heard.", "His remark was heard."),
        ("- 4.1 Employees may travel.", "4.1 Employees may travel."),
        ("HARLOW, England -- A tram left.", "A tram left."),
        ("(CNN) -- A tram left.", "A tram left."),
        ("print(value)  # shows it", "print(value) # shows it"),
        ("此外，他们同意（见附件）。", "他们同意。"),
        ("Total 2019: 12 (net)", "Total 2019: 12"),
    ],
)
def test_written_language(sentence: str, expected: str) -> None:
    assert shortened(sentence) == expected


def test_long_sentences_lose_their_tail_but_no_condition() -> None:
    start = (
        "The eight members of the staff wrote the long letter for the paper after ten doctors urged the college to cut "
        "its ties with Oz"
    )
    assert shortened(f"{start}, who serves there as vice chairman and professor of surgery.") == f"{start}."
    kept = f"{start}, which the college has not said that it will do."
    assert shortened(kept) == kept


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Anna: Um, I I think, you know, it's, uh, fine.", "I think, it's, fine."),
        ("Yeah, okay, so we ship on Friday.", "We ship on Friday."),
        ("Bo: th the system is down", "The system is down"),
        ("It wasn't there.", "It wasn't there."),
        ("发言人1：嗯，对，我们我们同意。", "我们同意。"),
        ("Anna: Um. Oh!", ""),
    ],
)
def test_spoken_language(sentence: str, expected: str) -> None:
    assert shortened(sentence, spoken=True) == expected


@given(st.text(max_size=200), st.booleans())
def test_any_text_gets_no_longer(text: str, spoken: bool) -> None:
    assert len(shortened(text, spoken=spoken)) <= len(text) + 2  # a capital may be two letters
    without_fillers(text)


_CLAUSES = st.sampled_from(
    [
        "The council said that it will pay £8.6 million", "who live in Harlow", "which costs 1,050 a day",
        "not before 6 January", "after Ms Raman spoke", "(see page 12)", "- as Mr Oke put it -",
        "because the bed is soft", "with 20 per cent more",
    ]
)  # fmt: skip


@given(st.lists(_CLAUSES, min_size=1, max_size=8))
def test_a_shorter_sentence_says_nothing_new(clauses: list[str]) -> None:
    sentence = ", ".join(clauses) + "."
    kinds = {fact.kind for fact in SourceFacts(sentence).unsupported(shortened(sentence))}
    assert kinds <= {"negation"}  # a wording may end before what is denied
