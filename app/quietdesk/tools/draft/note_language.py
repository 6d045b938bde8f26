"""The language that notes are written in, told by their little words: notes are too short for letter statistics."""

from __future__ import annotations

import re

from quietdesk.tools.draft.wording import is_chinese

# Words that are common in one of these languages and rare in the notes of the others.
_WORDS = {
    "en":
        "the and to for is are of not please pls at by with we our thx thanks can will from have has you "
        "your need this that on w/ til tomorrow",
    "de":
        "und nicht bitte der das mit für ist ich wir eine einen am zum zur bis auf wegen danke uhr morgen "
        "dem den des auch noch kann ab bei",
    "fr":
        "le la les des une est pour avec pas vous nous merci demain réunion du et au aux sur votre mon ne je "
        "rendez-vous envoyer",
    "es": "el los las por para con una que está gracias mañana reunión del y al se mi enviar favor pedido hasta",
    "it": "il gli per con una che non grazie domani riunione di della è sono del alle al entro inviare",
    "pt": "o os uma para com não obrigado amanhã reunião é do da em dos das enviar até por favor",
    "nl": "het een niet met voor van is bedankt morgen vergadering graag de en op naar wij ik kan nog tot",
}  # fmt: skip
_SETS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_OTHER_SCRIPTS = re.compile(
    r"[\u0370-\u03ff\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0eff\u10a0-\u10ff\u3040-\u30ff\uac00-\ud7af]"
)
_LEAST_HITS = 2


def language_of(text: str) -> str | None:
    """``en``, ``zh``, ``de``, ``fr``, ``es``, ``it``, ``pt``, ``nl``; ``other`` for other scripts; None when there is
    nothing to tell it by."""
    letters = sum(char.isalpha() for char in text)
    if not letters:
        return None
    if len(_OTHER_SCRIPTS.findall(text)) * 3 > letters:
        return "other"
    if is_chinese(text):
        return "zh"
    words = re.findall(r"[^\W\d_]+(?:[-/'’][^\W\d_]*)?", text.casefold())
    hits = {language: sum(word in known for word in words) for language, known in _SETS.items()}
    distinct = {language: len(set(words) & known) for language, known in _SETS.items()}
    best = max(hits, key=lambda language: (hits[language], distinct[language]))
    if best != "en" and distinct[best] >= _LEAST_HITS and hits[best] > hits["en"]:
        return best
    return "en" if len(words) > 1 or hits["en"] else None
