"""Which sentences of a model are true shortenings of their source; the cases were seen in its output."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.tools.text.fidelity import is_shortening, word_overlap


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("The eight staff wrote the op-ed.", "The eight staff wrote the op-ed after doctors urged them to act."),
        ("Brian Moss has said the law needs changing.", "Actor Brian Moss has said the law on tea needs changing."),
        ("The passengers were taken home.", "The passengers, who did not need treatment, were taken home."),
        ("The plant makes resin.", "The plant, located in Harlow, makes resin."),
        ("The MGM expects 50,000 people.", "But the MGM expects 50,000 people."),
        ("The spokesman said the firm was keen.", "In a statement, a First Rail spokesman said the firm was keen."),
        ("Beekeepers prize heather honey.", "Beekeepers prize heather honey for its taste, and this is a blend."),
        ("会议决定6月开工。", "会议决定6月开工，投资两亿元。"),
    ],
)  # fmt: skip
def test_true_shortenings(text: str, source: str) -> None:
    assert is_shortening(text, source)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Ms Cole will make a speech.", "Ms Cole is expected to make a speech."),
        ("Sam was pulled up.", "Sam was not pulled up."),
        ("John was killed.", "John, whose brother Peter was killed, won."),
        ("The minister resigned.", "The minister said Smith resigned."),
        ("The plan was approved.", "The plan was approved but later withdrawn."),
        ("Fees are due.", "Fees are due unless the square is closed."),
        ("They pay $5 million.", "They pay more than $5 million."),
        ("He was chairman.", "Mr Moss was chairman."),
        ("Moss is chairman.", "Moss was chairman."),
        ("The fire is under control.", "The fire is under control, the department reported."),
        ("The society withdrew the plans.", "The plans were withdrawn by the minister."),
        ("Smith hit Jones.", "Jones hit Smith."),
        ("A method that learns quickly.", "We present a method that learns quickly."),
        ("The plan which they like.", "They like the plan."),
        ("Staff may travel.", "Requests will not be granted for staff who wish to travel."),
        ("The law allows them to die.", "The law allows them to be assisted to die."),
        ("会议决定开工。", "会议决定不开工。"),
        ("公司盈利。", "公司预计盈利。"),
        ("", "Anything."),
    ],
)
def test_changed_meanings(text: str, source: str) -> None:
    assert not is_shortening(text, source)


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_texts_are_compared(text: str, source: str) -> None:
    is_shortening(text, source)
    assert 0 <= word_overlap(text, source) <= 1
