"""Names in running text: capitalised words, acronyms, codes, Chinese names with a title; and quotations."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache

from quietdesk import resources
from quietdesk.tools.text import dates
from quietdesk.tools.text.word_sets import word_list, word_set

_LETTER = r"[^\W_\u3040-\u30ff\u3400-\u9fff]"  # letters and digits, but no Chinese or Japanese
_WORD = re.compile(rf"{_LETTER}+(?:['’]{_LETTER}+)*")
_STARTS = re.compile(
    r"(?:^|[.!?:;…。！？；：\n•–—(\[\"“”„«「『]|(?:^|\n)\s*(?:[-*#>]+|\d{1,3}[.)]))"
    r"[\s\"'“”‘’„«»「」『』(\[*_#>-]*$"
)
_ALWAYS_CAPITAL = word_set("i i'm i'd i'll i've ok am pm re cc ps")
_WORD_ENDINGS = tuple(word_list("ers ors ists ials ants ents ions ings ly tion ment ness ians able"))
_PREFIXES = ("un", "re", "non", "dis", "mis", "over")
_NEAR = 3  # words between the two halves of one name: John *Philip* Smith

_TITLES = (
    "先生|女士|小姐|经理|總經理|总经理|主任|老师|教授|医生|博士|律师|董事长|校长|院长|市长|省长|部长|局长|处长|"
    "总裁|总监|主席|书记|秘书长|同学|师傅"
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
    "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文欧苗"
)
_CHINESE_NAME = re.compile(
    rf"(?P<titled>[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?:{_TITLES}))"
    rf"|(?<![\u4e00-\u9fff])(?P<says>[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=说|表示|称|指出|认为|介绍)"
)
_QUOTE = re.compile(r"“([^“”\n]{12,400})”|\"([^\"\n]{12,400})\"|「([^「」\n]{5,200})」|《([^《》\n]{2,80})》")


class SourceNames:
    """The words of one source, and where they stand."""

    def __init__(self, source: str) -> None:
        self._places: dict[str, list[int]] = {}
        self._lower: set[str] = set()
        for place, match in enumerate(_WORD.finditer(source)):
            plain = _plain(match[0])
            self._places.setdefault(plain, []).append(place)
            if match[0][0].islower():
                self._lower.add(plain)
        self._source = source
        self._flat: str | None = None

    def unsupported(self, text: str) -> Iterator[tuple[int, int]]:
        """The characters of names in ``text`` that the source lacks, or whose parts it never has together."""
        previous: re.Match[str] | None = None
        heading = _is_heading(text)
        for match in _WORD.finditer(text):
            if not _is_capitalised(match[0]) or dates.is_name(match[0]):
                previous = None
            elif _plain(match[0]) not in self._places:
                if not _is_ordinary(match, text, heading):
                    yield match.start(), match.end()
                previous = None
            else:
                if previous and _is_one_name(text, previous, match) and not self._together(previous[0], match[0]):
                    yield previous.start(), match.end()
                previous = match
        yield from self._unsupported_chinese(text)

    def unsupported_quotes(self, text: str) -> Iterator[tuple[int, int]]:
        """Words in quotation marks or title marks that the source does not have in this order."""
        for match in _QUOTE.finditer(text):
            if self._flat is None:
                self._flat = _quoted(self._source)
            if _quoted(match[match.lastindex or 0]) not in self._flat:
                yield match.start(), match.end()

    def _together(self, first: str, second: str) -> bool:
        """Both stand near each other in the source, or one of them is an ordinary word there."""
        one, two = _plain(first), _plain(second)
        if one in self._lower or two in self._lower or one == two:
            return True
        return any(
            -1 <= there - here <= _NEAR and there != here
            for here in self._places[one]
            for there in _from(self._places[two], here - 1)
        )

    def _unsupported_chinese(self, text: str) -> Iterator[tuple[int, int]]:
        for match in _CHINESE_NAME.finditer(text):
            name = match["titled"] or match["says"]
            if name not in self._source:
                yield match.start(), match.start() + len(name)


@cache
def _ordinary() -> frozenset[str]:
    lines = resources.text("words/ordinary_en.txt").split("\n")
    return frozenset(line for line in lines if not line.startswith("#"))


def _plain(word: str) -> str:
    """Case, accents, possessive and plural endings taken off."""
    word = word.replace("’", "'").casefold()
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    word = re.sub(r"'s?$", "", word)
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


def _quoted(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _from(places: list[int], least: int) -> list[int]:
    first = bisect_left(places, least)
    return places[first : first + 2 + _NEAR]


def _is_one_name(text: str, first: re.Match[str], second: re.Match[str]) -> bool:
    between = text[first.end() : second.start()]
    return between in (" ", "-") or (between == ". " and len(first[0]) <= 2)


def _is_ordinary(match: re.Match[str], text: str, heading: bool) -> bool:
    """Is this capital that of a sentence's first word, or of a heading, and no name's?"""
    word = match[0].casefold().replace("’", "'")
    if word in _ALWAYS_CAPITAL:
        return True
    at_start = heading or _STARTS.search(text, max(0, match.start() - 12), match.start())
    if not at_start or (match[0].isupper() and len(word) > 1):
        return False
    following = text[match.end() : match.end() + 2]
    alone = not (following[:1] == " " and following[1:].isupper())
    return _is_known(word.split("'")[0]) or (alone and len(word) > 6 and word.endswith(_WORD_ENDINGS))


def _is_known(word: str) -> bool:
    """Is it, or the word that it is made from, in the list of ordinary words?"""
    forms = [word, _plain(word)]
    for ending, instead in (("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("ies", "y"), ("ly", ""), ("er", "")):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            forms.append(word.removesuffix(ending) + instead)
    known = _ordinary()
    if any(form in known for form in forms):
        return True
    return any(word.startswith(prefix) and word.removeprefix(prefix) in known for prefix in _PREFIXES)


def _is_capitalised(word: str) -> bool:
    return word[0].isupper() or (any(c.isdigit() for c in word) and any(c.isupper() for c in word))


def _is_heading(text: str) -> bool:
    """Title case: most longer words begin with a capital."""
    words = [match[0] for match in _WORD.finditer(text) if len(match[0]) > 3]
    return len(words) > 2 and sum(word[0].isupper() for word in words) >= 0.7 * len(words)
