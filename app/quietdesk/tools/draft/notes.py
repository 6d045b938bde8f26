"""Notes for a letter: one per line, what each of them requires, and whether a text says it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from quietdesk.errors import ErrorCode, UserError
from quietdesk.tools.draft.shorthand import spell_out
from quietdesk.tools.draft.wording import Lexicon, english, is_chinese
from quietdesk.tools.text import sentences
from quietdesk.tools.text.facts import SourceFacts

MOST_CHARACTERS = 30_000
"""Longer notes (about 5,000 words) are refused: that is a document, not notes."""

_LONGEST_NOTE = 280  # characters; a longer line is prose and is taken sentence by sentence
_BULLET = re.compile(r"^\s*(?:(?:[-*•●◦▪·‣–—]|\(?\d{1,2}[.)](?!\d)|[（(]?\d{1,2}[)）、．]|\[[ xX]?\])\s*)+(?=\S)")
_NOT_BULLET = re.compile(r"^\s*(?:[-–—]\d|\d{1,2}\.\d)")

_NEGATION = re.compile(
    r"\b(?:not|never|cannot|none|neither|nor|nobody|nothing|without|unable|no longer|"
    r"(?<![\w-])no(?![.\w]))\b(?!\.?\s?\d)(?!\s*[:=])|n['’]t\b",
    re.IGNORECASE,
)
_CHINESE_NEGATION = re.compile(
    r"不(?!错|好意思|仅|但|同|断|妨)|没|未|无(?!论|锡)|别(?!墅|的|人|名|致)|勿|非(?!常|洲)|莫(?!斯科)"
)
_REQUEST = re.compile(
    r"\?|\b(?:please|kindly|could you|can you|would you|will you|may (?:i|we)|can (?:i|we)|could (?:i|we)|"
    r"shall (?:i|we)|let (?:me|us) know"
    r"|tell (?:me|us)|grateful if|appreciate (?:it )?if|would (?:like|need) you|(?:i|we) (?:would )?(?:like "
    r"to )?(?:ask|"
    r"request|expect|urge|beg|invite)"
    r"|make sure|be sure|do not hesitate|feel free|you (?:must|need|should|have to|are (?:asked|requested)|"
    r"will need))\b",
    re.IGNORECASE,
)
_CHINESE_REQUEST = re.compile(
    r"[?？]|请(?!假|客|柬)|麻烦|能否|可否|是否|盼|烦请|劳驾|希望您|望|吗|呢|拜托|务必|记得|要求|催"
)
_NO_REQUEST = re.compile(r"\bplease (?:find|note|accept)\b", re.IGNORECASE)
# Enough for a note that asks, but no request by itself: "you can call me on …".
_INVITES = re.compile(r"\byou (?:can|may|could|might)\b|\bfeel free\b", re.IGNORECASE)
_ASKS = re.compile(
    r"^(?:(?:also|and|then)\s+)?(?:(?:ask|request)\b(?!\w|ed)|(?:can|could|may|shall|would)\s)", re.IGNORECASE
)
# Such notes may be meant either way: "no lilies", "draft by Friday".
_OPEN = re.compile(
    r"^no\s(?!\d)|^[^:?]{2,40}\sby\s(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|\d|noon|"
    r"tomorrow|the end)|\bok\?$|\bsuits\b",
    re.IGNORECASE,
)
_NEEDS = re.compile(
    r"\b(?:need|needs|needed|want|wants|expect|looking for|require[sd]?|must|has to|have to)\b", re.IGNORECASE
)
META_VERBS = frozenset(("ask", "tell", "say", "mention", "remind", "inform", "request"))
"""Verbs by which a note tells the writer what to say."""

_FIGURES = re.compile(r"\d+(?:[.,:]\d+)*")
_CLAUSE = re.compile(
    r"(?<=[;!?。；！？，])\s*|(?<=[.:])\s+|(?<=[,–])\s+|\s+(?=(?:and|but|while|although|whereas|so|because|which|"
    r"who)\s)",
    re.IGNORECASE,
)
_CHINESE_GRAMMAR = frozenset(
    "的了吗呢吧啊在是和与及或于到至从把被给对为以并也都就还再将会要可能需请您你我他她它们这那个，。！？、；：（）"
)


@dataclass(frozen=True)
class Note:
    """One note. ``written`` is the line without its bullet, ``plain`` the same with its shorthand spelt out."""

    written: str
    plain: str

    @cached_property
    def chinese(self) -> bool:
        return is_chinese(self.written)

    @cached_property
    def negative(self) -> bool:
        """Whether it denies something; what covers it must as well."""
        return denies(self.plain)

    @cached_property
    def request(self) -> bool:
        """Whether it asks the reader for something; what covers it must ask too."""
        if self.chinese:
            return bool(_CHINESE_REQUEST.search(self.written))
        parts = [self.plain, *re.split(r":\s", self.plain)[1:]]
        return bool(_REQUEST.search(self.plain) or _ASKS.match(self.plain)) or any(map(english().is_command, parts))

    @cached_property
    def open(self) -> bool:
        """Whether it may be read as a request and as a statement (``print correction 6 June``, ``need 2 fitters``)."""
        first = re.match(r"[A-Za-z]+\b(?![’':-])", self.plain)
        noun_or_verb = first is not None and first[0].casefold() in english().imperative_or_noun
        commands = any(english().is_command(part) for part in re.split(r"[,;–(]\s*|\s-\s|\.\s|\sand\s", self.plain)[1:])
        either = bool(_OPEN.search(self.plain) or _NEEDS.search(self.plain))
        return not self.chinese and (noun_or_verb or commands or either)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a text says a note.

    missing: facts (numbers, dates, names, codes) and key words that the text lacks.
    faithful: negations and requests are the same in both.
    share: facts and key words found, 0 to 1.
    covered: nothing of weight is missing, and it is faithful.
    """

    missing: tuple[str, ...]
    faithful: bool
    share: float
    covered: bool


def parse_notes(text: str, lexicon: Lexicon | None = None) -> tuple[Note, ...]:
    """The notes of ``text``: one per line, bullets and numbers before them dropped, blank lines skipped.

    A line of prose is taken sentence by sentence; the same note twice counts once.

    Raises:
        UserError: ``too_large`` beyond :data:`MOST_CHARACTERS`.
    """
    if len(text) > MOST_CHARACTERS:
        raise UserError(
            ErrorCode.TOO_LARGE, "Too much for notes",
            f"The notes have {len(text):,} characters; a letter is drafted from at most {MOST_CHARACTERS:,}.",
            "Summarise them first with `quietdesk summarize`, or split them into several letters.",
        )  # fmt: skip
    lexicon = lexicon or english()
    found: dict[str, Note] = {}
    for line in re.split(r"[\r\n\v\f\u2028\u2029\x85]+", text):
        for written in _parts(_without_bullet(line)):
            if any(char.isalnum() or unicodedata.category(char) == "So" for char in written):
                plain = written if is_chinese(written) else spell_out(written, lexicon)
                found.setdefault(written.casefold(), Note(written, plain))
    return tuple(found.values())


def _without_bullet(line: str) -> str:
    line = "".join(char for char in line if char.isprintable() or char == "\t").replace("\t", " ")
    if not _NOT_BULLET.match(line):
        line = _BULLET.sub("", line)
    return line.strip()


def _parts(line: str) -> list[str]:
    if len(line) <= _LONGEST_NOTE:
        return [line]
    return [line[span.start : span.end] for span in sentences.split(line)]


def denies(text: str) -> bool:
    """Whether ``text`` has a negation (a number written as ``no. 6`` is none)."""
    return bool(_CHINESE_NEGATION.search(text) if is_chinese(text) else _NEGATION.search(text))


def asks(text: str) -> bool:
    """Whether ``text`` asks its reader for something."""
    if is_chinese(text):
        return bool(_CHINESE_REQUEST.search(text))
    return bool(_REQUEST.search(_NO_REQUEST.sub("", text)))


def covered(note: Note, text: str, lexicon: Lexicon | None = None) -> Coverage:
    """How far ``text`` (a sentence or two) says ``note``."""
    facts = SourceFacts(text)
    lost = [f.text for f in facts.unsupported(note.plain) if f.kind in ("number", "date", "amount", "name")]
    if note.chinese:
        words, lost_words = _chinese_words(note.plain, text)
    else:
        words, lost_words = _english_words(note.plain, text, lexicon or english())
    total = len(words) + len(facts_of(note))
    missing = (*lost, *(word for word in lost_words if not any(word in fact for fact in lost)))
    share = 1 - min(1.0, len(missing) / total) if total else 1.0
    faithful = _same_sense(note, text)
    weighs = any(_has_weight(word) or _labels_number(word, note.plain) for word in lost_words) and not note.chinese
    tolerable = len(lost_words) <= len(words) // 3 and not weighs
    return Coverage(missing, faithful, share, faithful and tolerable and not lost)


def _has_weight(word: str) -> bool:
    """Whether a note without ``word`` would say something else: its verbs, and words such as ``ok`` and ``only``."""
    word = word.casefold()
    lexicon = english()
    return (
        lexicon.base_forms.get(word, word) in lexicon.verbs
        or lexicon.key(word) in lexicon.weighty
        or word in lexicon.participles
    )


def _labels_number(word: str, note: str) -> bool:
    """Whether ``word`` says what a number of the note stands for (``sev 2``, ``6 seats``)."""
    return bool(re.search(rf"\b{re.escape(word)}\s[€$£]?\d|\d\s{re.escape(word)}\b", note))


def facts_of(note: Note) -> tuple[str, ...]:
    """The numbers, dates, names and codes of ``note`` as they stand."""
    return tuple(
        fact.text
        for fact in SourceFacts("").unsupported(note.plain)
        if fact.kind in ("number", "date", "amount", "name")
    )


def _english_words(note: str, text: str, lexicon: Lexicon) -> tuple[list[str], list[str]]:
    """The key words of the note, and those that the text lacks."""
    known = set(lexicon.content(text))
    words = [(note[start:end], key) for start, end, key in lexicon.places(note) if len(key) > 1]
    if words and words[0][1] in META_VERBS:
        words = words[1:]
    # "ok?" asks for consent; a letter asks in other words.
    dropped = {"pleas", *([lexicon.key("ok")] if re.search(r"\b(?:ok|okay)\?", note, re.IGNORECASE) else [])}
    words = [(word, key) for word, key in words if key not in dropped]
    return [word for word, _ in words], [word for word, key in words if not has_key(key, known)]


def has_key(key: str, known: set[str]) -> bool:
    """Whether ``known`` has ``key`` or a word made from the same root."""
    if key in known:
        return True
    # "deliver" and "delivery", "confirm" and "confirmation": the shorter begins the longer.
    return any(_same_root(*sorted((key, other), key=len)) for other in known)


def _same_root(short: str, long: str) -> bool:
    return len(short) >= 4 and len(long) - len(short) <= 4 and long.startswith(short)


def _chinese_words(note: str, text: str) -> tuple[list[str], list[str]]:
    """Pairs of neighbouring characters stand for words: Chinese is written without blanks."""
    runs = re.findall(r"[\u3400-\u9fff]+", note)
    pairs = [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
    pairs = [pair for pair in pairs if not set(pair) & _CHINESE_GRAMMAR]
    return pairs, [pair for pair in pairs if pair not in text]


def _same_sense(note: Note, text: str) -> bool:
    passage = _passage(note, text)
    if note.negative != denies(passage):
        return False
    if note.open or note.request == asks(passage):
        return True
    return (
        note.request
        and not note.chinese
        and (_begins_with_command(text) or bool(_NEEDS.search(text) or _INVITES.search(text)))
    )


def _passage(note: Note, text: str) -> str:
    """The part of ``text`` that speaks of ``note``: the clauses in which its words and figures stand."""
    if note.chinese:
        return text
    keys, figures = set(english().content(note.plain)), set(_FIGURES.findall(note.plain))
    if not keys and not figures:
        return text
    return " | ".join(
        clause
        for clause in clauses_of(text)
        if any(has_key(key, keys) for key in english().content(clause)) or figures & set(_FIGURES.findall(clause))
    )


def clauses_of(text: str) -> list[str]:
    """``text`` cut at marks and conjunctions between clauses, marks left with what is before them."""
    return [part.strip() for part in _CLAUSE.split(text) if part.strip()]


def _begins_with_command(text: str) -> bool:
    return any(english().is_command(part) for part in re.split(r"(?<=[.!?;:])\s+|,\s+|^-\s+", text))
