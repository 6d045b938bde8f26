"""``quietdesk classify``: which label each document should have."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quietdesk.cli.output import EXIT_ERROR, EXIT_OK, Output, Private, report_failure
from quietdesk.documents.source import shown
from quietdesk.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from quietdesk.cli.read_ahead import ReadInput
    from quietdesk.desk import Desk
    from quietdesk.documents.document import Document
    from quietdesk.tools.classify.classifier import Decision
    from quietdesk.tools.classify.label_sets import LabelSet

# Documents in one request to the model: enough to fill its chunks, few enough that results come soon.
_BATCH = 8
_MODEL_ERRORS = (ErrorCode.MODEL_MISSING, ErrorCode.MODEL_CORRUPT)


def register(app: typer.Typer, open_desk: Callable[..., AbstractContextManager[Desk]]) -> None:
    """Add the command."""

    @app.command()
    def classify(
        files: Annotated[list[str], typer.Argument(metavar="FILE|-...", help="Documents, mail, images; - for stdin.")],
        labels: Annotated[
            str | None, typer.Option(metavar="A,B,C", help="The labels to choose from, with commas between.")
        ] = None,
        set_name: Annotated[
            str | None, typer.Option("--set", metavar="NAME", help="A label set; see `quietdesk labels list`.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each file.")] = False,
        private: Private = False,
    ) -> None:
        """Find the label of documents. What is not sure enough is left for review."""
        if labels is not None and set_name is not None:
            raise typer.BadParameter("give --labels or --set, not both")
        with open_desk(private=private) as desk:
            chosen = _chosen(desk, labels, set_name)
            desk.warm_up()
            code = _Run(desk, chosen, Output(as_json)).all(files)
        if code != EXIT_OK:
            raise typer.Exit(code)


def _chosen(desk: Desk, labels: str | None, set_name: str | None) -> LabelSet:
    from quietdesk.tools.classify.label_sets import in_force, parse_names

    if labels is not None:
        return parse_names(labels)
    name = set_name or desk.settings.label_set
    return in_force(name, desk.labels.find(name))


class _Run:
    """Classifies the inputs of one command: documents are read while earlier ones are with the model."""

    def __init__(self, desk: Desk, labels: LabelSet, output: Output) -> None:
        self._desk = desk
        self._labels = labels
        self._output = output
        self._width = max(len(label.id) for label in labels.labels)
        self._failed = False

    def all(self, sources: list[str]) -> int:
        """Results in the order of the inputs; the exit code."""
        from quietdesk.cli.read_ahead import ReadAhead

        with ReadAhead(sources, self._desk.read, _BATCH) as inputs:
            while batch := inputs.take():
                self._batch(batch)
        return EXIT_ERROR if self._failed else EXIT_OK

    def _batch(self, batch: list[ReadInput]) -> None:
        started = time.monotonic()
        documents = [each.document for each in batch if each.document is not None]
        results = iter(self._decide(documents))
        seconds = (time.monotonic() - started) / max(len(documents), 1)
        for each in batch:
            result = each.error if each.document is None else next(results)
            if isinstance(result, UserError):
                self._failed = True
                report_failure(each.source, result, self._output)
            elif result is not None:
                self._show(each.source, result, seconds)

    def _decide(self, documents: list[Document]) -> list[Decision | UserError]:
        """A decision for each document; when the model fails on some, only those fail."""
        try:
            return [*self._desk.classify(documents, self._labels)]
        except UserError as error:
            if error.code in _MODEL_ERRORS:
                raise
            return [error] if len(documents) == 1 else [self._decide([each])[0] for each in documents]

    def _show(self, source: str, decision: Decision, seconds: float) -> None:
        if self._output.as_json:
            self._output.object(self._fields(source, decision, seconds))
            return
        labels = ", ".join(decision.labels) or f"{decision.label}?"
        line = f"{labels:<{self._width + 1}}  {100 * decision.confidence:3.0f} %  {shown(source)}"
        self._output.text(line if not decision.reason else f"{line}  (review: {decision.reason})")

    def _fields(self, source: str, decision: Decision, seconds: float) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "source": source,
            "label": decision.label,
            "confidence": round(decision.confidence, 4),
            "scores": {label: round(score, 4) for label, score in decision.scores.items()},
            "status": decision.status,
            "reason": decision.reason,
            "model": self._desk.model.name,
            "seconds": round(seconds, 3),
        }
        if self._labels.multi:
            fields["labels"] = list(decision.labels)
        return fields
