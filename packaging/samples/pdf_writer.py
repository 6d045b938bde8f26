"""A small PDF writer: A4 pages of wrapped text in Helvetica, the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from text_source import Paragraph

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595, 842, 64  # points; A4
LEADING = 1.32  # line height as a multiple of the type size
SIZES = {0: 11.5, 1: 16.0, 2: 12.0}

# Advance widths in thousandths of the type size, characters 32 to 126 (Adobe's metrics of Helvetica).
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
)  # fmt: skip
_OTHER_WIDTH = 556
_BOLD_FACTOR = 1.1  # no letter of Helvetica-Bold that the samples use is wider than this


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line; ``y`` is the baseline's height above the page's foot, in points."""

    text: str
    size: float
    bold: bool
    y: float


def write_pdf(paragraphs: Sequence[Paragraph], title: str) -> bytes:
    """The document as a PDF 1.4 file with its text in reading order."""
    pages = list(_pages(paragraphs))
    first_page = 6  # after catalogue, page tree, two fonts and the information
    page_numbers = [first_page + 2 * index for index in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in page_numbers)
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Lang (en-GB) >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        font.format("Helvetica").encode(),
        font.format("Helvetica-Bold").encode(),
        b"<< /Title " + _string(title) + b" >>",
    ]
    for number, lines in zip(page_numbers, pages, strict=True):
        content = b"\n".join(_show(line) for line in lines)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE_WIDTH} {PAGE_HEIGHT}] /Contents {number + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _file(objects)


def _pages(paragraphs: Sequence[Paragraph]) -> Iterator[list[Line]]:
    lines: list[Line] = []
    y = float(PAGE_HEIGHT - MARGIN)
    for paragraph in paragraphs:
        size, bold = SIZES[paragraph.level], paragraph.level > 0
        y -= size * 0.55 if paragraph.gap or bold else size * 0.2
        for text in _wrap(paragraph.text, size * (_BOLD_FACTOR if bold else 1.0)):
            # A heading is not left alone at the foot of a page.
            if y - size * LEADING * (3 if bold else 1) < MARGIN:
                yield lines
                lines, y = [], float(PAGE_HEIGHT - MARGIN)
            y -= size * LEADING
            lines.append(Line(text, size, bold, y))
    yield lines


def _wrap(text: str, size: float) -> Iterator[str]:
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and _width(longer, size) > PAGE_WIDTH - 2 * MARGIN:
            yield line
            longer = word
        line = longer
    yield line


def _width(text: str, size: float) -> float:
    units = sum(_WIDTHS[ord(c) - 32] if 32 <= ord(c) <= 126 else _OTHER_WIDTH for c in text)
    return units * size / 1000


def _string(text: str) -> bytes:
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return b"(" + escaped.encode("cp1252") + b")"


def _show(line: Line) -> bytes:
    font = "F2" if line.bold else "F1"
    position = f"BT /{font} {line.size:g} Tf 1 0 0 1 {MARGIN} {line.y:.2f} Tm "
    return position.encode() + _string(line.text) + b" Tj ET"


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
