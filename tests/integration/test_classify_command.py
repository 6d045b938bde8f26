"""``quietdesk classify`` and ``quietdesk labels`` as a person runs them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import RunQuietdesk, quietdesk_command

RECIPE = "Leek soup, serves four. 3 leeks, 500 g potatoes, 1 l stock, 30 g butter. Melt the butter, soften the leeks, "\
    "add potatoes and stock, simmer until tender, blend and season with salt."  # fmt: skip
CONTRACT = "SERVICE AGREEMENT between Alba Cleaning Ltd (the Contractor) and Moray Hotels plc (the Client). 1. The "\
    "Contractor shall clean the premises daily. 2. The Client shall pay £1,900 monthly. 3. Either party may terminate "\
    "on ninety days' written notice. 4. This Agreement is governed by the law of Scotland."  # fmt: skip
MAIL = "From: Rita <rita@example.org>\nTo: Colm <colm@example.org>\nSubject: tap\nDate: Tue, 7 Mar 2023 10:00 +0000\n"\
    "\nHi Colm, did the council ring back about the tap? Best, Rita\n"  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[str]]:
    """Writes files and gives their names."""

    def write(**contents: str) -> list[str]:
        paths = []
        for name, content in contents.items():
            path = tmp_path / name.replace("_", ".")
            path.write_text(content, "utf-8")
            paths.append(str(path))
        return paths

    return write


def objects(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_files_in_order_and_one_bad_among_them(
    run_quietdesk: RunQuietdesk, files: Callable[..., list[str]], tmp_path: Path
) -> None:
    first, second, third, empty = files(a_txt=RECIPE, b_txt=CONTRACT, c_eml=MAIL, d_txt="")
    missing = str(tmp_path / "missing.pdf")
    done = run_quietdesk("classify", first, missing, second, empty, third, "--json")
    assert done.returncode == 1
    found = objects(done)
    assert [each["source"] for each in found] == [first, missing, second, empty, third]
    assert [each.get("label") for each in found] == ["recipe", None, "contract", None, "email"]
    assert [each["error"]["code"] for each in found if each["status"] == "failed"] == ["not_found", "empty"]
    good = found[0]
    assert set(good) == {"source", "label", "confidence", "scores", "status", "reason", "model", "seconds"}
    assert good["status"] == "tagged"
    assert good["reason"] == ""
    assert good["scores"]["recipe"] == good["confidence"] > 0.7


def test_own_labels_for_people(run_quietdesk: RunQuietdesk, files: Callable[..., list[str]]) -> None:
    first, second = files(a_txt=RECIPE, b_txt=CONTRACT)
    done = run_quietdesk("classify", first, second, "--labels", "cooking, law")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert [line.split()[0].rstrip("?") for line in lines] == ["cooking", "law"]
    assert lines[0].index("%") == lines[1].index("%")
    assert lines[0].split(" %  ")[1].startswith(first)


def test_standard_input(run_quietdesk: RunQuietdesk) -> None:
    done = run_quietdesk("classify", "-", "--labels", "recipe,contract", "--json", stdin=CONTRACT)
    (found,) = objects(done)
    assert (found["source"], found["label"]) == ("-", "contract")


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["--labels", "Bill,bill"], 1, "differ only in case"), (["--labels", "a,,b"], 1, "empty name"),
    (["--labels", ""], 1, "empty name"), (["--set", "nothing"], 1, "no label set named nothing"),
    (["--labels", "a,b", "--set", "default"], 2, "not both"),
])  # fmt: skip
def test_labels_that_cannot_be_used(
    run_quietdesk: RunQuietdesk, files: Callable[..., list[str]], arguments: list[str], code: int, words: str
) -> None:
    done = run_quietdesk("classify", *files(a_txt=RECIPE), *arguments)
    assert done.returncode == code
    assert words in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_label_set_from_making_to_removing(run_quietdesk: RunQuietdesk, files: Callable[..., list[str]]) -> None:
    recipe, contract = files(a_txt=RECIPE, b_txt=CONTRACT)

    def run(*arguments: str) -> str:
        done = run_quietdesk(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    run("labels", "new", "post", "kitchen", "office")
    run("labels", "add", "post", "office", "--description", "contracts and agreements of the firm")
    run("labels", "add", "post", "garden")
    run("labels", "remove", "post", "garden")
    assert "as before" not in run("labels", "teach", "post", "Office", recipe)
    assert "as before" in run("labels", "teach", "post", "office", recipe)
    decided = json.loads(run("classify", recipe, "--set", "post", "--json"))
    assert decided["label"] == "office"
    run("labels", "teach", "post", "--undo")
    decided = json.loads(run("classify", recipe, contract, "--set", "post", "--json").splitlines()[0])
    assert decided["label"] == "kitchen"
    rows = [json.loads(line) for line in run("labels", "show", "post", "--json").splitlines()]
    assert [(row["label"], row["taught"]) for row in rows] == [("kitchen", 0), ("office", 0)]
    assert "post" in run("labels", "list")
    run("labels", "remove", "post", "--yes")
    assert "post" not in run("labels", "list")


def test_the_built_in_set_takes_additions(run_quietdesk: RunQuietdesk, quietdesk_home: Path) -> None:
    assert run_quietdesk("labels", "remove", "default", "Payslip").returncode == 0
    assert run_quietdesk("labels", "add", "default", "allotment").returncode == 0
    shown = run_quietdesk("labels", "show", "--json")
    labels = [row["label"] for row in objects(shown)]
    assert "payslip" not in labels
    assert labels[-1] == "allotment"
    assert (quietdesk_home / "data" / "labels.json").exists()
    assert run_quietdesk("labels", "new", "default").returncode == 1


@pytest.mark.parametrize(("arguments", "code"), [
    (["new", ""], 1), (["new", "a", "x", "X"], 1), (["add", "none", "x"], 1), (["remove", "none", "--yes"], 1),
    (["teach", "default"], 2), (["teach", "default", "letter"], 2), (["teach", "default", "--undo", "letter", "f"], 2),
    (["teach", "default", "--undo"], 1), (["teach", "default", "dragon", "file"], 1), (["show", "none"], 1),
])  # fmt: skip
def test_what_cannot_be_done_is_told(run_quietdesk: RunQuietdesk, arguments: list[str], code: int) -> None:
    done = run_quietdesk("labels", *arguments)
    assert done.returncode == code
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is of POSIX")
def test_interrupted_while_reading(quietdesk_home: Path, files: Callable[..., list[str]]) -> None:
    names = files(**{f"f{number}_txt": CONTRACT * 20 for number in range(40)})
    with subprocess.Popen(
        [quietdesk_command(), "classify", *names], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        started = time.monotonic()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
        assert running.returncode == 130
        assert time.monotonic() - started < 10
