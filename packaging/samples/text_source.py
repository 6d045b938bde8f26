"""The texts that the sample files are made of: one paragraph a line, ``# `` a title, ``## `` a heading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paragraph:
    """``level``: 1 for the title, 2 for a heading, 0 for text. ``gap``: an empty line stood before it."""

    text: str
    level: int
    gap: bool


def read_paragraphs(file: Path) -> list[Paragraph]:
    """The paragraphs of a source text in UTF-8."""
    paragraphs: list[Paragraph] = []
    gap = False
    for line in file.read_text("utf-8").splitlines():
        level = len(line) - len(line.lstrip("#"))
        if line.strip():
            paragraphs.append(Paragraph(line.lstrip("# "), level, gap))
        gap = not line.strip()
    return paragraphs
