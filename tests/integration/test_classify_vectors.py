"""Document vectors from the real model: what stands around a text does not blur what it says."""

from __future__ import annotations

import numpy as np
import pytest

from quietdesk.engine.engine import Engine
from quietdesk.errors import UserError

TEXTS = ["The striker scored twice as the home side won.", "", "发票 金额 三百元", "Simmer the lentils. " * 60]


def test_between_words_of_ours_vectors_have_two_halves(engine: Engine) -> None:
    width = engine.info().width
    both = engine.embed(TEXTS, layer=9, max_tokens=120, before="Text: ", after="\nCategory:")
    assert both.shape == (len(TEXTS), 2 * width)
    assert not both[1, :width].any()  # an empty text has no tokens of its own
    assert both[1, width:].any()
    for row, text in zip(both, TEXTS, strict=True):
        (alone,) = engine.embed([text], layer=9, max_tokens=120, before="Text: ", after="\nCategory:")
        assert np.allclose(row, alone, rtol=0.05, atol=0.02 * np.abs(row).max())


def test_the_last_half_knows_the_text(engine: Engine) -> None:
    width = engine.info().width
    texts = ["The striker scored twice as the home side won.", "The goalkeeper saved a penalty in the final.",
             "Simmer the lentils with garlic.", "Whisk the eggs and fold in the flour."]  # fmt: skip
    last = engine.embed(texts, layer=16, before="Text: ", after="\nCategory:")[:, width:]
    last = last - last.mean(axis=0)
    last /= np.linalg.norm(last, axis=1, keepdims=True)
    alike = last @ last.T
    assert min(alike[0, 1], alike[2, 3]) > max(alike[0, 2], alike[0, 3], alike[1, 2], alike[1, 3])


def test_without_words_of_ours_nothing_changes(engine: Engine) -> None:
    plain = engine.embed(TEXTS, layer=9, max_tokens=120)
    assert plain.shape == (len(TEXTS), engine.info().width)
    with pytest.raises(UserError):
        engine.embed(TEXTS, layer=99, after="x")
