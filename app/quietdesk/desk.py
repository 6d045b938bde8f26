"""The Desk: builds the parts once and offers every job as one method."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from quietdesk.cancel import CancelToken
from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import WorkerSettings
from quietdesk.paths import Paths

if TYPE_CHECKING:  # each command imports only the parts that it uses: the start stays quick
    from quietdesk.documents.document import Document
    from quietdesk.documents.reader import Reader
    from quietdesk.engine.models import InstalledModel, ModelStore
    from quietdesk.store.labels import LabelStore
    from quietdesk.tools.classify.classifier import Classifier, Decision
    from quietdesk.tools.classify.label_sets import LabelSet
    from quietdesk.tools.draft.drafter import Draft, Drafter, DraftRequest
    from quietdesk.tools.summarise.summariser import Summariser
    from quietdesk.tools.summarise.summary import Summary, SummaryOptions, SummarySentence

STANDARD_INPUT = "-"


class Desk:
    """Everything Quietdesk can do, for the command line, the service and the tests.

    Nothing is started before it is needed; :meth:`close` (or leaving the ``with`` block) ends every process.
    ``progress`` gets bytes done and bytes in all while the model is put in place at first use.
    """

    def __init__(self, paths: Paths, progress: Callable[[int, int], None] | None = None) -> None:
        self.paths = paths
        self._progress = progress
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

        return Classifier(self.engine, self.model.sha256, self.paths.cache)

    def warm_up(self) -> None:
        """Begin to load the model and the reader, side by side with what comes next.

        Raises:
            UserError: there is no usable model.
        """
        _ = self.model
        self.engine.warm_up()
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
        return self.summariser.summarise(document, options, on_sentence, cancel)

    def draft(self, request: DraftRequest, on_text: Callable[[str], None] | None = None,
              cancel: CancelToken | None = None) -> Draft:  # fmt: skip
        """An e-mail from notes, or a reply, checked against them."""
        return self.drafter.draft(request, on_text, cancel)

    def classify(self, texts: Sequence[str], labels: LabelSet, cancel: CancelToken | None = None) -> list[Decision]:
        """The label of each text, with honest confidence."""
        return self.classifier.classify_many(texts, labels, cancel=cancel)

    def close(self) -> None:
        """End the worker and the reader."""
        self.engine.close()
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
