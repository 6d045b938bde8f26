"""Rows to measure on: JSON Lines, one object a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

Row = dict[str, Any]
Item = TypeVar("Item")


def read_rows(file: Path) -> list[Row]:
    """All rows of a file; none when there is no such file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def spread(items: Sequence[Item], count: int | None) -> list[Item]:
    """At most ``count`` items, evenly spread; all when it is None."""
    if count is None or count >= len(items):
        return list(items)
    return [items[at * len(items) // count] for at in range(count)]
