"""Sentences that the model writes, let through only when the document says the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from quietdesk.cancel import CancelToken
from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import Completion, Finish, Generate, Sampling
from quietdesk.tools import adapter_formats as formats
from quietdesk.tools.adapter_formats import SummaryPart
from quietdesk.tools.summarise.plan import PlannedSentence, word_count
from quietdesk.tools.summarise.prompts import SummaryPrompts
from quietdesk.tools.text.facts import SourceFacts
from quietdesk.tools.text.fidelity import word_overlap

_MARKER = re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+")
_FINISHED = re.compile(r"[.!?。！？…][\"'”’)）」』]*$")
_FEWEST_WORDS = 4
_TOKENS_PER_WORD = 2  # English needs about 1.3, names and other languages more
_CHAT_REWRITE_TOKENS = 80
_REWRITE_WARMTH = 0.6  # greedy decoding would write the same sentence again
_HEADLINE_WARMTH = 0.7
_HEADLINE_COVERED = 0.75  # share of a headline's words that the document must have
_WELL_COVERED = 0.6  # share of a sentence's words that its best source sentence must have


class Enough(Exception):  # noqa: N818  no error: ends a completion whose rest is not needed
    """Raised by a receiver of lines when it needs no more."""


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence of the model that passed the checks, and the planned sentences that it says again."""

    text: str
    sources: tuple[PlannedSentence, ...]
    second_try: bool = False


class HeadlineWriter:
    """A headline by the task adapter: one line whose words and facts are the document's own.

    candidates: lines that are drawn besides the likeliest one. Of those that stand, the one most like the others is
    taken (minimum Bayes risk, Kumar and Byrne 2004): what several lines say is what the document is about.
    """

    def __init__(self, engine: Engine, candidates: int = 4) -> None:
        self._engine = engine
        self._candidates = candidates

    def write(self, sources: Sequence[PlannedSentence], most_words: int, cancel: CancelToken | None) -> Written | None:
        """The headline of the text that ``sources`` make up, or None when the model wrote none that stands."""
        facts = _facts(sources)
        text = " ".join(sentence.wording for sentence in sources)
        request = Generate(
            prompt=formats.part(SummaryPart.HEADLINE), prefix=formats.document(text), stop=("\n",),
            max_tokens=_TOKENS_PER_WORD * most_words + 12, numbers=facts.numbers,
        )  # fmt: skip
        done = [self._engine.generate(request, cancel=cancel)]
        if self._candidates:
            warm = replace(request, sampling=Sampling(_HEADLINE_WARMTH))
            done += self._engine.draw(warm, self._candidates, cancel)
        read = " ".join(sentence.source for sentence in sources)
        lines = [one.text.strip() for one in done if _complete(one)]
        standing = [line for line in lines if _is_headline(line, read) and not facts.unsupported(line)]
        if not standing:
            return None
        line = max(standing, key=lambda line: sum(_likeness(line, other) for other in standing))
        return Written(line, _best_sources(line, sources))


class ChatWriter:
    """Sentences by a model with a chat template.

    A sentence stands when each of its facts is in the source; otherwise it is written once more, from the source
    sentences that it is about.
    """

    def __init__(self, engine: Engine, prompts: SummaryPrompts, language: str) -> None:
        self._engine = engine
        self._prompts = prompts
        self._language = language

    def write(self, plan: Sequence[PlannedSentence], count: int,
              on_sentence: Callable[[Written | PlannedSentence], None],
              cancel: CancelToken | None) -> None:  # fmt: skip
        """``on_sentence`` gets at most ``count`` times what stands: the model's sentence, or a planned one instead."""
        facts = _facts(plan)
        text = "\n".join(f"{sentence.speaker} {sentence.wording}".strip() for sentence in plan)
        lines: list[str] = []
        request = Generate(
            prompt=self._prompts.chat_points(text, count, self._language), chat=True, adapter=False,
            max_tokens=_TOKENS_PER_WORD * word_count(text) + 20, numbers=facts.numbers,
        )  # fmt: skip

        def receive(line: str) -> None:
            # The request must end before another begins, so a rewrite waits until all lines are there.
            if word_count(line) >= _FEWEST_WORDS and not any(_alike(line, other) for other in lines):
                lines.append(line)
            if len(lines) >= count:
                raise Enough

        _by_line(self._engine, request, receive, cancel)
        for line in lines:
            on_sentence(self._settled(line, plan, facts, cancel))

    def _settled(self, line: str, plan: Sequence[PlannedSentence], facts: SourceFacts,
                 cancel: CancelToken | None) -> Written | PlannedSentence:  # fmt: skip
        sources = _best_sources(line, plan)
        if self._stands(line, sources, facts):
            return Written(line, sources)
        text = " ".join(source.wording for source in sources)
        request = Generate(
            prompt=self._prompts.chat_rewrite(text, self._language), chat=True, adapter=False, stop=("\n",),
            max_tokens=_CHAT_REWRITE_TOKENS, numbers=facts.numbers, sampling=Sampling(_REWRITE_WARMTH),
        )  # fmt: skip
        again = self._engine.generate(request, cancel=cancel)
        if _complete(again) and self._stands(again.text.strip(), sources, facts):
            return Written(again.text.strip(), sources, second_try=True)
        return sources[0]

    def _stands(self, line: str, sources: Sequence[PlannedSentence], facts: SourceFacts) -> bool:
        covered = word_overlap(line, " ".join(source.source for source in sources)) >= _WELL_COVERED
        return bool(_FINISHED.search(line)) and covered and not facts.unsupported(line)


def _facts(plan: Sequence[PlannedSentence]) -> SourceFacts:
    """The facts of what the model has read."""
    return SourceFacts("\n".join(sentence.source for sentence in plan))


def _by_line(engine: Engine, request: Generate, receive: Callable[[str], None], cancel: CancelToken | None) -> None:
    """Hands each finished line to ``receive`` as soon as it is complete; the last one only if the model ended it."""
    rest = ""

    def take(piece: str) -> None:
        nonlocal rest
        *lines, rest = (rest + piece).split("\n")
        for line in lines:
            if line.strip():
                receive(_MARKER.sub("", line).strip())

    try:
        done = engine.generate(request, take, cancel)
        if _complete(done) and rest.strip():
            receive(_MARKER.sub("", rest).strip())
    except Enough:
        return


def _complete(completion: Completion) -> bool:
    return completion.finish in (Finish.END, Finish.STOP)


def _best_sources(line: str, plan: Sequence[PlannedSentence]) -> tuple[PlannedSentence, ...]:
    """The planned sentence that shares most words with ``line``, and a second one when it adds some."""
    ranked = sorted(plan, key=lambda planned: -word_overlap(line, planned.source))
    best = ranked[0]
    for other in ranked[1:3]:
        if word_overlap(line, f"{best.source} {other.source}") > word_overlap(line, best.source) + 0.2:
            return (best, other)
    return (best,)


def _is_headline(line: str, text: str) -> bool:
    return word_count(line) >= _FEWEST_WORDS and word_overlap(line, text) >= _HEADLINE_COVERED


def _likeness(line: str, other: str) -> float:
    return word_overlap(line, other) + word_overlap(other, line)


def _alike(line: str, other: str) -> bool:
    return word_overlap(line, other) > 0.8
