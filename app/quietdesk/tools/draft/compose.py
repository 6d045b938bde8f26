"""Sentences and list lines put together as the body of a letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from quietdesk.tools.draft.letter import Phrases
from quietdesk.tools.draft.phrases import sentence

T = TypeVar("T")

_SHORTEST_LIST = 3  # fewer lines read better as sentences
_LONGEST_PARAGRAPH = 4  # sentences


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or list line that says notes (by index; none for a courtesy).

    paragraph: where the model placed it; -1 for one that was added later.
    """

    text: str
    listed: bool
    covers: tuple[int, ...]
    paragraph: int = -1


def placed(pieces: Sequence[Piece], added: Sequence[Piece]) -> list[Piece]:
    """``pieces`` in their order with ``added`` where their notes belong: after the piece that says the note before."""
    result = list(pieces)
    for piece in sorted(added, key=lambda one: one.covers):
        first = piece.covers[0]
        at = 0
        for place, other in enumerate(result):
            if other.covers and other.covers[0] < first:
                at = place + 1
        result.insert(at, piece)
    return result


def body_of(pieces: Sequence[Piece], phrases: Phrases, joint: str = " ") -> str:
    """Paragraphs of sentences, and all list lines together as one list behind what was said before them.

    joint: between two sentences; empty in Chinese.
    """
    lines = [piece for piece in pieces if piece.listed]
    if len(lines) < _SHORTEST_LIST:
        pieces = [_as_sentence(piece) for piece in pieces]
        lines = []
    if not lines:
        return "\n\n".join(joint.join(texts) for texts in _paragraphs(pieces))
    first = next(at for at, piece in enumerate(pieces) if piece.listed)
    before = [piece for piece in pieces[:first] if not piece.listed]
    after = [piece for piece in pieces[first:] if not piece.listed]
    parts = [joint.join(texts) for texts in _paragraphs(before)]
    intro = phrases.say("more_contents" if before else "contents")
    parts.append("\n".join([*([intro] if intro else []), *(f"- {piece.text}" for piece in lines)]))
    parts += [joint.join(texts) for texts in _paragraphs(after)]
    return "\n\n".join(parts)


def _as_sentence(piece: Piece) -> Piece:
    return Piece(sentence(piece.text), False, piece.covers, piece.paragraph) if piece.listed else piece


def _paragraphs(pieces: Sequence[Piece]) -> list[list[str]]:
    """Where the model began a paragraph there is one; long runs are cut into nearly equal parts."""
    runs: list[list[str]] = []
    last = -1
    for piece in pieces:
        begins = piece.paragraph >= 0 and last >= 0 and piece.paragraph != last
        if not runs or begins:
            runs.append([])
        runs[-1].append(piece.text)
        last = piece.paragraph if piece.paragraph >= 0 else last
    return [part for run in runs for part in in_groups(run, _LONGEST_PARAGRAPH)]


def in_groups(items: Sequence[T], largest: int) -> list[list[T]]:
    """``items`` in order in groups of nearly equal size, none larger than ``largest``."""
    count = -(-len(items) // largest)
    return [list(items[len(items) * at // count : len(items) * (at + 1) // count]) for at in range(count)]
