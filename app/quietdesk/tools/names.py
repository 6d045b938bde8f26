"""Names in running text: capitalised words, acronyms, codes, Chinese names with a title; and quotations."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache

from quietdesk import resources
from quietdesk.tools import dates

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_STARTS = re.compile(r"(?:^|[.!?:;…。！？；：\n•–—(\[\"“”„«「『]|(?:^|\n)\s*(?:[-*#>]+|\d{1,3}[.)]))[\s\"'“”‘’„«»「」『』(\[*_#>-]*$")
_ALWAYS_CAPITAL = frozenset(("i", "i'm", "i'd", "i'll", "i've", "ok", "am", "pm", "re", "cc", "ps"))
_PLURAL_LIKE = ("ers", "ors", "ists", "ials", "ants", "ents", "ions", "ings", "ly", "tion", "ment", "ness", "ians")
_NEAR = 3  # words between the two halves of one name, e.g. John *Philip* Smith

_TITLES = "先生|女士|小姐|经理|總經理|总经理|主任|老师|教授|医生|博士|律师|董事长|校长|院长|市长|省长|部长|局长|处长|总裁|总监|主席|书记|秘书长|同学|师傅"
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段"
    "雷钱汤尹黎易常武乔贺赖龚文欧阳苗"
)
_CHINESE_NAME = re.compile(
    rf"(?P<titled>[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?:{_TITLES}))|(?<![\u4e00-\u9fff])(?P<says>[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})(?=说|表示|称|指出|认为|介绍)"
)
_QUOTE = re.compile(r"“([^“”\n]{12,400})”|\"([^\"\n]{12,400})\"|「([^「」\n]{5,200})」|《([^《》\n]{2,80})》")


@cache
def _ordinary() -> frozenset[str]:
    return frozenset(line for line in resources.text("words/ordinary_en.txt").split("\n") if not line.startswith("#"))


def _plain(word: str) -> str:
    """Case, accents, possessive and plural endings taken off."""
    word = word.replace("’", "'").casefold()
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    word = re.sub(r"'s?$", "", word)
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


def _quoted(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


class SourceNames:
    """The words of one source, and where its capitalised words stand."""

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
                continue
            if not self._knows(match[0]):
                if not self._is_ordinary(match, text, heading):
                    yield match.start(), match.end()
                previous = None
                continue
            if previous and text[previous.end() : match.start()] in (" ", "-", ". ") and not self._together(previous[0], match[0]):
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

    def _knows(self, word: str) -> bool:
        return _plain(word) in self._places

    def _is_ordinary(self, match: re.Match[str], text: str, heading: bool) -> bool:
        word = match[0].casefold().replace("’", "'")
        if word in _ALWAYS_CAPITAL:
            return True
        if not (heading or _STARTS.search(text, max(0, match.start() - 12), match.start())):
            return False
        if match[0].isupper() and len(word) > 1:
            return False
        following = text[match.end() : match.end() + 2]
        alone = not (following[:1] == " " and following[1:].isupper())
        return word.split("'")[0] in _ordinary() or _plain(word) in _ordinary() or (alone and len(word) > 6 and word.endswith(_PLURAL_LIKE))

    def _together(self, first: str, second: str) -> bool:
        """Both stand near each other in the source, or one of them is an ordinary word there."""
        one, two = _plain(first), _plain(second)
        if one in self._lower or two in self._lower or one == two:
            return True
        seconds = self._places[two]
        return any(-1 <= there - here <= _NEAR and there != here for here in self._places[one] for there in _around(seconds, here))

    def _unsupported_chinese(self, text: str) -> Iterator[tuple[int, int]]:
        for match in _CHINESE_NAME.finditer(text):
            name = match["titled"] or match["says"]
            if name not in self._source:
                yield match.start(), match.start() + len(name)


def _around(places: list[int], here: int) -> Iterator[int]:
    first = bisect_left(places, here - 1)
    yield from places[first : first + 2 + _NEAR]


def _is_capitalised(word: str) -> bool:
    return bool(_LATIN.match(word)) and word[0].isupper() or (any(c.isdigit() for c in word) and any(c.isupper() for c in word))


def _is_heading(text: str) -> bool:
    """Title case: most longer words begin with a capital, on one line without a full stop."""
    words = [match[0] for match in _WORD.finditer(text) if len(match[0]) > 3]
    return len(words) > 2 and sum(word[0].isupper() for word in words) >= 0.7 * len(words)
