"""The folder of model files: NAME.gguf with NAME.json beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quietdesk.engine.model_files import remove_stale
from quietdesk.engine.model_record import Fingerprint, ModelRecord
from quietdesk.lock import exclusive
from quietdesk.paths import private_folder

# Whoever holds the lock may be copying gigabytes to a slow disk.
_PATIENCE_SECONDS = 1800.0


class ModelFolder:
    """Places, records and the lock under which files and records are written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, name: str) -> Path:
        return self.path / f"{name}.gguf"

    def names(self) -> list[str]:
        """The models that have a record."""
        return sorted(record.stem for record in self.path.glob("[!.]*.json"))

    def fingerprint(self, name: str) -> Fingerprint | None:
        """The file as it is now, or None when there is none."""
        file = self.file(name)
        return Fingerprint.of(file.stat()) if file.is_file() else None

    def record(self, name: str) -> ModelRecord | None:
        return ModelRecord.read(self._record_file(name))

    def remember(self, name: str, record: ModelRecord) -> ModelRecord:
        """Write the record down and return it. Only with the lock held, like everything below.

        Raises:
            UserError: ``disk_full`` or ``unreadable``.
        """
        record.write(self._record_file(name))
        return record

    def place(self, temporary: Path, name: str, record: ModelRecord) -> ModelRecord:
        """Move a finished file, whose checksum was compared, to its place; the record with that noted."""
        # The record first: a file never lies there without one.
        self.remember(name, record)
        temporary.replace(self.file(name))
        fingerprint = self.fingerprint(name)
        return self.remember(name, record.confirmed(fingerprint)) if fingerprint else record

    def remove(self, name: str) -> None:
        """Delete file and record."""
        # The file first: a record without a file says that the model is missing, which is true.
        self.file(name).unlink(missing_ok=True)
        self._record_file(name).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from writing. What killed runs left is removed.

        Raises:
            UserError: the folder cannot be made or locked.
        """
        private_folder(self.path)
        with exclusive(self.path / ".lock", _PATIENCE_SECONDS):
            remove_stale(self.path)
            yield

    def _record_file(self, name: str) -> Path:
        return self.path / f"{name}.json"
