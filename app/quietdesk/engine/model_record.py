"""What is remembered of a model file, in a small JSON file beside it: what it is, and its last check."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from quietdesk.files import write_atomic

# Bits can also fall over on the disk, which changes no date: a file is read through again after a week.
_TRUST_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the file system says of a file. Any write changes ``ctime_ns``, which no program can set back."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    device: int

    @classmethod
    def of(cls, status: os.stat_result) -> Fingerprint:
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One model.

    size: bytes. context: tokens.
    licence: as the file or the catalogue names it. origin: where the file came from.
    checked, checked_at: the file, and the time (seconds since 1970), when its SHA-256 was last found right.
    """

    sha256: str
    size: int
    title: str
    licence: str
    origin: str
    architecture: str
    context: int
    chat_template: bool
    checked: Fingerprint | None = None
    checked_at: float = 0.0

    def trusts(self, now: Fingerprint | None) -> bool:
        """Whether the file, as it is now, is untouched since its last check, and that was lately."""
        return now is not None and self.checked == now and 0 <= time.time() - self.checked_at < _TRUST_SECONDS

    def confirmed(self, now: Fingerprint) -> ModelRecord:
        """This record after a check that found the file right."""
        return replace(self, checked=now, checked_at=time.time())

    def write(self, path: Path) -> None:
        write_atomic(path, json.dumps(asdict(self), ensure_ascii=False, indent=1).encode())

    @classmethod
    def read(cls, path: Path) -> ModelRecord | None:
        """The record, or None when there is none or it is damaged."""
        try:
            fields = json.loads(path.read_bytes())
            if fields["checked"] is not None:
                fields["checked"] = _build(Fingerprint, fields["checked"])
            record: ModelRecord = _build(cls, fields)
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return record


def _build(kind: type[Any], fields: Any) -> Any:
    """A dataclass from a JSON object.

    Raises:
        TypeError: it is no object, or a field is missing, unknown or of another type.
    """
    if not isinstance(fields, dict):
        raise TypeError(kind.__name__)
    for name, expected in get_type_hints(kind).items():
        if not isinstance(fields.get(name), expected):
            raise TypeError(name)
    return kind(**fields)
