"""``quietdesk summarize``: what a document says, in a few sentences."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Annotated, Any

import typer

from quietdesk.cli.output import Output, Private, for_each_input
from quietdesk.desk import Desk
from quietdesk.documents.source import shown
from quietdesk.tools.summarise.summary import Length, Style, Summary, SummaryOptions, SummarySentence, separator


def register(app: typer.Typer, open_desk: Callable[..., AbstractContextManager[Desk]]) -> None:
    """Add the command."""

    @app.command()
    def summarize(
        files: Annotated[list[str], typer.Argument(metavar="FILE|-...", help="Documents, mail, images; - for stdin.")],
        style: Annotated[Style, typer.Option(help="One paragraph, a list of points, or one line.")] = Style.PARAGRAPH,
        length: Annotated[
            Length,
            typer.Option(
                help="2, 3 or 6 sentences (50, 75 or 150 words at most); 3, 5 or 8 points; a headline of about "
                "10, 15 or 22 words. Half as long again for documents of more than three pages."
            ),
        ] = Length.MEDIUM,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each file.")] = False,
        private: Private = False,
    ) -> None:
        """Summarise documents. Every sentence is checked against the document."""
        output = Output(as_json)
        options = SummaryOptions(style, length)
        with open_desk(private=private) as desk:
            desk.warm_up()

            def work(source: str) -> None:
                _summarize(desk, source, options, output, named=len(files) > 1)

            code = for_each_input(files, work, output)
        if code:
            raise typer.Exit(code)


def _summarize(desk: Desk, source: str, options: SummaryOptions, output: Output, *, named: bool) -> None:
    document = desk.read(source)
    if output.as_json:
        output.object(_fields(document.source, desk.summarise(document, options), desk.model.name))
        return
    if named:
        output.notice(f"{shown(source)}:")
    printer = _Printer(output, options.style)
    try:
        desk.summarise(document, options, printer.sentence)
    finally:
        printer.end()


def _fields(source: str, summary: Summary, model: str) -> dict[str, Any]:
    return {
        "source": source,
        "style": summary.options.style.value,
        "length": summary.options.length.value,
        "summary": summary.text,
        "sentences": [
            {"text": each.text, "sources": [asdict(span) for span in each.sources], "flags": list(each.flags)}
            for each in summary.sentences
        ],
        "characters_read": summary.characters_read,
        "characters_total": summary.characters_total,
        "model": model,
        "seconds": round(summary.seconds, 3),
    }


class _Printer:
    """Writes sentences one by one as they become final."""

    def __init__(self, output: Output, style: Style) -> None:
        self._output = output
        self._style = style
        self._written = ""

    def sentence(self, sentence: SummarySentence) -> None:
        if self._style is Style.BULLETS:
            self._output.text(f"- {sentence.text}")
            return
        self._output.text((separator(self._written) if self._written else "") + sentence.text, end="")
        self._written = sentence.text

    def end(self) -> None:
        if self._written:
            self._output.text("")
