"""The vault with a real Secret Service: first use, restarts, locked, missing, silent, key deleted."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers import secret_service
from helpers.secret_service import SecretService

pytestmark = pytest.mark.skipif(bool(secret_service.missing()), reason=secret_service.missing() or "there is one")

BACKEND = "keyring.backends.SecretService.Keyring"
# Does what its argument says, in the session of the daemon, and prints the value or the error for people.
SCRIPT = """
import json, os, sys, time
import jeepney.io.blocking, keyring, psutil, secretstorage
from quietdesk.errors import UserError
from quietdesk.paths import Paths
from quietdesk.vault.system_keyring import SystemKeyring
from quietdesk.vault.vault import Vault

vault = Vault(Paths.find())

def key(chosen=vault):
    return chosen.key().hex()

def state():
    found = vault.state()
    return found.kind, found.backend, found.problem

def typed():
    return Vault(Paths.find(), ask=lambda _: "four random words")

def entry():
    return json.loads(vault.path.read_text())["vault"]["id"]

def entries():
    return len(list(secretstorage.search_items(secretstorage.dbus_init(), {"service": "Quietdesk"})))

def lock():
    secretstorage.Collection(secretstorage.dbus_init()).lock()

def stopped(work):
    with jeepney.io.blocking.open_dbus_connection() as bus:
        asked = jeepney.message_bus.GetConnectionUnixProcessID("org.freedesktop.secrets")
        daemon = psutil.Process(bus.send_and_get_reply(asked).body[0])
    daemon.suspend()
    begun = time.monotonic()
    try:
        return [work(), work(), time.monotonic() - begun]
    finally:
        daemon.resume()

try:
    print(json.dumps({"value": eval(sys.argv[1])}, default=str))
except UserError as error:
    print(json.dumps(error.as_dict()))
"""


@pytest.fixture
def service(tmp_path: Path, quietdesk_home: Path) -> SecretService:
    folder = tmp_path / "s"
    folder.mkdir()
    return SecretService(folder, {"QUIETDESK_HOME": str(quietdesk_home)})


@pytest.fixture
def vault_file(quietdesk_home: Path) -> Path:
    return quietdesk_home / "data" / "vault.json"


def child(expression: str) -> tuple[str, ...]:
    return (sys.executable, "-c", SCRIPT, expression)


def answer(done: Any) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def value(done: Any) -> Any:
    found = answer(done)
    assert "value" in found, found
    return found["value"]


def test_the_key_is_made_once_and_outlives_the_daemon(service: SecretService, vault_file: Path) -> None:
    assert value(service.run(*child("state()"))) == ["none", BACKEND, ""]
    assert not vault_file.parent.exists()
    first, second = value(service.run(*child("(key(), key())")))
    assert first == second
    assert len(bytes.fromhex(first)) == 32
    assert value(service.run(*child("key()"))) == first
    assert value(service.run(*child("state()"))) == ["keyring", BACKEND, ""]
    assert first not in vault_file.read_text()
    assert vault_file.stat().st_mode & 0o777 == 0o600


def test_two_homes_do_not_share_a_key(service: SecretService, tmp_path: Path) -> None:
    other = f"key(Vault(Paths.find({{'QUIETDESK_HOME': {str(tmp_path / 'other')!r}}})))"
    first, second = value(service.run(*child(f"(key(), {other})")))
    assert first != second
    assert value(service.run(*child(f"(key(), {other})"))) == [first, second]


def test_a_locked_keyring_is_told_and_nothing_is_made(service: SecretService, vault_file: Path) -> None:
    first = value(service.run(*child("key()")))
    before = vault_file.read_bytes()
    for command, login in (("key()", "wrong"), ("(lock(), key())", secret_service.LOGIN)):
        told = answer(service.run(*child(command), login=login))
        assert (told["code"], told["title"]) == ("vault_locked", "Keyring is locked")
    _, (kind, _, problem) = value(service.run(*child("(lock(), state())")))
    assert kind == "keyring"
    assert "locked" in problem
    assert vault_file.read_bytes() == before
    assert value(service.run(*child("key()"))) == first


def test_a_keyring_locked_at_first_use_makes_no_vault(service: SecretService, vault_file: Path) -> None:
    value(service.run(*child("1")))
    told = answer(service.run(*child("key()"), login="wrong"))
    assert told["code"] == "vault_locked"
    assert not vault_file.exists()


def test_without_a_daemon_or_a_bus_there_is_no_keyring(service: SecretService, vault_file: Path) -> None:
    for run in (service.run_without_daemon, service.run_without_bus):
        told = answer(run(*child("key()")))
        assert (told["code"], told["title"]) == ("vault_locked", "No keyring")
        assert "quietdesk vault set" in told["hint"]
        kind, backend, problem = value(run(*child("state()")))
        assert (kind, backend) == ("none", "")
        assert "No keyring" in problem
    assert not vault_file.exists()
    first = value(service.run(*child("key()")))
    told = answer(service.run_without_daemon(*child("key()")))
    assert BACKEND in told["message"]
    assert value(service.run(*child("key()"))) == first


def test_a_deleted_key_is_told_and_none_is_made_in_its_place(service: SecretService, vault_file: Path) -> None:
    first = value(service.run(*child("key()")))
    kept = {file.name: file.read_bytes() for file in service.keyrings.iterdir()}
    value(service.run(*child("keyring.delete_password('Quietdesk', entry())")))
    for _ in range(2):
        told = answer(service.run(*child("key()")))
        assert (told["code"], told["title"]) == ("vault_locked", "Key is gone")
        assert "backup" in told["hint"]
        assert "quietdesk vault reset" in told["hint"]
    kind, _, problem = value(service.run(*child("state()")))
    assert kind == "keyring"
    assert "no longer in the keyring" in problem
    for name, content in kept.items():
        (service.keyrings / name).write_bytes(content)
    assert value(service.run(*child("key()"))) == first


def test_reset_keeps_the_old_key_and_a_new_one_is_made(service: SecretService, vault_file: Path) -> None:
    first = value(service.run(*child("key()")))
    database = vault_file.with_name("quietdesk.db")
    database.write_bytes(b"sealed")
    moved, second = value(service.run(*child("(vault.reset(), key())")))
    assert moved == f"{database}.locked-1"
    assert second != first
    vault_file.with_name("vault.json.locked-1").rename(vault_file)
    Path(moved).rename(database)
    assert value(service.run(*child("key()"))) == first


def test_the_key_moves_between_passphrase_and_keyring(service: SecretService) -> None:
    first = value(service.run(*child("key()")))
    value(service.run(*child("vault.set_passphrase('four random words')")))
    assert value(service.run_without_bus(*child("key(typed())"))) == first
    assert value(service.run(*child("(entries(), typed().move_to_keyring(), entries(), key())"))) == [0, None, 1, first]


def test_erasing_leaves_no_entry(service: SecretService, vault_file: Path) -> None:
    script = "(key(), vault.reset(), key(), entries(), vault.drop(), entries())"
    assert value(service.run(*child(script)))[3:] == [2, None, 0]
    assert [file.name for file in vault_file.parent.iterdir()] == ["vault.lock"]


def test_erasing_without_the_keyring_names_the_entry_that_is_left(service: SecretService, vault_file: Path) -> None:
    value(service.run(*child("key()")))
    entry = json.loads(vault_file.read_text())["vault"]["id"]
    told = answer(service.run_without_daemon(*child("vault.drop()")))
    assert told["title"] == "Key is still in the keyring"
    assert entry in told["message"]
    assert not vault_file.exists()


def test_a_daemon_that_does_not_answer_is_given_up(service: SecretService) -> None:
    """A stopped daemon stands for one that waits for ever behind a prompt that nobody sees."""
    value(service.run(*child("key()")))
    impatient = "(lambda it: lambda: it.state().problem)(Vault(Paths.find(), keyring=SystemKeyring(os.environ, 0.5)))"
    problem, again, seconds = value(service.run(*child(f"stopped({impatient})")))
    assert "no answer" in problem
    assert again == problem
    assert seconds < 5


@pytest.mark.parametrize("backend", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"])
def test_a_keyring_that_was_switched_off_is_not_used(service: SecretService, backend: str) -> None:
    script = f"Vault(Paths.find(), {{'PYTHON_KEYRING_BACKEND': {backend!r}}}).key()"
    assert answer(service.run(*child(script)))["title"] == "No keyring"


def test_a_plain_text_keyring_is_refused(service: SecretService, vault_file: Path) -> None:
    script = "Vault(Paths.find(), {'PYTHON_KEYRING_BACKEND': 'keyrings.alt.file.PlaintextKeyring'}).key()"
    told = answer(service.run(*child(script)))
    assert told["title"] == "Keyring is not trusted"
    assert not vault_file.exists()


def test_a_chain_of_keyrings_comes_down_to_the_trusted_one(service: SecretService) -> None:
    chain = "{'PYTHON_KEYRING_BACKEND': 'keyring.backends.chainer.ChainerBackend'}"
    script = f"Vault(Paths.find(), {chain}).state().backend"
    assert value(service.run(*child(script))) == BACKEND
