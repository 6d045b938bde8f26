"""ODT, ODP and flat ODF: body, tables, notes, comments, headers and footers. Source: OASIS OpenDocument 1.3, part 3."""

from __future__ import annotations

import io
from collections.abc import Mapping

from quietdesk.documents import failures
from quietdesk.documents.clean import one_line, paragraphs, without_running_lines
from quietdesk.documents.container import Container
from quietdesk.documents.document import Document
from quietdesk.documents.paragraphs import Paragraphs
from quietdesk.documents.xml_text import XmlHandler, parse

# Deleted text, the mark of a note, page numbers, a comment's author and date, the reading above a word, alternatives.
_LEFT_OUT_NAMES = """tracked-changes note-citation page-number page-count creator date sender-initials
    creator-initials ruby-text desc binary-data script event-listeners forms"""
_LEFT_OUT = frozenset(_LEFT_OUT_NAMES.split())
_MAX_SPACES = 200


class OdfHandler(XmlHandler):
    """Paragraphs of the document body, of its pages when it is a presentation, and of the master pages."""

    def __init__(self) -> None:
        self.body = Paragraphs()
        self.pages: list[str] = []
        self.page_count: int | None = None
        self.title = ""
        self._authors: dict[str, str] = {}
        self._master = Paragraphs()
        self._current = self.body
        self._skipped = 0
        self._page_start = 0
        self._field = ""
        self._path: list[str] = []
        self._list_depth = 0

    @property
    def author(self) -> str:
        """Who began the document, else who last changed it."""
        return self._authors.get("initial-creator") or self._authors.get("creator", "")

    @property
    def running_text(self) -> str:
        """Headers and footers of the page styles, each line once."""
        lines = (line.strip() for line in self._master.text().split("\n"))
        return "\n".join(dict.fromkeys(line for line in lines if line))

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if self._skipped or (name in _LEFT_OUT and "meta" not in self._path) or attributes.get("placeholder") == "true":
            self._skipped += 1
            return
        self._path.append(name)
        if name in ("p", "h"):
            self._current.begin()
        elif name == "s":
            count = attributes.get("c", "1")
            self._current.add(" " * min(int(count) if count.isdigit() else 1, _MAX_SPACES))
        elif name == "tab":
            self._current.add("\t")
        elif name == "line-break":
            self._current.add("\n")
        elif name == "table-row":
            self._current.begin_row()
        elif name in ("table-cell", "covered-table-cell"):
            self._current.begin_cell()
        else:
            self._structure(name, attributes)

    def _structure(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "master-page":
            self._current = self._master
        elif name == "page" and "presentation" in self._path:
            self._page_start = len(self.body.lines)
        elif name == "list":
            self._list_depth += 1
        elif name == "document-statistic":
            count = attributes.get("page-count", "")
            self.page_count = int(count) if count.isdigit() and 0 < len(count) < 7 else None
        elif name in ("title", "creator", "initial-creator") and "meta" in self._path:
            self._field = name

    def end(self, name: str, /) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        if self._path:
            self._path.pop()
        if name in ("p", "h"):
            in_list = self._list_depth and self._path and self._path[-1] == "list-item"
            self._current.end("- " if in_list else "")
        elif name == "table-row":
            self._current.end_row()
        elif name in ("table-cell", "covered-table-cell"):
            self._current.end_cell()
        elif name == "master-page":
            self._current = self.body
        elif name == "page" and "presentation" in self._path:
            self.pages.append("\n".join(line for line in self.body.lines[self._page_start :] if line.strip()))
        elif name == "list":
            self._list_depth -= 1
        self._field = ""

    def characters(self, text: str, /) -> None:
        if self._skipped:
            return
        if self._field == "title":
            self.title += text
        elif self._field:
            self._authors[self._field] = self._authors.get(self._field, "") + text
        elif self._current.inside:
            self._current.add(text.replace("\n", " "))


def read_odf(container: Container, name: str) -> Document:
    """The text of an ODT or ODP file.

    Raises:
        UserError: encrypted.
    """
    if b"encryption-data" in container.read("META-INF/manifest.xml"):
        raise failures.encrypted()
    handler = OdfHandler()
    container.parse("content.xml", handler)
    container.parse_if_there("styles.xml", handler)
    container.parse_if_there("meta.xml", handler)
    return _document(handler, name)


def read_flat_odf(data: bytes, name: str) -> Document:
    """The text of an ODF document in one XML file."""
    handler = OdfHandler()
    parse(io.BytesIO(data), handler)
    return _document(handler, name)


def _document(handler: OdfHandler, name: str) -> Document:
    body = paragraphs(without_running_lines(handler.pages)) if handler.pages else handler.body.text()
    return Document(
        name, paragraphs([body, handler.running_text]), pages=len(handler.pages) or handler.page_count,
        title=one_line(handler.title) or None, author=one_line(handler.author) or None,
    )  # fmt: skip
