"""Temperature scaling, cross-validation and the calibration error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quietdesk.tools.classify.calibration import (
    confidence_gap,
    expected_calibration_error,
    folds,
    held_out,
    negative_log_likelihood,
    temperature,
)
from quietdesk.tools.classify.linear_head import softmax


def drawn(true_temperature: float, rows: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and classes drawn from their softmax at a temperature."""
    random = np.random.default_rng(3)
    logits = random.normal(size=(rows, 4)) * 2
    chances = softmax(logits / true_temperature)
    classes = (chances.cumsum(axis=1) > random.uniform(size=(rows, 1))).argmax(axis=1)
    return logits, classes


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_finds_the_temperature(true_temperature: float) -> None:
    logits, classes = drawn(true_temperature)
    found = temperature(logits, classes)
    assert found == pytest.approx(true_temperature, rel=0.12)
    assert expected_calibration_error(softmax(logits / found), classes) < 0.03


def test_all_right_or_all_wrong_stays_finite() -> None:
    logits = np.array([[9.0, 0.0], [8.0, 0.0]])
    assert 0.04 < temperature(logits, np.array([0, 0])) < 0.1
    assert 10 < temperature(logits, np.array([1, 1])) < 21


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.2, 0.8], [0.35, 0.65]])
    classes = np.array([0, 1, 1, 0])
    # 0.9 is right half of the time, 0.8 always, 0.65 never.
    assert expected_calibration_error(probabilities, classes) == pytest.approx(0.5 * 0.4 + 0.25 * 0.2 + 0.25 * 0.65)
    assert negative_log_likelihood(np.array([[1.0, 0.0]]), np.array([0])) == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(2, 6))
def test_folds_are_even_within_each_class(classes: list[int], count: int) -> None:
    values = np.array(classes)
    place = folds(values, count)
    assert ((place >= 0) & (place < count)).all()
    for value in np.unique(values):
        sizes = np.bincount(place[values == value], minlength=count)
        assert sizes.max() - sizes.min() <= 1


def test_held_out_rows_never_train_their_own_answer() -> None:
    classes = np.array([0, 0, 1, 1, 0, 1])
    seen: list[np.ndarray] = []

    def logits_without(training: np.ndarray) -> np.ndarray:
        seen.append(training)
        return np.flatnonzero(~training)[:, None].astype(float)

    assert held_out(classes, 3, logits_without).ravel().tolist() == [0, 1, 2, 3, 4, 5]
    assert np.stack(seen).sum(axis=0).tolist() == [2] * 6


def test_a_few_right_rows_do_not_make_it_boundlessly_sure() -> None:
    logits, classes = 3.0 * np.eye(2)[[0, 1] * 4], np.array([0, 1] * 4)
    assert temperature(logits, classes) < 0.1
    assert 0.5 < temperature(logits, classes, expected=1.0) < 1.0
    many = np.tile(logits, (500, 1)), np.tile(classes, 500)
    assert temperature(*many, expected=1.0) < 0.5


def test_calibration_error() -> None:
    assert confidence_gap(np.array([0.9] * 10), np.array([True] * 9 + [False], bool)) == pytest.approx(0)
    assert confidence_gap(np.array([1.0, 1.0]), np.array([True, False], bool)) == pytest.approx(0.5)
    # Each bin counts by its share: 0.1 off in three quarters, 0.6 in one.
    confidence, right = np.array([0.9, 0.9, 0.9, 0.6]), np.array([True, True, True, False])
    assert confidence_gap(confidence, right) == pytest.approx(0.225)
    assert confidence_gap(np.array([]), np.array([], bool)) == 0
