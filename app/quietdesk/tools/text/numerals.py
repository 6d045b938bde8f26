"""Numbers in running text: digits, small number words, Chinese numerals, with their scale, currency or per cent."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from quietdesk.tools.text.word_sets import word_list

PERCENT = "%"

# Number as written: thousands groups (comma, dot, apostrophe, no-break or thin space), then decimals; or digits
# joined by one separator (6.30, 10:30, 14.3.2024); or bare digits.
_DIGITS = re.compile(
    r"\d{1,3}(?:([,.'’٬\u00a0\u202f\u2009])\d{3})(?:\1\d{3})*(?:[.,]\d+)?(?!\d)|\d+(?:[.,:：．]\d+)*|[½¼¾⅓⅔⅛]"
)
_GROUPED = re.compile(r"\d{1,3}(?:([,.'’٬\u00a0\u202f\u2009])\d{3})+(?!\d)")
_RUN = re.compile(r"\d+(?:[.,:]\d+)*")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")

_SMALL = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = word_list("twenty thirty forty fifty sixty seventy eighty ninety")
_WORD_VALUES = {word: value for value, word in enumerate(_SMALL)} | {
    word: 20 + 10 * place for place, word in enumerate(_TENS)
}
_WORDS = re.compile(
    rf"\b(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_SMALL[1:10])}))?|{'|'.join(reversed(_SMALL))})\b",
    re.IGNORECASE,
)

_CHINESE_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
_CHINESE_DIGITS |= {"〇": 0, "两": 2, "兩": 2}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_CHINESE = re.compile(
    "[零〇一二三四五六七八九两兩十百千万萬亿億]{2,}"
    "|[二两兩三四五六七八九十](?=[个個名年月日天次人家种项位元岁周点倍成辆台条期届])"
)

_SCALES = {
    "hundred": 2, "thousand": 3, "k": 3, "tsd": 3, "mille": 3, "mil": 3,
    "million": 6, "millions": 6, "mn": 6, "m": 6, "mio": 6, "millionen": 6, "millón": 6, "millones": 6,
    "billion": 9, "billions": 9, "bn": 9, "b": 9, "mrd": 9, "milliarden": 9, "milliard": 9, "milliards": 9,
    "trillion": 12, "tn": 12,
    "十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "億": 8, "十亿": 9,
    "百亿": 10, "千亿": 11, "万亿": 12,
}  # fmt: skip
_SYMBOLS = {"£": "gbp", "$": "usd", "€": "eur", "¥": "cny", "￥": "cny", "₹": "inr", "₩": "krw", "＄": "usd"}
_CURRENCY_WORDS = {
    "gbp": "gbp", "pound": "gbp", "pounds": "gbp", "usd": "usd", "dollar": "usd", "dollars": "usd", "美元": "usd",
    "eur": "eur", "euro": "eur", "euros": "eur", "欧元": "eur", "英镑": "gbp",
    "cny": "cny", "rmb": "cny", "yuan": "cny", "元": "cny", "块": "cny", "人民币": "cny",
    "yen": "cny", "jpy": "cny", "円": "cny", "日元": "cny", "rupees": "inr",
    "chf": "chf", "francs": "chf", "港元": "hkd", "pence": "gbp", "cents": "usd",
}  # fmt: skip
_PERCENT_WORDS = ("per cent", "percent", "percentage points", "prozent", "pour cent", "por ciento", "pct")

_LETTER_SCALES = frozenset(("k", "m", "b"))  # million or metres: both readings stand


def _alternatives(words: Iterable[str], *, latin: bool) -> str:
    """A pattern for any of the words of that script, the longest first."""
    fitting = (word for word in words if (word[0] < "\u3040") == latin)
    return "|".join(sorted(fitting, key=len, reverse=True))


_LONG_SCALES = [word for word in _SCALES if word not in _LETTER_SCALES]
_AFTER = re.compile(
    rf"(?P<scale>[kmb]\b|[ \u00a0\n-]?(?:{_alternatives(_LONG_SCALES, latin=True)})\b"
    rf"|[ \u00a0]?(?:{_alternatives(_LONG_SCALES, latin=False)}))?"
    rf"(?P<unit>[ \u00a0\n-]?(?:[%％£€$]|(?:{'|'.join(_PERCENT_WORDS)})\b|"
    rf"(?:{_alternatives(_CURRENCY_WORDS, latin=True)})\b|(?:{_alternatives(_CURRENCY_WORDS, latin=False)})))?",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?P<symbol>[£$€¥￥₹₩＄])[ \u00a0]?$|\b(?P<code>GBP|USD|EUR|CNY|RMB|JPY|CHF)[ \u00a0]?$|(?P<percent>百分之)$"
)
_LOOSE = re.compile(
    rf"[£$€¥￥₹₩%％]|{_alternatives(_CURRENCY_WORDS, latin=False)}"
    rf"|\b(?:{_alternatives(_CURRENCY_WORDS, latin=True)})\b",
    re.IGNORECASE,
)
_NUMBER_BEFORE = re.compile(r"(?:\d|thousand|million|billion|bn|[万亿千百十])[ \u00a0\n-]?$", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:-|–|—|to|and|or|bis|à|~|～|至|到|和)\s?[£$€¥￥]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a text.

    start, end: its characters, with scale and unit words (``£8.6 million``).
    written: the digits alone, as they stand; empty for numbers in words.
    values: every value it may be read as (``1.050`` is 1050 and 1.05; ``6.30`` is 6.3 and a clock time).
    unit: ``%``, a currency (``gbp``), or empty.
    """

    start: int
    end: int
    written: str
    values: frozenset[str]
    scale: int
    unit: str
    word: bool


def _normal(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _readings(written: str) -> tuple[frozenset[str], list[Decimal]]:
    """Readings that no scale applies to (clock times, codes), and plain values."""
    text = unicodedata.normalize("NFKC", written).replace("⁄", "/")
    if "/" in text:
        top, bottom = text.split("/")
        return frozenset(), [Decimal(top) / Decimal(bottom)]
    if text.isdigit():
        code = text.startswith("0") and len(text) > 2
        return (frozenset([text]), []) if code else (frozenset(), [Decimal(int(text))])
    special = {"/".join(str(int(part)) for part in re.split(r"\D", text))}
    if clock := _CLOCK.fullmatch(text):
        special.add(f"{int(clock[1])}:{clock[2]}")
    values = []
    if _GROUPED.match(text):
        head, _, tail = text.rpartition(re.findall(r"\D", text)[-1])
        separators = set(re.findall(r"\D", text))
        values.append(_decimal(re.sub(r"\D", "", head) + "." + tail) if len(separators) > 1 else None)
        values.append(_decimal(re.sub(r"\D", "", text)) if len(separators) == 1 else None)
    if len(re.findall(r"\D", text)) == 1 and ":" not in text:
        values.append(_decimal(re.sub(r"\D", ".", text)))
    return frozenset(special), [value for value in values if value is not None]


def _unit_of(text: str) -> str:
    word = text.strip(" \u00a0\n-").casefold()
    if not word:
        return ""
    if word in ("%", "％") or word in _PERCENT_WORDS:
        return PERCENT
    return _SYMBOLS.get(word) or _CURRENCY_WORDS[word]


def _complete(text: str, match: re.Match[str], special: frozenset[str], values: list[Decimal], *, word: bool) -> Number:
    """Add the scale and unit that stand around a number."""
    start, end = match.span()
    after = _AFTER.match(text, end)
    scale_word = (after["scale"] or "").strip(" \u00a0\n-").casefold() if after else ""
    unit_text = (after["unit"] or "") if after else ""
    unit = _unit_of(unit_text)
    before = _BEFORE.search(text, max(0, start - 5), start)
    if before:
        code = before["symbol"] or before["code"]
        unit = PERCENT if before["percent"] else (_SYMBOLS.get(code) or code.lower())
        start = before.start()
    scale = _SCALES.get(scale_word, 0)
    keys = {_normal(value.scaleb(scale)) for value in values}
    if not scale:
        keys |= special
    if scale_word in _LETTER_SCALES:
        keys |= {_normal(value) for value in values}
    end = after.end() if after else end
    return Number(start, end, "" if word else match[0], frozenset(keys), scale, unit, word)


def _chinese_value(run: str) -> Decimal:
    """``三百五十`` is 350, ``二〇二四`` is 2024 (digits one after another)."""
    if not any(char in _CHINESE_UNITS for char in run):
        return Decimal("".join(str(_CHINESE_DIGITS[char]) for char in run))
    total = section = digit = 0
    for char in run:
        if char in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[char]
        elif (unit := _CHINESE_UNITS[char]) >= 10**4:
            total = (total + section + digit) * unit if total + section + digit else unit
            section = digit = 0
        else:
            section += (digit or 1) * unit
            digit = 0
    return Decimal(total + section + digit)


def find_numbers(text: str) -> list[Number]:
    """Every number of ``text`` in order: digits, English words up to ninety-nine, Chinese numerals."""
    found = []
    for match in _DIGITS.finditer(text):
        special, values = _readings(match[0])
        found.append(_complete(text, match, special, values, word=False))
    for match in _WORDS.finditer(text):
        value = sum(_WORD_VALUES[part] for part in re.split("[- ]", match[0].casefold()))
        found.append(_complete(text, match, frozenset(), [Decimal(value)], word=True))
    for match in _CHINESE.finditer(text):
        if match.start() and (text[match.start() - 1].isdigit() or text[match.start() - 1] == "几"):
            continue  # the scale of a number in digits, or a vague number
        found.append(_complete(text, match, frozenset(), [_chinese_value(match[0])], word=True))
    return sorted(found, key=lambda number: number.start)


def runs_of_digits(text: str) -> list[str]:
    """Digits with the separators between them, as a model writes numbers token by token (``1,050``, ``10:30``)."""
    return _RUN.findall(text)


def share_ranges(text: str, numbers: list[Number]) -> Iterator[Number]:
    """The first numbers of ranges once more, with the scale and unit of the second (``£5-6 million``)."""
    for first, second in pairwise(numbers):
        gap = text[first.end : second.start]
        if len(gap) > 6 or not _RANGE.fullmatch(gap):
            continue
        if second.scale and not first.scale:
            plain = (value for value in map(_decimal, first.values) if value is not None)
            values = frozenset(_normal(value.scaleb(second.scale)) for value in plain)
            yield replace(first, values=values, scale=second.scale, unit=first.unit or second.unit)
        if second.unit and not first.unit:
            yield replace(first, unit=second.unit)
        if first.unit and not second.unit:
            yield replace(second, unit=first.unit)


def loose_units(text: str) -> frozenset[str]:
    """Currencies and per cent named in ``text`` apart from numbers (column headings)."""
    return frozenset(
        _unit_of(match[0])
        for match in _LOOSE.finditer(text)
        if not _NUMBER_BEFORE.search(text, max(0, match.start() - 10), match.start())
        and not text[match.end() : match.end() + 2].strip()[:1].isdigit()
    )
