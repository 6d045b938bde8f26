"""DOCX: body, tables, text boxes, headers and footers, notes, comments. Source: ECMA-376, part 1, WordprocessingML."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from quietdesk.documents.container import Container
from quietdesk.documents.document import Document
from quietdesk.documents.ooxml import main_part, properties
from quietdesk.documents.paragraphs import Paragraphs
from quietdesk.documents.xml_text import XmlHandler

# The second copy of what is in mc:Choice, text that was moved away or deleted, the reading above a Japanese word.
_LEFT_OUT = frozenset(("Fallback", "moveFrom", "del", "rt"))
_NUMBER_FIELDS = ("PAGE", "NUMPAGES", "SECTIONPAGES", "PAGEREF")


class WordHandler(XmlHandler):
    """Paragraphs of one part of a DOCX. Deleted and moved-away text, the second copy of text boxes
    (``mc:Fallback``), hidden runs and the numbers of page fields are left out.
    """

    def __init__(self, headings: frozenset[str] = frozenset()) -> None:
        self.paragraphs = Paragraphs()
        self._headings = headings  # styles whose numbers are no list items
        self._heading = False
        self._capturing = False
        self._skipped = 0  # depth inside an element that is left out
        self._run_hidden = False
        self._in_run_properties = False
        self._list_item: list[bool] = []
        self._fields: list[str | None] = []  # instruction of each open field; None once its result began, if shown
        self._instruction = False

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if self._skipped or name in _LEFT_OUT or _is_separator(name, attributes):
            self._skipped += 1
            return
        if name == "p":
            self.paragraphs.begin()
            self._list_item.append(False)
            self._heading = False
        elif name == "t":
            self._capturing = not self._run_hidden and not self._in_page_number
        elif name in ("tab", "ptab") and not self._in_run_properties:
            self._write("\t")
        elif name in ("br", "cr"):
            self._write("\n")
        elif name == "noBreakHyphen":
            self._write("-")
        else:
            self._structure(name, attributes)

    def _structure(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "tr":
            self.paragraphs.begin_row()
        elif name == "tc":
            self.paragraphs.begin_cell()
        elif name in ("r", "rPr", "pPr", "vanish", "numId", "pStyle"):
            self._property(name, attributes)
        elif name == "fldChar":
            self._field(attributes.get("fldCharType", ""))
        elif name == "fldSimple":
            self._fields.append(attributes.get("instr", ""))
            self._field("separate")
        elif name == "instrText":
            self._instruction = True

    def _property(self, name: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("val", "")
        if name == "r":
            self._run_hidden = False
        elif name in ("rPr", "pPr"):
            self._in_run_properties = True
        elif name == "vanish":
            self._run_hidden = value not in ("0", "false", "off")
        elif self._list_item and name == "numId":
            self._list_item[-1] = value != "0" and not self._heading
        elif self._list_item and name == "pStyle":  # comes before the numbering
            self._heading = value in self._headings

    def end(self, name: str, /) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        if name == "p":
            item = self._list_item.pop() if self._list_item else False
            self.paragraphs.end("- " if item else "")
        elif name == "t":
            self._capturing = False
        elif name in ("rPr", "pPr"):
            self._in_run_properties = False
            if name == "pPr":  # the paragraph mark being hidden says nothing about the text
                self._run_hidden = False
        elif name == "tc":
            self.paragraphs.end_cell()
        elif name == "tr":
            self.paragraphs.end_row()
        elif name == "instrText":
            self._instruction = False
        elif name == "fldSimple":
            self._field("end")

    def characters(self, text: str, /) -> None:
        if self._skipped:
            return
        if self._instruction and self._fields:
            self._fields[-1] = (self._fields[-1] or "") + text
        elif self._capturing:
            self.paragraphs.add(text)

    def _write(self, text: str) -> None:
        if not self._run_hidden and not self._in_page_number:
            self.paragraphs.add(text)

    @property
    def _in_page_number(self) -> bool:
        return any(field == "#" for field in self._fields)

    def _field(self, kind: str) -> None:
        """Follow a field: its instruction decides whether its result, a page number, is left out."""
        if kind == "begin":
            self._fields.append("")
        elif kind == "separate" and self._fields:
            words = (self._fields[-1] or "").split()
            self._fields[-1] = "#" if words and words[0].upper() in _NUMBER_FIELDS else None
        elif kind == "end" and self._fields:
            self._fields.pop()


def _is_separator(name: str, attributes: Mapping[str, str]) -> bool:
    return name in ("footnote", "endnote") and "eparator" in attributes.get("type", "")


def read_docx(container: Container, name: str) -> Document:
    """The text of a DOCX file: headers, body, notes, comments, footers."""
    main = main_part(container, "word/document.xml")
    styles = _HeadingStyles()
    container.parse_if_there(posixpath.join(posixpath.dirname(main), "styles.xml"), styles)
    body = _part(container, main, frozenset(styles.found))
    folder = re.escape(posixpath.dirname(main))
    headers = _parts(container, rf"{folder}/header\d*\.xml")
    footers = _parts(container, rf"{folder}/footer\d*\.xml")
    notes = _parts(container, rf"{folder}/(?:foot|end)notes\.xml")
    comments = _parts(container, rf"{folder}/comments\.xml")
    diagrams = _parts(container, rf"{folder}/diagrams/data\d*\.xml")
    blocks = [*headers, body, *diagrams, *notes, *comments, *footers]
    info = properties(container)
    text = "\n\n".join(block for block in blocks if block.strip())
    return Document(name, text, pages=info.pages, title=info.title, author=info.author)


class _HeadingStyles(XmlHandler):
    """Names of the styles that have an outline level or are called headings; they differ with the language of Word."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._style = ""

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        value = attributes.get("val", "")
        named = name == "name" and value.lower().startswith(("heading", "title", "toc"))
        if name == "style":
            self._style = attributes.get("styleId", "")
        elif named or (name == "outlineLvl" and value != "9"):  # 9 is body text
            self.found.add(self._style)


def _part(container: Container, part: str, headings: frozenset[str] = frozenset()) -> str:
    handler = WordHandler(headings)
    container.parse(part, handler)
    return handler.paragraphs.text()


def _parts(container: Container, pattern: str) -> list[str]:
    """Texts of the parts whose name matches, each text once: every section has headers of its own, often the same."""
    names = sorted((n for n in container.names if re.fullmatch(pattern, n)), key=lambda n: (len(n), n))
    return list(dict.fromkeys(_part(container, n).strip() for n in names))
