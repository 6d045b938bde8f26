"""Collects the paragraphs and tables of office files into lines."""

from __future__ import annotations

_LONG_CELL = 300  # characters: above, a table is layout and its cells are text of their own


class Paragraphs:
    """Lines of text in reading order. Paragraphs may stand in other paragraphs (text boxes, notes) and in cells.

    What stands in another paragraph comes after it; a table row becomes one line, its cells separated by tabs.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._open: list[list[str]] = []
        self._inner: list[str] = []
        self._cells: list[list[str]] = []  # lines of each open cell
        self._rows: list[list[list[str]]] = []  # finished cells of each open row

    @property
    def inside(self) -> bool:
        """A paragraph is open."""
        return bool(self._open)

    def begin(self) -> None:
        self._open.append([])

    def add(self, text: str) -> None:
        """Text of the innermost paragraph; ignored between paragraphs."""
        if self._open:
            self._open[-1].append(text)

    def end(self, prefix: str = "") -> None:
        if not self._open:
            return
        text = "".join(self._open.pop()).strip()
        line = f"{prefix}{text}" if text else ""
        if self._open:
            self._inner.append(line)
            return
        self._emit(line)
        for inner in self._inner:
            self._emit(inner)
        self._inner.clear()

    def begin_row(self) -> None:
        self._rows.append([])

    def begin_cell(self) -> None:
        self._cells.append([])

    def end_cell(self) -> None:
        if self._cells and self._rows:
            self._rows[-1].append(self._cells.pop())

    def end_row(self) -> None:
        if not self._rows:
            return
        cells = [[line for line in cell if line.strip()] for cell in self._rows.pop()]
        if any(len(cell) > 1 and sum(map(len, cell)) > _LONG_CELL for cell in cells):
            for cell in cells:
                for line in cell:
                    self._emit(line)
        else:
            self._emit("\t".join(" ".join(" ".join(cell).split()) for cell in cells).rstrip())

    def _emit(self, line: str) -> None:
        (self._cells[-1] if self._cells else self.lines).append(line)

    def text(self) -> str:
        """All lines; unfinished rows and paragraphs of a broken file are not lost."""
        while self._open:
            self.end()
        while self._rows:
            if self._cells:
                self.end_cell()
            self.end_row()
        return "\n".join(self.lines)
