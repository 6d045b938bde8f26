"""``quietdesk history``: what was written and decided before."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quietdesk.cli.output import EXIT_USAGE, Output
from quietdesk.documents.source import shown

if TYPE_CHECKING:
    from quietdesk.desk import Desk
    from quietdesk.store.history import HistoryItem

OpenDesk = Callable[..., AbstractContextManager["Desk"]]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for each result.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
_LINE = 60  # characters of a result in the list


def register(app: typer.Typer, open_desk: OpenDesk) -> None:
    """Add the commands."""
    group = typer.Typer(help="Results that were kept, in the encrypted store.", no_args_is_help=True)
    app.add_typer(group, name="history")
    _register_looking(group, open_desk)
    _register_erasing(group, open_desk)


def moment(milliseconds: int) -> str:
    """A time in the zone of this computer."""
    return f"{datetime.fromtimestamp(milliseconds / 1000):%Y-%m-%d %H:%M}"


def _register_looking(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command("list")
    def list_items(
        limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 20,
        as_json: AsJson = False,
    ) -> None:
        """List the results, newest first."""
        from quietdesk.store.history import History

        output = Output(as_json)
        with open_desk() as desk:
            items = History(desk.records.database()).list(limit=limit)
        if as_json:
            for item in items:
                output.object(_fields(item))
        elif items:
            output.table(("Number", "When", "Task", "From", "Result"), map(_row, items))
        else:
            output.notice("Nothing is kept yet.")

    @group.command()
    def show(number: int, as_json: AsJson = False) -> None:
        """Show one result."""
        from quietdesk.store.history import History

        output = Output(as_json)
        with open_desk() as desk:
            item = History(desk.records.database()).get(number)
        if as_json:
            output.object(_fields(item))
            return
        output.notice(f"{item.task} of {_source(item)}, {moment(item.made_at)}, with {item.model}:")
        output.text(_result(item))


def _register_erasing(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command()
    def delete(number: int) -> None:
        """Erase one result; no trace of it stays in the store."""
        from quietdesk.store.erasing import Erasing

        with open_desk() as desk:
            Erasing(desk.records.database()).history_item(number)
        Output().notice(f"Result {number} is erased.")

    @group.command()
    def clear(yes: Yes = False) -> None:
        """Erase all results. Receipts and what is known of files stay; see `quietdesk privacy erase`."""
        from quietdesk.store.history import History

        output = Output()
        with open_desk() as desk:
            database = desk.records.database()
            if not yes and not output.confirm("Erase all results?"):
                output.notice("Nothing was erased.")
                raise typer.Exit(EXIT_USAGE)
            count = History(database).clear()
            database.compact()
        output.notice(f"{count} results are erased." if count != 1 else "1 result is erased.")


def _fields(item: HistoryItem) -> dict[str, Any]:
    return {**asdict(item), "output": dict(item.output)}


def _row(item: HistoryItem) -> tuple[str, ...]:
    line = " ".join(_result(item).split())
    short = line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"
    return str(item.id), moment(item.made_at), item.task, _source(item), short


def _source(item: HistoryItem) -> str:
    return shown(item.source) if item.source else "typed text"


def _result(item: HistoryItem) -> str:
    fields = item.output
    if item.task == "summarize":
        return str(fields.get("summary", ""))
    if item.task == "draft":
        return f"Subject: {fields.get('subject', '')}\n\n{fields.get('text', '')}"
    labels = ", ".join(fields.get("labels", ())) or f"{fields.get('label', '')}?"
    return f"{labels}  {100 * float(fields.get('confidence', 0)):.0f} %"
