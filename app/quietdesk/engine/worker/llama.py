"""The model through llama.cpp's low-level interface: tokens, contexts, sequences. The only importer of llama_cpp."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp as llama
import numpy as np
from llama_cpp import _ggml
from numpy.typing import NDArray

# Lines of llama.cpp's log kept for the message of a failed load.
_LOG_LINES = 20


class ModelLoadError(Exception):
    """llama.cpp refused the file; the text is its own last words."""


class ContextFullError(Exception):
    """No free cells are left in the context."""


class LlamaLog:
    """Keeps llama.cpp's last log lines in memory and off the screen; they hold no text of documents."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._callback = llama.llama_log_callback(self._take)
        llama.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _take(self, _level: int, text: bytes, _data: Any) -> None:
        self.lines.append(text.decode("utf-8", "replace").strip())
        del self.lines[:-_LOG_LINES]


class LlamaModel:
    """Weights, vocabulary, chat template and (optionally) one LoRA adapter."""

    def __init__(self, path: Path, adapter: Path | None, log: LlamaLog) -> None:
        llama.llama_backend_init()
        params = llama.llama_model_default_params()
        params.n_gpu_layers = 0
        self.handle = llama.llama_model_load_from_file(str(path).encode("utf-8"), params)
        if not self.handle:
            raise ModelLoadError("; ".join(log.lines[-3:]) or "the file cannot be loaded")
        self.vocab = llama.llama_model_get_vocab(self.handle)
        self.width = int(llama.llama_model_n_embd(self.handle))
        self.layers = int(llama.llama_model_n_layer(self.handle))
        self.trained_context = int(llama.llama_model_n_ctx_train(self.handle))
        self.vocabulary_size = int(llama.llama_vocab_n_tokens(self.vocab))
        self.template: bytes | None = llama.llama_model_chat_template(self.handle, None)
        self.adapter = llama.llama_adapter_lora_init(self.handle, str(adapter).encode("utf-8")) if adapter else None
        if adapter and not self.adapter:
            raise ModelLoadError(f"the adapter does not fit the model: {'; '.join(log.lines[-3:])}")
        self._pieces: dict[int, bytes] = {}

    def tokenize(self, text: str, *, start: bool, special: bool = False) -> list[int]:
        """Token ids. ``start``: put the begin-of-text token first. ``special``: read control tokens in the text as such
        (only for text of ours, never for documents).
        """
        data = text.encode("utf-8", "replace")
        buffer = (llama.llama_token * (len(data) + 8))()
        count = llama.llama_tokenize(self.vocab, data, len(data), buffer, len(buffer), start, special)
        if count < 0:
            raise ValueError("text cannot be tokenised")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """The bytes a token stands for; control tokens are empty."""
        found = self._pieces.get(token)
        if found is None:
            buffer = ctypes.create_string_buffer(256)
            size = llama.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
            found = self._pieces[token] = buffer.raw[: max(size, 0)]
        return found

    def ends(self, token: int) -> bool:
        """Whether the token ends a text."""
        return bool(llama.llama_vocab_is_eog(self.vocab, token))

    def chat(self, text: str) -> str:
        """``text`` as one user turn, with the start of the model's answer."""
        if self.template is None:
            raise ValueError("the model has no chat template")
        message = llama.llama_chat_message(role=b"user", content=text.encode("utf-8", "replace"))
        messages = (llama.llama_chat_message * 1)(message)
        size = llama.llama_chat_apply_template(self.template, messages, 1, True, None, 0)
        if size < 0:
            raise ValueError("the model's chat template is not supported")
        buffer = ctypes.create_string_buffer(size + 1)
        llama.llama_chat_apply_template(self.template, messages, 1, True, buffer, size + 1)
        return buffer.raw[:size].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens of one sequence, the first of them at ``position``; logits are wanted for the last ``outputs`` of them."""

    sequence: int
    position: int
    tokens: Sequence[int]
    outputs: int = 0


class _Batch:
    """A reusable llama_batch of up to ``capacity`` tokens, each of one sequence."""

    def __init__(self, capacity: int) -> None:
        self.raw = llama.llama_batch_init(capacity, 0, 1)
        self.capacity = capacity

    def fill(self, segments: Sequence[Segment]) -> None:
        raw, at = self.raw, 0
        for segment in segments:
            first_output = len(segment.tokens) - segment.outputs
            for index, token in enumerate(segment.tokens):
                raw.token[at] = token
                raw.pos[at] = segment.position + index
                raw.n_seq_id[at] = 1
                raw.seq_id[at][0] = segment.sequence
                raw.logits[at] = index >= first_output
                at += 1
        raw.n_tokens = at


def _context_params(cells: int, sequences: int, chunk: int, threads: int) -> Any:
    params = llama.llama_context_default_params()
    params.n_ctx = cells
    params.n_batch = params.n_ubatch = chunk
    params.n_seq_max = sequences
    params.n_threads = params.n_threads_batch = threads
    # One pool of cells for all sequences, and full-size caches for the sliding-window layers: both are needed so
    # that a prefix can be shared and a sequence cut back (llama_memory_seq_cp, llama_memory_seq_rm).
    params.kv_unified = True
    params.swa_full = True
    params.no_perf = True
    return params


class Sequences:
    """A context that holds several sequences: prefill, decode, share, cut back."""

    def __init__(self, model: LlamaModel, cells: int, sequences: int, chunk: int, threads: int) -> None:
        self._model = model
        params = _context_params(cells, sequences, chunk, threads)
        self._context = llama.llama_init_from_model(model.handle, params)
        if not self._context:
            raise ModelLoadError("no context could be made: is there enough memory?")
        self._memory = llama.llama_get_memory(self._context)
        self._batch = _Batch(chunk)
        self._adapter_on = False
        self._threads = threads
        self.tokens = 0  # computed so far

    def use_threads(self, threads: int) -> None:
        if threads != self._threads:
            llama.llama_set_n_threads(self._context, threads, threads)
            self._threads = threads

    def use_adapter(self, on: bool) -> None:
        """Apply the task adapter, or not, to what is decoded from now on."""
        on = on and self._model.adapter is not None
        if on == self._adapter_on:
            return
        count = 1 if on else 0
        adapters = (llama.llama_adapter_lora_p_ctypes * 1)(self._model.adapter) if on else None
        scales = (ctypes.c_float * 1)(1.0) if on else None
        if llama.llama_set_adapters_lora(self._context, adapters, count, scales) != 0:
            raise RuntimeError("the adapter could not be applied")
        self._adapter_on = on

    def decode(self, segments: Sequence[Segment]) -> None:
        """Run the segments' tokens, together at most one chunk.

        Raises:
            ContextFullError: there are not enough free cells; nothing was computed.
        """
        self._batch.fill(segments)
        code = llama.llama_decode(self._context, self._batch.raw)
        if code == 1:
            raise ContextFullError
        if code != 0:
            raise RuntimeError(f"llama_decode failed with {code}")
        self.tokens += sum(len(segment.tokens) for segment in segments)

    def logits(self, row: int = -1) -> NDArray[np.float32]:
        """A view of the logits of token ``row`` of the last decode, valid until the next; -1 is its last output."""
        pointer = llama.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, shape=(self._model.vocabulary_size,))

    def share(self, source: int, target: int, end: int) -> None:
        """Let ``target`` begin with the first ``end`` tokens of ``source``; nothing is computed or copied."""
        llama.llama_memory_seq_rm(self._memory, target, -1, -1)
        llama.llama_memory_seq_cp(self._memory, source, target, 0, end)

    def cut(self, sequence: int, position: int = 0) -> None:
        """Forget ``sequence`` from ``position`` on."""
        llama.llama_memory_seq_rm(self._memory, sequence, position, -1)

    def close(self) -> None:
        """Free the context."""
        llama.llama_free(self._context)


class HiddenStates:
    """A context that reads the hidden states of a middle layer and computes nothing above it.

    llama.cpp calls back for every node of the graph (llama_context_params.cb_eval); at the output of the wanted layer
    the values are pooled, and the answer False ends the computation: no higher layer, no vocabulary head.
    """

    def __init__(self, model: LlamaModel, cells: int, sequences: int, chunk: int, threads: int) -> None:
        self._model = model
        self._node = b""
        self.tokens = 0  # computed so far
        self._states: NDArray[np.float32] | None = None
        params = _context_params(cells, sequences, chunk, threads)
        self._callback = llama.ggml_backend_sched_eval_callback(self._on_node)
        params.cb_eval = self._callback
        self._context = llama.llama_init_from_model(model.handle, params)
        if not self._context:
            raise ModelLoadError("no context could be made: is there enough memory?")
        self._memory = llama.llama_get_memory(self._context)
        self._batch = _Batch(chunk)
        self._threads = threads
        library = _ggml.libggml
        self._name_of = library.ggml_get_name
        self._name_of.restype, self._name_of.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
        self._data_of = library.ggml_get_data_f32
        self._data_of.restype, self._data_of.argtypes = ctypes.POINTER(ctypes.c_float), [ctypes.c_void_p]

    def use_threads(self, threads: int) -> None:
        if threads != self._threads:
            llama.llama_set_n_threads(self._context, threads, threads)
            self._threads = threads

    def _on_node(self, tensor: int, asking: bool, _data: Any) -> bool:
        if self._name_of(tensor) != self._node:
            return not asking
        if asking:
            return True
        shape = (self._batch.raw.n_tokens, self._model.width)
        self._states = np.ctypeslib.as_array(self._data_of(tensor), shape=shape).copy()
        return False

    def run(self, segments: Sequence[Segment], layer: int) -> NDArray[np.float32]:
        """The states of all tokens of the segments, in order: tokens × width.

        ``layer`` counts from 1; 0 gives the input embeddings, for which no layer is computed.
        """
        self._node = f"l_out-{layer - 1}".encode() if layer else b"embd"
        self._batch.fill(segments)
        self._states = None
        code = llama.llama_decode(self._context, self._batch.raw)
        if code != 0 or self._states is None:
            raise RuntimeError(f"hidden states of layer {layer} could not be read (llama_decode: {code})")
        self.tokens += sum(len(segment.tokens) for segment in segments)
        return self._states

    def forget(self, sequence: int) -> None:
        """Free the cells of a sequence whose text is read to its end."""
        llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def close(self) -> None:
        """Free the context."""
        llama.llama_free(self._context)
