"""Shows what Quietdesk does, on the sample files, without a screen: ``make demo``.

    python packaging/demo.py [FOLDER]

Everything it writes goes to FOLDER, build/demo unless given; nothing of the user's own is read or touched.
"""

from __future__ import annotations

import email
import email.policy
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESOURCES = Path("resources")
WIDTH = 96
INDENT = "    "


class Demo:
    """Runs the installed command on the samples and shows what it says, with the time it took."""

    def __init__(self, command: Path, home: Path) -> None:
        self._command = command
        self._environment = {**os.environ, "QUIETDESK_HOME": str(home), "PYTHONUTF8": "1"}
        self._failed = False

    def step(self, title: str, *arguments: str) -> str:
        """Run ``quietdesk`` with the arguments; its standard output, shown wrapped below the heading."""
        print(f"\n{title}\n{'-' * len(title)}\n")
        shown = f"$ quietdesk {shlex.join(arguments)}"
        print(textwrap.fill(shown, WIDTH, subsequent_indent="      "), "\n", flush=True)
        started = time.monotonic()
        done = subprocess.run(
            [self._command, *arguments], cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, encoding="utf-8", check=False,
        )  # fmt: skip
        seconds = time.monotonic() - started
        show(done.stdout)
        if done.returncode:
            self._failed = True
        result = f"exit code {done.returncode}, " if done.returncode else ""
        print(f"\n{INDENT}[{result}{seconds:.1f} s]", flush=True)
        return done.stdout

    @property
    def exit_code(self) -> int:
        """1 when a step failed."""
        return int(self._failed)


def sample(name: str) -> str:
    """Path of a resource relative to the checkout, as a person there would type it."""
    return str(RESOURCES / name)


def show(text: str) -> None:
    """Print text indented, long lines wrapped."""
    for line in text.splitlines():
        hanging = INDENT + ("  " if line.startswith(("- ", "• ")) else "")
        print(textwrap.fill(line, WIDTH, initial_indent=INDENT, subsequent_indent=hanging) if line.strip() else "")


def show_file(title: str, file: str) -> None:
    """Print a text file below a line that says what it is."""
    print(f"\n{title}:\n")
    show((ROOT / file).read_text("utf-8"))


def show_mail(file: Path) -> None:
    """Print a mail file as a mail program would: headers, then the text."""
    if not (ROOT / file).exists():
        return
    message = email.message_from_bytes((ROOT / file).read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    print(f"\n{INDENT}{file} holds:\n")
    show("\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Subject", "X-Unsent") if message[name]))
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

    demo.step("0  The model, put in place and verified", "model", "verify")
    demo.step("1  A report of two pages, summarised", "summarize", sample("samples/night-bus-report.pdf"))

    show_file("The notes for the next step", sample("samples/notes.txt"))
    letter = output / "letter.eml"
    demo.step(
        "2  An e-mail from notes", "draft", "--notes-file", sample("samples/notes.txt"), "--to", "Mrs Marrow",
        "--from", "Odile Brannock", "--tone", "friendly", "--output", str(letter),
    )  # fmt: skip
    show_mail(letter)

    inbox = sorted((ROOT / sample("samples/inbox")).iterdir())
    demo.step("3  A folder of eight files, classified", "classify", *(str(file.relative_to(ROOT)) for file in inbox))

    print(f"\nThe whole demo took {time.monotonic() - started:.0f} s. Its files are in {output}.")
    return demo.exit_code


if __name__ == "__main__":
    sys.exit(main())
