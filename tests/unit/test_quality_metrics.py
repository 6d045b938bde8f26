"""The measures of the quality harness: a number that is wrong would be worse than none."""

from __future__ import annotations

import pytest

from quality.metrics import format_errors, loops, notes_said, rouge, unsupported

LETTER = "Dear Ms Ito,\n\nThe order left on 4 May. It weighs 12 kg.\n\nKind regards,\nPetra Novak"


def test_rouge_of_the_same_text_is_full() -> None:
    score = rouge("The bridge closes in May.", ["Nothing alike", "the bridge closes in may"])
    assert (score.one, score.two, score.longest) == pytest.approx((100, 100, 100))


def test_rouge_stems_english() -> None:
    assert rouge("bridges closed", ["bridge closes"]).two == pytest.approx(100)


def test_rouge_counts_chinese_by_character() -> None:
    # Two of four characters, of which one pair is neighbours in both.
    score = rouge("大桥关闭", ["大桥开放。"], chinese=True)
    assert (score.one, score.two, score.longest) == pytest.approx((50, 100 / 3, 50))
    assert rouge("2024年", ["2024年"], chinese=True).one == pytest.approx(100)


def test_unsupported_tells_numbers_from_names() -> None:
    found = unsupported("Nadia paid 120 euros and 35 cents.", "Somebody called Oskar paid 120 euros.")
    assert found.numbers == ("35 cents",)
    assert found.names == ("Nadia",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The train is late. The bus is late as well.", False),
        ("The train is late. We wait. The train is late.", True),
        ("we go to the shop and we go to the shop and we go to the shop", True),
        ("会议改到周五下午。会议改到周五下午。", True),
        ("会议改到周五下午。请带上报告。", False),
        ("Thank you. Yes. Thank you.", False),
        ("", False),
    ],
)
def test_loops(text: str, expected: bool) -> None:
    assert loops(text) is expected


def test_notes_said() -> None:
    notes = "order left 4 May\nweighs 12 kg\ncall 0161 555 0137"
    said = notes_said(notes, LETTER)
    assert (said.notes, said.said) == (3, 2)
    assert 0 < said.facts_found < said.facts
    assert 0.5 < said.share < 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LETTER, ()),
        ("王经理，您好：\n\n例会改到周五。\n\n祝好\n林晓", ()),
        ("Dear all,\n\nPlease bring:\n\n- your badge\n- a pen\n\nBest,\nJo", ()),
        ("The order left on 4 May.\n\nRegards,\nPetra", ("greeting",)),
        ("Dear Ms Ito,\n\nThe order left on 4 May and it weighs\n\nRegards,\nPetra", ("sentence",)),
        (
            "Dear Ms Ito,\n\nThe order left the warehouse in the north on 4 May, and it will be with you next Friday.",
            ("closing",),
        ),
        ("Dear [Name],\n\nThe order left.\n\nRegards,\nPetra", ("blank",)),
        ("", ("greeting", "closing", "sentence")),
    ],
)
def test_format_errors(text: str, expected: tuple[str, ...]) -> None:
    assert format_errors(text) == expected
