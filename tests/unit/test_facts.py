"""Facts of a text against its source: tolerant where an editor is, strict otherwise."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietdesk.tools.text.facts import SourceFacts
from quietdesk.tools.text.sentences import split

BRIDGE = """HARLOW BAY — A swing bridge will close for eleven months from 6 January, Dunmore County Council said on
Tuesday. Engineer Priya Raman said 1,050 vehicles a day use it. Repairs cost £8.6 million, and £300,000 is set aside.
A ferry runs from 6.30am to 10:30pm. Fish wholesaler Martin Oke's vans are not affected. About 20 per cent of drivers
want five more buses; 12 to 15% do not. Reference Q-2291, phone 0800 123. Norma Louise Bates wrote: "The river bed is
far too soft". It opened on 2024-03-14 and 18 March."""

CHINESE = (
    "6月14日，王小明经理表示，总投资2.3亿元，供水能力提高到13万吨，二十多位代表参加，"
    "约百分之三十的居民同意。会议不公开。"
)


@pytest.mark.parametrize(
    "text",
    [
        "The bridge closes on January 6.",
        "The bridge closes for 11 months from 6 January.",
        "Some 1050 vehicles use it.",
        "Repairs cost £8.6m.",
        "Repairs cost 8.6 million pounds.",
        "The ferry runs from 6:30 am to 10.30 p.m.",
        "20% of drivers want 5 more buses; 12-15 per cent do not.",
        "Bridge to Close For Eleven Months",
        "Raman, an engineer, spoke on Tuesday.",
        "Norma Bates wrote.",
        "Oke's vans use the ferry, and the Okes know.",
        "However, drivers wait. Officials say so.",
        "The reference is Q-2291.",
        "It opened on 14 March.",
        'Bates wrote: "the river bed is far too soft"',
        "He may march on. One of them stays.",
    ],
)
def test_what_an_editor_accepts(text: str) -> None:
    assert SourceFacts(BRIDGE).unsupported(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("It closes on 7 January.", "number", "7"),
        ("It closes on 6 February.", "date", "6 February"),
        ("It closes on 15 January.", "date", "15 January"),
        ("The council met on Friday.", "date", "Friday"),
        ("Repairs cost £8.6 billion.", "amount", "£8.6 billion"),
        ("Repairs cost $8.6 million.", "amount", "$8.6 million"),
        ("It costs £1,050.", "amount", "£1,050"),
        ("Some 30% agree.", "number", "30%"),
        ("Some 1,051 vehicles use it.", "number", "1,051"),
        ("It takes seven months.", "number", "seven"),
        ("David Lloyd agreed.", "name", "David"),
        ("It was in Scotland.", "name", "Scotland"),
        ("Priya Oke spoke.", "name", "Priya Oke"),
        ("The BBC reported it.", "name", "BBC"),
        ("Ms Raman spoke.", "name", "Ms"),
        ('Raman said: "The bridge is quite lost".', "quote", '"The bridge is quite lost"'),
        ("Oke's vans are affected.", "negation", "affected"),
        ("The vehicles do not use it a day.", "negation", "use"),
    ],
)
def test_what_an_editor_refuses(text: str, kind: str, words: str) -> None:
    facts = SourceFacts(BRIDGE).unsupported(text)
    assert (kind, words) in [(fact.kind, fact.text) for fact in facts]
    assert all(text[fact.start : fact.end] == fact.text for fact in facts)


@pytest.mark.parametrize(
    ("text", "supported"),
    [
        ("6月14日总投资2.3亿元。", True),
        ("供水能力为13万吨，即130000吨。", True),
        ("二十多位代表和30%的居民同意。", True),
        ("王小明经理表示同意。", True),
        ("总投资2.4亿元。", False),
        ("7月14日召开。", False),
        ("供水能力为13亿吨。", False),
        ("李建国经理表示同意。", False),
        ("星期五开会。", False),
        ("１４日。", True),
    ],
)
def test_chinese(text: str, supported: bool) -> None:
    assert (SourceFacts(CHINESE).unsupported(text) == []) is supported


def test_numbers_as_they_stand() -> None:
    numbers = SourceFacts(BRIDGE).numbers
    assert {"1,050", "6.30", "10:30", "8.6", "300,000", "2291", "0800", "20", "2024", "11", "5"} <= set(numbers)
    assert len(numbers) == len(set(numbers))


_VOCABULARY = (
    "the council Raman said that £8.6 million of 1,050 buses in March or on Tuesday won't close — 6.30am (Q-2291) "
    "twenty-five % Mr. Oke's “soft bed” 会议 二十 3月5日 王经理 5 to 6 million $12bn not never BBC U.S. e.g. - * "
    "14/03/2024"
)
_WORDS = st.sampled_from(_VOCABULARY.split())
_MARKS = st.sampled_from([" ", " ", " ", ". ", "! ", "\n", "\n\n", ": ", "。", ", "])


@given(st.lists(st.tuples(_WORDS, _MARKS), min_size=1, max_size=60))
def test_a_sentence_of_the_source_is_supported(parts: list[tuple[str, str]]) -> None:
    source = "".join(word + mark for word, mark in parts)
    facts = SourceFacts(source)
    for span in split(source):
        assert facts.unsupported(source[span.start : span.end]) == []


@given(st.text(max_size=300))
def test_any_text_is_supported_by_itself(text: str) -> None:
    assert SourceFacts(text).unsupported(text) == []


@settings(max_examples=60)
@given(
    st.lists(st.integers(100, 99_999), max_size=20),
    st.integers(100, 99_999),
    st.sampled_from(["{} people came.", "It costs £{}.", "about {}% more", "Code A-{}", "共{}人", "on {} occasions"]),
)
def test_a_number_that_the_source_lacks_is_flagged(known: list[int], number: int, form: str) -> None:
    facts = SourceFacts("We counted " + ", then ".join(map(str, known)) + " of them.")
    found = [fact for fact in facts.unsupported(form.format(number)) if fact.kind in ("number", "amount")]
    assert bool(found) is (number not in known or form in ("It costs £{}.", "about {}% more"))


def test_quick_on_long_sources() -> None:
    line = "On 6 January Priya Raman told Dunmore Council that 1,050 vehicles, 20 per cent, cost £8.6 million.\n"
    source = line * 1_000
    started = time.perf_counter()
    facts = SourceFacts(source)
    built = time.perf_counter()
    for _ in range(100):
        facts.unsupported(line)
    checked = time.perf_counter()
    assert built - started < 2  # 0.3 s on an idle machine
    assert (checked - built) / 100 < 0.01  # under a millisecond on an idle machine


@pytest.mark.parametrize(
    "text", ["", " ", "...", "\ud800", "🙂🙂", "½ ¼", "1.2.3.4.5", "12:60:99", "\x00", "二百亿亿亿", "0" * 5_000]
)
def test_odd_texts(text: str) -> None:
    assert SourceFacts(text).unsupported(text) == []
