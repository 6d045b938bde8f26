"""Shorter wordings of one sentence by leaving out what its meaning does not rest on: fillers, asides, tails."""

from __future__ import annotations

import re

from quietdesk.tools.text.sentences import list_marker, speaker_label

LONG_WORDS = 28
"""Sentences up to this many words keep their relative clauses; plain English style guides advise 15 to 25."""

LONG_CHINESE = 70
"""Characters up to which a Chinese sentence stays whole."""

_FILLERS = re.compile(
    r"(?<![\w'’-])(?:u+h+m*|u+m+|e+rm?|hm+|mm+(?:-?hm+)?|ah+|oh)(?![\w'’-])[,.…]?\s*|\b(?:you know|I mean),\s*"
    r"|,\s*(?:you know|I mean)(?=[,.?!])|,\s*like(?=,)",
    re.IGNORECASE,
)
_FILLER_START = re.compile(
    r"^(?:(?:yeah|yes|yep|okay|ok|right|alright|all right|well|so|sure|now|anyway|cool|great|exactly|actually"
    r"|basically)[,.!]\s+"
    r"|(?:yeah|okay|ok|um|uh)\s+)+",
    re.IGNORECASE,
)
_STUTTER = re.compile(r"(?<![\w'’])([a-zA-Z]{1,3})(?:\s*-+)?\s+(?=\1\w)", re.IGNORECASE)
_REPEATED = re.compile(r"\b((?!(?:that|had)\b)[^\W\d_]+(?:\s+[^\W\d_]+){0,2})(?:,?\s+\1\b)+", re.IGNORECASE)
_CHINESE_FILLERS = re.compile(
    r"(?:^|(?<=[，。！？；：、]))"
    r"(?:嗯+|呃+|啊+|哦+|诶+|唉|哎|对+|好的?|是的|没错|那么|那|然后|就是说?|所以说|其实|反正|这个|那个)+"
    r"(?:[，、。]|(?=我|你|他|她|它|这|在|大))"
    r"|(?:嗯+|呃+)[，、]?"
)
_CHINESE_REPEATED = re.compile(r"([\u4e00-\u9fff]{2,4}|[是的我你他它这那就在有也会要能])(?:[，、]?\1)+")
_CONNECTIVE = re.compile(
    r"^(?:but|and|so|however|meanwhile|moreover|furthermore|in addition|additionally|also|then|instead|therefore|"
    r"thus|consequently|as a result|nevertheless|nonetheless|still|besides|in fact|indeed|of course|finally)"
    r"(?:,\s+|\s+(?=\w))",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"^(?:[A-Z][A-Z .'’]{2,30}(?:,\s[A-Z][\w. ]{1,25})?(?:\s\([A-Za-z ]{2,12}\))?|\([A-Z]{2,8}\))\s(?:--|[-–—])\s"
    r"|^(?:[A-Z][\w.'’ ]{2,30}(?:,\s[A-Z][\w. ]{1,25})?\s)?\((?:[A-Z]{2,8}|Reuters)\)\s?(?:(?:--|[-–—])\s)?(?=[A-Z\"“])"
)
_BARE_CONNECTIVES = frozenset(("but", "and", "so", "but,", "and,", "so,"))
_CHINESE_CONNECTIVE = re.compile(r"^(?:但是|但|不过|然而|此外|另外|同时|而且|并且|所以|因此|其中|然后|而)，")
_BRACKETS = re.compile(r"(?<=\S)(?:\s[(\[]|\s?[（]|(?<=[\u4e00-\u9fff])\()[^()（）\[\]]*[^\W\d_][^()（）\[\]]*[)）\]]")
_DASHES = re.compile(r"\s+[-–—]{1,2}\s+[^-–—.!?]{3,160}\s+[-–—]{1,2}\s+|—[^—.!?]{3,160}—")
_RELATIVE_ASIDE = re.compile(r",\s(?:who|which|whose)\s[^,.;:!?]{4,160},(?=\s)")
_TAIL = re.compile(
    r"(?:,\s|\s[-–—]\s)(?:who|which|whose|where|when|with|while|as|after|\w+ing)\s[^.;:!?]{8,}$", re.IGNORECASE
)
_KEPT_IN_TAIL = re.compile(
    r"\b(?:not|no|never|but|although|though|however|unless|until|if|except|without|said|says|saying|told|claim\w*|warn\w*|"
    r"according|argu\w*|report\w*|only|while|despite)\b|n['’]t\b",
    re.IGNORECASE,
)
_QUOTE_EDGE = re.compile(r"(?<!\w)['‘]|['’](?!\w)")
_FEWEST_WORDS = 10  # of a sentence whose tail goes
_OPEN_CHINESE = re.compile("但|不过|然而|却|虽然|尽管|如果|因为")  # what comes first waits for what comes last
_CONTRAST = re.compile(r"(?:但|而|不过|却|则|否则|如果|除非|然而|只是|只有|才|就|都|也|还|并|从而|因此|所以|以)")


def without_fillers(text: str) -> str:
    """Spoken language without hesitations, false starts and words said twice."""
    text = _FILLERS.sub("", text)
    text = _STUTTER.sub("", text)
    text = _REPEATED.sub(r"\1", text)
    text = _CHINESE_REPEATED.sub(r"\1", _CHINESE_FILLERS.sub("", text))
    text = _FILLER_START.sub("", text.strip())
    return _tidy(text)


def shortened(sentence: str, *, spoken: bool = False) -> str:
    """``sentence`` with less in it and the same meaning; ends with the mark it ended with; empty if nothing is left.

    spoken: leave out the speaker's name and hesitations as well.
    """
    body = " ".join(sentence[speaker_label(sentence[:60]) if spoken else 0 :].split())
    whole = body = body[list_marker(body) :]
    if spoken:
        body = without_fillers(body)
    for step in (_without_connective, _without_brackets, _without_asides, _without_clauses, _short_chinese):
        body = step(body)
    if body != whole:
        body = _tidy(body)
    return body if any(char.isalnum() for char in body) else ""


def _without_connective(body: str) -> str:
    body = _DATELINE.sub("", body)
    match = _CONNECTIVE.match(body)
    if match and (match[0].rstrip().endswith(",") or match[0].strip().casefold() in _BARE_CONNECTIVES):
        body = body[match.end() :]
    return _CHINESE_CONNECTIVE.sub("", body)


def _without_brackets(body: str) -> str:
    shorter = _BRACKETS.sub(lambda match: " " if body[match.end() : match.end() + 1].isalnum() else "", body)
    return shorter if len(shorter) > len(body) // 3 else body


def _without_asides(body: str) -> str:
    """Asides between dashes go when they hold no report, denial or condition."""
    return _DASHES.sub(lambda match: match[0] if _KEPT_IN_TAIL.search(match[0]) else " ", body)


def _without_clauses(body: str) -> str:
    """Relative clauses and loose tails of a long sentence, the last first, until it is short enough."""
    while len(body.split()) > LONG_WORDS:
        end = re.search(r"[.!?…]*[\"'”’)]*$", body)
        stop = end.start() if end else len(body)
        cut = _last_clause(body[:stop])
        if cut is None:
            break
        body = cut + body[stop:]
    return body


def _last_clause(body: str) -> str | None:
    """``body`` without its last clause that may go; None when there is none."""
    for match in reversed(list(re.finditer(r",\s|\s[-–—]\s", body))):
        tail = _TAIL.match(body, match.start())
        kept = body[: match.start()]
        if tail and len(kept.split()) >= _FEWEST_WORDS and _may_go(tail[0]):
            return kept
    aside = _RELATIVE_ASIDE.search(body)
    if aside and _may_go(aside[0]):
        return body[: aside.start()] + body[aside.end() :]
    return None


def _may_go(part: str) -> bool:
    """Does it hold no report, denial or condition, and no half of a quotation?"""
    whole = part.count('"') % 2 == 0 and part.count("“") == part.count("”")
    return whole and not _QUOTE_EDGE.search(part) and not _KEPT_IN_TAIL.search(part)


def _short_chinese(body: str) -> str:
    """The first clauses of a very long Chinese sentence, when the rest adds no contrast or condition."""
    if len(body) <= LONG_CHINESE or not re.search(r"[\u4e00-\u9fff]{8}", body):
        return body
    for match in reversed(list(re.finditer("[，；]", body[:LONG_CHINESE]))):
        if (
            match.start() >= LONG_CHINESE // 2
            and not _CONTRAST.match(body, match.end())
            and not _OPEN_CHINESE.search(body)
        ):
            return body[: match.start()] + "。"
    return body


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(text.split()))
    text = re.sub(r"^[,;:.，、。；\s-]+", "", text)
    text = re.sub(r"([,;])(?:\s*[,;])+", r"\1", text)
    return text[:1].upper() + text[1:]
