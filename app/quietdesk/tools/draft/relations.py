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
        ("since", "since|because|as|for"),
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
        ("max|maximum", "max|maximum|at most|no more|not more|up to|limit|limited|most"),
        ("min|minimum", "min|minimum|minutes?|at least|no less|least"),
        ("more than", "more than|over|above|exceed\\w*"),
        ("less than", "less than|under|below"),
    )
)

# "room 4, not the hall" puts one thing in the place of another; "room 4 is not the hall" says something else.
_CONTRAST = re.compile(r"[,(]\s*not\s(?!\w+(?:ed|ing)\b)", re.IGNORECASE)
_CONTRASTED = re.compile(r"[,(]\s*(?:and |but )?not\b|\b(?:and|but) not\b|\binstead\b|\brather\b", re.IGNORECASE)
_ASKED = re.compile(
    r"\?|\b(?:if|whether|should|in case|when|please|let (?:me|us) know|would like|grateful)\b", re.IGNORECASE
)


def lost_relations(note: str, text: str) -> list[str]:
    """Such words of a note that ``text``, which says it, lacks; a question mark when a question became a statement."""
    lost = [match[0] for word, others in _KEPT if (match := word.search(note)) and not others.search(text)]
    if _CONTRAST.search(note) and not _CONTRASTED.search(text):
        lost.append("not")
    return [*lost, "?"] if "?" in note and not _ASKED.search(text) else lost
