"""Sentences of texts in several languages and forms."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk.tools.text.sentences import LONGEST, list_marker, speaker_label, split


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained. We stayed in.", ["It rained.", "We stayed in."]),
        ("Dr. Smith met Mr. J. Brown at 6.30 p.m. on 5 Jan. in York.", None),
        ("He lives in Washington, D.C. He likes it.", ["He lives in Washington, D.C.", "He likes it."]),
        ("It cost $3.5 million. Nobody paid.", ["It cost $3.5 million.", "Nobody paid."]),
        ('"Really?" he asked. "Yes!" She left.', ['"Really?" he asked.', '"Yes!"', "She left."]),
        ("They came (by train.) Then they ate.", ["They came (by train.)", "Then they ate."]),
        ("It was my grandmother's. They broke it.", ["It was my grandmother's.", "They broke it."]),
        ("No. 7 is late. No. It is early.", ["No. 7 is late.", "No.", "It is early."]),
        ("We waited, e.g. for tea, etc. until noon.", None),
        ("It costs overtime. (c) Two elements failed.", ["It costs overtime.", "(c) Two elements failed."]),
        ("See https://example.org/?page=2 now. Bye.", ["See https://example.org/?page=2 now.", "Bye."]),
        ("Am 6. Mai kam Hr. Moss z. B. mit. Er blieb.", ["Am 6. Mai kam Hr. Moss z. B. mit.", "Er blieb."]),
        ("M. Dupont est arrivé. Il est là.", ["M. Dupont est arrivé.", "Il est là."]),
        ("今天很好。我们去公园！你去吗？“好的。”他说；走了。", None),
        ("天気がいい。散歩しよう。", ["天気がいい。", "散歩しよう。"]),
    ],
)
def test_running_text(text: str, expected: list[str] | None) -> None:
    found = sentences(text)
    if expected is not None:
        assert found == expected
    elif text.isascii():
        assert found == [text]
    else:
        assert found == ["今天很好。", "我们去公园！", "你去吗？", "“好的。”", "他说；", "走了。"]


def test_lists_headings_and_turns_are_kept_apart() -> None:
    text = "AGENDA\n\n1. Budget\n2. Staff\n- one point\n• another\nAnna: hello there. How are you?\nBob: fine"
    assert sentences(text) == [
        "AGENDA", "1. Budget", "2. Staff", "- one point", "• another",
        "Anna: hello there.", "How are you?", "Bob: fine",
    ]  # fmt: skip


def test_wrapped_lines_are_one_sentence() -> None:
    text = (
        "This line of a mail is broken where the program thought that it is\n"
        "long enough, and goes on here until it is\nfinally over. Next."
    )
    assert len(sentences(text)) == 2


def test_windows_line_ends() -> None:
    text = "First line of a letter that is wrapped by the\r\nprogram. Second.\r\n\r\nNew paragraph"
    assert [" ".join(sentence.split()) for sentence in sentences(text)] == [
        "First line of a letter that is wrapped by the program.", "Second.", "New paragraph",
    ]  # fmt: skip


def test_very_long_sentences_are_cut_at_blanks_and_commas() -> None:
    text = "word and word, " * 100
    parts = split(text)
    assert len(parts) > 3
    assert all(text[part.end - 1] == "," for part in parts)
    assert len(split("x" * 1_000)) == 3


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("aB1 .!?。，；:'\"()\n\r\t- "))))
def test_every_visible_character_is_in_one_sentence(text: str) -> None:
    spans = split(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(span.end - span.start <= LONGEST for span in spans)
    covered = "".join(text[span.start : span.end] for span in spans)
    assert [char for char in covered if not char.isspace()] == [char for char in text if not char.isspace()]
    assert all(text[span.start : span.end].strip() == text[span.start : span.end] for span in spans)


def test_a_long_transcript_is_quick() -> None:
    text = "Anna: Well, I think that Mr. Brown said it costs 3.50 a piece. Is that so? Yes.\n" * 500
    started = time.perf_counter()
    split(text)
    assert len(text) > 39_000
    assert time.perf_counter() - started < 0.5  # 0.03 s on an idle machine


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("Anna: hello", "Anna: "),
        ("Hon. Jane Philpott: Mr. Chair", "Hon. Jane Philpott: "),
        ("DANA (product): well", "DANA (product): "),
        ("[10:32] Bo: yes", "[10:32] Bo: "),
        ("发言人1：大家好", "发言人1："),
        ("#Person1#: Hi", "#Person1#: "),
        ("no colon here", ""),
        ("He said that the following is true: yes", ""),
        ("10:30 we met", ""),
    ],
)
def test_speaker_labels(line: str, label: str) -> None:
    assert line[: speaker_label(line)] == label


@pytest.mark.parametrize(
    ("line", "rest"),
    [("- a", "a"), ("12. b", "b"), ("(a) c", "c"), ("4.1 Employees", "Employees"), ("3、丁", "丁"), ("x", "x")],
)
def test_list_markers(line: str, rest: str) -> None:
    assert line[list_marker(line) :] == rest
