"""``quietdesk doctor``: checks everything the program needs, and says what to do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import psutil
import typer

from quietdesk import __version__
from quietdesk.cli.output import EXIT_ERROR, Output
from quietdesk.cli.vault import keyring_name
from quietdesk.errors import UserError
from quietdesk.privacy.network_lock import lock_network

if TYPE_CHECKING:
    from quietdesk.desk import Desk

_OLDEST_PYTHON = (3, 11)
_KNOWN_SYSTEMS = ("Linux", "Darwin", "Windows")
_KNOWN_MACHINES = ("x86_64", "amd64", "arm64", "aarch64")
# The reader may use 1 GiB, the worker with the default model about half of one.
_MEMORY_NEEDED = 1_500_000_000
_DISK_SPARE = 500_000_000
_CHILD_SECONDS = 60
_VAULT_HINT = "Unlock the keyring or give the passphrase; `quietdesk vault reset` puts data aside whose key is lost."
# Run in a child process: llama.cpp is loaded by the worker alone, and a library built for another processor
# ends its process without a word.
_LOAD_LLAMA = "import llama_cpp; llama_cpp.llama_backend_init(); print(llama_cpp.__version__)"


class Status(StrEnum):
    """``warn``: something is slower or missing; ``fail``: the program will not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``hint`` says what to do, and is empty when nothing is."""

    name: str
    status: Status
    detail: str
    hint: str = ""


def register(app: typer.Typer, open_desk: Callable[[], AbstractContextManager[Desk]]) -> None:
    """Add the command."""

    @app.command()
    def doctor(
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object with every check.")] = False,
    ) -> None:
        """Check everything Quietdesk needs and say what to do; exit code 1 if something fails."""
        output = Output(as_json)
        findings = []
        with open_desk() as desk:
            for finding in examine(desk):
                findings.append(finding)
                if not as_json:
                    _show(finding, output)
        failed = [finding for finding in findings if finding.status is Status.FAIL]
        if as_json:
            output.object({"version": __version__, "healthy": not failed, "checks": [asdict(f) for f in findings]})
        if failed:
            raise typer.Exit(EXIT_ERROR)


def _show(finding: Finding, output: Output) -> None:
    output.text(f"{finding.status:<5} {finding.name}: {finding.detail}")
    if finding.hint:
        output.text(f"      {finding.hint}")


def examine(desk: Desk) -> Iterator[Finding]:
    """Every check, in the order in which a person would mend things."""
    yield _python()
    yield _platform()
    yield _packages()
    yield _llama_library()
    yield _network()
    yield _reader(desk)
    for name, folder in (("config", desk.paths.config), ("data", desk.paths.data),
                         ("cache", desk.paths.cache), ("state", desk.paths.state)):  # fmt: skip
        yield _folder(name, folder)
    yield _settings(desk)
    yield _vault(desk)
    yield _disk(desk)
    yield _memory()
    yield from _model(desk)
    yield _ocr()


# The machine


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < _OLDEST_PYTHON or sys.maxsize < 2**32:
        return Finding("Python", Status.FAIL, version, "Install a 64-bit Python 3.11 or newer.")
    return Finding("Python", Status.OK, version)


def _platform() -> Finding:
    system, machine = platform.system(), platform.machine()
    detail = f"{system} {platform.release()}, {machine}, {psutil.cpu_count() or 1} processors"
    if system not in _KNOWN_SYSTEMS or machine.lower() not in _KNOWN_MACHINES:
        return Finding("Platform", Status.WARN, detail, "Quietdesk is not tested on this kind of machine.")
    return Finding("Platform", Status.OK, detail)


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    detail = f"{_gigabytes(memory.available)} available of {_gigabytes(memory.total)}"
    if memory.available < _MEMORY_NEEDED:
        return Finding("Memory", Status.WARN, detail, "Close other programs before working on large documents.")
    return Finding("Memory", Status.OK, detail)


def _disk(desk: Desk) -> Finding:
    folder = _nearest_existing(desk.paths.models)
    free = shutil.disk_usage(folder).free
    detail = f"{_gigabytes(free)} free in {folder}"
    needed = 0
    try:
        default = desk.models.default()
        needed = 0 if default.path.exists() else default.size
    except (UserError, FileNotFoundError):
        pass  # the model's own check reports it
    if free < needed:
        return Finding("Disk", Status.FAIL, detail, f"Free some space: the model needs {_gigabytes(needed)}.")
    if free < needed + _DISK_SPARE:
        return Finding("Disk", Status.WARN, detail, "There is little space left; free some.")
    return Finding("Disk", Status.OK, detail)


def _folder(name: str, folder: Path) -> Finding:
    """Whether the folder can be written to, or made, and is the owner's alone."""
    title = f"Folder for {name}"
    existing = _nearest_existing(folder)
    if not (existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)):
        return Finding(
            title, Status.FAIL, f"{existing} cannot be written to",
            "Change its permissions, or set QUIETDESK_HOME to a folder you may write to.",
        )
    if existing != folder:
        return Finding(title, Status.OK, f"{folder} (made when needed)")
    if os.name == "posix" and (others := stat.S_IMODE(folder.stat().st_mode) & 0o077):
        return Finding(
            title, Status.WARN, f"{folder} can be seen by other users (mode bits {others:03o})",
            f"Run: chmod 700 {folder}",
        )
    return Finding(title, Status.OK, str(folder))


def _nearest_existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


# What is installed


def _packages() -> Finding:
    try:
        required = importlib.metadata.requires("quietdesk") or []
    except importlib.metadata.PackageNotFoundError:
        return Finding("Packages", Status.OK, f"Quietdesk {__version__}, bundled")
    missing = [name for name in _needed(required) if not _installed(name)]
    if missing:
        hint = f"Run: {sys.executable} -m pip install {' '.join(missing)}"
        return Finding("Packages", Status.FAIL, f"missing: {', '.join(missing)}", hint)
    return Finding("Packages", Status.OK, f"Quietdesk {__version__} with {len(_needed(required))} libraries")


def _needed(required: list[str]) -> list[str]:
    """The names of the requirements that apply here: extras apart, and only this system's."""
    parts = [requirement.partition(";") for requirement in required]
    return [
        re.split(r"[^\w.-]", name.strip())[0]
        for name, _, marker in parts
        if "extra" not in marker and ("sys_platform" not in marker or sys.platform in marker)
    ]


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _llama_library() -> Finding:
    done = _in_child(_LOAD_LLAMA)
    if done is None or done.returncode:
        detail = "does not answer" if done is None else f"does not load (exit code {done.returncode})"
        return Finding(
            "llama.cpp", Status.FAIL, detail,
            "It may be built for another processor. Install it again: "
            "pip install --force-reinstall --no-deps --no-cache-dir llama-cpp-python",
        )
    return Finding("llama.cpp", Status.OK, f"llama-cpp-python {done.stdout.strip()}")


def _reader(desk: Desk) -> Finding:
    """Whether the reader process starts, and how its network is shut."""
    try:
        lock = desk.reader.network_lock()
    except (OSError, RuntimeError) as error:
        return Finding("Reader", Status.FAIL, str(error), "Install Quietdesk again.")
    if lock.system_filter:
        return Finding("Reader", Status.OK, "starts; the system refuses it every internet socket")
    return Finding(
        "Reader", Status.WARN, f"starts; its network is shut by Python alone: {lock.reason}", _seccomp_hint()
    )


def _network() -> Finding:
    """How the network is shut for this command, and for what it starts."""
    lock = lock_network()
    if lock.system_filter:
        uncounted = f"; {lock.reason}" if lock.reason else ", and attempts are counted"
        return Finding("Network", Status.OK, f"the system refuses this program every internet socket{uncounted}")
    return Finding("Network", Status.WARN, f"shut by Python alone: {lock.reason}", _seccomp_hint())


def _seccomp_hint() -> str:
    return "Install libseccomp (Debian: libseccomp2)." if sys.platform == "linux" else ""


# What is kept


def _settings(desk: Desk) -> Finding:
    try:
        _, problems = desk.settings_found
    except UserError as error:
        return Finding("Settings", Status.FAIL, f"{error.title}: {error.message}", error.hint)
    if problems:
        return Finding(
            "Settings", Status.WARN, f"{len(problems)} values cannot be used", "Run `quietdesk settings show`."
        )
    return Finding("Settings", Status.OK, "can be used")


def _vault(desk: Desk) -> Finding:
    """Whether results can be kept. Asks for no passphrase."""
    state = desk.vault.state()
    if state.problem:
        if state.kind == "none":
            return Finding(
                "History", Status.WARN, f"is not kept: {state.problem}",
                "To keep one, run `quietdesk vault set`, which seals it by a passphrase.",
            )  # fmt: skip
        return Finding("History", Status.WARN, f"cannot be opened now: {state.problem}", _VAULT_HINT)
    where = "its key will be kept" if state.kind == "none" else "its key is"
    keyring = f"in the keyring ({keyring_name(state.backend)})"
    place = "sealed by a passphrase" if state.kind == "passphrase" else keyring
    return Finding("History", Status.OK, f"encrypted; {where} {place}")


def _ocr() -> Finding:
    if importlib.util.find_spec("rapidocr") and importlib.util.find_spec("onnxruntime"):
        return Finding("Scans and images", Status.OK, "text in images can be recognised")
    return Finding(
        "Scans and images", Status.WARN, "text in images is not recognised",
        "Install the extra: pip install 'quietdesk[ocr]'",
    )


def _in_child(code: str) -> subprocess.CompletedProcess[str] | None:
    """Run Python code in a process of its own; None when it takes too long."""
    try:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=_CHILD_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None


# The model


def _model(desk: Desk) -> Iterator[Finding]:
    """The file in use and the adapter, then whether the worker loads them. Puts nothing in place."""
    from quietdesk.engine.default_model import DefaultModel

    try:
        chosen, default = desk.models.get(desk.models.chosen()), DefaultModel.load()
        if not chosen.path.exists() and chosen.name == default.name:
            default.part_files()
            yield Finding(
                "Model", Status.OK, f"{chosen.title}, put in place at first use ({_gigabytes(chosen.size)})"
            )
            return
        model = desk.models.current()
        yield Finding("Model", Status.OK, f"{model.title}, {_gigabytes(model.size)}, checksum right")
        with_adapter = "with the task adapter" if model.adapter else "without adapter"
        ready = desk.engine.info()
        yield Finding("Worker", Status.OK, f"loads the model in {ready.load_seconds:.1f} s, {with_adapter}")
    except UserError as error:
        yield Finding("Model", Status.FAIL, f"{error.title}: {error.message}", error.hint)
    except FileNotFoundError as error:
        yield Finding("Model", Status.FAIL, str(error), "Install Quietdesk again.")


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.1f} GB"
