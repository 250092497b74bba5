"""Undo of a change: what it would do to the current files, and doing it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from awsprof import atomic
from awsprof.configfile import storage
from awsprof.configfile.document import FileKind
from awsprof.configfile.encoding import join_diff_lines
from awsprof.diff import ChangeResult, Preview
from awsprof.editing import history, hunk_revert, hunks, redaction
from awsprof.editing.apply import RunningChange
from awsprof.editing.change import file_diff
from awsprof.editing.checked_revert import revert_checked
from awsprof.editing.history_files import FileChange, HistoryEntry
from awsprof.errors import EditRefused, SecretNotFound, UsageError
from awsprof.paths import display_path
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import access_key, key_in_process_line, may_name_key
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index
from awsprof.vault.vault import Vault

_Texts = Mapping[FileKind, "bytes | None"]


@dataclass(frozen=True, repr=False)  # the text may have secrets
class FormerText:
    """What a text would be with a change undone.

    ``names`` is how its secrets were named; ``renamed`` has the sections renamed since the change.
    """

    now: bytes | None
    names: redaction.SecretNames
    renamed: Mapping[str, str]
    reverted: hunk_revert.Reverted


@dataclass(frozen=True)
class UndoPlan:
    """What undoing an entry would do now.

    ``dead_keys``: an error per profile that would use a key again that no longer works. Callers
    that undo a change they have just made ignore these: the profile used that key a moment ago.
    ``refusal`` is why it cannot be undone: another section would change.
    ``former`` saves undoing the same text again; each file is read anew before it is written.
    """

    entry: HistoryEntry
    preview: Preview
    conflicts: tuple[str, ...]
    dead_keys: tuple[EditRefused, ...]
    restores_plain_secret: bool
    refusal: EditRefused | None
    former: Mapping[FileKind, FormerText] = field(repr=False)

    @property
    def in_part(self) -> bool:
        """True if a part of the change is no longer there."""
        return any(text.reverted.left_alone for text in self.former.values())


def plan_undo(id: str | None = None) -> UndoPlan:
    """Returns what undoing that change, by default the newest, would do to the files."""
    found = history.not_undone(id)
    diffs, conflicts, plain, refusal = [], [], False, None
    former: dict[FileKind, FormerText] = {}
    after = {kind: storage.read_config_file(kind).data for kind in FileKind}
    _check_redo(found, after)
    names, here = redaction.secret_naming(), redaction.secrets_in_files()
    for file in found.files:
        stored = storage.ConfigFile(file.kind, file.path, atomic.read_file(file.path))
        # The diff compares references instead of secrets; both are masked the same way.
        text = hunks.RedactedText(stored.data, names)
        now = storage.ConfigFile(file.kind, file.path, text.data)
        renamed = _renamed_since(found, file.path)
        reverted = _revert(file, stored.data, text, renamed)
        former[file.kind] = FormerText(stored.data, names, renamed, reverted)
        after[file.kind] = reverted.data
        diff = file_diff(now, None if _was_created(file, stored.data) else reverted.data)
        if diff is not None:
            diffs.append(diff)
        told = [f"{display_path(file.path)}: {text}" for text in reverted.conflicts]
        conflicts += told
        refusal = _refusal(told[0]) if reverted.refused else refusal
        plain = plain or any(
            redaction.all_references(hunk.old) - here.keys() for hunk in file.hunks
        )
    dead = _find_dead_keys(after)
    unused = unused_keys(found.added, after)
    vault = tuple(f"The secret of {key_id} will be removed from the vault." for key_id in unused)
    preview = Preview(tuple(diffs), vault)
    return UndoPlan(found, preview, tuple(conflicts), dead, plain, refusal, former)


def undo(
    plan: UndoPlan,
    vault: Callable[[], Vault],
    *,
    force: bool = False,
    tell: Callable[[str], object] | None = None,
) -> ChangeResult:
    """Undoes a change by restoring the lines it replaced.

    ``tell`` gets a message if another process makes this one wait.
    Raises EditRefused if one of those parts has changed since, unless ``force`` overwrites it, and
    if another section would change. Where a part is no longer there, the change is undone in part:
    it does not count as undone, and that of the rest is a change like any other.
    """
    if plan.refusal is not None:
        raise plan.refusal
    if plan.conflicts and not force:
        raise conflicting_change(plan.conflicts[0])
    secrets = undo_secrets(plan.entry, vault)
    steps = {
        file.kind: cache(
            partial(former_text, file, secrets=secrets, force=force, known=plan.former[file.kind])
        )
        for file in plan.entry.files
    }
    with storage.transaction(tell=tell) as files:
        summary, undoes = f"undid: {plan.entry.summary}", plan.entry.id
        if plan.in_part:
            summary, undoes = f"undid in part: {plan.entry.summary}", ""
        work = RunningChange(files, vault, summary, undoes=undoes)
        history.not_undone(plan.entry.id)  # another process may have undone it since the plan
        with work.all_or_nothing():
            _refuse_other_files(plan.entry)
            then = {kind: files.read(kind).data for kind in FileKind}
            then |= {kind: step(then[kind]) for kind, step in steps.items()}
            unused = unused_keys(plan.entry.added, then)
            work.plan(steps, (), unused)
            work.begin()
            for kind, step in steps.items():
                work.rewrite(kind, step)
            entry = work.commit()
            if entry is None:  # its lines are gone already: do not offer it again
                history.mark_undone(history.not_undone(plan.entry.id))
        work.delete_secrets()
        history.prune_history(vault)
        return work.result(entry, bool(work.deleting))


def _refuse_other_files(entry: HistoryEntry) -> None:
    """Raises EditRefused if the change was made in other files than those in use now."""
    for file in entry.files:
        if storage.config_path(file.kind) != file.path:
            raise EditRefused(
                f"That change was made in {file.path}, which is not the file in use now.",
                "set AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE as they were then",
            )


def _renamed_since(entry: HistoryEntry, path: Path) -> dict[str, str]:
    """Returns the present header of each section of the file that later changes renamed."""
    renamed: dict[str, str] = {}
    later = [each for each in history.entries() if int(each.id) > int(entry.id)]
    parts = (h for e in reversed(later) for f in e.files if f.path == path for h in f.hunks)
    for hunk in parts:
        if len(hunk.old) != len(hunk.new):
            continue
        for old, new in zip(hunk.old, hunk.new, strict=True):
            if old.startswith("[") and new.startswith("[") and old != new:
                renamed = {first: new if now == old else now for first, now in renamed.items()}
                renamed[old] = new
    return renamed


def unused_keys(key_ids: tuple[str, ...], texts: _Texts) -> tuple[str, ...]:
    """Returns the keys that no profile uses: a copy may share a key that a change added."""
    if not key_ids:
        return ()
    catalog = _catalog_of(texts)
    return tuple(key_id for key_id in key_ids if not catalog.users_of_key(key_id))


def _catalog_of(texts: _Texts) -> Catalog:
    return Catalog.from_bytes(*(texts[kind] for kind in FileKind))


def _find_dead_keys(after: _Texts) -> tuple[EditRefused, ...]:
    """Returns an error for each profile that would use a dead key again, with the way out.

    Keys that a profile uses now are left out: the undo does not bring those back.
    """
    if not any(map(may_name_key, after.values())):
        return ()
    index, found = Index.load(), []
    for name, profile in _catalog_of(after).profiles.items():
        for key_id in _named_keys(profile):
            reason = _why_dead(index, key_id, profile)
            if reason:
                rotation = index.rotation_of(key_id)
                error = EditRefused(
                    f"{sanitize(name)} would use {key_id} again, {reason}.",
                    f"to go back to that key: awsprof keys rotate {arguments(name)} --back"
                    if rotation is not None and rotation.old == key_id
                    else "keep the profile as it is",
                )
                found.append((key_id, error))
    if not found:
        return ()
    now = Catalog.load().profiles.values()
    used = {key_id for profile in now for key_id in _named_keys(profile)}
    return tuple(error for key_id, error in found if key_id not in used)


def _named_keys(profile: Profile) -> tuple[str, ...]:
    """Returns the IDs of the keys that the profile names, one that another overrides included."""
    named = (access_key(profile), key_in_process_line(profile))
    return tuple(dict.fromkeys(key_id for key_id in named if key_id))


def _why_dead(index: Index, key_id: str, profile: Profile) -> str:
    """Returns why the key does not work, as the end of a sentence; empty if the key may work."""
    rotation = index.rotation_of(key_id)
    if index.is_deleted(key_id):
        return "which was deleted at AWS"
    if index.stop_of(key_id) is not None:
        return "which leaked and was stopped"
    if rotation is not None and rotation.old == key_id:
        return "which was rotated out"
    if key_in_process_line(profile) == key_id and index.find(key_id) is None:
        return "which the vault no longer holds"
    return ""


def _check_redo(found: HistoryEntry, texts: _Texts) -> None:
    """Raises UsageError if redoing the change needs a secret that its undo deleted."""
    if not found.undoes:
        return
    first = next((e for e in history.entries() if e.id == found.undoes), None)
    deleted = unused_keys(first.added, texts) if first else ()
    if deleted:
        raise UsageError(
            f"The secret of {deleted[0]} was removed from the vault when that change was undone.",
            "make the change again, with the secret",
        )


def conflicting_change(conflict: str) -> EditRefused:
    """Returns the error for a part that has changed since."""
    return EditRefused(conflict, "awsprof undo asks whether to overwrite it")


def _refusal(conflict: str) -> EditRefused:
    return EditRefused(
        conflict, "undo the later changes first (awsprof history), or edit the file yourself"
    )


def former_text(
    file: FileChange,
    data: bytes | None,
    secrets: Mapping[str, Secret],
    force: bool,
    known: FormerText | None = None,
) -> bytes | None:
    """Returns the text of a file with a change undone and its secrets restored; None to delete the
    file.

    ``known`` is used if it is of the same text.
    Raises EditRefused if a changed part has changed again since, unless ``force`` overwrites it,
    and if another section would change.
    """
    if _was_created(file, data):
        return None
    names = redaction.secret_naming()
    if known is not None and (known.now, known.names) == (data, names):
        reverted = known.reverted
    else:
        text = hunks.RedactedText(data, names)
        renamed = None if known is None else known.renamed
        reverted = _revert(file, data, text, renamed)
    if reverted.conflicts and (reverted.refused or not force):
        conflict = f"{display_path(file.path)}: {reverted.conflicts[0]}"
        raise _refusal(conflict) if reverted.refused else conflicting_change(conflict)
    if reverted.data == b"" and file.before == "none":
        return None
    available = {**secrets, **redaction.secrets_in([data], names)}
    return join_diff_lines(
        [*redaction.fill_secrets(redaction.split_bytes(reverted.data), available)]
    )


def undo_secrets(found: HistoryEntry, vault: Callable[[], Vault]) -> dict[str, Secret]:
    """Returns the secrets needed to undo ``found``, by name, from the files or else from the vault.

    Raises SecretNotFound if neither has one.
    """
    names = {n for f in found.files for h in f.hunks for n in redaction.all_references(h.old)}
    here = redaction.secrets_in_files()
    try:
        from_vault = {name: vault().get(name) for name in sorted(names - here.keys())}
    except SecretNotFound as exc:
        raise SecretNotFound(
            "The vault no longer holds a secret that the former text contained.",
            "create a new access key, then: awsprof setup keys",
        ) from exc
    return {**here, **from_vault}


def _revert(
    file: FileChange,
    data: bytes | None,
    text: hunks.RedactedText,
    renamed: Mapping[str, str] | None,
) -> hunk_revert.Reverted:
    if hunks.text_digest(data) == file.after:  # the text before was whatever it was
        return hunk_revert.revert_hunks(text, file.hunks, renamed)
    return revert_checked(text, file.hunks, file.kind, renamed)


def _was_created(file: FileChange, data: bytes | None) -> bool:
    """True if the change created the file and nothing changed it since: undo deletes it."""
    return file.before == "none" and hunks.text_digest(data) == file.after
