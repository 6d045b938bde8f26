"""The system's keyring: which one is trusted, and calls that cannot hang. The only user of ``keyring``."""

from __future__ import annotations

import base64
import binascii
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

from quietdesk.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "Quietdesk"
# A locked keyring asks on the desktop, and waits for ever where nobody sees it.
PATIENCE_SECONDS = 20.0

_BACKENDS = "keyring.backends."
_SECRET_SERVICE = f"{_BACKENDS}SecretService.Keyring"
# Those that guard what they keep. Others (plain files, keyrings.alt) are refused.
_TRUSTED = {
    "win32": (f"{_BACKENDS}Windows.WinVaultKeyring",),
    "darwin": (f"{_BACKENDS}macOS.Keyring",),
    "linux": (_SECRET_SERVICE, f"{_BACKENDS}kwallet.DBusKeyring", f"{_BACKENDS}libsecret.Keyring"),
}
_NONE, _CHAINER = (f"{_BACKENDS}fail.Keyring", f"{_BACKENDS}null.Keyring"), f"{_BACKENDS}chainer.ChainerBackend"
# By name: secretstorage, which raises two of them, exists only on Linux.
_LOCKED = {"KeyringLocked", "LockedException", "PromptDismissedException"}
_KWALLET_DISMISSED = "Cancelled by user"

Result = TypeVar("Result")


class SystemKeyring:
    """Keeps keys in the keyring of the desktop or the system. Every call returns or raises within ``patience``.

    Errors are UserError ``vault_locked``: there is no keyring, it is locked, it does not answer, or it fails.
    """

    def __init__(self, environment: Mapping[str, str], patience: float = PATIENCE_SECONDS) -> None:
        self._environment = environment
        self._patience = patience
        self._waiting: threading.Thread | None = None

    def backend(self) -> str:
        """The class, in full, of the keyring that a new key would go to."""
        return self._in_time(lambda: _name(self._find("")))

    def read(self, entry: str, backend: str) -> bytes | None:
        """The key in an entry; None: there is no such entry.

        Raises:
            UserError: also when the entry holds something else.
        """
        text = self._in_time(lambda: self._find(backend).get_password(SERVICE, entry))
        return None if text is None else _decoded(text, entry)

    def store(self, entry: str, key: bytes) -> str:
        """Keep a key in a new entry; the name of the keyring that has it, which was read back from it."""
        text = base64.b64encode(key).decode("ascii")

        def work() -> tuple[str, bool]:
            backend = self._find("")
            backend.set_password(SERVICE, entry, text)
            return _name(backend), backend.get_password(SERVICE, entry) == text

        name, kept = self._in_time(work)
        if not kept:
            raise _failed("It took the key but did not give it back.")
        return name

    def remove(self, entry: str, backend: str) -> None:
        """Remove an entry, if it is there."""

        def work() -> None:
            found = self._find(backend)
            if found.get_password(SERVICE, entry) is not None:
                found.delete_password(SERVICE, entry)

        self._in_time(work)

    def look(self, entry: str, backend: str) -> bool:
        """Whether the entry is there. Where that could ask something on the desktop, True is given unseen.

        Raises:
            UserError: also when the keyring is locked.
        """
        if backend == _SECRET_SERVICE:
            there, locked = self._in_time(lambda: (self._find(backend), _look_at_secret_service(entry))[1])
            if locked:
                raise _locked()
            return there
        return self._in_time(lambda: _name(self._find(backend)) not in _TRUSTED["win32"]
                             or self._find(backend).get_password(SERVICE, entry) is not None)  # fmt: skip

    def _find(self, wanted: str) -> KeyringBackend:
        """The keyring named ``wanted``, or the best one.

        A key is looked for only where it was put: another desktop session may prefer another keyring.
        """
        from keyring.core import load_keyring

        names = (wanted,) if wanted else self._candidates()
        found = []
        for name in names:
            if not any(name in trusted for trusted in _TRUSTED.values()):
                raise _refused(name)
            try:
                found.append(load_keyring(name))
            except Exception:  # noqa: BLE001, S112  whatever the reason: this one cannot be used
                continue
        if not found:
            raise _missing(wanted)
        return max(found, key=lambda backend: backend.priority)

    def _candidates(self) -> tuple[str, ...]:
        """What the person chose for all programs that use keyring, or those of this system."""
        configured = self._environment.get("PYTHON_KEYRING_BACKEND") or _configured_in_file()
        if configured in _NONE:
            return ()
        if configured and configured != _CHAINER:
            return (configured,)
        return _TRUSTED.get(sys.platform, _TRUSTED["linux"])

    def _in_time(self, work: Callable[[], Result]) -> Result:
        if self._waiting is not None and self._waiting.is_alive():
            raise _silent(self._patience)  # the question is still open; another call would ask it once more
        answers: queue.SimpleQueue[Result | _Failure] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put(work())
            except Exception as error:  # noqa: BLE001  told in words below
                answers.put(_Failure(error))

        # A daemon: one that waits for a prompt nobody answers must not keep the program from ending.
        thread = threading.Thread(target=run, name="quietdesk-keyring", daemon=True)
        thread.start()
        try:
            answer = answers.get(timeout=self._patience)
        except queue.Empty:
            self._waiting = thread
            raise _silent(self._patience) from None
        if isinstance(answer, _Failure):
            raise _explained(answer.error) from answer.error
        return answer


class _Failure:
    def __init__(self, error: Exception) -> None:
        self.error = error


def _name(backend: KeyringBackend) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def _configured_in_file() -> str:
    from keyring.core import load_config

    try:
        backend = load_config()
    except Exception:  # noqa: BLE001  a choice that cannot be loaded: any error of any import
        return _NONE[0]
    return "" if backend is None else _name(backend)


def _look_at_secret_service(entry: str) -> tuple[bool, bool]:
    """Whether the entry is there, and whether it is locked; asks the person nothing, as a read would."""
    import secretstorage
    from secretstorage.exceptions import ItemNotFoundException

    with closing(secretstorage.dbus_init()) as connection:
        try:
            collection = secretstorage.Collection(connection)
        except ItemNotFoundException:
            return False, False
        there = any(True for _ in collection.search_items({"service": SERVICE, "username": entry}))
        return there, collection.is_locked()


def _decoded(text: str, entry: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise _failed(f"The entry {SERVICE}, {entry} holds something else than a key.")
    return key


def _explained(error: Exception) -> UserError:
    if isinstance(error, UserError):
        return error
    kinds = {kind.__name__ for e in (error, error.__cause__) if e is not None for kind in type(e).__mro__}
    if kinds & _LOCKED or _KWALLET_DISMISSED in str(error):
        return _locked()
    if "SecretServiceNotAvailableException" in kinds:
        return _missing("")
    return _failed(f"It reports {type(error).__name__}.")


def _missing(wanted: str) -> UserError:
    which = f"The keyring that has the key ({wanted}) cannot be reached." if wanted else "No keyring can be reached."
    return UserError(
        ErrorCode.VAULT_LOCKED, "No keyring", which,
        "Log in to a desktop session with a keyring such as GNOME Keyring, KWallet or KeePassXC." if wanted else
        "Set a passphrase instead with `quietdesk vault set`, or log in to a desktop session with a keyring.",
    )  # fmt: skip


def _refused(name: str) -> UserError:
    return UserError(
        ErrorCode.VAULT_LOCKED, "Keyring is not trusted",
        f"{name} is chosen as the keyring; it is not known to keep a secret from other programs and people.",
        "Choose another one (PYTHON_KEYRING_BACKEND, keyringrc.cfg), or set a passphrase with `quietdesk vault set`.",
    )


def _locked() -> UserError:
    return UserError(
        ErrorCode.VAULT_LOCKED, "Keyring is locked", "The keyring is locked, and it was not unlocked when asked.",
        "Unlock it (on most systems by logging in on the desktop) and try again.",
    )


def _silent(seconds: float) -> UserError:
    return UserError(
        ErrorCode.VAULT_LOCKED, "Keyring does not answer",
        f"The keyring gave no answer in {seconds:.0f} seconds; it may be waiting for its password.",
        "Look for a window that asks for the password of the keyring, unlock it, and try again.",
    )


def _failed(what: str) -> UserError:
    return UserError(
        ErrorCode.VAULT_LOCKED, "Keyring failed", f"The keyring did not do what was asked. {what}",
        "Check it with the system's password manager, or set a passphrase with `quietdesk vault set`.",
    )
