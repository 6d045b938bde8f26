"""HTML to text: what a browser shows, block by block."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from quietdesk.documents.plain import Marked

_BLOCK_NAMES = """address article aside blockquote caption center dd details dialog dir div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu ol option p pre section summary table
    tbody tfoot thead title tr ul"""
_PARAGRAPH_NAMES = "article blockquote dl figure h1 h2 h3 h4 h5 h6 hr ol p pre section table ul"
_HIDDEN_NAMES = "canvas datalist head iframe math nav noscript object script select style svg template"
_VOID_NAMES = "area base br col embed hr img input link meta param source track wbr"
_OPEN_NAMES = "body colgroup dd dt html li optgroup option p tbody td tfoot th thead tr"

_BLOCKS = frozenset(_BLOCK_NAMES.split())
_PARAGRAPHS = frozenset(_PARAGRAPH_NAMES.split())
_HIDDEN = frozenset(_HIDDEN_NAMES.split())
_VOID = frozenset(_VOID_NAMES.split())
# Elements whose end tag may be left out: hiding one might hide all that follows.
_MAY_STAY_OPEN = _VOID | frozenset(_OPEN_NAMES.split())
_ENOUGH_TEXT = 2000  # characters: a page with less may be a list of links itself
_CHARSET = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.I)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]+)")


def declared_encoding(data: bytes) -> str | None:
    """The encoding that an HTML or XML file names at its beginning."""
    head = data[:4096]
    found = _XML_ENCODING.search(head) or _CHARSET.search(head)
    return found[1].decode("ascii") if found else None


def html_text(markup: str) -> Marked:
    """Visible text, title and author of a page. Navigation and what is marked hidden is left out."""
    parser = _parsed(markup, _HIDDEN)
    if parser.hidden_to_the_end:  # an element that was never closed must not swallow the page
        parser = _parsed(markup, frozenset(("script", "style")))
    text = parser.text()
    title = parser.title
    name = max(re.split(r"\s[-|–—·]\s", title), key=len)  # without that of the site
    if title and "".join(name.split()) not in "".join(text[:2000].split()):
        text = f"{title}\n\n{text}"
    return Marked(text, title or None, parser.author or None)


def _without_comments(markup: str) -> str:
    """Markup without comments, cut at one that never ends: the parser would look for its end again and again."""
    pieces: list[str] = []
    start = 0
    while (begin := markup.find("<!--", start)) >= 0:
        pieces.append(markup[start:begin])
        end = markup.find("-->", begin + 4)
        if end < 0:
            return "".join(pieces)
        start = end + 3
    return "".join([*pieces, markup[start:]])


def _parsed(markup: str, hidden: frozenset[str]) -> _TextParser:
    parser = _TextParser(hidden)
    parser.feed(_without_comments(markup))
    parser.close()
    return parser


@dataclass(slots=True)
class _List:
    """A list being read: its first line, and how much of its text is links."""

    start: int
    items: int = 0
    characters: int = 0
    linked: int = 0

    @property
    def is_menu(self) -> bool:
        """Eight or more short entries that are nothing but links."""
        short = self.characters < 40 * self.items
        return self.items >= 8 and short and self.linked >= 0.9 * self.characters


class _TextParser(HTMLParser):
    def __init__(self, hidden: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._hidden_tags = hidden
        self.title = ""
        self.author = ""
        self._lines: list[str] = []
        self._line: list[str] = []
        self._hidden: list[str] = []  # open elements from the outermost hidden one on
        self._preformatted = 0
        self._in_title = False
        self._in_link = False
        self._cells = 0
        self._lists: list[_List] = []
        self._menus: list[tuple[int, int]] = []  # lines of each list that is nothing but links

    @property
    def hidden_to_the_end(self) -> bool:
        """A hidden element other than the head is still open."""
        return bool(self._hidden) and self._hidden[0] != "head"

    def text(self) -> str:
        """Everything read so far, without menus where there is other text."""
        self._break(paragraph=True)
        in_menus = {i for start, stop in self._menus for i in range(start, stop)}
        body = [line for i, line in enumerate(self._lines) if i not in in_menus]
        return "\n".join(body if sum(map(len, body)) > _ENOUGH_TEXT else self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = not self.title
        if tag == "meta":
            self._meta(dict(attrs))
        if tag == "body":  # ends an unclosed head
            self._hidden.clear()
        if self._hidden:
            if tag not in _VOID and tag == self._hidden[0]:
                self._hidden.append(tag)
            return
        if tag in self._hidden_tags or (tag not in _MAY_STAY_OPEN and _is_hidden(dict(attrs))):
            self._break()
            self._hidden.append(tag)
            return
        self._open(tag)

    def _open(self, tag: str) -> None:
        if tag == "br":
            self._break()
        elif tag == "a":
            self._in_link = True
        elif tag in ("td", "th"):
            if self._cells:
                self._line.append("\t")
            self._cells += 1
        elif tag in _BLOCKS:
            self._break(tag in _PARAGRAPHS)
            self._open_block(tag)

    def _open_block(self, tag: str) -> None:
        if tag == "tr":
            self._cells = 0
        elif tag == "li":
            self._line.append("- ")
            if self._lists:
                self._lists[-1].items += 1
        elif tag in ("ul", "ol"):
            self._lists.append(_List(len(self._lines)))
        elif tag == "pre":
            self._preformatted += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
            return
        if tag in _BLOCKS:
            self._break(tag in _PARAGRAPHS)
            if tag in ("tr", "table"):
                self._cells = 0
            elif tag == "pre":
                self._preformatted = max(0, self._preformatted - 1)
            elif tag in ("ul", "ol") and self._lists:
                self._close_list(self._lists.pop())
        self._in_link = self._in_link and tag != "a"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = " ".join((self.title + data).split())[:500]
        if self._hidden or self._in_title:
            return
        if self._lists:
            size = len(data.strip())
            self._lists[-1].characters += size
            self._lists[-1].linked += size if self._in_link else 0
        if self._preformatted:
            first, *rest = data.split("\n")
            self._line.append(first)
            for line in rest:
                self._break()
                self._line.append(line)
        else:
            self._line.append(re.sub(r"[ \t\n\r\f]+", " ", data))

    def _close_list(self, closed: _List) -> None:
        if closed.is_menu:
            self._menus.append((closed.start, len(self._lines)))
        elif self._lists:
            self._lists[-1].characters += closed.characters
            self._lists[-1].linked += closed.linked

    def _meta(self, attributes: dict[str, str | None]) -> None:
        if (attributes.get("name") or "").lower() in ("author", "dc.creator", "citation_author") and not self.author:
            self.author = " ".join((attributes.get("content") or "").split())[:200]

    def _break(self, paragraph: bool = False) -> None:
        line = "".join(self._line)
        self._line.clear()
        if not self._preformatted:
            line = re.sub(r" *\t *", "\t", re.sub(r" +", " ", line)).strip(" ")
        if line.strip() and line.strip() != "-":
            self._lines.append(line.rstrip())
        if paragraph and self._lines and self._lines[-1]:
            self._lines.append("")


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    style = (attributes.get("style") or "").replace(" ", "").lower()
    return (
        "hidden" in attributes or "display:none" in style or "visibility:hidden" in style
        or attributes.get("role") in ("navigation", "search")
    )  # fmt: skip
