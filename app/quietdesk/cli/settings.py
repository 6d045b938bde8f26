"""``quietdesk settings``: what a person can choose."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from quietdesk.cli.output import Output
from quietdesk.paths import Paths

if TYPE_CHECKING:
    from pathlib import Path

    from quietdesk.desk import Desk
    from quietdesk.settings import Problem

OpenDesk = Callable[[], AbstractContextManager["Desk"]]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for each setting.")]


def register(app: typer.Typer, _open_desk: OpenDesk) -> None:
    """Add the commands."""
    group = typer.Typer(help="Settings: history, receipts, language, labels.", no_args_is_help=True)
    app.add_typer(group, name="settings")

    @group.command()
    def show(as_json: AsJson = False) -> None:
        """Show the settings, and what in their file could not be used."""
        _show(Output(as_json))

    @group.command("set")
    def set_one(key: str, value: str) -> None:
        """Change a setting."""
        _set(key, value, Output())


def _show(output: Output) -> None:
    from quietdesk import settings

    path = settings.file_of(Paths.find())
    found, problems = settings.load(path)
    defaults = settings.as_written(settings.Settings())
    values = settings.as_written(found)
    if output.as_json:
        for key, value in values.items():
            output.object({"key": key, "value": value, "default": defaults[key]})
    else:
        rows = ((key, settings.shown(value), settings.shown(defaults[key])) for key, value in values.items())
        output.table(("setting", "value", "default"), rows)
    _tell(path, problems, output)


def _tell(path: Path, problems: list[Problem], output: Output) -> None:
    for problem in problems:
        place = f"{path}, line {problem.line}" if problem.line else str(path)
        what = ": ".join(filter(None, (problem.key, problem.what)))
        used = f" In use: {problem.default}." if problem.default else ""
        output.notice(f"{place}: {what}.{used}")


def _set(key: str, value: str, output: Output) -> None:
    from quietdesk import settings

    path = settings.file_of(Paths.find())
    kept = settings.set_value(path, key, value)
    if kept is not None:
        output.notice(f"{path} was not TOML and is begun anew; what was in it is kept as {kept}.")
    found, _ = settings.load(path)
    output.notice(f"{key} is now {settings.shown(settings.as_written(found)[key])}.")
