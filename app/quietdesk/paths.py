"""Where things live. ``QUIETDESK_HOME`` moves everything below one folder (tests, portable use)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from quietdesk.errors import ErrorCode, UserError

APP_NAME = "quietdesk"


@dataclass(frozen=True, slots=True)
class Paths:
    """The program's folders; none is created before it is needed (see :func:`private_folder`)."""

    config: Path
    data: Path
    cache: Path
    state: Path

    @classmethod
    def find(cls, environment: Mapping[str, str] | None = None) -> Paths:
        """The folders of this user, or those below ``QUIETDESK_HOME`` when it is set."""
        home = (os.environ if environment is None else environment).get("QUIETDESK_HOME")
        if home:
            root = Path(home).expanduser().absolute()
            return cls(root / "config", root / "data", root / "cache", root / "state")
        dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
        return cls(dirs.user_config_path, dirs.user_data_path, dirs.user_cache_path, dirs.user_state_path)

    @property
    def models(self) -> Path:
        """Assembled and imported model files."""
        return self.cache / "models"

    @property
    def database(self) -> Path:
        """The encrypted store; it need not exist."""
        return self.data / "quietdesk.db"


def private_folder(folder: Path) -> Path:
    """Create ``folder``, and those above it that are missing, for their owner alone (0700), and return it.

    Raises:
        UserError: the folder cannot be created.
    """
    try:
        # mkdir(parents=True) would give the folders above the ordinary permissions.
        for missing in reversed([above for above in folder.parents if not above.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UserError(
            ErrorCode.UNREADABLE,
            "Folder cannot be created",
            f"{folder}: {error.strerror or error}",
            "Free the place, change its permissions, or set QUIETDESK_HOME to a folder you may write to.",
        ) from error
    return folder
