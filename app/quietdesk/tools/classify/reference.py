"""What a model makes of texts that the program knows: the measure by which other texts' vectors are judged."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quietdesk import resources
from quietdesk.files import write_atomic
from quietdesk.paths import private_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from quietdesk.cancel import CancelToken
    from quietdesk.tools.classify.document_vectors import DocumentVectors

TEXTS = "labels/prototypes.jsonl"
VECTORS = "labels/reference.npz"
# Texts without content: what label the model names for them is its prejudice (Zhao et al. 2021, "Calibrate Before
# Use").
EMPTY_TEXTS = ("", "N/A", "...", "text", "[MASK]", "-", "A text.")
# For a model that did not come with the program all this is computed on the spot, which must not take minutes.
_FOR_OTHER_MODELS = 5


@dataclass(frozen=True, slots=True)
class Prototype:
    """A short document, written for this program, that shows what a built-in label means. language: ISO 639-1."""

    label: str
    language: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """labels, languages: of each prototype. vectors: prototypes × twice the model's width.

    empty: the vectors of :data:`EMPTY_TEXTS`.
    head_norm: the weights of the model's norm before its vocabulary head (ones when they are not known).
    """

    labels: tuple[str, ...]
    languages: tuple[str, ...]
    vectors: NDArray[np.float32]
    empty: NDArray[np.float32]
    head_norm: NDArray[np.float32]


class ReferenceStore:
    """Gives the reference of the present model: from resources for the default one, else computed once and kept.

    chosen: the prototypes to compute it of, by default five of each label.
    """

    def __init__(self, documents: DocumentVectors, cache: Path, chosen: Sequence[Prototype] | None = None) -> None:
        self._documents = documents
        self._chosen = chosen
        self._folder = cache / "labels"

    def load(self, cancel: CancelToken | None = None) -> Reference:
        """Read the reference; for a model other than the default one, computing it at first takes about a minute."""
        space = self._documents.space
        wanted = stamp(space)
        kept = self._folder / f"{hashlib.sha256(space.encode()).hexdigest()[:32]}.npz"
        found = read(resources.path(VECTORS), wanted) or read(kept, wanted)
        if found is None:
            chosen = self._chosen or few_of_each(prototypes(), _FOR_OTHER_MODELS)
            found = compute(self._documents, chosen, cancel=cancel)
            private_folder(self._folder)
            write_atomic(kept, encode(found, wanted))
        return found


def compute(
    documents: DocumentVectors, chosen: Sequence[Prototype],
    head_norm: NDArray[np.float32] | None = None, cancel: CancelToken | None = None,
) -> Reference:  # fmt: skip
    """The reference made of these prototypes."""
    vectors = documents.embed([*(each.text for each in chosen), *EMPTY_TEXTS], cancel=cancel)
    return Reference(
        tuple(each.label for each in chosen), tuple(each.language for each in chosen),
        vectors[: len(chosen)], vectors[len(chosen) :],
        np.ones(vectors.shape[1] // 2, np.float32) if head_norm is None else head_norm,
    )  # fmt: skip


def prototypes() -> tuple[Prototype, ...]:
    """All prototype documents, from resources."""
    rows = map(json.loads, resources.text(TEXTS).splitlines())
    return tuple(Prototype(row["label"], row["lang"], row["text"]) for row in rows)


def few_of_each(all_of_them: Sequence[Prototype], count: int) -> list[Prototype]:
    """At most ``count`` of each label, spread evenly over its rows."""
    by_label: dict[str, list[Prototype]] = {}
    for each in all_of_them:
        by_label.setdefault(each.label, []).append(each)
    return [
        rows[place]
        for rows in by_label.values()
        for place in sorted({round(i) for i in np.linspace(0, len(rows) - 1, min(count, len(rows)))})
    ]


def stamp(space: str) -> str:
    """Changes when the reference would: another model, another way to make vectors, other texts."""
    return hashlib.sha256("\n".join((space, *EMPTY_TEXTS, resources.text(TEXTS))).encode()).hexdigest()


def encode(reference: Reference, made_for: str) -> bytes:
    """The content of a file that :func:`read` reads: float16, with one scale for each column so that none overflows."""
    rows = np.vstack([reference.vectors, reference.empty])
    scale = np.maximum(np.abs(rows).max(axis=0), 1e-6).astype(np.float32)
    out = io.BytesIO()
    np.savez_compressed(
        out, stamp=np.array(made_for), labels=np.array(reference.labels), languages=np.array(reference.languages),
        scale=scale, rows=(rows / scale).astype(np.float16), head_norm=reference.head_norm,
    )  # fmt: skip
    return out.getvalue()


def read(path: Path, wanted: str) -> Reference | None:
    """The reference of a file made for this stamp; None when there is none, or it is outdated or damaged."""
    try:
        # Opened here: np.load leaves a damaged file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            if str(file["stamp"]) != wanted:
                return None
            labels = tuple(map(str, file["labels"]))
            rows = file["rows"].astype(np.float32) * file["scale"]
            languages = tuple(map(str, file["languages"]))
            return Reference(labels, languages, rows[: len(labels)], rows[len(labels) :], file["head_norm"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
