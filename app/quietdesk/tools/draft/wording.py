"""Words of notes and letters made comparable: short forms spelt out, inflections and synonyms taken off."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from quietdesk import resources
from quietdesk.tools.text import dates

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[\u4e00-\u9fff]")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

_FIRST = re.compile(r"(?:(?:also|and|please|kindly|do|just)[,:]?\s+)*(?P<word>[A-Za-z]+)\b(?![’':-])", re.IGNORECASE)
_OBJECT = re.compile(
    r"\s+(?:me|us|him|her|them|it|the|an?|your|my|our|this|that|these|those|all|both|each|every|if|by|to|with|at"
    r"|before|up|out|off|back|in|on|only|which|what|when|whether|how|where|why|again)\b|\s*$",
    re.IGNORECASE,
)
_ENDINGS = ("ations", "ation", "ments", "ment", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s", "e", "y")
_SAYS_MORE = frozenset(("very", "too", "only", "even", "ever", "just", "all", "own", "same", "both"))  # of grammar
_SHORTEST_STEM = 3
_AS_THEY_ARE = (
    "verbs",
    "imperative",
    "imperative_or_noun",
    "grammar",
    "no_preposition_after",
    "no_article_before",
    "counted_nouns",
    "polite",
    "states_of_things",
    "doing_of_sender",
)  # fmt: skip


def is_chinese(text: str) -> bool:
    """Whether Chinese characters make up a good part of the letters of ``text``."""
    chinese = len(_CHINESE.findall(text))
    return chinese > 0 and chinese * 3 >= sum(char.isalpha() for char in text) - chinese


def stem(word: str) -> str:
    """``word`` in lower case without its commonest English endings."""
    word = re.sub(r"['’]s?$", "", word.casefold())
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word[: -len(ending)]
            break
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What resources/prompts/draft_words_en.toml says, in the form it is looked up."""

    abbreviations: dict[str, str]
    beside_numbers: dict[str, str]
    base_forms: dict[str, str]
    participles: frozenset[str]
    pasts: frozenset[str]
    verbs: frozenset[str]
    verb_stems: frozenset[str]
    imperative: frozenset[str]
    imperative_or_noun: frozenset[str]
    harmless: frozenset[str]
    polite: frozenset[str]
    grammar: frozenset[str]
    no_preposition_after: frozenset[str]
    no_article_before: frozenset[str]
    counted_nouns: frozenset[str]
    states_of_things: frozenset[str]
    doing_of_sender: frozenset[str]
    weighty: frozenset[str]
    groups: dict[str, str]

    def key(self, word: str) -> str:
        """What ``word`` is compared by: the same for inflections and synonyms."""
        word = word.casefold().replace("’", "'")
        return self.groups.get(root := self._root(word), root)

    def is_verb(self, word: str) -> bool:
        """Whether ``word`` may be a form of a known verb."""
        return self._root(word.casefold()) in self.verb_stems

    def is_harmless(self, word: str) -> bool:
        """Whether ``word`` claims nothing: a letter may use it though the notes do not."""
        return self._root(word.casefold().replace("’", "'")) in self.harmless

    def may_be_added(self, word: str) -> bool:
        """Whether a sentence may have ``word`` without its note: grammar, politeness, days and months.

        Days and months are compared as dates.
        """
        word = word.casefold().replace("’", "'")
        return (word in self.grammar and word not in _SAYS_MORE) or word in self.polite or dates.is_name(word)

    def is_command(self, text: str) -> bool:
        """Whether ``text`` begins with a verb that asks for something, as requests in notes do (``bring charger``)."""
        match = _FIRST.match(text)
        if not match:
            return False
        word = match["word"].casefold()
        if re.match(r"\s+(?:you|u)\b", text[match.end() :], re.IGNORECASE):
            return False  # "bring you oil back": the sender does
        return word in self.imperative or (word in self.imperative_or_noun and bool(_OBJECT.match(text, match.end())))

    def _root(self, word: str) -> str:
        word = re.sub(r"(?<=\w)'s?$", "", word)
        return stem(self.base_forms.get(word, word))

    def content(self, text: str) -> list[str]:
        """The keys of the words of ``text`` that carry content, in order; numbers and grammar left out."""
        return [key for _, _, key in self.places(text)]

    def places(self, text: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, key) of every content word of ``text``."""
        for match in _TOKEN.finditer(text):
            word = match[0].casefold().replace("’", "'")
            if word in self.grammar or word.endswith("n't") or any(char.isdigit() for char in word):
                continue
            if dates.is_name(word) and word not in ("may", "march", "sat", "sun", "mar", "second"):
                continue  # compared as dates
            yield match.start(), match.end(), self.key(word)


@cache
def english() -> Lexicon:
    """The English lexicon of the program."""
    data = tomllib.loads(resources.text("prompts/draft_words_en.toml"))
    words = {name: frozenset(text.split()) for name, text in data.items()}
    base_forms, pasts, participles = _irregular(data["irregular"])
    for verb in words["verbs"] - set(base_forms.values()):
        participles.update(_pasts(verb))
        pasts.update(_pasts(verb))
    groups: dict[str, str] = {}
    for line in data["synonyms"].strip().split("\n"):
        alike = line.split()
        for word in alike:
            groups.setdefault(stem(word), stem(alike[0]))

    def keys(name: str) -> frozenset[str]:
        stems = (stem(base_forms.get(word, word)) for word in words[name])
        return frozenset(groups.get(each, each) for each in stems)

    return Lexicon(
        abbreviations=_pairs(data["abbreviations"]),
        beside_numbers=_pairs(data["abbreviations_beside_numbers"]),
        base_forms=base_forms,
        participles=frozenset(participles),
        pasts=frozenset(pasts),
        verb_stems=frozenset(map(stem, words["verbs"])),
        harmless=frozenset(stem(base_forms.get(word, word)) for word in words["harmless"]),
        weighty=keys("weighty"),
        groups=groups,
        **{name: words[name] for name in _AS_THEY_ARE},
    )


def _irregular(text: str) -> tuple[dict[str, str], set[str], set[str]]:
    """Basic forms by form; past forms; participles."""
    base_forms: dict[str, str] = {}
    pasts, participles = set(), set()
    for line in text.split("|"):
        base, *forms = line.split()
        base_forms.update(dict.fromkeys(forms, base))
        pasts.update(forms[:1])
        participles.update(forms[-1:])
    return base_forms, pasts, participles


def _pairs(text: str) -> dict[str, str]:
    return {short: long.replace("_", " ") for short, _, long in (pair.partition("=") for pair in text.split())}


def _pasts(verb: str) -> tuple[str, ...]:
    """Regular past forms; both spellings where the last consonant may be doubled."""
    if verb.endswith("e"):
        return (verb + "d",)
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return (verb[:-1] + "ied",)
    return verb + "ed", verb + verb[-1] + "ed"
