"""Who is meant: notes speak of the reader as he or she, a letter says you."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from quietdesk.tools.text.facts import SourceFacts

_MEN = re.compile(
    r"\b(?:Mr|Herr|Monsieur|Señor|Sr|Signor|Sir|Father|Brother|Uncle|Dad|Papa|Grandpa|Grandad|[Gg]randson|[Nn]ephew)\b\.?"
)
_WOMEN = re.compile(
    r"\b(?:Mrs|Ms|Miss|Frau|Madame|Mme|Señora|Sra|Signora|Madam|Sister|Aunt|Auntie|Mum|Mom|Mama|Grandma|Granny|"
    r"[Gg]randdaughter|[Nn]iece)\b\.?"
)
_GROUP = re.compile(
    r"\b(?:all|staff|team|teams|members?|parents|tenants|colleagues|everyone|everybody|crew|group|class|club|"
    r"board|committee|customers|clients|vendors|volunteers"
    r"|residents|neighbours|students|pupils|guests|friends|family|families|participants|authors|co-authors|"
    r"subsidiaries|departments?|dept|desk|office|service|support"
    r"|sales|procurement|and|ltd|inc|gmbh|llc|lda|plc|co)\b|[/&+]|,\s*(?-i:[A-Z])", re.IGNORECASE
)  # fmt: skip
_OWN_GROUP = re.compile(
    r"\b(?:team|dept|department|desk|office|service|services|support|admissions|procurement|treasury|helpdesk|"
    r"committee|board|ltd|inc|gmbh|llc|plc|planning|maintenance"
    r"|management|hausverwaltung|library|council|club|clinic|school|lab|reception|editorial|"
    r"sales|hr)\b", re.IGNORECASE
)  # fmt: skip
_FORMS = {
    "he": "you", "she": "you", "they": "you", "him": "you", "them": "you", "his": "your", "their": "your",
    "hers": "yours", "theirs": "yours", "himself": "yourself", "herself": "yourself", "themselves": "yourselves",
}  # fmt: skip
_VERBS = {"is": "are", "has": "have", "was": "were", "does": "do", "isn't": "aren't", "hasn't": "haven't",
          "wasn't": "weren't", "doesn't": "don't", "'s": "'re"}  # fmt: skip
_PRONOUN = re.compile(
    r"\b(?:(he|she)\b(?:(\s+)([a-z]+(?:['’]t)?)|('s)\b)?|(they|him|her|them|his|their|hers|theirs|himself|herself|themselves)\b)",
    re.IGNORECASE,
)
_ASKED_OF_ONE = re.compile(r"\b(is|has|was|does|isn't|hasn't|wasn't|doesn't) you\b", re.IGNORECASE)
_ENDS_OBJECT = re.compile(
    r"\s*(?:$|[.,;:!?)–-]|(?:if|to|for|on|about|by|that|and|or|when|with|at|in|from|what|whether|home|"
    r"back|again|know|before|after)\b)",
    re.IGNORECASE,
)
# Such notes speak of the reader whoever else was named.
_ADDRESSED = re.compile(
    r"\b(?:can|could|will|would|does|may) (?:he|she)\b"
    r"|\b(?:ask|tell|remind|inform|invite|thank|congratulate) (?:him|her)\b|^(?:also )?ask\b",
    re.IGNORECASE,
)
_NEAR_BEGINNING = 3  # words
_NAMES_NOBODY = re.compile(
    r"(?:someone|somebody|anyone|nobody|I|we|please|also|need|want|thanks?|remind|tell|let|got|sent|found)\b",
    re.IGNORECASE,
)
_FORBIDS = re.compile(r"(?:please\s+)?(?:do not|don['’]t|never)\b", re.IGNORECASE)
_CLAUSE_BEGINS = re.compile(
    r"\b(?:if|unless|whether|when|until|before|after|because|since|that|what|which|where|how|can|could|would|will|does)"
    r"\s+$",
    re.IGNORECASE,
)
_YOU = re.compile(r"\b(?:you|your|u|ur)\b", re.IGNORECASE)
# A letter to these is about him or her, not to him or her.
_BELONGING_TO = re.compile(
    r"(?:the )?(?:family|parents?|relatives|friends|daughter|son|carers?|teachers?) of\b", re.IGNORECASE
)
_NAME = re.compile(r"[A-Z][a-zà-ÿ]+(?:[ -][A-Z][a-zà-ÿ]+)*")


@dataclass(frozen=True, slots=True)
class People:
    """The two ends of a letter as they were given; empty when they were not."""

    sender: str = ""
    recipient: str = ""

    @property
    def we(self) -> bool:
        """Whether the sender speaks as an organisation."""
        return bool(_OWN_GROUP.search(self.sender))

    @property
    def greets_group(self) -> bool:
        """Whether the recipient is more than one person, or an office or firm."""
        return bool(_GROUP.search(self.recipient))

    def reader_meant(self, notes: Sequence[str], *, answering: bool = False) -> list[bool]:
        """For each note whether its he, she or they is the reader.

        So it is when nobody else was named before, or when the reader's title fits.

        answering: the mail that is answered may have named anybody.
        """
        meant, others = [], answering
        for note in notes:
            meant.append(self._means_reader(note, others))
            others = others or self._names(note)
        return meant

    def _means_reader(self, note: str, others_named: bool) -> bool:
        pronoun = _PRONOUN.search(note)
        if not pronoun or not self.recipient or self._names(note[: pronoun.start()]):
            return False
        if _BELONGING_TO.match(self.recipient):
            return False
        if _YOU.search(note) or not self._plainly(note, pronoun):
            return False  # "she can't drive, could you?"; "the buyer does not want her name published"
        word = pronoun[0].split()[0].split("'")[0].casefold()
        men, women = bool(_MEN.search(self.recipient)), bool(_WOMEN.search(self.recipient))
        if word.startswith("the"):
            return (men and women) or (not others_named and self.greets_group)
        if men != women and not others_named:
            return men == (word in ("he", "him", "his", "himself"))
        return bool(_ADDRESSED.search(note)) or (not others_named and not self.greets_group)

    @staticmethod
    def _plainly(note: str, pronoun: re.Match[str]) -> bool:
        """Whether no other person can well be meant: the pronoun stands near the beginning, or begins a clause."""
        before = note[: pronoun.start()]
        if _FORBIDS.match(note):
            return False  # "don't ring her"
        near = len(before.split()) < _NEAR_BEGINNING or _NAMES_NOBODY.match(before)
        return bool(near or _CLAUSE_BEGINS.search(before) or _ADDRESSED.search(note))

    def _names(self, text: str) -> bool:
        """Whether ``text`` names somebody (or a place) besides sender and recipient."""
        named = (
            fact.text
            for fact in SourceFacts(self.sender + "\n" + self.recipient).unsupported(text)
            if fact.kind == "name"
        )
        return any(_NAME.fullmatch(name) for name in named)


def to_reader(text: str) -> str:
    """``text`` with he, she and they turned into you, and the verbs after them made to agree."""

    def turned(match: re.Match[str]) -> str:
        word = match[0].split()[0].split("'")[0]
        low = word.casefold()
        new = _FORMS.get(low) or ("you" if _ENDS_OBJECT.match(text, match.end()) else "your")
        if word[0].isupper():
            new = new.capitalize()
        if match[4]:
            return new + _VERBS["'s"]
        return f"{new}{match[2] or ''}{_agreeing(match[3] or '')}" if match[1] else new

    def asked(match: re.Match[str]) -> str:
        verb = _VERBS[match[1].casefold()]
        return f"{verb.capitalize() if match[1][0].isupper() else verb} you"

    return _ASKED_OF_ONE.sub(asked, _PRONOUN.sub(turned, text))


def _agreeing(verb: str) -> str:
    verb = verb.replace("’", "'")
    if verb in _VERBS:
        return _VERBS[verb]
    if verb.endswith("ies") and len(verb) > 4:
        return verb[:-3] + "y"
    if re.search(r"(?:sh|ch|ss|x|o)es$", verb):
        return verb[:-2]
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") and len(verb) > 3 else verb
