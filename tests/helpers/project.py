"""The checkout the tests run from."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked_files() -> list[Path]:
    """Every file that belongs to the project: what git tracks, or all sources where there is no git."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        folders = ("app", "packaging", "resources", "tests")
        top = [p for p in ROOT.iterdir() if p.is_file()]
        return top + [p for folder in folders for p in (ROOT / folder).rglob("*") if p.is_file() and p.suffix != ".pyc"]
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]
