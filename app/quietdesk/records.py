"""What is kept of the work, all of it in the encrypted store: history, receipts, and what is known of files.

Keeping never stands in the way of a result: when the store cannot be opened, the work is done without it and the
person is told once.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quietdesk.engine.messages import Spent
from quietdesk.errors import ErrorCode, UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from quietdesk.documents.document import Document
    from quietdesk.paths import Paths
    from quietdesk.settings import Settings
    from quietdesk.store.database import Database
    from quietdesk.store.file_index import FileIndex
    from quietdesk.store.history import Task
    from quietdesk.store.receipts import AskedBy, Outcome
    from quietdesk.tools.classify.classifier import Decision
    from quietdesk.vault.vault import Vault

KINDS = ("history", "receipts", "files", "jobs", "actions")
"""Tables of which a person sees the rows."""
_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Used:
    """What a job took. seconds: on the clock. spent: with this process's own processor time. blocked: attempts to use
    the network that were refused.
    """

    seconds: float
    spent: Spent
    blocked: int


class Clock:
    """Measures a job from now on: the clock, and what the engine spent and the network lock refused meanwhile."""

    def __init__(self, spent: Callable[[], Spent], blocked: Callable[[], int]) -> None:
        self._spent = spent
        self._blocked = blocked
        self._start = (time.monotonic(), time.process_time(), spent(), blocked())

    def share(self, jobs: int) -> Used:
        """What each of so many jobs done together took; refused attempts are counted for all of them."""
        started, own, spent, blocked = self._start
        used = self._spent() - spent
        return Used(
            (time.monotonic() - started) / jobs,
            Spent(
                round(used.tokens_read / jobs), round(used.tokens_written / jobs),
                (used.cpu_seconds + time.process_time() - own) / jobs,
            ),
            self._blocked() - blocked,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Filed:
    """A document that was classified. text: what was read of it; vector: of the space of that name."""

    document: Document
    text: str
    label_set: str
    vector: NDArray[np.float32]
    space: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Work:
    """One job that is over.

    source: the file's absolute path, or '' for typed text. text: the input. output: fields of the result, empty when
    there is none. model, adapter: SHA-256, '' without adapter.
    """

    task: Task
    source: str
    text: str
    outcome: Outcome
    output: Mapping[str, object]
    model_name: str
    model: str
    adapter: str
    used: Used
    filed: Filed | None = None


class Records:
    """Opens the store when it is needed, and keeps what the settings allow.

    vault: asks the person for a passphrase if it must; used for commands that are about what is kept.
    quiet_vault: asks nobody; used beside other work. say: gets a remark for the person. private: nothing is kept of
    this program's run, not even receipts.
    """

    def __init__(
        self, paths: Paths, settings: Settings, vault: Vault, quiet_vault: Vault, *,
        asked_by: AskedBy, say: Callable[[str], None], private: bool = False,
    ) -> None:  # fmt: skip
        self._path = paths.database
        self._settings = settings
        self._vault = vault
        self._quiet_vault = quiet_vault
        self._asked_by = asked_by
        self._say = say
        self._keeps = not private and (settings.history or settings.receipts)
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._gave_up = False
        self._opening: threading.Thread | None = None

    @property
    def path(self) -> Path:
        """The database; it need not exist."""
        return self._path

    def warm_up(self) -> None:
        """Begin to open the store, side by side with what comes next."""
        if self._keeps and self._opening is None:
            self._opening = threading.Thread(target=self._open_quietly, name="records-open", daemon=True)
            self._opening.start()

    def database(self) -> Database:
        """The open store; the person may be asked for the passphrase.

        Raises:
            UserError: the key cannot be had, or the database cannot be opened.
        """
        with self._lock:
            if self._database is None:
                self._database = self._open(self._vault)
            return self._database

    def keep(self, work: Work) -> None:
        """Add a job to the history and the receipts, and what was found out about its file. Never raises UserError."""
        database = self._open_quietly() if self._keeps else None
        if database is None:
            return
        try:
            self._write(database, work)
        except UserError as error:
            self._say(f"This result is not in the history: {error.message}")

    def counts(self) -> dict[str, int]:
        """Rows of each kind that are kept.

        Raises:
            UserError: as :meth:`database`.
        """
        database = self.database()
        return {name: int(database.rows(f"SELECT count(*) FROM {name}")[0][0]) for name in KINDS}  # noqa: S608

    def erase_everything(self) -> None:
        """Remove the key, then the database with all that belongs to it.

        The key goes first: should anything go wrong afterwards, what is left cannot be read. Where the keyring does
        not give its entry up, the files go all the same.

        Raises:
            UserError: the keyring's entry or some files are left; it names them.
        """
        problem: UserError | None = None
        try:
            self._vault.drop()
        except UserError as error:
            problem = error
        self.close()
        failed = []
        for place in sorted(self._path.parent.glob(f"{self._path.name}*")):
            try:
                place.unlink()
            except OSError as error:
                failed.append(f"{place}: {error.strerror or error}")
        if failed:
            hint = "Remove them by hand." if problem else "Remove them by hand; without their key nobody can read them."
            left = "; ".join([*failed, *([problem.message] if problem else ())])
            raise UserError(ErrorCode.UNREADABLE, "Something is left", left, hint)
        if problem is not None:
            raise problem

    def close(self) -> None:
        """Close the store."""
        if self._opening is not None:
            self._opening.join()
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def _write(self, database: Database, work: Work) -> None:
        from quietdesk.store.file_index import FileIndex
        from quietdesk.store.history import History
        from quietdesk.store.receipts import Receipts

        if self._settings.receipts:
            used, spent = work.used, work.used.spent
            Receipts(database).add(
                task=work.task, asked_by=self._asked_by, outcome=work.outcome, text=work.text, model=work.model,
                adapter=work.adapter, tokens_read=spent.tokens_read, tokens_written=spent.tokens_written,
                cpu_seconds=spent.cpu_seconds, seconds=used.seconds, blocked=used.blocked,
            )  # fmt: skip
        if self._settings.history and work.output:
            History(database).add(
                task=work.task, source=work.source, text=None if work.source else work.text, output=work.output,
                model=work.model_name,
            )  # fmt: skip
        if self._settings.history and work.filed is not None and work.source:
            _file(FileIndex(database), Path(work.source), work.filed)

    def _open_quietly(self) -> Database | None:
        with self._lock:
            if self._database is None and not self._gave_up:
                try:
                    self._database = self._open(self._quiet_vault)
                except UserError as error:
                    self._gave_up = True
                    # Without any vault there is nothing that the person would miss; `doctor` tells how to make one.
                    if self._quiet_vault.path.exists() or self._path.exists():
                        self._say(f"Nothing is added to the history this time. {error.title}: {error.message}")
            return self._database

    def _open(self, vault: Vault) -> Database:
        from quietdesk.store.database import Database

        opened = Database.open(self._path, vault.key())
        self._forget_old(opened)
        return opened

    def _forget_old(self, database: Database) -> None:
        from quietdesk.store.history import History

        days = self._settings.keep_history_days
        if days is not None:
            History(database).delete_older_than(time.time_ns() // 1_000_000 - days * _DAY)


def _file(index: FileIndex, path: Path, filed: Filed) -> None:
    """Keep what is known of a classified file; one that is gone meanwhile is left out."""
    from quietdesk.store.file_index import HASH_BYTES, FileIdentity, FileRecord

    decision = filed.decision
    try:
        identity = FileIdentity.read(path)
    except UserError:
        return
    text_hash = hashlib.blake2b(filed.text.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()
    record = FileRecord(
        path, identity, text_hash, filed.document.language, filed.label_set, decision.label,
        decision.confidence, decision.status, decision.reason, time.time_ns() // 1_000_000,
    )  # fmt: skip
    vector = np.ascontiguousarray(filed.vector, "<f4").tobytes()
    index.put(record, filed.text, decision.labels, "model", vector, filed.space)
