"""Doing a Change: under the lock, the vault first, then the files, then what must go.

All or nothing: what fails, or is interrupted, leaves files and vault as they were.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.diff import ChangeResult
from awsprof.editing import history, history_files, hunks, intents, redaction
from awsprof.editing.change import Change, NewSecret
from awsprof.errors import AwsprofError, EditRefused, VaultError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.vault.index import Index
from awsprof.vault.keyring_vault import Vault

_Step = Callable[[bytes | None], bytes | None]
"""From the bytes of a file to what they are to become; None is no file."""


def apply(
    change: Change, vault: Callable[[], Vault], proof: Callable[[], object] | None = None
) -> ChangeResult:
    """Do ``change`` to what the files hold at this moment.

    ``proof`` is called when the vault has the secrets, and the files are as they were: what it
    raises ends the change, and nothing of it stays.
    EditRefused, FileProblem, VaultError: nothing was changed. DurabilityError: all of it was, but
    the disk did not confirm it.
    """
    with storage.transaction() as files:
        work = _Work(files, vault, change.summary)
        with work.all_or_nothing():
            steps = {kind: partial(change.done_to, kind) for kind in FileKind}
            work.begin(steps, change.secrets, change.forget)
            for new in change.secrets:
                work.put(new.key_id, new.secret)
            if proof is not None:
                proof()
            for kind, step in steps.items():
                work.rewrite(kind, step)
            for new in change.secrets:
                backend = vault().backend
                Index.load().record(new.key_id, new.account, new.arn, backend=backend)
            made = work.commit()
        work.end()
        applied = work.applied(made, bool(change.forget), vault)
        return replace(applied, kept_in=vault().title) if work.keys else applied


def undo(
    plan: history.UndoPlan, vault: Callable[[], Vault], *, force: bool = False
) -> ChangeResult:
    """Take a change back: the former bytes where nobody changed that part since.

    EditRefused where somebody did, by now at the latest, unless ``force`` overwrites it.
    """
    if plan.conflicts and not force:
        raise history.conflicting_change(plan.conflicts[0])
    secrets = history.undo_secrets(plan.entry, vault)
    steps = {
        file.kind: partial(history.former_text, file, secrets=secrets, force=force)
        for file in plan.entry.files
    }
    with storage.transaction() as files:
        work = _Work(files, vault, f"took back: {plan.entry.summary}", undoes=plan.entry.id)
        history.not_undone(plan.entry.id)  # another process may have, since it was planned
        with work.all_or_nothing():
            for file in plan.entry.files:
                if storage.config_path(file.kind) != file.path:
                    raise EditRefused(
                        f"That change was made in {file.path}, which is not the file in use now.",
                        "set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE as they were then",
                    )
            then = {kind: files.read(kind).data for kind in FileKind}
            then |= {kind: step(then[kind]) for kind, step in steps.items()}
            going = history.unused_keys(plan.entry.added, Catalog.from_bytes(*then.values()))
            work.begin(steps, (), going)
            for kind, step in steps.items():
                work.rewrite(kind, step)
            made = work.commit()
            if made is None:  # it is gone already, and is not offered again
                history.mark_undone(plan.entry.id)
        work.end()
        return work.applied(made, bool(work.going), vault)


@dataclass
class _Work:
    """What was done so far, so that it can be put back."""

    files: storage.Transaction
    vault: Callable[[], Vault]
    summary: str
    undoes: str = ""
    rewritten: list[storage.WriteResult] = field(default_factory=list)
    tried: storage.WriteResult | None = None
    planned: dict[FileKind, storage.WriteResult] = field(default_factory=dict)
    adding: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    going: tuple[str, ...] = ()
    owners: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    intent: intents.Intent | None = None
    marked: history_files.HistoryEntry | None = None
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
        if self.marked is not None:
            steps.append(partial(history_files.save_entry, self.marked))
        for step in steps:
            try:
                step()
            except AwsprofError as exc:
                problems.append(exc.message)
        if self.intent is not None and not problems:  # else the next run tries again
            if self.intent.committed:
                history.discard_entry(self.intent.entry)
            intents.end_intent(self.intent)
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
        return tuple(name for name in self.adding if not name.startswith(redaction.HELD))

    def begin(
        self, steps: Mapping[FileKind, _Step], secrets: Sequence[NewSecret], forget: Iterable[str]
    ) -> None:
        """Write down what is to be done, before any of it is; nothing where there is nothing.

        Then the secrets that will stand in no file any more go into the vault, for undo.
        """
        for kind, step in steps.items():
            before = self.files.read(kind).data
            self.planned[kind] = self._rewritten(kind, before, step(before))
        self.going = tuple(key_id for key_id in forget if self.vault().holds(key_id))
        self.adding = [new.key_id for new in secrets if not self.vault().holds(new.key_id)]
        self.owners = {new.key_id: (new.account, new.arn) for new in secrets}
        if self.going or self.adding or self._changing():
            self._plan()

    def _changing(self) -> tuple[storage.WriteResult, ...]:
        return tuple(done for done in self.planned.values() if done.before != done.after)

    def _plan(self) -> None:
        """The intent on disk, before what it tells of is done."""
        held: dict[str, Secret] = {}
        entry = history.new_entry(
            self.summary, self._changing(), self.keys, held.__setitem__, undoes=self.undoes
        )
        self.adding += [n for n in held if n not in self.adding and not self.vault().holds(n)]
        if self.intent is not None:
            entry = replace(entry, id=self.intent.entry.id)
        intent = intents.Intent(entry, tuple(self.adding), self.going, self.owners)
        if self.intent is None:
            self.intent = intents.begin_intent(intent)
        else:
            intents.save_intent(intent)
            self.intent = intent
        for name, secret in held.items():
            self.put(name, secret)

    def _foresee(self, done: storage.WriteResult) -> None:
        """Write the intent anew where a file came to be another one than was planned on."""
        planned = self.planned.get(done.kind)
        if planned is None or (planned.before, planned.after) != (done.before, done.after):
            self.planned[done.kind] = done
            self._plan()

    @staticmethod
    def _rewritten(
        kind: FileKind, before: bytes | None, after: bytes | None
    ) -> storage.WriteResult:
        return storage.WriteResult(kind, storage.config_path(kind), before, after)

    def rewrite(self, kind: FileKind, change: _Step) -> None:
        def noted(data: bytes | None) -> bytes | None:
            self.tried = self._rewritten(kind, data, change(data))
            self._foresee(self.tried)  # before it is written: a write cut short may have been done
            return self.tried.after

        done = self.files.rewrite(kind, noted)
        if done.before != done.after:
            self.rewritten.append(done)
            self._foresee(done)
        self.tried = None

    def commit(self) -> history_files.HistoryEntry | None:
        """Have it stand in the history; None where it changed no file and brought no key."""
        if self.intent is None or not (self.rewritten or self.added):
            return None
        if self.undoes:
            self.marked = history.not_undone(self.undoes)
            history.mark_undone(self.undoes)
        intents.commit_intent(self.intent)
        return self.intent.entry

    def end(self) -> None:
        """What must go, last; all else is done, so that a vault which fails now is only told."""
        for key_id in self.going:
            try:
                self._gone(key_id)
            except VaultError as exc:
                self.notes.append(f"The secret of {key_id} is in the vault still: {exc.message}")
        if self.intent is not None:
            intents.end_intent(self.intent)

    def applied(
        self, made: history_files.HistoryEntry | None, more: bool, vault: Callable[[], Vault]
    ) -> ChangeResult:
        history.prune_history(vault)
        notes = [note for done in self.rewritten for note in done.notes]
        written = made is not None or more
        return ChangeResult(made.id if made else "", (*notes, *self.notes), written)


def _former(done: storage.WriteResult, data: bytes | None, landed: bool) -> bytes | None:
    """The text before ``done``, on whatever the file holds now.

    EditRefused where another program wrote it since, and it cannot be told what was there.
    """
    if data == done.after:
        return done.before
    if data == done.before:
        return data
    back = hunks.revert_hunks(
        hunks.RedactedText(data), hunks.hunks_between(done.before, done.after)
    )
    if back.conflicts or not landed:
        raise EditRefused("another program wrote it at the same moment.", "look at the file")
    return back.data
