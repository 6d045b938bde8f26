"""Does a sentence say one note: all of it, nothing else, and the same way round?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from quietdesk.tools import dates, draft_faults, negation, shorthand
from quietdesk.tools.facts import SourceFacts
from quietdesk.tools.letter import has_placeholder
from quietdesk.tools.notes import META_VERBS, Note, asks, covered, denies, has_key
from quietdesk.tools.person import People
from quietdesk.tools.relations import lost_relations
from quietdesk.tools.roles import Roles
from quietdesk.tools.wording import Lexicon, is_chinese

_DIGITS = re.compile(r"\d+")
_CODE = re.compile(r"(?<![\w])(?=[^\s]*\d)(?=[^\s]*[A-Za-z])[A-Za-z0-9]+(?:[-./_][A-Za-z0-9]+)*|\S+@\S+\.\w+|\S+://\S+\w")
_UNIT_SIGNS = re.compile(r"[€$£¥₹₦₱₩%°]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SMALL_WORDS = frozenset(("a", "i", "ok", "am", "pm"))
# A note's "not" may be said by one of these, and what a note says by one of these may be said with "not".
_SAME_AS_NOT = re.compile(
    r"\b(?:without|unable|impossible|refus\w+|declin\w+|instead|rather than|except\w*|apart from|other than|free of"
    r"|un(?:changed|paid|known|available|able|answered|opened|used|signed|touched|finished|confirmed)|missing|lack\w*"
    r"|miss(?:ed)?|avoid|none|neither|nor|nobody|nothing|hardly|leave out|ban\w*|forbidden|refrain|exempt|excluded"
    r"|max(?:imum)?)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"[\u3400-\u9fff]")
# Grammar, polite words, and what letters are made of: found by reading what good sentences add to their notes.
_CHINESE_GRAMMAR = frozenset(
    "的了吗呢吧啊呀哦啦在是和与及或于到至从把被给对为以并也都就还再将会要可能需请您你我他她们它这那个有上下中里内外前后时间"
    "今特此告知通谢希望麻烦方便一下如果因由所其之而且另关已经届进行安排地点位现定好先注意具体情况说明相事项敬呈原来用问想贵次"
    "共件去过得大出家常理提开话但求应很作须随分向者收见子真额号孩打着仍办准本候加别歉抱遗憾深表"
)
# Not the ones of "inconvenience", "respectively", or of a question that names both answers.
_CHINESE_NEGATORS = re.compile(
    r"(?<!对)不(?!便|错|好意思|仅|但|同(?!意)|断|妨|论|管|胜)|没|未|勿|(?<![分特个区告级类辨离])别(?!的|人|墅|名|致|处)"
)
_CHINESE_QUESTION = re.compile(r"[?？]|吗|能否|可否|是否")
_CHINESE_DAY = re.compile(r"[今明昨后]天|今[早晚]|这里|那里")
_CHINESE_ASKING = re.compile(r"[?？]|请|能否|可否|是否|告")
_LEAST_CHINESE = 0.6  # share of a note's characters that its sentence must have
_MOST_CHINESE_ADDED = 3  # different characters that nothing around the note has
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
_MOST_LOST = 0.26  # share of a note's words for which other words may stand
_LONGEST_GROWTH = 2.5, 90  # a sentence has at most so many times its note's characters, and so many more
_MONEY = re.compile(
    r"[€$£¥₦₹₱₩]|\b[A-Z]{3} ?\d|\d ?(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?)\b|\b(?:price|cost|fee|total|pay|paid)\b"
)
# Harmless in itself, but a judgement: the note must have it.
_PRAISE = re.compile(r"fine|ok|okay|good|great|sure", re.IGNORECASE)
_CONTRACTION = re.compile(r"(?:it|there|here|who|we|you|they|that|he|she|what|i)['’](?:ll|d|s|re|ve|m)", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|me|my|mine|we|us|our|ours)\b|\bI['’]", re.IGNORECASE)
_OURS = re.compile(r"\b(?:my|our)\b", re.IGNORECASE)
_SOMEBODY = re.compile(r"\b(?:he|she|they|him|her|them|his|their)\b", re.IGNORECASE)
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
# "You cannot come": the reader does it. A note without any person says that of its writer, or of nobody.
_YOU_DO = re.compile(r"you\b(?!['’]?(?:ll| will) (?:find|see|be|get|receive)\b)", re.IGNORECASE)
_READER = re.compile(
    r"\b(?:you|your|yours|yourself|he|she|they|him|her|them|his|their|whose|who|if|all|everyone|everybody|both)\b",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\?|\b(?:if|whether|please|could you|would you|can you|will you|must|need|should|want|would like|advice)\b",
    re.IGNORECASE,
)


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
        written = "\n".join(note.written for note in notes)
        self._names = SourceFacts("\n".join([self._around, written, *shorthand.days_and_months(written)]))

    def faults(self, at: int, sentence: str) -> tuple[str, ...]:
        """Why ``sentence`` may not stand for note ``at``; empty when it may."""
        note = self._notes[at]
        found = [*self._figures(note, sentence), *self._form(note, sentence)]
        if is_chinese(sentence) or note.chinese:
            found += self._chinese(note, sentence)
        else:
            found += [*self._english(note, sentence)]
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
        if draft_faults.repeats(sentence, note.plain + self._context):
            yield "repetition"
        if draft_faults.broken(sentence):
            yield "grammar"

    def _words(self, note: Note, sentence: str) -> Iterator[str]:
        """What the note has and the sentence lacks, and the other way round."""
        if "?" in note.plain and not asks(sentence) and not _ASKING.search(sentence):
            yield "question lost"
        lost, total = self._lost(note, sentence)
        if len(lost) > _MOST_LOST * total:
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
        if self._claims_for_sender(note, sentence) or self._forgets_somebody(note, sentence):
            return True
        return bool(_YOU_DO.match(sentence)) and not _READER.search(note.plain) and not (note.request or note.open)

    def _claims_for_sender(self, note: Note, sentence: str) -> bool:
        """Whether the sender does or owns something in ``sentence`` that the note does not say."""
        if _FIRST_PERSON.search(note.plain):
            return False
        if _OURS.search(sentence):
            return True
        own = set(self._lexicon.content(note.plain))
        done = (match["verb"] for match in _SENDER_DOES.finditer(sentence))
        return any(not _USUAL.fullmatch(verb) and not has_key(self._lexicon.key(verb), own) for verb in done)

    @staticmethod
    def _forgets_somebody(note: Note, sentence: str) -> bool:
        """Whether a he, she or they of the note is gone: neither named so nor, being the reader, called you."""
        return bool(_SOMEBODY.search(note.plain)) and not _READER.search(sentence)

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

    def _lost(self, note: Note, sentence: str) -> tuple[list[str], int]:
        said = set(self._lexicon.content(sentence)) | {w.casefold() for w in _WORD.findall(sentence)}
        words = [(note.plain[a:b], key) for a, b, key in self._lexicon.places(note.plain) if len(key) > 1]
        if words and words[0][1] in META_VERBS:
            words = words[1:]
        words = [(word, key) for word, key in words if not self._lexicon.is_harmless(word)]
        return [word for word, key in words if not has_key(key, said)], len(words)

    def _added(self, note: Note, sentence: str) -> list[str]:
        """Words of the sentence that neither the note nor anything around it has, and that claim something."""
        own = set(self._lexicon.content(note.plain + " " + note.written)) | self._known | self._lexicon.letter_words
        if self._is_answer(note):
            own |= self._answered
        if _MONEY.search(note.plain):
            own |= self._lexicon.beside_money
        if any(map(str.isdigit, note.plain)):
            own |= self._lexicon.beside_figures
        words = [
            (sentence[start:end], key)
            for start, end, key in self._lexicon.places(sentence)
            if end - start > 1
            and (not self._lexicon.is_harmless(sentence[start:end]) or _PRAISE.fullmatch(sentence[start:end]))
            and not _CONTRACTION.fullmatch(sentence[start:end])
            and not has_key(key, own)
        ]
        if len(words) == 1 and self._is_topic(*words[0]):
            return []
        return [word for word, _ in words]

    def _is_topic(self, word: str, key: str) -> bool:
        """Whether ``word`` only names a thing that another note speaks of: nothing that is done, no name."""
        claims = self._lexicon.is_verb(word) or _PRAISE.fullmatch(word)
        return word.islower() and not claims and key in self._topics

    def _chinese(self, note: Note, sentence: str) -> Iterator[str]:
        """Chinese is compared character by character: it is written without blanks."""
        if _chinese_denials(note.written) != _chinese_denials(sentence):
            yield "negation"
        said, own = set(sentence), set(_CHINESE.findall(note.written)) - _CHINESE_GRAMMAR
        if own and len(own & said) < _LEAST_CHINESE * len(own):
            yield "lost " + "".join(sorted(own - said))
        sources = note.written + self._context
        if _repeats_chinese(sentence, sources):
            yield "repetition"
        if set(_CHINESE_DAY.findall(sentence)) - set(_CHINESE_DAY.findall(sources)):
            yield "day added"
        added = set(_CHINESE.findall(sentence)) - set(self._around) - _CHINESE_GRAMMAR
        if len(added) > _MOST_CHINESE_ADDED:
            yield "added " + "".join(sorted(added))
        if _CHINESE_QUESTION.search(note.written) and not _CHINESE_ASKING.search(sentence):
            yield "question lost"
        if any(word.casefold() not in sentence.casefold() for word in re.findall(r"[A-Za-z]{2,}", note.written)):
            yield "name lost"


def _chinese_denials(text: str) -> int:
    """How often ``text`` denies; "can you or can't you" asks."""
    return len(_CHINESE_NEGATORS.findall(re.sub(r"(.)不\1", "", text)))


def _repeats_chinese(text: str, source: str) -> bool:
    """Whether two neighbouring characters come twice in ``text`` but not in ``source``."""
    pairs = [pair for pair in map("".join, pairwise(text)) if len(_CHINESE.findall(pair)) == 2]
    return any(count > max(1, source.count(pair)) for pair, count in Counter(pairs).items())


def _is_abbreviated(code: str) -> bool:
    """Whether a code is a number with a short word that is spelt out (``3x``, ``6wks``, ``11th``, ``9.30am``)."""
    short = re.fullmatch(r"[\d.,:/-]+[A-Za-z]{1,5}|[A-Za-z]{1,4}[\d.,:/-]+[A-Za-z]{0,2}", code)
    return short is not None and not code[0].isupper()
