"""``quietdesk search``: files that Quietdesk has read, by their words, tags and names, or by likeness."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quietdesk.cli.output import Output
from quietdesk.documents.source import shown
from quietdesk.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from quietdesk.desk import Desk
    from quietdesk.store.file_index import FileIndex, Hit


def register(app: typer.Typer, open_desk: Callable[..., AbstractContextManager[Desk]]) -> None:
    """Add the command."""

    @app.command()
    def search(
        query: Annotated[str, typer.Argument(help='Words, "phrases", -words that must not occur.')] = "",
        like: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Find what is like this file instead.")
        ] = None,
        limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each file.")] = False,
    ) -> None:
        """Find files that were classified before. Nothing is read anew."""
        if bool(query.strip()) == (like is not None):
            raise typer.BadParameter("give words to look for, or --like FILE")
        from quietdesk.store.file_index import FileIndex

        output = Output(as_json)
        with open_desk() as desk:
            index = FileIndex(desk.records.database())
            hits = index.search(query, limit) if like is None else _like(desk, index, like, limit)
            rows = [(hit, index.tags(hit.record.id)) for hit in hits]
        for hit, tags in rows:
            if as_json:
                output.object(_fields(hit, tags))
            else:
                output.text(f"{', '.join(tags) or '?':<16}  {shown(str(hit.record.path))}")
        if not rows and not as_json:
            output.notice("Nothing was found. Only files that were classified are searched.")


def _like(desk: Desk, index: FileIndex, path: Path, limit: int) -> list[Hit]:
    record = index.find(Path(os.path.abspath(path)))  # noqa: PTH100  links are kept as named
    if record is None:
        raise UserError(
            ErrorCode.NOT_FOUND, "Not read yet", f"{shown(str(path))} has not been classified.",
            "Run `quietdesk classify` on it first.",
        )  # fmt: skip
    return index.like_this(record.id, desk.classifier.space, limit)


def _fields(hit: Hit, tags: tuple[str, ...]) -> dict[str, Any]:
    record = hit.record
    return {
        "path": str(record.path), "tags": list(tags), "label": record.label, "status": record.status,
        "confidence": None if record.confidence is None else round(record.confidence, 4), "score": round(hit.score, 4),
    }  # fmt: skip
