"""Text of XML: a streaming parser for the parts of office files, and the text of feeds and other XML."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import BinaryIO
from xml.parsers import expat

from quietdesk.documents import failures
from quietdesk.documents.html_text import html_text
from quietdesk.documents.plain import Marked
from quietdesk.errors import UserError

_CHUNK = 1 << 16


class XmlHandler:
    """Receives elements by local name, as the prefixes of office files vary; names of the namespace
    ``.../relationships`` as ``r:name``. Subclasses override what they need.
    """

    def start(self, name: str, attributes: Mapping[str, str], /) -> None:
        """An element begins; ``attributes`` by local name."""

    def end(self, name: str, /) -> None:
        """An element ends."""

    def characters(self, text: str, /) -> None:
        """Text of the innermost open element; may come in several pieces."""


def parse(stream: BinaryIO, handler: XmlHandler) -> None:
    """Feed an XML document to ``handler`` piece by piece.

    Raises:
        UserError: corrupt, when it is not well-formed or declares entities of its own (none of the office formats
            does; they serve to blow a file up).
    """
    parser = _parser(handler)
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise failures.corrupt("the XML inside is not well-formed.") from error


def _parser(handler: XmlHandler) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    names: dict[str, str] = {}

    def local(name: str) -> str:
        short = names.get(name)
        if short is None:
            namespace, _, short = name.rpartition("}")
            if "officeDocument" in namespace and namespace.endswith("/relationships"):  # r:id stands beside id
                short = f"r:{short}"
            names[name] = short
        return short

    def start(name: str, attributes: dict[str, str]) -> None:
        handler.start(local(name), {local(key): value for key, value in attributes.items()})

    def refuse(*_: object) -> None:
        raise failures.corrupt("the XML inside declares entities, which such files do not.")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: handler.end(local(name))
    parser.CharacterDataHandler = handler.characters
    parser.EntityDeclHandler = refuse
    return parser


class _FeedHandler(XmlHandler):
    """Text of elements in order, one line each; marked-up content is unwrapped."""

    _SKIPPED = frozenset(("style", "script"))
    _READ_IN_FEEDS = frozenset(("title", "subtitle", "description", "summary", "content", "encoded"))

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.title = ""
        self._pieces: list[str] = []
        self._path: list[str] = []

    def start(self, name: str, _attributes: Mapping[str, str], /) -> None:
        self._flush()
        self._path.append(name)

    def end(self, _name: str, /) -> None:
        self._flush()
        self._path.pop()

    def characters(self, text: str) -> None:
        self._pieces.append(text)

    def _flush(self) -> None:
        text = "".join(self._pieces).strip()
        self._pieces.clear()
        if not text or not self._path or self._path[-1] in self._SKIPPED:
            return
        if self._path[0] in ("rss", "feed", "RDF") and self._READ_IN_FEEDS.isdisjoint(self._path):
            return  # dates, addresses and settings of the feed
        if re.search(r"</?[A-Za-z][^<>]*>|&[a-z#0-9]+;", text):
            text = html_text(text).text.strip()
        if not self.title and self._path[-1] == "title":
            self.title = " ".join(text.split())[:500]
        if text not in self.blocks[-3:]:  # a feed gives an entry's text short and in full
            self.blocks.append(text)


def xml_text(markup: str) -> Marked:
    """The text of a feed or any other XML; broken XML is read as if its tags were not there."""
    handler = _FeedHandler()
    body = re.sub(r"\A\s*<\?xml[^>]*\?>", "", markup)
    parser = _parser(handler)
    try:
        parser.Parse(body.encode("utf-8", "replace"), True)
    except (expat.ExpatError, UserError):
        rest = re.sub(r"<!\[CDATA\[|\]\]>|<[^<>]*>", " ", body)
        return Marked(html.unescape(rest))
    return Marked("\n".join(handler.blocks), handler.title or None)
