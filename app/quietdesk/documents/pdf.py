"""PDF: text by PDFium, page by page; pages without a usable text layer are recognised from their image."""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from quietdesk.documents import failures
from quietdesk.documents.clean import one_line, running_lines
from quietdesk.documents.document import Document
from quietdesk.documents.layout import BROKEN_WORD, TABLE_GAP, Line, join_pages, join_paragraphs

_OCR_SIDE = 2200  # pixels of the longer side of a rendered page: 190 dpi for A4
_LITTLE_TEXT = 25  # characters: a scan with a stamped number or a viewer's watermark
_WIDGET, _LINK, _POPUP = 20, 2, 16  # annotation subtypes, fpdf_annot.h


class Recogniser(Protocol):
    """Text recognition, see :mod:`quietdesk.documents.ocr`."""

    def lines(self, pixels: Any) -> list[Line]:
        """Lines in an image, a uint8 array of height × width × 3 (blue, green, red)."""


@dataclass(frozen=True, slots=True)
class _Page:
    lines: list[Line]
    extra: str = ""
    recognised: bool = False


def read_pdf(data: bytes, name: str, recogniser: Recogniser | None, progress: Callable[[], None]) -> Document:
    """The text of a PDF file. ``progress`` is called after each recognised page.

    Raises:
        UserError: encrypted, corrupt, no_text (a scan, without text recognition).
    """
    import pypdfium2

    try:
        file = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code in (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY):
            raise failures.encrypted() from error
        raise failures.corrupt() from error
    file.init_forms()
    reader = _PdfReader(file, pypdfium2, recogniser)
    pages: list[_Page | None] = []
    for number in range(len(file)):
        page = reader.page(number)
        pages.append(page)
        if page and page.recognised:
            progress()
    return _document(name, file.get_metadata_dict(), pages, reader.unread_scans)


def _document(name: str, info: dict[str, str], pages: list[_Page | None], unread_scans: int) -> Document:
    whole = [page for page in pages if page is not None]
    if not whole:
        raise failures.corrupt("the PDF has no page that can be opened.")
    kept = _without_running(whole)
    texts = [[*join_paragraphs(lines), page.extra] for page, lines in zip(whole, kept, strict=True)]
    text = _rejoin_words(join_pages([[part for part in page if part.strip()] for page in texts]))
    if unread_scans and not text.strip():
        raise failures.no_text_in_image()
    recognised = tuple(i for i, page in enumerate(pages, start=1) if page and page.recognised)
    return Document(
        name, text, pages=len(pages), ocr_pages=recognised, title=_info(info, "Title"), author=_info(info, "Author")
    )


def _info(info: dict[str, str], key: str) -> str | None:
    value = one_line(info.get(key, ""))
    with contextlib.suppress(UnicodeError):  # UTF-8 that was stored as if it were Latin-1
        value = value.encode("latin-1").decode("utf-8")
    return None if value.strip("() ").lower() in ("", "anonymous", "unspecified", "untitled") else value


def _without_running(pages: list[_Page]) -> list[list[Line]]:
    dropped = running_lines([[line.text for line in page.lines] for page in pages])
    return [
        [line for i, line in enumerate(page.lines) if i not in indices]
        for page, indices in zip(pages, dropped, strict=True)
    ]


def _rejoin_words(text: str) -> str:
    """Words that were broken at line ends: with their hyphen when the document writes them so elsewhere."""
    if BROKEN_WORD not in text:
        return text
    known = set(re.findall(r"[^\W\d_]+-[^\W\d_]+", text.lower()))

    def whole(match: re.Match[str]) -> str:
        hyphenated = f"{match[1]}-{match[2]}"
        return hyphenated if hyphenated.lower() in known else match[1] + match[2]

    return re.sub(rf"(\w*){BROKEN_WORD}\s*(\w*)", whole, text)


class _PdfReader:
    """Reads single pages of an open document."""

    def __init__(self, file: Any, pypdfium2: Any, recogniser: Recogniser | None) -> None:
        self.unread_scans = 0
        self._file = file
        self._pdfium = pypdfium2
        self._recogniser = recogniser

    def page(self, number: int) -> _Page | None:
        """One page, None when it cannot be opened."""
        try:
            page = self._file[number]
        except self._pdfium.PdfiumError:
            return None
        try:
            text_page = page.get_textpage()
            lines = _lines(text_page, page.get_height())
            extra = self._annotations(page)
            if self._is_scan(page, lines):
                if self._recogniser:
                    return _Page(self._recogniser.lines(self._pixels(page)), extra, recognised=True)
                self.unread_scans += 1
            return _Page(lines, extra)
        finally:
            page.close()

    def _is_scan(self, page: Any, lines: list[Line]) -> bool:
        """Little or no legible text, and an image (or, without any text, drawing) that may show some."""
        text = "".join("".join(line.text.split()) for line in lines)
        legible = sum(char.isalnum() and not "\ue000" <= char <= "\uf8ff" for char in text)
        if legible >= _LITTLE_TEXT and legible >= 0.3 * len(text):
            return False
        raw = self._pdfium.raw
        area = page.get_width() * page.get_height()
        drawn = 0
        for item in page.get_objects(max_depth=3):
            drawn += item.type == raw.FPDF_PAGEOBJ_PATH
            if item.type == raw.FPDF_PAGEOBJ_IMAGE and _area(item) > 0.1 * area:
                return True
            if drawn > 500:
                break
        return legible == 0 and (drawn > 50 or bool(text))

    def _pixels(self, page: Any) -> Any:
        scale = _OCR_SIDE / max(*page.get_size(), 1.0)
        return page.render(scale=min(scale, 6.0), may_draw_forms=True).to_numpy()[:, :, :3]

    def _annotations(self, page: Any) -> str:
        """Values of form fields and comments, which are not part of the page's text."""
        raw = self._pdfium.raw
        texts: list[str] = []
        for i in range(min(raw.FPDFPage_GetAnnotCount(page), 2000)):
            annotation = raw.FPDFPage_GetAnnot(page, i)
            if not annotation:
                continue
            subtype = raw.FPDFAnnot_GetSubtype(annotation)
            if subtype == _WIDGET and self._file.formenv:
                texts.append(_utf16(raw.FPDFAnnot_GetFormFieldValue, self._file.formenv, annotation))
            elif subtype not in (_WIDGET, _LINK, _POPUP):
                texts.append(_utf16(raw.FPDFAnnot_GetStringValue, annotation, b"Contents"))
            raw.FPDFPage_CloseAnnot(annotation)
        return "\n".join(text for text in dict.fromkeys(texts) if text and text not in ("Off", "Yes", "On"))


def _area(item: Any) -> float:
    left, bottom, right, top = item.get_bounds()
    return float(max(right - left, 0) * max(top - bottom, 0))


def _utf16(function: Callable[..., int], *arguments: Any) -> str:
    """A string that PDFium writes into a buffer of the size it asks for."""
    size = function(*arguments, None, 0)
    if not 2 < size < 1_000_000:
        return ""
    buffer = ctypes.create_string_buffer(size)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace").strip()


def _lines(text_page: Any, page_height: float) -> list[Line]:
    text: str = text_page.get_text_range()
    placed = len(text) == text_page.count_chars()
    return [
        _placed_line(text_page, match.group(), match.start(), page_height) if placed
        else Line(match.group().strip(), 0, 0, 0, 0, 0)
        for match in re.finditer(rf"[^\r\n{BROKEN_WORD}]+{BROKEN_WORD}?", text)
        if match.group().strip()
    ]  # fmt: skip


def _placed_line(text_page: Any, text: str, start: int, page_height: float) -> Line:
    """A line with its place, and a tab wherever its words stand apart like cells."""
    words = [(m.start() + start, m.end() + start - 1) for m in re.finditer(rf"[^\s{BROKEN_WORD}]+", text)]
    if not words:
        return Line(text.strip(), 0, 0, 0, 0, 0)
    first = text_page.get_charbox(words[0][0], loose=True)
    last = text_page.get_charbox(words[-1][1], loose=True)
    height = abs(last[3] - last[1])
    first_end = text_page.get_charbox(words[0][1], loose=True)[2]
    pieces = [text[words[0][0] - start : words[0][1] - start + 1]]
    table = False
    for (_, end), (begin, stop) in pairwise(words):
        gap = text_page.get_charbox(begin)[0] - text_page.get_charbox(end)[2] if len(words) < 80 else 0.0
        apart = height > 0 and gap > TABLE_GAP * height
        table = table or apart
        pieces += ["\t" if apart else " ", text[begin - start : stop - start + 1]]
    left, right = min(first[0], last[0]), max(first[2], last[2])
    top, bottom = page_height - last[3], page_height - last[1]
    pieces.append(BROKEN_WORD if text.endswith(BROKEN_WORD) else "")
    return Line("".join(pieces), left, right, top, bottom, abs(first_end - first[0]), table)
