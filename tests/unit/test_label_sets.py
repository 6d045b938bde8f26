"""Names of labels, the built-in set, and how the user's additions change it."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk import resources
from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.label_file import StoredLabel, StoredSet, Teaching
from quietdesk.tools.classify.glossary import meaning
from quietdesk.tools.classify.label_sets import (
    MOST_LABELS,
    LabelSet,
    built_in_names,
    check_description,
    default_set,
    from_names,
    normalise,
    parse_names,
    with_stored,
)

PROTOTYPES = [json.loads(line) for line in resources.text("labels/prototypes.jsonl").splitlines()]


def ids(labels: LabelSet) -> list[str]:
    return [label.id for label in labels.labels]


def test_every_built_in_label_is_complete() -> None:
    for label in default_set().labels:
        assert label.prototypes == label.id
        for language in ("en", "zh"):
            assert label.names[language]
            assert len(label.descriptions[language]) > 30
        examples = [row for row in PROTOTYPES if row["label"] == label.id]
        assert len(examples) >= 10
        assert {"en", "zh"} <= {row["lang"] for row in examples}


def test_every_prototype_belongs_to_a_label_and_is_its_own() -> None:
    known = set(ids(default_set()))
    assert all(set(row) == {"label", "lang", "text"} and row["label"] in known for row in PROTOTYPES)
    assert len({row["text"] for row in PROTOTYPES}) == len(PROTOTYPES)
    assert all(200 < len(row["text"]) < 1500 for row in PROTOTYPES)


def test_no_word_stands_for_two_built_in_labels() -> None:
    listed = [
        (normalise(word), each["id"])
        for each in json.loads(resources.text("labels/default.json"))["labels"]
        for word in (each["id"], *each["names"].values(), *each["aliases"])
    ]
    assert all(built_in_names()[word] == label for word, label in listed)


def test_the_glossary_is_complete_and_clear() -> None:
    entries = json.loads(resources.text("labels/glossary.json"))
    names = [normalise(name) for entry in entries for name in entry["names"]]
    assert len(set(names)) == len(names)
    assert all(set(entry) == {"names", "en", "zh"} and entry["en"] and entry["zh"] for entry in entries)
    assert "goals" in meaning("Football")
    assert "进球" in meaning("足球")
    assert meaning("no such thing") == ""


@pytest.mark.parametrize(("text", "expected"), [
    ("a,b,c", ["a", "b", "c"]), (" invoice , tax form ,", ["invoice", "tax form"]), ("新闻，小说", ["新闻", "小说"]),
    ("one", ["one"]), ("C++,C#", ["C++", "C#"]),
])  # fmt: skip
def test_names_are_split_at_commas(text: str, expected: list[str]) -> None:
    assert ids(parse_names(text)) == expected


@pytest.mark.parametrize("text", [
    "", " ", ",", "a,,b", "a, ,b", "a,A", "a,a", "ｂ,b", "tax form,Tax  Form", "x" * 81, "a\nb", "a\x07",
    ",".join(f"n{i}" for i in range(MOST_LABELS + 1)),
])  # fmt: skip
def test_names_that_cannot_be_used_are_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_names(text)
    assert caught.value.code is ErrorCode.UNSUPPORTED
    assert caught.value.hint


def test_labels_that_differ_in_case_are_named() -> None:
    with pytest.raises(UserError, match="Bill and bill, which differ only in case"):
        parse_names("bill,Bill")


def test_long_descriptions_are_refused() -> None:
    check_description("x" * 500)
    with pytest.raises(UserError):
        check_description("x" * 501)


def test_known_names_get_prototypes_unless_they_are_few_or_the_same() -> None:
    kinds = parse_names("CV,Rechnung,film review,sculpture")
    assert [label.prototypes for label in kinds.labels] == ["resume", "invoice", "review", ""]
    topics = parse_names("travel,sport,politics")
    assert [label.prototypes for label in topics.labels] == ["", "", ""]
    reviews = parse_names("film review,book review,recipe")
    assert [label.prototypes for label in reviews.labels] == ["", "", ""]


def test_a_label_is_found_by_id_or_name_in_any_case() -> None:
    assert default_set().label("Meeting  MINUTES").id == "meeting-minutes"
    assert default_set().label("简历").id == "resume"
    with pytest.raises(UserError) as caught:
        default_set().label("dragon")
    assert caught.value.code is ErrorCode.NOT_FOUND


def taught(label: str, value: float) -> Teaching:
    vector = base64.b64encode(np.full(3, value, "<f4").tobytes()).decode()
    return Teaching(label, f"hash{value}", "space", vector)


def test_additions_to_the_built_in_set() -> None:
    stored = StoredSet(
        "Default", (StoredLabel("chess"), StoredLabel("Invoice", "mine")), hidden=("payslip",),
        teachings=(taught("chess", 1), taught("invoice", 2)),
    )  # fmt: skip
    labels = with_stored(default_set(), stored)
    assert "payslip" not in ids(labels)
    assert labels.label("chess").prototypes == ""
    invoice = labels.label("invoice")
    assert invoice.description() == "mine"
    assert invoice.prototypes == "invoice"
    assert len(invoice.examples) == len(labels.label("chess").examples) == 1
    assert with_stored(default_set(), None) is default_set()


def test_own_set_with_a_corrected_example() -> None:
    stored = StoredSet("post", (StoredLabel("a"), StoredLabel("b")), teachings=(taught("a", 1), taught("B", 1)))
    labels = with_stored(None, stored)
    assert [len(label.examples) for label in labels.labels] == [0, 1]
    assert labels.name == "post"
    with pytest.raises(UserError):
        with_stored(None, StoredSet("empty"))
    with pytest.raises(ValueError, match="needed"):
        with_stored(None, None)


def test_the_fingerprint_changes_with_all_that_counts() -> None:
    stored = StoredSet("post", (StoredLabel("a"), StoredLabel("b")))
    variants = [
        stored, StoredSet("post", (StoredLabel("a"), StoredLabel("c"))),
        StoredSet("post", (StoredLabel("a", "text"), StoredLabel("b"))), StoredSet("post", stored.labels, True),
        StoredSet("post", stored.labels, teachings=(taught("a", 1),)),
        StoredSet("post", stored.labels, teachings=(taught("a", 2),)),
        StoredSet("post", stored.labels, teachings=(taught("b", 1),)),
    ]  # fmt: skip
    prints = [with_stored(None, each).fingerprint() for each in variants]
    assert len(set(prints)) == len(prints)
    assert with_stored(None, stored).fingerprint() == prints[0]


@given(st.lists(st.text(max_size=12), max_size=6))
def test_names_are_taken_whole_or_refused(names: list[str]) -> None:
    try:
        made = from_names(names)
    except UserError:
        return
    assert ids(made) == [name.strip() for name in names]
    assert len({normalise(name) for name in names}) == len(names)
