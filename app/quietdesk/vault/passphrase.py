"""Passphrases: where they come from, and how one seals the data key."""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from quietdesk.errors import ErrorCode, UserError
from quietdesk.vault.record import Argon2Cost, PassphraseRecord

FILE_VARIABLE = "QUIETDESK_PASSPHRASE_FILE"
# The folder that systemd makes for LoadCredential= and SetCredentialEncrypted= (systemd.exec, "Credentials").
_CREDENTIALS_VARIABLE, _CREDENTIAL = "CREDENTIALS_DIRECTORY", "quietdesk-passphrase"

_KEY_BYTES, _NONCE_BYTES = 32, 12
_SALT_BYTES = 16  # as RFC 9106, section 3.1, recommends
_LIMIT_BYTES = 4096
_PRIVATE_MODES = (0o600, 0o400)


def seal(key: bytes, passphrase: str, identity: str, cost: Argon2Cost) -> PassphraseRecord:
    """The data key sealed by a passphrase, with a salt and a nonce of its own. ``identity``: 32 hexadecimal digits.

    Raises:
        UserError: the passphrase is empty, or there is not enough memory.
    """
    if not passphrase:
        raise _bad("Passphrase is empty", "An empty passphrase protects nothing.", "Choose a few words.")
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    sealed = ChaCha20Poly1305(_stretch(passphrase, salt, cost)).encrypt(nonce, key, _context(identity, cost))
    return PassphraseRecord(id=identity, cost=cost, salt=salt, nonce=nonce, sealed=sealed)


def unseal(record: PassphraseRecord, passphrase: str) -> bytes | None:
    """The data key, or None when the passphrase is another one (or the record was tampered with).

    Raises:
        UserError: there is not enough memory.
    """
    stretched = _stretch(passphrase, record.salt, record.cost)
    try:
        return ChaCha20Poly1305(stretched).decrypt(record.nonce, record.sealed, _context(record.id, record.cost))
    except InvalidTag:
        return None


def from_environment(environment: Mapping[str, str]) -> str | None:
    """The passphrase in the file that the environment names, or among systemd's credentials; None: neither is given.

    Raises:
        UserError: the named file is missing, empty, no text, or can be read by others.
    """
    named = environment.get(FILE_VARIABLE)
    if named:
        return from_file(Path(named).expanduser())
    folder = environment.get(_CREDENTIALS_VARIABLE)
    if folder and (Path(folder) / _CREDENTIAL).is_file():
        # systemd guards this folder in its own way: access lists make its files look readable to a group.
        return _read(Path(folder) / _CREDENTIAL, private=False)
    return None


def from_file(path: Path) -> str:
    """The passphrase in a file that only its owner can read; a line break at the end does not count.

    Raises:
        UserError: the file is missing, empty, no text, or can be read by others.
    """
    return _read(path, private=sys.platform != "win32")


def _read(path: Path, private: bool) -> str:
    try:
        # Without O_NONBLOCK the opening of a pipe would wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _bad("No passphrase file", f"{path} is no ordinary file.", "Name a file that holds a passphrase.")
            if private:
                _check_private(path, status)
            content = os.read(descriptor, _LIMIT_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _bad(
            "Passphrase file cannot be read", f"{path}: {error.strerror or error}",
            "Make this file (mode 0600), or name another one.",
        ) from error
    return _text(path, content)


def _check_private(path: Path, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode not in _PRIVATE_MODES:
        raise _bad(
            "Passphrase file is not private", f"{path} has the mode {mode:04o}: others may be able to read it.",
            "Give it to its owner alone (chmod 600), and choose another passphrase if others could have read it.",
        )
    if status.st_uid not in (os.getuid(), 0):
        raise _bad(
            "Passphrase file is not yours", f"{path} belongs to another user.", "Use a file that belongs to you."
        )


def _text(path: Path, content: bytes) -> str:
    try:
        passphrase = content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        # Without the cause: it holds the content.
        raise _bad("Passphrase file is no text", f"{path} is not UTF-8 text.", "Write the passphrase anew.") from None
    if not passphrase:
        raise _bad("Passphrase file is empty", f"{path} holds no passphrase.", "Write the passphrase into it.")
    if len(content) > _LIMIT_BYTES:
        raise _bad(
            "Passphrase file is too long", f"{path} is longer than {_LIMIT_BYTES} bytes.", "Is it the right file?"
        )
    return passphrase


def _stretch(passphrase: str, salt: bytes, cost: Argon2Cost) -> bytes:
    # The same letters may be typed as one character or as two: é.
    secret = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    try:
        return hash_secret_raw(secret, salt, cost.passes, cost.memory_kib, cost.lanes, _KEY_BYTES, Type.ID)
    except (HashingError, MemoryError):
        raise _bad(
            "Not enough memory", f"Opening the vault takes {cost.memory_kib // 1024} MiB of memory for a moment.",
            "Close other programs and try again.",
        ) from None


def _context(identity: str, cost: Argon2Cost) -> bytes:
    return f"quietdesk vault 1 {identity} {cost.memory_kib} {cost.passes} {cost.lanes}".encode()


def _bad(title: str, message: str, hint: str) -> UserError:
    return UserError(ErrorCode.VAULT_LOCKED, title, message, hint)
