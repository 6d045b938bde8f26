"""Small repairs that make a note's words a sentence: capitals, articles, prepositions before days and times."""

from __future__ import annotations

import re
from collections.abc import Callable

from quietdesk.tools.draft.wording import Lexicon

_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_NUMBER_OF_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    rf"(?:{_DAY}(?:,?\s{_NUMBER_OF_DAY}(?:\s{_MONTH})?)?|{_NUMBER_OF_DAY}\s{_MONTH}"
    rf"|{_MONTH}\s\d{{1,2}}(?![\d:])(?:st|nd|rd|th)?)"
)
_NO_RANGE = r"(?!\s?[–-]\s?\w|\s(?:to|and|or|until|till)\s\d)"
_ENDS_HERE = r"(?=$|[\s.,;:!?)])"
# A weekday before another noun describes it ("Thursday seminar"): no preposition then.
_NO_NOUN = (
    r"(?!\s(?!(?:at|and|or|if|from|for|in|by|as|with|instead|noon|morning|afternoon|evening|night|because|but|to|only"
    r"|the|until|please|about|after|before)\b)[a-z]+)"
)
_DATE_PLACE = re.compile(rf"(?P<before>[A-Za-zÀ-ÿ)]+)\s(?P<when>{_DATE})\b{_NO_RANGE}(?!['’]s\b){_ENDS_HERE}{_NO_NOUN}")
_TIME_PLACE = re.compile(
    rf"(?P<before>[A-Za-zÀ-ÿ]+|\b\d{{1,2}}(?:st|nd|rd|th))\s"
    rf"(?P<when>\d{{1,2}}:\d{{2}}(?:\s?[ap]m)?|\d{{1,2}}(?:\.\d{{2}})?\s?[ap]m)\b(?![:.]\d){_ENDS_HERE}{_NO_RANGE}"
)
_DAY_OR_MONTH = re.compile(rf"{_MONTH}|{_DAY}")
_CODE = re.compile(r"\S*[A-Z\d@]")
_SMILE = (":)", ":-)", ";)")


def sentence(text: str, end: str = ".") -> str:
    """``text`` with a capital at its start (but for codes such as ``gw-02``) and one mark at its end."""
    text = text.strip().rstrip(",;:–- ").strip()
    if not text:
        return ""
    match = re.match(r"\W*([^\s]+)", text)
    if match and match[1][0].islower() and not _CODE.match(match[1]):
        at = match.start(1)
        text = text[:at] + text[at].upper() + text[at + 1 :]
    return text if text[-1] in ".!?…。！？" or text.endswith(_SMILE) else text + end


def with_prepositions(text: str, lexicon: Lexicon) -> str:
    """``on`` before days and dates, ``at`` before clock times, where a word stands before them without one."""

    def put(word: str) -> Callable[[re.Match[str]], str]:
        def replaced(match: re.Match[str]) -> str:
            before = match["before"]
            has_one = before.rstrip(")").casefold() in lexicon.no_preposition_after
            if has_one or (word == "on" and _DAY_OR_MONTH.fullmatch(before)):
                return match[0]
            return f"{before} {word} {match['when']}"

        return replaced

    return _TIME_PLACE.sub(put("at"), _DATE_PLACE.sub(put("on"), text))


def with_article(noun: str, lexicon: Lexicon) -> str:
    """``the`` before a noun phrase that begins with a bare common noun."""
    first = re.match(r"[^\s,;:.]+", noun)
    word = first[0] if first else ""
    common = word.islower() and word.isalpha() and word not in lexicon.no_article_before
    gerund = word.endswith("ing") and len(word) > 5 and word not in lexicon.counted_nouns
    return f"the {noun}" if common and not gerund else noun


def is_plural(noun: str) -> bool:
    """Whether a noun phrase takes ``are``: it ends in -s or joins two with ``and``."""
    return re.search(r"(?<!s)s$|\band\b", noun) is not None


def lower_first(text: str) -> str:
    """``text`` without the capital of an ordinary first word."""
    first = text.split(" ", 1)[0]
    ordinary = re.fullmatch(r"[A-Z][a-z]+(?:['’][a-z]+)?", first) and not re.match(r"I['’]", first)
    return text[0].lower() + text[1:] if ordinary else text
