"""Does a sentence say one note: all of it, nothing else, and the same way round?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from quietdesk.tools.draft import note_check_zh, sentence_faults, shorthand, turned_people
from quietdesk.tools.draft.distortions import Distortions
from quietdesk.tools.draft.letter import has_placeholder
from quietdesk.tools.draft.notes import META_VERBS, Note, asks, covered, denies, has_key
from quietdesk.tools.draft.person import People
from quietdesk.tools.draft.relations import lost_relations
from quietdesk.tools.draft.roles import Roles
from quietdesk.tools.draft.wording import Lexicon, is_chinese
from quietdesk.tools.text import dates, negation
from quietdesk.tools.text.facts import SourceFacts

_DIGITS = re.compile(r"\d+")
_CODE = re.compile(r"(?<![\w])(?=[^\s]*\d)(?=[^\s]*[A-Za-z])[A-Za-z0-9]+(?:[-./_][A-Za-z0-9]+)*|\S+@\S+\.\w+|\S+://\S+\w")
_UNIT_SIGNS = re.compile(r"[€$£¥₹₦₱₩%°]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_ALONE = re.compile(rf"(?<!\w){_WORD.pattern}(?!\w)")  # not the letters of a code
_SMALL_WORDS = frozenset(("a", "i", "ok", "am", "pm"))
# A note's "not" may be said by one of these, and what a note says by one of these may be said with "not".
_SAME_AS_NOT = re.compile(
    r"\b(?:without|unable|impossible|refus\w+|declin\w+|instead|rather than|except\w*|apart from|other than|free of"
    r"|un(?:changed|paid|known|available|able|answered|opened|used|signed|touched|finished|confirmed)|missing|lack\w*"
    r"|miss(?:ed)?|avoid|none|neither|nor|nobody|nothing|hardly|leave out|ban\w*|forbidden|refrain|exempt|excluded"
    r"|max(?:imum)?)\b",
    re.IGNORECASE,
)
_NEGATORS = re.compile(
    r"\b(?:not|never|cannot|none|neither|nobody|nothing|without|unable|no longer|nowhere|(?<![\w-])no(?![.\w]))\b"
    r"(?!\.?\s?\d)(?!\s*[:=])|n['’]t\b",
    re.IGNORECASE,
)
_LEAST_SHARE = 0.75  # a synonym may stand for one word of four
_LONGEST_CHINESE_ANSWER = 4  # characters
_ANSWER = re.compile(
    r"(?:yes|no|ok|okay|agreed|sure|fine|gladly|decline|accept|sorry,? (?:no|can)|can['’]?t|cannot|not possible|works|"
    r"that works)\b[^\d]{0,30}$",
    re.IGNORECASE,
)
_LONGEST_GROWTH = 2.5, 90  # a sentence has at most so many times its note's characters, and so many more
_LIKES = re.compile(r"(?:\bwould (?:you )?|['’]d )like\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|we|us|our|ours)\b|\bI['’]", re.IGNORECASE)
_OURS = re.compile(r"\b(?:my|our)\b", re.IGNORECASE)
_SENDER_DOES = re.compile(
    r"\b(?:I|we)(?:['’](?:ll|ve|d|m|re))?\s(?:(?:will|have|had|can|could|would|am|are|already|also|just|still|now|not|be|been|"
    r"going|to|do|did|must|should)\s)*(?P<verb>[a-z]+)",
    re.IGNORECASE,
)
# What any letter says of its sender.
_USUAL = re.compile(
    r"writ\w*|attach\w*|sorry|afraid|thank\w*|grateful|need|like|want|ask\w*|appreciate|hope|inform|confirm|know|regret|"
    r"apologi\w+|request\w*|glad|happy|pleased|delighted|unable|expect|look\w*|enclos\w*|propose|suggest|wish|able|tell|"
    r"am|are|have|had|will|would|can|could|not|to|be|still|also",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\?|\b(?:if|whether|please|could you|would you|can you|will you|must|need|should|want|would like|advice)\b",
    re.IGNORECASE,
)
_MAY_I = re.compile(r"\b(?:should|shall|may|can|could) (?:I|we)\b", re.IGNORECASE)


class NoteCheck:
    """Judges sentences that a model wrote for one note each.

    context: the received mail, from which an answer may take facts; empty for a new letter.
    """

    def __init__(
        self, notes: Sequence[Note], people: People, *, lexicon: Lexicon, tone: str = "neutral", context: str = ""
    ) -> None:
        self._notes = notes
        self._lexicon = lexicon
        self._context = context
        self._around = "\n".join([people.sender, people.recipient, context, *(note.plain for note in notes)])
        self._answered = set(lexicon.content(context))
        apology = {lexicon.key("sorry")} if tone == "apologetic" else set()
        self._known = set(lexicon.content(f"{people.sender}\n{people.recipient}")) | apology
        self._topics = {key for note in notes for key in lexicon.content(note.plain)}
        self._roles = Roles(lexicon)
        self._distortions = Distortions(lexicon)
        self._reader_meant = people.reader_meant([note.plain for note in notes], answering=bool(context))
        written = "\n".join(note.written for note in notes)
        self._names = SourceFacts("\n".join([self._around, written, *shorthand.days_and_months(written)]))

    def faults(self, at: int, sentence: str) -> tuple[str, ...]:
        """Why ``sentence`` may not stand for note ``at``; empty when it may."""
        note = self._notes[at]
        found = [*self._figures(note, sentence), *self._form(note, sentence)]
        if is_chinese(sentence) or note.chinese:
            found += note_check_zh.faults(note, sentence, self._around, self._context)
        else:
            found += [*self._english(note, sentence)]
            if self._reader_meant[at] and turned_people.speaks_of_reader(sentence):
                found.append("reader is meant")
            if not self._reader_meant[at] and turned_people.speaks_to_another(note, sentence):
                found.append("reader is not meant")
        return tuple(found)

    def _is_answer(self, note: Note) -> bool:
        """Whether the note is as short as "yes, fine": what it agrees to must come from the received mail."""
        if not self._context:
            return False
        return len(note.written) <= _LONGEST_CHINESE_ANSWER if note.chinese else bool(_ANSWER.match(note.plain))

    def covers(self, at: int, text: str) -> bool:
        """Whether ``text`` has the facts of note ``at`` and nearly all of its key words: a person would not miss it."""
        return covered(self._notes[at], text, self._lexicon).share >= _LEAST_SHARE

    def unsupported(self, text: str) -> list[str]:
        """Facts of ``text`` that stand in no note (and not in the received mail)."""
        found = self._names.unsupported(text)
        return [fact.text for fact in found if fact.text not in ("A", "I") and fact.kind != "negation"]

    def _figures(self, note: Note, sentence: str) -> Iterator[str]:
        """Digits, codes and signs of units: all of the note, no others."""
        written, said = note.written + " " + note.plain, sentence.casefold()
        wanted, has = Counter(_DIGITS.findall(note.written)), Counter(_DIGITS.findall(sentence))
        if wanted - has:
            yield "number lost"
        context = self._context if self._is_answer(note) else ""
        if has.keys() - set(_DIGITS.findall(written)) - set(_DIGITS.findall(context)):
            yield "number added"
        if any(code.casefold() not in said for code in _CODE.findall(note.written) if not _is_abbreviated(code)):
            yield "code lost"
        signs = set(_UNIT_SIGNS.findall(note.written))
        if signs - set(_UNIT_SIGNS.findall(sentence)):
            yield "unit lost"
        if set(_UNIT_SIGNS.findall(sentence)) - signs - set(_UNIT_SIGNS.findall(context)):
            yield "unit added"

    def _form(self, note: Note, sentence: str) -> Iterator[str]:
        times, more = _LONGEST_GROWTH
        if not sentence or sentence.rstrip("\"'”’)）」")[-1:] not in ".!?。！？…:：":
            yield "not ended"
        if len(sentence) > times * len(note.plain) + more:
            yield "length"
        if has_placeholder(sentence):
            yield "placeholder"

    def _english(self, note: Note, sentence: str) -> Iterator[str]:
        names = [fact for fact in self._names.unsupported(sentence) if fact.kind in ("name", "date", "amount")]
        if any(fact.text not in ("A", "I") for fact in names):
            yield "name added"
        if any(name not in sentence.casefold() for name in self._proper(note)):
            yield "name lost"
        if not self._denies_the_same(note, sentence):
            yield "negation"
        if self._roles_turned(note, sentence):
            yield "person"
        yield from self._words(note, sentence)
        yield from self._distortions.of(note, sentence)
        if sentence_faults.repeats(sentence, note.plain + self._context):
            yield "repetition"
        if sentence_faults.broken(sentence):
            yield "grammar"

    def _words(self, note: Note, sentence: str) -> Iterator[str]:
        """What the note has and the sentence lacks, and the other way round."""
        answered = asks(sentence) or (_ASKING.search(sentence) and not _MAY_I.search(note.plain))
        if "?" in note.plain and not answered:
            yield "question lost"
        if lost := self._lost(note, sentence):
            yield "lost " + " ".join(lost)
        if added := self._added(note, sentence):
            yield "added " + " ".join(added)
        # "ask if he wants armrests" is carried out by asking.
        if gone := [word for word in lost_relations(note.plain, sentence) if word != "if" or "?" not in sentence]:
            yield "relation " + " ".join(gone)

    def _denies_the_same(self, note: Note, sentence: str) -> bool:
        said, denied = len(_NEGATORS.findall(sentence)), len(_NEGATORS.findall(note.plain))
        if said == denied and negation.turned(note.plain, sentence):
            return False
        if said > denied:
            return not denied and bool(_SAME_AS_NOT.search(note.plain))
        return said == denied or bool(_SAME_AS_NOT.search(sentence))

    def _roles_turned(self, note: Note, sentence: str) -> bool:
        if self._roles.turned(note, sentence):
            return True
        if self._claims_for_sender(note, sentence) or turned_people.somebody_forgotten(note, sentence):
            return True
        return turned_people.reader_begins(note, sentence)

    def _claims_for_sender(self, note: Note, sentence: str) -> bool:
        """Whether the sender does or owns something in ``sentence`` that the note does not say."""
        if _FIRST_PERSON.search(note.plain):
            return False
        if _OURS.search(sentence):
            return True
        own = set(self._lexicon.content(note.plain))
        done = (match["verb"] for match in _SENDER_DOES.finditer(sentence))
        return any(not _USUAL.fullmatch(verb) and not has_key(self._lexicon.key(verb), own) for verb in done)

    def _proper(self, note: Note) -> set[str]:
        """Names of the note that the sentence must have: words in capitals, weekdays and months."""
        shouted = note.written.upper() == note.written
        found = set()
        for number, match in enumerate(_WORD.finditer(note.plain)):
            word = match[0]
            if dates.is_name(word) and word[0].isupper():
                found.add(word.casefold())
            elif number and word[0].isupper() and not shouted and not self._emphasised(word):
                found.add(re.sub(r"['’]s?$", "", word.casefold()))
        return found

    def _emphasised(self, word: str) -> bool:
        """Whether an ordinary word stands in capitals for emphasis (``NOT moved``)."""
        lexicon = self._lexicon
        ordinary = word.casefold() in lexicon.grammar or lexicon.is_harmless(word) or lexicon.is_verb(word)
        return word.casefold() in _SMALL_WORDS or (word.isupper() and (ordinary or denies(word)))

    def _lost(self, note: Note, sentence: str) -> list[str]:
        """Words of the note, grammar apart, for which the sentence has none that means the same."""
        said = set(self._lexicon.content(sentence)) | {w.casefold() for w in _WORD.findall(sentence)}
        if _LIKES.search(sentence):
            said.add(self._lexicon.key("want"))
        words = [(note.plain[a:b], key) for a, b, key in self._lexicon.places(note.plain) if len(key) > 1]
        if words and words[0][1] in META_VERBS:
            words = words[1:]
        return [word for word, key in words if not has_key(key, said)]

    def _added(self, note: Note, sentence: str) -> list[str]:
        """Words of the sentence that neither the note nor anything around it has, grammar and politeness apart."""
        own = set(self._lexicon.content(note.plain + " " + note.written)) | self._known
        written = {word.casefold() for word in _WORD.findall(note.plain + " " + note.written)}
        if self._is_answer(note):
            own |= self._answered | {self._lexicon.key("suits")}
        if note.open:
            own.add(self._lexicon.key("send"))  # "report by Friday"
        words = [
            (match[0], self._lexicon.key(match[0]))
            for match in _ALONE.finditer(sentence)
            if match[0].casefold() not in written and not self._lexicon.may_be_added(match[0])
        ]
        added = [(word, key) for word, key in words if not has_key(key, own)]
        if len(added) == 1 and self._is_topic(*added[0]):
            return []
        return [word for word, _ in added]

    def _is_topic(self, word: str, key: str) -> bool:
        """Whether ``word`` only names a thing that another note speaks of: nothing that is done, no name."""
        return word.islower() and not self._lexicon.is_verb(word) and key in self._topics


def _is_abbreviated(code: str) -> bool:
    """Whether a code is a number with a short word that is spelt out (``3x``, ``6wks``, ``11th``, ``9.30am``)."""
    short = re.fullmatch(r"[\d.,:/-]+[A-Za-z]{1,5}|[A-Za-z]{1,4}[\d.,:/-]+[A-Za-z]{0,2}", code)
    return short is not None and not code[0].isupper()
