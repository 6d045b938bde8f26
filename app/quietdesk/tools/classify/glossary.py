"""What common names of labels usually mean, for labels that have no description of their own."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from quietdesk import resources
from quietdesk.tools.classify.label_sets import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "labels/glossary.json"


def meaning(name: str) -> str:
    """Typical words of documents under a label of that name, in the language of the name; empty when unknown."""
    return _meanings().get(normalise(name), "")


@cache
def _meanings() -> Mapping[str, str]:
    entries = json.loads(resources.text(_FILE))
    return {
        normalise(name): entry["en" if name.isascii() else "zh"] for entry in entries for name in entry["names"]
    }
