"""EPUB: the chapters in reading order. Source: W3C EPUB 3.3, sections 4.2.6.3 and 5."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from urllib.parse import unquote

from quietdesk.documents import failures
from quietdesk.documents.clean import one_line, paragraphs
from quietdesk.documents.container import Container
from quietdesk.documents.document import Document
from quietdesk.documents.html_text import declared_encoding, html_text
from quietdesk.documents.text_encoding import decode
from quietdesk.documents.xml_text import XmlHandler


class _PackageHandler(XmlHandler):
    """Manifest, spine and metadata of the package document; the root file of the container."""

    def __init__(self) -> None:
        self.root = ""
        self.items: dict[str, str] = {}
        self.spine: list[str] = []
        self.title = ""
        self.author = ""
        self._field = ""

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        if name == "rootfile" and not self.root:
            self.root = attributes.get("full-path", "")
        elif name == "item" and "nav" not in attributes.get("properties", "").split():
            self.items[attributes.get("id", "")] = attributes.get("href", "")
        elif name == "itemref":
            self.spine.append(attributes.get("idref", ""))
        self._field = name if name in ("title", "creator") and not getattr(self, _ATTRIBUTE.get(name, ""), "") else ""

    def end(self, _name: str, /) -> None:
        self._field = ""

    def characters(self, text: str, /) -> None:
        if self._field == "title":
            self.title += text
        elif self._field == "creator":
            self.author += text


_ATTRIBUTE = {"title": "title", "creator": "author"}


def read_epub(container: Container, name: str) -> Document:
    """The text of an EPUB file.

    Raises:
        UserError: encrypted, when the chapters are protected by digital rights management.
    """
    package = _PackageHandler()
    container.parse("META-INF/container.xml", package)
    container.parse(package.root, package)
    folder = posixpath.dirname(package.root)
    hrefs = [package.items[item] for item in package.spine if item in package.items]
    chapters = [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in hrefs]
    locked = container.read("META-INF/encryption.xml").decode("utf-8", "replace")
    if any(chapter in locked for chapter in chapters):
        raise failures.encrypted()
    texts = [_chapter(container, chapter) for chapter in chapters]
    return Document(
        name, paragraphs(texts), title=one_line(package.title) or None, author=one_line(package.author) or None
    )


def _chapter(container: Container, part: str) -> str:
    if not part.lower().endswith((".xhtml", ".html", ".htm", ".xml")):
        return ""
    data = container.read(part)
    return html_text(decode(data, declared_encoding(data))).text
