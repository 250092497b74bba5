"""Doing a Change: under the lock, the vault first, then the files, then what must go.

All or nothing: what fails, or is interrupted, leaves files and vault as they were.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from awsprof.awsfiles import storage
from awsprof.awsfiles.document import FileKind
from awsprof.editing import history, hunks, redaction
from awsprof.editing.change import Change
from awsprof.errors import AwsprofError, EditRefused, VaultError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.vault.index import Index
from awsprof.vault.longterm import Vault

_Step = Callable[[bytes | None], bytes | None]
"""From the bytes of a file to what they are to become; None is no file."""


@dataclass(frozen=True)
class Applied:
    """What came of it: the history's id (empty where nothing was to do), and what to tell.

    ``kept_in`` is the vault's title where secrets went into it.
    """

    id: str
    notes: tuple[str, ...]
    written: bool
    kept_in: str = ""


def apply(
    change: Change, vault: Callable[[], Vault], proof: Callable[[], object] | None = None
) -> Applied:
    """Do ``change`` to what the files hold at this moment.

    ``proof`` is called when the vault has the secrets, and the files are as they were: what it
    raises ends the change, and nothing of it stays.
    EditRefused, FileProblem, VaultError: nothing was changed. NotDurable: all of it was, but the
    disk did not confirm it.
    """
    with storage.editing() as files:
        work = _Work(files, vault)
        with work.all_or_nothing():
            going = [key_id for key_id in change.forget if vault().holds(key_id)]
            for new in change.secrets:
                work.put(new.key_id, new.secret)
            if proof is not None:
                proof()
            steps = {kind: partial(change.done_to, kind) for kind in FileKind}
            work.hold_secrets(steps)
            for kind, step in steps.items():
                work.rewrite(kind, step)
            for new in change.secrets:
                backend = vault().backend
                Index.load().record(new.key_id, new.account, new.arn, backend=backend)
            made = work.record(change.summary)
        work.forget(going)
        applied = work.applied(made, bool(change.forget), vault)
        return replace(applied, kept_in=vault().title) if work.keys else applied


def undo(plan: history.UndoPlan, vault: Callable[[], Vault], *, force: bool = False) -> Applied:
    """Take a change back: the former bytes where nobody changed that part since.

    EditRefused where somebody did, by now at the latest, unless ``force`` overwrites it.
    """
    if plan.conflicts and not force:
        raise history.in_the_way(plan.conflicts[0])
    secrets = history.secrets_of(plan.entry, vault)
    steps = {
        file.kind: partial(history.former, file, secrets=secrets, force=force)
        for file in plan.entry.files
    }
    with storage.editing() as files:
        work = _Work(files, vault)
        history.not_undone(plan.entry.id)  # another process may have, since it was planned
        with work.all_or_nothing():
            for file in plan.entry.files:
                if storage.path_of(file.kind) != file.path:
                    raise EditRefused(
                        f"That change was made in {file.path}, which is not the file in use now.",
                        "set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE as they were then",
                    )
            work.hold_secrets(steps)
            for kind, step in steps.items():
                work.rewrite(kind, step)
            made = work.record(f"took back: {plan.entry.summary}", undoes=plan.entry.id)
            work.mark_undone(plan.entry)
        work.forget(history.unused(plan.entry.added, Catalog.load()))
        return work.applied(made, bool(plan.entry.added), vault)


@dataclass
class _Work:
    """What was done so far, so that it can be put back."""

    files: storage.Editing
    vault: Callable[[], Vault]
    rewritten: list[storage.Rewritten] = field(default_factory=list)
    tried: storage.Rewritten | None = None
    added: list[str] = field(default_factory=list)
    made: history.HistoryEntry | None = None
    marked: history.HistoryEntry | None = None
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as exc:
            for problem in self._put_back():
                exc.add_note(problem)
            raise

    def _put_back(self) -> list[str]:
        """Files first. Where one is not as it was, the vault keeps what that file may lack now."""
        problems = [*self._files_back()]
        if problems:
            return problems
        steps = [partial(self._gone, name) for name in self.added]
        if self.made is not None:
            steps.append(partial(history.discard, self.made))
        if self.marked is not None:
            steps.append(partial(history.save, self.marked))
        for step in steps:
            try:
                step()
            except AwsprofError as exc:
                problems.append(exc.message)
        return problems

    def _gone(self, name: str) -> None:
        if self.vault().holds(name):
            self.vault().delete(name)

    def _files_back(self) -> Iterator[str]:
        for done in reversed([*self.rewritten, *filter(None, [self.tried])]):
            landed = done is not self.tried
            try:
                self.files.rewrite(done.kind, partial(_former, done, landed=landed))
            except AwsprofError as exc:
                yield f"{done.path} is not as it was: {exc.message}"

    def put(self, name: str, secret: Secret) -> None:
        """Into the vault, unless it holds just that; the vault reads it back."""
        vault = self.vault()
        if vault.holds(name):
            if vault.get(name) == secret:
                return
            if name.startswith(redaction.HELD):
                return
            raise EditRefused(
                f"The vault holds another secret for {name} already.",
                "a key's secret never changes: check that you gave the right one",
            )
        self.added.append(name)  # before the call: a call that is cut short may have put it
        vault.put(name, secret)

    @property
    def keys(self) -> tuple[str, ...]:
        """The ids of access keys whose secrets the vault did not hold before."""
        return tuple(name for name in self.added if not name.startswith(redaction.HELD))

    def hold_secrets(self, steps: Mapping[FileKind, _Step]) -> None:
        """The secrets that will stand in no file go into the vault, for undo, before they leave."""
        before = {kind: self.files.read(kind).data for kind in steps}
        after = {kind: step(before[kind]) for kind, step in steps.items()}
        if before == after:
            return
        names = redaction.ready()
        staying = redaction.secrets_of(after.values(), names)
        for kind in steps:
            hunks.to_keep(before[kind], after[kind], names, staying, self.put)

    def rewrite(self, kind: FileKind, change: _Step) -> None:
        def noted(data: bytes | None) -> bytes | None:
            after = change(data)  # noted before it is written: a write cut short may have been done
            self.tried = storage.Rewritten(kind, storage.path_of(kind), data, after)
            return after

        done = self.files.rewrite(kind, noted)
        if done.before != done.after:
            self.rewritten.append(done)
        self.tried = None

    def record(self, summary: str, *, undoes: str = "") -> history.HistoryEntry | None:
        if not self.rewritten and not self.added:
            return None
        self.made = history.made(summary, tuple(self.rewritten), self.keys, self.put, undoes=undoes)
        history.save(self.made)
        return self.made

    def mark_undone(self, entry: history.HistoryEntry) -> None:
        self.marked = entry
        history.save(replace(entry, undone=True))

    def forget(self, key_ids: Iterable[str]) -> None:
        """What must go, last; all else is done, so that a vault which fails now is only told."""
        for key_id in key_ids:
            try:
                self._gone(key_id)
            except VaultError as exc:
                self.notes.append(f"The secret of {key_id} is in the vault still: {exc.message}")

    def applied(
        self, made: history.HistoryEntry | None, more: bool, vault: Callable[[], Vault]
    ) -> Applied:
        history.prune(vault)
        notes = [note for done in self.rewritten for note in done.notes]
        written = made is not None or more
        return Applied(made.id if made else "", (*notes, *self.notes), written)


def _former(done: storage.Rewritten, data: bytes | None, landed: bool) -> bytes | None:
    """The text before ``done``, on whatever the file holds now.

    EditRefused where another program wrote it since, and it cannot be told what was there.
    """
    if data == done.after:
        return done.before
    if data == done.before:
        return data
    back = hunks.revert(hunks.Text(data), hunks.between(done.before, done.after))
    if back.conflicts or not landed:
        raise EditRefused("another program wrote it at the same moment.", "look at the file")
    return back.data
