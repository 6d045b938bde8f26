"""Bundled resources: each one that the code names is there, and each one that is there is used and whole."""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from helpers.project import ROOT
from quietdesk import resources

FOLDER = ROOT / "resources"
# Shipped because the licences ask for it, and what the README answers a mail with.
NOT_READ_BY_CODE = ("licences/*", "samples/mail-to-answer.eml")


def files() -> list[str]:
    return sorted(file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*") if file.is_file())


def names_in_code() -> set[str]:
    """String literals of the code that begin with a folder of resources/; ``*`` stands for what is filled in."""
    folders = tuple(f"{entry.name}/" for entry in FOLDER.iterdir() if entry.is_dir())
    sources = [*(ROOT / "app").rglob("*.py"), ROOT / "packaging" / "demo.py"]
    return {name for source in sources for name in literals(source) if name.startswith(folders)}


def literals(source: Path) -> Iterator[str]:
    tree = ast.parse(source.read_text("utf-8"))
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)


def test_every_resource_is_used() -> None:
    used = {*names_in_code(), *NOT_READ_BY_CODE}
    unused = [
        file
        for file in files()
        if not any(fnmatch(file, name) or fnmatch(file, f"{name.rstrip('/')}/*") for name in used)
    ]
    assert not unused


def test_every_resource_the_code_names_is_there() -> None:
    there = files()
    missing = [
        name
        for name in names_in_code()
        if not (FOLDER / name).exists() and not any(fnmatch(file, f"{name.rstrip('/')}*") for file in there)
    ]
    assert not missing


@pytest.mark.parametrize("name", [name for name in files() if Path(name).suffix in {".json", ".jsonl", ".toml"}])
def test_data_files_are_whole(name: str) -> None:
    text = resources.text(name)
    match Path(name).suffix:
        case ".json":
            json.loads(text)
        case ".jsonl":
            assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
        case _:
            tomllib.loads(text)


def test_a_checkout_and_its_resources_belong_together() -> None:
    assert resources.path("samples/notes.txt") == FOLDER / "samples" / "notes.txt"
    assert resources.text("samples/notes.txt").startswith("- ")


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"labels/none\.json"):
        resources.path("labels/none.json")
