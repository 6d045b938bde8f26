"""Models that can be fetched over the network, when the person said so: the catalogue, and the fetching."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from quietdesk import resources
from quietdesk.engine.download_process import Order, download_main
from quietdesk.engine.model_files import Progress, sha256_of
from quietdesk.errors import ErrorCode, UserError
from quietdesk.lock import exclusive
from quietdesk.paths import private_folder

_CATALOGUE = "models/catalogue.json"
DEFAULT_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A model that can be downloaded.

    repository, file: where it lies on the Hugging Face Hub.
    size: bytes; sha256: hexadecimal. None when nobody has told; then what the server says of itself counts.
    """

    name: str
    title: str
    repository: str
    file: str
    size: int | None
    sha256: str | None
    licence: str


class Catalogue:
    """The models that can be downloaded, and their terms.

    Args:
        licences: for each licence the resources that say its terms.
    """

    def __init__(self, entries: Sequence[CatalogueEntry], licences: Mapping[str, Sequence[str]]) -> None:
        self.entries = tuple(entries)
        self._licences = licences

    @classmethod
    def load(cls) -> Catalogue:
        """resources/models/catalogue.json."""
        content = json.loads(resources.text(_CATALOGUE))
        return cls([CatalogueEntry(**fields) for fields in content["models"]], content["licences"])

    def find(self, name: str) -> CatalogueEntry:
        """The entry of that name.

        Raises:
            UserError: ``model_missing``.
        """
        for entry in self.entries:
            if entry.name == name:
                return entry
        names = ", ".join(entry.name for entry in self.entries)
        raise UserError(
            ErrorCode.MODEL_MISSING, "Not in the catalogue", f"There is no model {name!r} to download.",
            f"Choose one of {names}, or import a GGUF file: `quietdesk model import FILE`.",
        )

    def terms(self, entry: CatalogueEntry) -> str:
        """What the person must accept before the download."""
        return "\n\n".join(resources.text(name).strip() for name in self._licences[entry.licence])


class Downloader:
    """Fetches model files in a process of its own, and goes on where an earlier try broke off.

    Args:
        folder: where files are kept while they are fetched; the models' own folder, so that none is copied.
        environment: HF_ENDPOINT names another server than the Hugging Face Hub.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        given = (os.environ if environment is None else environment).get("HF_ENDPOINT")
        self.endpoint = (given or DEFAULT_ENDPOINT).rstrip("/")

    @property
    def host(self) -> str:
        """The server that will be asked; it may send us on to its storage servers."""
        return urlsplit(self.endpoint).netloc or self.endpoint

    def fetch(self, entry: CatalogueEntry, progress: Progress | None = None) -> Path:
        """Fetch the file, compare its checksum, and return where it lies; the caller moves it on.

        When it is broken off (Ctrl-C, no connection), what has come stays for the next call.

        Raises:
            UserError: ``timeout``: no connection; ``not_found``; ``unreadable``: refused; ``disk_full``;
                ``model_corrupt``: not the expected file, which is then removed.
        """
        private_folder(self._folder)
        with exclusive(self._folder / ".download.lock", patience=1.0):
            part, offered = self._run(entry, progress)
            wanted = entry.sha256 or offered
            sha256, _ = sha256_of(part, progress)
            if wanted and sha256 != wanted:
                part.unlink()
                raise UserError(
                    ErrorCode.MODEL_CORRUPT, "Download is damaged",
                    f"{entry.file} from {self.host} has the SHA-256 {sha256[:12]}… instead of {wanted[:12]}…",
                    "It was removed. Run the same command again to download it anew.",
                )
        return part

    def discard(self, name: str) -> bool:
        """Remove what a broken-off download of that name left; whether there was anything."""
        prefix, files = _part_prefix(name), self._folder.glob(".*.part")
        parts = [file for file in files if file.name.startswith(prefix)]
        for part in parts:
            part.unlink(missing_ok=True)
        return bool(parts)

    def _run(self, entry: CatalogueEntry, progress: Progress | None) -> tuple[Path, str]:
        order = Order(
            self.endpoint, entry.repository, entry.file, entry.size, entry.sha256, self._folder,
            _part_prefix(entry.name),
        )
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(
            target=download_main, args=(theirs, order), name="quietdesk-download", daemon=True
        )
        process.start()
        theirs.close()
        try:
            return self._follow(ours, progress)
        finally:
            process.kill()
            process.join()
            process.close()
            ours.close()

    def _follow(self, connection: Connection, progress: Progress | None) -> tuple[Path, str]:
        while True:
            try:
                message: dict[str, Any] = json.loads(connection.recv_bytes())
            except EOFError as error:
                raise UserError(
                    ErrorCode.INTERNAL, "Download broke off", "The process that downloads ended by itself.",
                    "Run the same command again: what is already here is kept.",
                ) from error
            if "error" in message:
                fields = message["error"]
                raise UserError(ErrorCode(fields["code"]), fields["title"], fields["message"], fields["hint"])
            if "part" in message:
                return Path(message["part"]), message["sha256"]
            if progress is not None:
                progress(message["done"], message["total"])


def _part_prefix(name: str) -> str:
    return f".{name}@"
