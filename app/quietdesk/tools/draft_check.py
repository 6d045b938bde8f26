"""Does a sentence of a draft say notes, whole and unchanged, and nothing else?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from quietdesk.tools import dates, draft_faults, sentences
from quietdesk.tools.facts import Fact, SourceFacts
from quietdesk.tools.letter import has_placeholder
from quietdesk.tools.notes import Note, covered, denies, has_key
from quietdesk.tools.person import People
from quietdesk.tools.relations import changed_relations
from quietdesk.tools.roles import Roles
from quietdesk.tools.wording import Lexicon, is_chinese

_LONGEST_UNIT = 420  # characters; a longer "sentence" is a run-on
_LONGEST_GROWTH = 3, 80  # a sentence has at most so many times its notes' characters, and so many more

_COURTESY = re.compile(
    r"^(?:(?:i|we) (?:look|am looking|are looking) forward to (?:hearing from you|your (?:reply|answer|response))"
    r"(?: soon)?"
    r"|(?:please )?(?:let (?:me|us) know|feel free to (?:ask|contact (?:me|us))|contact (?:me|us)) if you have any "
    r"(?:further |other )?questions"
    r"|if you have any (?:further )?questions, (?:please )?(?:let (?:me|us) know|contact (?:me|us)"
    r"|do not hesitate to (?:contact (?:me|us)|ask))"
    r"|i hope (?:you are well|this finds you well|all is well)|thank you (?:very much )?in advance"
    r"|(?P<mail>(?:thank you|thanks) for your (?:e-?mail|message|reply))"
    r"|盼复|期待您的回复|如有疑问，请随时联系(?:我|我们)?)[.!。！]?$",
    re.IGNORECASE,
)
_FUTURE = re.compile(r"\b(?:i|we)(?:\s(?:will|shall)|['’]ll)\b", re.IGNORECASE)
_FUTURE_NOTE = re.compile(
    r"\b(?:will|shall|going to|tomorrow|next|from|until|by|on|can|soon|later|promise)\b|['’]ll\b|\d", re.IGNORECASE
)
_ANSWER = re.compile(
    r"(?:yes|no|ok|okay|agreed|sure|fine|gladly|sorry,? (?:no|can)|can['’]t|cannot|not possible|works|that works)\b"
    r"[^\d]*$",
    re.IGNORECASE,
)
_HE = re.compile(r"\b(?:he|she|him|her|his|hers|they|them|their)\b", re.IGNORECASE)
_MONEY = re.compile(
    r"[€$£¥₦₹]|\b[A-Z]{3} ?\d|\d ?(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b|\b(?:price|cost|fee|total|pay|paid)\b"
)
_HARMLESS_CHINESE = frozenset(
    "的了吗呢吧啊在是和与及或于到至从把被给对为以并也都就还再将会要可能需请您你我他她它们这那个有上下中里内外前后时间今特此告知"
    "通知谢希望麻烦方便一下如果因由此所其之而且另关于已经届时进行安排地点位现定好先注意具体情况说明相事项敬呈"
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence of a body, or a line of a list. ``paragraph``: which paragraph it stands in, from 0."""

    text: str
    listed: bool
    paragraph: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a unit says.

    covers: the notes that it says, by index. faults: why it may not stand. courtesy: it is only a polite word.
    """

    covers: frozenset[int]
    faults: tuple[str, ...]
    courtesy: bool = False

    @property
    def stands(self) -> bool:
        return not self.faults and (bool(self.covers) or self.courtesy)


def units_of(body: str) -> list[Unit]:
    """The sentences and list lines of ``body`` in order."""
    found = []
    for number, paragraph in enumerate(re.split(r"\n\s*\n", body.strip())):
        for line in paragraph.split("\n"):
            marker = re.match(r"\s*(?:[-*•]|\d{1,2}[.)])\s+", line)
            if marker:
                found.append(Unit(line[marker.end() :].strip(), True, number))
                continue
            found.extend(Unit(line[span.start : span.end], False, number) for span in sentences.split(line))
    return [unit for unit in found if unit.text]


class Checker:
    """Judges units of a draft made from ``notes``.

    context: text that a reply may take facts from as well (the received mail); empty for a new letter.
    """

    def __init__(
        self, notes: Sequence[Note], people: People, *, lexicon: Lexicon, tone: str = "neutral", context: str = ""
    ) -> None:
        self._notes = notes
        self._lexicon = lexicon
        self._context = context
        self._names = f"{people.sender}\n{people.recipient}"
        self._keys = [set(lexicon.content(note.plain)) for note in notes]
        self._general = set(lexicon.content(self._names)) | ({lexicon.key("sorry")} if tone == "apologetic" else set())
        self._answered = set(lexicon.content(context))
        self._roles = Roles(lexicon)
        self._reader_meant = people.reader_meant([note.plain for note in notes], answering=bool(context))

    def judge(self, text: str, among: Sequence[int] | None = None, *, listed: bool = False) -> Verdict:
        """Which notes ``text`` says and what is wrong with it.

        among: the notes it was made from, all when left out. listed: it is a line of a list.
        """
        if courtesy := _COURTESY.match(text.strip()):
            untrue = courtesy["mail"] and not self._context
            return Verdict(frozenset(), ("thanks for a mail that was not received",) if untrue else (), courtesy=True)
        asked = range(len(self._notes)) if among is None else among
        covers = frozenset(at for at in asked if self._says(at, self._notes[at], text))
        faults = tuple(self._faults(text, sorted(covers), listed)) if covers else ("says no note",)
        return Verdict(covers, faults)

    def unsupported(self, text: str) -> list[str]:
        """Facts of ``text`` that stand in no note (and not in the received mail)."""
        written = [part for note in self._notes for part in (note.plain, note.written)]
        return [fact.text for fact in self._unsupported(text, [*written, self._context])]

    def _unsupported(self, text: str, sources: Sequence[str]) -> list[Fact]:
        found = SourceFacts("\n".join([*sources, self._names])).unsupported(text)
        return [fact for fact in found if not _is_no_fact(fact)]

    def _says(self, at: int, note: Note, text: str) -> bool:
        known = set(self._lexicon.content(text))
        touched = note.chinese or not self._keys[at] or any(has_key(key, known) for key in self._keys[at])
        return touched and covered(note, text, self._lexicon).covered

    def _faults(self, text: str, covers: list[int], listed: bool) -> Iterator[str]:
        said = [self._notes[at] for at in covers]
        plain = [note.plain for note in said]
        context = self._context if _is_answer(said, self._lexicon) else ""
        yield from (f"{fact.kind} {fact.text}" for fact in self._added_facts(text, plain, context))
        yield from (f"word {word}" for word in self._added_words(text, covers))
        if denies(text) and not any(note.negative for note in said) and not denies(self._context):
            yield "negation"
        if has_placeholder(text):
            yield "placeholder"
        times, more = _LONGEST_GROWTH
        if len(text) > min(_LONGEST_UNIT, times * sum(map(len, plain)) + more):
            yield "length"
        if _FUTURE.search(text) and not any(map(_FUTURE_NOTE.search, plain)):
            yield "promise"
        if self._roles.changed(said, text) or any(self._changes_person(at, text) for at in covers):
            yield "person"
        if not is_chinese(text):
            yield from (f"relation {word}" for word in changed_relations(" ".join(plain), text, context))
        yield from self._form_faults(text, plain, listed)

    def _form_faults(self, text: str, plain: Sequence[str], listed: bool) -> Iterator[str]:
        if draft_faults.repeats(text, "\n".join([*plain, self._context])):
            yield "repetition"
        if not is_chinese(text) and draft_faults.broken_grammar(text, self._lexicon, listed=listed):
            yield "grammar"
        if draft_faults.guesses_tense(text, plain):
            yield "tense"
        if draft_faults.mixed(text, plain, self._lexicon):
            yield "mixed"

    def _added_facts(self, text: str, plain: Sequence[str], context: str) -> list[Fact]:
        """Facts that the notes lack; names may also come from the received mail."""
        in_mail = {fact.text for fact in self._unsupported(text, [*plain, self._context]) if fact.kind == "name"}
        found = self._unsupported(text, [*plain, context])
        return [fact for fact in found if fact.kind != "name" or fact.text in in_mail]

    def _added_words(self, text: str, covers: list[int]) -> list[str]:
        said = [self._notes[at] for at in covers]
        if is_chinese(text):
            known_characters = {*"".join(note.written for note in said), *self._names, *self._context}
            added = set(re.findall(r"[\u3400-\u9fff]", text)) - known_characters - _HARMLESS_CHINESE
            return sorted(added)
        known = set.union(self._general, *(self._keys[at] for at in covers))
        if _is_answer(said, self._lexicon):
            known |= self._answered
        if any(_MONEY.search(note.plain) for note in said):
            known |= self._lexicon.beside_money
        if any(char.isdigit() for note in said for char in note.plain):
            known |= self._lexicon.beside_figures
        return [
            text[start:end]
            for start, end, key in self._lexicon.places(text)
            if not self._lexicon.is_harmless(text[start:end]) and not has_key(key, known)
        ]

    def _changes_person(self, at: int, text: str) -> bool:
        """Whether a he or she of the note, who is not the reader, is gone."""
        return not self._reader_meant[at] and bool(_HE.search(self._notes[at].plain)) and not _HE.search(text)


def _is_answer(said: Sequence[Note], lexicon: Lexicon) -> bool:
    """Whether the notes are as short as "yes, fine": what they agree to must come from the received mail."""
    return all(_ANSWER.match(note.plain) and len(lexicon.content(note.plain)) <= 2 for note in said)


def _is_no_fact(fact: Fact) -> bool:
    return fact.text in ("A", "I") or (fact.kind == "negation" and dates.is_name(fact.text))
