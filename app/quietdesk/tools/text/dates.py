"""Months, days of the month and weekdays in running text (English and Chinese; numeric dates of both orders)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from quietdesk.tools.text.word_sets import word_list

_MONTHS = word_list("january february march april may june july august september october november december")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}
_MONTH_NUMBERS |= {name[:3]: number for number, name in enumerate(_MONTHS, 1)} | {"sept": 9}
_WEEKDAYS = word_list("monday tuesday wednesday thursday friday saturday sunday")
_SHORT_WEEKDAYS = {
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6,
}  # fmt: skip
_CHINESE_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_CHINESE_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}

_MONTH = "|".join(sorted((name.capitalize() for name in _MONTH_NUMBERS), key=len, reverse=True))
_DAY = rf"(?:(?:{'|'.join(name.capitalize() for name in _WEEKDAYS)})\s)?\d{{1,2}}(?:st|nd|rd|th)?"
_DAYS = rf"{_DAY}(?:\s?(?:,|-|–|and|to|or|&|/)\s?{_DAY})*"
_NAMED = (
    r"(?:\b(?P<before>{days})\s(?:of\s)?)?\b(?P<month>{month})\b(?:\.(?=\s\d))?"
    r"(?:\s(?P<after>{days})(?![\d:]|[.,]\d))?"
)
_NAMED_DATE = re.compile(_NAMED.format(days=_DAYS, month=f"{_MONTH}|{_MONTH.upper()}"))
# Chats write "31 may"; a month in small letters counts only beside a number.
_SMALL_DATE = re.compile(rf"\b(?P<before>{_DAYS})\s(?P<month>{_MONTH.lower()})\b")
_CHINESE_DATE = re.compile(
    r"(?P<month>\d{1,2}|十[一二]?|[一二三四五六七八九])月"
    r"(?:份|(?P<day>\d{1,2}|[一二三四五六七八九十]{1,3})[日号號])?"
)
_NUMERIC_DATE = re.compile(r"(?<![\d.,/-])(?P<a>\d{1,4})(?P<s>[-/.])(?P<b>\d{1,2})(?:(?P=s)(?P<c>\d{1,4}))?(?![\d/-])")
_WEEKDAY = re.compile(
    rf"\b(?:(?P<long>{'|'.join(_WEEKDAYS)})s?|(?P<short>{'|'.join(_SHORT_WEEKDAYS)}))\b(?!['’]\w\w)"
    r"|(?:(?<!每)周|星期|礼拜|週)(?P<chinese>[一二三四五六日天])",
    re.IGNORECASE,
)
# "May" and "March", "Mar", "Dec" begin sentences or are names as well: alone they count only after such a word.
_BEFORE_MONTH = re.compile(
    r"\b(?:in|of|by|until|till|since|from|to|through|this|next|last|late|early|mid|during|for|before|after|between|and)"
    r"[ -]$",
    re.IGNORECASE,
)


class SourceDates:
    """The months, (month, day) pairs and weekdays of one source."""

    def __init__(self, source: str) -> None:
        self._pairs = set(_numeric(source))
        self._months = {month for month, _ in self._pairs}
        for _, _, month, days in (*_named(source), *_in_small_letters(source)):
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


def is_name(word: str) -> bool:
    """Is ``word`` the name of a month or weekday, long or short?"""
    word = word.casefold()
    return word in _MONTH_NUMBERS or word in _SHORT_WEEKDAYS or word.removesuffix("s") in _WEEKDAYS


def _named(text: str) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    """(start, end, month, days) of dates with a month in words."""
    for match in _NAMED_DATE.finditer(text):
        days = _days(match["before"]) + _days(match["after"])
        yield match.start(), match.end(), _MONTH_NUMBERS[match["month"].casefold()], days
    for match in _CHINESE_DATE.finditer(text):
        month = _day_of(match["month"])
        if 1 <= month <= 12:
            yield match.start(), match.end(), month, (_day_of(match["day"]),) if match["day"] else ()


def _in_small_letters(text: str) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
    for match in _SMALL_DATE.finditer(text):
        yield match.start(), match.end(), _MONTH_NUMBERS[match["month"]], _days(match["before"])


def _days(text: str | None) -> tuple[int, ...]:
    days = (int(day) for day in re.findall(r"\d+", text or ""))
    return tuple(day for day in days if 1 <= day <= 31)


def _day_of(text: str) -> int:
    if text[0].isdigit():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _CHINESE_DIGITS[text[0]]
    return _CHINESE_DIGITS.get(tens[:1], 1) * 10 + (_CHINESE_DIGITS.get(ones[0], 0) if ones else 0)


def _numeric(text: str) -> Iterator[tuple[int, int]]:
    """Every (month, day) that a numeric date may mean."""
    for match in _NUMERIC_DATE.finditer(text):
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


def _may_be_a_word(text: str, start: int, end: int) -> bool:
    """``May``, ``March`` and short names of months are words or names too, unless a preposition says otherwise."""
    word = text[start:end].rstrip(".").casefold()
    doubtful = word in ("may", "march") or len(word) < 5
    return doubtful and word[0].isascii() and not _BEFORE_MONTH.search(text, 0, start)
