"""Small GGUF files, right or wrong in any detail."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

U32, STRING, ARRAY, U64 = 4, 8, 9, 10
F32 = 0

Entry = tuple[str, int, object]
Tensor = tuple[str, Sequence[int], int, int]


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def value(kind: int, content: Any) -> bytes:
    """One metadata value; an array's content is (type of the elements, elements)."""
    if kind == STRING:
        return string(str(content))
    if kind == ARRAY:
        element, items = content
        return struct.pack("<IQ", element, len(items)) + b"".join(value(element, item) for item in items)
    return struct.pack({U32: "<I", U64: "<Q", 6: "<f", 7: "<?"}[kind], content)


def gguf(metadata: Sequence[Entry], tensors: Sequence[Tensor], data: bytes = b"", *, version: int = 3,
         alignment: int = 32) -> bytes:  # fmt: skip
    """A whole file. A tensor is (name, shape, ggml type, offset within the data)."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    for key, kind, content in metadata:
        head += string(key) + struct.pack("<I", kind) + value(kind, content)
    for name, shape, kind, offset in tensors:
        head += string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
    return head + bytes(-len(head) % alignment) + data


def text_model_metadata(**changes: Entry | None) -> list[Entry]:
    """What a text model needs; ``changes`` replaces an entry by its short name, or leaves it out (None)."""
    entries: dict[str, Entry | None] = {
        "architecture": ("general.architecture", STRING, "llama"),
        "name": ("general.name", STRING, "Tiny"),
        "context": ("llama.context_length", U32, 4096),
        "width": ("llama.embedding_length", U32, 4),
        "layers": ("llama.block_count", U32, 1),
        "tokens": ("tokenizer.ggml.tokens", ARRAY, (STRING, ["<s>", "a", "b"])),
        **changes,
    }
    return [entry for entry in entries.values() if entry is not None]


def text_model(**changes: Entry | None) -> bytes:
    """A file whose header is a text model's, with one tensor of zeros."""
    return gguf(text_model_metadata(**changes), [("token_embd.weight", (4, 3), F32, 0)], bytes(4 * 3 * 4))
