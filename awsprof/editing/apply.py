"""Applies a Change under the files' lock: new secrets, then files, then deletions.

All or nothing: after an error or an interrupt the files and the vault are restored.
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
from awsprof.editing.checked_revert import revert_checked
from awsprof.errors import AwsprofError, EditRefused, VaultError
from awsprof.secret import Secret
from awsprof.vault.index import Index
from awsprof.vault.vault import Vault

BeforeWrite = Callable[[history_files.HistoryEntry], object]
"""Takes the future history entry of a change before a file is written; may cancel it by raising."""

FileStep = Callable[[bytes | None], bytes | None]
"""Maps a file's current bytes to its new bytes. None means that the file does not exist."""


def apply(
    change: Change,
    vault: Callable[[], Vault],
    proof: Callable[[], object] | None = None,
    before_write: BeforeWrite | None = None,
    *,
    tell: Callable[[str], object] | None = None,
) -> ChangeResult:
    """Applies ``change`` to the current content of the files.

    Calls ``proof`` once the secrets are in the vault and before a file is written: an exception
    from it cancels the whole change. Before that, ``before_write`` gets the future history entry,
    which is not kept if the change fails. ``tell`` gets a message if another process makes this one
    wait.
    Raises EditRefused, FileError or VaultError if nothing was changed; DurabilityError if all of
    it was, but the disk did not confirm it.
    """
    with storage.transaction(tell=tell) as files:
        work = RunningChange(files, vault, change.summary)
        with work.all_or_nothing():
            steps = {kind: partial(change.apply_to, kind) for kind in change.kinds}
            work.plan(steps, change.secrets, change.forget)
            work.begin()
            for new in change.secrets:
                work.store_secret(new.key_id, new.secret)
            if before_write is not None and work.intent is not None:
                before_write(work.intent.entry)
            if proof is not None:
                proof()
            for kind, step in steps.items():
                work.rewrite(kind, step)
            for new in change.secrets:
                backend = vault().backend
                Index.load().record(new.key_id, new.account, new.arn, backend=backend)
            entry = work.commit()
        work.delete_secrets()
        history.prune_history(vault)
        result = work.result(entry, bool(change.forget))
        return replace(result, kept_in=vault().title) if work.keys else result


@dataclass
class RunningChange:
    """The steps done so far, so that a failure can roll them back."""

    files: storage.Transaction
    vault: Callable[[], Vault]
    summary: str
    undoes: str = ""
    rewritten: list[storage.WriteResult] = field(default_factory=list)
    in_flight: storage.FileWrite | None = None
    planned: dict[FileKind, storage.FileWrite] = field(default_factory=dict)
    adding: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    deleting: tuple[str, ...] = ()
    owners: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    intent: intents.Intent | None = None
    undone_entry: history_files.HistoryEntry | None = None
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        try:
            yield
        except BaseException as exc:
            for problem in self._roll_back():
                exc.add_note(problem)
            raise

    def _roll_back(self) -> list[str]:
        """Restores the files, then the vault; returns a sentence per problem.

        If a file cannot be restored, the vault keeps the secrets that the file may now refer to.
        """
        problems = [*self._restore_files()]
        if problems:
            return problems
        steps = [partial(self._delete_secret, name) for name in self.added]
        if self.undone_entry is not None:
            steps.append(partial(history.mark_undone, self.undone_entry, undone=False))
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

    def _delete_secret(self, name: str) -> None:
        if self.vault().holds(name):
            self.vault().delete(name)

    def _restore_files(self) -> Iterator[str]:
        for write in reversed([*self.rewritten, *filter(None, [self.in_flight])]):
            landed = write is not self.in_flight
            try:
                self.files.rewrite(write.kind, partial(_restored, write, landed=landed))
            except AwsprofError as exc:
                yield f"{write.path} could not be restored: {exc.message}"

    def store_secret(self, name: str, secret: Secret) -> None:
        """Stores the secret in the vault, which reads it back, unless it holds it already.

        Raises EditRefused if the vault holds a different secret for that key ID.
        """
        vault = self.vault()
        if vault.holds(name):
            if vault.get(name) == secret:
                return
            if name.startswith(redaction.IN_VAULT):
                return
            raise EditRefused(
                f"The vault already holds a different secret for {name}.",
                "an access key's secret never changes: check that you entered the right one",
            )
        self.added.append(name)  # before the call: an interrupted call may have stored it
        vault.put(name, secret)

    @property
    def keys(self) -> tuple[str, ...]:
        """The access key IDs whose secrets this change adds to the vault."""
        return tuple(name for name in self.adding if not name.startswith(redaction.IN_VAULT))

    def plan(
        self,
        steps: Mapping[FileKind, FileStep],
        secrets: Sequence[NewSecret],
        forget: Iterable[str],
    ) -> None:
        """Computes each file's new text and what the vault gets and loses, and does nothing."""
        for kind, step in steps.items():
            now = self.files.read(kind)
            self.planned[kind] = storage.FileWrite(kind, now.path, now.data, step(now.data))
        self.deleting = tuple(key_id for key_id in forget if self.vault().holds(key_id))
        self.adding = [new.key_id for new in secrets if not self.vault().holds(new.key_id)]
        self.owners = {new.key_id: (new.account, new.arn) for new in secrets}

    def begin(self) -> None:
        """Writes the plan to disk as an intent, and stores the secrets for undo in the vault.

        Those are the secrets that the change removes from the files. Writes nothing if there is
        nothing to do.
        """
        if self.deleting or self.adding or self._changed_files():
            self._write_intent()

    def _changed_files(self) -> tuple[storage.FileWrite, ...]:
        return tuple(write for write in self.planned.values() if write.before != write.after)

    def _write_intent(self) -> None:
        """Writes the intent as planned now, and stores the secrets for undo."""
        removed: dict[str, Secret] = {}
        entry = history.new_entry(
            self.summary, self._changed_files(), self.keys, removed.__setitem__, undoes=self.undoes
        )
        self.adding += [n for n in removed if n not in self.adding and not self.vault().holds(n)]
        if self.intent is not None:
            former = self.intent.entry
            entry = replace(entry, id=former.id, when=former.when)
        intent = intents.Intent(
            entry, tuple(self.adding), self.deleting, self.owners, storage.lock_names()
        )
        if self.intent is None:
            self.intent = intents.begin_intent(intent)
        else:
            intents.save_intent(intent)
            self.intent = intent
        for name, secret in removed.items():
            self.store_secret(name, secret)

    def _update_intent(self, write: storage.FileWrite) -> None:
        """Rewrites the intent if another program changed the file since it was planned."""
        planned = self.planned[write.kind]
        if (planned.before, planned.after) != (write.before, write.after):
            self.planned[write.kind] = write
            self._write_intent()

    def rewrite(self, kind: FileKind, change: FileStep) -> None:
        """Writes one file's new text, computed again only if the file changed since ``plan``."""

        def next_text(data: bytes | None) -> bytes | None:
            planned = self.planned[kind]
            if planned.before != data:
                planned = replace(planned, before=data, after=change(data))
            self.in_flight = planned
            self._update_intent(planned)  # first: an interrupted write may have landed
            return planned.after

        write = self.files.rewrite(kind, next_text)
        if write.before != write.after:
            self.rewritten.append(write)
            self._update_intent(write)
        self.in_flight = None

    def commit(self) -> history_files.HistoryEntry | None:
        """Adds the change to the history; None if it changed no file and added no secret."""
        if self.intent is None or not (self.rewritten or self.added):
            return None
        if self.undoes:
            self.undone_entry = history.not_undone(self.undoes)
            history.mark_undone(self.undone_entry)
        intents.commit_intent(self.intent)
        return self.intent.entry

    def delete_secrets(self) -> None:
        """Deletes the secrets that the change forgets, last, and ends the intent.

        Everything else is done by now, so a failing vault only adds a note.
        """
        for key_id in self.deleting:
            try:
                self._delete_secret(key_id)
            except VaultError as exc:
                self.notes.append(f"The secret of {key_id} is still in the vault: {exc.message}")
        if self.intent is not None:
            intents.end_intent(self.intent)

    def result(self, entry: history_files.HistoryEntry | None, more: bool) -> ChangeResult:
        """Returns the result to report; ``more`` is True if the change also deletes secrets."""
        notes = [note for write in self.rewritten for note in write.notes]
        written = entry is not None or more
        return ChangeResult(entry.id if entry else "", (*notes, *self.notes), written)


def _restored(write: storage.FileWrite, data: bytes | None, landed: bool) -> bytes | None:
    """Returns the file's text without ``write``, given its current content ``data``.

    Raises EditRefused if another program changed the same lines since.
    """
    if data == write.after:
        return write.before
    if data == write.before:
        return data
    found = hunks.hunks_between(write.before, write.after)
    reverted = revert_checked(hunks.RedactedText(data), found, write.kind)
    if reverted.conflicts or not landed:
        raise EditRefused("another program wrote it at the same moment.", "check the file")
    return reverted.data
