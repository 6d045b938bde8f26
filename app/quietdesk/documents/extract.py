"""Bytes to a document: finds the format, hands the bytes to its reader, brings the text into one form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from quietdesk.documents import failures, language
from quietdesk.documents.clean import clean
from quietdesk.documents.document import Document
from quietdesk.documents.formats import Format, detect
from quietdesk.documents.limits import ReaderLimits
from quietdesk.documents.text_encoding import decode

if TYPE_CHECKING:
    import asyncio

    from quietdesk.documents.pdf import Recogniser

_TEXT_FORMATS = frozenset(
    (Format.EML, Format.MBOX, Format.HTML, Format.XML, Format.FLAT_ODF, Format.CSV, Format.LATEX, Format.MARKDOWN,
     Format.SUBTITLES, Format.TEXT)
)  # fmt: skip


class Extractor:
    """Reads files in this process; :class:`quietdesk.documents.reader.Reader` runs it in one of its own.

    recogniser: text recognition for images and scans, None when it is not installed or not wanted.
    loop: gives the event loop that the library for old formats runs on.
    progress: called after each recognised page of a scan.
    """

    def __init__(
        self, limits: ReaderLimits, recogniser: Recogniser | None,
        loop: Callable[[], asyncio.AbstractEventLoop], progress: Callable[[], None],
    ) -> None:  # fmt: skip
        self._limits = limits
        self._recogniser = recogniser
        self._loop = loop
        self._progress = progress

    def read(self, data: bytes, name: str) -> Document:
        """The document in a file's bytes; ``name`` decides where the content does not.

        Raises:
            UserError: empty, no_text, encrypted, corrupt, unsupported, too_large.
        """
        if not data:
            raise failures.empty()
        kind = detect(data, name)
        document = self._text_format(data, name, kind) if kind in _TEXT_FORMATS else self._binary(data, name, kind)
        text = clean(document.text)
        if not any(char.isalnum() for char in text):
            raise failures.no_text()
        title = document.title if document.title and any(map(str.isalnum, document.title)) else None
        return replace(document, text=text, title=title, language=language.detect(text))

    def _binary(self, data: bytes, name: str, kind: Format) -> Document:
        if kind is Format.PDF:
            from quietdesk.documents.pdf import read_pdf

            return read_pdf(data, name, self._recogniser, self._progress)
        if kind is Format.IMAGE:
            from quietdesk.documents.images import read_image

            return read_image(data, name, self._recogniser, self._limits, self._progress)
        if kind in (Format.DOCX, Format.PPTX, Format.ODF_TEXT, Format.EPUB):
            return self._container(data, name, kind)
        from quietdesk.documents.xberg_bridge import Xberg

        return Xberg(self._limits, self._loop).read(data, name, kind)

    def _container(self, data: bytes, name: str, kind: Format) -> Document:
        from quietdesk.documents.container import Container
        from quietdesk.documents.ebook import read_epub
        from quietdesk.documents.opendocument import read_odf
        from quietdesk.documents.slides import read_pptx
        from quietdesk.documents.word import read_docx

        readers = {
            Format.DOCX: read_docx, Format.PPTX: read_pptx, Format.ODF_TEXT: read_odf, Format.EPUB: read_epub,
        }  # fmt: skip
        return readers[kind](Container(data, self._limits), name)

    def _text_format(self, data: bytes, name: str, kind: Format) -> Document:
        if len(data) > self._limits.text_bytes:
            raise failures.too_large(f"it has more than {self._limits.text_bytes // 1_000_000} MB of text.")
        if kind in (Format.EML, Format.MBOX):
            from quietdesk.documents.mail import read_eml, read_mbox

            return (read_eml if kind is Format.EML else read_mbox)(data, name)
        if kind is Format.FLAT_ODF:
            from quietdesk.documents.opendocument import read_flat_odf

            return read_flat_odf(data, name)
        if kind is Format.TEXT:
            return Document(name, decode(data))
        return _marked_up(data, name, kind)


def _marked_up(data: bytes, name: str, kind: Format) -> Document:
    from quietdesk.documents import plain
    from quietdesk.documents.html_text import declared_encoding, html_text
    from quietdesk.documents.xml_text import xml_text

    declared = declared_encoding(data) if kind in (Format.HTML, Format.XML) else None
    text = decode(data, declared)
    if kind is Format.CSV:
        return Document(name, plain.csv_text(text))
    if kind is Format.SUBTITLES:
        return Document(name, plain.subtitles_text(text))
    readers = {
        Format.HTML: html_text, Format.XML: xml_text, Format.LATEX: plain.latex_text,
        Format.MARKDOWN: plain.markdown_text,
    }  # fmt: skip
    marked = readers[kind](text)
    return Document(name, marked.text, title=marked.title, author=marked.author)
