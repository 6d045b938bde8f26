"""The vault: gives the key of the encrypted data, from the system's keyring or sealed by a passphrase."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_error
from quietdesk.lock import exclusive
from quietdesk.paths import Paths, private_folder
from quietdesk.vault import passphrase as passphrases
from quietdesk.vault import record as records
from quietdesk.vault.record import Argon2Cost, KeyringRecord, PassphraseRecord, Record
from quietdesk.vault.system_keyring import PATIENCE_SECONDS, SERVICE, SystemKeyring

_FILE, _LOCK = "vault.json", "vault.lock"
_KEY_BYTES = 32
_TRIES = 3
# Whoever holds the lock may be waiting for the keyring.
_LOCK_PATIENCE_SECONDS = 2 * PATIENCE_SECONDS


@dataclass(frozen=True, slots=True)
class VaultState:
    """Where the key is. ``backend``: the keyring that has it, or would get it; ``problem``: why it cannot be had."""

    kind: Literal["none", "keyring", "passphrase"]
    backend: str
    problem: str = ""


class Vault:
    """Gives the data key (32 random bytes), and changes how it is kept. Safe for several processes at once.

    ``ask`` shows a prompt to the person at the terminal and returns the passphrase; None: nobody can be asked.
    ``cost``: of trying a passphrase that is set from now on; the usual one when left out.
    Unless another code is named, errors are UserError ``vault_locked``; ``corrupt``, ``unsupported`` or
    ``unreadable`` tell of ``vault.json`` itself.
    """

    def __init__(self, paths: Paths, environment: Mapping[str, str] | None = None,
                 ask: Callable[[str], str] | None = None, keyring: SystemKeyring | None = None,
                 cost: Argon2Cost | None = None) -> None:  # fmt: skip
        self._folder = paths.data
        self._database = paths.database
        self._environment = os.environ if environment is None else environment
        self._ask = ask
        self._keyring = keyring or SystemKeyring(self._environment)
        self._cost = cost or Argon2Cost()

    @property
    def path(self) -> Path:
        """The file that says where the key is; it need not exist."""
        return self._folder / _FILE

    def state(self) -> VaultState:
        """How the key is kept, and what stands in the way. Makes nothing, asks nothing and never raises."""
        try:
            found = records.read(self.path)
        except UserError as error:
            return VaultState("none", "", _in_words(error))
        if isinstance(found, PassphraseRecord):
            return VaultState("passphrase", "", self._passphrase_problem())
        if isinstance(found, KeyringRecord):
            return VaultState("keyring", found.backend, self._keyring_problem(found))
        return self._state_without_record()

    def key(self) -> bytes:
        """The data key. At first use, when there is neither vault nor database, one is made.

        A new key is sealed by the passphrase that the environment gives, if it gives one, and else goes to the keyring.

        Raises:
            UserError: the key cannot be had; nothing was made.
        """
        found = records.read(self.path)
        return self._open(found) if found else self._first_key()

    def set_passphrase(self, new: str) -> None:
        """Seal the key by a passphrase and take it out of the keyring; at first use a key is made.

        Raises:
            UserError: ``unsupported``: a passphrase is set already; ``changed``: another process was quicker. When
                only the keyring's entry could not be removed, the passphrase is set all the same.
        """
        found = self.require_none()
        key = self._open(found) if found else os.urandom(_KEY_BYTES)
        self._replace(found, passphrases.seal(key, new, found.id if found else _new_id(), self._cost))
        if found:
            self._forget(found)

    def change_passphrase(self, old: str, new: str) -> None:
        """Seal the key by another passphrase.

        Raises:
            UserError: also when ``old`` is wrong; ``unsupported``: there is none; ``changed``: another was quicker.
        """
        found = self.require_passphrase()
        key = passphrases.unseal(found, old)
        if key is None:
            raise _wrong()
        self._replace(found, passphrases.seal(key, new, found.id, self._cost))

    def require_none(self) -> KeyringRecord | None:
        """What the vault says when a passphrase can be set now; None: nothing yet. For a check before one is asked.

        Raises:
            UserError: ``unsupported``: a passphrase is set already; or the vault is missing or damaged.
        """
        found = records.read(self.path)
        if isinstance(found, PassphraseRecord):
            raise UserError(
                ErrorCode.UNSUPPORTED, "A passphrase is set", "The data is protected by a passphrase already.",
                "`quietdesk vault change` changes it.",
            )
        self._refuse_orphan(found)
        return found

    def require_passphrase(self) -> PassphraseRecord:
        """What the vault says when it has a passphrase. For a check before one is asked.

        Raises:
            UserError: ``unsupported``: there is none; or the vault is missing or damaged.
        """
        found = records.read(self.path)
        if isinstance(found, PassphraseRecord):
            return found
        self._refuse_orphan(found)
        raise UserError(
            ErrorCode.UNSUPPORTED, "No passphrase is set", "The data is not protected by a passphrase.",
            "`quietdesk vault set` sets one.",
        )

    def move_to_keyring(self) -> None:
        """Put the key into the keyring instead of sealing it by a passphrase; at first use a key is made.

        Raises:
            UserError: also ``changed``: another process was quicker. The passphrase then still holds.
        """
        found = records.read(self.path)
        if isinstance(found, KeyringRecord):
            return
        self._refuse_orphan(found)
        key = self._open(found) if found else os.urandom(_KEY_BYTES)
        kept = self._stored(key)
        try:
            self._replace(found, kept)
        except BaseException:
            with suppress(UserError):
                self._keyring.remove(kept.id, kept.backend)
            raise

    def reset(self) -> Path | None:
        """Put database and vault aside under names that end in ``.locked-N``, to begin anew; deletes nothing.

        The keyring's entry stays: with it the old files can be used again. No other process may have the database
        open. Returns the new name of the database, or of the vault when there is no database; None: there is neither.

        Raises:
            UserError: a file cannot be renamed; calling it again goes on.
        """
        private_folder(self._folder)
        with self._locked():
            # The vault goes last: as long as it is there, no new database is begun beside parts of the old one.
            names = (*(f"{self._database.name}{ending}" for ending in ("", "-wal", "-shm")), _FILE)
            there = [self._folder / name for name in names if (self._folder / name).exists()]
            number = next(n for n in range(1, 100_000) if not any(_aside(self._folder / x, n).exists() for x in names))
            for file in there:
                try:
                    file.rename(_aside(file, number))
                except OSError as error:
                    raise write_error(file, error) from error
        return _aside(there[0], number) if there else None

    def drop(self) -> None:
        """Erase the key for good: the keyring's entry and ``vault.json``, those that were put aside included.

        Raises:
            UserError: an entry could not be removed from the keyring; the files are gone all the same.
        """
        if not self._folder.exists():
            return
        problem: UserError | None = None
        with self._locked():
            for file in (self.path, *self._folder.glob(f"{_FILE}.locked-*")):
                try:
                    self._forget_named_in(file)
                except UserError as error:
                    problem = error
                try:
                    file.unlink(missing_ok=True)
                except OSError as error:
                    raise write_error(file, error) from error
        if problem:
            raise problem

    def _forget_named_in(self, file: Path) -> None:
        try:
            found = records.read(file)
        except UserError:
            return
        if isinstance(found, KeyringRecord):
            self._forget(found)

    def _first_key(self) -> bytes:
        self._refuse_orphan(None)
        given = passphrases.from_environment(self._environment)
        private_folder(self._folder)
        with self._locked():
            found = records.read(self.path)
            if found is None:
                self._refuse_orphan(None)
                key = os.urandom(_KEY_BYTES)
                sealed = None if given is None else passphrases.seal(key, given, _new_id(), self._cost)
                records.write(self.path, sealed or self._stored(key))
                return key
        return self._open(found)

    def _stored(self, key: bytes) -> KeyringRecord:
        # A new name each time: a call that was given up may still reach the keyring, and must not replace a later key.
        identity = _new_id()
        return KeyringRecord(id=identity, backend=self._keyring.store(identity, key))

    def _open(self, found: Record) -> bytes:
        if isinstance(found, PassphraseRecord):
            return self._unsealed(found)
        key = self._keyring.read(found.id, found.backend)
        if key is None:
            raise self._gone(found)
        return key

    def _unsealed(self, found: PassphraseRecord) -> bytes:
        given = passphrases.from_environment(self._environment)
        if given is None and self._ask is None:
            raise _no_passphrase()
        for _ in range(_TRIES if given is None else 1):
            text = given if given is not None else self._ask("Passphrase of Quietdesk: ") if self._ask else ""
            key = passphrases.unseal(found, text) if text else None
            if key is not None:
                return key
        raise _wrong()

    def _replace(self, old: Record | None, new: Record) -> None:
        private_folder(self._folder)
        with self._locked():
            if records.read(self.path) != old:
                raise UserError(
                    ErrorCode.CHANGED, "Vault was changed", f"Another process changed {self.path} meanwhile.",
                    "Look at `quietdesk vault status` and try again.",
                )
            self._refuse_orphan(old)
            records.write(self.path, new)

    def _forget(self, found: KeyringRecord) -> None:
        try:
            self._keyring.remove(found.id, found.backend)
        except UserError as error:
            raise UserError(
                error.code, "Key is still in the keyring",
                f"The keyring's entry {SERVICE}, {found.id} could not be removed. {error.message}",
                "Delete this entry in the system's password manager.",
            ) from error

    def _locked(self) -> AbstractContextManager[None]:
        return exclusive(self._folder / _LOCK, _LOCK_PATIENCE_SECONDS)

    def _refuse_orphan(self, found: Record | None) -> None:
        database = self._database
        if found is None and database.exists():
            raise UserError(
                ErrorCode.VAULT_LOCKED, "Vault is missing",
                f"{database} is there, but {self.path}, which says where its key is, is not.",
                f"Put a backup of {_FILE} in its place. Without one the data cannot be read: "
                "`quietdesk vault reset` puts it aside and begins anew.",
            )

    def _gone(self, found: KeyringRecord) -> UserError:
        return UserError(
            ErrorCode.VAULT_LOCKED, "Key is gone",
            f"The key named by {self.path} is no longer in the keyring (entry {SERVICE}, {found.id}). What is stored "
            "cannot be read without it.",
            "A restored backup of the keyring brings it back. `quietdesk vault reset` puts the old file aside and "
            "begins anew.",
        )

    def _state_without_record(self) -> VaultState:
        try:
            self._refuse_orphan(None)
            if passphrases.from_environment(self._environment) is not None:
                return VaultState("none", "")
            return VaultState("none", self._keyring.backend())
        except UserError as error:
            return VaultState("none", "", _in_words(error))

    def _keyring_problem(self, found: KeyringRecord) -> str:
        try:
            there = self._keyring.look(found.id, found.backend)
        except UserError as error:
            return _in_words(error)
        return "" if there else _in_words(self._gone(found))

    def _passphrase_problem(self) -> str:
        try:
            if passphrases.from_environment(self._environment) is None and self._ask is None:
                return _in_words(_no_passphrase())
        except UserError as error:
            return _in_words(error)
        return ""


def _new_id() -> str:
    return uuid.uuid4().hex


def _aside(file: Path, number: int) -> Path:
    return file.with_name(f"{file.name}.locked-{number}")


def _in_words(error: UserError) -> str:
    return f"{error.message} {error.hint}".strip()


def _wrong() -> UserError:
    return UserError(
        ErrorCode.VAULT_LOCKED, "Wrong passphrase", "The passphrase does not open the vault.",
        "Try again. If it is lost, the data cannot be read: `quietdesk vault reset` puts it aside and begins anew.",
    )


def _no_passphrase() -> UserError:
    return UserError(
        ErrorCode.VAULT_LOCKED, "Passphrase is needed", "The data is protected by a passphrase, and none was given.",
        f"Run the command in a terminal, or name a file that holds it (mode 0600) in {passphrases.FILE_VARIABLE}.",
    )
