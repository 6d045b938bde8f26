"""Does a sentence of a draft say notes, whole and unchanged, and nothing else?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from quietdesk.tools import draft_faults, sentences
from quietdesk.tools.facts import Fact, SourceFacts
from quietdesk.tools.letter import has_placeholder
from quietdesk.tools.notes import Note, clauses_of, covered, denies, has_key
from quietdesk.tools.person import People
from quietdesk.tools.relations import added_relations, lost_relations
from quietdesk.tools.roles import Roles
from quietdesk.tools.wording import Lexicon, is_chinese

_LONGEST_UNIT = 420  # characters; a longer "sentence" is a run-on
_LONGEST_GROWTH = 4, 100  # a sentence has at most so many times its notes' characters, and so many more

_COURTESY = re.compile(
    r"^(?:(?:i|we) (?:look|am looking|are looking) forward to (?:hearing from you|your (?:reply|answer|"
    r"response))"
    r"(?: soon)?"
    r"|(?:please )?(?:let (?:me|us) know|feel free to (?:ask|contact (?:me|us))|contact (?:me|us)) if you "
    r"have any "
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
    r"\b(?:will|shall|going to|tomorrow|next|from|until|by|on|can|soon|later|promise)\b|"
    r"['’]ll\b|\d",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"(?:yes|no|ok|okay|agreed|sure|fine|gladly|sorry,? (?:no|can)|can['’]t|cannot|not possible|works|that "
    r"works)\b"
    r"[^\d]*$",
    re.IGNORECASE,
)
_OURS = re.compile(r"\b(?:my|our)\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|we|us|our|ours)\b|\bI['’]", re.IGNORECASE)
_HE = re.compile(r"\b(?:he|she|him|her|his|hers|they|them|their)\b", re.IGNORECASE)
_EXCEPT = re.compile(r"\b(?:except|but|instead|unless|only|excluding|closed|free of)\b", re.IGNORECASE)
_MONEY = re.compile(
    r"[€$£¥₦₹]|\b[A-Z]{3} ?\d|\d ?(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b|\b(?:price|cost|fee|total|pay|"
    r"paid)\b"
)
_HARMLESS_CHINESE = frozenset(
    "的了吗呢吧啊在是和与及或于到至从把被给对为以并也都就还再将会要可能需请您你我他她它们这那个有上下中里内外前后时间今特此告知"
    "通知谢希望麻烦方便一下如果因由此所其之而且另关于已经届时进行安排地点位现定好先注意具体情况说明相事项敬呈原"
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

    touches: the notes that it speaks of, by index. faults: why it may not stand. courtesy: it is only a polite word.
    """

    touches: frozenset[int]
    faults: tuple[str, ...]
    courtesy: bool = False

    @property
    def stands(self) -> bool:
        return not self.faults and (bool(self.touches) or self.courtesy)


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

    A unit may say a part of a note, or several notes; but each of its clauses takes its facts from one note. Whether
    the units together say a note whole is asked with :meth:`says`.

    context: text that a reply may take facts from as well (the received mail); empty for a new letter.
    """

    def __init__(
        self, notes: Sequence[Note], people: People, *, lexicon: Lexicon, tone: str = "neutral", context: str = ""
    ) -> None:
        self._notes = notes
        self._lexicon = lexicon
        self._context = context
        self._names = f"{people.sender}\n{people.recipient}"
        self._keys = [self._all_keys(note) for note in notes]
        self._general = set(lexicon.content(self._names)) | ({lexicon.key("sorry")} if tone == "apologetic" else set())
        self._answered = set(lexicon.content(context))
        self._roles = Roles(lexicon)
        self._reader_meant = people.reader_meant([note.plain for note in notes], answering=bool(context))

    @property
    def count(self) -> int:
        """How many notes there are."""
        return len(self._notes)

    def says(self, at: int, text: str) -> bool:
        """Whether ``text`` says note ``at`` whole."""
        note = self._notes[at]
        if not covered(note, text, self._lexicon).covered:
            return False
        lost = () if note.chinese else lost_relations(note.plain, text)
        return (
            not lost
            and not self._changes_person(at, text)
            and not draft_faults.out_of_order(text, note.plain, self._lexicon)
        )

    def judge(self, text: str, among: Sequence[int] | None = None, *, listed: bool = False) -> Verdict:
        """Which notes ``text`` speaks of and what is wrong with it.

        among: the notes it was made from, all when left out. listed: it is a line of a list.
        """
        if courtesy := _COURTESY.match(text.strip()):
            untrue = courtesy["mail"] and not self._context
            return Verdict(frozenset(), ("thanks for a mail that was not received",) if untrue else (), courtesy=True)
        asked = range(len(self._notes)) if among is None else among
        touches: set[int] = set()
        faults: list[str] = []
        for clause in clauses_of(text):
            owners = [at for at in asked if not self._foreign(at, clause)]
            if not self._has_content(clause):
                continue
            if not owners:
                closest = min(asked, key=lambda at: len(self._foreign(at, clause)), default=None)
                faults += self._foreign(closest, clause) if closest is not None else ["no notes"]
                continue
            touches.add(
                next((at for at in owners if at in touches), max(owners, key=lambda at: self._shared(at, clause)))
            )
        if not touches and not faults:
            faults.append("says nothing")
        faults += self._unit_faults(text, sorted(touches), listed)
        return Verdict(frozenset(touches), tuple(faults))

    def unsupported(self, text: str) -> list[str]:
        """Facts of ``text`` that stand in no note (and not in the received mail)."""
        return [fact.text for fact in self._everything.unsupported(text) if not _is_no_fact(fact)]

    @cached_property
    def _everything(self) -> SourceFacts:
        written = [part for note in self._notes for part in (note.plain, note.written)]
        return SourceFacts("\n".join([*written, self._context, self._names]))

    # One clause against one note

    def _has_content(self, clause: str) -> bool:
        facts = self._unsupported(clause, [])
        return (
            bool(facts)
            or any(
                not self._lexicon.is_harmless(clause[a:b]) and key not in self._general
                for a, b, key in self._lexicon.places(clause)
            )
            or is_chinese(clause)
        )

    def _shared(self, at: int, clause: str) -> int:
        return sum(has_key(key, self._keys[at]) for key in self._lexicon.content(clause))

    def _foreign(self, at: int, clause: str) -> list[str]:
        """What ``clause`` says that note ``at`` does not."""
        note = self._notes[at]
        answer = _is_answer(note, self._lexicon)
        sources = [note.plain, *([self._context] if answer else [])]
        facts = [f"{fact.kind} {fact.text}" for fact in self._unsupported(clause, sources)]
        if self._context:
            named = {
                fact.text for fact in self._unsupported(clause, [note.plain, self._context]) if fact.kind == "name"
            }
            facts = [fact for fact in facts if not fact.startswith("name ") or fact[5:] in named]
        return facts + [f"word {word}" for word in self._added_words(at, clause, answer)]

    def _unsupported(self, text: str, sources: Sequence[str]) -> list[Fact]:
        found = SourceFacts("\n".join([*sources, self._names])).unsupported(text)
        return [fact for fact in found if not _is_no_fact(fact)]

    def _added_words(self, at: int, clause: str, answer: bool) -> list[str]:
        if is_chinese(clause):
            known_characters = {*self._notes[at].written, *self._names, *self._context}
            return sorted(set(re.findall(r"[\u3400-\u9fff]", clause)) - known_characters - _HARMLESS_CHINESE)
        known = self._keys[at] | self._general | (self._answered if answer else set())
        added = [
            (clause[start:end], key)
            for start, end, key in self._lexicon.places(clause)
            if not self._lexicon.is_harmless(clause[start:end]) and not has_key(key, known)
        ]
        if len(added) == 1 and self._is_topic(*added[0]):
            return []
        return [word for word, _ in added]

    def _is_topic(self, word: str, key: str) -> bool:
        """Whether ``word`` only names what the letter is about: a thing of another note, nothing that is done."""
        return word.islower() and not self._lexicon.is_verb(word) and any(key in keys for keys in self._keys)

    def _all_keys(self, note: Note) -> set[str]:
        keys = set(self._lexicon.content(note.plain))
        if _MONEY.search(note.plain):
            keys |= self._lexicon.beside_money
        return keys | self._lexicon.beside_figures if any(map(str.isdigit, note.plain)) else keys

    # One unit against its notes

    def _unit_faults(self, text: str, touches: list[int], listed: bool) -> Iterator[str]:
        said = [self._notes[at] for at in touches]
        plain = [note.plain for note in said]
        if (
            denies(text)
            and not any(note.negative or _EXCEPT.search(note.plain) for note in said)
            and not denies(self._context)
        ):
            yield "negation"
        if has_placeholder(text):
            yield "placeholder"
        times, more = _LONGEST_GROWTH
        if len(text) > min(_LONGEST_UNIT, times * sum(map(len, plain)) + more):
            yield "length"
        if _FUTURE.search(text) and not any(map(_FUTURE_NOTE.search, plain)):
            yield "promise"
        if self._roles.changed(said, text) or (_OURS.search(text) and not any(map(_FIRST_PERSON.search, plain))):
            yield "person"
        if not is_chinese(text):
            context = self._context if all(_is_answer(note, self._lexicon) for note in said) else ""
            yield from (
                f"relation {word}"
                for word in added_relations(" ".join([*plain, context]), text, one_note=len(said) == 1)
            )
            if draft_faults.broken_grammar(text, self._lexicon, listed=listed) or draft_faults.names_by_number(
                text, self._lexicon
            ):
                yield "grammar"
        if draft_faults.repeats(text, "\n".join([*plain, self._context])):
            yield "repetition"
        if draft_faults.guesses_tense(text, plain):
            yield "tense"

    def _changes_person(self, at: int, text: str) -> bool:
        """Whether a he or she of the note, who is not the reader, is gone."""
        return not self._reader_meant[at] and bool(_HE.search(self._notes[at].plain)) and not _HE.search(text)


def _is_answer(note: Note, lexicon: Lexicon) -> bool:
    """Whether the note is as short as "yes, fine": what it agrees to must come from the received mail."""
    return bool(_ANSWER.match(note.plain)) and len(lexicon.content(note.plain)) <= 2


def _is_no_fact(fact: Fact) -> bool:
    return fact.text in ("A", "I") or (fact.kind == "negation")
