"""What DOCX, PPTX and XLSX have in common. Source: ECMA-376, part 2, Open Packaging Conventions."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from quietdesk.documents.clean import one_line
from quietdesk.documents.container import Container
from quietdesk.documents.xml_text import XmlHandler


@dataclass(frozen=True, slots=True)
class Properties:
    """Title and author as the file states them, and the number of pages or slides it was saved with."""

    title: str | None
    author: str | None
    pages: int | None


@dataclass(frozen=True, slots=True)
class Relation:
    """One part that another refers to."""

    id: str
    kind: str  # last word of the relationship type: "slide", "notesSlide"
    target: str


class _Fields(XmlHandler):
    """Text of the elements named; the first of each counts."""

    def __init__(self, *names: str) -> None:
        self.values: dict[str, str] = {}
        self._names = frozenset(names)
        self._current = ""

    def start(self, name: str, _attributes: Mapping[str, str], /) -> None:
        self._current = name if name in self._names and name not in self.values else ""
        if self._current:
            self.values[name] = ""

    def end(self, _name: str, /) -> None:
        self._current = ""

    def characters(self, text: str, /) -> None:
        if self._current:
            self.values[self._current] += text


def properties(container: Container) -> Properties:
    """The core and application properties."""
    fields = _Fields("title", "creator", "Pages", "Slides")
    for part in ("docProps/core.xml", "docProps/app.xml"):
        container.parse_if_there(part, fields)
    pages = fields.values.get("Pages") or fields.values.get("Slides") or ""
    return Properties(
        one_line(fields.values.get("title", "")) or None,
        one_line(fields.values.get("creator", "")) or None,
        int(pages) if pages.isascii() and pages.isdigit() and 0 < int(pages) < 1_000_000 else None,
    )


class _Relations(XmlHandler):
    def __init__(self, folder: str) -> None:
        self.found: list[Relation] = []
        self._folder = folder

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join(self._folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found.append(Relation(attributes.get("Id", ""), kind, posixpath.normpath(path)))


def relations(container: Container, part: str) -> list[Relation]:
    """What ``part`` refers to within the file; ``""`` for the file itself."""
    folder, name = posixpath.split(part)
    handler = _Relations(folder)
    container.parse_if_there(posixpath.join(folder, "_rels", f"{name}.rels"), handler)
    return [relation for relation in handler.found if relation.target in container.names]


def main_part(container: Container, usual: str) -> str:
    """The name of the main document part."""
    found = (r.target for r in relations(container, "") if r.kind == "officeDocument")
    return next(found, usual)
