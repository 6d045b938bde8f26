"""What is kept of the work, where the store does not do as it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from quietdesk.engine.messages import Spent
from quietdesk.errors import ErrorCode, UserError
from quietdesk.paths import Paths
from quietdesk.records import Records, Used, Work
from quietdesk.settings import Settings
from quietdesk.vault.vault import Vault

WORK = Work(
    "draft", "", "the lamps have left", "done", {"subject": "Lamps", "text": "They left."}, "default", "0" * 64, "",
    Used(1.0, Spent(10, 5, 0.5), 0),
)  # fmt: skip


class KeepsItsEntry(Vault):
    """A vault whose keyring does not give the key up."""

    def drop(self) -> None:
        super().drop()
        raise UserError(ErrorCode.VAULT_LOCKED, "Key is still in the keyring", "The entry could not be removed.", "")


@pytest.fixture
def paths(quietdesk_home: Path) -> Paths:
    return Paths.find({"QUIETDESK_HOME": str(quietdesk_home)})


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "passphrase"
    file.write_text("four random words\n")
    file.chmod(0o600)
    return {"QUIETDESK_PASSPHRASE_FILE": str(file)}


def records_of(paths: Paths, vault: Vault, said: list[str], settings: Settings | None = None) -> Records:
    return Records(paths, settings or Settings(), vault, vault, asked_by="command line", say=said.append)


def test_work_is_counted_and_everything_is_erased(paths: Paths, environment: dict[str, str]) -> None:
    said: list[str] = []
    records = records_of(paths, Vault(paths, environment), said)
    records.keep(WORK)
    assert records.counts() == {"history": 1, "receipts": 1, "files": 0, "jobs": 0, "actions": 0}
    records.erase_everything()
    assert [file.name for file in paths.data.iterdir()] == ["vault.lock"]
    assert said == []


def test_a_keyring_that_keeps_its_entry_does_not_save_the_data(paths: Paths, environment: dict[str, str]) -> None:
    records = records_of(paths, KeepsItsEntry(paths, environment), [])
    records.keep(WORK)
    with pytest.raises(UserError, match="still in the keyring"):
        records.erase_everything()
    assert not paths.database.exists()


def test_nothing_is_kept_that_is_switched_off(paths: Paths, environment: dict[str, str]) -> None:
    records = records_of(paths, Vault(paths, environment), [], Settings(history=False, receipts=False))
    records.keep(WORK)
    records.close()
    assert not paths.database.exists()


def test_a_damaged_store_is_said_once_and_left_alone(paths: Paths, environment: dict[str, str]) -> None:
    said: list[str] = []
    with_store = records_of(paths, Vault(paths, environment), said)
    with_store.keep(WORK)
    with_store.close()
    damaged = paths.database.read_bytes()[:5_000]
    paths.database.write_bytes(damaged)
    records = records_of(paths, Vault(paths, environment), said)
    records.keep(WORK)
    records.keep(WORK)
    records.close()
    assert len(said) == 1
    assert "shorter than it should be" in said[0]
    assert paths.database.read_bytes() == damaged
