"""The header of a GGUF model file: what the file is, without loading it.

Written from the format's specification (ggml, docs/gguf.md), versions 2 and 3, little-endian. A file is taken
for hostile: every count, length and offset is held against the bytes that are really there before it is used.
"""

from __future__ import annotations

import math
import stat
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from quietdesk.errors import ErrorCode, UserError

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT = 32

# Metadata, vocabulary and tensor list together. The largest vocabularies in use (262,144 tokens with merges)
# need 20 MB. With the least size of an item (8 bytes) this limits the time too: 8 million items, a second.
_FIRST_READ, _LONGEST_HEADER = 8 << 20, 64 << 20
_MOST_METADATA = _MOST_TENSORS = 1 << 16
_LONGEST_NAME = 1024  # of a metadata key or a tensor
_LONGEST_STRING = 1 << 20  # longer ones are skipped like arrays
_MOST_DIMENSIONS = 4  # GGML_MAX_DIMS

_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")
_STRING, _ARRAY = 8, 9
# Numbers of the scalar value types, with their layout.
_SCALARS = {
    number: struct.Struct("<" + layout)
    for number, layout in {
        0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
    }.items()
}  # fmt: skip

# ggml_type: values a block, bytes a block (ggml, ggml-common.h).
BLOCKS: Mapping[int, tuple[int, int]] = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82),
    23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2),
    34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18),
}  # fmt: skip

_NOT_TEXT_TYPES = {
    "adapter": "it is an adapter (LoRA) for another model",
    "mmproj": "it is the picture part (projector) of another model",
    "vocab": "it holds a vocabulary only",
    "imatrix": "it holds measurements for quantising, no model",
}
_NOT_TEXT_ARCHITECTURES = {
    "clip": "it is the picture part (projector) of another model",
    "wavtokenizer-dec": "it makes sound, not text",
    **dict.fromkeys(("t5", "t5encoder"), "it is an encoder-decoder model, which is not supported"),
    **dict.fromkeys(
        ("dream", "llada", "llada-moe", "rnd1"), "it is a diffusion model, which is not supported"
    ),
    **dict.fromkeys(
        ("bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "eurobert", "jina-bert-v2",
         "jina-bert-v3", "gemma-embedding", "llama-embed"),
        "it computes embeddings and writes no text",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Skipped:
    """An array, or a string of more than 1 MiB: its length (elements, bytes), not its content."""

    length: int


Value = str | int | float | bool | Skipped


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor.

    shape: innermost dimension first, as in the file.
    offset, size: bytes, from the start of the file.
    """

    shape: tuple[int, ...]
    ggml_type: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What a GGUF file says of itself. Lengths: tokens, values, layers; 0 where the file does not say."""

    version: int
    metadata: Mapping[str, Value]
    tensors: Mapping[str, TensorInfo]
    data_offset: int
    file_size: int

    def text(self, key: str) -> str:
        """A string of the metadata, empty when it is not there."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def number(self, key: str) -> int:
        """A whole number of the metadata, 0 when it is not there."""
        value = self.metadata.get(key)
        return value if isinstance(value, int) else 0

    @property
    def architecture(self) -> str:
        return self.text("general.architecture")

    @property
    def name(self) -> str:
        return self.text("general.name")

    @property
    def context_length(self) -> int:
        return self.number(f"{self.architecture}.context_length")

    @property
    def embedding_length(self) -> int:
        return self.number(f"{self.architecture}.embedding_length")

    @property
    def block_count(self) -> int:
        return self.number(f"{self.architecture}.block_count")

    @property
    def has_chat_template(self) -> bool:
        return bool(self.metadata.get("tokenizer.chat_template"))

    @property
    def embedding_tensor(self) -> TensorInfo:
        """The table of input embeddings; its shape is (embedding_length, vocabulary)."""
        return self.tensors["token_embd.weight"]


def read_header(path: Path) -> GgufHeader:
    """The header of a text model.

    Raises:
        UserError: ``not_found``, ``unreadable``; ``unsupported``: not a GGUF file, or one that is no text
            model; ``model_corrupt``: cut off or damaged.
    """
    header = read_any_header(path)
    reason = _why_no_text_model(header)
    if reason:
        raise _unsupported(path, reason)
    return header


def read_any_header(path: Path) -> GgufHeader:
    """Like :func:`read_header` for any GGUF file, an adapter too."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(
                ErrorCode.UNREADABLE, "Not a file", f"{path} is not a file.", "Name a .gguf file."
            )
        with path.open("rb") as stream:
            return _parse(stream.read, status.st_size)
    except FileNotFoundError as error:
        raise UserError(
            ErrorCode.NOT_FOUND, "File not found", f"There is no {path}.", "Check the name and the folder."
        ) from error
    except OSError as error:
        raise UserError(
            ErrorCode.UNREADABLE, "File cannot be read", f"{path}: {error.strerror or error}",
            "Check the file's permissions and the disk.",
        ) from error
    except _UnknownFormatError as error:
        raise _unsupported(path, str(error)) from error
    except _DamagedError as error:
        raise UserError(
            ErrorCode.MODEL_CORRUPT, "Model file is damaged", f"{path}: {error}.",
            "Get the file again from where it came from.",
        ) from error


def _unsupported(path: Path, reason: str) -> UserError:
    return UserError(
        ErrorCode.UNSUPPORTED, "Not a usable model", f"{path} cannot be used: {reason}.",
        "Choose a GGUF file of a text model, for example one of `quietdesk model download`.",
    )


def _why_no_text_model(header: GgufHeader) -> str:
    """The reason, in words that follow "cannot be used:", or nothing."""
    architecture = header.architecture
    reason = _NOT_TEXT_TYPES.get(header.text("general.type")) or _NOT_TEXT_ARCHITECTURES.get(architecture)
    if reason:
        return reason
    if header.number(f"{architecture}.pooling_type"):
        return "it computes embeddings and writes no text"
    if header.number("split.count") > 1:
        return "it is one part of a model in several files; join them first (llama-gguf-split --merge)"
    if "token_embd.weight" not in header.tensors or "tokenizer.ggml.tokens" not in header.metadata:
        return "it has no token embeddings or no vocabulary"
    if not (header.context_length > 0 and header.embedding_length > 0 and header.block_count > 0):
        return "it does not say its context length, width and number of layers"
    return ""


class _UnknownFormatError(Exception):
    """Not a GGUF file, or a kind of it that nobody reads."""


class _DamagedError(Exception):
    """The file contradicts itself or its size."""


class _TooShortError(Exception):
    """More bytes of the file are needed."""


def _parse(read: Callable[[int], bytes], file_size: int) -> GgufHeader:
    data = read(_FIRST_READ)
    _check_start(data)
    try:
        return _Parser(data, file_size).header()
    except _TooShortError:
        data += read(_LONGEST_HEADER - len(data))
    try:
        return _Parser(data, file_size).header()
    except _TooShortError as error:
        cut_off = len(data) < _LONGEST_HEADER
        raise _DamagedError("it is cut off" if cut_off else "its header is longer than 64 MiB") from error


def _check_start(data: bytes) -> None:
    if not data.startswith(MAGIC):
        raise _UnknownFormatError("it is not a GGUF file" if data else "it is empty")
    if len(data) < 8:
        raise _DamagedError("it is cut off")
    (version,) = _U32.unpack_from(data, 4)
    if version not in _VERSIONS:
        swapped = int.from_bytes(data[4:8], "big") in _VERSIONS
        raise _UnknownFormatError("it is a big-endian GGUF" if swapped else f"it is GGUF version {version}")


class _Parser:
    """Walks through the header once. Raises _TooShortError where the bytes at hand end."""

    def __init__(self, data: bytes, file_size: int) -> None:
        self._data = data
        self._file_size = file_size
        self._position = len(MAGIC)

    def header(self) -> GgufHeader:
        version = self._number(_U32)
        tensor_count = self._limited(self._number(_U64), _MOST_TENSORS, "tensors")
        metadata_count = self._limited(self._number(_U64), _MOST_METADATA, "metadata entries")
        metadata = self._metadata(metadata_count)
        if not isinstance(metadata.get("general.architecture"), str):
            raise _DamagedError("its architecture is missing")
        relative = self._tensor_list(tensor_count)
        alignment = metadata.get("general.alignment", _DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or not 1 <= alignment <= 1 << 20 or alignment & (alignment - 1):
            raise _DamagedError("its alignment is not a power of two")
        start = -(-self._position // alignment) * alignment
        tensors = {name: self._placed(name, info, start, alignment) for name, info in relative.items()}
        return GgufHeader(version, metadata, tensors, start, self._file_size)

    # Pieces of any kind

    def _take(self, size: int) -> int:
        """Step over ``size`` bytes; where they begin."""
        start = self._position
        if size > len(self._data) - start:
            raise _TooShortError
        self._position = start + size
        return start

    def _number(self, layout: struct.Struct) -> int:
        number: int = layout.unpack_from(self._data, self._take(layout.size))[0]
        return number

    def _limited(self, count: int, most: int, what: str) -> int:
        if count > most:
            raise _DamagedError(f"it claims {count:,} {what}")
        return count

    def _string(self, most: int = _LONGEST_NAME) -> str | None:
        """The next string, or None when it is longer than ``most`` bytes."""
        length = self._number(_U64)
        start = self._take(length)
        return self._data[start : start + length].decode("utf-8", "replace") if length <= most else None

    def _name(self) -> str:
        name = self._string()
        if name is None:
            raise _DamagedError(f"a name in it is longer than {_LONGEST_NAME:,} bytes")
        return name

    # Metadata

    def _metadata(self, count: int) -> dict[str, Value]:
        metadata: dict[str, Value] = {}
        for _ in range(count):
            key = self._name()
            if key in metadata:
                raise _DamagedError("a metadata entry stands in it twice")
            metadata[key] = self._value(self._number(_U32))
        return metadata

    def _value(self, kind: int) -> Value:
        if kind == _STRING:
            before = self._position
            text = self._string(_LONGEST_STRING)
            return Skipped(self._position - before - _U64.size) if text is None else text
        if kind == _ARRAY:
            return self._array()
        layout = _SCALARS.get(kind)
        if layout is None:
            raise _DamagedError(f"a metadata entry is of the unknown type {kind}")
        value: int | float | bool = layout.unpack_from(self._data, self._take(layout.size))[0]
        return value

    def _array(self) -> Skipped:
        kind, length = self._number(_U32), self._number(_U64)
        if kind == _STRING:
            self._skip_strings(length)
        elif kind in _SCALARS:
            self._take(length * _SCALARS[kind].size)
        else:
            raise _DamagedError(f"an array in it is of the unsupported type {kind}")
        return Skipped(length)

    def _skip_strings(self, count: int) -> None:
        # A vocabulary: this loop is most of the time, hence the local names.
        data, position, last = self._data, self._position, len(self._data) - _U64.size
        length_at = _U64.unpack_from
        for _ in range(count):
            if position > last:
                raise _TooShortError
            position += 8 + length_at(data, position)[0]
        self._position = position
        self._take(0)

    # Tensors

    def _tensor_list(self, count: int) -> dict[str, TensorInfo]:
        tensors: dict[str, TensorInfo] = {}
        for _ in range(count):
            name = self._name()
            if name in tensors:
                raise _DamagedError("a tensor stands in it twice")
            tensors[name] = self._tensor()
        return tensors

    def _tensor(self) -> TensorInfo:
        """The next tensor, its offset still counted from the start of the data."""
        dimensions = self._limited(self._number(_U32), _MOST_DIMENSIONS, "dimensions of a tensor")
        shape = tuple(self._number(_U64) for _ in range(dimensions))
        kind, offset = self._number(_U32), self._number(_U64)
        if kind not in BLOCKS:
            raise _UnknownFormatError(f"its weights are in the unknown format {kind}")
        values, size = BLOCKS[kind]
        if not shape or not all(shape) or shape[0] % values:
            raise _DamagedError("a tensor in it has an impossible shape")
        return TensorInfo(shape, kind, offset, math.prod(shape) // values * size)

    def _placed(self, name: str, info: TensorInfo, start: int, alignment: int) -> TensorInfo:
        if info.offset % alignment:
            raise _DamagedError(f"the tensor {name!r} stands at an impossible place")
        if start + info.offset + info.size > self._file_size:
            raise _DamagedError("it is cut off: tensors lie beyond its end")
        return TensorInfo(info.shape, info.ggml_type, start + info.offset, info.size)
