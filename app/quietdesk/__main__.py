"""Freeze support for spawned processes, then the command line; nothing else."""

from __future__ import annotations

import multiprocessing


def main() -> None:
    """Entry point of ``quietdesk`` and ``python -m quietdesk``."""
    multiprocessing.freeze_support()
    # Imported here: a spawned worker or reader imports this module again and must stay light.
    from quietdesk.cli.main import run

    run()


if __name__ == "__main__":
    main()
