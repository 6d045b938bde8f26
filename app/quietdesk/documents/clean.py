"""One form for all text that leaves the reader."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_DROPPED = [*range(9), *range(14, 32), *range(127, 133), *range(134, 160)]  # controls but \t \n \v \f \r and NEL
_DIRECTIONS = [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_INVISIBLE = [*_DIRECTIONS, 0xAD, 0x200B, *range(0x2060, 0x2065), 0xFEFF, *range(0xFFF9, 0xFFFC)]
_TABLE: dict[int, str | None] = dict.fromkeys([*_DROPPED, *_INVISIBLE])
_TABLE |= dict.fromkeys((11, 12, 133, 8232, 8233), "\n")
_TABLE |= dict.fromkeys((160, 8199, 8239), " ")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Newlines as ``\\n``; no control or invisible formatting characters; no runs of blank lines; nothing at the ends.

    Not normalised to NFC: the text stays what the file says. Indentation stays, as in source code.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TABLE)
    text = _SURROGATES.sub("", text)
    text = re.sub(r"[ \t]+\n", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n").rstrip()


def one_line(text: str) -> str:
    """``text`` cleaned, with every run of white space as one space."""
    return " ".join(clean(text).split())


def paragraphs(blocks: Sequence[str]) -> str:
    """Blocks of text with a blank line between them, empty ones left out."""
    return "\n\n".join(block for block in blocks if block.strip())


_DECORATED_NUMBER = re.compile(
    r"[-–—\[(|\s]*(?:page|seite|página|pagina|p\.|стр\.?)\s*\d{1,4}(?:\s*(?:/|of|von|de|из)\s*\d{1,4})?[-–—\])|\s]*"
    r"|\d{1,4}\s*(?:/|of|von|de|из)\s*\d{1,4}|[-–—\[(|]+\s*\d{1,4}\s*[-–—\])|]+"
    r"|第\s*\d{1,4}\s*[页頁ページ]+(?:\s*[/,，共]*\s*\d{1,4}\s*[页頁])?|[ivx]{1,5}",
    re.IGNORECASE,
)
_EDGE = 3  # lines at the top and at the bottom of a page where running text stands


def running_lines(pages: Sequence[Sequence[str]]) -> list[set[int]]:
    """For each page the indices of lines to leave out: page numbers, and running headers and footers but the first.

    A line counts as running when it stands, digits aside, within the first or last three lines of at least half
    of the pages, three at least. A bare number counts as page number when it counts up with the pages.
    """
    edges = Counter(key for lines in pages for key in {_key(lines[i]) for i in _edge(lines)})
    running = {key for key, n in edges.items() if "".join(key.split("#")) and n >= max(3, len(pages) / 2)}
    numbered = _numbered(pages)
    seen: set[str] = set()
    result: list[set[int]] = []
    for number, lines in enumerate(pages):
        edge = _edge(lines)
        dropped = {i for i in edge if _key(lines[i]) in running & seen}
        dropped |= {i for i in _ends(lines) if _is_page_number(lines[i], number, numbered)}
        filled = {i for i, line in enumerate(lines) if line.strip()}
        result.append(dropped if filled - dropped else set())  # a page of nothing else is no running text
        seen.update(_key(lines[i]) for i in edge)
    return result


def without_running_lines(pages: Sequence[str]) -> list[str]:
    """The texts of pages without what :func:`running_lines` finds."""
    split = [page.split("\n") for page in pages]
    return [
        "\n".join(line for i, line in enumerate(lines) if i not in dropped)
        for lines, dropped in zip(split, running_lines(split), strict=True)
    ]


def _edge(lines: Sequence[str]) -> list[int]:
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return filled if len(filled) <= 2 * _EDGE else filled[:_EDGE] + filled[-_EDGE:]


def _ends(lines: Sequence[str]) -> list[int]:
    """The first and the last filled line of a page that has more than one."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return [filled[0], filled[-1]] if len(filled) > 1 else []


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split())).casefold()


def _numbered(pages: Sequence[Sequence[str]]) -> frozenset[int]:
    """The differences between a bare number at the end of a page and the page's place that occur more than once."""
    offsets: Counter[int] = Counter()
    for number, lines in enumerate(pages):
        found = [_standing_number(lines[i]) for i in _ends(lines)]
        offsets.update({standing - number for standing in found if standing is not None})
    return frozenset(offset for offset, n in offsets.items() if n > 1)


def _standing_number(line: str) -> int | None:
    """A number of up to four digits that stands alone, or apart from the title beside it."""
    found = re.fullmatch(r"(\d{1,4})(?:\t[^\t]{1,80})?|[^\t]{1,80}\t(\d{1,4})", line.strip(), re.ASCII)
    return int(found[1] or found[2]) if found else None


def _is_page_number(line: str, number: int, numbered: frozenset[int]) -> bool:
    found = _standing_number(line)
    if found is not None:
        return found - number in numbered
    return bool(_DECORATED_NUMBER.fullmatch(line.strip()))
