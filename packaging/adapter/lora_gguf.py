"""LoRA matrices as a GGUF file that llama.cpp loads as an adapter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import gguf
import torch

# Names of a Gemma 3 layer's projections in transformers and in GGUF.
PROJECTIONS = {
    "q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output",
    "gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down",
}  # fmt: skip
_MATRIX = re.compile(r"layers\.(\d+)\.\w+\.(\w+)\.lora_([AB])\.")


def write_adapter(path: Path, parameters: Iterable[tuple[str, torch.Tensor]], alpha: float) -> None:
    """Write the LoRA matrices among ``parameters`` as 16-bit floats."""
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_string("general.type", "adapter")
    writer.add_string("general.name", "Quietdesk tasks")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for name, tensor in parameters:
        if match := _MATRIX.search(name):
            layer, projection, matrix = match.groups()
            target = f"blk.{layer}.{PROJECTIONS[projection]}.weight.lora_{matrix.lower()}"
            writer.add_tensor(target, tensor.detach().cpu().half().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
