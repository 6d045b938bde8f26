"""Summaries: choose the sentences that carry the document, let the model shorten them, keep what the document says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from quietdesk.cancel import CancelToken
from quietdesk.documents.document import Document
from quietdesk.engine.engine import Engine
from quietdesk.errors import ErrorCode, UserError
from quietdesk.tools.summarise.headline import CANDIDATES, best_line, own_title
from quietdesk.tools.summarise.plan import Outline, Plan, PlannedSentence
from quietdesk.tools.summarise.prompts import SummaryPrompts
from quietdesk.tools.summarise.summary import (
    Size,
    Style,
    Summary,
    SummaryOptions,
    SummarySentence,
    ended,
    joined,
    size_of,
)
from quietdesk.tools.summarise.writing import ChatWriter, HeadlineWriter, Written
from quietdesk.tools.text.sentences import Span

ADAPTER_LANGUAGES = frozenset(("en", "zh"))
"""Languages that the task adapter was trained on."""

CHAT_SIZE = Size(14, 320)
"""What a model with a chat template gets to read: about 420 tokens, a second of prefill for 270 M parameters."""

OnSentence = Callable[[SummarySentence], None]


class Summariser:
    """Summarises documents of any length with the model of ``engine``."""

    def __init__(self, engine: Engine, prompts: SummaryPrompts | None = None) -> None:
        self._engine = engine
        self._prompts = prompts or SummaryPrompts()

    def summarise(self, document: Document, options: SummaryOptions, on_sentence: OnSentence | None = None,
                  cancel: CancelToken | None = None) -> Summary:  # fmt: skip
        """The summary of ``document``; ``on_sentence`` gets each sentence as soon as it is final.

        Every sentence of the document takes part in the choice. What the model writes stands only when the document
        says it; elsewhere the document's own sentences stand, shortened.

        Raises:
            UserError: ``no_text`` when there is nothing to summarise; what the engine raises.
            Cancelled: ``cancel`` was set.
        """
        started = time.monotonic()
        if not any(char.isalnum() for char in document.text):
            raise UserError(
                ErrorCode.NO_TEXT, "No text", f"{document.source} has no words to summarise.",
                "Check that this is the right file.",
            )  # fmt: skip
        outline = Outline(document.text, self._engine, cancel)
        emit = _Emitter(options.style, on_sentence)
        size = size_of(options, len(document.text))
        plan = outline.summary(size)
        if options.style is Style.HEADLINE:
            emit.add(self._headline(document, outline, size, cancel))
        else:
            self._write(outline, plan, document.language or "", emit, cancel)
        sentences = tuple(emit.sentences)
        return Summary(
            options, sentences, joined(sentences, options.style), plan.characters_read, len(document.text),
            time.monotonic() - started,
        )  # fmt: skip

    def _headline(self, document: Document, outline: Outline, size: Size,
                  cancel: CancelToken | None) -> SummarySentence:  # fmt: skip
        title = own_title(outline.sentences, document.title, size.words)
        if title:
            start = document.text.find(title)
            return SummarySentence(title, (Span(start, start + len(title)),) if start >= 0 else (), ("title",))
        ranked = outline.most_important(CANDIDATES)
        if written := self._written_headline(ranked, document.language or "", size, cancel):
            return SummarySentence(written.text, tuple(source.span for source in written.sources), ("written",))
        line, planned = best_line(ranked, size.words)
        return SummarySentence(line, (planned.span,), ("source",))

    def _written_headline(self, ranked: Sequence[PlannedSentence], language: str, size: Size,
                          cancel: CancelToken | None) -> Written | None:  # fmt: skip
        """The adapter's headline of the most important sentences, read in the order of the document."""
        if not self._engine.info().adapter or language not in ADAPTER_LANGUAGES:
            return None
        in_order = sorted(ranked, key=lambda planned: planned.span.start)
        return HeadlineWriter(self._engine).write(in_order, size.words, cancel)

    def _write(self, outline: Outline, plan: Plan, language: str, emit: _Emitter,
               cancel: CancelToken | None) -> None:  # fmt: skip
        info = self._engine.info()
        if info.chat_template and not info.adapter:
            writer = ChatWriter(self._engine, self._prompts, language)
            writer.write(outline.plan(CHAT_SIZE).sentences, len(plan.sentences), emit.settled, cancel)
        if not emit.sentences:
            for planned in plan.sentences:
                if cancel is not None:
                    cancel.check()
                emit.source(planned)


class _Emitter:
    """Collects the final sentences and hands each on at once."""

    def __init__(self, style: Style, on_sentence: OnSentence | None) -> None:
        self.sentences: list[SummarySentence] = []
        self._style = style
        self._on_sentence = on_sentence
        self._last: PlannedSentence | None = None
        self._used: set[int] = set()

    def add(self, sentence: SummarySentence) -> None:
        self.sentences.append(sentence)
        if self._on_sentence is not None:
            self._on_sentence(sentence)

    def source(self, planned: PlannedSentence) -> None:
        """The document's own sentence; in a paragraph a speaker's name stands before the first of theirs only."""
        if planned.index in self._used:
            return
        goes_on = (
            self._style is Style.PARAGRAPH and self._last is not None
            and self._last.speaker == planned.speaker
        )  # fmt: skip
        self._used.add(planned.index)
        self._last = planned
        text = planned.wording if goes_on or not planned.speaker else _said(planned)
        self.add(SummarySentence(ended(text), (planned.span,), ("source",)))

    def written(self, point: Written) -> None:
        """The model's sentence."""
        self._last = None
        self._used.update(source.index for source in point.sources)
        flag = "rewritten" if point.second_try else "written"
        self.add(SummarySentence(point.text, tuple(source.span for source in point.sources), (flag,)))

    def settled(self, sentence: Written | PlannedSentence) -> None:
        if isinstance(sentence, Written):
            self.written(sentence)
        else:
            self.source(sentence)


def _said(planned: PlannedSentence) -> str:
    return planned.speaker + ("" if planned.speaker.endswith("：") else " ") + planned.wording
