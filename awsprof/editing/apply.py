"""Doing a Change: under the lock, the vault first, then the files, then what must go.

All or nothing: what fails, or is interrupted, leaves files and vault as they were.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from awsprof.awsfiles import storage
from awsprof.awsfiles.document import FileKind
from awsprof.editing import history, hunks
from awsprof.editing.change import Change
from awsprof.errors import AwsprofError, EditRefused
from awsprof.secret import Secret
from awsprof.vault.index import Index
from awsprof.vault.longterm import Vault


@dataclass(frozen=True)
class Applied:
    """What came of it: the history's id (empty where nothing was to do), and what to tell.

    ``kept_in`` is the vault's title where secrets went into it.
    """

    id: str
    notes: tuple[str, ...]
    written: bool
    kept_in: str = ""


def apply(change: Change, vault: Callable[[], Vault]) -> Applied:
    """Do ``change`` to what the files hold at this moment.

    EditRefused, FileProblem, VaultError: nothing was changed. NotDurable: all of it was, but the
    disk did not confirm it.
    """
    with storage.editing() as files:
        work = _Work(files, vault)
        with work.all_or_nothing():
            for new in change.secrets:
                work.put(new.key_id, new.secret)
            for kind in FileKind:
                work.hold_secrets(files.read(kind).data, kind, change)
                work.rewrite(kind, lambda data, kind=kind: change.done_to(kind, data))  # type: ignore[misc]  # mypy has no type for a lambda's default
            made = work.record(change.summary)
        for new in change.secrets:
            backend = vault().backend
            Index.load().record(new.key_id, new.account, new.arn, backend=backend)
        for key_id in change.forget:
            if vault().holds(key_id):
                vault().delete(key_id)
        applied = work.applied(made, bool(change.forget), vault)
        return replace(applied, kept_in=vault().title) if work.added else applied


def undo(plan: history.UndoPlan, vault: Callable[[], Vault], *, force: bool = False) -> Applied:
    """Take a change back: the former bytes where nobody changed that part since.

    EditRefused where somebody did, unless ``force`` overwrites it.
    """
    if plan.conflicts and not force:
        raise EditRefused(plan.conflicts[0], "awsprof undo asks whether to overwrite it")
    secrets = history.secrets_of(plan.entry, vault)
    by_kind = {file.kind: file for file in plan.entry.files}
    with storage.editing() as files:
        work = _Work(files, vault)
        with work.all_or_nothing():
            for kind, file in by_kind.items():
                if storage.path_of(kind) != file.path:
                    raise EditRefused(
                        f"That change was made in {file.path}, which is not the file in use now.",
                        "set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE as they were then",
                    )
                work.rewrite(kind, lambda data, file=file: history.former(file, data, secrets))  # type: ignore[misc]  # as above
            made = work.record(f"took back: {plan.entry.summary}", undoes=plan.entry.id)
        history.save(replace(plan.entry, undone=True))
        for key_id in plan.entry.added:
            if vault().holds(key_id):
                vault().delete(key_id)
        return work.applied(made, bool(plan.entry.added), vault)


@dataclass
class _Work:
    """What was done so far, so that it can be put back."""

    files: storage.Editing
    vault: Callable[[], Vault]
    rewritten: list[storage.Rewritten] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as exc:
            for problem in self._put_back():
                exc.add_note(problem)
            raise

    def _put_back(self) -> list[str]:
        problems = []
        for done in reversed(self.rewritten):
            try:
                self.files.rewrite(
                    done.kind,
                    lambda data, done=done: done.before if data == done.after else data,  # type: ignore[misc]  # as above
                )
            except AwsprofError as exc:
                problems.append(exc.message)
        for name in self.added:
            try:
                if self.vault().holds(name):
                    self.vault().delete(name)
            except AwsprofError as exc:
                problems.append(exc.message)
        return problems

    def put(self, name: str, secret: Secret) -> None:
        """Into the vault, unless it holds just that; the vault reads it back."""
        vault = self.vault()
        if vault.holds(name):
            if vault.get(name) == secret:
                return
            if name.startswith("history/"):
                return
            raise EditRefused(
                f"The vault holds another secret for {name} already.",
                "a key's secret never changes: check that you gave the right one",
            )
        self.added.append(name)  # before the call: a call that is cut short may have put it
        vault.put(name, secret)

    def hold_secrets(self, data: bytes | None, kind: FileKind, change: Change) -> None:
        """The secrets that leave the file go into the vault before they do."""
        after = change.done_to(kind, data)
        for hunk in hunks.between(data, after):
            hunks.cut_secrets(hunk.old, self.put)

    def rewrite(self, kind: FileKind, change: Callable[[bytes | None], bytes | None]) -> None:
        done = self.files.rewrite(kind, change)
        if done.before != done.after:
            self.rewritten.append(done)

    def record(self, summary: str, *, undoes: str = "") -> history.HistoryEntry | None:
        if not self.rewritten and not self.added:
            return None
        keys = tuple(name for name in self.added if not name.startswith("history/"))
        return history.record(summary, tuple(self.rewritten), keys, self.put, undoes=undoes)

    def applied(
        self, made: history.HistoryEntry | None, more: bool, vault: Callable[[], Vault]
    ) -> Applied:
        history.prune(vault)
        notes = tuple(note for done in self.rewritten for note in done.notes)
        return Applied(made.id if made else "", notes, made is not None or more)
