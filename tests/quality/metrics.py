"""What a text is worth, in numbers: overlap with references, support by the source, coverage of notes, form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rouge_score.rouge_scorer import RougeScorer

from quietdesk.tools.draft.letter import has_placeholder
from quietdesk.tools.draft.notes import covered, facts_of, parse_notes
from quietdesk.tools.text import sentences
from quietdesk.tools.text.facts import SourceFacts

_NUMBER_KINDS = frozenset(("number", "amount", "date"))
_FACT_KINDS = _NUMBER_KINDS | {"name"}
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]")
_UNIT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")
# A run of this many words, or characters of Chinese, is a loop when it comes this often.
_RUN, _TIMES = 5, 3
_REPEATED_SENTENCE = 3  # units; shorter ones ("Thank you.") may stand twice
_GREETING_WORDS, _CLOSING_LINES, _CLOSING_CHARACTERS = 14, 4, 60
_END_MARKS = tuple(".!?。！？…:：;；)）\"”’」』")
_LIST_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,2}[.)、])\s*\S")


@dataclass(frozen=True, slots=True)
class Rouge:
    """ROUGE-1, -2 and -L as F1, 0 to 100 (Lin 2004)."""

    one: float
    two: float
    longest: float


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Facts of a text that its source lacks: numbers (with amounts and dates) and names."""

    numbers: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotesSaid:
    """How far a letter says its notes.

    facts, facts_found: numbers, dates, names and codes of all notes, and those in the letter. share: mean over the
    notes of the facts and key words found, 0 to 1. notes, said: all notes, and those of which nothing of weight is
    missing, and whose denial or request is kept, in one sentence or two neighbours.
    """

    facts: int
    facts_found: int
    share: float
    notes: int
    said: int


class _Characters:
    """Every letter or digit is a token: the usual measure for Chinese."""

    def tokenize(self, text: str) -> list[str]:
        return _TOKEN.findall(text.casefold())


def rouge(text: str, references: Sequence[str], *, chinese: bool = False) -> Rouge:
    """The best score over several references, for each measure. English is stemmed, Chinese counted by character."""
    scores = _scorer(chinese).score_multi(list(references), text)
    one, two, longest = (100 * float(scores[kind].fmeasure) for kind in ("rouge1", "rouge2", "rougeL"))
    return Rouge(one, two, longest)


@cache
def _scorer(chinese: bool) -> RougeScorer:
    kinds = ["rouge1", "rouge2", "rougeL"]
    return RougeScorer(kinds, tokenizer=_Characters()) if chinese else RougeScorer(kinds, use_stemmer=True)


def unsupported(text: str, source: str) -> Unsupported:
    """What ``text`` says that ``source`` does not, by the checks that the product itself applies."""
    facts = SourceFacts(source).unsupported(text)
    return Unsupported(
        tuple(fact.text for fact in facts if fact.kind in _NUMBER_KINDS),
        tuple(fact.text for fact in facts if fact.kind == "name"),
    )


def loops(text: str) -> bool:
    """Whether ``text`` repeats itself: a sentence twice, or a run of five words three times."""
    units = _UNIT.findall(text.casefold())
    runs = Counter(tuple(units[at : at + _RUN]) for at in range(len(units) - _RUN + 1))
    if any(count >= _TIMES for count in runs.values()):
        return True
    said = [tuple(_UNIT.findall(text[span.start : span.end].casefold())) for span in sentences.split(text)]
    return any(count > 1 and len(words) >= _REPEATED_SENTENCE for words, count in Counter(said).items())


def notes_said(notes: str, text: str) -> NotesSaid:
    """How far ``text`` says the notes, one per line."""
    parsed = parse_notes(notes)
    source = SourceFacts(text)
    passages = _passages(text)
    facts = lost = said = 0
    share = 0.0
    for note in parsed:
        of_note = len(facts_of(note))
        facts += of_note
        lost += min(of_note, sum(fact.kind in _FACT_KINDS for fact in source.unsupported(note.plain)))
        share += covered(note, text).share
        said += any(covered(note, passage).covered for passage in passages)
    return NotesSaid(facts, facts - lost, share / max(len(parsed), 1), len(parsed), said)


def _passages(text: str) -> list[str]:
    """Every sentence, and every two neighbours: elsewhere in a letter others are asked or denied something too."""
    said = [text[span.start : span.end] for span in sentences.split(text)]
    return [*said, *(f"{one} {other}" for one, other in pairwise(said))]


def format_errors(text: str) -> tuple[str, ...]:
    """What a letter lacks of its form: ``greeting``, ``closing``, ``sentence`` (one breaks off), ``blank`` (a form's
    placeholder was left)."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    greeted = bool(blocks) and _is_greeting(blocks[0])
    closed = len(blocks) > 1 and _is_closing(blocks[-1])
    body = "\n".join(blocks[int(greeted) : len(blocks) - int(closed)])
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    whole = bool(lines) and all(line.endswith(_END_MARKS) or _LIST_ITEM.match(line) for line in lines)
    checks = {"greeting": greeted, "closing": closed, "sentence": whole, "blank": not has_placeholder(text)}
    return tuple(name for name, good in checks.items() if not good)


def _is_greeting(block: str) -> bool:
    return "\n" not in block and len(block.split()) <= _GREETING_WORDS and block.endswith(tuple(",，:：!！"))


def _is_closing(block: str) -> bool:
    lines = block.splitlines()
    if len(lines) > _CLOSING_LINES or any(len(line) > _CLOSING_CHARACTERS for line in lines):
        return False
    return not lines[-1].rstrip().endswith(("?", "？", ":", "："))
