"""``quietdesk privacy``: what holds the network shut, what is stored, receipts, and erasing."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quietdesk.cli.history import moment
from quietdesk.cli.output import EXIT_USAGE, Output
from quietdesk.cli.vault import keyring_name
from quietdesk.errors import UserError
from quietdesk.privacy.network_lock import NetworkLock, lock_network

if TYPE_CHECKING:
    from quietdesk.desk import Desk
    from quietdesk.store.receipts import Receipt

OpenDesk = Callable[..., AbstractContextManager["Desk"]]
# What the person sees of the tables that hold data.
_KINDS = {"history": "results", "receipts": "receipts", "files": "files known", "jobs": "jobs", "actions": "changes"}


def register(app: typer.Typer, open_desk: OpenDesk) -> None:
    """Add the commands."""
    group = typer.Typer(help="What is kept, and what holds the network shut.", no_args_is_help=True)
    app.add_typer(group, name="privacy")
    _register_looking(group, open_desk)
    _register_erasing(group, open_desk)


def _register_looking(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command()
    def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
        """Show the network lock of each process, where the key is, and what is stored."""
        output = Output(as_json)
        with open_desk() as desk:
            found = _status(desk)
        if as_json:
            output.object(found)
            return
        for name, lock in found["network"].items():
            output.text(f"{name:<13} {_lock_in_words(lock)}")
        vault = found["vault"]
        where = {"none": "none yet", "keyring": f"in the keyring ({keyring_name(vault['backend'])})"}.get(
            vault["kind"], "protected by a passphrase"
        )
        output.text(f"{'key':<13} {where}{': ' + vault['problem'] if vault['problem'] else ''}")
        stored = found["stored"]
        if stored is None:
            output.text(f"{'stored':<13} {found['problem'] or 'nothing'}")
        else:
            kinds = ", ".join(f"{count} {_KINDS[name]}" for name, count in stored.items())
            output.text(f"{'stored':<13} {kinds}; {found['bytes'] / 1e6:.1f} MB, encrypted, in {found['path']}")

    @group.command()
    def receipts(
        limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 20,
        every: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
        document: Annotated[
            Path | None, typer.Option("--for", metavar="FILE", help="Only those for this file's text.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each receipt.")] = False,
    ) -> None:
        """List what was done, when, by which model and at what cost; nothing of any text is in it."""
        from quietdesk.store.receipts import Receipts

        output = Output(as_json)
        with open_desk() as desk:
            kept = Receipts(desk.records.database())
            if document is not None:
                found = kept.matches(desk.read(str(document)).text)
            else:
                found = kept.list(None if every else limit)
        if as_json:
            for receipt in found:
                output.object(receipt.as_dict())
        else:
            output.table(("When", "Task", "Outcome", "Characters", "Tokens", "Seconds", "Network refused"),
                         map(_row, found))  # fmt: skip


def _register_erasing(group: typer.Typer, open_desk: OpenDesk) -> None:
    @group.command()
    def erase(
        everything: Annotated[bool, typer.Option("--all", help="Everything, and the key too.")] = False,
        older_than: Annotated[
            int | None, typer.Option("--older-than", metavar="DAYS", min=0, help="What is older than so many days.")
        ] = None,
        file: Annotated[
            Path | None, typer.Option("--file", metavar="PATH", help="What is known of a file or folder.")
        ] = None,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ) -> None:
        """Erase what is kept so that no trace of it stays. Your documents are not touched."""
        if sum((everything, older_than is not None, file is not None)) != 1:
            raise typer.BadParameter("give --all, --older-than DAYS or --file PATH")
        output = Output()
        if everything and not yes and not output.confirm("Erase history, receipts, what is known of files, the key?"):
            output.notice("Nothing was erased.")
            raise typer.Exit(EXIT_USAGE)
        with open_desk() as desk:
            if everything:
                desk.records.erase_everything()
                output.notice("Everything is erased. Your documents, label sets, settings and models are as they were.")
                return
            counts = _erase_some(desk, older_than, file)
        kinds = ", ".join(f"{count} {_KINDS[name]}" for name, count in counts.items() if name in _KINDS)
        output.notice(f"Erased: {kinds}." if kinds else "There was nothing to erase.")


def _status(desk: Desk) -> dict[str, Any]:
    locks = {"command line": lock_network(), "reader": desk.reader.network_lock()}
    vault = desk.vault.state()
    found: dict[str, Any] = {
        "network": {name: _lock_fields(lock) for name, lock in locks.items()},
        "vault": {"kind": vault.kind, "backend": vault.backend, "problem": vault.problem},
        "path": str(desk.records.path), "stored": None, "bytes": 0, "problem": "",
    }  # fmt: skip
    if desk.records.path.exists():
        with suppress(FileNotFoundError):
            found["bytes"] = desk.records.path.stat().st_size
        try:
            found["stored"] = desk.records.counts()
        except UserError as error:
            found["problem"] = f"{error.title}: {error.message}"
    return found


def _lock_fields(lock: NetworkLock) -> dict[str, Any]:
    return {"system_filter": lock.system_filter, "audit_hook": lock.audit_hook, "reason": lock.reason}


def _lock_in_words(lock: dict[str, Any]) -> str:
    if lock["system_filter"]:
        note = f" ({lock['reason']})" if lock["reason"] else ""
        return f"no network: the operating system refuses it{note}"
    return f"no network: Python refuses it; the operating system does not, because {lock['reason']}"


def _row(receipt: Receipt) -> tuple[str, ...]:
    tokens = f"{receipt.tokens_read} + {receipt.tokens_written}"
    return (
        moment(receipt.made_at), receipt.task, receipt.outcome, str(receipt.input_length), tokens,
        f"{receipt.seconds:.1f}", str(receipt.blocked),
    )  # fmt: skip


def _erase_some(desk: Desk, older_than: int | None, file: Path | None) -> dict[str, int]:
    from quietdesk.store.erasing import Erasing

    erasing = Erasing(desk.records.database())
    if older_than is not None:
        return erasing.older_than(older_than)
    assert file is not None  # noqa: S101  one of the two is given
    return erasing.file(Path(os.path.abspath(file)))  # noqa: PTH100  links are kept as named
