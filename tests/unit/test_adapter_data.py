"""The training rows of the task adapter, and the examples made of them."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from examples import examples_of, held_out, read_rows, renumbered

from quietdesk.tools.draft.letter import TONES

DATA = Path(__file__).resolve().parents[2] / "packaging" / "adapter" / "data"


@pytest.fixture(scope="module")
def rows() -> list[tuple[str, dict[str, Any]]]:
    return read_rows(DATA)


def digits(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def test_enough_of_every_kind_and_language(rows: list[tuple[str, dict[str, Any]]]) -> None:
    assert len(rows) >= 1200
    kinds = Counter((kind, row["lang"]) for kind, row in rows)
    for kind, least in (("letter", 150), ("reply", 60), ("summary", 60), ("rewriting", 60)):
        assert kinds[kind, "en"] >= least
        assert kinds[kind, "zh"] >= least


def test_letters_say_their_notes_and_no_other_number(rows: list[tuple[str, dict[str, Any]]]) -> None:
    for kind, row in rows:
        if kind not in ("letter", "reply"):
            continue
        assert row["tone"] in TONES
        assert len(row["notes"]) == len(row["sentences"]), row["notes"]
        mail = digits(str(row.get("received", "")))
        for note, sentence in zip(row["notes"], row["sentences"], strict=True):
            assert "\n" not in sentence
            assert digits(note) <= digits(sentence), (note, sentence)
            assert digits(sentence) <= digits(note) | mail, (note, sentence)


def test_other_texts_have_no_number_that_their_source_lacks(rows: list[tuple[str, dict[str, Any]]]) -> None:
    written = ("headline", "sentence", "paragraph", "shorter", "friendlier", "more_formal", "minuted")
    for kind, row in rows:
        if kind in ("summary", "rewriting"):
            source = row.get("text") or row["sentence"]
            for field in written:
                assert digits(row.get(field, "")) <= digits(source), (field, row[field])


def test_about_one_row_of_twenty_is_held_out(rows: list[tuple[str, dict[str, Any]]]) -> None:
    share = sum(held_out(row) for _, row in rows) / len(rows)
    assert 0.03 < share < 0.08


def test_examples(rows: list[tuple[str, dict[str, Any]]]) -> None:
    choice = random.Random(1)  # noqa: S311  draws of training data
    for kind, row in rows:
        for example in examples_of(kind, row, choice):
            assert any(span.learnt for span in example.spans)
            assert not example.spans[0].learnt
            # A learnt span ends with its line, so that its last token is the one that ends the text in use.
            assert all(span.text.endswith("\n") for span in example.spans if span.learnt)


def test_other_digits_stay_the_same_everywhere() -> None:
    row = {"notes": ["inv 7731, 2 x £64"], "sentences": ["Invoice 7731 is for 2 x £64."]}
    changed = renumbered(row, random.Random(3))  # noqa: S311
    assert changed != row
    assert digits(changed["notes"][0]) == digits(changed["sentences"][0])
    assert "2 x" in changed["notes"][0]
