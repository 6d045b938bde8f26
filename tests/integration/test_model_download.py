"""Downloading models, from a server on this computer."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpers.gguf_files import F32, gguf, text_model_metadata
from helpers.hub_server import HubServer
from quietdesk import resources
from quietdesk.cli.model import _download, _take_in
from quietdesk.cli.output import Output
from quietdesk.desk import Desk
from quietdesk.engine.download import DEFAULT_ENDPOINT, Catalogue, CatalogueEntry, Downloader
from quietdesk.errors import ErrorCode, UserError
from quietdesk.paths import Paths

# 24 MB; huggingface-hub reads 10 MB at once.
_VALUES = 6_000_000
MIDDLE = 15_000_000


@pytest.fixture(scope="module")
def content() -> bytes:
    """A file that passes for a model of 24 MB."""
    data = random.Random(3).randbytes(4 * _VALUES)  # noqa: S311  not for secrets
    return gguf(text_model_metadata(), [("token_embd.weight", (4, _VALUES // 4), F32, 0)], data)


@pytest.fixture
def entry(content: bytes) -> CatalogueEntry:
    sha256 = hashlib.sha256(content).hexdigest()
    return CatalogueEntry("tiny", "Tiny", "someone/tiny-GGUF", "tiny.gguf", len(content), sha256, "gemma")


@pytest.fixture
def hub(content: bytes, entry: CatalogueEntry) -> Iterator[HubServer]:
    with HubServer(content, "/".join(("", entry.repository, "resolve", "main", entry.file))) as server:
        yield server


@pytest.fixture
def folder(quietdesk_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models' folder; the person's own home is one where nothing may be written."""
    monkeypatch.setenv("HOME", str(quietdesk_home / "nobody"))
    return Paths.find().models


@pytest.fixture
def downloader(hub: HubServer, folder: Path) -> Downloader:
    return Downloader(folder, {"HF_ENDPOINT": hub.endpoint})


def error_of(work: Callable[[], object]) -> UserError:
    with pytest.raises(UserError) as caught:
        work()
    return caught.value


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob(".*.part"))


def test_download(downloader: Downloader, hub: HubServer, folder: Path, entry: CatalogueEntry) -> None:
    reports: list[tuple[int, int]] = []
    file = downloader.fetch(entry, lambda done, total: reports.append((done, total)))
    assert file.read_bytes() == hub.content
    assert file.parent == folder
    assert file.stat().st_mode & 0o777 == 0o600
    assert reports[-1] == (len(hub.content), len(hub.content))
    assert [(method, path) for method, path, _ in hub.requests] == [("HEAD", hub.path), ("GET", "/storage")]
    assert not (folder.parents[1] / "nobody").exists()
    # Not a word about this computer beyond the library and the Python version.
    assert all(agent.count(";") == 2 for agent in hub.user_agents)


def test_connection_cut_in_the_middle(downloader: Downloader, hub: HubServer, entry: CatalogueEntry) -> None:
    hub.cut_after = [MIDDLE]
    assert downloader.fetch(entry).read_bytes() == hub.content
    first, second = (value for method, _, value in hub.requests if method == "GET")
    assert first is None
    assert second is not None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= MIDDLE


def test_interrupted_download_goes_on_in_the_next_call(
    downloader: Downloader, hub: HubServer, folder: Path, entry: CatalogueEntry
) -> None:
    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    hub.stop_at = MIDDLE
    with pytest.raises(KeyboardInterrupt):
        downloader.fetch(entry, interrupt)
    (part,) = parts(folder)
    have = part.stat().st_size
    assert 0 < have <= MIDDLE
    hub.go_on.set()
    assert downloader.fetch(entry).read_bytes() == hub.content
    assert hub.requests[-1] == ("GET", "/storage", f"bytes={have}-")


def test_complete_part_is_not_fetched_again(
    downloader: Downloader, hub: HubServer, entry: CatalogueEntry
) -> None:
    downloader.fetch(entry)
    hub.requests.clear()
    assert downloader.fetch(entry).read_bytes() == hub.content
    assert [method for method, _, _ in hub.requests] == ["HEAD"]


def test_server_without_ranges(
    downloader: Downloader, hub: HubServer, folder: Path, entry: CatalogueEntry
) -> None:
    downloader.fetch(entry)
    (part,) = parts(folder)
    part.write_bytes(hub.content[:MIDDLE])
    hub.ranges = False
    assert downloader.fetch(entry).read_bytes() == hub.content


def test_part_of_another_version_is_thrown_away(
    downloader: Downloader, hub: HubServer, folder: Path, entry: CatalogueEntry
) -> None:
    downloader.fetch(entry)
    (part,) = parts(folder)
    part.rename(part.with_name(".tiny@0000000000000000.part"))
    assert downloader.fetch(entry) == part
    assert parts(folder) == [part]


def test_part_that_is_too_long(
    downloader: Downloader, hub: HubServer, folder: Path, entry: CatalogueEntry
) -> None:
    with downloader.fetch(entry).open("ab") as stream:
        stream.write(b"too much")
    assert downloader.fetch(entry).read_bytes() == hub.content


def test_damaged_part_is_removed(
    downloader: Downloader, hub: HubServer, folder: Path, entry: CatalogueEntry
) -> None:
    part = downloader.fetch(entry)
    part.write_bytes(bytes(1000) + hub.content[1000:MIDDLE])
    error = error_of(lambda: downloader.fetch(entry))
    assert error.code is ErrorCode.MODEL_CORRUPT
    assert "Run the same command again" in error.hint
    assert parts(folder) == []


def test_server_with_another_file(
    downloader: Downloader, hub: HubServer, folder: Path, entry: CatalogueEntry
) -> None:
    for other in (
        dataclasses.replace(entry, sha256="0" * 64),
        dataclasses.replace(entry, sha256=None, size=entry.size and entry.size + 1),
    ):
        assert error_of(functools.partial(downloader.fetch, other)).code is ErrorCode.MODEL_CORRUPT
    assert parts(folder) == []
    assert {method for method, _, _ in hub.requests} == {"HEAD"}


def test_server_that_says_nothing_of_its_checksum(
    downloader: Downloader, hub: HubServer, folder: Path, entry: CatalogueEntry
) -> None:
    hub.etag = "some-version"
    wrong = dataclasses.replace(entry, sha256="0" * 64)
    assert error_of(lambda: downloader.fetch(wrong)).title == "Download is damaged"
    assert parts(folder) == []
    unknown = dataclasses.replace(entry, sha256=None, size=None)
    assert downloader.fetch(unknown).read_bytes() == hub.content


def test_server_whose_file_is_not_what_it_says(
    downloader: Downloader, hub: HubServer, entry: CatalogueEntry
) -> None:
    hub.etag = "1" * 64
    assert error_of(lambda: downloader.fetch(dataclasses.replace(entry, sha256=None))).code is (
        ErrorCode.MODEL_CORRUPT
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, ErrorCode.NOT_FOUND), (401, ErrorCode.UNREADABLE), (403, ErrorCode.UNREADABLE), (500, ErrorCode.TIMEOUT)],
)
def test_refusals(
    downloader: Downloader, hub: HubServer, entry: CatalogueEntry, status: int, code: ErrorCode
) -> None:
    hub.status = status
    error = error_of(lambda: downloader.fetch(entry))
    assert error.code is code
    assert error.hint


def test_nobody_answers(folder: Path, entry: CatalogueEntry) -> None:
    downloader = Downloader(folder, {"HF_ENDPOINT": "http://127.0.0.1:9"})
    error = error_of(lambda: downloader.fetch(entry))
    assert error.code is ErrorCode.TIMEOUT
    assert "127.0.0.1:9" in error.message


def test_discard(downloader: Downloader, folder: Path, entry: CatalogueEntry) -> None:
    downloader.fetch(entry)
    assert not downloader.discard("*")
    assert not downloader.discard("tin")
    assert downloader.discard("tiny")
    assert parts(folder) == []
    assert not downloader.discard("tiny")


# The command


def test_file_that_the_worker_cannot_load_is_not_kept(
    hub: HubServer, folder: Path, entry: CatalogueEntry, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The file passes for a model until llama.cpp sees it: consent, download, trial, and nothing is left."""
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    catalogue = Catalogue([entry], {"gemma": ["licences/GEMMA_NOTICE.txt", "licences/PROHIBITED_USE.md"]})
    with Desk(Paths.find()) as desk:
        downloader, file = _download(desk, catalogue, entry, True, Output())
        error = error_of(lambda: _take_in(desk, downloader, file, entry))
        assert [model.name for model in desk.models.list()] == ["default"]
    assert error.title == "Model cannot be loaded"
    assert parts(folder) == []
    shown = capfd.readouterr().err
    assert "Gemma is provided under and subject to the Gemma Terms of Use" in shown
    assert f"tiny.gguf (24 MB) from {hub.endpoint.removeprefix('http://')}" in shown


# The catalogue


def test_catalogue() -> None:
    catalogue = Catalogue.load()
    assert Downloader(Path("models"), {}).endpoint == DEFAULT_ENDPOINT
    for entry in catalogue.entries:
        assert catalogue.find(entry.name) is entry
        assert entry.file.endswith(".gguf")
        assert entry.sha256 is None or len(bytes.fromhex(entry.sha256)) == 32
        assert "Prohibited Use Policy" in catalogue.terms(entry)
    assert error_of(lambda: catalogue.find("gemma")).code is ErrorCode.MODEL_MISSING


def test_catalogue_names_are_names_of_models() -> None:
    names = [model["name"] for model in json.loads(resources.text("models/catalogue.json"))["models"]]
    assert len(set(names)) == len(names)
    assert "default" not in names
