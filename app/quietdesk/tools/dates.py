"""Months, days of the month and weekdays in running text (English and Chinese, numeric dates of both orders)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)} | {
    name[:3]: number for number, name in enumerate(_MONTHS, 1)
} | {"sept": 9}  # fmt: skip
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_SHORT_WEEKDAYS = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6}
_CHINESE_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}

_MONTH = "|".join(sorted((name.capitalize() for name in _MONTH_NUMBERS), key=len, reverse=True))
_UPPER_MONTH = _MONTH.upper()
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DAYS = rf"{_DAY}(?:\s?(?:,|-|–|and|to|or|&|/)\s?{_DAY})*"
_NAMED = re.compile(
    rf"\b(?:(?P<before>{_DAYS})\s(?:of\s)?)?(?P<month>{_MONTH}|{_UPPER_MONTH})\b\.?"
    rf"(?:\s(?P<after>{_DAYS})(?![\d:]|[.,]\d))?"
)
_CHINESE = re.compile(r"(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])月(?:份|(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})[日号號])?")
_NUMERIC = re.compile(r"(?<![\d.,/-])(?P<a>\d{1,4})(?P<s>[-/.])(?P<b>\d{1,2})(?:(?P=s)(?P<c>\d{1,4}))?(?![\d/-])")
_WEEKDAY = re.compile(
    rf"\b(?:(?P<long>{'|'.join(_WEEKDAYS)})s?|(?P<short>{'|'.join(w.capitalize() for w in _SHORT_WEEKDAYS)}))\b(?!['’]\w\w)"
    r"|(?:周|星期|礼拜|週)(?P<chinese>[一二三四五六日天])",
    re.IGNORECASE,
)
# "May" and "March", "Mar", "Dec" … also begin sentences or are names: alone they count only after such a word.
_BEFORE_MONTH = re.compile(r"\b(?:in|of|by|until|till|since|from|to|through|this|next|last|late|early|mid|during|for|before|after|between|and)[ -]$", re.I)
_CHINESE_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}


def _day_of(text: str) -> int:
    if text[0].isdigit():
        return int(re.match(r"\d+", text)[0])  # type: ignore[index]
    tens, ten, ones = text.partition("十")
    if not ten:
        return _CHINESE_DIGITS[text[0]]
    return _CHINESE_DIGITS.get(tens, 1) * 10 + (_CHINESE_DIGITS[ones[0]] if ones else 0)


def _named(text: str) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    """(start, end, month, days) of dates with a month in words."""
    for match in _NAMED.finditer(text):
        days = tuple(int(day) for part in (match["before"], match["after"]) if part for day in re.findall(r"\d+", part))
        days = tuple(day for day in days if 1 <= day <= 31)
        yield match.start(), match.end(), _MONTH_NUMBERS[match["month"].casefold()], days
    for match in _CHINESE.finditer(text):
        month = _day_of(match["month"])
        if 1 <= month <= 12:
            yield match.start(), match.end(), month, (_day_of(match["day"]),) if match["day"] else ()


def _numeric(text: str) -> Iterator[tuple[int, int]]:
    """Every (month, day) that a numeric date may mean."""
    for match in _NUMERIC.finditer(text):
        a, b, c = int(match["a"]), int(match["b"]), int(match["c"] or 0)
        pairs = ((b, c), (a, b)) if len(match["a"]) == 4 else ((a, b), (b, a))
        yield from ((month, day) for month, day in pairs if 1 <= month <= 12 and 1 <= day <= 31)


def _weekdays(text: str) -> Iterator[tuple[int, int, int]]:
    for match in _WEEKDAY.finditer(text):
        if match["chinese"]:
            yield match.start(), match.end(), _CHINESE_WEEKDAYS[match["chinese"]]
        elif match["long"]:
            yield match.start(), match.end(), _WEEKDAYS.index(match["long"].casefold())
        elif match[0][0].isupper():
            yield match.start(), match.end(), _SHORT_WEEKDAYS[match["short"].casefold()]


def is_name(word: str) -> bool:
    """Is ``word`` the name of a month or weekday, long or short?"""
    word = word.casefold()
    return word in _MONTH_NUMBERS or word in _SHORT_WEEKDAYS or word.removesuffix("s") in _WEEKDAYS


class SourceDates:
    """The months, (month, day) pairs and weekdays of one source."""

    def __init__(self, source: str) -> None:
        self._pairs = set(_numeric(source))
        self._months = {month for month, _ in self._pairs}
        for _, _, month, days in _named(source):
            self._months.add(month)
            self._pairs.update((month, day) for day in days)
        self._weekdays = {day for _, _, day in _weekdays(source)}

    def unsupported(self, text: str) -> Iterator[tuple[int, int]]:
        """The characters of dates of ``text`` that the source lacks."""
        for start, end, month, days in _named(text):
            if not days and _may_be_a_word(text, start, end):
                continue
            if month not in self._months or any((month, day) not in self._pairs for day in days):
                yield start, end
        yield from ((start, end) for start, end, day in _weekdays(text) if day not in self._weekdays)


def _may_be_a_word(text: str, start: int, end: int) -> bool:
    """``May``, ``March`` and short names of months are words or names too, unless a preposition says otherwise."""
    word = text[start:end].rstrip(".").casefold()
    return (word in ("may", "march") or len(word) < 5) and word[0].isascii() and not _BEFORE_MONTH.search(text, 0, start)
