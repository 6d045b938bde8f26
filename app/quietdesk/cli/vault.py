"""``quietdesk vault``: where the key of the stored data is kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quietdesk.cli.output import Output
from quietdesk.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from quietdesk.desk import Desk

OpenDesk = Callable[[], AbstractContextManager["Desk"]]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
NewFile = Annotated[
    Path | None, typer.Option("--new-passphrase-file", help="A file with the new passphrase, mode 0600.")
]
_TITLES = {"none": "no key yet", "keyring": "in the keyring", "passphrase": "protected by a passphrase"}
# Below this many characters a person is told; NIST SP 800-63B-4 asks for 15 where a passphrase stands alone.
_SHORT = 15


def register(app: typer.Typer, open_desk: OpenDesk) -> None:
    """Add the commands."""
    group = typer.Typer(help="Where the key of the stored data is kept.", no_args_is_help=True)
    app.add_typer(group, name="vault")
    _register_status(group, open_desk)
    _register_passphrase(group, open_desk)
    _register_moves(group, open_desk)


def terminal_prompt() -> Callable[[str], str] | None:
    """Asks for a passphrase on the terminal without echo; None when nobody is there to answer."""
    return _ask if sys.stdin is not None and sys.stdin.isatty() else None


def keyring_name(backend: str) -> str:
    """A keyring as people know it: ``SecretService`` for ``keyring.backends.SecretService.Keyring``."""
    return backend.removeprefix("keyring.backends.").partition(".")[0]


def _register_status(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command()
    def status(as_json: AsJson = False) -> None:
        """Show where the key is and whether it can be had. Asks nothing and changes nothing."""
        output = Output(as_json)
        with open_desk() as desk:
            vault = desk.vault
            state = vault.state()
        if as_json:
            fields = {"kind": state.kind, "backend": state.backend, "problem": state.problem}
            output.object({**fields, "file": str(vault.path)})
            return
        keyring = keyring_name(state.backend) or "-"
        rows = [("key", _TITLES[state.kind]), ("keyring", keyring), ("problem", state.problem or "none")]
        output.table(("what", "state"), rows)


def _register_passphrase(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command("set")
    def set_passphrase() -> None:
        """Protect the data by a passphrase, typed twice or taken from QUIETDESK_PASSPHRASE_FILE."""
        output = Output()
        with open_desk() as desk:
            vault = desk.vault
            vault.require_none()
            vault.set_passphrase(_given() or _twice("New passphrase: ", output))
        output.notice("The data is protected by the passphrase. It cannot be read if the passphrase is lost.")

    @group.command()
    def change(new_passphrase_file: NewFile = None) -> None:
        """Change the passphrase."""
        from quietdesk.vault.passphrase import from_file

        output = Output()
        with open_desk() as desk:
            vault = desk.vault
            vault.require_passphrase()
            given = _given()
            old = given or _required_prompt()("Old passphrase: ")
            new = from_file(new_passphrase_file) if new_passphrase_file else _twice("New passphrase: ", output)
            vault.change_passphrase(old, new)
        output.notice("The passphrase is changed.")
        if given:
            output.notice("The file or credential that gave the old one still holds it: write the new one into it.")


def _register_moves(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command()
    def to_keyring() -> None:
        """Keep the key in the system's keyring instead of protecting it by a passphrase."""
        with open_desk() as desk:
            desk.vault.move_to_keyring()
        Output().notice("The key is in the keyring.")

    @group.command()
    def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
        """Put the stored data aside, for when its key is lost, and begin anew. Nothing is deleted."""
        output = Output()
        with open_desk() as desk:
            if not yes and not output.confirm("Put history and file index aside and begin anew?"):
                output.notice("Nothing was changed.")
                return
            kept = desk.vault.reset()
        output.notice(f"The old data is kept as {kept}." if kept else "There is nothing to put aside.")


def _given() -> str | None:
    from quietdesk.vault.passphrase import from_environment

    return from_environment(os.environ)


def _ask(prompt: str) -> str:
    import getpass

    try:
        return getpass.getpass(prompt)
    except EOFError:
        return ""


def _required_prompt() -> Callable[[str], str]:
    prompt = terminal_prompt()
    if prompt is None:
        raise UserError(
            ErrorCode.VAULT_LOCKED, "Passphrase is needed", "There is no terminal to ask for the passphrase.",
            "Run the command in a terminal, or name a file with the passphrase in QUIETDESK_PASSPHRASE_FILE; "
            "`quietdesk vault change` takes the new one from --new-passphrase-file.",
        )
    return prompt


def _twice(prompt: str, output: Output) -> str:
    ask = _required_prompt()
    typed = ask(prompt)
    if typed != ask("The same again: "):
        raise UserError(
            ErrorCode.VAULT_LOCKED, "Passphrases differ", "The two passphrases are not the same.", "Try again."
        )
    if 0 < len(typed) < _SHORT:
        output.notice("This passphrase is short; who has the file can try many. Four or five random words hold.")
    return typed
