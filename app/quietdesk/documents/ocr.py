"""Text recognition in images with RapidOCR (PP-OCRv6: Chinese and English; the models are inside its package)."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quietdesk.documents.layout import Box, Line, reading_order

_DETECTION_SIDE = 1280  # pixels; larger makes detection slower and hungrier (1 GiB at 2000), small print excepted
_UNSURE = 0.75  # mean score of a page below which it is tried upside down; legible pages score above 0.9
_LEAST_SCORE = 0.5  # of a line, as in the library; below it is noise
_MOST_THREADS = 4


def available() -> bool:
    """Whether the ``ocr`` extra is installed."""
    return all(importlib.util.find_spec(name) for name in ("rapidocr", "onnxruntime", "PIL"))


class Ocr:
    """Recognises text; the models are loaded when the first image comes."""

    def __init__(self) -> None:
        self._engine: Any = None

    def lines(self, pixels: Any) -> list[Line]:
        """Lines in reading order. ``pixels``: uint8 array of height × width × 3 (blue, green, red).

        A page that lies on its side or its head is read as most of its lines want it.
        """
        boxes, score = self._recognise(pixels)
        if boxes and score < _UNSURE:
            turned, turned_score = self._recognise(pixels[::-1, ::-1].copy())
            if turned_score > score:
                boxes = turned
        return reading_order(boxes)

    def _recognise(self, pixels: Any) -> tuple[list[Box], float]:
        """Text boxes, placed on the upright page, and their mean score (0 to 1)."""
        from rapidocr.main import RapidOCRError

        engine = self._loaded()
        try:
            crops, found = engine.detect_and_crop(pixels, {})
            _, directions = engine.cls_and_rotate(crops)
            quads = [[(float(x), float(y)) for x, y in quad] for quad in found.boxes]
            turn = _page_turn(quads, [label == "180" for label, _ in directions.cls_res])
            if turn.flipped:  # the page decides: single short lines are often told wrong
                crops = [crop[::-1, ::-1].copy() for crop in crops]
            result = engine.recognize_txt(crops)
        except RapidOCRError:  # how it says that there is no text
            return [], 0.0
        except Exception as error:
            if "alloc" in str(error) or "memory" in str(error).lower():  # each library has an exception of its own
                raise MemoryError from error
            raise
        placed = [turn.upright(quad, pixels.shape[1], pixels.shape[0]) for quad in quads]
        everything = zip(result.txts, placed, result.scores, strict=True)
        kept = [(text.strip(), quad, score) for text, quad, score in everything if score >= _LEAST_SCORE]
        kept = [found for found in kept if found[0]]
        mean = sum(score for *_, score in kept) / len(kept) if kept else 0.0
        return [_box(text, quad) for text, quad, _ in kept], mean

    def _loaded(self) -> Any:
        if self._engine is None:
            from rapidocr import RapidOCR

            logging.getLogger("RapidOCR").disabled = True
            self._engine = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Det.limit_type": "max",
                    "Det.limit_side_len": _DETECTION_SIDE,
                    "Rec.rec_batch_num": 1,  # lines padded to one length cost 15 % more time and 90 MB
                    "EngineConfig.onnxruntime.intra_op_num_threads": _threads(),
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                }
            )
        return self._engine


def _threads() -> int:
    """Half of the processors: the language model works beside this, and waiting threads burn time."""
    return max(1, min(_MOST_THREADS, (os.cpu_count() or 1) // 2))


_Quad = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Turn:
    """How a page lies: on its side, and whether its lines, once level, stand on their heads."""

    sideways: bool
    flipped: bool

    def upright(self, quad: _Quad, width: float, height: float) -> _Quad:
        """Corners as they are when the page is held upright. Tall crops are turned a quarter to the left first."""
        if self.sideways:
            return [(height - y, x) if self.flipped else (y, width - x) for x, y in quad]
        return [(width - x, height - y) for x, y in quad] if self.flipped else quad


def _page_turn(quads: Sequence[_Quad], upside_down: Sequence[bool]) -> _Turn:
    """The vote of the lines, long ones counting more."""
    lengths = [max(abs(x - quad[0][0]) + abs(y - quad[0][1]) for x, y in quad) for quad in quads]
    tall = sum(length for quad, length in zip(quads, lengths, strict=True) if _tall(quad))
    sideways = 2 * tall > sum(lengths)
    votes = zip(quads, lengths, upside_down, strict=True)
    voters = [(length, down) for quad, length, down in votes if _tall(quad) == sideways]
    flipped = 2 * sum(length for length, down in voters if down) > sum(length for length, _ in voters)
    return _Turn(sideways, flipped)


def _tall(quad: _Quad) -> bool:
    box = _box("", quad)
    return box.bottom - box.top >= 1.5 * (box.right - box.left)


def _box(text: str, quad: _Quad) -> Box:
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return Box(text, min(xs), min(ys), max(xs), max(ys))
