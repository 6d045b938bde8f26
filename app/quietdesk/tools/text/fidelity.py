"""Is a sentence a shortening of a source sentence? Same words, same order, nothing dropped that changes the meaning.

A small model joins a subject with another clause's verb, or turns "is expected to" into "will". Facts that stand in
the source one by one do not show that; the order of words and the kind of the gaps between them does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from quietdesk.tools.text.word_sets import word_list, word_set

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\w\s]")
_JOINTS = frozenset(",;:()[]–—-，；：（）、。.…!?！？")

_FUNCTION = word_set(
    """a an the of to in on at by for from with and or as is are was were am be been being has have had do does did
    that which who whom it its he she they his her him their them this these those there here so such s t re ve
    d ll into onto also both own than then 's will would"""
)
_REPORTING = word_set(
    """say says said saying tell tells told claim claims claimed claiming report reports reported reportedly
    according argue argues argued warn warns warned allege alleges alleged allegedly suggest suggests suggested
    believe believes believed think thinks thought announce announced announces describe described describes
    accuse accused accuses deny denies denied insist insists insisted add added adds explain explained explains
    ask asked asks state stated"""
)
_HEDGES = word_set(
    """will would may might could can should must shall expected expects expect likely unlikely possibly perhaps
    probably potentially apparently planned plans plan proposed proposes hopes hope hoped aims aim wants want
    wanted tried tries try trying if unless except until without only almost nearly not no never nor neither
    cannot none nobody nothing hardly barely few little supposed meant allowed considering consider considers
    could've scheduled due set"""
)
_APPROXIMATE = word_set("about around approximately roughly nearly almost over under below above least most than to")
_CONJUNCTIONS = word_set("but and so however instead meanwhile")
_TURNS = word_set("but although though however yet unless until if except whereas while without despite rather instead")
_PREPOSITIONS = word_set("of by for to with from against about on in at after before under over than like")
_PRONOUNS = word_set("i we you he she it they my our your his her its their me us him them")
_PAST, _PRESENT = word_set("was were had did"), word_set("is are am has have do does 's 're")
_CHINESE_SIGNS = word_list(
    "不 没 未 无 非 否 别 可能 也许 或 预计 预期 将 拟 计划 如果 若 除非 约 近 超 至少 最多 据 称 表示 认为 说 "
    "希望 建议"
)

_LINKS = word_set("that which who whom whose to by of for from with into and or as on in at than so")
_CLAUSE_WORDS = word_set("who which that whose be been being to")

_LONGEST_BARE_GAP = 3
"""Content words that may go without a comma, dash or bracket on both sides (``Jim Culloty's Spring Heeled``)."""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    stem: str
    joint: bool
    content: bool
    capital: bool


def is_shortening(text: str, source: str) -> bool:
    """Does ``text`` say in order what the sentence ``source`` says, with nothing put in and only parts left out that
    leave its meaning as it is (asides, modifiers, an end without condition or contrast)?"""
    kept, full = _tokens(text), _tokens(source)
    places = _align([t for t in kept if t.content], full)
    if places is None or not places:
        return False
    return (
        _small_words_agree(kept, full)
        and _start_is_safe(kept, full, places[0])
        and all(_gap_is_safe(full[a + 1 : b]) for a, b in pairwise(places))
        and _end_is_safe(full[places[-1] + 1 :])
        and _hedges_kept(kept, full, places)
        and _numbers_framed_alike(kept, full)
        and all((sign in text) == (sign in source) for sign in _CHINESE_SIGNS)
    )


def word_overlap(text: str, source: str) -> float:
    """Share (0 to 1) of the content words of ``text`` that ``source`` has, in any order."""
    wanted = [t.stem for t in _tokens(text) if t.content]
    known = {t.stem for t in _tokens(source)}
    return sum(stem in known for stem in wanted) / len(wanted) if wanted else 0.0


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(text.replace("’", "'")):
        word = match[0].casefold()
        joint = match[0] in _JOINTS
        content = not joint and (word[0].isalnum()) and word not in _FUNCTION
        tokens.append(_Token(word, _stem(word), joint, content, match[0][0].isupper()))
    return tokens


def _stem(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("'")
    for ending in ("ies", "ing", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _align(kept: Sequence[_Token], full: Sequence[_Token]) -> list[int] | None:
    """Places of the kept words in the source, in order, with as little left out between them as can be."""
    layers: list[dict[int, tuple[float, int]]] = []
    for number, token in enumerate(kept):
        layer: dict[int, tuple[float, int]] = {}
        for place, other in enumerate(full):
            if other.stem != token.stem:
                continue
            if number == 0:
                layer[place] = (0.0, -1)
                continue
            options = [
                (cost + _gap_cost(full[before + 1 : place]), before)
                for before, (cost, _) in layers[-1].items() if before < place
            ]  # fmt: skip
            if options:
                layer[place] = min(options)
        if not layer:
            return None
        layers.append(layer)
    if not layers:
        return []
    place = min(layers[-1], key=lambda p: layers[-1][p][0])
    places = [place]
    for layer in reversed(layers[1:]):
        place = layer[place][1]
        places.append(place)
    return places[::-1]


def _gap_cost(gap: Sequence[_Token]) -> float:
    return sum(token.content for token in gap) + (0.0 if _gap_is_safe(gap) else 100.0)


def _gap_is_safe(gap: Sequence[_Token]) -> bool:
    """Nothing but small words, a few modifiers, or an aside between two commas, dashes or brackets."""
    content = [token for token in gap if token.content]
    if not content:
        return True
    if any(token.text in _REPORTING or token.text in _TURNS for token in gap):
        return False
    if not any(token.joint for token in gap):
        return len(content) <= _LONGEST_BARE_GAP and not any(token.text in _CLAUSE_WORDS for token in gap)
    return _is_aside(gap)


def _is_aside(gap: Sequence[_Token]) -> bool:
    """Between two commas, dashes or brackets, small words outside them apart."""
    places = [number for number, token in enumerate(gap) if token.joint or token.content]
    return len(places) > 1 and gap[places[0]].joint and gap[places[-1]].joint


def _start_is_safe(kept: Sequence[_Token], full: Sequence[_Token], first: int) -> bool:
    """What is left out before the first word is a clause of its own, or what stands before a name (``the actor Moss``,
    ``a First Rail spokesman``); before another word it may be the verb."""
    if kept[0].text in _PRONOUNS and kept[0].text not in [token.text for token in full[:3]]:
        return False
    left_out = full[:first]
    if left_out and left_out[0].text in _CONJUNCTIONS:
        left_out = left_out[1:]
    if any(token.text in _REPORTING or token.text in _TURNS for token in left_out):
        return False
    joints = [number for number, token in enumerate(left_out) if token.joint]
    called = left_out[joints[-1] + 1 :] if joints else left_out
    content = [token for token in called if token.content]
    named = full[first].capital or all(token.capital for token in content)
    return not content or (named and not any(token.text in _PREPOSITIONS for token in called))


def _end_is_safe(left_out: Sequence[_Token]) -> bool:
    """No condition, contrast or "said X" after the last word."""
    return not any(token.text in _TURNS or token.text in _REPORTING for token in left_out)


def _hedges_kept(kept: Sequence[_Token], full: Sequence[_Token], places: Sequence[int]) -> bool:
    """Words of doubt, plan, denial and report are the same in both, up to the last word that is kept."""
    there = {token.text for token in kept}
    told = {token.text for token in full[: places[-1] + 1]}
    meant = told - _words_of_asides(full, places)
    if _stems(there & _REPORTING) != _stems(told & _REPORTING) or _stems(there & _HEDGES) != _stems(meant & _HEDGES):
        return False
    return any(w.endswith("n't") for w in there) == any(w.endswith("n't") for w in meant)


def _stems(words: frozenset[str] | set[str]) -> set[str]:
    return {_stem(word) for word in words}


def _words_of_asides(full: Sequence[_Token], places: Sequence[int]) -> set[str]:
    """Words that stand only in left-out asides between commas, dashes or brackets."""
    inside: list[int] = []
    for before, after in pairwise(places):
        if after - before > 1 and _is_aside(full[before + 1 : after]):
            inside += range(before + 1, after)
    outside = {token.text for number, token in enumerate(full) if number not in inside}
    return {full[number].text for number in inside} - outside


def _small_words_agree(kept: Sequence[_Token], full: Sequence[_Token]) -> bool:
    """No past told as present or the other way round, no pronoun that the source lacks, no new joining word."""
    if Counter(t.text for t in kept if t.text in _LINKS) - Counter(t.text for t in full if t.text in _LINKS):
        return False
    here, there = {token.text for token in kept}, {token.text for token in full}
    for tense, other in ((_PAST, _PRESENT), (_PRESENT, _PAST)):
        if here & tense and not there & tense and there & other:
            return False
    return not (here & _PRONOUNS) - there


def _numbers_framed_alike(kept: Sequence[_Token], full: Sequence[_Token]) -> bool:
    """``more than 5`` stays ``more than 5``."""

    def frames(tokens: Sequence[_Token]) -> set[tuple[str, str]]:
        found = set()
        for before, token in pairwise(tokens):
            if token.text[0].isdigit():
                found.add((before.text if before.text in _APPROXIMATE else "", token.text))
        return found

    plain = [token for token in full if token.text not in "£$€¥"], [token for token in kept if token.text not in "£$€¥"]
    return frames(plain[1]) <= frames(plain[0])
