"""The card that stands beside an adapter: what it is, what it was trained on, and how."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

_FORMATS = 2  # version of the texts in quietdesk.tools.adapter_formats
_NOTICE = (
    "This adapter is a modification derived from Gemma 3 270M, made by the Quietdesk project. Gemma is provided under "
    "and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
)


def write_card(adapter: Path, model: Path, kinds: Sequence[str], settings: Mapping[str, Any],
               losses: Sequence[Mapping[str, float]]) -> None:  # fmt: skip
    """Write ``adapter``'s card next to it, with the ending ``.json``. ``kinds``: of every training row."""
    card = {
        "title": "Quietdesk tasks: letters and replies note by note, headlines, summaries, rewriting",
        "sha256": _checksum(adapter), "size": adapter.stat().st_size, "model_sha256": _checksum(model),
        "method": "LoRA on all attention and feed-forward projections, through the quantised weights; f16",
        "formats": _FORMATS, "rows": dict(Counter(kinds)), "settings": dict(settings), "losses": list(losses),
        "data": "packaging/adapter/data, written for Quietdesk; no text of other people",
        "licence": "gemma", "notice": _NOTICE,
    }  # fmt: skip
    adapter.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", "utf-8")


def _checksum(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()
