"""``quietdesk doctor``, the real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RunQuietdesk = Callable[..., subprocess.CompletedProcess[str]]


def report(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, str]]:
    """The checks by name; the output must be one JSON object and nothing else."""
    fields: dict[str, Any] = json.loads(done.stdout)
    assert fields["healthy"] == (done.returncode == 0)
    return {check["name"]: check for check in fields["checks"]}


def test_a_healthy_machine(run_quietdesk: RunQuietdesk, home_with_model: Path) -> None:
    done = run_quietdesk("doctor", "--json")
    checks = report(done)
    assert done.returncode == 0, done.stdout
    assert checks["Model"]["status"] == checks["Worker"]["status"] == checks["llama.cpp"]["status"] == "ok"
    assert all(check["hint"] for check in checks.values() if check["status"] != "ok")
    assert list((home_with_model / "cache").iterdir()) == [home_with_model / "cache" / "models"]


def test_before_first_use_nothing_is_put_in_place(run_quietdesk: RunQuietdesk, quietdesk_home: Path) -> None:
    done = run_quietdesk("doctor")
    assert done.returncode == 0, done.stdout
    assert "put in place at first use" in done.stdout
    assert all(line.startswith(("ok ", "warn ", "  ")) for line in done.stdout.splitlines())
    assert not list(quietdesk_home.iterdir())


def test_damaged_model(run_quietdesk: RunQuietdesk, quietdesk_home: Path, model_file: Path) -> None:
    copy = quietdesk_home / "cache" / "models" / "default.gguf"
    copy.parent.mkdir(parents=True, mode=0o700)
    shutil.copyfile(model_file, copy)
    with copy.open("r+b") as stream:
        stream.seek(100_000_000)
        byte = stream.read(1)
        stream.seek(100_000_000)
        stream.write(bytes([byte[0] ^ 1]))
    done = run_quietdesk("doctor", "--json")
    check = report(done)["Model"]
    assert done.returncode == 1
    assert check["status"] == "fail"
    assert "quietdesk model verify" in check["hint"]


def test_truncated_model(run_quietdesk: RunQuietdesk, quietdesk_home: Path, model_file: Path) -> None:
    copy = quietdesk_home / "cache" / "models" / "default.gguf"
    copy.parent.mkdir(parents=True, mode=0o700)
    copy.write_bytes(model_file.read_bytes()[:1000])
    done = run_quietdesk("doctor")
    assert done.returncode == 1
    assert "fail  Model" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_folder_that_others_can_see(run_quietdesk: RunQuietdesk, quietdesk_home: Path) -> None:
    (quietdesk_home / "data").mkdir()
    (quietdesk_home / "data").chmod(0o755)
    done = run_quietdesk("doctor", "--json")
    check = report(done)["Folder for data"]
    assert (done.returncode, check["status"]) == (0, "warn")
    assert "chmod 700" in check["hint"]


def test_a_file_where_a_folder_should_be(run_quietdesk: RunQuietdesk, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    done = run_quietdesk("doctor", "--json", env={"QUIETDESK_HOME": str(tmp_path / "home")})
    assert done.returncode == 1
    assert report(done)["Folder for data"]["status"] == "fail"
    assert "Traceback" not in done.stderr
