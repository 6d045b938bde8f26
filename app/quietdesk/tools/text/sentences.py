"""Sentences of a text as spans of its characters: Latin scripts, Chinese, Japanese; lists, headings, transcripts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quietdesk.tools.text.word_sets import word_set

LONGEST = 400
"""Characters of the longest span; longer sentences are cut at a semicolon, comma or blank where there is one."""

_SHORTEST_PART = 120  # a cut leaves at least so much before it

# Titles and words that want a name, number or example after them: the full stop never ends a sentence.
_OPEN_ABBREVIATIONS = word_set(
    """mr mrs ms mx dr prof st mt ft gen col lt sgt capt cmdr rev hon gov sen rep pres supt insp vs eg e.g ie i.e
    cf viz no nos nr fig figs eq eqs sec sect ch vol pp p art par para approx ca est tel z.b d.h u.a o.ä bzw
    evtl ggf inkl zzgl hr fr str dipl ing m mme mlle mm env av bd p.ex sr sra srta dra ud uds núm pág sig sigg
    dott jan feb mar apr jun jul aug sept sep oct okt nov dec dez"""
)
# These may end a sentence: they do when a word follows that likes to begin one.
_CLOSED_ABBREVIATIONS = word_set(
    "inc ltd co corp bros jr sr al etc usw dept univ assn a.m p.m am pm u.s u.k u.n e.u d.c b.c a.d ph.d"
)
_OPENERS = word_set(
    """the a an this that these those it he she they we you i there here in on at by for from with after before
    when while if as but and or so however although though because since our his her its their my your what who
    why how where one two some many most all no not both each another other police officials he's it's i'm we're
    they're der die das ein eine er sie es wir ich im am und aber le la les un une il elle ils elles nous je el
    los las se en"""
)
_NUMBERED = frozenset(("no", "nos", "nr", "p", "pp", "art", "fig", "sec", "ch", "vol"))  # a number follows
_ALSO_WORDS = frozenset(("par", "mar", "st", "est"))
_GERMAN_MONTHS = word_set(
    "januar jänner februar märz april mai juni juli august september oktober november dezember"
)

_END = re.compile(r"[。！？；!?…｡]+[\"'”’）)\]」』》】*_]*|(?<!\.)\.(?:\.+)?[\"'”’)\]»*_]*(?=\s|$)")
_BLANK_LINE = re.compile(r"\n[^\S\n]*(?:\n\s*)|(?:\r(?!\n)|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029])+")
_BULLET = r"[-*•●◦▪·‣–—○□■◆►✓☐>#|]+"
_LIST_ITEM = re.compile(
    rf"\s*(?:{_BULLET}\s|(?:\(?(?:\d{{1,3}}|[a-zA-Z]|[ivxIVX]{{1,4}})[.)、．]"
    r"|[（(][一二三四五六七八九十\d]+[)）]|[一二三四五六七八九十]+、)\s*\S)"
)
_MARKER = re.compile(
    rf"\s*(?:{_BULLET}\s+|\(?(?:\d{{1,3}}|[a-zA-Z])[.)]\s+|\d{{1,2}}\.\d{{1,2}}\s+"
    r"|(?:\d{1,3}|[一二三四五六七八九十]+)、\s*)"
)
_TURN = re.compile(
    r"\s*(?:\[?\(?\d{1,2}:\d{2}(?::\d{2})?\)?\]?\s*)?"  # the time of day
    r"(?P<name>#?[^\W\d_][\w.'’ -]{0,40}?#?)"
    r"\s?(?:\([^)\n]{1,30}\)|[（][^）\n]{1,20}[）])?\s?[:：](?=\s|[^\x00-\x7f]|$)"
)
_ENUMERATOR = re.compile(r"\s*\((?:\d{1,2}|[a-z]|[ivx]{1,4})\)\s")
_WORD_BEFORE = re.compile(r"[^\s(\[\"“‘«]+$")
_NEXT_WORD = re.compile(r"[^\W\d_][\w'’]*")
_CUT = (re.compile(r"[;；。：]\s?|\s[–—]\s"), re.compile(r"[,，、]\s|[，、]"), re.compile(r"\s"))


@dataclass(frozen=True, slots=True)
class Span:
    """The characters ``start`` to ``end`` (exclusive) of a text."""

    start: int
    end: int


def split(text: str) -> list[Span]:
    """The sentences of ``text`` in order; every non-blank character is in exactly one span, none is longer than
    :data:`LONGEST`. 40,000 characters take a few hundredths of a second."""
    spans: list[Span] = []
    for start, end in _blocks(text):
        for a, b in _sentences(text, start, end):
            spans.extend(_shortened(text, a, b))
    return spans


def speaker_label(sentence: str) -> int:
    """Length of a speaker's name with its colon at the start of ``sentence`` (``Anna: ``), 0 if there is none."""
    match = _TURN.match(sentence)
    if not match or len(match["name"].split()) > 4:
        return 0
    end = match.end()
    return end + len(sentence[end:]) - len(sentence[end:].lstrip())


def list_marker(sentence: str) -> int:
    """Length of a bullet or number at the start of ``sentence``, 0 if there is none."""
    match = _MARKER.match(sentence)
    return match.end() if match else 0


def _blocks(text: str) -> list[tuple[int, int]]:
    """Runs of lines that belong together: paragraphs, headings, list items, turns of a transcript."""
    blocks = []
    start = 0
    for match in _BLANK_LINE.finditer(text):
        blocks.extend(_lines(text, start, match.start()))
        start = match.end()
    blocks.extend(_lines(text, start, len(text)))
    return blocks


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a paragraph at those line ends that are more than the wrapping of long lines."""
    if text.find("\n", start, end) < 0:
        return [(start, end)] if start < end else []
    lines = []
    at = start
    for line in text[start:end].split("\n"):
        lines.append((at, at + len(line)))
        at += len(line) + 1
    width = max(b - a for a, b in lines)
    blocks = [lines[0]]
    for a, b in lines[1:]:
        if _is_wrapped(text, blocks[-1], (a, b), width):
            blocks[-1] = (blocks[-1][0], b)
        else:
            blocks.append((a, b))
    return blocks


def _is_wrapped(text: str, before: tuple[int, int], line: tuple[int, int], width: int) -> bool:
    """Does ``line`` go on with the sentence of the line before it?"""
    head = text[line[0] : line[1]]
    if not head.strip() or _LIST_ITEM.match(head) or speaker_label(head[:80]):
        return False
    last_line = text[max(before[0], text.rfind("\n", before[0], before[1]) + 1) : before[1]].rstrip()
    if not last_line or last_line[-1] in ".!?。！？;；:：…":
        return False
    first = head.lstrip()[0]
    if first.islower():
        return True
    cjk = "\u3040" <= first <= "\u9fff"
    return len(last_line) >= (15 if cjk else 40) and len(last_line) >= 0.75 * width


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    at = start
    for match in _END.finditer(text, start, end):
        if match.end() < end and _ends_sentence(text, at, match, end):
            found.append((at, match.end()))
            at = match.end()
    found.append((at, end))
    return found


def _ends_sentence(text: str, start: int, match: re.Match[str], end: int) -> bool:
    mark = match[0][0]
    if mark in "。！？；｡":
        return True
    if mark in "!?" and text[match.end()].isalnum() and match[0][-1] == mark and text[match.end()].isascii():
        return False  # inside an address: ?page=2
    following = _following(text, match.end(), end)
    goes_on = following.islower() and not _ENUMERATOR.match(text, match.end())
    if goes_on or (mark == "…" and not following):
        return False
    if mark != "." or match[0].startswith(".."):
        return True
    return not _is_abbreviation(text, start, match.start(), match.end(), end)


def _following(text: str, at: int, end: int) -> str:
    """The first letter or digit after ``at``, nothing when there is none within a few characters."""
    for char in text[at : min(end, at + 12)]:
        if char.isalnum():
            return char
    return ""


def _is_abbreviation(text: str, start: int, stop: int, after: int, end: int) -> bool:
    """Is the full stop at ``stop`` part of an abbreviation, an initial, an ordinal or the number of a list item?"""
    before = _WORD_BEFORE.search(text, max(start, stop - 20), stop)
    if not before:
        return False
    word = before[0].casefold().lstrip("'")
    found = _NEXT_WORD.search(text, after, min(end, after + 30))
    next_word = found[0].casefold() if found else ""
    if word.isdigit():
        at_start = not text[start : before.start()].strip()
        return len(word) <= 3 and (at_start or next_word in _GERMAN_MONTHS)
    number_follows = text[after : after + 4].lstrip()[:1].isdigit()
    return _wants_more(word, before[0].islower(), opener=next_word in _OPENERS, number_follows=number_follows)


def _wants_more(word: str, small: bool, *, opener: bool, number_follows: bool) -> bool:
    """Does ``word`` with a full stop go on? ``opener``: the next word likes to begin a sentence."""
    if len(word) == 1 and word.isalpha():
        return small or not opener
    if word in _NUMBERED:
        return number_follows or (word != "no" and not opener)
    if word in _OPEN_ABBREVIATIONS:
        return not (opener and small and word in _ALSO_WORDS)
    dotted = len(word) > 2 and word[1::2] == "." * (len(word) // 2) and word[-1].isalpha()
    return (dotted or word in _CLOSED_ABBREVIATIONS) and not opener


def _shortened(text: str, start: int, end: int) -> list[Span]:
    """The span without blanks around it, cut until no part is longer than :data:`LONGEST`."""
    spans = []
    while True:
        body = text[start:end]
        start += len(body) - len(body.lstrip())
        end = start + len(body.strip())
        if end - start <= LONGEST:
            break
        cut = _cut_place(text, start)
        spans.append(Span(start, start + len(text[start:cut].rstrip())))
        start = cut
    if start < end:
        spans.append(Span(start, end))
    return spans


def _cut_place(text: str, start: int) -> int:
    for pattern in _CUT:
        places = [m.end() for m in pattern.finditer(text, start + _SHORTEST_PART, start + LONGEST)]
        if places:
            return places[-1]
    return start + LONGEST
