"""Logistic regression over document vectors: the trained part of the classifier, with numpy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# The number of past steps that L-BFGS keeps, and when it stops: Nocedal & Wright, Numerical Optimization, ch. 7.
_MEMORY = 10
_MAX_STEPS = 300
TOLERANCE = 1e-3
# A step must bring this share of the decrease that the slope promises (Armijo's condition, ibid. ch. 3).
_ARMIJO = 1e-4
_SHORTEST_STEP = 1e-10


@dataclass(frozen=True, slots=True)
class LinearHead:
    """A trained head. ``weights``: features × classes, ``bias``: classes."""

    weights: Array
    bias: Array

    def logits(self, features: Array) -> Array:
        """Rows × classes, before softmax (or sigmoid, for heads of :func:`fit_independent`)."""
        scores: Array = features @ self.weights + self.bias
        return scores


@dataclass(frozen=True, slots=True)
class Scaler:
    """Standardises features: (x − mean) / scale."""

    mean: Array
    scale: Array

    @classmethod
    def fit(cls, vectors: NDArray[np.floating]) -> Scaler:
        """Mean and standard deviation of every column; a column that never changes is left as it is."""
        data = np.asarray(vectors, np.float64)
        deviation = data.std(axis=0)
        return cls(data.mean(axis=0), np.where(deviation > 1e-9, deviation, 1.0))

    def __call__(self, vectors: NDArray[np.floating]) -> Array:
        scaled: Array = (np.asarray(vectors, np.float64) - self.mean) / self.scale
        return scaled


def softmax(logits: Array) -> Array:
    """Probabilities of each row; safe for large numbers."""
    exponents = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Array = exponents / exponents.sum(axis=-1, keepdims=True)
    return shares


def sigmoid(logits: Array) -> Array:
    """The logistic function, safe for large numbers of either sign."""
    half: Array = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return half


def fit_multinomial(
    features: Array, classes: NDArray[np.int64], count: int, *,
    penalty: float = 1.0, weights: Array | None = None, tolerance: float = TOLERANCE,
) -> LinearHead:  # fmt: skip
    """Multinomial logistic regression with an L2 penalty; the bias is not penalised.

    Minimises ``Σ weightᵢ · cross-entropyᵢ + penalty / 2 · ‖W‖²``; with ``penalty`` = 1 / C this is the objective of
    scikit-learn's ``LogisticRegression``.

    features: rows × features, standardised. classes: the row's class, 0 ≤ class < ``count``. weights: one for each
    row, 1 when None. tolerance: see :func:`minimise`.

    Raises:
        ValueError: no rows, or a class out of range.
    """
    if len(features) == 0 or classes.min() < 0 or classes.max() >= count:
        raise ValueError("training needs rows, each with a class of the set")
    basis = _row_space(features)
    features = features @ basis
    targets = np.eye(count)[classes]
    row_weights = np.ones(len(features)) if weights is None else weights
    width = features.shape[1]

    def objective(parameters: Array) -> tuple[float, Array]:
        matrix = parameters.reshape(width + 1, count)
        logits = features @ matrix[:-1] + matrix[-1]
        logits -= logits.max(axis=1, keepdims=True)
        normaliser = np.log(np.exp(logits).sum(axis=1))
        loss = row_weights @ (normaliser - (logits * targets).sum(axis=1))
        residual = (np.exp(logits - normaliser[:, None]) - targets) * row_weights[:, None]
        return _with_penalty(loss, features, residual, matrix, penalty)

    return _solve(objective, basis, count, tolerance)


def fit_independent(
    features: Array, targets: NDArray[np.float64], *, penalty: float = 1.0, weights: Array | None = None
) -> LinearHead:
    """One yes-or-no logistic regression for each column of ``targets`` (rows × classes, 0 or 1), all fitted together.

    The objective is the sum over classes of the one in :func:`fit_multinomial`, so the classes do not influence one
    another. weights: one for each row, or rows × classes.

    Raises:
        ValueError: no rows.
    """
    if len(features) == 0:
        raise ValueError("training needs rows")
    basis = _row_space(features)
    features = features @ basis
    rows, count = targets.shape
    each = np.ones((rows, 1)) if weights is None else weights.reshape(rows, -1)
    width = features.shape[1]

    def objective(parameters: Array) -> tuple[float, Array]:
        matrix = parameters.reshape(width + 1, count)
        logits = features @ matrix[:-1] + matrix[-1]
        loss = float((each * (np.logaddexp(0.0, logits) - targets * logits)).sum())
        residual = (sigmoid(logits) - targets) * each
        return _with_penalty(loss, features, residual, matrix, penalty)

    return _solve(objective, basis, count, TOLERANCE)


def _with_penalty(
    loss: float, features: Array, residual: Array, matrix: Array, penalty: float
) -> tuple[float, Array]:
    gradient = np.vstack([features.T @ residual + penalty * matrix[:-1], residual.sum(axis=0)])
    return float(loss + 0.5 * penalty * (matrix[:-1] ** 2).sum()), gradient.ravel()


def _solve(
    objective: Callable[[Array], tuple[float, Array]], basis: Array, count: int, tolerance: float
) -> LinearHead:
    width = basis.shape[1]
    solution = minimise(objective, np.zeros((width + 1) * count), tolerance).reshape(width + 1, count)
    return LinearHead(basis @ solution[:-1], solution[-1])


def _row_space(features: Array) -> Array:
    """An orthonormal basis (features × dimensions) of what the rows span.

    With an L2 penalty the best weights are combinations of the rows: with fewer rows than features there is less to
    look for.
    """
    rows, width = features.shape
    return np.eye(width) if rows >= width else np.linalg.qr(features.T)[0]


def minimise(
    objective: Callable[[Array], tuple[float, Array]], start: Array, tolerance: float = TOLERANCE
) -> Array:
    """Minimise a smooth convex function by L-BFGS with step halving.

    ``objective`` gives value and gradient. The search ends when no part of the gradient exceeds ``tolerance``, or
    after 300 steps.
    """
    point = start
    value, gradient = objective(point)
    history: list[tuple[Array, Array]] = []
    for _ in range(_MAX_STEPS):
        if np.abs(gradient).max() < tolerance:
            break
        direction = -_inverse_hessian_times(gradient, history)
        step = 1.0 if history else 1.0 / max(1.0, float(np.abs(gradient).sum()))
        slope = float(gradient @ direction)
        while step > _SHORTEST_STEP:
            new_value, new_gradient = objective(point + step * direction)
            if new_value <= value + _ARMIJO * step * slope:
                break
            step *= 0.5
        else:
            break
        moved, change = step * direction, new_gradient - gradient
        if float(moved @ change) > 1e-12:
            history = [*history[1 - _MEMORY :], (moved, change)]
        point, value, gradient = point + moved, new_value, new_gradient
    return point


def _inverse_hessian_times(gradient: Array, history: list[tuple[Array, Array]]) -> Array:
    """The two-loop recursion (Nocedal & Wright, algorithm 7.4)."""
    result = gradient.copy()
    kept: list[tuple[float, float]] = []
    for moved, change in reversed(history):
        rho = 1.0 / float(moved @ change)
        alpha = rho * float(moved @ result)
        result -= alpha * change
        kept.append((rho, alpha))
    if history:
        moved, change = history[-1]
        result *= float(moved @ change) / float(change @ change)
    for (moved, change), (rho, alpha) in zip(history, reversed(kept), strict=True):
        result += moved * (alpha - rho * float(change @ result))
    return result
