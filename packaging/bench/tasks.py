"""Whole commands as a person meets them: seconds to the first word, seconds in all, documents a second.

    python packaging/bench/tasks.py --page FILE --long FILE --folder FOLDER [--runs 3]

Each figure is the median of the runs, with the smallest and the largest; every run starts the command anew.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

QUIETDESK = Path(sys.executable).with_name("quietdesk")


def run(*arguments: str) -> tuple[float, float, str]:
    """Seconds to the first output, seconds in all, and the output of one command."""
    started = time.monotonic()
    with subprocess.Popen([QUIETDESK, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        stream = child.stdout or sys.stdin.buffer
        first = stream.read(1)
        to_first = time.monotonic() - started
        rest = stream.read()
    return to_first, time.monotonic() - started, (first + rest).decode("utf-8")


def show(name: str, values: list[float], unit: str) -> None:
    print(f"{name:44} {statistics.median(values):8.2f} {unit:6} ({min(values):.2f}–{max(values):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, help="a text of one page")
    parser.add_argument("--long", type=Path, help="a long text, such as a transcript")
    parser.add_argument("--folder", type=Path, help="a folder of one-page texts")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    run("text", *([str(arguments.page)] if arguments.page else ["--help"]))  # the disk's cache is warm from here on
    if arguments.page:
        runs = [run("summarize", str(arguments.page)) for _ in range(arguments.runs)]
        show("one page: first sentence after", [first for first, _, _ in runs], "s")
        show("one page: whole summary after", [total for _, total, _ in runs], "s")
    if arguments.long:
        runs = [run("summarize", str(arguments.long), "--json") for _ in range(arguments.runs)]
        result = json.loads(runs[0][2])
        show(f"{result['characters_read']:,} of {result['characters_total']:,} characters", [r[1] for r in runs], "s")
    if arguments.folder:
        files = sorted(str(file) for file in arguments.folder.iterdir() if file.is_file())
        seconds = [run("classify", *files, "--json")[1] for _ in range(arguments.runs)]
        show(f"classify {len(files)} files in one call", [len(files) / each for each in seconds], "docs/s")


if __name__ == "__main__":
    main()
