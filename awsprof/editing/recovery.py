"""Changes that were cut short (SIGKILL, a power cut): finished, or taken back, by the next run.

Finished where every file has its new text; else taken back. Whoever is still at work holds the
locks of the files, and is left alone. A change of other files than AWS's variables lead to now is
told, with the variables that lead there. Scripts (``awsprof.session``) only read, and are told
nothing: each file is whole at any time, and they see it as it is.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from awsprof import atomic, paths
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.editing import history, hunks, intents, redaction
from awsprof.editing.history_files import FileChange
from awsprof.editing.intents import Intent
from awsprof.errors import AwsprofError, DurabilityError, EditRefused, LockTimeout, SecretNotFound
from awsprof.profiles.catalog import Catalog
from awsprof.shells import shell_word
from awsprof.vault.index import Index
from awsprof.vault.keyring_vault import Vault

_CUT = "An earlier run was cut short"


def recover_unfinished(vault: Callable[[], Vault], *, again: bool = False) -> tuple[str, ...]:
    """End what earlier runs left half done; a sentence for each.

    What was told and could not be ended then is tried ``again`` only where that is asked for.
    Never raises an AwsprofError: what cannot be ended now is told.
    """
    told: list[str] = []
    for path in intents.pending_intents():
        try:
            with storage.transaction(timeout=0) as files:
                if path.exists():  # else it was ended since
                    said = _end(path, files, vault, again=again)
                    told += files.notes()
                    told += said
        except LockTimeout:
            continue
        except AwsprofError as exc:
            told.append(exc.message)
    return tuple(told)


def _end(
    path: Path, files: storage.Transaction, vault: Callable[[], Vault], *, again: bool
) -> list[str]:
    intent = intents.read_intent(path)
    entry = intent.entry
    if entry.told and not again:
        return []
    if intent.committed:
        return _finish(intent, vault)
    elsewhere = [file for file in entry.files if storage.config_path(file.kind) != file.path]
    if any(file.path.parent.exists() for file in elsewhere):
        return [_waits(entry.summary, elsewhere)]
    if elsewhere:  # with their folder what was half done is gone
        return _forget_what_was_added(intent, vault)
    landed = [file for file in entry.files if _has_landed(file)]
    if len(landed) == len(entry.files) and (landed or not intent.adding):
        return _finish(intent, vault)
    try:
        _revert(landed, files, vault)
    except (EditRefused, SecretNotFound) as exc:
        # What stands is a change like any other: it can be looked at, and taken back.
        kept = replace(intent, entry=replace(entry, files=tuple(landed)))
        intents.save_intent(kept)
        said = _finish(kept, vault)
        return [*said, f"Only a part of it was written, and stays: {exc.message}"]
    return _forget_what_was_added(intent, vault)


def _waits(summary: str, elsewhere: Sequence[FileChange]) -> str:
    """That it can be ended only where AWS's variables lead to its files, and how they do."""
    variables = {
        FileKind.CONFIG: "AWS_CONFIG_FILE",
        FileKind.CREDENTIALS: "AWS_SHARED_CREDENTIALS_FILE",
    }
    given = " ".join(f"{variables[file.kind]}={shell_word(str(file.path))}" for file in elsewhere)
    return (
        f'{_CUT}: "{summary}" changes'
        f" {' and '.join(paths.display_path(f.path) for f in elsewhere)}, and"
        f" waits. To end it: {given} awsprof list"
    )


def _has_landed(file: FileChange) -> bool:
    """Whether the file has the new text, wherever in it that stands by now."""
    data = atomic.read_file(file.path)
    found = hunks.text_digest(data)
    if found in {file.before, file.after}:
        return found == file.after
    return not hunks.revert_hunks(
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
            history.mark_undone(entry.undoes)
        intents.commit_intent(intent)
    notes = []
    for key_id in intent.forget:
        try:
            if vault().holds(key_id):
                vault().delete(key_id)
        except AwsprofError as exc:
            notes.append(f"The secret of {key_id} is in the vault still: {exc.message}")
    intents.end_intent(intent)
    back = "" if entry.undoes or not entry.files else "; awsprof undo takes it back"
    return [f'{_CUT}: "{entry.summary}" is finished now{back}.', *notes]


def _revert(
    landed: list[FileChange], files: storage.Transaction, vault: Callable[[], Vault]
) -> None:
    wanted = {
        n for file in landed for hunk in file.hunks for n in redaction.all_references(hunk.old)
    }
    secrets = dict(redaction.secrets_in_files())
    for name in sorted(wanted - secrets.keys()):
        secrets[name] = vault().get(name)
    for file in landed:
        with suppress(DurabilityError):
            files.rewrite(
                file.kind, partial(history.former_text, file, secrets=secrets, force=False)
            )


def _forget_what_was_added(intent: Intent, vault: Callable[[], Vault]) -> list[str]:
    """Take out of the vault what the change had put there, unless something else uses it."""
    catalog, referred = Catalog.load(), set(history.history_vault_names())
    stuck, why = [], ""
    for name in intent.adding:
        used = name in referred or catalog.users_of_key(name)
        try:
            if not used and vault().holds(name):
                vault().delete(name)
        except AwsprofError as exc:
            stuck.append(name)
            why = exc.message
    summary = intent.entry.summary
    said = f'{_CUT}: what it had begun ("{summary}") is taken back now.'
    if not stuck:
        intents.end_intent(intent)
        return [said]
    left = replace(intent, adding=tuple(stuck), entry=replace(intent.entry, files=(), told=True))
    intents.save_intent(left)
    keys = [name for name in stuck if not name.startswith(redaction.HELD)]
    what = f"The secret of {', '.join(keys)}" if keys else "A secret for its undo"
    return [f"{said} {what} is in the vault still: {why}"]
