"""Does a Chinese sentence say one note? It is compared character by character: it is written without blanks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from quietdesk.tools.draft.notes import Note

_CHINESE = re.compile(r"[\u3400-\u9fff]")
# Grammar, polite words, and what letters are made of: found by reading what good sentences add to their notes.
_GRAMMAR = frozenset(
    "的了吗呢吧啊呀哦啦在是和与及或于到至从把被给对为以并也都就还再将会要可能需请您你我他她们它这那个有上下中里内外前后时间"
    "今特此告知通谢希望麻烦方便一下如果因由所其之而且另关已经届进行安排地点位现定好先注意具体情况说明相事项敬呈原来用问想贵次"
    "共件去过得大出家常理提开话但求应很作须随分向者收见子真额号孩打着仍办准本候加别歉抱遗憾深表"
)
# Not the ones of "inconvenience", "respectively", or of a question that names both answers.
_NEGATORS = re.compile(
    r"(?<!对)不(?!便|错|好意思|仅|但|同(?!意)|断|妨|论|管|胜)|没|未|勿|(?<![分特个区告级类辨离])别(?!的|人|墅|名|致|处)"
)
_QUESTION = re.compile(r"[?？]|吗|能否|可否|是否")
_DAY = re.compile(r"[今明昨后]天|今[早晚]|这里|那里")
_ASKING = re.compile(r"[?？]|请|能否|可否|是否|告")
_LEAST_SAID = 0.6  # share of a note's characters that its sentence must have
_MOST_ADDED = 3  # different characters that nothing around the note has


def faults(note: Note, sentence: str, around: str, context: str) -> Iterator[str]:
    """Why ``sentence`` may not stand for ``note``.

    around: everything that the letter is written from. context: the received mail, from which facts may be taken.
    """
    if _denials(note.written) != _denials(sentence):
        yield "negation"
    said, own = set(sentence), set(_CHINESE.findall(note.written)) - _GRAMMAR
    if own and len(own & said) < _LEAST_SAID * len(own):
        yield "lost " + "".join(sorted(own - said))
    sources = note.written + context
    if _repeats(sentence, sources):
        yield "repetition"
    if set(_DAY.findall(sentence)) - set(_DAY.findall(sources)):
        yield "day added"
    added = set(_CHINESE.findall(sentence)) - set(around) - _GRAMMAR
    if len(added) > _MOST_ADDED:
        yield "added " + "".join(sorted(added))
    if _QUESTION.search(note.written) and not _ASKING.search(sentence):
        yield "question lost"
    if any(word.casefold() not in sentence.casefold() for word in re.findall(r"[A-Za-z]{2,}", note.written)):
        yield "name lost"


def _denials(text: str) -> int:
    """How often ``text`` denies; "can you or can't you" asks."""
    return len(_NEGATORS.findall(re.sub(r"(.)不\1", "", text)))


def _repeats(text: str, source: str) -> bool:
    """Whether two neighbouring characters come twice in ``text`` but not in ``source``."""
    pairs = [pair for pair in map("".join, pairwise(text)) if len(_CHINESE.findall(pair)) == 2]
    return any(count > max(1, source.count(pair)) for pair, count in Counter(pairs).items())
