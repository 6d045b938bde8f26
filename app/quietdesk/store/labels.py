"""The user's label sets, in one JSON file that only its owner can read.

Of a taught document only a vector is kept and a salted hash that notices the same text again, never the text.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_atomic
from quietdesk.lock import exclusive
from quietdesk.paths import Paths, private_folder
from quietdesk.store import label_file
from quietdesk.store.label_file import Library, StoredLabel, StoredSet, Teaching

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LabelStore", "StoredLabel", "StoredSet", "Teaching"]

_FILE, _LOCK = "labels.json", "labels.lock"
_SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Undone:
    """A teaching that was taken back. ``now``: the label that an earlier teaching gave the same text, or None."""

    label: str
    now: str | None


class LabelStore:
    """Reads and changes the user's label sets; safe for several processes at once.

    Names of sets and labels are compared without regard to case. The name of a built-in set may be used too: its
    entry then holds what the user added to the built-in one (labels, hidden labels, teachings).
    """

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.data

    @property
    def path(self) -> Path:
        """The file; it need not exist."""
        return self._folder / _FILE

    def sets(self) -> tuple[StoredSet, ...]:
        """All sets, in the order in which they were made.

        Raises:
            UserError: ``corrupt`` (the file is kept under another name) or ``unreadable``.
        """
        return self._read().sets

    def find(self, name: str) -> StoredSet | None:
        """The set of that name, or None."""
        return self._read().find(name)

    def get(self, name: str) -> StoredSet:
        """The set of that name.

        Raises:
            UserError: ``not_found``.
        """
        return _known(self._read(), name)

    def create(self, name: str, labels: tuple[StoredLabel, ...] = (), multi: bool = False) -> StoredSet:
        """Make a set. ``multi``: a document may carry several of its labels.

        Raises:
            UserError: the name is taken.
        """
        made = StoredSet(name, labels, multi)

        def change(library: Library) -> Library:
            if library.find(name):
                raise UserError(
                    ErrorCode.UNSUPPORTED, "Label set exists", f"There is already a label set named {name}.",
                    "Choose another name, or add labels to the set with `quietdesk labels add`.",
                )
            return replace(library, sets=(*library.sets, made))

        self._update(change)
        return made

    def remove(self, name: str) -> None:
        """Remove a set with all that was taught to it.

        Raises:
            UserError: ``not_found``.
        """

        def change(library: Library) -> Library:
            gone = _known(library, name)
            return replace(library, sets=tuple(s for s in library.sets if s is not gone))

        self._update(change)

    def put_label(self, set_name: str, label: StoredLabel) -> None:
        """Add a label, or give an existing one a new description; a hidden label comes back.

        Raises:
            UserError: ``not_found``: no such set.
        """

        def change(stored: StoredSet) -> StoredSet:
            others = tuple(found for found in stored.labels if not _same(found.name, label.name))
            place = next((i for i, f in enumerate(stored.labels) if _same(f.name, label.name)), len(others))
            hidden = tuple(name for name in stored.hidden if not _same(name, label.name))
            return replace(stored, labels=(*others[:place], label, *others[place:]), hidden=hidden)

        self._update_set(set_name, change)

    def remove_label(self, set_name: str, label: str, hide: bool = False) -> None:
        """Remove a label and what was taught under it. ``hide``: it is a built-in one, remember not to use it.

        Raises:
            UserError: ``not_found``: no such set.
        """

        def change(stored: StoredSet) -> StoredSet:
            return replace(
                stored,
                labels=tuple(found for found in stored.labels if not _same(found.name, label)),
                hidden=(*stored.hidden, label) if hide and label not in stored.hidden else stored.hidden,
                teachings=tuple(taught for taught in stored.teachings if not _same(taught.label, label)),
            )

        self._update_set(set_name, change)

    def teach(self, set_name: str, label: str, text: str, vector: bytes, space: str) -> bool:
        """Keep that ``text`` belongs under ``label``; in a set that is not ``multi`` this replaces an earlier label.

        vector: float32, little-endian. space: names the model and the way in which the vector was made.
        Returns False when just this was known already.

        Raises:
            UserError: ``not_found``: no such set.
        """
        news = False

        def change(library: Library) -> Library:
            nonlocal news
            stored = _known(library, set_name)
            taught = Teaching(label, text_hash(text, library.salt), space, base64.b64encode(vector).decode("ascii"))
            news = taught not in stored.examples()
            added = replace(stored, teachings=(*stored.teachings, taught)) if news else stored
            return _swap(library, stored, added)

        self._update(change)
        return news

    def undo_teaching(self, set_name: str) -> Undone:
        """Take the last teaching of a set back; what the text was taught as before holds again.

        Raises:
            UserError: ``not_found``: no such set, or nothing was taught.
        """
        undone: Undone | None = None

        def change(library: Library) -> Library:
            nonlocal undone
            stored = _known(library, set_name)
            if not stored.teachings:
                raise UserError(
                    ErrorCode.NOT_FOUND, "Nothing to take back", f"Nothing has been taught to {stored.name}.",
                    "`quietdesk labels show` tells how many examples each label has.",
                )
            last, rest = stored.teachings[-1], replace(stored, teachings=stored.teachings[:-1])
            earlier = [t.label for t in rest.examples() if t.text_hash == last.text_hash]
            undone = Undone(last.label, earlier[-1] if earlier and not stored.multi else None)
            return _swap(library, stored, rest)

        self._update(change)
        assert undone is not None  # noqa: S101  _update either ran change or raised
        return undone

    def _update_set(self, name: str, change: Callable[[StoredSet], StoredSet]) -> None:
        def change_library(library: Library) -> Library:
            stored = _known(library, name)
            return _swap(library, stored, change(stored))

        self._update(change_library)

    def _update(self, change: Callable[[Library], Library]) -> None:
        private_folder(self._folder)
        with exclusive(self._folder / _LOCK):
            old = self._read()
            new = change(old)
            if new != old:
                write_atomic(self.path, label_file.encode(new))

    def _read(self) -> Library:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return Library(os.urandom(_SALT_BYTES), ())
        except OSError as error:
            raise UserError(
                ErrorCode.UNREADABLE, "Label sets cannot be read", f"{self.path}: {error.strerror or error}",
                "Check the permissions of the file.",
            ) from error
        try:
            return label_file.decode(content)
        except label_file.NewerVersionError as error:
            raise UserError(
                ErrorCode.UNSUPPORTED, "Label sets of a newer Quietdesk",
                f"{self.path} was written by a newer version of the program.", "Update Quietdesk.",
            ) from error
        except ValueError as error:
            raise self._set_aside(error) from error

    def _set_aside(self, reason: ValueError) -> UserError:
        """Rename the damaged file, which itself stays as it is, so that the next command can begin anew."""
        kept = next(
            place for number in range(1, 10_000)
            if not (place := self.path.with_name(f"{_FILE}.damaged-{number}")).exists()
        )
        try:
            self.path.rename(kept)
        except OSError:
            kept = self.path
        return UserError(
            ErrorCode.CORRUPT, "Label sets are damaged",
            f"The file with your label sets cannot be understood ({reason}). It is kept as {kept}.",
            f"Put a backup in its place at {self.path}, or go on without your own label sets.",
        )


def text_hash(text: str, salt: bytes) -> str:
    """Tells the same text again, white space aside; without the salt it cannot be computed from a guess."""
    normalised = " ".join(text.split()).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(normalised, key=salt, digest_size=16).hexdigest()


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _known(library: Library, name: str) -> StoredSet:
    found = library.find(name)
    if found is None:
        raise UserError(
            ErrorCode.NOT_FOUND, "No such label set", f"There is no label set named {name}.",
            "`quietdesk labels list` shows the sets, `quietdesk labels new` makes one.",
        )
    return found


def _swap(library: Library, old: StoredSet, new: StoredSet) -> Library:
    return replace(library, sets=tuple(new if stored is old else stored for stored in library.sets))
