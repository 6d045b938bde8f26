"""Label sets: what a document can be called, and the rules that names keep."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from quietdesk import resources
from quietdesk.errors import ErrorCode, UserError
from quietdesk.store.label_file import StoredLabel, StoredSet

DEFAULT_SET = "default"
_DEFAULT_FILE = "labels/default.json"

_LONGEST_NAME, _LONGEST_DESCRIPTION = 80, 500
# More would make the choice among them a matter of chance, and each costs time.
MOST_LABELS = 500


@dataclass(frozen=True, slots=True)
class Example:
    """The vector of a document that belongs under a label.

    vector: float32, little-endian. space: names the model and the way in which the vector was made.
    """

    vector: bytes
    space: str


@dataclass(frozen=True, slots=True)
class Label:
    """One label. ``id`` is what results, tags and scripts carry; ``names`` and ``descriptions`` go by language
    (``en``, ``zh``; user labels have only ``en``, whatever their language). ``examples``: taught by the user.
    ``prototypes``: the id of the built-in label whose prototype documents show what is meant, or empty.
    """

    id: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    prototypes: str = ""

    def name(self, language: str | None = None) -> str:
        """The name in a language, else in English."""
        return self.names.get(language or "en") or self.names["en"]

    def description(self, language: str | None = None) -> str:
        """The description in a language, else in English; may be empty."""
        return self.descriptions.get(language or "en") or self.descriptions.get("en", "")


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels among which to choose. ``multi``: a document may carry several of them, or none."""

    name: str
    labels: tuple[Label, ...]
    multi: bool = False

    def __post_init__(self) -> None:
        check_labels([label.id for label in self.labels])

    def label(self, name: str) -> Label:
        """The label with that id or name, in any case of letters.

        Raises:
            UserError: ``not_found``.
        """
        wanted = normalise(name)
        for label in self.labels:
            if wanted in {normalise(known) for known in (label.id, *label.names.values())}:
                return label
        raise UserError(
            ErrorCode.NOT_FOUND, "No such label", f"The label set {self.name} has no label {name}.",
            f"`quietdesk labels show {self.name}` lists its labels, `quietdesk labels add` adds one.",
        )  # fmt: skip

    def fingerprint(self) -> str:
        """Changes whenever anything does that a decision depends on."""
        parts: list[Any] = [self.multi]
        for label in self.labels:
            examples = [(e.space, hashlib.blake2b(e.vector, digest_size=16).hexdigest()) for e in label.examples]
            parts.append([label.id, dict(label.names), dict(label.descriptions), examples, label.prototypes])
        return hashlib.blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def normalise(name: str) -> str:
    """Names that differ only in case, width or spacing are the same name."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def check_labels(names: Sequence[str]) -> None:
    """Refuse what could not be told apart or shown.

    Raises:
        UserError: no names, an empty or too long one, control characters, or two that are the same but for case.
    """
    if not names:
        raise _bad("There are no labels.", "Name at least one, for example `--labels invoice,receipt`.")
    if len(names) > MOST_LABELS:
        raise _bad(f"There are {len(names)} labels; {MOST_LABELS} at most are possible.", "Use fewer labels.")
    seen: dict[str, str] = {}
    for name in names:
        check_name(name)
        twin = seen.get(normalise(name))
        if twin is not None:
            how = "twice" if twin == name else f"and {twin}, which differ only in case or spacing"
            raise _bad(f"The labels have {name} {how}.", "Give every label a name of its own.")
        seen[normalise(name)] = name


def check_name(name: str, kind: str = "label") -> None:
    """Refuse a name of a label or set that is empty, too long, or not printable on one line.

    Raises:
        UserError: it is.
    """
    if not name.strip():
        raise _bad(f"A {kind} has an empty name.", "Give it a name, or remove the extra comma.")
    if len(name) > _LONGEST_NAME:
        raise _bad(f"The name of a {kind} has {len(name)} characters.", f"Use at most {_LONGEST_NAME}.")
    if not name.isprintable():
        raise _bad(f"The name of a {kind} has a line break or control character.", "Use letters, digits and spaces.")


def from_names(names: Iterable[str], name: str = "labels", multi: bool = False) -> LabelSet:
    """A set of labels given by name alone; each id is the name as it was given, without outer spaces.

    Names that built-in labels have too (``CV``, ``Rechnung``) get their prototype documents: see
    :func:`with_prototypes`.

    Raises:
        UserError: see :func:`check_labels`.
    """
    labels = (_own_label(StoredLabel(given.strip())) for given in names)
    return LabelSet(name, with_prototypes(tuple(labels)), multi)


def with_prototypes(labels: tuple[Label, ...]) -> tuple[Label, ...]:
    """The labels, those that mean the same as a built-in one with its prototypes.

    One with a description of its own means what that says. Two that would get the same prototypes could not be told
    apart and get none. And a set of which most labels are strange to the built-in ones is about something else than
    kinds of documents: there *travel* is a topic, not a ticket.
    """
    known = ["" if label.descriptions else built_in_names().get(normalise(label.id), "") for label in labels]
    found = [each if each and known.count(each) == 1 else "" for each in known]
    if 2 * sum(map(bool, found)) < len(labels):
        return labels
    return tuple(replace(label, prototypes=each) for label, each in zip(labels, found, strict=True))


def parse_names(text: str) -> LabelSet:
    """The set of ``--labels a,b,c``; full-width commas count too, a comma at the end does not.

    Raises:
        UserError: see :func:`check_labels`.
    """
    names = text.replace("，", ",").split(",")
    if len(names) > 1 and not names[-1].strip():
        names.pop()
    return from_names(names)


@cache
def default_set() -> LabelSet:
    """The built-in labels, from resources."""
    labels = (
        Label(each["id"], each["names"], each["descriptions"], prototypes=each["id"]) for each in _default_labels()
    )
    return LabelSet(DEFAULT_SET, tuple(labels))


@cache
def built_in_names() -> Mapping[str, str]:
    """The id of the built-in label for each of its names and other words for it, as :func:`normalise` leaves them."""
    return {
        normalise(word): each["id"]
        for each in _default_labels()
        for word in (each["id"], *each["names"].values(), *each["aliases"])
    }


def _default_labels() -> Sequence[Mapping[str, Any]]:
    labels: Sequence[Mapping[str, Any]] = json.loads(resources.text(_DEFAULT_FILE))["labels"]
    return labels


def in_force(name: str, stored: StoredSet | None) -> LabelSet:
    """The set of that name with all that its user added. stored: what the store has under the name.

    Raises:
        UserError: ``not_found``; or no labels are left.
    """
    if normalise(name) == DEFAULT_SET:
        return with_stored(default_set(), stored)
    if stored is None:
        raise UserError(
            ErrorCode.NOT_FOUND, "No such label set", f"There is no label set named {name}.",
            "`quietdesk labels list` shows the sets, `quietdesk labels new` makes one.",
        )  # fmt: skip
    return with_stored(None, stored)


def with_stored(built_in: LabelSet | None, stored: StoredSet | None) -> LabelSet:
    """The set in force: a built-in one with what the user added to it, or the user's own.

    Raises:
        UserError: no labels are left.
        ValueError: neither is given.
    """
    if stored is None:
        if built_in is None:
            raise ValueError("a built-in or a stored set is needed")
        return built_in
    if built_in is None:
        labels = list(with_prototypes(tuple(map(_own_label, stored.labels))))
    else:
        hidden = {normalise(name) for name in stored.hidden}
        labels = [label for label in built_in.labels if normalise(label.id) not in hidden]
        for own in stored.labels:
            labels = _with_label(labels, own)
    examples: dict[str, list[Example]] = {}
    for taught in stored.examples():
        example = Example(base64.b64decode(taught.vector), taught.space)
        examples.setdefault(normalise(taught.label), []).append(example)
    complete = tuple(replace(label, examples=tuple(examples.get(normalise(label.id), ()))) for label in labels)
    return LabelSet(built_in.name if built_in else stored.name, complete, stored.multi)


def _own_label(own: StoredLabel) -> Label:
    return Label(own.name, {"en": own.name}, {"en": own.description} if own.description else {})


def _with_label(labels: list[Label], own: StoredLabel) -> list[Label]:
    """A user's label beside the others; with the name of a built-in one it gives that a new description."""
    made = _own_label(own)
    for index, label in enumerate(labels):
        if normalise(label.id) == normalise(own.name):
            changed = replace(label, descriptions=made.descriptions or label.descriptions)
            return [*labels[:index], changed, *labels[index + 1 :]]
    return [*labels, made]


def check_description(text: str) -> None:
    """Refuse a description that is too long to be of use.

    Raises:
        UserError: it is.
    """
    if len(text) > _LONGEST_DESCRIPTION:
        raise _bad(f"The description has {len(text)} characters.", f"Use at most {_LONGEST_DESCRIPTION}.")


def _bad(message: str, hint: str) -> UserError:
    return UserError(ErrorCode.UNSUPPORTED, "Labels cannot be used", message, hint)
