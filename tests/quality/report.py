"""Tables in Markdown, and the file that keeps them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quietdesk.files import write_atomic

NOTHING = "–"
_HEADING = re.compile(r"^## ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of work. ``remarks``: what the columns mean, and what was left out."""

    title: str
    remarks: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Heading, remarks and table."""
        ruler = ["---", *["---:" if _is_numeric(column) else "---" for column in zip(*self.rows, strict=True)][1:]]
        lines = ["| " + " | ".join(row) + " |" for row in (self.columns, tuple(ruler), *self.rows)]
        return "\n\n".join((f"## {self.title}", *self.remarks, "\n".join(lines))) + "\n"


def _is_numeric(column: Sequence[str]) -> bool:
    return all(re.fullmatch(r"[\d.,/ %–]+", cell) for cell in column)


def number(value: float, digits: int = 1) -> str:
    """``value`` with that many digits after the point."""
    return f"{value:.{digits}f}"


def percent(part: float, whole: float = 1.0) -> str:
    """``part`` of ``whole`` in per cent, a dash when there is nothing to take part of."""
    return f"{100 * part / whole:.1f}" if whole else NOTHING


def keep(file: Path, introduction: str, sections: Sequence[Section]) -> None:
    """Write the sections to ``file``; sections of earlier runs that are not among them stay."""
    old = _HEADING.split(file.read_text("utf-8"))[1:] if file.exists() else []
    parts = {part.splitlines()[0]: f"## {part.strip()}\n" for part in old}
    parts |= {section.title: section.markdown() for section in sections}
    write_atomic(file, "\n".join((introduction, *parts.values())).encode("utf-8"), 0o644)
