"""The process that fetches one model file: the only user of huggingface-hub, and of the network."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from quietdesk.engine.model_files import require_space
from quietdesk.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

_FULL = (errno.ENOSPC, errno.EDQUOT)
_SHA256 = re.compile(r"[0-9a-f]{64}")
# No account, no word about this computer, no files outside our folder; plain HTTP, which can be resumed.
_ENVIRONMENT = {
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_VERBOSITY": "error",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What to fetch, and what it should be; ``size`` (bytes) and ``sha256`` are None when nobody knows.

    The partial file is named after ``part_prefix``, in ``folder``.
    """

    endpoint: str
    repository: str
    file: str
    size: int | None
    sha256: str | None
    folder: Path
    part_prefix: str


def download_main(connection: Connection, order: Order) -> None:
    """Fetch the file and send JSON messages.

    On the way ``done`` and ``total`` (bytes); in the end ``part`` and ``sha256`` (as the server states it, or
    empty), or ``error``.
    """
    # Ctrl-C reaches the whole group; the parent decides and ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(_ENVIRONMENT, HF_ENDPOINT=order.endpoint)

    def send(**fields: object) -> None:
        connection.send_bytes(json.dumps(fields).encode())

    try:
        part, sha256 = _fetch(order, lambda done, total: send(done=done, total=total))
        send(part=str(part), sha256=sha256)
    except UserError as error:
        send(error=error.as_dict())
    except Exception as error:  # noqa: BLE001  the edge of the process: the parent tells the person
        send(error=_explained(error, order).as_dict())


def _fetch(order: Order, progress: Callable[[int, int], None]) -> tuple[Path, str]:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    metadata = get_hf_file_metadata(hf_hub_url(order.repository, order.file), token=False)
    sha256 = _offered_sha256(metadata, order)
    part = _part_file(order, metadata)
    have, total = part.stat().st_size if part.exists() else 0, metadata.size or 0
    require_space(order.folder, max(total - have, 0))
    with io.BufferedWriter(_CountedFile(part, lambda done: progress(done, max(done, total)))) as stream:
        http_get(
            metadata.location, stream, resume_size=have, headers=build_hf_headers(token=False),
            expected_size=metadata.size,
        )
        stream.flush()
        os.fsync(stream.fileno())
    return part, sha256


def _offered_sha256(metadata: HfFileMetadata, order: Order) -> str:
    """The checksum that the server states, empty if it states none.

    Raises:
        UserError: ``model_corrupt``: it offers another file than the one that is wanted.
    """
    found = _SHA256.fullmatch(metadata.etag or "")
    sha256 = found[0] if found else ""
    other_size = None not in (order.size, metadata.size) and order.size != metadata.size
    if other_size or (order.sha256 and sha256 and order.sha256 != sha256):
        raise UserError(
            ErrorCode.MODEL_CORRUPT, "Not the file that was expected",
            f"{order.endpoint} offers another {order.file} than the catalogue knows; nothing was downloaded.",
            "It may have been replaced there. Look for a newer Quietdesk, or choose another model.",
        )
    return sha256


def _part_file(order: Order, metadata: HfFileMetadata) -> Path:
    """Where this version of the file goes; what was fetched of other versions is removed."""
    version = hashlib.sha256((metadata.etag or metadata.commit_hash or "").encode()).hexdigest()[:16]
    part = order.folder / f"{order.part_prefix}{version}.part"
    for other in order.folder.glob(f"{order.part_prefix}*.part"):
        if other != part or (metadata.size is not None and other.stat().st_size > metadata.size):
            other.unlink(missing_ok=True)
    return part


class _CountedFile(io.FileIO):
    """A file that is added to (0600), and says how long it has become."""

    def __init__(self, path: Path, report: Callable[[int], None]) -> None:
        super().__init__(path, "a", opener=lambda name, flags: os.open(name, flags, 0o600))
        self._report = report

    def write(self, data: object, /) -> int:
        written = super().write(data)  # type: ignore[arg-type]
        self._report(self.tell())
        return written


def _explained(error: Exception, order: Order) -> UserError:
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, OfflineModeIsEnabled

    status = error.response.status_code if isinstance(error, HfHubHTTPError) else 0
    again = "Run the same command again: what is already here is kept."
    if isinstance(error, OfflineModeIsEnabled):
        return UserError(
            ErrorCode.UNSUPPORTED, "Downloads are switched off", "HF_HUB_OFFLINE is set.", "Unset it first."
        )
    if isinstance(error, GatedRepoError) or status in (401, 403):
        return UserError(
            ErrorCode.UNREADABLE, "Download refused",
            f"{order.endpoint} does not give {order.file} to everybody.",
            "Download it with a browser and an account, then run `quietdesk model import FILE`.",
        )
    if status == 404:
        return UserError(
            ErrorCode.NOT_FOUND, "Not there any more",
            f"{order.endpoint} has no {order.repository}/{order.file}.",
            "Choose another model of `quietdesk model download`.",
        )
    if isinstance(error, OSError) and error.errno is not None:
        return UserError(
            ErrorCode.DISK_FULL if error.errno in _FULL else ErrorCode.UNREADABLE, "Download cannot be saved",
            f"{order.folder}: {error.strerror}.", f"Free some space or check the permissions. {again}",
        )
    return UserError(
        ErrorCode.TIMEOUT, "Download broke off",
        f"{order.endpoint} could not be reached, or the connection was lost ({type(error).__name__}).",
        f"Check the connection. {again}",
    )
