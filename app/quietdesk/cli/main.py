"""The command line: registers one file per command group and turns errors into exit codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from quietdesk.cli.output import EXIT_ERROR, EXIT_INTERRUPTED, Output, byte_progress, internal_error
from quietdesk.cli.vault import terminal_prompt
from quietdesk.desk import Asker, Desk
from quietdesk.errors import Cancelled, UserError
from quietdesk.paths import Paths
from quietdesk.privacy.network_lock import lock_network, refused

GROUPS = (
    "summarize", "draft", "classify", "labels", "text", "search", "history", "privacy", "vault", "settings", "model",
    "doctor", "bench",
)  # fmt: skip
# Locks the network by itself: one of its commands may download a model before.
_LOCKS_ITSELF = "model"


@contextmanager
def open_desk(private: bool = False) -> Iterator[Desk]:
    """The desk of one command; a bar on stderr while the model is put in place at first use.

    private: nothing is kept of what the command does.
    """
    asker = Asker(say=Output().notice, ask=terminal_prompt(), private=private, blocked=refused)
    with byte_progress("Putting the model in place") as progress, Desk(Paths.find(), progress, asker) as desk:
        yield desk


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name="quietdesk", help="Text tools that never leave your computer.", no_args_is_help=True,
        pretty_exceptions_enable=False, add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip

    @app.callback()
    def lock(context: typer.Context) -> None:
        if context.invoked_subcommand != _LOCKS_ITSELF:
            lock_network()

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
