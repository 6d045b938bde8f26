"""A real Secret Service (gnome-keyring) with a bus, a home and keyrings of its own, for code in a child process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

_UNLOCK = 'gnome-keyring-daemon --unlock --components=secrets >"$HOME/daemon.log" 2>&1 || exit 99; exec "$@"'
_EMPTY_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>
"""
_SECONDS = 120
LOGIN = "the login password"
# No prompt may appear on the desktop of whoever runs the tests.
_NOT_PASSED_ON = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND",
                  "QUIETDESK_PASSPHRASE_FILE", "CREDENTIALS_DIRECTORY", "GNOME_KEYRING_CONTROL")  # fmt: skip


def missing() -> str:
    """Why there can be no Secret Service here; empty when there can."""
    programs = [name for name in ("dbus-run-session", "gnome-keyring-daemon", "sh") if shutil.which(name) is None]
    return f"not installed: {', '.join(programs)}" if programs else ""


class SecretService:
    """Every run is a session of its own: the daemon is started anew and ends with it, the keyrings stay."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.keyrings = folder / "data" / "keyrings"
        for name in ("home", "data", "run"):
            (folder / name).mkdir(mode=0o700)
        self._bus = folder / "empty_bus.conf"
        self._bus.write_text(_EMPTY_BUS)
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
        self._environment = {
            **kept, "HOME": str(folder / "home"), "XDG_DATA_HOME": str(folder / "data"),
            "XDG_RUNTIME_DIR": str(folder / "run"), "XDG_CONFIG_HOME": str(folder / "home" / "config"),
            "XDG_CACHE_HOME": str(folder / "home" / "cache"), "GTK_A11Y": "none", **environment,
        }  # fmt: skip

    def run(self, *command: str, login: str = LOGIN) -> subprocess.CompletedProcess[str]:
        """Run a command in a session whose keyring is unlocked by ``login``; another word leaves it locked."""
        return self._run(["dbus-run-session", "--", "sh", "-c", _UNLOCK, "sh", *command], login)

    def run_without_daemon(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a session where nothing offers a Secret Service."""
        return self._run(["dbus-run-session", f"--config-file={self._bus}", "--", *command], "")

    def run_without_bus(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command where there is no session at all, as on a server."""
        return self._run(list(command), "")

    def _run(self, command: list[str], text: str) -> subprocess.CompletedProcess[str]:
        # A group of its own: when it takes too long, the bus is ended too, and with the bus its daemon.
        with subprocess.Popen(
            command, env=self._environment, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as session:  # fmt: skip
            try:
                output, errors = session.communicate(text, timeout=_SECONDS)
            except BaseException:
                os.killpg(session.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(command, session.returncode, output, errors)
