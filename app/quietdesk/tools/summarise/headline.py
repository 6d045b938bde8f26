"""One line that says what a document is about: its own title, or an important sentence, cut where it may end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from quietdesk.tools.summarise.plan import PlannedSentence, word_count
from quietdesk.tools.text.fidelity import is_shortening, word_overlap
from quietdesk.tools.text.sentences import list_marker, speaker_label

CANDIDATES = 5
"""The most important sentences, among which the headline is chosen."""

_TITLE_AMONG = 6  # first sentences or lines among which a title is looked for
_LEAST_WORDS = 5
_WORD_TOO_MANY = 0.08  # what a word beyond the wanted length costs, in ranks of importance
_SUBJECT = re.compile(r"^(?:re|aw|fwd?|wg|subject|betreff|objet|asunto|主题|主旨|标题|题目)\s?[:：]\s*", re.IGNORECASE)
_END_MARK = re.compile(r"[.!?。！？；;:：,，…]$")
# Places where a clause of its own begins: what stands before it is whole.
_CUTS = re.compile(r",\s|\s[-–—]\s|[，；]|\s(?=(?:after|because|while|before|following|where)\s)")
_COLON = re.compile(r"[:：](?!\d)")  # what comes after it is what is said
_ENDS_ASIDE = re.compile(r"[后时前下来上里中间]$|期间$|以来$|情况$")
_STARTS_ASIDE = re.compile(
    r"^(?:受|因|在|当|为|如果|虽然|尽管|由于|随着|根据|按照|对于|关于|应该说|也就是说|比如|据)|"
    r"^(?:with|when|if|as|after|in|on|at|while|although|though|since|for|by|during|before|despite|following|under|from|"
    r"according|given|because|to)\b",
    re.IGNORECASE,
)
_STARTS_WITH_PARTICIPLE = re.compile(r"^\w+(?:ing|ed)\b")


def own_title(sentences: Sequence[str], metadata: str | None, most_words: int) -> str:
    """The title that a document gives itself (its subject line, a heading at its top, or the title in the file's
    metadata when its words occur in the text); empty if there is none that fits."""
    first = [sentence.strip().split("\n")[0] for sentence in sentences[:_TITLE_AMONG]]
    for line in first:
        if subject := _SUBJECT.match(line):
            return _fitting(line[subject.end() :], most_words)
    if len(sentences) > 3 and not speaker_label(first[0][:60]) and not list_marker(first[0]):
        title = _fitting(first[0], most_words)
        if title:
            return title
    if metadata and word_overlap(metadata, " ".join(sentences[:60])) > 0.6:
        return _fitting(metadata.strip(), most_words)
    return ""


def best_line(ranked: Sequence[PlannedSentence], most_words: int) -> tuple[str, PlannedSentence]:
    """A line, and the sentence it is taken from: the first of ``ranked`` (most important first) that is short enough
    or can be cut, unless a later one is much shorter."""
    lines = [(_cut_short(planned, most_words), planned) for planned in ranked]

    def cost(rank: int) -> float:
        return rank + _WORD_TOO_MANY * max(0, word_count(lines[rank][0]) - most_words)

    return lines[min(range(len(lines)), key=cost)]


def _cut_short(planned: PlannedSentence, most_words: int) -> str:
    body = re.sub(r"(?<=\w)[.。…]+$", "", planned.wording.strip())
    if word_count(body) <= most_words or _STARTS_ASIDE.match(body) or _COLON.search(body):
        return body
    cuts = _CUTS.finditer(body)
    if _STARTS_WITH_PARTICIPLE.match(body):  # before a comma it may be an aside, before a conjunction it is not
        cuts = (match for match in cuts if not match[0].startswith(","))
    parts = [body[: match.start()] for match in cuts]
    parts = [
        part for part in parts
        if word_count(part) >= _LEAST_WORDS and not _ENDS_ASIDE.search(part) and is_shortening(part, planned.source)
    ]  # fmt: skip
    short = [part for part in parts if word_count(part) <= most_words]
    return max(short, key=len) if short else min([*parts, body], key=len)


def _fitting(line: str, most_words: int) -> str:
    line = " ".join(line.split()).strip("[]【】# ")
    if _END_MARK.search(line) or not 2 <= word_count(line) <= most_words + 6 or sum(c.isalpha() for c in line) < 4:
        return ""
    return line
