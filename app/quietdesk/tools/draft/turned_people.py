"""Who does what, and for whom: ways in which a small model turns the people of a note round (see distortions.py)."""

from __future__ import annotations

import re

from quietdesk.tools.draft.notes import Note

_ASKS = re.compile(r"\b(?:please|could you|can you|would you|will you|kindly)\b", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?:you|your|yours|u|ur|he|she|him|her|his|they|them|their|who|everyone|all|anyone)\b", re.IGNORECASE
)
_YOUR = re.compile(r"\byours?\b", re.IGNORECASE)
_YOU_DO = re.compile(r"\byou (?!(?:for|to|that|and|in|on|at|by)\b)\w+", re.IGNORECASE)
_THEIR = re.compile(r"\btheirs?\b", re.IGNORECASE)
_THEIRS = re.compile(r"\b(?:their|they|them|theirs)\b", re.IGNORECASE)
_MY = re.compile(r"\b(?:my|our)\b", re.IGNORECASE)
_WHOSE = re.compile(r"\b(?:their|his|her|your)\b", re.IGNORECASE)
_IT = re.compile(r"\bit(?:s|['’]s)?\b", re.IGNORECASE)
_YOU = re.compile(r"\byou(?:r|rs)?\b", re.IGNORECASE)
_TO_READER = re.compile(r"\byou|\b(?:us|please|let['’]s|we)\b", re.IGNORECASE)
_DONE_TO_READER = re.compile(
    r"(?!(?:thank|can|could|will|would|do|did|are|have|if|may|should|when|what|that)\b)\w+ you\b", re.IGNORECASE
)
_ME = re.compile(
    r"\b(?:tell|call|ring|phone|text|give|send|show|help|let|ask|remind|meet|email|write|to|for|with) me\b",
    re.IGNORECASE,
)
_ME_STILL = re.compile(r"\b(?:me|us|mine)\b", re.IGNORECASE)
_SENDER = re.compile(r"\b(?:I|we|me|us|my|our|mine|ours)\b|\bI['’]|\blet['’]s\b", re.IGNORECASE)
_SENDER_ACTS = re.compile(r"\b(?:I|we)\b", re.IGNORECASE)
_WE = re.compile(r"\bwe\b", re.IGNORECASE)
_OURS = re.compile(r"\b(?:us|our|ours|I)\b")
_ADDRESSED = re.compile(r"\byou|\bplease\b", re.IGNORECASE)
_HERS = re.compile(r"\b(?:her|his|their|hers|theirs)\b", re.IGNORECASE)
_HERS_STILL = re.compile(r"\b(?:her|his|their|hers|theirs|your|yours|him|them)\b|\byou", re.IGNORECASE)
_FOR_ME = re.compile(r"\b(?:for|to|with) (?:me|us)\b", re.IGNORECASE)
_FOR_YOU = re.compile(r"\b(?:for|to|with) you\b", re.IGNORECASE)
# Without a subject these may be said of anything: a pallet left, a parcel should arrive.
_OF_ANYTHING = re.compile(
    r"(?:should|must|may|might|left|arrived|fell|broke|moved|changed|cancelled|postponed)\b", re.IGNORECASE
)
_I_DO = re.compile(r"(?:I|We)\b")
_I_SAY_THAT = re.compile(r"(?:I|We) (?!(?:am|are|hope|think|know|confirm)\b)\w+ that\b")
_WE_ARE_SO_MANY = re.compile(r"\b(?:we|I)(?:['’]re|['’]m| are| am) \d", re.IGNORECASE)
_YOU_BEGINS = re.compile(r"You (?:still |also |just )?(?:don|can|haven|didn|won|are|have|do)\b", re.IGNORECASE)
_WHO = re.compile(r"\b(?:you|he|she|they|everyone|all|anyone|who|whoever)\b", re.IGNORECASE)
_HE = re.compile(r"\b(?:he|she|him|his|hers?)\b", re.IGNORECASE)
_IT_IS = re.compile(r"It(?:['’]s| is) (?:\w+ ){0,3}(?:late|away|busy|back|ill|sick|ready|free)\b")
_OFFERS = re.compile(r"\b(?:would you like|do you want)\b", re.IGNORECASE)
_OFFERED = re.compile(r"\?|want|like|offer|interest|prefer|fancy|wish|keen|invite|join|\bif\b", re.IGNORECASE)
_SOMEBODY = re.compile(r"\b(?:he|she|they|him|her|them|his|their)\b", re.IGNORECASE)
_READER = re.compile(
    r"\b(?:you|your|yours|yourself|he|she|they|him|her|them|his|their|whose|who|if|all|everyone|everybody|both)\b",
    re.IGNORECASE,
)
# "You cannot come": the reader does it. A note without any person says that of its writer, or of nobody.
_BEGINS_WITH_YOU = re.compile(r"you\b(?!['’]?(?:ll| will) (?:find|see|be|get|receive)\b)", re.IGNORECASE)


def states(note: Note) -> bool:
    """Whether ``note`` neither asks for anything nor can be read so."""
    return not (note.request or note.open)


def request_added(note: Note, sentence: str) -> bool:
    """``please never ordered``"""
    return bool(_ASKS.search(sentence)) and states(note)


def reader_added(note: Note, sentence: str) -> bool:
    """``your card was stolen`` for ``card stolen``; ``you do not have`` for ``do not have``"""
    if not states(note):
        return False
    if _YOU_BEGINS.match(sentence) and not _WHO.search(note.plain):
        return True
    return not _PERSON.search(note.plain) and bool(_YOUR.search(sentence) or _YOU_DO.search(sentence))


def owner_changed(note: Note, sentence: str) -> bool:
    """``my answer`` for ``their answer``"""
    if _THEIR.search(note.plain) and not _THEIRS.search(sentence):
        return True
    if _HERS.search(note.plain) and not _HERS_STILL.search(sentence):
        return True
    more = len(_MY.findall(sentence)) > len(_MY.findall(note.plain))
    return more and bool(_WHOSE.search(note.plain))


def reader_lost(note: Note, sentence: str) -> bool:
    """``please call me`` for ``call you``"""
    if _YOU.search(note.plain) and not _TO_READER.search(sentence):
        return True
    return bool(_DONE_TO_READER.match(note.plain)) and not _YOU.search(sentence)


def sender_lost(note: Note, sentence: str) -> bool:
    """``you cover the hotel and the flights`` for ``you cover the hotel, we cover flights``"""
    told = note.plain
    if (_ME.search(told) and not _ME_STILL.search(sentence)) or (_SENDER.search(told) and not _SENDER.search(sentence)):
        return True
    if len(_WE.findall(told)) > len(_WE.findall(sentence)) and not _OURS.search(sentence):
        return True
    both = _YOU.search(told) and _SENDER_ACTS.search(told)
    return bool(both) and not (_ADDRESSED.search(sentence) and _SENDER.search(sentence))


def state_of_nobody(note: Note, sentence: str) -> bool:
    """``it's 15 minutes late`` for ``15 minutes late``: the sender may be meant."""
    return bool(_IT_IS.match(sentence)) and not _IT.search(note.plain)


def offer_added(note: Note, sentence: str) -> bool:
    """``would you like to extend`` for ``ask: extend``"""
    return bool(_OFFERS.search(sentence)) and not _OFFERED.search(note.plain)


def sides_changed(note: Note, sentence: str) -> bool:
    """``could you hold them for me`` for ``hold them for you``"""
    return bool(_FOR_YOU.search(note.plain) and _FOR_ME.search(sentence)) and not _FOR_ME.search(note.plain)


def sender_added(note: Note, sentence: str) -> bool:
    """``I left today`` for ``left today``; ``I certify that the certificate …`` for ``certificate …``"""
    if _SENDER_ACTS.search(note.plain):
        return False
    if _I_SAY_THAT.match(sentence) or _WE_ARE_SO_MANY.search(sentence):
        return True
    return bool(_OF_ANYTHING.match(note.plain) and _I_DO.match(sentence))


def speaks_of_reader(sentence: str) -> bool:
    """Whether ``sentence`` has a he or she; for a note whose he or she is the reader."""
    return bool(_HE.search(sentence))


def speaks_to_another(note: Note, sentence: str) -> bool:
    """Whether a he or she of ``note``, who is not the reader, is called you in ``sentence``."""
    gone = _HE.search(note.plain) and not _HE.search(sentence)
    return bool(gone and _YOU.search(sentence)) and not _YOU.search(note.plain)


def somebody_forgotten(note: Note, sentence: str) -> bool:
    """Whether a he, she or they of the note is gone: neither named so nor, being the reader, called you."""
    return bool(_SOMEBODY.search(note.plain)) and not _READER.search(sentence)


def reader_begins(note: Note, sentence: str) -> bool:
    """``you cannot come`` for ``cannot come``"""
    return bool(_BEGINS_WITH_YOU.match(sentence)) and not _READER.search(note.plain) and states(note)
