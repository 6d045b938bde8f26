"""The JSON form of the user's label sets, checked field by field when read."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import Any

_VERSION = 1


class NewerVersionError(Exception):
    """The file was written by a later version of the program."""


@dataclass(frozen=True, slots=True)
class StoredLabel:
    """A label as its user made it."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Teaching:
    """One taught example. ``vector``: base64 of float32; ``space``: the model and the way that made it."""

    label: str
    text_hash: str
    space: str
    vector: str


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A label set; ``teachings`` in the order in which they were given, with those that a later one replaced."""

    name: str
    labels: tuple[StoredLabel, ...] = ()
    multi: bool = False
    hidden: tuple[str, ...] = ()
    teachings: tuple[Teaching, ...] = ()

    def examples(self) -> tuple[Teaching, ...]:
        """The teachings that hold: the last one of each text, or of each text and label in a ``multi`` set."""
        last: dict[tuple[str, str], Teaching] = {}
        for taught in self.teachings:
            key = (taught.text_hash, taught.label.casefold() if self.multi else "")
            last.pop(key, None)
            last[key] = taught
        return tuple(last.values())


@dataclass(frozen=True, slots=True)
class Library:
    """All of the user's sets, and the salt of the text hashes."""

    salt: bytes
    sets: tuple[StoredSet, ...]

    def find(self, name: str) -> StoredSet | None:
        """The set of that name, in any case of letters."""
        return next((found for found in self.sets if found.name.casefold() == name.casefold()), None)


def encode(library: Library) -> bytes:
    """The content of the file (UTF-8 JSON)."""
    fields = {
        "version": _VERSION,
        "salt": base64.b64encode(library.salt).decode("ascii"),
        "sets": [asdict(stored) for stored in library.sets],
    }
    return (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass")


def decode(content: bytes) -> Library:
    """What :func:`encode` wrote.

    Raises:
        NewerVersionError: a later version of the program wrote it.
        ValueError: anything else that is not such a file; the text says what is wrong, without content.
    """
    try:
        fields = json.loads(content.decode("utf-8", "surrogatepass"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    version = _take(fields, "version", int)
    if version > _VERSION:
        raise NewerVersionError
    library = Library(_binary(_take(fields, "salt", str)), tuple(map(_set, _take(fields, "sets", list))))
    names = [stored.name.casefold() for stored in library.sets]
    if len(set(names)) != len(names):
        raise ValueError("two sets have the same name")
    return library


def _set(fields: Any) -> StoredSet:
    hidden = _take(fields, "hidden", list)
    if not all(isinstance(name, str) for name in hidden):
        raise ValueError("hidden is wrong")
    return StoredSet(
        _take(fields, "name", str),
        tuple(StoredLabel(_take(f, "name", str), _take(f, "description", str)) for f in _take(fields, "labels", list)),
        _take(fields, "multi", bool),
        tuple(hidden),
        tuple(map(_teaching, _take(fields, "teachings", list))),
    )


def _teaching(fields: Any) -> Teaching:
    taught = Teaching(*(_take(fields, name, str) for name in ("label", "text_hash", "space", "vector")))
    if len(_binary(taught.vector)) % 4:
        raise ValueError("a vector is cut short")
    return taught


def _take(fields: Any, name: str, kind: type) -> Any:
    if not isinstance(fields, dict) or name not in fields:
        raise ValueError(f"{name} is missing")
    if type(fields[name]) is not kind:
        raise ValueError(f"{name} is wrong")
    return fields[name]


def _binary(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("a base64 field is damaged") from error
