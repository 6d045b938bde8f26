"""``quietdesk text``: what the reader gets out of files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from quietdesk.cli.output import Output, for_each_input
from quietdesk.desk import Desk
from quietdesk.documents.document import Document
from quietdesk.documents.source import shown


def register(app: typer.Typer, open_desk: Callable[[], AbstractContextManager[Desk]]) -> None:
    """Add the command."""

    @app.command()
    def text(
        files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Documents, mail, images; - for stdin.")],
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each file.")] = False,
    ) -> None:
        """Print the text of files, as the other commands read it."""
        output = Output(as_json)
        with open_desk() as desk:

            def show(source: str) -> None:
                _show(desk.read(source), output, named=len(files) > 1)

            code = for_each_input(files, show, output)
        if code:
            raise typer.Exit(code)


def _show(document: Document, output: Output, named: bool) -> None:
    if output.as_json:
        output.object(
            {
                "source": document.source, "text": document.text, "pages": document.pages,
                "ocr_pages": list(document.ocr_pages), "language": document.language,
            }
        )  # fmt: skip
        return
    if named:
        output.notice(f"{shown(document.source)}:")
    output.text(document.text)
