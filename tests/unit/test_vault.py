"""The vault without a keyring: passphrases, its file, damage, races, the command. The keyring's faults are scripted."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from quietdesk.cli import vault as command
from quietdesk.cli.main import open_desk
from quietdesk.errors import ErrorCode, UserError
from quietdesk.paths import Paths
from quietdesk.vault import passphrase as passphrases
from quietdesk.vault import record as records
from quietdesk.vault.record import Argon2Cost, PassphraseRecord
from quietdesk.vault.system_keyring import SystemKeyring
from quietdesk.vault.vault import Vault

WORDS, IDENTITY, KEY = "four random wörds", "0" * 32, bytes(range(32))
# Opening with the usual cost takes a good part of a second.
CHEAP = Argon2Cost(memory_kib=64, passes=1)
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of files")


def vault_of(paths: Paths, environment: dict[str, str], ask: Callable[[str], str] | None = None,
             keyring: SystemKeyring | None = None) -> Vault:  # fmt: skip
    return Vault(paths, environment, ask, keyring, CHEAP)


class Shelf(SystemKeyring):
    """A keyring in memory; ``failing`` names the calls that fail."""

    def __init__(self, *failing: str) -> None:
        super().__init__({})
        self.keys: dict[str, bytes] = {}
        self.failing = set(failing)

    def backend(self) -> str:
        self._fail("backend")
        return "shelf"

    def read(self, entry: str, backend: str) -> bytes | None:
        self._fail("read")
        return self.keys.get(entry)

    def store(self, entry: str, key: bytes) -> str:
        self._fail("store")
        self.keys[entry] = key
        return "shelf"

    def remove(self, entry: str, backend: str) -> None:
        self._fail("remove")
        self.keys.pop(entry, None)

    def look(self, entry: str, backend: str) -> bool:
        return entry in self.keys

    def _fail(self, call: str) -> None:
        if call in self.failing:
            raise UserError(ErrorCode.VAULT_LOCKED, "Keyring failed", f"{call} failed.")


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.find({"QUIETDESK_HOME": str(tmp_path / "home")})


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    return secret_file(tmp_path / "passphrase", f"{WORDS}\n".encode())


def secret_file(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def given_by(file: Path) -> dict[str, str]:
    return {"QUIETDESK_PASSPHRASE_FILE": str(file)}


def fails(work: Callable[[], object], title: str, code: ErrorCode = ErrorCode.VAULT_LOCKED) -> UserError:
    with pytest.raises(UserError) as caught:
        work()
    assert (caught.value.code, caught.value.title) == (code, title)
    return caught.value


def test_looking_makes_nothing(paths: Paths) -> None:
    state = vault_of(paths, {}, keyring=Shelf()).state()
    assert (state.kind, state.backend, state.problem) == ("none", "shelf", "")
    assert "failed" in vault_of(paths, {}, keyring=Shelf("backend")).state().problem
    assert not paths.data.exists()


def test_a_key_is_made_at_first_use_and_stays(paths: Paths) -> None:
    shelf = Shelf()
    key = vault_of(paths, {}, keyring=shelf).key()
    assert len(key) == 32
    assert vault_of(paths, {}, keyring=shelf).key() == key
    assert list(shelf.keys.values()) == [key]
    assert vault_of(paths, {}, keyring=shelf).state().kind == "keyring"
    if sys.platform != "win32":
        assert stat.S_IMODE(paths.data.joinpath("vault.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(paths.data.stat().st_mode) == 0o700


def test_a_keyring_that_fails_at_first_use_leaves_no_vault(paths: Paths) -> None:
    vault = vault_of(paths, {}, keyring=Shelf("store"))
    fails(vault.key, "Keyring failed")
    fails(vault.move_to_keyring, "Keyring failed")
    assert not vault.path.exists()


def test_a_lost_key_is_never_replaced_silently(paths: Paths) -> None:
    shelf = Shelf()
    vault = vault_of(paths, {}, keyring=shelf)
    key = vault.key()
    (entry,) = shelf.keys
    shelf.keys.clear()
    error = fails(vault.key, "Key is gone")
    assert entry in error.message
    fails(lambda: vault.set_passphrase(WORDS), "Key is gone")
    assert "vault reset" in vault.state().problem
    assert shelf.keys == {}
    shelf.keys[entry] = key
    assert vault.key() == key


def test_a_database_without_a_vault_is_told(paths: Paths) -> None:
    paths.data.mkdir(parents=True)
    (paths.data / "quietdesk.db").touch()
    shelf = Shelf()
    vault = vault_of(paths, {}, keyring=shelf)
    for work in (vault.key, vault.move_to_keyring, lambda: vault.set_passphrase(WORDS),
                 lambda: vault.change_passphrase("", WORDS)):  # fmt: skip
        fails(work, "Vault is missing")
    assert "quietdesk.db" in vault.state().problem
    assert shelf.keys == {}


def test_a_passphrase_of_the_environment_makes_and_opens_the_vault(paths: Paths, passphrase_file: Path) -> None:
    shelf = Shelf()
    key = vault_of(paths, given_by(passphrase_file), keyring=shelf).key()
    assert shelf.keys == {}
    assert vault_of(paths, {}, ask=lambda _: WORDS).key() == key
    state = vault_of(paths, given_by(passphrase_file)).state()
    assert (state.kind, state.problem) == ("passphrase", "")
    fails(vault_of(paths, {}).key, "Passphrase is needed")
    assert "passphrase" in vault_of(paths, {}).state().problem
    wrong = secret_file(passphrase_file.with_name("wrong"), b"other")
    fails(vault_of(paths, given_by(wrong)).key, "Wrong passphrase")


def test_a_person_may_mistype_twice(paths: Paths) -> None:
    vault_of(paths, {}).set_passphrase(WORDS)
    answers = ["", "wrong", WORDS, "wrong", "wrong", "wrong", WORDS]
    vault = vault_of(paths, {}, ask=lambda _: answers.pop(0))
    assert len(vault.key()) == 32
    fails(vault.key, "Wrong passphrase")
    assert answers == [WORDS]


def test_a_changed_passphrase_keeps_the_key(paths: Paths) -> None:
    vault = vault_of(paths, {}, ask=lambda _: "new")
    fails(lambda: vault.change_passphrase("", "new"), "No passphrase is set", ErrorCode.UNSUPPORTED)
    vault.set_passphrase(WORDS)
    key = vault_of(paths, {}, ask=lambda _: WORDS).key()
    before = vault.path.read_bytes()
    fails(lambda: vault.change_passphrase("wrong", "new"), "Wrong passphrase")
    fails(lambda: vault.change_passphrase(WORDS, ""), "Passphrase is empty")
    fails(lambda: vault.set_passphrase("new"), "A passphrase is set", ErrorCode.UNSUPPORTED)
    assert vault.path.read_bytes() == before
    vault.change_passphrase(WORDS, "new")
    assert vault.key() == key
    fails(vault_of(paths, {}, ask=lambda _: WORDS).key, "Wrong passphrase")


def test_the_key_moves_and_leaves_nothing_where_it_was(paths: Paths) -> None:
    shelf = Shelf()
    vault = vault_of(paths, {}, ask=lambda _: WORDS, keyring=shelf)
    key = vault.key()
    vault.set_passphrase(WORDS)
    assert shelf.keys == {}
    assert vault.key() == key
    vault.move_to_keyring()
    vault.move_to_keyring()
    assert list(shelf.keys.values()) == [key]
    assert "sealed" not in vault.path.read_text()
    shelf.failing.add("remove")
    fails(lambda: vault.set_passphrase(WORDS), "Key is still in the keyring")
    assert vault.state().kind == "passphrase"
    assert vault.key() == key


def test_the_slower_of_two_changes_is_refused_and_undone(paths: Paths) -> None:
    vault_of(paths, {}).set_passphrase(WORDS)

    def ask(_: str) -> str:
        vault_of(paths, {}).change_passphrase(WORDS, "quicker")
        return WORDS

    shelf = Shelf()
    fails(vault_of(paths, {}, ask=ask, keyring=shelf).move_to_keyring, "Vault was changed", ErrorCode.CHANGED)
    assert shelf.keys == {}
    assert len(vault_of(paths, {}, ask=lambda _: "quicker").key()) == 32


def test_reset_puts_everything_aside_as_often_as_needed(paths: Paths) -> None:
    shelf = Shelf()
    vault = vault_of(paths, {}, keyring=shelf)
    assert vault.reset() is None
    keys = []
    for number in (1, 2):
        keys.append(vault.key())
        for end in ("", "-wal", "-shm"):
            (paths.data / f"quietdesk.db{end}").write_text(f"{number}{end}")
        assert vault.reset() == paths.data / f"quietdesk.db.locked-{number}"
    assert keys == list(shelf.keys.values())
    assert sorted(file.name for file in paths.data.iterdir()) == sorted(
        ["vault.lock"] + [f"{name}.locked-{number}" for number in (1, 2)
                          for name in ("quietdesk.db", "quietdesk.db-wal", "quietdesk.db-shm", "vault.json")]
    )  # fmt: skip
    assert (paths.data / "quietdesk.db-wal.locked-2").read_text() == "2-wal"
    vault.key()
    assert vault.reset() == paths.data / "vault.json.locked-3"


def test_erasing_removes_every_key(paths: Paths) -> None:
    shelf = Shelf()
    vault = vault_of(paths, {}, keyring=shelf)
    vault.drop()
    assert not paths.data.exists()
    vault.key()
    vault.reset()
    vault.key()
    vault.drop()
    assert shelf.keys == {}
    assert [file.name for file in paths.data.iterdir()] == ["vault.lock"]
    vault.path.write_bytes(b"damaged")
    vault.drop()
    assert not vault.path.exists()


@pytest.mark.parametrize("content", [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"version": 1}', b'{"version": 1, "vault": {"kind": "none"}}',
    b'{"version": 1, "vault": {"kind": "keyring", "id": "../x", "backend": "b"}}', b"[" * 60_000, b" " * 70_000,
])  # fmt: skip
def test_a_damaged_vault_is_told_and_stays(paths: Paths, content: bytes) -> None:
    paths.data.mkdir(parents=True)
    shelf = Shelf()
    vault = vault_of(paths, {}, keyring=shelf)
    vault.path.write_bytes(content)
    for work in (vault.key, vault.move_to_keyring, lambda: vault.set_passphrase(WORDS)):
        assert str(vault.path) in fails(work, "Vault is damaged", ErrorCode.CORRUPT).message
    assert vault.state().problem
    assert vault.path.read_bytes() == content
    assert shelf.keys == {}


def test_a_newer_vault_is_refused(paths: Paths) -> None:
    paths.data.mkdir(parents=True)
    vault = vault_of(paths, {})
    vault.path.write_text(json.dumps({"version": 2}))
    fails(vault.key, "Vault of a newer Quietdesk", ErrorCode.UNSUPPORTED)


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "vault.json"
    file.write_bytes(content)
    fails(lambda: records.read(file), "Vault is damaged", ErrorCode.CORRUPT)


@settings(deadline=None)
@given(st.text(min_size=1), st.binary(min_size=32, max_size=32))
def test_what_is_sealed_is_opened_again(tmp_path_factory: pytest.TempPathFactory, words: str, key: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "sealed.json"
    records.write(file, passphrases.seal(key, words, IDENTITY, CHEAP))
    found = records.read(file)
    assert isinstance(found, PassphraseRecord)
    assert passphrases.unseal(found, words) == key
    assert passphrases.unseal(found, f"{words}x") is None


def test_a_passphrase_opens_however_its_letters_are_composed() -> None:
    assert passphrases.unseal(passphrases.seal(KEY, "caf\u00e9", IDENTITY, CHEAP), "cafe\u0301") == KEY


def test_a_sealed_key_that_was_tampered_with_does_not_open() -> None:
    sealed = passphrases.seal(KEY, WORDS, IDENTITY, CHEAP)
    changes: list[dict[str, object]] = [
        {"id": "1" * 32}, {"salt": bytes(16)}, {"nonce": bytes(12)}, {"sealed": bytes(48)},
        {"cost": Argon2Cost(memory_kib=128, passes=1)},
    ]  # fmt: skip
    for change in changes:
        assert passphrases.unseal(sealed.model_copy(update=change), WORDS) is None
    again = passphrases.seal(KEY, WORDS, IDENTITY, CHEAP)
    assert not {sealed.salt, sealed.nonce, sealed.sealed} & {again.salt, again.nonce, again.sealed}


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o700, 0o666])
def test_a_passphrase_file_that_others_may_read_is_refused(paths: Paths, passphrase_file: Path, mode: int) -> None:
    passphrase_file.chmod(mode)
    vault = vault_of(paths, given_by(passphrase_file), keyring=Shelf())
    error = fails(vault.key, "Passphrase file is not private")
    assert f"{mode:04o}" in error.message
    assert vault.state().problem
    assert not paths.data.exists()


@pytest.mark.parametrize(("content", "title"), [
    (b"", "Passphrase file is empty"), (b"\r\n", "Passphrase file is empty"),
    (b"\xff\xfeSECRET", "Passphrase file is no text"), (b"x" * 5000, "Passphrase file is too long"),
])  # fmt: skip
def test_a_passphrase_file_without_a_passphrase_is_refused(tmp_path: Path, content: bytes, title: str) -> None:
    file = secret_file(tmp_path / "passphrase", content, 0o400)
    error = fails(lambda: passphrases.from_environment(given_by(file)), title)
    assert error.__cause__ is None
    assert "SECRET" not in f"{error} {error.hint}"


@posix
def test_a_named_passphrase_file_must_be_a_file(tmp_path: Path) -> None:
    fails(lambda: passphrases.from_environment(given_by(tmp_path / "none")), "Passphrase file cannot be read")
    os.mkfifo(tmp_path / "pipe", 0o600)
    fails(lambda: passphrases.from_environment(given_by(tmp_path / "pipe")), "No passphrase file")
    fails(lambda: passphrases.from_environment(given_by(tmp_path)), "No passphrase file")


def test_a_passphrase_is_sealed_with_the_cost_that_rfc_9106_recommends(paths: Paths) -> None:
    Vault(paths, {}).set_passphrase(WORDS)
    found = records.read(paths.data / "vault.json")
    assert isinstance(found, PassphraseRecord)
    assert found.cost == Argon2Cost(memory_kib=65536, passes=3, lanes=4)
    assert len(found.salt) == 16
    assert passphrases.unseal(found, "wrong") is None


def test_a_systemd_credential_is_taken_after_a_named_file(tmp_path: Path, passphrase_file: Path) -> None:
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    assert passphrases.from_environment(environment) is None
    (tmp_path / "credentials").mkdir()
    assert passphrases.from_environment(environment) is None
    secret_file(tmp_path / "credentials" / "quietdesk-passphrase", b"from systemd", 0o440)
    assert passphrases.from_environment(environment) == "from systemd"
    assert passphrases.from_environment({**environment, **given_by(passphrase_file)}) == WORDS


def test_nothing_shows_the_sealed_key(paths: Paths) -> None:
    vault = vault_of(paths, {}, ask=lambda _: WORDS)
    vault.set_passphrase(WORDS)
    assert "sealed" not in repr(records.read(vault.path))
    assert WORDS not in repr(vault.state())


FIRST_KEY = """
from quietdesk.paths import Paths
from quietdesk.vault.vault import Vault
print(Vault(Paths.find()).key().hex())
"""


def test_processes_that_begin_together_get_one_key(quietdesk_home: Path, passphrase_file: Path) -> None:
    environment = {**os.environ, **given_by(passphrase_file)}
    processes = [
        subprocess.Popen([sys.executable, "-c", FIRST_KEY], env=environment, stdout=subprocess.PIPE) for _ in range(3)
    ]
    keys = {process.communicate(timeout=60)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(keys) == 1


class Asking(SystemKeyring):
    """One whose calls wait for an answer on the desktop."""

    def __init__(self, answered: threading.Event, patience: float) -> None:
        super().__init__({}, patience)
        self.answered = answered
        self.asked = 0

    def backend(self) -> str:
        return self._in_time(self._prompt)

    def _prompt(self) -> str:
        self.asked += 1
        self.answered.wait(30)
        return "unlocked"


def test_a_prompt_without_an_answer_is_asked_once_and_given_up() -> None:
    keyring = Asking(threading.Event(), 0.2)
    begun = time.monotonic()
    for _ in range(3):
        fails(keyring.backend, "Keyring does not answer")
    assert time.monotonic() - begun < 5
    assert keyring.asked == 1
    keyring.answered.set()
    deadline = time.monotonic() + 5
    while any(thread.name == "quietdesk-keyring" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert keyring.backend() == "unlocked"


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    command.register(made, open_desk)
    return made


@posix
def test_the_command_sets_changes_and_resets(
    app: typer.Typer, quietdesk_home: Path, passphrase_file: Path, tmp_path: Path
) -> None:
    run, environment = CliRunner(), given_by(passphrase_file)
    done = run.invoke(app, ["vault", "set"], env=environment)
    assert done.exit_code == 0, done.exception
    assert done.stdout == ""
    shown = json.loads(run.invoke(app, ["vault", "status", "--json"], env=environment).stdout)
    assert shown == {"kind": "passphrase", "backend": "", "problem": "",
                     "file": str(quietdesk_home / "data" / "vault.json")}  # fmt: skip
    new = secret_file(tmp_path / "new", b"other words")
    assert run.invoke(app, ["vault", "change", "--new-passphrase-file", str(new)], env=environment).exit_code == 0
    assert len(Vault(Paths.find(), given_by(new)).key()) == 32
    assert "passphrase" in run.invoke(app, ["vault", "status"], env=environment).stdout
    assert run.invoke(app, ["vault", "reset"], input="n\n").exit_code == 0
    assert (quietdesk_home / "data" / "vault.json").exists()
    assert run.invoke(app, ["vault", "reset", "--yes"]).exit_code == 0
    assert not (quietdesk_home / "data" / "vault.json").exists()


def test_the_command_asks_nothing_where_nobody_answers(app: typer.Typer, quietdesk_home: Path) -> None:
    done = CliRunner().invoke(app, ["vault", "set"], env={"QUIETDESK_PASSPHRASE_FILE": ""})
    assert isinstance(done.exception, UserError)
    assert done.exception.title == "Passphrase is needed"
    done = CliRunner().invoke(app, ["vault", "change"], env={"QUIETDESK_PASSPHRASE_FILE": ""})
    assert isinstance(done.exception, UserError)
    assert done.exception.code is ErrorCode.UNSUPPORTED


@posix
@pytest.mark.parametrize("second", [WORDS, "something else"])
def test_a_typed_passphrase_is_asked_twice_and_not_shown(quietdesk_home: Path, second: str) -> None:
    import pty  # not on Windows

    script = "import typer; from quietdesk.cli import main, vault; app = typer.Typer(); " \
             "vault.register(app, main.open_desk); app()"  # fmt: skip
    terminal, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "QUIETDESK_PASSPHRASE_FILE"}
    with subprocess.Popen(
        [sys.executable, "-c", script, "vault", "set"], stdin=theirs, stdout=theirs, stderr=theirs,
        env=environment, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        for prompt, words in ((b"New passphrase: ", WORDS), (b"The same again: ", second)):
            while prompt not in shown:
                shown += os.read(terminal, 1000)
            os.write(terminal, f"{words}\n".encode())
        try:
            while more := os.read(terminal, 1000):
                shown += more
        except OSError:  # how Linux tells that nobody has the other end open any more
            pass
        os.close(terminal)
        assert (process.wait(30) == 0) == (second == WORDS)
    assert b"random" not in shown
    assert b"something" not in shown
    if second == WORDS:
        assert len(Vault(Paths.find(), {}, ask=lambda _: WORDS).key()) == 32
    assert (quietdesk_home / "data" / "vault.json").exists() == (second == WORDS)
