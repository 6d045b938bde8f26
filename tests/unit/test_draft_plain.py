"""Notes written out without the model: nothing is added, nothing turned round."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.tools.draft.notes import parse_notes
from quietdesk.tools.draft.person import People, to_reader
from quietdesk.tools.draft.plain import Line, PlainWriter
from quietdesk.tools.draft.plain_other import ChinesePlainWriter, LiteralWriter
from quietdesk.tools.draft.wording import english


def written(text: str, people: People | None = None, tone: str = "neutral") -> Line:
    people = people or People("Ann Lee", "Mr. Doyle")
    (note,) = parse_notes(text)
    (meant,) = people.reader_meant([note.plain])
    return PlainWriter(english(), people, tone).write(note, to_reader=meant)


@pytest.mark.parametrize(
    ("recipient", "note", "sentence"),
    [
        ("Mrs Hall", "she doesn't need to fast", "You don't need to fast."),
        ("Mr Okafor, client", "can't file without them", "can't file without them"),
        ("Poppy, granddaughter", "grandma can't come, her knee isn't good", "Grandma can't come, her knee isn't good."),
        ("Ben, brother", "don't ring her about it", "Please don't ring her about it."),
        ("Mr Hall", "if he sends it by Friday I can do it", "If you send it by Friday I can do it."),
    ],
)
def test_he_and_she_are_the_reader_only_where_nobody_else_can_be_meant(
    recipient: str, note: str, sentence: str
) -> None:
    assert written(note, People("Ann Lee", recipient)).text.casefold().rstrip(".") == sentence.casefold().rstrip(".")


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        ("trend plot attached", "The trend plot is attached."),
        ("cert + photos attached", "The certificate and photos are attached."),
        ("copy of id attached", "A copy of id is attached."),
        ("ticket 40417 solved", "The ticket 40417 has been solved."),
        ("thx for quick reply", "Thank you for the quick reply."),
        ("thanks a lot", "Thank you very much."),
        ("sorry for delay", "I am sorry for the delay."),
        ("sorry, we lost the score", "I am sorry, but we lost the score."),
        ("sorry, can't", "I am sorry, but I can't."),
        ("congrats on baby Fenna!", "Congratulations on the baby Fenna!"),
        ("ask if he wants armrests incl.", "Could you please tell me whether you want armrests included?"),
        ("ask him to send the list", "Could you please send the list?"),
        ("ask for quote, 200 m cable", "I would like to ask for a quote, 200 m cable."),
        ("ask seller to open it before you commit", "Please ask the seller to open it before you commit."),
        ("ask about parking", "I would like to ask about parking."),
        ("salary: ask 73,000", "As for the salary, I would like to ask for 73,000."),
        ("remind her to sign", "Please remember to sign."),
        ("can he grow basil?", "Could you grow basil?"),
        ("bring charger", "Please bring charger."),
        ("get well soon", "Get well soon."),
        ("does he still want samples?", "Do you still want samples?"),
        ("want me to order tyres?", "Would you like me to order tyres?"),
        ("will call u monday", "I will call you on Monday."),
        ("pls call me thurs 10:30", "Please call me on Thursday at 10:30."),
        ("answer by thurs pls", "Please answer by Thursday."),
        ("don't block card", "Please don't block card."),
        ("dont want voucher", "I don't want voucher."),
        ("need his decision by mon", "I need your decision by Monday."),
        ("need quote, 12 doors", "I need a quote, 12 doors."),
        ("can pay £975", "I can pay £975."),
        ("won't accept £1,050", "I will not accept £1,050."),
        ("running 10 min late", "I am running 10 minutes late."),
        ("rang u twice", "I rang you twice."),
        ("confirm mtg 4 june 10:00", "I confirm the meeting on 4 June at 10:00."),
        ("confirm by email", "Please confirm by email."),
        ("cellar room 4 must be empty", "Cellar room 4 must be empty."),
        ("we read to ch 14", "We read to chapter 14."),
        ("leave ok", "Leave is fine."),
        ("yes", "Yes, that is fine."),
        ("yes 14:30", "Yes, 14:30 is fine."),
        ("no", "Unfortunately, the answer is no."),
        ("lunch thurs?", "Lunch on Thursday?"),
        ("who has key", "Who has key?"),
        ("paid 18.50 this morning", "I paid 18.50 this morning."),
        ("The council confirmed it on Tuesday evening.", "The council confirmed it on Tuesday evening."),
    ],
)
def test_sentences(note: str, sentence: str) -> None:
    assert written(note) == Line(sentence)


@pytest.mark.parametrize(
    ("note", "line"),
    [
        ("pump P-104B vibration 9.8 mm/s, limit 7.1", "Pump P-104B vibration 9.8 mm/s, limit 7.1"),
        ("boiler replaced 15–19 sept", "Boiler replaced 15–19 September"),
        ("print correction 6 june, p. 2", "Print correction 6 June, p. 2"),
        ("can cancel free til 25 july", "Can cancel free until 25 July"),
        ("gw-02 down", "gw-02 down"),
        ("bring: list, pens", "Please bring: list, pens"),
        ("speak polish", "Speak polish"),
        ("come sun 16th? i cook", "Come Sunday 16th? I cook"),
    ],
)
def test_lines_of_a_list(note: str, line: str) -> None:
    assert written(note) == Line(line, listed=True)


def test_organisations_say_we() -> None:
    assert written("need form 7", People("Helpdesk", "Ann")).text == "We need form 7."


def test_friendly_letters_may_exclaim() -> None:
    assert written("thx for the cake!!", tone="friendly").text == "Thank you for the cake!"
    assert written("thx for the cake!!", tone="formal").text == "Thank you for the cake."


def test_the_reader_is_meant_unless_somebody_else_is() -> None:
    people = People("Ann", "Mrs. Halvorsen")
    assert people.reader_meant(["someone must take her home", "his key"]) == [True, False]
    assert People("Ann", "Priya").reader_meant(["she passed", "Kim absent", "she seems tired"]) == [True, False, False]
    assert People("Ann", "Priya").reader_meant(["slip in his bag"], answering=True) == [False]
    assert People("Ann", "Mr. and Mrs. Roe").reader_meant(["they booked 3 nights"]) == [True]
    assert People("Ann", "all staff").reader_meant(["he called"]) == [False]


@pytest.mark.parametrize(
    ("note", "turned"),
    [
        ("he wants her list", "you want your list"),
        ("ask her if she has it", "ask you if you have it"),
        ("she's late and carries the box", "you're late and carries the box"),
        ("tell him his tries passed", "tell you your tries passed"),
    ],
)
def test_third_person_becomes_second(note: str, turned: str) -> None:
    assert to_reader(note) == turned


NOTE_WORDS = re.findall(
    r"\S+",
    "call bring not please need order 5521 EUR 1,050.50 14:30 thurs 14 may he her we Ann Lee B-12 attached sorry "
    "thanks for by can't if only gate left open + w/ -> ? ! , (ext 4417) pay send room",
)


@given(st.lists(st.sampled_from(NOTE_WORDS), min_size=1, max_size=10), st.sampled_from(["neutral", "friendly", "firm"]))
def test_no_number_is_lost_or_added(words: list[str], tone: str) -> None:
    for note in parse_notes(" ".join(words)):
        line = PlainWriter(english(), People("Ann", "Bo"), tone).write(note)
        assert sorted(re.findall(r"\d+", line.text)) == sorted(re.findall(r"\d+", note.written))
        assert not line.text.startswith(" ")


@given(st.text(max_size=200))
def test_anything_can_be_written_out(text: str) -> None:
    for note in parse_notes(text):
        english_writer = PlainWriter(english(), People("", ""), "neutral")
        for writer in (english_writer, ChinesePlainWriter("formal"), LiteralWriter()):
            assert writer.write(note).text.strip()


@pytest.mark.parametrize(
    ("note", "sentence"),
    [
        ("周四例会改到周五", "周四例会改到周五。"),
        ("请带Q2销售数据", "请带Q2销售数据。"),
        ("单价还是22元吗", "单价还是22元吗？"),
        ("盼回复", "盼您回复。"),
        ("感谢3年来的照顾", "感谢3年来的照顾。"),
        ("抱歉", "非常抱歉。"),
        ("可以", "可以，没有问题。"),
        ("不行", "很抱歉，不行。"),
    ],
)
def test_chinese(note: str, sentence: str) -> None:
    (only,) = parse_notes(note)
    assert ChinesePlainWriter("formal").write(only) == Line(sentence)
