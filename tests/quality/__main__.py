"""Measures what Quietdesk writes and decides, beside simpler means: ``make quality``.

    python -m quality --data FOLDER [--rows N] [--only summaries|letters|classification] [--out FILE]

FOLDER has JSON Lines files: ``summarize_*.jsonl`` (text, summary or refs) and ``classify_*.jsonl`` (text, label).
Letters are measured on the held-out rows of packaging/adapter/data. The tables are printed and kept in
packaging/adapter/RESULTS.md. A home of its own below build/quality holds the model.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import sys
from contextlib import nullcontext
from pathlib import Path

from helpers.project import ROOT
from quality.baselines import SmolLM2
from quality.classification import Classification
from quality.letters import Letters
from quality.report import Section, keep
from quality.summaries import Summaries
from quietdesk.desk import Desk
from quietdesk.paths import Paths

KINDS = ("summaries", "letters", "classification")
ADAPTER = ROOT / "packaging" / "adapter"


def main() -> None:
    """Measure what the options ask for."""
    options = _options()
    kinds = options.only or KINDS
    if options.data is None and set(kinds) != {"letters"}:
        sys.exit("Name the folder of texts to measure on: make quality QUALITY_DATA=FOLDER (or --only letters).")
    if options.data is not None and not options.data.is_dir():
        sys.exit(f"{options.data} is not a folder.")
    paths = Paths.find({"QUIETDESK_HOME": str(ROOT / "build" / "quality" / "home")})
    smollm2 = SmolLM2.find()
    sections = []
    with Desk(paths) as desk, smollm2 or nullcontext():
        for kind in kinds:
            section = _measured(kind, desk, smollm2, options)
            if section is not None:
                sections.append(section)
                sys.stdout.write(f"\n{section.markdown()}")
                sys.stdout.flush()
    if sections:
        keep(options.out, _introduction(options.rows), sections)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make quality", description="Measure what Quietdesk writes and decides.")
    data = os.environ.get("QUALITY_DATA")
    parser.add_argument("--data", type=Path, default=Path(data) if data else None, metavar="FOLDER",
                        help="texts to measure on; by default the environment's QUALITY_DATA")  # fmt: skip
    parser.add_argument("--rows", type=int, metavar="N", help="so many rows of each set (in classification: a label)")
    parser.add_argument("--only", action="append", choices=KINDS, help="one kind of work; may be given again")
    parser.add_argument("--out", type=Path, default=ADAPTER / "RESULTS.md", metavar="FILE",
                        help="where the tables are kept; those of other kinds stay")  # fmt: skip
    return parser.parse_args()


def _measured(kind: str, desk: Desk, smollm2: SmolLM2 | None, options: argparse.Namespace) -> Section | None:
    if kind == "letters":
        return Letters(desk, smollm2, options.rows, _say).measure(ADAPTER / "data")
    if kind == "summaries":
        return Summaries(desk, smollm2, options.rows, _say).measure(options.data)
    return Classification(desk, options.rows, _say).measure(options.data)


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def _introduction(rows: int | None) -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    which = "all rows" if rows is None else f"a trial with {rows} rows of each set (in classification: of each label)"
    return (
        "# Results\n\n"
        f"Written by `make quality`: {which}; the default model with the task adapter, {cores} cores, "
        f"{platform.system()} {platform.machine()}, llama-cpp-python "
        f"{importlib.metadata.version('llama-cpp-python')}.\n"
    )


if __name__ == "__main__":
    main()
