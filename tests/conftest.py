"""What the tests share: the real model, the real command, and checks that nothing is left behind."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from helpers.leftovers import Leftovers
from helpers.log_errors import ErrorRecords
from quietdesk import resources
from quietdesk.documents.reader import Reader
from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import WorkerSettings
from quietdesk.engine.models import ModelStore
from quietdesk.paths import Paths

Part = TypeVar("Part")
RunQuietdesk = Callable[..., subprocess.CompletedProcess[str]]

_ENGINE_THREADS = ("engine_deliver", "engine_receive")


def pytest_configure() -> None:
    """Started in the background of a shell, this process ignores Ctrl-C, and so would the commands under test."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def leftovers() -> Iterator[Leftovers]:
    """Marks this session's processes; at its end none of them may be alive."""
    found = Leftovers()
    known = set(threading.enumerate())
    yield found
    left = found.wait_until_gone(set(), known, set(), lambda _: False)
    assert not left, f"the tests left behind: {left}"


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest, leftovers: Leftovers) -> Iterator[None]:
    """A test ends its threads and processes, and logs no error. What module or session fixtures own may stay."""
    known_pids = {process.pid for process in leftovers.processes()}
    known_threads = set(threading.enumerate())
    records = ErrorRecords()
    logging.getLogger().addHandler(records)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(records)
    engines, readers = _held(Engine, request.node.funcargs), _held(Reader, request.node.funcargs)
    owned = {engine.worker_pid for engine in engines}
    if readers:
        owned |= {child.pid or 0 for child in multiprocessing.active_children() if child.name == "quietdesk-reader"}
    left = leftovers.wait_until_gone(
        known_pids, known_threads, owned,
        lambda thread: any(engine.loaded for engine in engines) and thread.name in _ENGINE_THREADS,
    )  # fmt: skip
    assert not left, f"the test left behind: {left}"
    assert not records.messages, f"errors were logged: {records.messages}"


def _held(kind: type[Part], fixtures: Mapping[str, Any]) -> list[Part]:
    """The parts of that kind among the fixtures' values, or held by one of them, as by a Desk."""
    held = [part for value in fixtures.values() for part in (value, *getattr(value, "__dict__", {}).values())]
    return [part for part in held if isinstance(part, kind)]


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with the default one in place, verified once for the whole session. Only to be read."""
    paths = Paths.find({"QUIETDESK_HOME": str(tmp_path_factory.mktemp("session home"))})
    return ModelStore(paths).ensure_default().path.parent


@pytest.fixture(scope="session")
def model_file(models_folder: Path) -> Path:
    """The default model's file. Tests that damage a model make a copy."""
    return models_folder / "default.gguf"


@pytest.fixture(scope="session")
def engine(model_file: Path) -> Iterator[Engine]:
    """The engine with the real model and the task adapter; its worker lives until the session ends."""
    settings = WorkerSettings(model_file, resources.path("adapters/default.gguf"))
    with Engine(lambda: settings) as running:
        yield running


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    """The reader with its usual limits; its process lives until the session ends."""
    with Reader() as running:
        yield running


@pytest.fixture
def quietdesk_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh, empty folder that holds everything the program keeps; also set for code in this process."""
    home = tmp_path / "quietdesk home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("QUIETDESK_HOME", str(home))
    return home


@pytest.fixture
def home_with_model(quietdesk_home: Path, models_folder: Path) -> Path:
    """A home in which the session's default model is in place already. Its models are only to be read."""
    (quietdesk_home / "cache").mkdir(mode=0o700)
    (quietdesk_home / "cache" / "models").symlink_to(models_folder, target_is_directory=True)
    return quietdesk_home


@pytest.fixture
def run_quietdesk(quietdesk_home: Path) -> RunQuietdesk:
    """Runs the installed command: ``run_quietdesk(*args, stdin=None, env=None, timeout=120)``.

    ``stdin`` is text or bytes; ``env`` is added to the environment. Output comes back as text. The home is empty
    unless the test also asks for ``home_with_model``.
    """

    def run(*args: str | Path, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None,
            timeout: float = 120) -> subprocess.CompletedProcess[str]:  # fmt: skip
        done = subprocess.run(
            [quietdesk_command(), *map(str, args)],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            env={**os.environ, "NO_COLOR": "1", **(env or {})},
            capture_output=True, timeout=timeout, check=False,
        )  # fmt: skip
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")
        )

    return run


def quietdesk_command() -> str:
    """The command as it is installed beside this Python."""
    name = "quietdesk.exe" if sys.platform == "win32" else "quietdesk"
    return str(Path(sys.executable).with_name(name))
