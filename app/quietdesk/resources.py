"""Bundled resources: the same names from a checkout, a wheel and an installer."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _root() -> Path:
    bundled = _PACKAGE / "_resources"
    return bundled if bundled.is_dir() else _PACKAGE.parents[1] / "resources"


def path(name: str) -> Path:
    """The file or folder of a resource named relative to ``resources/``, e.g. ``"labels/default.json"``.

    Raises:
        FileNotFoundError: there is no such resource (a damaged installation).
    """
    found = _root() / name
    if not found.exists():
        raise FileNotFoundError(f"resource {name} is missing: the installation is damaged")
    return found


def text(name: str) -> str:
    """The content of a text resource (UTF-8)."""
    return path(name).read_text("utf-8")
