"""Finishes or rolls back changes that an earlier run left incomplete (SIGKILL, a power cut).

A change is finished if every file has its new text, and rolled back otherwise. A process that is
still working holds the locks of its files, whichever they are, and is left alone. A change to files
other than those that AWS's variables name now is reported, with the variables to set, and no secret
of it is deleted: its files may only be out of reach. Scripts (``awsprof.session``) only
read and report nothing: each file is complete at any time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from awsprof import atomic, locks, paths
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.editing import history, hunk_revert, hunks, intents, redaction
from awsprof.editing.history_files import FileChange
from awsprof.editing.intents import Intent
from awsprof.errors import AwsprofError, DurabilityError, EditRefused, LockTimeout, SecretNotFound
from awsprof.profiles.catalog import Catalog
from awsprof.shells import command_with_variables
from awsprof.vault.index import Index
from awsprof.vault.vault import Vault

_INTERRUPTED = "An earlier run was interrupted"


def recover_unfinished(vault: Callable[[], Vault], *, again: bool = False) -> tuple[str, ...]:
    """Finishes or rolls back what earlier runs left incomplete; returns a sentence for each.

    Retries one that failed and was reported before only if ``again``.
    Never raises AwsprofError: a failure becomes a sentence.
    """
    messages: list[str] = []
    for path in intents.pending_intents():
        try:
            with storage.transaction(timeout=0) as files, _not_running(path):
                if path.exists():  # otherwise another process ended it
                    outcome = _end(path, files, vault, again=again)
                    messages += files.notes()
                    messages += outcome
        except LockTimeout:
            continue
        except AwsprofError as exc:
            messages.append(exc.message)
    return tuple(messages)


@contextmanager
def _not_running(path: Path) -> Iterator[None]:
    """Holds the locks of a change to other files. Raises LockTimeout if it is still running."""
    try:
        names = intents.read_intent(path).locks
    except AwsprofError:  # it is gone, or ``_end`` says why it cannot be read
        names = ()
    with ExitStack() as held:
        for name in sorted({Path(name).name for name in names} - set(storage.lock_names())):
            lock = paths.locks_dir() / name
            held.enter_context(locks.hold_lock(lock, purpose="recovering a change", timeout=0))
        yield


def _end(
    path: Path, files: storage.Transaction, vault: Callable[[], Vault], *, again: bool
) -> list[str]:
    intent = intents.read_intent(path)
    entry = intent.entry
    elsewhere = [file for file in entry.files if storage.config_path(file.kind) != file.path]
    if entry.reported and not again and (elsewhere or not entry.files):
        return []
    if intent.committed:
        return _finish(intent, vault)
    if any(file.path.parent.exists() for file in elsewhere):
        return [_pending_message(entry.summary, elsewhere)]
    if elsewhere and intent.adding:  # a volume that is not there now may come back
        intents.save_intent(replace(intent, entry=replace(entry, reported=True)))
        gone = f" If those files are gone for good, delete {paths.display_path(path)}."
        return [_pending_message(entry.summary, elsewhere) + gone]
    if elsewhere:
        return _delete_added_secrets(intent, vault)
    landed = [file for file in entry.files if _has_landed(file)]
    if len(landed) == len(entry.files) and (landed or not intent.adding):
        return _finish(intent, vault)
    try:
        _revert(landed, files, vault)
    except (EditRefused, SecretNotFound) as exc:
        # The part that was written becomes an ordinary change, which can be undone.
        partial_intent = replace(intent, entry=replace(entry, files=tuple(landed)))
        intents.save_intent(partial_intent)
        messages = _finish(partial_intent, vault)
        return [*messages, f"Only part of it was written, and that part stays: {exc.message}"]
    return _delete_added_secrets(intent, vault)


def _pending_message(summary: str, elsewhere: Sequence[FileChange]) -> str:
    """Says which variables to set to finish a change to other files than those in use."""
    variables = {
        FileKind.CONFIG: "AWS_CONFIG_FILE",
        FileKind.CREDENTIALS: "AWS_SHARED_CREDENTIALS_FILE",
    }
    values = {variables[file.kind]: str(file.path) for file in elsewhere}
    return (
        f'{_INTERRUPTED}: "{summary}" changes'
        f" {' and '.join(paths.display_path(f.path) for f in elsewhere)} and is"
        f" still pending. To finish it: {command_with_variables(values, 'awsprof list')}"
    )


def _has_landed(file: FileChange) -> bool:
    """True if the file has the new text, even if other lines moved it."""
    data = atomic.read_file(file.path)
    found = hunks.text_digest(data)
    if found in {file.before, file.after}:
        return found == file.after
    return not hunk_revert.revert_hunks(
        hunks.RedactedText(data, redaction.secret_naming()), file.hunks
    ).conflicts


def _finish(intent: Intent, vault: Callable[[], Vault]) -> list[str]:
    entry = intent.entry
    if entry.files or intent.adding:
        index = Index.load()
        for key_id, (account, arn) in intent.owners.items():
            known = index.find(key_id)
            if known is not None:
                index.record(key_id, account, arn, backend=known.backend)
        if entry.undoes:
            history.mark_undone(history.find_entry(entry.undoes))
        intents.commit_intent(intent)
    notes = []
    for key_id in intent.forget:
        try:
            if vault().holds(key_id):
                vault().delete(key_id)
        except AwsprofError as exc:
            notes.append(f"The secret of {key_id} is still in the vault: {exc.message}")
    intents.end_intent(intent)
    hint = "" if entry.undoes or not entry.files else " To undo it: awsprof undo"
    return [f'{_INTERRUPTED}: "{entry.summary}" is now finished.{hint}', *notes]


def _revert(
    landed: list[FileChange], files: storage.Transaction, vault: Callable[[], Vault]
) -> None:
    from awsprof.editing.undo import former_text  # rarely needed

    references = {
        n for file in landed for hunk in file.hunks for n in redaction.all_references(hunk.old)
    }
    secrets = dict(redaction.secrets_in_files())
    for name in sorted(references - secrets.keys()):
        secrets[name] = vault().get(name)
    for file in landed:
        with suppress(DurabilityError):
            files.rewrite(file.kind, partial(former_text, file, secrets=secrets, force=False))


def _delete_added_secrets(intent: Intent, vault: Callable[[], Vault]) -> list[str]:
    """Deletes the secrets that the change added to the vault, unless something else uses them."""
    catalog, references = Catalog.load(), set(history.history_vault_names())
    stuck, reason = [], ""
    for name in intent.adding:
        used = name in references or catalog.users_of_key(name)
        try:
            if not used and vault().holds(name):
                vault().delete(name)
        except AwsprofError as exc:
            stuck.append(name)
            reason = exc.message
    summary = intent.entry.summary
    message = f'{_INTERRUPTED}: its incomplete change ("{summary}") has been undone.'
    if not stuck:
        intents.end_intent(intent)
        return [message]
    entry = replace(intent.entry, files=(), reported=True)
    intents.save_intent(replace(intent, adding=tuple(stuck), entry=entry))
    keys = [name for name in stuck if not name.startswith(redaction.IN_VAULT)]
    subject = f"The secret of {', '.join(keys)}" if keys else "A secret for its undo"
    return [f"{message} {subject} is still in the vault: {reason}"]
