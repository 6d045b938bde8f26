"""Subject lines: the model's when it says what the notes say, else the beginning of the first telling note."""

from __future__ import annotations

import re
from collections.abc import Sequence

from quietdesk.tools.draft.letter import has_placeholder, shortened
from quietdesk.tools.draft.note_check import NoteCheck
from quietdesk.tools.draft.notes import Note, denies, has_key
from quietdesk.tools.draft.phrases import sentence
from quietdesk.tools.draft.wording import Lexicon, is_chinese

_LONGEST = 60
_SHORTEST = 12  # characters of a topic; a shorter one takes the next part with it
_TOPIC_ENDS = re.compile(r"(?<=\w)(?:,(?!\d)|[;!?。，；！？]|\s[–-]\s|\s\(|:\s|\.\s)")
_NO_TOPIC = re.compile(
    r"^(?:thank|sorry|apolog|congrat|please\b|yes\b|no\b|ok\b|hi\b|hello\b|谢谢|感谢|抱歉|对不起|你好|您好|祝)",
    re.IGNORECASE,
)
_THIRD_PERSON = re.compile(r"\b(?:he|she|him|his|her|they|them|their)\b", re.IGNORECASE)
_PERSON = re.compile(r"\b(?:you|i|we|my|our|your)\b")
_EMPTY = frozenset(
    ("request", "question", "questions", "update", "information", "reply", "confirmation", "regarding", "concerning")
)
_META = re.compile(
    r"^(?:(?:also|please)\s+)?(?:ask|request|tell|remind|inform|let|invite|suggest|propose|"
    r"confirm)\s+(?:(?:him|her|them|you)\s+)?(?:for|about|to|if|whether|that|know)?\s*",
    re.IGNORECASE,
)


def subject_stands(subject: str, notes: Sequence[Note], check: NoteCheck, lexicon: Lexicon) -> bool:
    """Whether ``subject`` says something, all of it from the notes, and its numbers from one of them."""
    if not 3 <= len(subject) <= 90 or has_placeholder(subject) or check.unsupported(subject):
        return False
    if _THIRD_PERSON.search(subject):
        return False  # most often the reader
    keys = [key for start, end, key in lexicon.places(subject) if subject[start:end].casefold() not in _EMPTY]
    known = set(lexicon.content("\n".join(note.plain for note in notes)))
    if not keys or not all(has_key(key, known) for key in keys):
        return False
    numbers = re.findall(r"\d+", subject)
    return any(
        _belongs(note, numbers, keys, lexicon)
        and _same_sign(subject, note, lexicon)
        and {*_PERSON.findall(subject.casefold())} <= {*_PERSON.findall(note.plain.casefold())}
        for note in notes
    )


def _belongs(note: Note, numbers: list[str], keys: list[str], lexicon: Lexicon) -> bool:
    known = set(lexicon.content(note.plain))
    own = sum(has_key(key, known) for key in keys)
    mostly = own == len(keys) or own * 2 > len(keys)
    return mostly and all(number in re.findall(r"\d+", note.plain) for number in numbers)


def _same_sign(subject: str, note: Note, lexicon: Lexicon) -> bool:
    """Whether both deny or neither does; a topic without a verb ("Invoice 7731") denies nothing."""
    if denies(subject) == note.negative:
        return True
    return note.negative and not any(lexicon.is_verb(word) for word in re.findall(r"[^\W\d_]+", subject))


def subject_from(texts: Sequence[str]) -> str:
    """The beginning of the first note that names a topic; empty without notes. ``texts``: notes, spelt out."""
    if not texts:
        return ""
    text = next((each for each in texts if not _NO_TOPIC.match(each) and len(each) > 3), texts[0])
    chinese = is_chinese(text)
    text = text if chinese else _META.sub("", text)
    parts = _TOPIC_ENDS.split(text)
    head = parts[0]
    if len(parts) > 1 and len(head) < _SHORTEST and not chinese:
        head = f"{text[: len(head) + 1]} {parts[1].strip()}"
    if text[len(head) : len(head) + 1] == "?":
        head += "?"
    return shortened(sentence(head.strip(), "").rstrip("."), _LONGEST)
