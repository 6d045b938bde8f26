"""Notes: taken out of what people type, and whether a sentence says one."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.errors import ErrorCode, UserError
from quietdesk.tools.draft.notes import MOST_CHARACTERS, Note, covered, parse_notes


def note(text: str) -> Note:
    (only,) = parse_notes(text)
    return only


def test_bullets_and_blank_lines() -> None:
    text = "- one\n\n* two\r\n• three\n1. four\n2) five\n  - [x] six\n\u2028– seven\n"
    assert [each.written for each in parse_notes(text)] == ["one", "two", "three", "four", "five", "six", "seven"]


def test_numbers_are_no_bullets() -> None:
    kept = ["14.30 train", "-5 °C in room 2", "3.5 t lift", "2 fitters", "12/2026 next check"]
    assert [each.written for each in parse_notes("\n".join(kept))] == kept


def test_same_note_counts_once() -> None:
    assert [each.written for each in parse_notes("Call Ann\n- call Ann\n")] == ["Call Ann"]


def test_symbols_without_words_are_kept() -> None:
    assert [each.written for each in parse_notes("👍\n---\n...\n")] == ["👍"]


def test_prose_is_taken_sentence_by_sentence() -> None:
    text = " ".join(f"Sentence number {number} says something about the harbour." for number in range(40))
    assert len(parse_notes(text)) == 40


def test_too_much() -> None:
    with pytest.raises(UserError) as error:
        parse_notes("word " * MOST_CHARACTERS)
    assert error.value.code is ErrorCode.TOO_LARGE
    assert error.value.hint


def test_three_thousand_words_are_quick() -> None:
    text = "\n".join(f"point {at}: meeting at {at % 24}:00 in room {at} with the team" for at in range(300))
    started = time.monotonic()
    assert len(parse_notes(text)) == 300
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("pls plan changeover thurs 14 May", "please plan changeover Thursday 14 May"),
        ("mtg tmrw 10:30 w/ Ana", "meeting tomorrow 10:30 with Ana"),
        ("abt 3 wks, approx 20 ppl", "about 3 weeks, approximately 20 people"),
        ("move call 15:00 -> 16:30", "move call 15:00 to 16:30"),
        ("ticket closed -> call us", "ticket closed: call us"),
        ("ca. CHF 55,000 or ~20 min", "about CHF 55,000 or about 20 minutes"),
        ("bring list + pens, gloves+bags", "bring list and pens, gloves+bags"),
        ("sun cream, sat 24 may, w/o fail", "sun cream, Saturday 24 May, without fail"),
        ("Jan Horák comes 3 jan", "Jan Horák comes 3 January"),
        ("see https://pix.example/sat and a.mon@x.example", "see https://pix.example/sat and a.mon@x.example"),
        ("no 31 tues, no parking", "no. 31 Tuesday, no parking"),
        ("btw 14 + 16", "between 14 and 16"),
        ("at yr cost, 9 per yr", "at your cost, 9 per year"),
        ("i'm late, i know", "I'm late, I know"),
        ("DE bearing 9.8 mm/s, gw-fra-02, P-104B", "DE bearing 9.8 mm/s, gw-fra-02, P-104B"),
        ("art. 15, art 15, ch 2, p. 3, p 4, pp. 5", "article 15, art 15, chapter 2, p. 3, page 4, pp. 5"),
        ("31 dec -> 28 feb, mon -> fri, error -> call", "31 December to 28 February, Monday to Friday, error: call"),
        ("march in may", "march in May"),
        ("in april + may, on mon", "in April and May, on Monday"),
        ("P 4471, 20 pcs, wt 3 kg", "P 4471, 20 pieces, weight 3 kg"),
        ("see p 4", "see page 4"),
        ("radio ch 12, ch 3", "radio channel 12, chapter 3"),
        ("w/out the goods", "without the goods"),
    ],
)
def test_shorthand(written: str, plain: str) -> None:
    assert note(written).plain == plain


@pytest.mark.parametrize(
    ("written", "request_", "negative"),
    [
        ("trend plot attached", False, False),
        ("pls plan changeover thurs", True, False),
        ("bring charger + old dock", True, False),
        ("bring u olive oil back", False, False),
        ("print correction 6 June", False, False),
        ("ask if he wants armrests", True, False),
        ("yellow card form: sign by thurs", True, False),
        ("not paying rest til fixed", False, True),
        ("won't accept £1,050", False, True),
        ("no food after midnight", False, True),
        ("same as no. 6, flat no 33", False, False),
        ("请带Q2销售数据", True, False),
        ("12月演出参加不了", False, True),
        ("教室不变", False, True),
        ("单价还是22元吗", True, False),
    ],
)
def test_requests_and_negations(written: str, request_: bool, negative: bool) -> None:
    assert (note(written).request, note(written).negative) == (request_, negative)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("pump P-104B vibration 9.8 mm/s, limit 7.1", "The vibration of pump P-104B is 9.8 mm/s, with a limit of 7.1."),
        ("last bearing change 11/2022", "The bearing was last changed in 11/2022."),
        ("need all by wed 12:00", "Could you let me need all by Wednesday at 12:00?"),
        ("mtg tmrw 10:30", "The meeting is tomorrow at 10:30."),
        ("approx 60 cm wide", "It is about 60 cm wide."),
        ("delivery in 3 wks", "We will deliver in three weeks."),
        ("won't accept £1,050", "I do not accept £1,050."),
        ("bring charger", "You should bring the charger."),
        ("kids welcome w/ adult", "Children are welcome with an adult."),
        ("price €84.35, 5% off", "The price is €84.35 with five per cent off."),
        ("周四例会改到周五", "因为客户来访，周四的例会改到周五。"),
        ("请带Q2销售数据", "麻烦您带上Q2的销售数据。"),
    ],
)
def test_said(written: str, text: str) -> None:
    assert covered(note(written), text).covered, covered(note(written), text)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("pump P-104B vibration 9.8 mm/s, limit 7.1", "Pump P-104B has a vibration of 9.8 mm/s."),
        ("switched to P-104A", "I have switched to P-104B."),
        ("won't accept £1,050", "I accept £1,050."),
        ("no food after midnight", "You may have food after midnight."),
        ("site visit thurs 16:00", "The site visit is on Tuesday at 16:00."),
        ("pls send invoice", "The invoice has been sent."),
        ("invoice paid yesterday", "Could you say whether the invoice was paid yesterday?"),
        ("clear water ok til 05:00", "The water will clear until 05:00."),
        ("Bilal Sayed cancelled", "Bilal has cancelled."),
        ("教室不变，东楼B301", "教室变了，在东楼B301。"),
        ("6月账单中抵扣86元", "7月账单中抵扣86元。"),
    ],
)
def test_not_said(written: str, text: str) -> None:
    assert not covered(note(written), text).covered


def test_share_tells_how_much_is_there() -> None:
    coverage = covered(note("order 5521, 30 lamps, EUR 48 each"), "Your order 5521 is for 30 lamps.")
    assert 0.3 < coverage.share < 1
    assert any("48" in missing for missing in coverage.missing)


@given(st.text(max_size=400))
def test_anything_can_be_noted(text: str) -> None:
    for each in parse_notes(text):
        assert each.written.strip()
        assert "\n" not in each.written
        covered(each, text)


WORDS = ("call", "Ann", "thurs", "10:30", "w/", "3", "chairs", "€ 50", "not", "room", "B12", "pls", "14 may", "ok")


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9))
def test_a_note_says_itself(words: list[str]) -> None:
    for each in parse_notes(" ".join(words)):
        assert not covered(each, each.plain).missing
        assert covered(each, each.plain).faithful
