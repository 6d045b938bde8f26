"""The project around the code: versions, locks, documents, samples, the wheel."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import quietdesk
from helpers.project import ROOT, tracked_files
from quietdesk.cli.main import build

LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-testmodel.txt")

# Written so that this file does not find itself.
FORBIDDEN = {
    "a folder of one machine": re.compile(r"/w[o]rk/(main|shared|steering|\.library)|/r[o]ot/|/t[m]p/model"),
    "a download address": re.compile(
        r"https?://[^\s)>\"']+\.(whl|tar\.gz|tgz|zip|gguf|exe|dmg)\b|python[h]osted\.org|/res[o]lve/main/"
    ),
    "an unfinished part": re.compile(r"\b(TO[D]O|FIX[M]E)\b"),
}


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def test_version_is_said_once() -> None:
    assert pyproject()["project"]["version"] == quietdesk.__version__


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_hashes_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    for block in re.split(r"^(?=[a-z0-9][\w.-]*==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]
    known = re.compile(r"[a-z0-9][\w.-]*==|\s+--hash=sha256:|\s*#|\s*$")
    others = [line for line in text.splitlines() if not known.match(line)]
    assert not others


def test_lock_holds_what_the_project_asks_for() -> None:
    project = pyproject()["project"]
    wanted = [*project["dependencies"], *(r for extra in project["optional-dependencies"].values() for r in extra)]
    locked = pins("requirements.txt")
    for requirement in map(Requirement, wanted):
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not locked: run make lock KEEP=1"
        assert requirement.specifier.contains(version), f"{requirement}, but {version} is locked"


def test_locks_agree_and_leave_out_what_is_not_used() -> None:
    main, build_tools = pins("requirements.txt"), pins("requirements-build.txt")
    assert {name: main[name] for name in main.keys() & build_tools} == {
        name: build_tools[name] for name in main.keys() & build_tools
    }
    assert not {"torch", "transformers", "llm"} & main.keys()


def test_tracked_files_speak_of_the_product_alone() -> None:
    found = []
    for file in tracked_files():
        content = file.read_bytes()
        if b"\0" in content[:8000]:
            continue
        text = content.decode("utf-8", "replace")
        # A text to classify may well be somebody's list of things to do.
        patterns = FORBIDDEN if file.suffix != ".jsonl" else dict(list(FORBIDDEN.items())[:2])
        found += [f"{file.relative_to(ROOT)}: {what}: {hit[0]}" for what, pattern in patterns.items()
                  if (hit := pattern.search(text))]  # fmt: skip
    assert not found, "\n".join(found)


def test_modules_and_classes_stay_small() -> None:
    large = []
    for file in (ROOT / "app").rglob("*.py"):
        source = file.read_text("utf-8")
        if source.count("\n") > 400:
            large.append(f"{file.relative_to(ROOT)}: {source.count(chr(10))} lines")
        large += [
            f"{file.relative_to(ROOT)}: class {node.name}"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.ClassDef) and (node.end_lineno or 0) - node.lineno >= 300
        ]
    assert not large


def test_changelog_has_a_place_for_what_comes() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def commands_in(document: str, program: str) -> list[list[str]]:
    """The command lines for ``program`` in the document's code blocks, without prompt, comments and redirections."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", (ROOT / document).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ").strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    split = [shlex.split(re.split(r"\s[|>]\s", line)[0], comments=True) for line in lines if line.startswith(program)]
    return [words[1:] for words in split if words[0] == program]


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_documents_name_make_targets_that_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    used = commands_in(document, "make")
    assert used
    assert {words[0] for words in used} <= targets


def test_readme_names_commands_and_options_that_exist() -> None:
    from typer.main import get_command

    used = commands_in("README.md", "quietdesk")
    assert len(used) >= 4
    for words in used:
        command: Any = get_command(build())
        rest = list(words)
        while hasattr(command, "commands"):
            assert rest[0] in command.commands, f"quietdesk {' '.join(words)}"
            command = command.commands[rest.pop(0)]
        options = {name for parameter in command.params for name in getattr(parameter, "opts", ())}
        unknown = {word.partition("=")[0] for word in rest if word.startswith("--")} - options
        assert not unknown, f"quietdesk {' '.join(words)}"


def test_samples_are_what_the_script_makes(tmp_path: Path) -> None:
    script = ROOT / "packaging" / "samples" / "make_samples.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=60)
    made = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(made) == 4
    for file in made:
        kept = ROOT / "resources" / "samples" / file.relative_to(tmp_path)
        assert kept.read_bytes() == file.read_bytes(), kept.name


def test_wheel_carries_every_resource(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    installed = tmp_path / "installed"
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(installed)
    source = ROOT / "resources"
    for file in (file for file in tracked_files() if file.is_relative_to(source)):
        packed = installed / "quietdesk" / "_resources" / file.relative_to(source)
        assert packed.read_bytes() == file.read_bytes(), packed
    shown = subprocess.run(
        [sys.executable, "-c", "from quietdesk import resources; print(resources.path('samples/notes.txt'))"],
        env={**os.environ, "PYTHONPATH": str(installed)}, cwd=tmp_path, check=True, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert shown.stdout.strip() == str(installed / "quietdesk" / "_resources" / "samples" / "notes.txt")
