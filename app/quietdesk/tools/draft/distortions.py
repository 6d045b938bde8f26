"""Ways in which a small model distorts a note that leave no word or number missing: found by reading what it wrote.

Each is a :class:`Distortion` with the name that a fault gets. They are told from the words alone and err on the side
of refusing: a note whose sentence is refused is written by rules, which change nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from quietdesk.tools.draft import turned_people
from quietdesk.tools.draft.notes import Note
from quietdesk.tools.draft.wording import Lexicon
from quietdesk.tools.text.word_sets import word_set

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_PART = re.compile(r"[,;:]\s|\s[-–]\s")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,:]\d+)*|[;,:€$£%°]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_STOPS = frozenset(",;:")
_NEAR = 2  # neighbours of a number in a note, on either side
_STILL_NEAR = 3  # of which one must be this near in the sentence
_LEAST_NAMED = 2  # letters; shorter words may come again

_MODAL = re.compile(r"\b(?:must|should|shall|may|might|could|can|would|needs? to|have to|has to)\b", re.IGNORECASE)
_POLITE_MODAL = re.compile(r"\b(?:would (?:like|love|be (?:happy|glad|grateful))|may I)\b|\bcan['’]t\b", re.IGNORECASE)
_LEAVES_OPEN = re.compile(
    r"[?!]|\b(?:need\w*|have to|has to|maybe|perhaps|probably|want\w*|required?|mandatory|allowed|able|\w+[ai]ble|"
    r"cannot|can['’]t|likely|hope|like|ok|okay|ask|if|only|free)\b",
    re.IGNORECASE,
)
_ABLE = re.compile(r"\b\w{3,}[ai]ble\b")
_NOT_ABLE = frozenset(
    ("available", "responsible", "reliable", "comfortable", "terrible", "vegetable", "double", "trouble")
)
_SMALL = re.compile(
    r"\b(?:earlier|later|sooner|first|last|more|less|early|late|own|back|again|already|yet|also|now|extra|instead|away|"
    r"new|old|same|other|another|next|rest|half|twice|once|both|alone|together|here|there|under|over|above|below|inside|"
    r"outside|without|real|actually|even|too)\b",
    re.IGNORECASE,
)
_FUTURE = re.compile(
    r"\b(?:will|going to|due to be|about to|to be|(?:am|is|are)(?: not)? \w+ing)\b|['’]ll\b", re.IGNORECASE
)
_HAPPENED = re.compile(r"\b(?:was|were|had|did|went|got|told|\w{2,}ed)\b", re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:will|going to|to be|next|tomorrow|until|by|from|if|need\w*|\w+ing)\b|['’]ll\b|→|->|=", re.IGNORECASE
)
_OF = re.compile(r"(\d+) of (\d+)")
_CAUSE = re.compile(
    r"\b(?:because|since(?! \d)|due to|as (?:it|the|I|we|he|she|they|this|there|you)|so that|therefore|"
    r"so (?:I|we|that|the|it|please)|in order to|if|unless|although|though|even)\b",
    re.IGNORECASE,
)
_CAUSED = re.compile(
    r"[?=→]|->|\b(?:because|since|due|as|so|therefore|if|unless|although|though|even|when|whether|ask|else|cause\w*|for|"
    r"after|to|otherwise|then|in case|provided|reason|cos|bc|why)\b",
    re.IGNORECASE,
)
_BUT = re.compile(r"(?<!sorry, )(?<!sorry )\bbut\b", re.IGNORECASE)
_OPPOSED = re.compile(r"\b(?:but|not|no|never|only|however|except|instead|without)\b|n['’]t\b", re.IGNORECASE)
_SHORT_IS = re.compile(
    r"\b(?!(?:it|there|here|that|he|she|what|who|where|how|let|when)['’])\w+['’]s "
    r"(?:no|not|a|an|the|at|on|in|to|still|now|\d)",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r"\b(?!(?:is|are|was|were|be|do|does|did|has|have|had|will|would|could|can|should|must|may|i|we|you|he|she|they|it|if|or"
    r"|and|but|please|why)\b)[\w'’]+,? not (?P<other>\w+(?<!ed))(?=\s*(?:$|[,;.:]))",
    re.IGNORECASE,
)
_PREDICATES = word_set(
    """free available ready safe urgent due open closed here there in on at yet back full new included needed allowed
    possible valid legal"""
)
_DENIED_VERB = r"\b(?:is|are|was|were|be|do|does|did|has|have|will|should|can)(?: not|n['’]t) (?:an? |the |be )?"
_ENDS_NOT = re.compile(r"\bnot\s*(?:$|[,;])", re.IGNORECASE)
_SAYS_NOT_LAST = re.compile(r"(?:\bnot|n['’]t)\s*(?:[,.;!?]|$)", re.IGNORECASE)
_LETTER = re.compile(r"(?<![\w'’.])[B-HJ-Z](?![\w'’.&])|(?<=, )A(?= )")
_UP_TO = re.compile(r"\b(?:up|down) to\b", re.IGNORECASE)
_LIMITED = re.compile(r"\b(?:to|max(?:imum)?|most|until|than)\b|[→≤<]|->|\d\s?[-–]\s?\d", re.IGNORECASE)
_SAID_TO = re.compile(r"\b(?:is|are|was|were) (?:said|told|thought|reported|believed) to\b", re.IGNORECASE)
_LATER_IT = re.compile(
    r"(?<!^)(?<!\buntil )(?<!\bwhen )(?<!\bonce )(?<!\bif )(?<!\band )(?<!\bthat )\bit\b", re.IGNORECASE
)
_IT = re.compile(r"\bit(?:s|['’]s)?\b", re.IGNORECASE)
_THANKS = re.compile(r"\b(?:thank|grateful for)", re.IGNORECASE)
_THANKED = re.compile(r"thank|grateful|appreciat|thx|kind", re.IGNORECASE)
_NOW = re.compile(r"\b(?:now|today|currently|at the moment)\b", re.IGNORECASE)
_MARKS_TIME = re.compile(
    r"\b(?:will|going|to|from|until|by|next|tomorrow|tonight|on|at|if|in|after|before|when|then|else|otherwise|this|unless|"
    r"no|not|won['’]t|(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|"
    r"september|october|november|december)\b|\d:\d\d|['’]ll\b",
    re.IGNORECASE,
)
_WILL = re.compile(r"\bwill\b|['’]ll\b", re.IGNORECASE)
_WAS = re.compile(r"\b(?:was|were|had)\b", re.IGNORECASE)
_WAS_SO = re.compile(
    r"\b(?:was|were|had|did|didn['’]t|wasn['’]t|weren['’]t|last|yesterday|ago|since|already|yet|never|been|sorry|thanks?|"
    r"hope)\b",
    re.IGNORECASE,
)
_STILL_TO_COME = re.compile(r"\b(?:unless|if|next|tomorrow|until)\b|\bby \d", re.IGNORECASE)
_BY = re.compile(r"\bby\b", re.IGNORECASE)
_FROM_THEN = re.compile(r"\bfrom (?:\d|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|tomorrow|today|now)")
_FROM = re.compile(r"\b(?:from|since|starting|as of|between|to)\b|\d\s?[-–]\s?\d|day\s?[-–]|→|->", re.IGNORECASE)
_BY_THEN = re.compile(r"\b(?:by|until|before|deadline|due|within|latest|via|with|through)\b", re.IGNORECASE)
_DIRECTION = re.compile(
    r"\b(?P<way>from|to|until|before|after|since|under|over)\s+(?P<what>(?:€|£|\$|EUR |USD |GBP )?(?:\d[\w.,:]*\w|\d|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July|August|September|October|"
    r"November|December|noon|tomorrow|today))"
)
_WAYS = r"\b(from|to|until|before|after|since|under|over|by)\s+(?:the )?"
_ALIKE = frozenset(("until", "to"))
_CONDITION = re.compile(r"\b(?:if|unless|because|due to|so that)\b")
_CONDITIONED = re.compile(
    r"[?=:→]|->|\b(?:if|unless|ask|whether|because|due|else|otherwise|cos|bc|rain|in case|when)\b", re.IGNORECASE
)
_DENIED_PART = re.compile(r",\s*(?P<how>never|not)\s+(?P<what>\w+)", re.IGNORECASE)
_COULD_YOU = re.compile(r"\b(?:could|can|would|will) you\b", re.IGNORECASE)
_OF_READER = re.compile(r"\b(?:you|please|he|she|they|him|her|them)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Distortion:
    """One way: its name, and whether a sentence has it."""

    name: str
    found: Callable[[Note, str], bool]


class Distortions:
    """All of them, for English."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known = (
            Distortion("modal added", _modal_added),
            Distortion("possibility lost", _possibility_lost),
            Distortion("small word lost", _small_word_lost),
            Distortion("request added", turned_people.request_added),
            Distortion("reader added", turned_people.reader_added),
            Distortion("owner changed", turned_people.owner_changed),
            Distortion("future added", _future_added),
            Distortion("past added", self._past_added),
            Distortion("direction changed", _direction_changed),
            Distortion("deadline added", _deadline_added),
            Distortion("reader lost", turned_people.reader_lost),
            Distortion("sides changed", turned_people.sides_changed),
            Distortion("sender added", turned_people.sender_added),
            Distortion("sender lost", turned_people.sender_lost),
            Distortion("nobody's state", turned_people.state_of_nobody),
            Distortion("question turned", self._question_turned),
            Distortion("tense changed", self._tense_changed),
            Distortion("it added", _it_added),
            Distortion("thanks added", _thanks_added),
            Distortion("share broken", _share_broken),
            Distortion("numbers exchanged", _numbers_exchanged),
            Distortion("number moved", self._number_moved),
            Distortion("said twice", self._said_twice),
            Distortion("repetition lost", self._repetition_lost),
            Distortion("limit added", _limit_added),
            Distortion("hearsay added", _hearsay_added),
            Distortion("reason added", _reason_added),
            Distortion("contrast changed", self._contrast_changed),
            Distortion("unclear short form", _unclear_short_form),
            Distortion("letter lost", _letter_lost),
            Distortion("offer added", turned_people.offer_added),
        )

    def of(self, note: Note, sentence: str) -> Iterator[str]:
        """The names of those that ``sentence``, written for ``note``, has."""
        return (each.name for each in self._known if each.found(note, sentence))

    def _said_twice(self, note: Note, sentence: str) -> bool:
        """``a charge difference will be charged``"""
        before, after = Counter(self._lexicon.content(note.plain)), Counter(self._lexicon.content(sentence))
        return any(n > max(1, before[key]) for key, n in after.items() if key in before and len(key) > _LEAST_NAMED)

    def _repetition_lost(self, note: Note, sentence: str) -> bool:
        """``half now and on the 29th`` for ``half now half on the 29th``"""
        before, after = Counter(self._lexicon.content(note.plain)), Counter(self._lexicon.content(sentence))
        return any(n > after[key] > 0 and len(key) > _LEAST_NAMED for key, n in before.items())

    def _number_moved(self, note: Note, sentence: str) -> bool:
        """``limit of 0661`` for ``limits, cert 0661``: none of a number's neighbours is near it any longer."""
        before, after = self._neighbours(note.plain, _NEAR), self._neighbours(sentence, _STILL_NEAR)
        return any(number in after and near and not near & after[number] for number, near in before.items())

    def _past_added(self, note: Note, sentence: str) -> bool:
        """``the statement was at 17:30`` for ``statement at 17:30``"""
        if not _WAS.search(sentence) or _WAS.search(note.plain):
            return False
        if _STILL_TO_COME.search(note.plain):
            return True
        if _WAS_SO.search(note.plain):
            return False
        pasts = self._lexicon.pasts | self._lexicon.participles
        return not any(word.casefold() in pasts for word in _WORD.findall(note.plain))

    def _question_turned(self, note: Note, sentence: str) -> bool:
        """``could you have a beer on Friday?`` for ``beer friday?``"""
        if "?" not in note.plain or _OF_READER.search(note.plain) or not _COULD_YOU.search(sentence):
            return False
        return not any(self._lexicon.is_command(part) for part in re.split(r"[,;:–(?.]\s*", note.plain))

    def _contrast_changed(self, note: Note, sentence: str) -> bool:
        """``the glass is not plastic`` for ``glass not plastic``; ``there is no shed`` for ``shed not``"""
        others = (match["other"] for match in _CONTRAST.finditer(note.plain) if self._names_thing(match["other"]))
        for part in _DENIED_PART.finditer(note.plain):
            if re.search(rf"\b(?:was|were|is|are|be|been) {part['how']} {part['what']}", sentence, re.IGNORECASE):
                return True
        if any(re.search(_DENIED_VERB + re.escape(other), sentence, re.IGNORECASE) for other in others):
            return True
        return bool(_ENDS_NOT.search(note.plain)) and not _SAYS_NOT_LAST.search(sentence)

    def _names_thing(self, word: str) -> bool:
        """Whether what stands after "not" is a thing: "inspector not free" denies something of the inspector."""
        says = word.casefold() in _PREDICATES or self._lexicon.is_verb(word) or self._lexicon.is_harmless(word)
        return not says and not word.endswith(("ing", "able", "ible"))

    def _tense_changed(self, note: Note, sentence: str) -> bool:
        """``will move`` for ``moved``; ``were taken`` for ``took``"""
        pasts = self._lexicon.pasts | self._lexicon.participles
        said = {word.casefold() for word in _WORD.findall(sentence)}
        present = {self._lexicon.key(word) for word in said - pasts}
        passive = {self._lexicon.key(word) for word in said & (self._lexicon.participles - self._lexicon.pasts)}
        for word in map(str.casefold, _WORD.findall(note.plain)):
            if word not in pasts or word in said:
                continue
            key = self._lexicon.key(word)
            if key in present or (key in passive and word not in self._lexicon.participles):
                return True
        return False

    def _neighbours(self, text: str, reach: int) -> dict[str, set[str]]:
        """The keys of the words, numbers and signs near each number, as far as the comma or colon around them."""
        tokens = [token.casefold() for token in _TOKEN.findall(text)]
        near: dict[str, set[str]] = {}
        for place, token in enumerate(tokens):
            if token[0].isdigit():
                found = near.setdefault(token, set())
                found |= self._first_keys(reversed(tokens[:place]), reach)
                found |= self._first_keys(iter(tokens[place + 1 :]), reach)
        return near

    def _first_keys(self, tokens: Iterator[str], count: int) -> set[str]:
        found: set[str] = set()
        for word in tokens:
            if word in _STOPS or len(found) == count:
                break
            if not word.isalpha():
                found.add(word)
            elif word not in self._lexicon.grammar:
                found.add(self._lexicon.key(word))
        return found


def _modal_added(note: Note, sentence: str) -> bool:
    """``must be wet`` for ``wet``"""
    said = _MODAL.search(_POLITE_MODAL.sub("", sentence))
    told = _MODAL.search(note.plain) or _LEAVES_OPEN.search(note.plain)
    return bool(said) and not told and "?" not in sentence and turned_people.states(note)


def _possibility_lost(note: Note, sentence: str) -> bool:
    """``extended`` for ``extendable``"""
    words = set(_ABLE.findall(note.plain.casefold())) - _NOT_ABLE
    return any(word not in sentence.casefold() for word in words) and not _MODAL.search(sentence)


def _small_word_lost(note: Note, sentence: str) -> bool:
    """``if bleeding`` for ``earlier if bleeding``"""
    return bool(_lowered(_SMALL, note.plain) - _lowered(_SMALL, sentence))


def _future_added(note: Note, sentence: str) -> bool:
    """``will go`` for ``went``"""
    happened = _HAPPENED.search(note.plain) and not _AHEAD.search(note.plain) and not note.request
    if happened and _FUTURE.search(sentence):
        return True
    at_present = _NOW.search(note.plain) and not _WILL.search(note.plain)
    return bool(_WILL.search(sentence)) and bool(at_present or not _MARKS_TIME.search(note.plain))


def _direction_changed(note: Note, sentence: str) -> bool:
    """``from 1 March`` for ``to 1 March``"""
    for match in _DIRECTION.finditer(note.plain):
        said = re.search(_WAYS + re.escape(match["what"]), sentence)
        if said and said[1] != match["way"] and not {said[1], match["way"]} <= _ALIKE:
            return True
    return False


def _deadline_added(note: Note, sentence: str) -> bool:
    """``due by now`` for ``due now``; ``removed from Friday`` for ``removed friday``"""
    if _BY.search(sentence) and not _BY_THEN.search(re.sub(r"\bdue now\b", "", note.plain)):
        return True
    return bool(_FROM_THEN.search(sentence)) and not _FROM.search(note.plain)


def _it_added(note: Note, sentence: str) -> bool:
    """``if you click it`` for ``if you clicked``: nothing in the note says what it is."""
    return bool(_LATER_IT.search(sentence)) and not _IT.search(note.plain)


def _thanks_added(note: Note, sentence: str) -> bool:
    """``I am grateful for the card`` for ``card``"""
    return bool(_THANKS.search(sentence)) and not _THANKED.search(note.plain)


def _limit_added(note: Note, sentence: str) -> bool:
    """``up to 7 months`` for ``up 7 months``"""
    return bool(_UP_TO.search(sentence)) and not _LIMITED.search(note.plain)


def _hearsay_added(note: Note, sentence: str) -> bool:
    """``she is said to have`` for ``she's said``"""
    return bool(_SAID_TO.search(sentence)) and not _SAID_TO.search(note.plain)


def _share_broken(note: Note, sentence: str) -> bool:
    """``of the 7 wells, 12`` for ``7 of 12 wells``"""
    between = r" (?:out )?of (?:the |our |a total of )?"
    return any(not re.search(rf"(?<!\d){a}{between}{b}(?!\d)", sentence) for a, b in _OF.findall(note.plain))


def _numbers_exchanged(note: Note, sentence: str) -> bool:
    """Whether numbers of one part of the note stand in another order."""
    said = _NUMBER.findall(sentence)
    for part in _PART.split(note.plain):
        told = list(dict.fromkeys(_NUMBER.findall(part)))
        order = list(dict.fromkeys(number for number in said if number in told))
        if order != [number for number in told if number in order]:
            return True
    return False


def _reason_added(note: Note, sentence: str) -> bool:
    """``off, as it is full`` for ``off, full``"""
    if _CAUSE.search(sentence) and not _CAUSED.search(note.plain):
        return True
    if _CONDITION.search(sentence) and not _CONDITIONED.search(note.plain):
        return True
    return bool(_BUT.search(sentence)) and not _OPPOSED.search(note.plain)


def _unclear_short_form(note: Note, sentence: str) -> bool:
    """``the wearer's no`` for ``the wearer has no``"""
    return bool(_SHORT_IS.search(sentence)) and not _SHORT_IS.search(note.plain)


def _letter_lost(note: Note, sentence: str) -> bool:
    """``unit B is off and full load`` for ``unit B off, A full load``"""
    for letter, count in Counter(_LETTER.findall(note.plain)).items():
        if len(re.findall(rf"(?<![\w'’]){letter}(?![\w'’])", sentence)) < count:
            return True
    return False


def _lowered(pattern: re.Pattern[str], text: str) -> set[str]:
    return {match.casefold() for match in pattern.findall(text)}
