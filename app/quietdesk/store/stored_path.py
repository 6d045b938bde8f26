"""Paths as the database keeps them."""

from __future__ import annotations

import os


def stored_path(path: str | os.PathLike[str]) -> str | bytes:
    """Text, or bytes for a name that is not valid in the system's encoding; ``os.fsdecode`` gives it back."""
    text = os.fspath(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return os.fsencode(text)
    return text
