"""The demo, as ``make demo`` runs it."""

from __future__ import annotations

import re
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from helpers.project import ROOT


def test_demo_shows_every_tool_on_the_samples(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "packaging" / "demo.py"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=200, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^    \[\d+\.\d s\]$", done.stdout, re.MULTILINE)) == 4
    for file in (ROOT / "resources" / "samples" / "inbox").iterdir():
        assert file.name in done.stdout
    for label in ("invoice", "contract", "recipe", "news"):
        assert label in done.stdout.partition("3  A folder")[2]
    letter = message_from_bytes((tmp_path / "out" / "letter.eml").read_bytes(), policy=default)
    assert letter["X-Unsent"] == "1"
    body = letter.get_body(("plain",))
    assert body is not None
    assert "£500" in body.get_content()
