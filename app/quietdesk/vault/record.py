"""``vault.json``: says where the data key is. It never holds the key itself, only one wrapped by a passphrase."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from quietdesk.errors import ErrorCode, UserError
from quietdesk.files import write_atomic

_VERSION: Literal[1] = 1
# Far beyond any record; whatever is larger was not written by this program.
_LIMIT_BYTES = 65_536

Identity = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_bytes="base64", val_json_bytes="base64")


class KeyringRecord(_Part):
    """The key is in the system's keyring, in the entry named ``id``; ``backend``: the keyring's class in full."""

    kind: Literal["keyring"] = "keyring"
    id: Identity
    backend: str


class Argon2Cost(_Part):
    """What it costs to try one passphrase. The limits keep a damaged file from asking for all memory or hours.

    memory_kib: KiB. passes: over the memory. lanes: threads. The defaults are the second recommended option of
    RFC 9106, section 4.
    """

    memory_kib: Annotated[int, Field(ge=8, le=4 * 1024 * 1024)] = 65_536
    passes: Annotated[int, Field(ge=1, le=64)] = 3
    lanes: Annotated[int, Field(ge=1, le=64)] = 4


class PassphraseRecord(_Part):
    """The key, sealed with ChaCha20-Poly1305 under what Argon2id makes of the passphrase and ``salt``."""

    kind: Literal["passphrase"] = "passphrase"
    id: Identity
    cost: Argon2Cost
    salt: Annotated[bytes, Field(min_length=16, max_length=64)]
    nonce: Annotated[bytes, Field(min_length=12, max_length=12)]
    sealed: Annotated[bytes, Field(min_length=48, max_length=48)] = Field(repr=False)


Record = KeyringRecord | PassphraseRecord


class _Content(_Part):
    version: Literal[1] = _VERSION
    vault: Annotated[Record, Field(discriminator="kind")]


def read(path: Path) -> Record | None:
    """What the file says, or None when there is none.

    Raises:
        UserError: ``unreadable``, ``corrupt``, or ``unsupported``: written by a newer Quietdesk.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_LIMIT_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(
            ErrorCode.UNREADABLE, "Vault cannot be read", f"{path}: {error.strerror or error}",
            "Check the permissions of the file and of its folder.",
        ) from error
    try:
        fields = json.loads(content)
        version = fields.get("version") if isinstance(fields, dict) else None
        if isinstance(version, int) and version > _VERSION:
            raise UserError(
                ErrorCode.UNSUPPORTED, "Vault of a newer Quietdesk",
                f"{path} was written by a newer version of the program.", "Update Quietdesk.",
            )
        return _Content.model_validate_json(content).vault
    except (ValueError, RecursionError):
        # Without the cause: it would quote the file.
        raise UserError(
            ErrorCode.CORRUPT, "Vault is damaged", f"{path}, which says where the data key is, cannot be understood.",
            "Put a backup of this file in its place. Without one the data cannot be read: `quietdesk vault reset` "
            "puts it aside and begins anew.",
        ) from None


def write(path: Path, record: Record) -> None:
    """Replace the file (0600).

    Raises:
        UserError: it cannot be written; the old one is whole.
    """
    write_atomic(path, (_Content(vault=record).model_dump_json(indent=1) + "\n").encode())
