"""Logistic regression against scikit-learn, and the rules its results keep."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from quietdesk.tools.classify.linear_head import Scaler, fit_independent, fit_multinomial, minimise, sigmoid, softmax


def clusters(classes: int, each: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows around one random centre for each class."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), each)
    return random.normal(size=(classes * each, width)) + random.normal(size=(classes, width))[labels], labels


@pytest.mark.parametrize("strength", [0.01, 1.0, 30.0])
def test_same_as_scikit_learn(strength: float) -> None:
    features, labels = clusters(5, 12, 20)
    ours = fit_multinomial(features, labels, 5, penalty=1 / strength, tolerance=1e-6)
    theirs = LogisticRegression(C=strength, tol=1e-8, max_iter=5000).fit(features, labels)
    assert np.allclose(softmax(ours.logits(features)), theirs.predict_proba(features), atol=2e-4)
    assert np.allclose(ours.weights.T, theirs.coef_, atol=2e-3)


def test_same_as_scikit_learn_with_row_weights() -> None:
    features, labels = clusters(3, 10, 8)
    weights = np.random.default_rng(1).uniform(0.2, 3.0, len(labels))
    ours = fit_multinomial(features, labels, 3, weights=weights)
    theirs = LogisticRegression(tol=1e-8, max_iter=5000).fit(features, labels, sample_weight=weights)
    assert np.allclose(softmax(ours.logits(features)), theirs.predict_proba(features), atol=2e-4)


def test_independent_heads_same_as_scikit_learn() -> None:
    features, labels = clusters(3, 15, 10)
    targets = np.stack([labels == 0, labels != 1], axis=1).astype(float)
    ours = sigmoid(fit_independent(features, targets).logits(features))
    for column in range(2):
        theirs = LogisticRegression(tol=1e-8, max_iter=5000).fit(features, targets[:, column])
        assert np.allclose(ours[:, column], theirs.predict_proba(features)[:, 1], atol=2e-4)


def test_quick_enough_for_the_default_set() -> None:
    features, labels = clusters(29, 11, 320)
    started = time.process_time()
    fit_multinomial(features, labels, 29, penalty=30.0)
    assert time.process_time() - started < 4


def test_order_of_classes_and_rows_does_not_matter() -> None:
    features, labels = clusters(4, 6, 10)
    plain = softmax(fit_multinomial(features, labels, 4).logits(features))
    order = np.random.default_rng(2).permutation(len(labels))
    renamed = np.array([2, 0, 3, 1])
    shuffled = softmax(fit_multinomial(features[order], renamed[labels[order]], 4).logits(features))
    assert np.allclose(plain, shuffled[:, renamed], atol=1e-4)


@pytest.mark.parametrize("classes", [1, 3])
def test_a_class_without_rows_is_unlikely(classes: int) -> None:
    features, labels = clusters(classes, 5, 6)
    probabilities = softmax(fit_multinomial(features, labels, classes + 1).logits(features))
    assert (probabilities[:, -1] < 0.1).all()


def test_no_rows_and_unknown_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="rows"):
        fit_multinomial(np.zeros((0, 3)), np.zeros(0, np.int64), 2)
    with pytest.raises(ValueError, match="rows"):
        fit_multinomial(np.zeros((1, 3)), np.array([2]), 2)
    with pytest.raises(ValueError, match="rows"):
        fit_independent(np.zeros((0, 3)), np.zeros((0, 2)))


def test_scaler_leaves_constant_columns() -> None:
    scaled = Scaler.fit(np.array([[1.0, 5.0], [3.0, 5.0]]))(np.array([[2.0, 6.0]]))
    assert scaled.tolist() == [[0.0, 1.0]]


def test_minimise_finds_the_bottom_of_a_narrow_valley() -> None:
    curvature = np.array([1.0, 1000.0])

    def objective(point: np.ndarray) -> tuple[float, np.ndarray]:
        away = point - 3.0
        return float(0.5 * curvature @ away**2), curvature * away

    assert np.allclose(minimise(objective, np.zeros(2)), 3.0, atol=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=6), st.floats(-1e3, 1e3))
def test_probabilities_sum_to_one_and_ignore_a_shift(rows: list[list[float]], shift: float) -> None:
    logits = np.array(rows)
    probabilities = softmax(logits)
    assert np.allclose(probabilities.sum(axis=1), 1.0)
    assert np.allclose(probabilities, softmax(logits + shift), atol=1e-6)
    assert ((sigmoid(logits) >= 0) & (sigmoid(logits) <= 1)).all()
    assert np.allclose(sigmoid(logits) + sigmoid(-logits), 1.0)
