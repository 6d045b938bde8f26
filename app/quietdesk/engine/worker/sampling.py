"""Which token comes next: the likeliest, or a drawn one, that the guards allow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quietdesk.engine.messages import Sampling

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SEPARATORS = ".,:"
# The longest number with separators that a document's text is expected to hold.
_TAIL = 48
# Candidates tried before the text is ended rather than written wrongly.
_MOST_TRIES = 64


class NumberGuard:
    """Lets through only numbers of a given set, digit by digit: what is not in the source cannot be written."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self._allowed = frozenset(allowed)
        self._beginnings = frozenset(number[:end] for number in allowed for end in range(1, len(number) + 1))

    def allows(self, written: str, piece: str) -> bool:
        """Whether ``piece`` may follow ``written``; an empty piece stands for the end of the text."""
        tail = written[-_TAIL:]
        text = tail + piece
        for match in _NUMBER.finditer(text):
            checked_before = match.end() < len(tail) - 1
            if not checked_before and not self._fits(match.group(), text[match.end() :], ended=not piece):
                return False
        return True

    def _fits(self, number: str, rest: str, ended: bool) -> bool:
        if number in self._allowed:
            return True
        if ended or len(rest) > 1:
            return False
        return (number + rest if rest in _SEPARATORS else "") in self._beginnings


class LoopGuard:
    """Notices a text that repeats itself: the same block three times in a row, or one phrase again and again."""

    _PHRASE = 10  # tokens: about a clause
    _PHRASE_LIMIT = 3
    _LONGEST_BLOCK = 48
    _SHORTEST_RUN = 12

    def __init__(self) -> None:
        self._tokens: list[int] = []
        self._phrases: Counter[tuple[int, ...]] = Counter()

    def looping(self, token: int) -> bool:
        """Take the next token; True when the text has begun to repeat itself."""
        self._tokens.append(token)
        if len(self._tokens) >= self._PHRASE:
            phrase = tuple(self._tokens[-self._PHRASE :])
            self._phrases[phrase] += 1
            if self._phrases[phrase] >= self._PHRASE_LIMIT:
                return True
        return self._block_repeats()

    def _block_repeats(self) -> bool:
        tokens = self._tokens
        for size in range(1, min(self._LONGEST_BLOCK, len(tokens) // 3) + 1):
            if tokens[-1] != tokens[-1 - size] or 3 * size < self._SHORTEST_RUN:
                continue
            if tokens[-size:] == tokens[-2 * size : -size] == tokens[-3 * size : -2 * size]:
                return True
        return False


class TokenChooser:
    """Chooses from one row of logits."""

    def __init__(self, sampling: Sampling, piece: Callable[[int], bytes], ends: Callable[[int], bool],
                 numbers: tuple[str, ...] | None) -> None:  # fmt: skip
        self._sampling = sampling
        self._piece = piece
        self._ends = ends
        self._guard = NumberGuard(numbers) if numbers is not None else None
        self._random = np.random.default_rng(sampling.seed)

    def choose(self, logits: NDArray[np.float32], written: str) -> int | None:
        """The next token, or None when no likely one is allowed. ``logits`` may be changed."""
        for _ in range(_MOST_TRIES):
            token = self._draw(logits) if self._sampling.temperature > 0 else int(logits.argmax())
            if self._allowed(token, written):
                return token
            logits[token] = -np.inf
        return None

    def _allowed(self, token: int, written: str) -> bool:
        if self._guard is None:
            return True
        piece = "" if self._ends(token) else self._piece(token).decode("utf-8", "ignore")
        last = written[-1:]
        if not (last.isdigit() or last in _SEPARATORS or any(c.isdigit() for c in piece)):
            return True
        return self._guard.allows(written, piece)

    def _draw(self, logits: NDArray[np.float32]) -> int:
        temperature = self._sampling.temperature
        # Tokens below this have less than e^-12 of the best one's chance: cheaper than sorting 262,144 of them.
        likely = np.flatnonzero(logits > logits.max() - 12 * temperature)
        values = logits[likely].astype(np.float64)
        if len(likely) > self._sampling.top_k:
            best = np.argpartition(values, -self._sampling.top_k)[-self._sampling.top_k :]
            likely, values = likely[best], values[best]
        weights = np.exp((values - values.max()) / temperature)
        return int(self._random.choice(likely, p=weights / weights.sum()))


def log_softmax_at(logits: NDArray[np.float32], token: int) -> float:
    """Natural log of the probability of ``token``."""
    top = float(logits.max())
    return float(logits[token]) - top - float(np.log(np.exp(logits - top).sum(dtype=np.float64)))
