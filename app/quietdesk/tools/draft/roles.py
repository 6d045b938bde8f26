"""Who does what: a draft must not have the reader do what the sender did, or invent somebody who does it."""

from __future__ import annotations

import re

from quietdesk.tools.draft.notes import META_VERBS, Note
from quietdesk.tools.draft.wording import Lexicon

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W_]+)?")
_WORD_BEFORE = re.compile(r"[^\W\d_]+(?:['’][^\W_]+)?\s$")
_OWNED = re.compile(r"\b(?P<whose>my|our|your)\s+(?:own\s+|new\s+|old\s+)?(?P<thing>[^\W\d_]+)", re.IGNORECASE)
_COMMAND_START = re.compile(r"[,;–(.!]\s*|\s-\s|:\s|\sand\s")
_FORBIDS = re.compile(r"(?:please\s+)?(?:don['’]t|do not|never)\s+(?P<verb>[a-z]+)", re.IGNORECASE)
_PREPOSITIONS = frozenset(["to", "for", "of", "with", "on", "about", "from", "at", "by", "than"])
# After one of these comes a thing, not what the subject does.
_ENDS_SUBJECT = frozenset(
    (
        "the",
        "a",
        "an",
        "my",
        "our",
        "your",
        "his",
        "her",
        "their",
        "this",
        "that",
        "and",
        "or",
        "but",
        "on",
        "in",
        "at",
        "for",
        "from",
        "with",
        "of",
        "no",
    )
)
_REACH = 4  # words between a subject and its verb
_FIRST, _SECOND = frozenset(["i", "we"]), frozenset(("you",))
_TO_READER = frozenset(("you", "him", "her", "them"))


class Roles:
    """Compares subjects and verbs of notes and sentences."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def turned(self, note: Note, text: str) -> bool:
        """Whether ``text`` turns the roles of ``note`` round: who does something, and whose a thing is."""
        return (
            self._turned_round(note, text)
            or self._changes_owner(note.plain, text)
            or _loses_owner(note.plain, text)
        )  # fmt: skip

    def _turned_round(self, note: Note, text: str) -> bool:
        doing, done_to = self._acts(note.plain)
        doing |= {(verb, "you") for verb in self._commanded(note.plain)}
        first = _WORD.match(note.plain)
        if first and first[0].casefold() in self._lexicon.pasts:
            doing.add((self._lexicon.key(first[0]), "i"))
        for verb, subject in self._acts(text)[0]:
            other = "i" if subject == "you" else "you"
            if (verb, other) in doing and (verb, subject) not in doing:
                return True
            if subject == "you" and verb in done_to and (verb, "you") not in doing:
                return True
        return False

    def _changes_owner(self, note: str, text: str) -> bool:
        """Whether ``our neighbour`` became ``your neighbour``, or the other way round."""
        before, after = self._owned(note), self._owned(text)
        return any((thing, not ours) in before and (thing, ours) not in before for thing, ours in after)

    def _owned(self, text: str) -> set[tuple[str, bool]]:
        """(thing, whether it is the sender's) after each ``my``, ``our`` and ``your``."""
        return {
            (self._lexicon.key(match["thing"]), match["whose"].casefold() != "your") for match in _OWNED.finditer(text)
        }

    def _commanded(self, note: str) -> set[str]:
        """What a note tells the reader to do, or not to do."""
        found = set()
        for number, part in enumerate(_COMMAND_START.split(note)):
            verb = _WORD.match(part)
            # "ask for a quote" tells the writer of the letter what to do.
            meta = number == 0 and verb is not None and verb[0].casefold() in META_VERBS
            if forbidden := _FORBIDS.match(part):
                found.add(self._lexicon.key(forbidden["verb"]))
            elif verb and not meta and self._lexicon.is_command(part):
                found.add(self._lexicon.key(verb[0]))
        return found

    def _acts(self, text: str) -> tuple[set[tuple[str, str]], set[str]]:
        """(verb, "i" or "you") for every verb near such a subject; verbs that have the reader as their object."""
        acts: set[tuple[str, str]] = set()
        objects: set[str] = set()
        content = {start: key for start, _, key in self._lexicon.places(text)}
        subject, before, distance = "", "", 0
        for match in _WORD.finditer(text):
            word = match[0].casefold().replace("’", "'").split("'")[0]
            key = content.get(match.start(), "")
            before_it = _WORD_BEFORE.search(text, 0, match.start())
            object_here = before in _PREPOSITIONS or (before_it is not None and before_it.start() in content)
            distance += 1
            if word in _TO_READER and object_here:
                objects.add(before)
            elif word in _FIRST or word in _SECOND:
                subject, distance = ("i" if word in _FIRST else "you"), 0
            elif distance > _REACH or word in _ENDS_SUBJECT:
                subject = ""
            elif key and subject and self._lexicon.is_verb(match[0]):
                acts.add((key, subject))
                if not self._lexicon.is_harmless(match[0]):
                    subject = ""
            before = key or word
        return acts, objects


def _loses_owner(note: str, text: str) -> bool:
    """Whether ``your staff`` became ``you staff``."""
    owned = re.findall(r"\b(?:his|her|their|your)\s+(\w+)", note)
    return any(re.search(rf"\byou\s+{re.escape(noun)}\b", text) for noun in owned)
