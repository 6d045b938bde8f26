"""Probabilities that mean what they say: temperature scaling on held-out examples, and how to measure it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quietdesk.tools.classify.linear_head import Array, softmax

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Temperatures are looked for between these; beyond them a probability says nothing or everything.
_COLDEST, _HOTTEST = 0.05, 20.0
# An expectation of the temperature weighs as much as so many rows that each lose 1 nat where it is off by a factor e.
_ROWS_OF_EXPECTATION = 10.0
_GOLDEN = (5**0.5 - 1) / 2
_SEARCH_STEPS = 40


def temperature(logits: Array, classes: NDArray[np.int64], expected: float | None = None) -> float:
    """The number by which to divide logits so that held-out rows become as likely as possible.

    Guo et al. 2017, "On Calibration of Modern Neural Networks". The likelihood is unimodal in the temperature, so a
    golden-section search over its logarithm finds the best one.

    logits: rows × classes, computed for rows that were not trained on. classes: the right class of each row.
    expected: what other label sets have. A few rows that happen to be all right would make the answer boundlessly
    sure; they only move it from there (a normal prior over the logarithm).
    """

    def loss(log_temperature: float) -> float:
        rows = negative_log_likelihood(softmax(logits / np.exp(log_temperature)), classes)
        if expected is None:
            return rows
        return rows + _ROWS_OF_EXPECTATION / len(classes) * float(log_temperature - np.log(expected)) ** 2

    low, high = np.log(_COLDEST), np.log(_HOTTEST)
    for _ in range(_SEARCH_STEPS):
        inner_low, inner_high = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(inner_low) <= loss(inner_high):
            high = inner_high
        else:
            low = inner_low
    return float(np.exp((low + high) / 2))


def negative_log_likelihood(probabilities: Array, classes: NDArray[np.int64]) -> float:
    """Mean of −log p of the right class, in nats."""
    chosen = probabilities[np.arange(len(classes)), classes]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def expected_calibration_error(probabilities: Array, classes: NDArray[np.int64], bins: int = 10) -> float:
    """Mean gap between confidence and share of right answers over equally wide bins of confidence (0 is best).

    Naeini et al. 2015, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"; ``probabilities``: rows ×
    classes.
    """
    return confidence_gap(probabilities.max(axis=1), probabilities.argmax(axis=1) == classes, bins)


def confidence_gap(confidence: Array, right: NDArray[np.bool_], bins: int = 10) -> float:
    """The same from the confidence of each answer and whether it was right; 0 without answers."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        np.abs(confidence[place == b].mean() - right[place == b].mean()) * np.mean(place == b) for b in np.unique(place)
    ]
    return float(np.sum(gaps))


def folds(classes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The fold (0 ≤ fold < ``count``) of each row; the rows of each class are dealt out evenly, in their order."""
    place = np.zeros(len(classes), np.int64)
    for value in np.unique(classes):
        rows = np.flatnonzero(classes == value)
        place[rows] = np.arange(len(rows)) % count
    return place


def held_out(
    classes: NDArray[np.int64], count: int, logits_without: Callable[[NDArray[np.bool_]], Array]
) -> Array:
    """Logits of every row from a head that was trained without its fold (cross-validation).

    logits_without: gets the mask of the rows to train on and gives the logits of the others, in order.
    """
    place = folds(classes, count)
    parts = {fold: logits_without(place != fold) for fold in np.unique(place)}
    width = next(iter(parts.values())).shape[1]
    result = np.zeros((len(classes), width))
    for fold, part in parts.items():
        result[place == fold] = part
    return result
