"""Which model file is used: put together, imported, checked, chosen, removed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from quietdesk.engine.default_model import DefaultModel, adapter_checksum, adapter_for, require_whole_adapter
from quietdesk.engine.gguf_header import GgufHeader, read_header
from quietdesk.engine.model_files import Progress, joined, sha256_of, taken
from quietdesk.engine.model_folder import ModelFolder
from quietdesk.engine.model_record import ModelRecord
from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_atomic
from quietdesk.paths import Paths, private_folder

# Prompt, document and answer must fit.
SMALLEST_CONTEXT = 2048
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """One model.

    name: what the person calls it; ``default`` is the one that comes with the program.
    title, licence, architecture: as the file names them. origin: where it came from.
    size: bytes. context: tokens. adapter: the task adapter, for the default model only.
    """

    name: str
    path: Path
    title: str
    sha256: str
    size: int
    licence: str
    origin: str
    context: int
    architecture: str
    chat_template: bool
    adapter: Path | None

    @property
    def adapter_sha256(self) -> str:
        """Of the task adapter, '' without."""
        return adapter_checksum() if self.adapter is not None else ""


class ModelStore:
    """The model files of this user, in ``paths.models``, and the choice of one of them, in ``paths.config``.

    A file is read through (SHA-256) when it comes in, when it was touched since, and once a week; in between
    its size, dates and inode are trusted. Several processes and threads may use the same folder.
    """

    def __init__(self, paths: Paths, default: DefaultModel | None = None) -> None:
        self._folder = ModelFolder(paths.models)
        self._choice = paths.config / "model.json"
        self._default = default or DefaultModel.load()

    # Which models there are

    def default(self) -> InstalledModel:
        """The model that comes with the program; its file may not be put together yet."""
        return self.get(self._default.name)

    def list(self) -> tuple[InstalledModel, ...]:
        """The default model and, by name, all others. No file is read through."""
        others = [name for name in self._folder.names() if name != self._default.name]
        records = [(name, self._folder.record(name)) for name in others]
        return (self.default(), *(self._installed(name, record) for name, record in records if record))

    def get(self, name: str) -> InstalledModel:
        """The model of that name, not checked.

        Raises:
            UserError: ``model_missing``.
        """
        return self._installed(name, self._record(name))

    def chosen(self) -> str:
        """The name of the model in use.

        Raises:
            UserError: ``corrupt``: the choice cannot be read.
        """
        try:
            name = json.loads(self._choice.read_bytes())["model"]
        except FileNotFoundError:
            return self._default.name
        except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._unreadable_choice() from error
        if not isinstance(name, str):
            raise self._unreadable_choice()
        return name

    def _unreadable_choice(self) -> UserError:
        return UserError(
            ErrorCode.CORRUPT, "The choice of model cannot be read", f"{self._choice} is damaged.",
            "Choose again: `quietdesk model use default`, or another of `quietdesk model list`.",
        )

    # Using one

    def current(self, progress: Progress | None = None) -> InstalledModel:
        """The model in use, its file checked; what the worker loads.

        The default model is put together when its file is missing.

        Raises:
            UserError: ``model_missing``, ``model_corrupt``, ``disk_full``.
        """
        return self._checked(self.chosen(), progress)

    def ensure_default(self, progress: Progress | None = None) -> InstalledModel:
        """The default model, its file put together when it is missing, and checked.

        Raises:
            UserError: ``model_missing``: its packages are not installed; ``model_corrupt``; ``disk_full``.
        """
        return self._checked(self._default.name, progress)

    def use(self, name: str, progress: Progress | None = None) -> InstalledModel:
        """Use this model from now on. The default one can always be chosen, the others when they are whole.

        Raises:
            UserError: ``model_missing``, ``model_corrupt``.
        """
        model = self.default() if name == self._default.name else self._checked(name, progress)
        private_folder(self._choice.parent)
        write_atomic(self._choice, json.dumps({"model": name}).encode())
        return model

    def verify(self, name: str | None = None, repair: bool = False,
               progress: Progress | None = None) -> InstalledModel:  # fmt: skip
        """Read a model's file (of the one in use when no name is given) through and compare its checksum.

        Args:
            repair: put the default model together again when its file is damaged.

        Raises:
            UserError: ``model_missing``, ``model_corrupt``, ``disk_full``.
        """
        name = name or self.chosen()
        with self._folder.locked():
            try:
                record = self._read_through(name, progress)
            except UserError as error:
                if not (repair and name == self._default.name and error.code is ErrorCode.MODEL_CORRUPT):
                    raise
                record = self._bring_default(self._default.part_files(), progress)
        return self._whole(name, record)

    def _checked(self, name: str, progress: Progress | None) -> InstalledModel:
        record = self._record(name)
        if not record.trusts(self._folder.fingerprint(name)):
            with self._folder.locked():
                # Another process may have done it while this one waited.
                record = self._record(name)
                if not record.trusts(self._folder.fingerprint(name)):
                    record = self._read_through(name, progress)
        return self._whole(name, record)

    def _read_through(self, name: str, progress: Progress | None) -> ModelRecord:
        record, found = self._record(name), self._folder.fingerprint(name)
        if found is None:
            if name != self._default.name:
                raise _missing(name)
            return self._bring_default(self._default.part_files(), progress)
        if found.size != record.size:
            raise self._damaged(name, f"has {found.size:,} bytes instead of {record.size:,}")
        sha256, checked = sha256_of(self._folder.file(name), progress)
        if sha256 != record.sha256:
            raise self._damaged(name, f"has the SHA-256 {sha256[:12]}… instead of {record.sha256[:12]}…")
        return self._folder.remember(name, record.confirmed(checked))

    # Bringing one in, taking one away

    def import_file(self, path: Path, name: str | None = None, *, origin: str = "", licence: str = "",
                    move: bool = False, progress: Progress | None = None,
                    try_loading: Callable[[Path], None] | None = None) -> InstalledModel:  # fmt: skip
        """Copy a GGUF file into the store, or back into it when its copy there is missing or damaged.

        It is not chosen by that.

        Args:
            name: lower-case letters, digits and ``._-``; made from the file's name when not given.
            origin, licence: when the caller knows them better than the file does.
            move: take the file itself, which lies in the store's folder, instead of a copy.
            try_loading: gets the copy before it counts as installed; raises UserError when it cannot be used.

        Raises:
            UserError: ``not_found``, ``unreadable``, ``unsupported`` (no text model, too short a context, the
                name is taken or not allowed, the model is already there), ``model_corrupt``, ``disk_full``.
        """
        path = path.expanduser().absolute()
        _require_context(path, read_header(path))
        known = self._twin(path)
        if known == self._default.name:
            return self._import_default(path, progress)
        name = known or self._free_name(path, name)
        brought = taken(path, progress) if move else joined([path], self._folder.path, progress)
        with self._folder.locked(), brought as (copy, sha256):
            # What counts is the copy: the file may have been changed since.
            header = read_header(copy)
            if try_loading is not None:
                try_loading(copy)
            record = _record_of(header, path, sha256, origin, licence)
            return self._installed(name, self._folder.place(copy, name, record))

    def remove(self, name: str, even_in_use: bool = False) -> None:
        """Delete a model's file; the default model's comes back when it is needed.

        Args:
            even_in_use: delete it although it is the model in use; the default model is used from then on.

        Raises:
            UserError: ``model_missing``; ``unsupported``: it is in use.
        """
        self._record(name)
        if name != self._default.name and name == self.chosen():
            if not even_in_use:
                raise UserError(
                    ErrorCode.UNSUPPORTED, "Model is in use", f"{name} is the model in use.",
                    "Choose another one first: `quietdesk model use default`.",
                )
            self.use(self._default.name)
        with self._folder.locked():
            self._folder.remove(name)

    def _import_default(self, path: Path, progress: Progress | None) -> InstalledModel:
        with self._folder.locked():
            return self._installed(self._default.name, self._bring_default([path], progress))

    def _bring_default(self, sources: Sequence[Path], progress: Progress | None) -> ModelRecord:
        """Only with the lock held."""
        with joined(sources, self._folder.path, progress) as (temporary, sha256):
            if sha256 != self._default.sha256:
                raise self._default.damaged(sha256)
            return self._folder.place(temporary, self._default.name, self._default.record())

    def _twin(self, path: Path) -> str | None:
        """The name of the model whose file, missing or damaged, is this one.

        Raises:
            UserError: ``unsupported``: the model is there and whole.
        """
        same_size = [model for model in self.list() if model.size == path.stat().st_size]
        sha256 = sha256_of(path)[0] if same_size else ""
        for twin in same_size:
            if twin.sha256 == sha256:
                if self._record(twin.name).trusts(self._folder.fingerprint(twin.name)):
                    raise UserError(
                        ErrorCode.UNSUPPORTED, "Model is already there", f"{path} is the model {twin.name}.",
                        f"Use it: `quietdesk model use {twin.name}`.",
                    )
                return twin.name
        return None

    def _free_name(self, path: Path, name: str | None) -> str:
        name = name or re.sub(r"[^a-z0-9._-]+", "-", path.stem.lower()).strip("-._")[:64]
        if not _NAME.fullmatch(name) or name == self._default.name:
            raise UserError(
                ErrorCode.UNSUPPORTED, "Name not allowed", f"A model cannot be called {name!r}.",
                "Give another name with --name: lower-case letters, digits, dots and dashes.",
            )
        if self._folder.record(name) is not None:
            raise UserError(
                ErrorCode.UNSUPPORTED, "Name is taken", f"There is a model {name} already.",
                f"Give another name with --name, or remove that one: `quietdesk model remove {name}`.",
            )
        return name

    # Records

    def _record(self, name: str) -> ModelRecord:
        if name != self._default.name:
            record = self._folder.record(name) if _NAME.fullmatch(name) else None
            if record is None:
                raise _missing(name)
            return record
        # Of the default model only the check is remembered; what it must be is known.
        known, written = self._default.record(), self._folder.record(name)
        if written is None or written.sha256 != known.sha256:
            return known
        return replace(known, checked=written.checked, checked_at=written.checked_at)

    def _installed(self, name: str, record: ModelRecord) -> InstalledModel:
        return InstalledModel(
            name, self._folder.file(name), record.title, record.sha256, record.size, record.licence,
            record.origin, record.context, record.architecture, record.chat_template,
            adapter_for(record.sha256),
        )

    def _whole(self, name: str, record: ModelRecord) -> InstalledModel:
        model = self._installed(name, record)
        if model.adapter is not None:
            require_whole_adapter()
        return model

    def _damaged(self, name: str, finding: str) -> UserError:
        mend = (
            "Run `quietdesk model verify --repair`: it puts the default model together again."
            if name == self._default.name
            else "Import the file again with `quietdesk model import FILE`, or go back to the default model "
            "with `quietdesk model use default`."
        )
        return UserError(
            ErrorCode.MODEL_CORRUPT, "The model file is damaged",
            f"{self._folder.file(name)} {finding}.", mend,
        )


def _missing(name: str) -> UserError:
    return UserError(
        ErrorCode.MODEL_MISSING, "No such model", f"The model {name!r} is not there.",
        "`quietdesk model list` shows what is. Import it again with `quietdesk model import FILE`, or go "
        "back to the default model with `quietdesk model use default`.",
    )


def _require_context(path: Path, header: GgufHeader) -> None:
    if header.context_length < SMALLEST_CONTEXT:
        raise UserError(
            ErrorCode.UNSUPPORTED, "Context too short",
            f"{path} reads at most {header.context_length:,} tokens; {SMALLEST_CONTEXT:,} are needed.",
            "Choose a model with a longer context, for example one of `quietdesk model download`.",
        )


def _record_of(header: GgufHeader, path: Path, sha256: str, origin: str, licence: str) -> ModelRecord:
    return ModelRecord(
        sha256=sha256,
        size=header.file_size,
        title=_one_line(header.name) or path.stem,
        licence=licence or _one_line(header.text("general.license")) or "not stated",
        origin=origin or str(path),
        architecture=_one_line(header.architecture),
        context=header.context_length,
        chat_template=header.has_chat_template,
    )


def _one_line(text: str) -> str:
    """Text of a file that may be hostile, fit for a terminal."""
    return "".join(character for character in text if character.isprintable())[:100].strip()
