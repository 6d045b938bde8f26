"""Compute resources/labels/reference.npz: what the default model makes of the prototype documents.

Run it after a change of the default model, of resources/labels/prototypes.jsonl or of the way vectors are made; a test
says when that is so. It takes about two minutes:

    .venv/bin/python packaging/labels/build_reference.py
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from gguf import GGUFReader
from numpy.typing import NDArray

from quietdesk.engine.engine import Engine
from quietdesk.engine.messages import WorkerSettings
from quietdesk.engine.models import ModelStore
from quietdesk.files import write_atomic
from quietdesk.paths import Paths
from quietdesk.tools.classify.document_vectors import DocumentVectors
from quietdesk.tools.classify.reference import VECTORS, compute, encode, prototypes, stamp

TARGET = Path(__file__).resolve().parents[2] / "resources" / VECTORS
_HEAD_NORM = "output_norm.weight"


def head_norm(model: Path) -> NDArray[np.float32]:
    """The weights of the norm before the vocabulary head, as the model file has them (width values)."""
    (tensor,) = (each for each in GGUFReader(model).tensors if each.name == _HEAD_NORM)
    return np.array(tensor.data, np.float32)


def main() -> None:
    store = ModelStore(Paths.find())
    model = store.current(None)
    if model.sha256 != store.default().sha256:
        sys.exit("the default model must be in use: quietdesk model use default")
    with Engine(lambda: WorkerSettings(model.path, None)) as engine:
        documents = DocumentVectors(engine, model.sha256)
        chosen = prototypes()
        content = encode(compute(documents, chosen, head_norm(model.path)), stamp(documents.space))
    write_atomic(TARGET, content, 0o644)
    print(f"{TARGET.name}: {len(chosen)} prototypes, {len(content):,} bytes")


if __name__ == "__main__":
    main()
