"""Titles and cut sentences as headlines."""

from __future__ import annotations

import pytest

from quietdesk.tools.summarise.headline import best_line, own_title
from quietdesk.tools.summarise.plan import PlannedSentence
from quietdesk.tools.text.sentences import Span


def planned(text: str, index: int = 0) -> PlannedSentence:
    return PlannedSentence(index, Span(0, len(text)), text, text, "")


BODY = ["First sentence here.", "Second one.", "Third one.", "Fourth one."]


@pytest.mark.parametrize(
    ("sentences", "metadata", "expected"),
    [
        (["Lifts, desks and the fish", *BODY], None, "Lifts, desks and the fish"),
        (["TO: all staff", "RE: New shift pattern", *BODY], None, "New shift pattern"),
        (["主题：停水通知", *BODY], None, "停水通知"),
        (["Dear Ms Raman,", *BODY], None, ""),
        (["Anna: hello", *BODY], None, ""),
        (["- 3 eggs", *BODY], None, ""),
        (BODY, "First sentence", "First sentence"),
        (BODY, "Microsoft Word - draft7.doc", ""),
        (["Only a title", "Body."], None, ""),
    ],
)
def test_own_title(sentences: list[str], metadata: str | None, expected: str) -> None:
    assert own_title(sentences, metadata, 15) == expected


def test_a_long_sentence_is_cut_where_a_clause_ends() -> None:
    text = "Counting of the votes has slowed down after problems with the electronic systems of the town."
    assert best_line([planned(text)], 10)[0] == "Counting of the votes has slowed down"
    told = "Counting of the votes has slowed down because of the electronic systems, officials said on Monday."
    assert best_line([planned(told)], 8)[0] == told[:-1]  # what officials said stays their word


def test_a_short_sentence_may_stand_for_a_much_longer_one() -> None:
    long = planned(
        "With a room at the top and a court and a machine for some time off it is where all ideas come to light and "
        "grow at the end of the day."
    )
    assert best_line([long, planned("The firm has a playroom.", 1)], 8)[0] == "The firm has a playroom"
