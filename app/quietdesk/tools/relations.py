"""Little words that change what a sentence says (``until``, ``only``): a draft must neither lose nor add them."""

from __future__ import annotations

import re


def _word(alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE)


# What notes have, and what may stand for it in the draft.
_KEPT = tuple(
    (_word(word), _word(others))
    for word, others in (
        ("before|prior", "before|prior|by|until|earlier"),
        ("after", "after|afterwards|following|once|since|later"),
        ("until", "until|till|to|through|up to|by"),
        ("by", "by|until|before|latest|deadline|due|within"),
        ("except", "except|apart|but|excluding|other than"),
        ("instead", "instead|rather|not|replaces?"),
        ("only", "only|just|solely|nothing but"),
        ("unless", "unless|if|except"),
        ("without", "without|no|not|lacking"),
        ("if", "if|whether|should|in case|when|unless|provided"),
        ("than", "than|above|below|over|under"),
        ("per|each|every", "per|each|every|an?|all|both|daily|weekly|monthly|yearly"),
        ("or", "or|whether|either|otherwise|and"),
        ("from", "from|since|of|starting|as of|between"),
        ("because", "because|as|since|due|owing|for|reason"),
        ("must|has to|have to", "must|has to|have to|need|needs|required|please|should"),
        ("again", "again|once more|another"),
        ("still", "still|remains?|yet|continues?"),
        ("almost|nearly", "almost|nearly|about"),
        ("about", "about|around|approximately|roughly|some|on|regarding|concerning"),
        (
            "may|might|maybe|perhaps|possibly|probably",
            "may|might|maybe|perhaps|possibly|possible|probably|likely|could",
        ),
        ("all|both", "all|both|every|each|everyone|everything"),
        ("not yet", "not yet|not .* yet|yet"),
        ("more than", "more than|over|above|exceed\\w*"),
        ("less than", "less than|under|below"),
    )
)

# What a draft must not add, and what in the notes allows it.
_ADDED = tuple(
    (
        _word(word),
        re.compile(
            rf"(?<![\w-])(?:{others})(?![\w-])|[{marks}]" if marks else rf"(?<![\w-])(?:{others})(?![\w-])",
            re.IGNORECASE,
        ),
    )
    for word, others, marks in (
        ("until|till", "until|till|to|through|by|valid", "–-"),
        ("before|prior", "before|prior|by|first", ""),
        ("after", "after|following|since|then", ""),
        ("except|apart from", "except|apart|but|excluding|not", ""),
        ("only", "only|just", ""),
        ("unless", "unless|if|or", ""),
        (
            "because|since|due to|therefore|as a result|in order to",
            "because|since|due|so|cause|reason|after|as|hence|to|for",
            ":",
        ),
        ("instead", "instead|not|rather|was|to", ":"),
        ("without", "without|no|not", ""),
        ("again", "again", ""),
        ("approximately|roughly", "about|around|approximately|roughly|some|circa|or so", ""),
        ("already", "already|yet", ""),
        ("still", "still|yet", ""),
        ("every|each", "every|each|per|all|daily|weekly|monthly|both", "/"),
        ("cannot|must not|may not", "not|no|never|without|cannot|can['’]t|won['’]t|unable", ""),
        ("or", "or|either|no|not|never", "/?"),
        ("if|whether", "if|whether|unless|or|in case|when|ask", "?/:"),
        ("always|never", "always|never|no|not|every|all", ""),
        (
            "must|have to|has to",
            "must|have to|has to|need|needs|please|required|should|no|not|by|only|want|deadline|until",
            "!:",
        ),
    )
)

_IDIOMS = re.compile(
    r"\b(?:look(?:s|ed|ing)? after|after all|if you (?:like|wish|want|prefer|need)|as soon as "
    r"possible|once again|or so)\b",
    re.IGNORECASE,
)
# "room 4, not the hall" puts one thing in the place of another; "room 4 is not the hall" says something else.
_CONTRAST = re.compile(r"[,(]\s*not\s(?!\w+(?:ed|ing)\b)", re.IGNORECASE)
_CONTRASTED = re.compile(r"[,(]\s*(?:and |but )?not\b|\b(?:and|but) not\b|\binstead\b|\brather\b", re.IGNORECASE)
_CAUSES = re.compile(r"because|since|therefore|as a result", re.IGNORECASE)
_ASKED = re.compile(
    r"\?|\b(?:if|whether|should|in case|when|please|let (?:me|us) know|would like|grateful)\b", re.IGNORECASE
)


def lost_relations(note: str, text: str) -> list[str]:
    """Such words of a note that ``text``, which says it, lacks; a question mark when a question became a statement."""
    lost = [match[0] for word, others in _KEPT if (match := word.search(note)) and not others.search(text)]
    if _CONTRAST.search(note) and not _CONTRASTED.search(text):
        lost.append("not")
    return [*lost, "?"] if "?" in note and not _ASKED.search(text) else lost


def added_relations(source: str, text: str, *, one_note: bool) -> list[str]:
    """Such words of ``text`` that nothing in ``source`` warrants.

    one_note: all of it comes from one note, whose halves may well be cause and effect.
    """
    text = _IDIOMS.sub(" ", text)
    found = [match[0] for word, others in _ADDED if (match := word.search(text)) and not others.search(source)]
    return [word for word in found if not (one_note and _CAUSES.fullmatch(word))]
