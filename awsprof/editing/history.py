"""What was changed, and taking it back.

An entry keeps the lines that were changed and their neighbours, not whole files; a secret in them
is held by the vault and referred to. The newest fifty are kept.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from awsprof import atomic
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.configfile.encoding import from_lines
from awsprof.diff import Preview
from awsprof.editing import history_files, hunks, redaction, rotated_keys
from awsprof.editing.change import file_diff
from awsprof.editing.history_files import FileChange, HistoryEntry
from awsprof.errors import AwsprofError, EditRefused, FileError, SecretNotFound, UsageError
from awsprof.masking import mask_message
from awsprof.paths import display_path
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.vault.keyring_vault import Vault

KEPT: Final = 50


@dataclass(frozen=True)
class UndoPlan:
    """What taking an entry back would do now."""

    entry: HistoryEntry
    preview: Preview
    conflicts: tuple[str, ...]
    restores_plain_secret: bool


def entries() -> tuple[HistoryEntry, ...]:
    """All that is kept and can be read, newest first; ``broken`` tells of the others."""
    return tuple(
        found
        for found in map(_read, history_files.entry_files())
        if isinstance(found, HistoryEntry)
    )


def broken() -> tuple[FileError, ...]:
    """What is wrong with each entry that cannot be read: nobody needs it but undo."""
    return tuple(
        found for found in map(_read, history_files.entry_files()) if isinstance(found, FileError)
    )


def _read(path: Path) -> HistoryEntry | FileError:
    try:
        return history_files.read_entry(path, lambda name, secret: None)[0]
    except FileError as exc:
        return exc


def find_entry(id: str | None) -> HistoryEntry:
    """The entry of that id, or the newest that was not undone and is no undo itself."""
    every = entries()
    if id is None:
        every = tuple(e for e in every if not e.undone and not e.undoes)
        if not every:
            raise UsageError("There is nothing to take back.", "awsprof history lists the changes")
        return every[0]
    for found in every:
        if found.id == id:
            return found
    if id.isdecimal() and len(id) < 9 and history_files.entry_file(id).exists():
        return history_files.read_entry(history_files.entry_file(id), lambda name, secret: None)[
            0
        ]  # says why not
    raise UsageError(f"There is no change {id}.", "awsprof history lists them")


def new_entry(
    summary: str,
    rewritten: tuple[storage.WriteResult, ...],
    added: tuple[str, ...],
    keep: Callable[[str, Secret], None],
    *,
    undoes: str = "",
) -> HistoryEntry:
    """The entry of what is to be done; it gets its id when it is noted.

    ``keep`` puts the secrets into the vault that stand in no file any more.
    """
    names = redaction.ensure_secret_naming()
    staying = redaction.secrets_in((done.after for done in rewritten), names)
    files = tuple(
        FileChange(
            done.kind,
            done.path,
            hunks.text_digest(done.before),
            hunks.text_digest(done.after),
            hunks.redact_hunks(done.before, done.after, names, staying, keep),
        )
        for done in rewritten
    )
    return HistoryEntry("0", datetime.now(UTC), mask_message(summary), files, added, undoes=undoes)


def discard_entry(entry: HistoryEntry) -> None:
    """Take an entry out whose change did not come about, or which is too old."""
    with suppress(OSError):  # it may not have been written at all
        history_files.entry_file(entry.id).unlink()


def mark_undone(id: str) -> None:
    """Note that a change was taken back."""
    history_files.save_entry(replace(find_entry(id), undone=True))


def prune_history(vault: Callable[[], Vault]) -> None:
    """Let the oldest go, and those of the vault's entries that nothing refers to any more.

    Where the vault cannot be used now, they stay until the next change.
    """
    every = entries()
    still = {name for kept in every[:KEPT] for name in kept.references()}
    for old in every[KEPT:]:
        try:
            for name in sorted(set(old.references()) - still):
                with suppress(SecretNotFound):
                    vault().delete(name)
        except AwsprofError:
            return
        discard_entry(old)


def history_vault_names() -> tuple[str, ...]:
    """The vault's entries that the history refers to; they move with the vault."""
    return tuple(dict.fromkeys(name for e in entries() for name in e.references()))


def plan_undo(id: str | None = None) -> UndoPlan:
    """What taking back that change (or the newest one) would do to the files as they are now."""
    found = not_undone(find_entry(id).id)
    diffs, conflicts, plain = [], [], False
    after = {kind: storage.read_config_file(kind).data for kind in FileKind}
    _check_redo(found, Catalog.from_bytes(*after.values()))
    names, here = redaction.secret_naming(), redaction.secrets_in_files()
    for file in found.files:
        stored = storage.ConfigFile(file.kind, file.path, atomic.read_file(file.path))
        # In the diff a reference stands for its secret: it is masked just so.
        text = hunks.RedactedText(stored.data, names)
        now = storage.ConfigFile(file.kind, file.path, text.data)
        done = hunks.revert_hunks(text, file.hunks)
        after[file.kind] = done.data
        diff = file_diff(now, None if _goes(file, stored.data) else done.data)
        if diff is not None:
            diffs.append(diff)
        conflicts += [f"{display_path(file.path)}: {said}" for said in done.conflicts]
        plain = plain or any(
            redaction.all_references(hunk.old) - here.keys() for hunk in file.hunks
        )
    then = Catalog.from_bytes(*after.values())
    conflicts += rotated_keys.find_rotated_keys(Catalog.load(), then)
    going = unused_keys(found.added, then)
    vault = tuple(f"The secret of {key_id} leaves the vault." for key_id in going)
    return UndoPlan(found, Preview(tuple(diffs), vault), tuple(conflicts), plain)


def not_undone(id: str) -> HistoryEntry:
    """The entry as it is now. UsageError where it was taken back already."""
    found = find_entry(id)
    if found.undone:
        raise UsageError(f"Change {found.id} was taken back already.", "awsprof history")
    return found


def unused_keys(key_ids: tuple[str, ...], catalog: Catalog) -> tuple[str, ...]:
    """Those keys that no profile hands out: a copy may share the key that a change brought."""
    return tuple(key_id for key_id in key_ids if not catalog.users_of_key(key_id))


def _check_redo(found: HistoryEntry, catalog: Catalog) -> None:
    """UsageError where the change that ``found`` took back needs a secret that left with it."""
    first = next((e for e in entries() if found.undoes and e.id == found.undoes), None)
    gone = unused_keys(first.added, catalog) if first else ()
    if gone:
        raise UsageError(
            f"The secret of {gone[0]} left the vault when that was taken back.",
            "make the change again, with the secret",
        )


def conflicting_change(conflict: str) -> EditRefused:
    """What says that somebody changed that part since."""
    return EditRefused(conflict, "awsprof undo asks whether to overwrite it")


def former_text(
    file: FileChange, data: bytes | None, secrets: Mapping[str, Secret], force: bool
) -> bytes | None:
    """The text of a file with a change taken back, its secrets in it again.

    EditRefused where somebody changed that part since, unless ``force`` overwrites it.
    """
    if _goes(file, data):
        return None
    names = redaction.secret_naming()
    done = hunks.revert_hunks(hunks.RedactedText(data, names), file.hunks)
    if done.conflicts and not force:
        raise conflicting_change(f"{display_path(file.path)}: {done.conflicts[0]}")
    if done.data == b"" and file.before == "none":
        return None
    held = {**secrets, **redaction.secrets_in([data], names)}
    return from_lines([*redaction.fill_secrets(redaction.split_text(done.data), held)])


def undo_secrets(found: HistoryEntry, vault: Callable[[], Vault]) -> dict[str, Secret]:
    """The secrets that taking ``found`` back needs, from the files or else from the vault.

    SecretNotFound where neither has one.
    """
    names = {n for f in found.files for h in f.hunks for n in redaction.all_references(h.old)}
    here = redaction.secrets_in_files()
    try:
        gone = {name: vault().get(name) for name in sorted(names - here.keys())}
    except SecretNotFound as exc:
        raise SecretNotFound(
            "The vault does not hold the secret that stood in this text any more.",
            "make a new key, then: awsprof setup keys",
        ) from exc
    return {**here, **gone}


def _goes(file: FileChange, data: bytes | None) -> bool:
    """Whether taking the change back means that the file was not there before."""
    return file.before == "none" and hunks.text_digest(data) == file.after


def overwritten_edits() -> tuple[str, ...]:
    """Edits of ours that another program wrote over since, a sentence each; told once.

    The AWS CLI reads the file, and writes all of it a moment later: an edit of ours in between is
    gone then. Only the newest change is looked at, since what came after it is not ours.
    """
    newest = next(iter(entries()), None)
    if newest is None or newest.undone or newest.told:
        return ()
    said = []
    for file in newest.files:
        data = atomic.read_file(file.path)
        if hunks.text_digest(data) != file.after and _back(data, file):
            said.append(
                f"Another program took our last change ({newest.summary}) out of"
                f" {display_path(file.path)}; it was probably writing at the same moment. Do it"
                " again."
            )
    if said:
        with suppress(AwsprofError):  # where nothing can be written it is told again
            history_files.save_entry(replace(newest, told=True))
    return tuple(said)


def _back(data: bytes | None, file: FileChange) -> bool:
    """Whether the old lines stand where ours stood."""
    text = hunks.RedactedText(data, redaction.secret_naming())
    for hunk in file.hunks:
        above, below = hunk.above[-1:], hunk.below[:1]
        nothing = not (above or hunk.old or below)
        if _has(text, above, hunk.new, below) or not (
            nothing or _has(text, above, hunk.old, below)
        ):
            return False
    return bool(file.hunks)


def _has(text: hunks.RedactedText, *wanted: tuple[str, ...]) -> bool:
    return any(text.has(at, *wanted) for at in range(len(text.lines) + 1))
