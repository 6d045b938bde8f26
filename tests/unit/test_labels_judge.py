"""Judges trained on the bundled prototype vectors alone: no model is needed. And the decisions that follow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quietdesk import resources
from quietdesk.tools.classify.classifier import REVIEW, TAGGED, decide
from quietdesk.tools.classify.judge import Judge, make_judge
from quietdesk.tools.classify.label_sets import Example, Label, LabelSet, default_set, parse_names
from quietdesk.tools.classify.reference import (
    EMPTY_TEXTS,
    VECTORS,
    Prototype,
    Reference,
    encode,
    few_of_each,
    prototypes,
    read,
)
from quietdesk.tools.classify.vector_space import VectorSpace

SPACE = "space"


@pytest.fixture(scope="module")
def space() -> VectorSpace:
    with np.load(resources.path(VECTORS)) as file:
        found = read(resources.path(VECTORS), str(file["stamp"]))
    assert found is not None
    return VectorSpace(found)


def judge(space: VectorSpace, labels: LabelSet) -> Judge:
    """None of these sets has labels that are judged by name, so the documents' vectors are not asked for."""
    return make_judge(space, None, SPACE, labels)  # type: ignore[arg-type]


def example(vector: np.ndarray) -> Example:
    return Example(vector.astype("<f4").tobytes(), SPACE)


def test_the_bundled_vectors_are_those_of_the_prototypes(space: VectorSpace) -> None:
    reference = space.reference
    assert list(zip(reference.labels, reference.languages, strict=True)) == [
        (each.label, each.language) for each in prototypes()
    ]
    assert len(reference.empty) == len(EMPTY_TEXTS)
    assert np.isfinite(reference.vectors).all()
    assert reference.head_norm.std() > 0


def test_prototypes_are_told_apart(space: VectorSpace) -> None:
    rows = judge(space, default_set()).probabilities(space.reference.vectors)
    ids = [label.id for label in default_set().labels]
    right = np.array([ids[row.argmax()] == label for row, label in zip(rows, space.reference.labels, strict=True)])
    assert right.mean() > 0.97
    assert np.allclose(rows.sum(axis=1), 1.0)


def test_neighbours_and_the_order_of_labels_do_not_matter(space: VectorSpace) -> None:
    vectors = space.reference.vectors[::30]
    labels = parse_names("invoice,recipe,CV,news,letter")
    rows = judge(space, labels).probabilities(vectors)
    alone = np.vstack([judge(space, labels).probabilities(vectors[i : i + 1]) for i in range(3)])
    assert np.allclose(rows[:3], alone)
    turned = replace(labels, labels=labels.labels[::-1])
    assert np.allclose(judge(space, turned).probabilities(vectors)[:, ::-1], rows, atol=2e-3)


def test_what_fits_no_label_is_not_accepted(space: VectorSpace) -> None:
    rows = judge(space, parse_names("invoice,recipe,CV")).probabilities(space.reference.vectors)
    kinds = np.array(space.reference.labels)
    strange = np.isin(kinds, ["news", "source-code", "personal-notes", "speech", "meeting-minutes"])
    assert (rows <= 1).all()
    assert (rows.sum(axis=1) <= 1 + 1e-9).all()
    assert (rows[strange].max(axis=1) > 0.7).mean() < 0.05
    assert (rows[np.isin(kinds, ["invoice", "recipe", "resume"])].max(axis=1) > 0.7).mean() > 0.85


def test_a_correction_holds_at_once_and_for_the_like(space: VectorSpace) -> None:
    kinds = np.array(space.reference.labels)
    recipes = space.reference.vectors[kinds == "recipe"]
    plain = default_set()
    places = {label.id: place for place, label in enumerate(plain.labels)}
    before = judge(space, plain).probabilities(recipes)[:, places["school-work"]]
    taught = tuple(
        replace(label, examples=tuple(map(example, recipes[:3]))) if label.id == "school-work" else label
        for label in plain.labels
    )
    after = judge(space, replace(plain, labels=taught)).probabilities(recipes)
    assert (after[:3, places["school-work"]] > 0.95).all()
    assert np.allclose(after.sum(axis=1), 1.0)
    assert (after[3:, places["school-work"]] > before[3:]).all()


def test_examples_of_another_model_are_left_out(space: VectorSpace) -> None:
    vector = space.reference.vectors[0]
    strange = Example(vector.astype("<f4").tobytes(), "another space")
    plain = parse_names("invoice,recipe")
    odd = replace(plain, labels=(plain.labels[0], replace(plain.labels[1], examples=(strange,))))
    vectors = space.reference.vectors[:5]
    assert np.allclose(judge(space, plain).probabilities(vectors), judge(space, odd).probabilities(vectors))


def test_several_labels_at_once(space: VectorSpace) -> None:
    kinds = np.array(space.reference.labels)

    def of(kind: str) -> list[Example]:
        return [example(vector) for vector in space.reference.vectors[kinds == kind][::2]]

    labels = LabelSet(
        "m",
        (
            Label("money", {"en": "money"}, examples=(*of("invoice"), *of("receipt"), *of("tax"))),
            Label("paid", {"en": "paid"}, examples=tuple(of("receipt"))),
            Label("cooking", {"en": "cooking"}, examples=tuple(of("recipe"))),
        ),
        multi=True,
    )
    rows = judge(space, labels).probabilities(space.reference.vectors)
    receipts, invoices, news = (rows[kinds == kind] for kind in ("receipt", "invoice", "news"))
    # Every second one was taught, the others are strange.
    assert (receipts[:, :2] > 0.5).all(axis=1).mean() > 0.7
    assert (invoices[:, 0] > 0.5).mean() > 0.7
    assert (invoices[:, 1] < 0.5).mean() > 0.7
    assert (news < 0.5).all()


def test_a_single_label_is_a_yes_or_no(space: VectorSpace) -> None:
    rows = judge(space, parse_names("recipe")).probabilities(space.reference.vectors)
    kinds = np.array(space.reference.labels)
    assert rows[kinds == "recipe"].min() > 0.5
    assert np.quantile(rows[kinds != "recipe"], 0.98) < 0.5


def test_a_reference_file_is_read_only_for_its_stamp(space: VectorSpace, tmp_path: Path) -> None:
    small = Reference(("a", "b"), ("en", "zh"), space.reference.vectors[:2], space.reference.empty, np.ones(3, "<f4"))
    path = tmp_path / "r.npz"
    path.write_bytes(encode(small, "stamp"))
    again = read(path, "stamp")
    assert again is not None
    assert (again.labels, again.languages) == (small.labels, small.languages)
    assert np.allclose(again.vectors, small.vectors, rtol=0.01, atol=0.01 * np.abs(small.vectors).max())
    assert read(path, "other") is None
    for damaged in (b"", b"PK\x03\x04", path.read_bytes()[:500], b"\x80\x04K."):
        path.write_bytes(damaged)
        assert read(path, "stamp") is None
    assert read(path.with_name("missing"), "stamp") is None


def test_few_of_each_are_spread_over_the_rows() -> None:
    rows = [Prototype(label, "en", str(i)) for label in "ab" for i in range(10)]
    assert [each.text for each in few_of_each(rows, 3)] == ["0", "4", "9"] * 2
    assert few_of_each(rows[:2], 5) == rows[:2]


@pytest.mark.parametrize(("scores", "status", "reason"), [
    ({"a": 0.9, "b": 0.1}, TAGGED, ""), ({"a": 0.41, "b": 0.38, "c": 0.2}, REVIEW, "a 0.41, b 0.38: too close"),
    ({"b": 0.15, "a": 0.6}, REVIEW, "a 0.60, b 0.15: not sure enough"),
    ({"a": 0.2, "b": 0.1}, REVIEW, "none of the labels fits well; the nearest is a 0.20"),
    ({"a": 0.3}, REVIEW, "a 0.30: not sure enough"),
])  # fmt: skip
def test_decisions(scores: dict[str, float], status: str, reason: str) -> None:
    made = decide(scores, 0.7, multi=False, characters=50)
    assert (made.status, made.reason) == (status, reason)
    assert made.label == max(scores, key=lambda label: scores[label])
    assert made.labels == ((made.label,) if status == TAGGED else ())
    assert list(made.scores.values()) == sorted(scores.values(), reverse=True)


def test_almost_no_text_is_left_for_review() -> None:
    assert decide({"a": 0.99, "b": 0.01}, 0.7, multi=False, characters=2).status == REVIEW


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.floats(0, 1), min_size=1, max_size=5), st.floats(0, 1))
def test_several_labels_hold_when_each_is_sure(scores: dict[str, float], threshold: float) -> None:
    made = decide(scores, threshold, multi=True, characters=50)
    assert set(made.labels) == {label for label, score in scores.items() if score >= threshold}
    assert made.status == (TAGGED if made.labels else REVIEW)
    assert made.confidence == max(scores.values())
