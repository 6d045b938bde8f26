"""A note written out without the model: a plain sentence where its form is sure, else a line of a list.

Only capitals, articles, prepositions and polite forms are added, so that nothing can be claimed that the note does not
say. It is what a letter falls back on for notes that the model leaves out or distorts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from quietdesk.tools.draft import person
from quietdesk.tools.draft.notes import Note
from quietdesk.tools.draft.person import People
from quietdesk.tools.draft.phrases import is_plural, lower_first, sentence, with_article, with_prepositions
from quietdesk.tools.draft.wording import Lexicon

_THANKS = re.compile(
    r"^(?:(?:many|a big|big)\s+)?(?:thanks?(?:\s+(?:you|him|her|them|u))?)(?P<much>\s+(?:a lot|so much|"
    r"very much))?(?:\s+(?:again))?(?:\s+for)?\s+(?P<what>.+)$",
    re.I,
)
_BARE_THANKS = re.compile(
    r"^(?:many\s+)?thanks?(?:\s+(?:you|him|her|them))?(?:\s+(?:a lot|so much|very much|again|in "
    r"advance))?$",
    re.I,
)
_SORRY = re.compile(
    r"^(?:(?:so|really|very|again)\s+)*(?:sorry|apologi[sz]e|apologies|"
    r"apology)\s+(?P<how>(?:again\s+)?(?:for|about|to|that|if)\s+)?(?P<what>[^\s–-].*)$",
    re.I,
)
_SORRY_THEN = re.compile(
    r"^(?:(?:so|really|very)\s+)*sorry\s?(?:,|:|\s[–-])\s*(?P<what>(?!for\b|about\b|to\b|so\b)\S.+)$", re.I
)
_BARE_SORRY = re.compile(r"^(?:(?:so|really|very|again)\s+)*(?:sorry|apologi[sz]e|apologies)(?:\s+again)?$", re.I)
_CONGRATULATIONS = re.compile(
    r"^congratulat(?:ions|e)(?:\s+(?:you|him|her|them))?(?:\s+(?:on|to|for)\s+(?P<what>.+)|"
    r"(?P<rest>\s+.+))?$",
    re.I,
)
_ASK_IF = re.compile(
    r"^(?:also\s+)?ask\s+(?:(?:him|her|them|you)\s+)?(?P<what>(?:if|whether|when|what|where|who|how|why|"
    r"which)\b.+)$",
    re.I,
)
_ASK_TO = re.compile(r"^(?:also\s+)?ask\s+(?:(?:him|her|them|you)\s+)?to\s+(?P<what>.+)$", re.I)
# Somebody else is to be asked by the reader.
_ASK_SOMEBODY = re.compile(
    r"^(?:also\s+)?ask\s+(?!(?:him|her|them|you|for|about|if|whether)\b)(?P<who>[\w .'’-]{2,40}?)\s+"
    r"to\s+(?P<what>\w.+)$",
    re.I,
)
_ASK_FOR = re.compile(
    r"^(?:also\s+)?(?:ask|request)\s+(?:(?:him|her|them|you)\s+)?(?:(?P<about>about)\s+|"
    r"for\s+)?(?P<what>.+)$",
    re.I,
)
_TOPIC_ASK = re.compile(r"^(?P<topic>[a-z][a-z ]{2,30}):\s+ask\s+(?:for\s+)?(?P<what>.+)$", re.I)
_REMIND_TO = re.compile(r"^remind\s+(?:him|her|them|you)\s+to\s+(?P<what>.+)$", re.I)
_TELL = re.compile(r"^(?:tell|inform|remind|let)\s+(?:him|her|them|you)(?:\s+know)?\s+(?:that\s+)?(?P<what>.+)$", re.I)
_INVITE = re.compile(r"^invite\s+(?P<whom>him|her|them|you)?\s*(?P<what>(?:to|for)\s.+)$", re.I)
_VERB_OF_SENDER = re.compile(
    r"^(?P<verb>suggest|propose|recommend|offer|confirm|accept|decline|reject|"
    r"agree)\s+(?P<what>[^:].*)$",
    re.I,
)
_PLEASE = re.compile(r"^(?:please|kindly)[,:]?\s+(?P<what>.+)$|^(?P<what2>.+?)[,]?\s+please$", re.I)
_CAN_THEY = re.compile(r"^(?P<modal>can|could|will|would)\s+(?:he|she|they|you)\s+(?P<what>.+)$", re.I)
_CAN = re.compile(
    r"^(?P<modal>can|can['’]t|cannot|won['’]t|will|will not)\s+(?P<what>(?:only\s+|not\s+|"
    r"also\s+)?(?:accept|agree|attend|call|come|help|join|make|meet|pay|talk|wait|promise)\b.*)$",
    re.I,
)
_MODALS = {"can't": "cannot", "won't": "will not"}
_WILL = re.compile(r"^will\s+(?:also\s+|then\s+|not\s+)?(?P<verb>[a-z]+)\b", re.I)
_GLAD = re.compile(r"^(?:interested|glad to|happy to)\b", re.I)
_AWAY = re.compile(r"^(?:away|out of (?:the )?office|on leave|on holiday|off sick)\b", re.I)
_DID = re.compile(
    r"^(?:(?:got|received|sent|found|checked|booked|bought|forgot)\s+(?:the|an?|your|my|his|her|no|"
    r"this|wrong|all|both|it|them)\b|(?:called|rang|tried|waited|paid|switched to|lost (?=\d))\s?)",
    re.I,
)
_ATTACHED = re.compile(
    r"^(?P<what>[^:;,.?!]{2,60}?)\s+(?:is\s+|are\s+)?(?P<how>attached|enclosed)(?P<rest>\s+again|"
    r"\s+as\s+\w+)?$",
    re.I,
)
_PROSE = re.compile(r"^[A-Z\d\"'“‘(][^\n]{25,}[.!?…][\"'”’)]*$")
_FINE = re.compile(r"^(?P<what>[^:;,.?!–]{2,40}?)\s+(?:ok|okay|fine)(?P<me>\s+(?:with|for|by)\s+(?:me|us))?$", re.I)
_DONE = re.compile(r"^(?P<what>[^:;,.?!–]{2,40}?)\s+(?P<how>[a-z]+)$")
_WHEN = re.compile(
    r"\d\s?(?:January|February|March|April|May|June|July|August|Sept|October|November|December)|\b(?:Mon|"
    r"Tues|Wednes|Thurs|Fri|Satur|Sun)day|\d[:/]\d|tomorrow|tonight|next |from |until "
)
_SUBJECT = re.compile(
    r"^(?:I|we|you|it|they|he|she|there|this|that|I['’]m|I['’]ve|I['’]ll|we['’]re|we['’]ve|we['’]ll|"
    r"it['’]s|you['’]re|my|our|your)\b",
    re.I,
)
_NEED = re.compile(r"^(?P<also>also\s+)?need\s+(?!\d{1,2}\s(?-i:[A-Z])|(?-i:[A-Z])|to\b)(?P<what>.+)$", re.I)
_AUXILIARY = re.compile(
    r"\b(?:(?-i:may)|is|are|was|were|has|have|had|must|can|can['’]t|cannot|will|won['’]t|should|"
    r"isn['’]t|aren['’]t|wasn['’]t|hasn['’]t|haven['’]t|weren['’]t|wouldn['’]t|couldn['’]t|shouldn['’]t|needn['’]t|doesn['’]t|don['’]t|didn['’]t|does|did)\b",
    re.I,
)
# "talk on 3 October has to be cancelled"
_NOUN_FIRST = re.compile(
    r"\w+ (?:on|in|at|from|for|with|of|by)\b[^,;:]*?\b(?:has|have|is|are|was|were|will|must|isn['’]t|wasn['’]t)\b", re.I
)
_DO_NOT = re.compile(
    r"^(?:do not|don['’]t|never|always)\s+(?!want|need|like|know|have|agree|understand|think|see|mind)", re.I
)
_I_DO_NOT = re.compile(r"^(?:do not|don['’]t)\s+(?:want|need|like|know|have|agree|understand|think|see|mind)\b", re.I)
_WANT_ME = re.compile(r"^want\s+(?P<what>(?:me|us)\s+to\b.+\?)$", re.I)
_WANT = re.compile(r"^want\s+(?!to\b)(?P<what>[^?]+)$", re.I)
_WH_CLAUSE = re.compile(
    r"^(?:who|what|where|when|how|which|why)\s+(?:\w+\s+)?(?:is|are|has|have|do|does|can|will|should|would|could)\b",
    re.I,
)
_QUESTION_WORD = re.compile(
    r"^(?:can|could|do|does|did|is|are|was|were|will|would|shall|should|may|might|has|have|when|what|"
    r"where|who|how|why|which|whose|any)\b",
    re.I,
)
_NO_STATE = frozenset(("left", "due", "put", "cut", "set", "let", "been", "gone", "come", "had", "done"))
_AGREES = re.compile(
    r"^(?:yes|ok|okay|agreed|sure|fine|works for me|sounds good|yes please)[,.!]?\s*(?P<rest>.*)$", re.I
)
_REFUSES = re.compile(r"^no[,.!]?$", re.I)


@dataclass(frozen=True, slots=True)
class Line:
    """What a note became. ``listed``: it is a line of a list, not a sentence."""

    text: str
    listed: bool = False


class PlainWriter:
    """Writes English notes out as sentences of a letter from ``people.sender`` to ``people.recipient``."""

    def __init__(self, lexicon: Lexicon, people: People, tone: str) -> None:
        self._lexicon = lexicon
        self._people = people
        self._tone = tone

    def write(self, note: Note, *, to_reader: bool = False) -> Line:
        """The note as a sentence, or as a line of a list. ``to_reader``: its he or she is the reader."""
        text = note.plain.strip()
        if to_reader:
            text = person.to_reader(text)
        if _PROSE.match(note.written):
            return Line(text)
        bare = text.rstrip(" .!")
        marks = text[len(bare) :].strip()
        end = "!" if "!" in marks and self._tone == "friendly" else "."
        for form in self._forms():
            if said := form(bare):
                return Line(sentence(with_prepositions(said, self._lexicon), end))
        listing = re.match(r"(?!ask|tell|say|remind)\w+:", bare, re.I)
        if listing and self._lexicon.is_command(bare.replace(":", " the", 1)):
            bare = f"Please {bare}"
        return Line(sentence(bare, "").rstrip("."), listed=True)

    def _forms(self) -> tuple[Callable[[str], str], ...]:
        return (
            self._question, self._thanks, self._sorry, self._congratulations, self._asking, self._telling,
            self._request, self._answer, self._wanting,
            self._acting, self._attached, self._fine, self._done, self._clause,
        )  # fmt: skip

    def _the(self, noun: str) -> str:
        return with_article(noun, self._lexicon)

    @property
    def _self(self) -> str:
        return "We" if self._people.we else "I"

    def _be(self) -> str:
        return "We are" if self._people.we else "I am"

    def _question(self, text: str) -> str:
        if not text.endswith("?"):
            asks = re.match(r"(?:can|could|will|would) you ", text, re.I) or _WH_CLAUSE.match(text)
            return f"{text}?" if asks else ""
        if match := _CAN_THEY.match(text):
            polite = {"can": "Could", "will": "Would"}.get(match["modal"].casefold(), match["modal"].capitalize())
            return f"{polite} you {match['what']}"
        if match := _WANT_ME.match(text):
            return f"Would you like {match['what']}"
        return text if _QUESTION_WORD.match(text) or len(text.split()) <= 8 else ""

    def _thanks(self, text: str) -> str:
        if _BARE_THANKS.match(text):
            return (
                "Thank you in advance"
                if "advance" in text
                else "Thank you very much"
                if "much" in text or "lot" in text
                else "Thank you"
            )
        match = _THANKS.match(text)
        if not match or re.match(r"[,.;:–-]|(?:to|from|in|but|and)\b", match["what"]):
            return ""
        return f"Thank you{' very much' if match['much'] else ''} for {self._the(match['what'])}"

    def _sorry(self, text: str) -> str:
        if match := _SORRY_THEN.match(text):
            rest = next(
                (
                    said
                    for form in (self._acting, self._attached, self._done, self._clause)
                    if (said := form(match["what"]))
                ),
                "",
            )
            cannot = re.match(r"(?:can['’]t|cannot|won['’]t)", match["what"], re.I)
            if cannot and not rest:
                rest = f"{self._self} {match['what']}"
            if re.match(r"(?:I|We|My|Our)\b", rest, re.I):
                return f"{self._be()} sorry, but {rest if rest[0] == 'I' else lower_first(rest)}"
            return f"{self._be()} sorry: {rest or match['what']}"
        if _BARE_SORRY.match(text):
            return (
                "Please accept our apologies" if self._tone == "formal" and self._people.we else f"{self._be()} sorry"
            )
        match = _SORRY.match(text)
        if not match:
            return ""
        how = (match["how"] or "").strip() or "for"
        if not match["how"] and not re.match(
            r"(?:the|this|any|all|your|my|our|delay|late|trouble|incon)", match["what"], re.I
        ):
            return ""
        return f"{self._be()} sorry {how} {self._the(match['what']) if how in ('for', 'about') else match['what']}"

    def _congratulations(self, text: str) -> str:
        match = _CONGRATULATIONS.match(text)
        if not match or match["rest"]:
            return ""
        return f"Congratulations on {self._the(match['what'])}!" if match["what"] else "Congratulations!"

    def _asking(self, text: str) -> str:
        if match := _ASK_IF.match(text):
            what = person.to_reader(re.sub(r"^if\b", "whether", match["what"], flags=re.I))
            return f"Could you please tell {'us' if self._people.we else 'me'} {what}?"
        if match := _ASK_TO.match(text):
            return f"Could you please {person.to_reader(match['what'])}?"
        if match := _ASK_SOMEBODY.match(text):
            return f"Please ask {self._the(match['who'])} to {match['what']}"
        if match := _TOPIC_ASK.match(text):
            subject = "we" if self._people.we else "I"
            return f"as for {self._the(match['topic'])}, {subject} would like to ask for {match['what']}"
        return self._asking_for(text)

    def _asking_for(self, text: str) -> str:
        if match := _ASK_FOR.match(text):
            what = person.to_reader(match["what"])
            if match["about"]:
                return f"{self._self} would like to ask about {self._the(what)}"
            counted = _first_word(what) in self._lexicon.counted_nouns
            return f"{self._self} would like to ask for {'a ' if counted else ''}{what}"
        return ""

    def _telling(self, text: str) -> str:
        if match := _REMIND_TO.match(text):
            return f"Please remember to {person.to_reader(match['what'])}"
        if match := _TELL.match(text):
            return f"Please note that {person.to_reader(match['what'])}" if self._is_clause(match["what"]) else ""
        if match := _INVITE.match(text):
            return f"{self._self} would like to invite you {match['what']}"
        return ""

    def _request(self, text: str) -> str:
        if match := _PLEASE.match(text):
            what = match["what"] or match["what2"]
            first = what.split()[0].casefold().strip(",:")
            if match["what"] and first not in ("the", "a", "an", "no", "and"):
                return f"Please {lower_first(what)}"
            asks = first in self._lexicon.imperative or first in self._lexicon.imperative_or_noun
            return f"Please {lower_first(what)}" if asks and not re.search(r"[.?!]", what) else ""
        if _DO_NOT.match(text):
            return f"Please {lower_first(text)}"
        if re.match(r"get well\b", text, re.I):
            return text
        if "?" in text or _NOUN_FIRST.match(text):
            return ""
        return f"Please {lower_first(text)}" if self._lexicon.is_command(text) else ""

    def _answer(self, text: str) -> str:
        if _REFUSES.match(text):
            return "Unfortunately, the answer is no"
        match = _AGREES.match(text)
        if not match:
            return ""
        rest = match["rest"].strip()
        if not rest:
            return "Yes, that is fine"
        if len(rest.split()) <= 4 and re.match(r"\d|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|the \d", rest):
            return f"Yes, {rest} is fine"
        return f"Yes, {rest}" if text[:3].casefold() == "yes" and self._is_clause(rest) else ""

    def _wanting(self, text: str) -> str:
        if match := _NEED.match(text):
            article = "a " if _first_word(match["what"]) in self._lexicon.counted_nouns else ""
            return f"{self._self} {'also ' if match['also'] else ''}need {article}{match['what']}"
        if match := _WANT.match(text):
            return f"{self._self} {'want' if self._tone == 'firm' else 'would like'} {match['what']}"
        return f"{self._self} {lower_first(text)}" if _I_DO_NOT.match(text) else ""

    def _acting(self, text: str) -> str:
        if "?" in text:
            return ""
        if match := _CAN.match(text):
            modal = match["modal"].casefold().replace("’", "'")
            return f"{self._self} {_MODALS.get(modal, modal)} {match['what']}"
        if match := _VERB_OF_SENDER.match(text):
            verb = match["verb"].casefold()
            return f"{self._self} {'would like to offer' if verb == 'offer' else verb} {self._the(match['what'])}"
        if _first_word(text) in self._lexicon.doing_of_sender or _GLAD.match(text) or _AWAY.match(text):
            return f"{self._be()} {lower_first(text)}"
        will = _WILL.match(text)
        # What can be asked of a person is done by one: "will fail the test unless …" may be said of a car.
        acts = _DID.match(text) or (will and will["verb"].casefold() in self._lexicon.imperative)
        return f"{self._self} {lower_first(text)}" if acts else ""

    def _attached(self, text: str) -> str:
        match = _ATTACHED.match(text)
        if not match or _AUXILIARY.search(match["what"]):
            return ""
        what = match["what"]
        plural = is_plural(what)
        noun = f"a {what}" if re.match(r"copy\b", what) else self._the(what)
        return f"{noun} {'are' if plural else 'is'} {match['how'].casefold()}{match['rest'] or ''}"

    def _fine(self, text: str) -> str:
        match = _FINE.match(text)
        if not match or _AUXILIARY.search(match["what"]):
            return ""
        plural = is_plural(match["what"])
        whom = f" with {'us' if self._people.we else 'me'}" if match["me"] else ""
        return f"{match['what']} {'are' if plural else 'is'} fine{whom}"

    def _done(self, text: str) -> str:
        match = _DONE.match(text)
        if (
            not match
            or match["how"] not in self._lexicon.participles
            or _WHEN.search(text)
            or match["how"] in _NO_STATE
        ):
            return ""
        what = match["what"]
        if (
            _AUXILIARY.search(text)
            or what.split()[0].casefold() in _NOT_A_NOUN
            or re.search(r"\b(?:not|still|never)$", what)
        ):
            return ""
        plural = is_plural(what)
        state = match["how"] in self._lexicon.states_of_things
        verb = ("are" if plural else "is") if state else ("have been" if plural else "has been")
        return f"{self._the(what)} {verb} {match['how']}"

    def _clause(self, text: str) -> str:
        return text if self._is_clause(text) else ""

    def _is_clause(self, text: str) -> bool:
        """Whether ``text`` has a subject and a verb of its own."""
        if _SUBJECT.match(text) and len(text.split()) > 2:
            return True
        first, _, rest = text.partition(" ")
        return (
            bool(rest)
            and not _AUXILIARY.match(first)
            and ":" not in text
            and bool(_AUXILIARY.search(re.split(r"[,;–]", rest)[0]))
        )


_NOT_A_NOUN = frozenset(["no", "not", "none", "never", "only", "about", "all", "i", "we"])


def _first_word(text: str) -> str:
    return text.split(maxsplit=1)[0].strip(",.;:").casefold()
