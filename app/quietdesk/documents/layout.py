"""Lines on a page to paragraphs, by where they stand. Units are those of the page; y grows downwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

_BULLET = re.compile(r"(?:[-–—•·▪■□●○◦*>]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s|[•·▪■●○◦]|\d+[.、]\s?\S")
_SENTENCE_END = re.compile(r"[.!?:;。！？：；…][\"'”’»)\]）」』]*$")
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_RTL = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
BROKEN_WORD = "\ufffe"  # ends a line whose last word goes on in the next one
_SHORTEST_FULL_LINE = 30  # letters, Chinese and Japanese characters count twice: shorter lines are seldom prose
TABLE_GAP = 2.0  # line heights between two words: more is a column of a table


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page. ``first_word``: width of its first word; ``table``: cells stand apart in it."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    first_word: float
    table: bool = False

    @property
    def height(self) -> float:
        return self.bottom - self.top


def join_paragraphs(lines: Sequence[Line]) -> list[str]:
    """The paragraphs of a page: a line goes on in the next one when it was broken for lack of room."""
    placed = [_mirrored(line) if _RTL.search(line.text[:20]) else line for line in lines]
    pitch = _pitch(placed)
    result: list[str] = []
    for i, line in enumerate(placed):
        if i and _continues(placed, i, pitch):
            result[-1] = glue(result[-1], line.text)
        else:
            result.append(line.text)
    return result


def join_pages(pages: Sequence[Sequence[str]]) -> str:
    """Paragraphs of all pages; one that goes on over the page break is put together."""
    result: list[str] = []
    for page in pages:
        for number, paragraph in enumerate(page):
            goes_on = number == 0 and result and paragraph[:1].islower() and not _SENTENCE_END.search(result[-1])
            if goes_on and len(result[-1]) > 40:
                result[-1] = glue(result[-1], paragraph)
            else:
                result.append(paragraph)
    return "\n".join(result)


def glue(first: str, second: str) -> str:
    """Two pieces of a paragraph as one, without a space between Chinese or Japanese characters and within a word."""
    first, second = first.rstrip(), second.lstrip()
    if first.endswith(BROKEN_WORD):
        return first + second
    space = "" if _CJK.match(first[-1:]) and _CJK.match(second) else " "
    return f"{first}{space}{second}"


def _mirrored(line: Line) -> Line:
    return replace(line, left=-line.right, right=-line.left)


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance from one line to the next."""
    steps = [b.bottom - a.bottom for a, b in pairwise(lines) if _same_size(a, b)]
    near = [step for step, a in zip(steps, lines, strict=False) if 0 < step < 4 * max(a.height, 1e-6)]
    return median(near) if near else 0.0


def _same_size(a: Line, b: Line) -> bool:
    """Fonts of one size differ in their line heights; a heading seldom fills its line."""
    return a.height > 0 and abs(a.height - b.height) < 0.4 * max(a.height, b.height)


def _continues(lines: Sequence[Line], i: int, pitch: float) -> bool:
    previous, line = lines[i - 1], lines[i]
    if previous.text.endswith(BROKEN_WORD):
        return True
    if previous.table or line.table or not _same_size(previous, line) or _BULLET.match(line.text):
        return False
    lower = line.text[:1].islower() and not _SENTENCE_END.search(previous.text)
    if line.bottom - previous.bottom < -4 * line.height and line.left > previous.left:  # on top of the next column
        return lower
    if not (_is_next(previous, line, pitch) and _is_aligned(lines, i)):
        return False
    return (lower and len(previous.text) >= _SHORTEST_FULL_LINE) or _had_no_room(lines, i)


def _is_next(previous: Line, line: Line, pitch: float) -> bool:
    return 0.5 * line.height < line.bottom - previous.bottom < max(1.3 * pitch, 1.2 * line.height)


def _is_aligned(lines: Sequence[Line], i: int) -> bool:
    """The line begins where a paragraph's next line may: not indented, and no further left than a first line allows."""
    previous, line = lines[i - 1], lines[i]
    indent = line.left - previous.left
    if indent >= 0:
        return indent <= (4.0 if _BULLET.match(previous.text) else 0.7) * line.height
    if indent >= -0.7 * line.height:
        return True
    return indent >= -6.0 * line.height and (i < 2 or abs(lines[i - 2].left - line.left) <= 0.7 * line.height)


def _had_no_room(lines: Sequence[Line], i: int) -> bool:
    """The first word of line ``i`` would not have fitted into the line before it."""
    previous, line = lines[i - 1], lines[i]
    if len(previous.text) + len(_CJK.findall(previous.text)) < _SHORTEST_FULL_LINE:
        return False
    near = (other.right for other in lines[max(0, i - 8) : i + 8] if abs(other.left - line.left) < 3 * line.height)
    return previous.right + line.first_word + 0.2 * line.height > max(near)


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of recognised text and where it stands."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def reading_order(boxes: Sequence[Box]) -> list[Line]:
    """Boxes as lines in reading order: columns of prose one after the other, everything else row by row.

    Method: recursive XY-cut (Nagy and Seth 1984), with the vertical cut only between columns filled with prose,
    so that the rows of tables and forms stay together.
    """
    if not boxes:
        return []
    columns = _columns(boxes)
    if columns:
        return [line for part in columns for line in reading_order(part)]
    return _rows(boxes)


def _columns(boxes: Sequence[Box]) -> list[list[Box]]:
    """The parts of a page cut at a gap that runs down between two columns of prose; above and below stay apart."""
    if len(boxes) < 8:
        return []
    height = median(box.bottom - box.top for box in boxes)
    for gap in _gaps(boxes, height):
        crossing = [box for box in boxes if box.left < gap < box.right]
        if len(crossing) > len(boxes) // 4:
            continue
        left = [box for box in boxes if box.right <= gap]
        right = [box for box in boxes if box.left >= gap]
        top = max(min(b.top for b in left), min(b.top for b in right))
        above = [box for box in crossing if box.bottom < top + height]
        below = [box for box in crossing if box not in above]
        if _is_prose(left) and _is_prose(right):
            return [part for part in (above, left, right, below) if part]
    return []


def _gaps(boxes: Sequence[Box], height: float) -> list[float]:
    """Middle of each place where no more than a quarter of the boxes go across, widest first."""
    edges = sorted({box.right for box in boxes})
    found: list[tuple[float, float]] = []
    for edge in edges:
        following = [box.left for box in boxes if box.left > edge]
        across = sum(box.left < edge + 0.1 * height < box.right for box in boxes)
        if following and across <= len(boxes) // 4 and min(following) - edge > 0.5 * height:
            found.append((min(following) - edge, (edge + min(following)) / 2))
    return [middle for _, middle in sorted(found, reverse=True)[:5]]


def _is_prose(boxes: Sequence[Box]) -> bool:
    """At least four lines most of which fill their column."""
    if len(boxes) < 4:
        return False
    width = max(b.right for b in boxes) - min(b.left for b in boxes)
    filled = sum(box.right - box.left > 0.7 * width for box in boxes)
    return filled >= 0.5 * len(boxes) and median(len(box.text) for box in boxes) >= 12


def _rows(boxes: Sequence[Box]) -> list[Line]:
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda b: (b.top + b.bottom) / 2):
        middle = (box.top + box.bottom) / 2
        if rows and any(b.top < middle < b.bottom for b in rows[-1]):
            rows[-1].append(box)
        else:
            rows.append([box])
    return [_row_line(sorted(row, key=lambda b: b.left)) for row in rows]


def _row_line(row: Sequence[Box]) -> Line:
    height = median(box.bottom - box.top for box in row)
    text = row[0].text
    table = False
    for a, b in pairwise(row):
        apart = b.left - a.right > TABLE_GAP * height
        table = table or apart
        text += ("\t" if apart else " ") + b.text
    width = row[0].right - row[0].left
    word = width * len(text.split(" ", 1)[0]) / max(len(row[0].text), 1)
    return Line(
        text, row[0].left, row[-1].right, min(b.top for b in row), max(b.bottom for b in row), min(word, width), table
    )
