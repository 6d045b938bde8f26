"""What every command shares: results on stdout, everything else on stderr, exit codes, JSON, errors for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from quietdesk.errors import Cancelled, ErrorCode, UserError

if TYPE_CHECKING:
    from rich.progress import TaskID

Private = Annotated[bool, typer.Option("--private", help="Keep nothing of this: no history, no receipt.")]
"""The option of commands that work on texts."""

EXIT_OK, EXIT_ERROR, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130

# Columns of a table that goes into a file or a pipe.
_WIDTH_WITHOUT_TERMINAL = 160


class Output:
    """Writes results and notices. ``as_json``: one object per input on stdout and nothing else."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.notices = Console(stderr=True, highlight=False, soft_wrap=True)

    def object(self, fields: dict[str, Any]) -> None:
        """One JSON object on a line of its own."""
        line = json.dumps(fields, ensure_ascii=False)
        if _printable(line) != line:  # a file name with bytes that are no text, an output that is not Unicode
            line = json.dumps(fields)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def text(self, text: str, end: str = "\n") -> None:
        """Plain text of a result."""
        sys.stdout.write(_printable(text) + end)
        sys.stdout.flush()

    def notice(self, text: str) -> None:
        """A remark for the person, on stderr."""
        self.notices.print(text, markup=False)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table on stdout. The first column is never broken; a cell may have several lines."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for number, heading in enumerate(headings):
            table.add_column(heading, overflow="fold", no_wrap=number == 0)
        for row in rows:
            table.add_row(*map(Text, row))
        width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
        Console(file=sys.stdout, highlight=False, width=width).print(table)

    def confirm(self, question: str) -> bool:
        """Ask on stderr; True only for y or yes. Needs a terminal on stdin."""
        try:
            answer = self.notices.input(Text(f"{question} [y/N] "))
        except EOFError:
            return False
        return answer.strip().lower() in ("y", "yes")

    def error(self, error: UserError) -> None:
        """Title, what happened, what to do; on stderr."""
        self.notices.print(f"{error.title}: {error.message}", style="red", markup=False)
        if error.hint:
            self.notices.print(f"  {error.hint}", markup=False)


def _printable(text: str) -> str:
    """``text`` with escapes for what the output's encoding does not have."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def byte_progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr that appears at its first call (bytes done, bytes in all) and goes when the block ends."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True)
    tasks: list[TaskID] = []

    def show(done: int, total: int) -> None:
        if not tasks:
            bar.start()
            tasks.append(bar.add_task(title, total=total))
        bar.update(tasks[0], completed=done, total=total)
        if done >= total:
            bar.stop()

    try:
        yield show
    finally:
        bar.stop()


def for_each_input(sources: Iterable[str], work: Callable[[str], None], output: Output) -> int:
    """Run ``work`` for every source; one failing never stops the others.

    Returns the exit code: 1 if any source failed.
    """
    failed = False
    for source in sources:
        try:
            work(source)
        except UserError as error:
            failed = True
            report_failure(source, error, output)
        except (KeyboardInterrupt, Cancelled):
            raise
        except Exception as error:  # noqa: BLE001  the edge: a bug with one input must not lose the others
            failed = True
            report_failure(source, internal_error(source, error), output)
    return EXIT_ERROR if failed else EXIT_OK


def report_failure(source: str, error: UserError, output: Output) -> None:
    """The failed input's JSON object, or the error in words."""
    if output.as_json:
        output.object({"source": source, "status": "failed", "error": error.as_dict()})
    else:
        output.error(error)


def internal_error(source: str, error: Exception) -> UserError:
    """A bug, told without traceback and without content."""
    return UserError(
        ErrorCode.INTERNAL, "Something went wrong in Quietdesk",
        f"{source}: {type(error).__name__}",
        "This is a mistake in the program. Please report it with the output of `quietdesk doctor`.",
    )
