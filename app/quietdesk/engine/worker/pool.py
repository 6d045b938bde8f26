"""Sequence numbers, and the prefixes that are kept computed for the next request."""

from __future__ import annotations

from dataclasses import dataclass

from quietdesk.engine.worker.llama import ContextFullError, Sequences

# Shorter shared beginnings are not worth a sequence.
_SHORTEST_PREFIX = 8
# A document for style switches, and the instructions of each task; more would only slow attention down.
_MOST_PARKED = 3


@dataclass(slots=True)
class _Parked:
    sequence: int
    adapter: bool
    tokens: list[int]


class SequencePool:
    """Hands out sequences of a context; unused prefixes are dropped, the least recently used first.

    What was computed with the adapter is never shared with a request without it, or the other way round.
    """

    def __init__(self, sequences: Sequences, count: int) -> None:
        self._sequences = sequences
        self._free = list(range(count))
        self._parked: list[_Parked] = []

    def acquire(self) -> int:
        """An empty sequence.

        Raises:
            ContextFullError: requests under way hold all of them.
        """
        if not self._free and not self.evict():
            raise ContextFullError
        return self._free.pop()

    def release(self, sequence: int) -> None:
        """Take back a sequence and forget what it held."""
        self._sequences.cut(sequence)
        self._free.append(sequence)

    def evict(self) -> bool:
        """Drop the least recently used prefix; False if there was none."""
        if not self._parked:
            return False
        self.release(self._parked.pop(0).sequence)
        return True

    def begin(self, sequence: int, tokens: list[int], adapter: bool, chunk: int) -> int:
        """Let ``sequence`` start with the longest parked beginning of ``tokens``; returns its length.

        A part of a parked prefix is taken in whole chunks. The last token is never shared: its logits are wanted.
        """
        best, length = None, 0
        for parked in self._parked:
            if parked.adapter == adapter:
                common = _common(parked.tokens, tokens[:-1])
                if common < len(parked.tokens):
                    common -= common % chunk
                if common > length:
                    best, length = parked, common
        if best is None or length < _SHORTEST_PREFIX:
            return 0
        self._parked.remove(best)
        self._parked.append(best)
        self._sequences.share(best.sequence, sequence, length)
        return length

    def park(self, sequence: int, tokens: list[int], adapter: bool) -> None:
        """Keep the first ``len(tokens)`` tokens of ``sequence`` for later requests."""
        if len(tokens) < _SHORTEST_PREFIX:
            return
        if any(p.adapter == adapter and p.tokens == tokens for p in self._parked):
            return
        if len(self._parked) >= _MOST_PARKED or not self._free:
            self.evict()
        if self._free:
            kept = self._free.pop()
            self._sequences.share(sequence, kept, len(tokens))
            self._parked.append(_Parked(kept, adapter, tokens))


def _common(first: list[int], second: list[int]) -> int:
    for index, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return index
    return min(len(first), len(second))
