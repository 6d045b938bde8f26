"""Lines to paragraphs and boxes to reading order."""

from __future__ import annotations

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from quietdesk.documents.layout import BROKEN_WORD, Box, Line, glue, join_pages, join_paragraphs, reading_order


def lines(*texts: str, left: float = 10, top: float = 0, step: float = 12, width: float = 5) -> list[Line]:
    """Lines below each other, each character ``width`` wide."""
    return [
        Line(text, left, left + width * len(text), top + i * step, top + i * step + 10, width * len(text.split()[0]))
        for i, text in enumerate(texts)
    ]


def test_a_paragraph_broken_into_lines_is_joined() -> None:
    page = lines(
        "The quick brown fox jumps over the lazy dog and runs", "away from the hounds that follow it into the wood",
        "where it is safe.", "The next paragraph begins here after a short line.",
    )  # fmt: skip
    assert join_paragraphs(page) == [
        "The quick brown fox jumps over the lazy dog and runs away from the hounds that follow it into the wood where "
        "it is safe.", "The next paragraph begins here after a short line.",
    ]  # fmt: skip


def test_bullets_short_lines_and_tables_stay_lines() -> None:
    page = lines("Agenda of the meeting in the large room of the town", "- first point", "- second point", "Ann", "Bob")
    assert join_paragraphs(page) == [line.text for line in page]
    rows = [Line(f"cell {i}\tvalue", 10, 300, i * 12, i * 12 + 10, 20, table=True) for i in range(3)]
    assert len(join_paragraphs(rows)) == 3


def test_a_wider_gap_begins_a_paragraph() -> None:
    first = lines("A line that goes on to the right edge of the page here", "and on", top=0)
    second = lines("Another line that goes on to the edge of the page too", top=60)
    assert len(join_paragraphs([*first, *second])) == 2


def test_broken_words_and_chinese_are_glued_without_a_space() -> None:
    assert glue(f"adip{BROKEN_WORD}", "iscing") == f"adip{BROKEN_WORD}iscing"
    assert glue("会议将于", "周一举行") == "会议将于周一举行"
    assert glue("one ", " two") == "one two"


def test_a_paragraph_goes_on_over_a_page_break() -> None:
    first, second = "This is a long paragraph at the end of a page that", "goes on here."
    assert join_pages([[first], [second, "New."]]) == f"{first} {second}\nNew."
    assert join_pages([["Done here, at the very end of the whole page."], ["next"]]).count("\n") == 1


def boxes(*texts: str, left: float, top: float = 100) -> list[Box]:
    return [Box(text, left, top + 30 * i, left + 10 * len(text), top + 30 * i + 20) for i, text in enumerate(texts)]


LEFT = [f"left column line number {i}" for i in range(6)]
RIGHT = [f"right column line number {i}" for i in range(6)]


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    heading = [Box("A heading over both of the columns", 10, 20, 500, 45)]
    page = [*boxes(*RIGHT, left=320), *boxes(*LEFT, left=10), *heading]
    assert [line.text for line in reading_order(page)] == ["A heading over both of the columns", *LEFT, *RIGHT]


def test_rows_of_a_form_stay_together() -> None:
    labels = boxes("Name:", "Date of birth:", "City:", "Insurance:", left=10)
    values = boxes("Ann Example", "15 March 1978", "Leeds", "BlueCross BlueShield of England", left=320)
    assert reading_order([*values, *labels])[0].text == "Name:\tAnn Example"


def test_the_order_of_boxes_does_not_matter() -> None:
    page = boxes("one", "two", "three", "four", left=10)
    for order in permutations(page):
        assert [line.text for line in reading_order(order)] == ["one", "two", "three", "four"]


_number = st.floats(-500, 2000, allow_nan=False)
_box = st.builds(
    lambda text, x, y, w, h: Box(text, x, y, x + abs(w), y + abs(h)), st.text("ab c", max_size=20), *[_number] * 4
)


@given(st.lists(_box, max_size=40))
def test_no_box_is_lost(found: list[Box]) -> None:
    read = reading_order(found)
    letters = "".join(line.text for line in read)
    assert sorted("".join(letters.split())) == sorted("".join("".join(box.text for box in found).split()))
    join_paragraphs(read)
