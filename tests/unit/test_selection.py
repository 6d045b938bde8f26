"""Which sentences carry a document."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.tools.summarise.selection import Choice, importance, is_transcript, leans

WIDTH = 16


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


def test_transcripts_have_speakers_who_speak_again() -> None:
    assert is_transcript(["Anna: yes.", "Bo: no.", "Well.", "Anna: why?", "Bo: so."])
    assert is_transcript(["发言人1：大家好。", "发言人2：好。", "发言人1：开始吧。", "发言人2：行。"])
    assert not is_transcript(["TO: all staff", "FROM: Lena", "DATE: 14 March", "RE: shifts", "From Monday we work."])
    assert not is_transcript(["It rained.", "Note: it was wet.", "They left."])


def test_headings_and_greetings_do_not_count_as_the_first_sentence() -> None:
    text = ["QUARTERLY REPORT", "Dear all,"] + [f"Sentence number {n} says a thing about trade." for n in range(8)]
    scores = importance(text, np.ones((len(text), WIDTH), np.float32))
    assert int(scores.argmax()) == 2


def test_a_sentence_that_leans_on_another_counts_less() -> None:
    text = ["The mayor opened the bridge.", "He said the bridge is open.", "Mayor said the bridge is open."]
    scores = importance([*text, *text[::-1]], np.ones((6, WIDTH), np.float32))
    assert scores[1] < scores[2]


@pytest.mark.parametrize("sentences", [["One."], ["…"], ["", " "], ["12 13 14", "1 2 3"], ["同", "同"]])
def test_odd_documents(sentences: list[str]) -> None:
    scores = importance(sentences, vectors(len(sentences)))
    assert np.isfinite(scores).all()


def test_choice_keeps_order_size_and_says_nothing_twice() -> None:
    sentences = [
        "The bridge will close in January for repairs.",
        "In January the bridge will close for repairs.",
        "Ferries run every fifteen minutes.",
        "The council pays eight million pounds.",
    ]
    choice = Choice(np.array([4.0, 3.0, 1.0, 2.0]), sentences, lambda index: len(sentences[index].split()))
    assert choice.best(3, 100) == [0, 2, 3]
    assert choice.best(1, 1) == [0]
    assert choice.best(3, 15) == [0, 3]
    assert choice.ranked(2) == [0, 1]


def test_every_part_of_a_meeting_gives_a_sentence() -> None:
    sentences = [f"{letter * 5} {letter * 6} {letter * 7}." for letter in "abcdefghi"]
    choice = Choice(np.array([9.0, 8, 7, 6, 5, 4, 3, 2, 1]), sentences, lambda _: 5)
    assert choice.best(3, 100, parts=3) == [0, 3, 6]


def test_sentences_of_which_nothing_is_printed_are_not_chosen() -> None:
    choice = Choice(np.array([2.0, 1.0]), ["Um.", "We agreed on Friday."], lambda index: (0, 4)[index])
    assert choice.best(2, 50) == [1]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=25), st.integers(0, 5))
def test_any_sentences_get_finite_scores_the_same_every_time(sentences: list[str], seed: int) -> None:
    rows = vectors(len(sentences), seed)
    scores = importance(sentences, rows)
    assert np.isfinite(scores).all()
    assert (scores == importance(sentences, rows)).all()


def test_time_grows_with_the_length_only() -> None:
    sentences = [f"Sentence {n} of the report says that item {n % 97} costs {n} pounds." for n in range(10_000)]
    started = time.perf_counter()
    importance(sentences, vectors(len(sentences)))
    assert time.perf_counter() - started < 5  # half a second on an idle machine


def test_a_sentence_that_leans_comes_with_the_one_before_or_not_at_all() -> None:
    sentences = ["The council met on Monday.", "A bridge will close soon.", "It was built in 1931.", "Buses go round."]
    scores = np.array([4.0, 1.0, 3.0, 2.0])
    leaning = [leans(sentence) for sentence in sentences]
    assert leaning == [False, False, True, False]
    choice = Choice(scores, sentences, lambda _: 5, leaning)
    assert choice.best(3, 100) == [0, 1, 2]
    assert choice.best(2, 100) == [0, 3]


@pytest.mark.parametrize(
    "sentence",
    ["At least that's the conclusion of a study.", "But his power returned on Saturday.", "他说，价格还会上涨。",
     "With 10 times that number expected, the hotel takes no chances.", "'We are ready,' he said.",
     "The latter is cheaper."],
)  # fmt: skip
def test_what_leans(sentence: str) -> None:
    assert leans(sentence)


@pytest.mark.parametrize(
    "sentence", ["But power returned on Saturday.", "Anna said that number 7 is free.", "The bridge that closes is."]
)
def test_what_stands_alone(sentence: str) -> None:
    assert not leans(sentence)
