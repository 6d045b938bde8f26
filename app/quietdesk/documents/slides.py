"""PPTX: slides in their order, tables, speaker notes, comments. Source: ECMA-376, part 1, PresentationML."""

from __future__ import annotations

from collections.abc import Mapping

from quietdesk.documents.clean import paragraphs, without_running_lines
from quietdesk.documents.container import Container
from quietdesk.documents.document import Document
from quietdesk.documents.ooxml import main_part, properties, relations
from quietdesk.documents.paragraphs import Paragraphs
from quietdesk.documents.xml_text import XmlHandler


class SlideHandler(XmlHandler):
    """Paragraphs of a slide, of its notes or of its comments, without slide numbers."""

    def __init__(self) -> None:
        self.paragraphs = Paragraphs()
        self._capturing = False
        self._skipped = 0
        self._shape: list[bool] = []  # for each open shape: whether it is a slide number or a picture of the slide

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if self._skipped or name == "Fallback":
            self._skipped += 1
        elif name == "sp":
            self._shape.append(False)
        elif name == "ph" and self._shape:
            self._shape[-1] = attributes.get("type") in ("sldNum", "sldImg")
        elif name in ("p", "text"):
            self.paragraphs.begin()
            self._capturing = name == "text"  # the text of an old comment has no runs
        elif name == "fld" and attributes.get("type") == "slidenum":
            self._skipped = 1
        elif name == "t":
            self._capturing = True
        elif name == "br":
            self._write("\n")
        elif name == "tr":
            self.paragraphs.begin_row()
        elif name == "tc":
            self.paragraphs.begin_cell()

    def end(self, name: str, /) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name == "sp" and self._shape:
            self._shape.pop()
        elif name in ("p", "text"):
            self.paragraphs.end()
            self._capturing = False
        elif name == "t":
            self._capturing = False
        elif name == "tc":
            self.paragraphs.end_cell()
        elif name == "tr":
            self.paragraphs.end_row()

    def characters(self, text: str, /) -> None:
        if self._capturing and not self._skipped:
            self._write(text)

    def _write(self, text: str) -> None:
        if not any(self._shape):
            self.paragraphs.add(text)


class _SlideIds(XmlHandler):
    def __init__(self) -> None:
        self.ids: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "sldId":
            self.ids.append(attributes.get("r:id", ""))


def read_pptx(container: Container, name: str) -> Document:
    """The text of a PPTX file, one block for each slide."""
    main = main_part(container, "ppt/presentation.xml")
    order = _SlideIds()
    container.parse(main, order)
    targets = {r.id: r.target for r in relations(container, main) if r.kind == "slide"}
    slides = [targets[i] for i in order.ids if i in targets] or sorted(targets.values())
    pages = [_slide_text(container, slide) for slide in slides]
    info = properties(container)
    text = paragraphs(without_running_lines(pages))
    return Document(name, text, pages=len(slides) or None, title=info.title, author=info.author)


def _slide_text(container: Container, slide: str) -> str:
    beside = ("notesSlide", "comments", "comment", "diagramData")
    parts = [slide, *(r.target for r in relations(container, slide) if r.kind in beside)]
    texts: list[str] = []
    for part in parts:
        handler = SlideHandler()
        container.parse(part, handler)
        texts.append("\n".join(line for line in handler.paragraphs.text().split("\n") if line.strip()))
    return "\n".join(text for text in texts if text)
