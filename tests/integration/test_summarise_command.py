"""``quietdesk summarize``: text, JSON, streaming, several files, errors."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import RunQuietdesk, quietdesk_command

PAGE = (
    "The night ferry to Skagen will sail at 22.15 from 3 March, Nordlinje said on Thursday. "
    "The earlier sailing saves 14 tonnes of fuel a week. Passengers will get a message by 20 February. "
    "Anyone who cannot travel at the new time can ask for a full refund until 28 February. "
    "About 340 of 5,200 bookings are affected. The café stays open until midnight."
)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_text(PAGE, "utf-8")
    return path


@pytest.mark.usefixtures("home_with_model")
def test_a_paragraph(run_quietdesk: RunQuietdesk, page: Path) -> None:
    done = run_quietdesk("summarize", page)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The night ferry to Skagen will sail at 22.15 from 3 March")
    assert done.stdout.endswith("\n")
    assert done.stdout.count("\n") == 1
    assert not done.stderr


@pytest.mark.usefixtures("home_with_model")
def test_points_from_standard_input(run_quietdesk: RunQuietdesk) -> None:
    done = run_quietdesk("summarize", "-", "--style", "bullets", "--length", "short", stdin=PAGE)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert 1 <= len(lines) <= 3
    assert all(line.startswith("- ") for line in lines)


@pytest.mark.usefixtures("home_with_model")
def test_json_for_each_file_and_one_that_fails(run_quietdesk: RunQuietdesk, page: Path, tmp_path: Path) -> None:
    blank = tmp_path / "blank.txt"
    blank.write_text("...\n", "utf-8")
    done = run_quietdesk("summarize", page, blank, tmp_path / "missing.txt", page, "--json")
    assert done.returncode == 1
    objects: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each.get("error", {}).get("code") for each in objects] == [None, "no_text", "not_found", None]
    first = objects[0]
    assert set(first) == {
        "source", "style", "length", "summary", "sentences", "characters_read", "characters_total", "model", "seconds",
    }  # fmt: skip
    assert (first["source"], first["style"], first["length"]) == (str(page), "paragraph", "medium")
    assert first["characters_read"] == first["characters_total"] == len(PAGE)
    for sentence in first["sentences"]:
        assert sentence["flags"]
        assert all(PAGE[span["start"] : span["end"]] for span in sentence["sources"])
        assert sentence["text"] in first["summary"]


@pytest.mark.usefixtures("home_with_model")
def test_sentences_are_printed_as_they_become_final(page: Path) -> None:
    started = time.monotonic()
    command = [quietdesk_command(), "summarize", str(page), "--style", "bullets"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"})
    assert process.stdout is not None
    first = process.stdout.readline()
    took = time.monotonic() - started
    rest = process.stdout.read()
    process.stdout.close()
    assert process.wait(60) == 0
    assert first.startswith(b"- The night ferry")
    assert rest
    assert took < 15  # under 2.5 s on an idle machine with two cores; the quality tests measure it


@pytest.mark.parametrize("arguments", [["--style", "poem"], ["--length", "huge"], []])
def test_wrong_usage(run_quietdesk: RunQuietdesk, arguments: list[str], page: Path) -> None:
    done = run_quietdesk("summarize", *([page, *arguments] if arguments else []))
    assert done.returncode == 2
