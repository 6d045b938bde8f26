"""What full-text search sees of a text, and what it makes of the words that a person types.

FTS5's unicode61 splits at blanks and punctuation, which Chinese and Japanese do not put between words. Here every such
character becomes a word of its own, and several in a row, when searched for, a phrase.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import PurePath

MAX_QUERY_CHARACTERS = 1_000
"""More than a person types; what is pasted beyond that is not searched for."""

# Blocks by the Unicode Standard: 々〆〇, kana, bopomofo, Hangul letters, kana extension, Han with its extension A,
# Hangul syllables (Korean glues particles to words), compatibility Han, and the two planes of rare Han.
_CJK = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd"
)
_EACH_CJK = re.compile(f"([{_CJK}])")
_ENDS_IN_CJK = re.compile(f"[{_CJK}]\\W*$")
# SQLite ends a string at U+0000, and UTF-8 has no lone surrogates.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_CJK_PUNCTUATION = re.compile("[\u3000-\u3004\u3008-\u3020\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\uff5e]")
_PHRASE_MARKS = str.maketrans("“”„‟＂", '"""""')
_PART = re.compile(r'(?:(?<=\s)|^)(?P<minus>[-－−]?)(?P<word>"[^"]*"?|[^\s"]+)|(?P<rest>"[^"]*"?|[^\s"]+)')


@dataclass(frozen=True, slots=True)
class Query:
    """Two FTS5 expressions, '' for none: what has to be in a document, and what must not be."""

    wanted: str = ""
    unwanted: str = ""


def searchable(text: str) -> str:
    """``text`` as it goes into the index: compatibility forms (ligatures, full width) resolved, CJK in single words."""
    whole = unicodedata.normalize("NFKC", _UNSTORABLE.sub(" ", text))
    return _EACH_CJK.sub(r" \1 ", whole)


def name_words(path: PurePath) -> str:
    """The words of a file's name; the end of ``report.pdf`` counts too."""
    return searchable(path.name)


def parse(typed: str) -> Query:
    """The query of what a person typed. No text is an error; one without any word gives an empty query.

    All words must occur; ``"…"`` is a phrase; ``-word`` and ``-"…"`` must not occur; the last word may be the beginning
    of a longer one, unless it is in quotes.
    """
    cut = _CJK_PUNCTUATION.sub(" ", typed[:MAX_QUERY_CHARACTERS].translate(_PHRASE_MARKS))
    wanted: list[str] = []
    unwanted: list[str] = []
    for part in _PART.finditer(cut):
        word = part["word"] or part["rest"]
        words = searchable(word.replace('"', " "))
        # A phrase without a word matches nothing, and would hide what the other words find.
        if any(character.isalnum() for character in words):
            last = part.end() == len(cut.rstrip()) and not word.startswith('"') and not part["minus"]
            (unwanted if part["minus"] else wanted).append(_phrase(words, prefix=last))
    return Query(" AND ".join(wanted), " OR ".join(unwanted))


def _phrase(words: str, prefix: bool) -> str:
    """An FTS5 string, in which nothing has a meaning of its own but the quote, which NFKC may have brought back."""
    quoted = '"' + " ".join(words.replace('"', " ").split()) + '"'
    return f"{quoted} *" if prefix and not _ENDS_IN_CJK.search(words) else quoted
