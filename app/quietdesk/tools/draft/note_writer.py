"""A letter written by the model, one note after another: each sentence is checked against its note before it stands.

A small model drops and mixes facts when it writes a letter at one go. Given one note at a time, right before the
sentence that says it, it copies them; and what it writes can be checked against that note alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from quietdesk.cancel import CancelToken
from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import Completion, Finish, Generate, Sampling
from quietdesk.tools.draft.note_check import NoteCheck
from quietdesk.tools.draft.prompts import LetterPrompts

_WARM = 0.7  # temperature of further attempts
_MARKS = re.compile(r"^(?:[-*•>]+\s+|\"(?=[^\"]*\"$))|\"$")


@dataclass(frozen=True, slots=True)
class Said:
    """The sentence of a note; ``by_model``: False where the model found none that is true to the note."""

    text: str
    by_model: bool


class NoteWriter:
    """Writes the parts of one letter.

    attempts: how many more sentences are drawn, side by side, for a note whose first one has faults; the likeliest
    one that stands is taken.
    """

    def __init__(self, engine: Engine, prompts: LetterPrompts, check: NoteCheck, *, attempts: int = 4,
                 cancel: CancelToken | None = None) -> None:  # fmt: skip
        self._engine = engine
        self._prompts = prompts
        self._check = check
        self._attempts = attempts
        self._cancel = cancel

    def subject(self) -> str:
        """A subject line; empty when the model found no end."""
        return self._line(self._prompts.subject())

    def greeting(self, subject: str) -> str:
        """A greeting; empty when it is not left to the model."""
        request = self._prompts.greeting(subject)
        return self._line(request) if request else ""

    def sentences(self, beginning: str, plain: Sequence[str], on_text: Callable[[str], None]) -> list[Said]:
        """What each note says, in order.

        beginning: subject and greeting as lines. plain: what stands for a note of which the model writes nothing true.
        on_text: gets every sentence when it is settled.
        """
        said: list[Said] = []
        for at, fallback in enumerate(plain):
            text = self._sentence(at, beginning, [one.text for one in said])
            said.append(Said(text or fallback, bool(text)))
            on_text(said[-1].text)
        return said

    def _sentence(self, at: int, beginning: str, before: Sequence[str]) -> str:
        first = self._line(self._prompts.sentence(at, beginning, before, Sampling()))
        if self._stands(at, first, before):
            return first
        request = replace(self._prompts.sentence(at, beginning, before, Sampling(_WARM)), logprob=True)
        drawn = self._engine.draw(request, self._attempts, self._cancel)
        likeliest = sorted(drawn, key=lambda done: -done.logprob)
        return next((text for text in map(_tidy, likeliest) if self._stands(at, text, before)), "")

    def _stands(self, at: int, text: str, before: Sequence[str]) -> bool:
        return bool(text) and text not in before and not self._check.faults(at, text)

    def _line(self, request: Generate) -> str:
        return _tidy(self._engine.generate(request, None, self._cancel))


def _tidy(done: Completion) -> str:
    """The line that was written; empty when it did not come to its end."""
    if done.finish not in (Finish.END, Finish.STOP):
        return ""
    return _MARKS.sub("", " ".join(done.text.split())).strip()
