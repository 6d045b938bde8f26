"""Shows what Quietdesk does, on the sample files, without a screen: ``make demo``.

    python packaging/demo.py [FOLDER]

Everything it writes goes to FOLDER, build/demo unless given; nothing of the user's own is read or touched.
"""

from __future__ import annotations

import email
import email.policy
import glob
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WIDTH = 96
INDENT = "    "
HEADERS = ("From", "To", "Subject", "X-Unsent")


class Demo:
    """Runs the installed command on the samples and shows what it says, with the time it took."""

    def __init__(self, command: Path, home: Path) -> None:
        self._command = command
        self._environment = {**os.environ, "QUIETDESK_HOME": str(home), "PYTHONUTF8": "1"}
        self._failed = False

    def step(self, title: str, typed: str, result: Callable[[str], None]) -> None:
        """Run the command line as a person would type it in the checkout, and show its result with the time it took.

        A ``*`` stands for the files of a folder, as in a shell; ``result`` is given the standard output.
        """
        print(f"\n\n{title}\n{'-' * len(title)}\n")
        print(textwrap.fill(f"$ quietdesk {typed}", WIDTH, subsequent_indent="      ", break_on_hyphens=False))
        print(flush=True)
        started = time.monotonic()
        done = subprocess.run(
            [self._command, *expanded(typed)], cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, encoding="utf-8", check=False,
        )  # fmt: skip
        seconds = time.monotonic() - started
        result(done.stdout)
        if done.returncode:
            self._failed = True
        code = f"exit code {done.returncode}, " if done.returncode else ""
        print(f"\n{INDENT}[{code}{seconds:.1f} s]", flush=True)

    @property
    def exit_code(self) -> int:
        """1 when a step failed."""
        return int(self._failed)


def expanded(typed: str) -> list[str]:
    """The arguments of a command line, ``folder/*`` replaced by the folder's files."""
    arguments: list[str] = []
    for word in shlex.split(typed):
        arguments += sorted(glob.glob(word, root_dir=ROOT)) if "*" in word else [word]  # noqa: PTH207  relative paths
    return arguments


def sample(name: str) -> str:
    """Path of a resource relative to the checkout, as a person there would type it."""
    return f"resources/{name}"


def show(text: str) -> None:
    """Print text indented, long lines wrapped."""
    for line in text.splitlines():
        hanging = INDENT + ("  " if line.startswith(("- ", "• ")) else "")
        print(textwrap.fill(line, WIDTH, initial_indent=INDENT, subsequent_indent=hanging) if line.strip() else "")


def show_file(title: str, file: str) -> None:
    """Print a text file below a line that says what it is."""
    print(f"\n\n{title}:\n")
    show((ROOT / file).read_text("utf-8"))


def show_mail(file: Path) -> None:
    """Print a mail file as a mail program would: headers, then the text."""
    if not file.exists():
        return
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    show("\n".join(f"{name}: {str(message[name]).removesuffix(':;')}" for name in HEADERS if message[name]))
    print()
    show(body.get_content() if body is not None else "")


def main() -> int:
    """The whole demo; returns its exit code."""
    output = Path(sys.argv[1] if len(sys.argv) > 1 else "build/demo")
    shutil.rmtree(ROOT / output, ignore_errors=True)
    (ROOT / output).mkdir(parents=True)
    demo = Demo(Path(sys.executable).with_name("quietdesk"), ROOT / output / "home")
    started = time.monotonic()
    print("Quietdesk\n=========\n\nThe model runs inside the program. Nothing below leaves this computer.", flush=True)

    demo.step("0  The model, put in place and verified", "model verify", show)
    demo.step("1  A report of two pages, summarised", f"summarize {sample('samples/night-bus-report.pdf')}", show)

    notes, letter = sample("samples/notes.txt"), output / "letter.eml"
    show_file("The notes for the next step", notes)
    demo.step(
        "2  An e-mail from notes, ready to be opened in a mail program",
        f"draft --notes-file {notes} --to 'Mrs Marrow' --from 'Odile Brannock' --output {shlex.quote(str(letter))}",
        lambda _: show_mail(ROOT / letter),
    )

    demo.step("3  A folder of eight files, classified", f"classify {sample('samples/inbox')}/*", show)

    print(f"\n\nThe whole demo took {time.monotonic() - started:.0f} s. Its files are in {output}.")
    return demo.exit_code


if __name__ == "__main__":
    sys.exit(main())
