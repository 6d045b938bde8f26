"""The command line: registers one file per command group and turns errors into exit codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from quietdesk.cli.output import EXIT_ERROR, EXIT_INTERRUPTED, Output, byte_progress, internal_error
from quietdesk.desk import Desk
from quietdesk.errors import Cancelled, UserError
from quietdesk.paths import Paths

GROUPS = ("summarize", "draft", "classify", "labels", "text", "model", "doctor", "bench")


@contextmanager
def open_desk() -> Iterator[Desk]:
    """The desk of one command; a bar on stderr while the model is put in place at first use."""
    with byte_progress("Putting the model in place") as progress, Desk(Paths.find(), progress) as desk:
        yield desk


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name="quietdesk", help="Text tools that never leave your computer.", no_args_is_help=True,
        pretty_exceptions_enable=False, add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
    for group in GROUPS:
        importlib.import_module(f"quietdesk.cli.{group}").register(app, open_desk)
    return app


def run() -> None:
    """Run the command line and exit with its code (see the exit codes in cli/output.py)."""
    try:
        sys.exit(build()(standalone_mode=True))
    except UserError as error:
        Output().error(error)
        sys.exit(EXIT_ERROR)
    except (KeyboardInterrupt, Cancelled):
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:  # noqa: BLE001  the edge: no traceback for people
        Output().error(internal_error("quietdesk", error))
        sys.exit(EXIT_ERROR)
