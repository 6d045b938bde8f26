"""Shorthand of notes spelt out: short forms, arrows and signs, capitals of weekdays and months."""

from __future__ import annotations

import re

from quietdesk.tools.draft.wording import Lexicon

_WEEKDAYS = {
    "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "wed": "Wednesday", "weds": "Wednesday", "thu": "Thursday",
    "thur": "Thursday", "thurs": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
_MONTHS = {
    "jan": "January", "feb": "February", "mar": "March", "apr": "April", "jun": "June", "jul": "July", "aug": "August",
    "sep": "September", "sept": "September", "oct": "October", "nov": "November", "dec": "December",
}  # fmt: skip
_CAPITALISED = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|april|june|july|august|september|"
    r"october|november|december)\b"
)
_DATE_BEFORE = (
    r"(?:\d(?:st|nd|rd|th)?|\b(?:in|by|since|from|til|till|until|of|end|mid|early|late|to|before|after|next|last|this"
    r"|every|on)|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\s?(?:,|\+|&|and|or|to)|[–/-])"
)
_MONTH = re.compile(
    rf"(?:(?<=\W)|^)(?P<word>{'|'.join(sorted(_MONTHS, key=len, reverse=True))}|march|"
    rf"may)(?!\w|['’])\.?(?P<after>\s?\d{{1,4}}\b)?",
    re.IGNORECASE,
)
_BEFORE_MONTH = re.compile(rf"{_DATE_BEFORE}\s?$", re.IGNORECASE)
_ONLY_DAYS = frozenset(("tue", "tues", "weds", "thu", "thur", "thurs", "fri"))
_WEEKDAY = re.compile(
    rf"(?<![\w'’])(?P<word>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})(?P<plural>s)?\.?(?!\w|"
    rf"['’])",
    re.IGNORECASE,
)
_BEFORE_DAY = re.compile(r"\b(?:on|by|til|till|until|from|next|every|since|before|after)\s$", re.IGNORECASE)
_AFTER_DAY = re.compile(
    r"\s*(?:$|[,;.:!?)+&/–-]|\d|morning|afternoon|evening|night|noon|only|at\b|if\b|and\b|or\b|the\b|"
    r"pls\b|ok\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?<![\w@/.'’-])(?:w/out\b|w/e\b|w/o?(?=\s|\w)|b/c\b|rec'd\b|[A-Za-z0-9]+(?![\w@'’-]|\.\w|/\w))\.?")
_ADDRESS = re.compile(r"(\S*(?:://|@\w|www\.)\S*)")
_YEAR_BEFORE = re.compile(
    r"(?:\d|/|\b(?:per|a|this|last|next|each|every|half|full|whole|first|one|two|of|the))\s?$", re.IGNORECASE
)

# In this order: an arrow between two times, dates or numbers means "to", anywhere else a colon.
_SIGNS = (
    (
        re.compile(r"(\d|[A-Z][a-z]+(?:day|ry|ch|il|ay|ne|ly|st|er))\s*(?:->|→|=>)\s*(?=[€$£]?\d|[A-Z][a-z]+day\b)"),
        r"\1 to ",
    ),
    (re.compile(r"\s*(?:->|→|=>)\s*"), ": "),
    (re.compile(r"(?<=\w)\+(?=\d)(?<=\d\+)"), " and "),
    (re.compile(r"(?<=[\w)%])\s*[+&]\s+(?=\w)"), " and "),
    (re.compile(r"\s@\s?(?=\d)"), " at "),
    (re.compile(r"(?:^|(?<=\s))[~≈]\s?(?=[€$£]?\d)"), "about "),
    (re.compile(r"(?:^|(?<=\s))>\s?(?=[€$£]?\d)"), "more than "),
    (re.compile(r"(?:^|(?<=\s))<\s?(?=[€$£]?\d)"), "less than "),
    (re.compile(r"\b([Nn])o (?=\d)"), r"\1o. "),
    (re.compile(r"([!?])[!?]+"), r"\1"),
    (re.compile(r"[ \t]+"), " "),
)


def spell_out(note: str, lexicon: Lexicon) -> str:
    """``note`` with its shorthand written as words; numbers, codes and names stay as they are."""
    # Every second part is an address, which stays as it is.
    parts = _ADDRESS.split(note)
    return "".join(part if at % 2 else _spell_out(part, lexicon) for at, part in enumerate(parts)).strip()


def days_and_months(text: str) -> list[str]:
    """The weekdays and months that short words of ``text`` may stand for, whether or not they do."""
    words = (word.casefold() for word in re.findall(r"[A-Za-z]+", text))
    return [long for word in words if (long := _WEEKDAYS.get(word) or _MONTHS.get(word))]


def _spell_out(note: str, lexicon: Lexicon) -> str:
    text = _WEEKDAY.sub(_weekday, note)
    text = _MONTH.sub(_month, text)
    text = _CAPITALISED.sub(lambda match: match[0].capitalize(), text)
    text = _WORD.sub(lambda match: _word(match, lexicon), text)
    for pattern, replacement in _SIGNS:
        text = pattern.sub(replacement, text)
    return re.sub(r"\bi(?=\b(?!\.)|['’])(?!['’]s\b)", "I", text)


def _weekday(match: re.Match[str]) -> str:
    word = match["word"].casefold()
    if word not in _ONLY_DAYS:
        # "sun", "sat", "wed" and "mon" are words too.
        before, after = match.string[: match.start()], match.string[match.end() :]
        if not (_AFTER_DAY.match(after) or _BEFORE_DAY.search(before)) or (
            word != "mon" and re.search(r"\b(?:the|a|in|i|he|she|it|we|they)\s$", before, re.IGNORECASE)
        ):
            return match[0]
    return _WEEKDAYS[word] + (match["plural"] or "")


def _month(match: re.Match[str]) -> str:
    word = match["word"].casefold()
    beside_day = bool(match["after"] and match["after"].strip()) or bool(
        re.search(r"\d(?:st|nd|rd|th)?\s?$", match.string[: match.start()])
    )
    if not beside_day and (
        word in ("may", "mar", "jun", "jul", "sep", "march") and not _BEFORE_MONTH.search(match.string[: match.start()])
    ):
        return match[0]
    if not beside_day and match["word"][0].isupper() and word in _MONTHS:
        return match[0]  # "Jan Horák" is a person
    if word == "may" and not beside_day and match.string[match.end() :].lstrip()[:1].isalpha():
        return match[0]
    return _MONTHS.get(word, word.capitalize()) + (match["after"] or "")


def _word(match: re.Match[str], lexicon: Lexicon) -> str:
    written = match[0]
    word = written.rstrip(".")
    if len(word) > 1 and word.isupper() and match.string.upper() != match.string:
        return written
    low = word.casefold()
    if len(word) == 1 and word.isupper() and low in lexicon.beside_numbers:
        return written  # "P 4471" is a code
    stop = written[len(word) :]
    long = lexicon.abbreviations.get(low)
    if long is None and written.casefold() in lexicon.beside_numbers and _beside_number(match, low):
        long = lexicon.beside_numbers[written.casefold()]
    long = _by_context(match).get(low) or long
    if long is None:
        return written
    if match.end() < len(match.string) and stop:
        # "approx. 20" is shorthand, a stop before a capital letter ends a sentence.
        sentence_ends = low not in lexicon.beside_numbers and re.match(r"\s+[A-Z]", match.string[match.end() :])
        stop = stop if sentence_ends else ""
    glued = match.string[match.end() : match.end() + 1]
    return (
        (long[0].upper() + long[1:] if word[0].isupper() else long)
        + stop
        + (" " if low in ("w/", "w/o") and glued.strip() else "")
    )


def _by_context(match: re.Match[str]) -> dict[str, str | None]:
    """Short forms that stand for one thing here and for another there; None: for none of these."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    last = not after.strip(" .!?)")
    return {
        "btw": "between" if re.match(r"\s*\d", after) else "by the way",
        "yr": "year" if _YEAR_BEFORE.search(before) or re.match(r"\s\d", after) else "your",
        "w": "with" if re.match(r"\s[a-z]", after) and not re.search(r"\d\s?$", before) else None,
        "ch": "channel" if re.search(r"\b(?:radio|VHF|TV)\s$", before, re.IGNORECASE) else None,
        "incl": "included" if last else "including",
        "excl": "excluded" if last else "excluding",
        "w/e": "weekend",
        # "the ref" of a match
        "ref": None if re.search(r"\bthe\s$", before) and not re.match(r"\s*[:#\d]", after) else "reference",
    }


def _beside_number(match: re.Match[str], word: str) -> bool:
    if word in ("hr", "min", "sec"):
        return bool(re.search(r"\d\s?$", match.string[: match.start()]))
    return bool(re.match(r"\s?(?:[€$£₦]|[A-Z]{3}\s?)?\d", match.string[match.end() :]))
