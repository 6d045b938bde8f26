"""The Desk: builds the parts once and offers every job as one method."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from quietdesk.cancel import CancelToken
from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import WorkerSettings
from quietdesk.errors import Cancelled
from quietdesk.paths import Paths
from quietdesk.records import Clock, Filed, Records, Used, Work

if TYPE_CHECKING:  # each command imports only the parts that it uses: the start stays quick
    from quietdesk.documents.document import Document
    from quietdesk.documents.reader import Reader
    from quietdesk.engine.models import InstalledModel, ModelStore
    from quietdesk.settings import Problem, Settings
    from quietdesk.store.history import Task
    from quietdesk.store.labels import LabelStore
    from quietdesk.store.receipts import AskedBy, Outcome
    from quietdesk.tools.classify.classifier import Classifier, Decision
    from quietdesk.tools.classify.label_sets import LabelSet
    from quietdesk.tools.draft.drafter import Draft, Drafter, DraftRequest
    from quietdesk.tools.summarise.summariser import Summariser
    from quietdesk.tools.summarise.summary import Summary, SummaryOptions, SummarySentence
    from quietdesk.vault.vault import Vault

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants the work done, and how to speak with that person.

    say: shows a remark. ask: shows a prompt and returns the passphrase typed; None: nobody can be asked. private:
    nothing is kept of this work. blocked: attempts to use the network that were refused so far.
    """

    name: AskedBy = "command line"
    say: Callable[[str], None] = field(default=lambda _text: None)
    ask: Callable[[str], str] | None = None
    private: bool = False
    blocked: Callable[[], int] = field(default=lambda: 0)


@dataclass(slots=True)
class _Job:
    """What a job that is under way has brought: fields of its result."""

    output: Mapping[str, object] = field(default_factory=dict)


class Desk:
    """Everything Quietdesk can do, for the command line, the service and the tests.

    Nothing is started before it is needed; :meth:`close` (or leaving the ``with`` block) ends every process.
    ``progress`` gets bytes done and bytes in all while the model is put in place at first use.
    """

    def __init__(
        self, paths: Paths, progress: Callable[[int, int], None] | None = None, asker: Asker | None = None
    ) -> None:
        self.paths = paths
        self._progress = progress
        self._asker = asker or Asker()
        self.engine = Engine(self._worker_settings)

    @cached_property
    def models(self) -> ModelStore:
        from quietdesk.engine.models import ModelStore

        return ModelStore(self.paths)

    @cached_property
    def model(self) -> InstalledModel:
        """The chosen model, put in place and verified."""
        return self.models.current(self._progress)

    @cached_property
    def reader(self) -> Reader:
        from quietdesk.documents.reader import Reader

        return Reader()

    @cached_property
    def labels(self) -> LabelStore:
        from quietdesk.store.labels import LabelStore

        return LabelStore(self.paths)

    @cached_property
    def settings_found(self) -> tuple[Settings, list[Problem]]:
        """The settings, and what of their file could not be used."""
        from quietdesk import settings

        return settings.load(settings.file_of(self.paths))

    @property
    def settings(self) -> Settings:
        """The settings that hold."""
        return self.settings_found[0]

    @cached_property
    def vault(self) -> Vault:
        """Where the store's key is; asks the person for the passphrase if it must."""
        from quietdesk.vault.vault import Vault

        return Vault(self.paths, ask=self._asker.ask)

    @cached_property
    def records(self) -> Records:
        """What is kept of the work."""
        from quietdesk.vault.vault import Vault

        asker, (settings, problems) = self._asker, self.settings_found
        # What a person meant to switch off must not be kept because of a slip of the pen.
        unclear = any(problem.key in ("", "history", "receipts") for problem in problems)
        if unclear:
            asker.say("Nothing is kept: the settings are unclear about it. See `quietdesk settings show`.")
        return Records(
            self.paths, settings, self.vault, Vault(self.paths),
            asked_by=asker.name, say=asker.say, private=asker.private or unclear,
        )  # fmt: skip

    @cached_property
    def summariser(self) -> Summariser:
        from quietdesk.tools.summarise.summariser import Summariser

        return Summariser(self.engine)

    @cached_property
    def drafter(self) -> Drafter:
        from quietdesk.tools.draft.drafter import Drafter

        return Drafter(self.engine)

    @cached_property
    def classifier(self) -> Classifier:
        from quietdesk.tools.classify.classifier import Classifier

        threshold = self.settings.review_threshold
        return Classifier(self.engine, self.model.sha256, self.paths.cache, threshold)

    def warm_up(self) -> None:
        """Begin to load the model and the reader, side by side with what comes next.

        Raises:
            UserError: there is no usable model.
        """
        _ = self.model
        self.engine.warm_up()
        self.records.warm_up()
        self.reader.start()

    def read(self, source: str, cancel: CancelToken | None = None) -> Document:
        """The text of a file, or of standard input when ``source`` is ``-``.

        Raises:
            UserError: it cannot be read; the code says why.
        """
        if source == STANDARD_INPUT:
            return self.reader.read_bytes(sys.stdin.buffer.read(self.reader.limits.file_bytes + 1), STANDARD_INPUT)
        return self.reader.read(Path(source), cancel)

    def summarise(self, document: Document, options: SummaryOptions,
                  on_sentence: Callable[[SummarySentence], None] | None = None,
                  cancel: CancelToken | None = None) -> Summary:  # fmt: skip
        """A summary whose sentences are checked against the document; each is given out as soon as it stands."""
        with self._job("summarize", document.source, document.text) as job:
            summary = self.summariser.summarise(document, options, on_sentence, cancel)
            job.output = {"style": options.style.value, "length": options.length.value, "summary": summary.text}
        return summary

    def draft(self, request: DraftRequest, on_text: Callable[[str], None] | None = None,
              cancel: CancelToken | None = None) -> Draft:  # fmt: skip
        """An e-mail from notes, or a reply, checked against them."""
        with self._job("draft", STANDARD_INPUT, request.notes) as job:
            draft = self.drafter.draft(request, on_text, cancel)
            job.output = {"subject": draft.subject, "text": draft.text}
        return draft

    def classify(self, documents: Sequence[Document], labels: LabelSet,
                 cancel: CancelToken | None = None) -> list[Decision]:  # fmt: skip
        """The label of each document, with honest confidence."""
        from quietdesk.tools.classify.filed_text import filed_text

        if not documents:
            return []
        clock = Clock(lambda: self.engine.spent, self._asker.blocked)
        texts = [filed_text(document) for document in documents]
        vectors = self.classifier.vectors(texts, cancel=cancel)
        decisions = self.classifier.decide_many(texts, vectors, labels, cancel)
        for document, text, vector, decision in zip(documents, texts, vectors, decisions, strict=True):
            filed = Filed(document, text, labels.name, vector, self.classifier.space, decision)
            output = {
                "label": decision.label, "labels": list(decision.labels), "confidence": round(decision.confidence, 4),
                "status": decision.status,
            }  # fmt: skip
            used = clock.share(len(documents))
            self._keep("classify", document.source, text, outcome="done", output=output, used=used, filed=filed)
        return decisions

    @contextmanager
    def _job(self, task: Task, source: str, text: str) -> Iterator[_Job]:
        """Keeps what the block puts into ``output``, and a receipt of it in any case."""
        clock = Clock(lambda: self.engine.spent, self._asker.blocked)
        job = _Job()
        outcome: Outcome = "failed"
        try:
            yield job
            outcome = "done"
        except (Cancelled, KeyboardInterrupt):
            outcome = "cancelled"
            raise
        finally:
            self._keep(task, source, text, outcome=outcome, output=job.output, used=clock.share(1))

    def _keep(self, task: Task, source: str, text: str, *, outcome: Outcome, output: Mapping[str, object],
              used: Used, filed: Filed | None = None) -> None:  # fmt: skip
        model = self.__dict__.get("model")
        if model is None:  # nothing was computed: the model could not be put in place
            return
        self.records.keep(Work(
            task, "" if source == STANDARD_INPUT else os.path.abspath(source),  # noqa: PTH100  links are kept as named
            text, outcome, output, model.name, model.sha256, model.adapter_sha256, used, filed,
        ))  # fmt: skip

    def close(self) -> None:
        """End the worker and the reader, and close the store."""
        self.engine.close()
        if "records" in self.__dict__:
            self.records.close()
        if "reader" in self.__dict__:
            self.reader.close()

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _worker_settings(self) -> WorkerSettings:
        # Checked anew for every worker: the file may have been touched since the last one started.
        model = self.models.current(self._progress)
        return WorkerSettings(model.path, model.adapter)
