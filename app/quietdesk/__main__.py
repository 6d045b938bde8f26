"""Freeze support for spawned processes, then the command line; nothing else."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> None:
    """Entry point of ``quietdesk`` and ``python -m quietdesk``."""
    multiprocessing.freeze_support()
    try:
        # Imported here: a spawned worker or reader imports this module again and must stay light.
        from quietdesk.cli.main import run

        run()
    except KeyboardInterrupt:  # before the command line could take it
        sys.exit(130)


if __name__ == "__main__":
    main()
