"""Checks of the vault: whether it works, and whether it and the profiles match."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileKind
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import profile_fault
from awsprof.doctor.file_view import fix_command
from awsprof.doctor.findings import Action, Fault, Repair, Severity, offline_check
from awsprof.editing.change import Change
from awsprof.errors import AwsprofError, InteractionRequired, SecretNotFound
from awsprof.profiles.process_command import build_command
from awsprof.profiles.provider_order import key_in_vault
from awsprof.shells import arguments
from awsprof.text import sanitize, sentence_start
from awsprof.vault import kernel_keyring
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile
    from awsprof.vault.index import IndexEntry
    from awsprof.vault.vault import Vault

_LINUX: Final = sys.platform == "linux"
_LIMIT: Final = 10.0  # seconds for all calls to a slow keyring together


@offline_check(Severity.ERROR)
def vault_entry_missing(context: CheckContext) -> Iterator[Fault]:
    """A profile uses a key in the vault, but the vault does not have its secret.

    The keyring was reset, the machine is new, or the entry was deleted in the keyring's own
    program. No SDK gets credentials from the profile.

    Add the key again: awsprof add keys NAME. AWS shows a secret only once, so if you no longer have
    it, create a new key in IAM and deactivate the old one.
    """
    users = _users(context)
    index = Index.load_or_empty()
    for key_id, error in _missing(context, tuple(users)):
        entry = index.find(key_id)
        whose = f" It belongs to {sanitize(entry.arn)}." if entry is not None and entry.arn else ""
        for profile in users[key_id]:
            name = arguments(profile.name)
            add_again = f"awsprof add keys {name}; if you no longer have the secret, use a new key"
            fix = add_again if isinstance(error, SecretNotFound) else error.fix
            yield profile_fault(profile, "credential_process", f"{error.message}{whose}", fix)


def _users(context: CheckContext) -> dict[str, list[Profile]]:
    """Returns the key IDs in the vault that selected profiles use, with those profiles."""
    users: dict[str, list[Profile]] = {}
    for profile in context.profiles:
        key_id = key_in_vault(profile)
        if key_id is not None:
            users.setdefault(key_id, []).append(profile)
    return users


def _missing(context: CheckContext, key_ids: tuple[str, ...]) -> Iterator[tuple[str, AwsprofError]]:
    """Yields each key that the vault lacks, and why; nothing if the vault does not work."""
    until = time.monotonic() + _LIMIT
    try:
        vault = context.vault() if key_ids else None
        for key_id in key_ids:
            if vault is None or time.monotonic() > until:
                return
            if not vault.holds(key_id):
                yield key_id, _why(vault, key_id)
    except AwsprofError:
        return  # keyring-unusable reports it, once


def _why(vault: Vault, key_id: str) -> AwsprofError:
    try:
        vault.get(key_id)
    except AwsprofError as exc:
        return exc
    return SecretNotFound(f"{sentence_start(vault.title)} has no secret for {key_id}.", "")


@offline_check(Severity.ERROR)
def index_unreadable(context: CheckContext) -> Iterator[Fault]:
    """awsprof cannot read index.toml, its list of the keys in the vault.

    The file was edited or cut off, or a newer awsprof wrote it. SDKs still get the keys, whose
    secrets are in the vault. Adding, rotating, stopping and listing keys stop with an error, and
    the doctor does not know which keys the vault has.

    Correct the line, or move the file away: awsprof then no longer knows the owners and dates of
    keys that it stored before, nor which were being rotated.
    """
    del context
    try:
        Index.load()
    except AwsprofError as exc:
        yield Fault(exc.message, exc.fix)


@offline_check(Severity.WARNING, fixes=True)
def vault_entry_orphan(context: CheckContext) -> Iterator[Fault]:
    """The vault has a key that neither of the two files names.

    No SDK can use it, but it still works for anyone who gets it. Its profile was removed or got
    another key by hand. A key is left alone if its user has another key in use, or if it is being
    rotated.

    A profile uses it again with the line that it had: awsprof set NAME credential_process
    "awsprof credential-process NAME --key ID". awsprof doctor --fix vault-entry-orphan deletes its
    secret permanently; --fix without that ID does not.
    """
    moved = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    if not check_helpers.checks_everything(context) or any(map(context.environment.get, moved)):
        return  # other files may use the keys
    # Anywhere in the text: a section that no SDK reads may be repaired later.
    texts = [context.catalog.stored(kind).data or b"" for kind in FileKind]
    index = Index.load_or_empty()
    entries, rotations = index.entries(), index.rotations()
    if any(rotation.new is None for rotation in rotations):
        return  # a rotation has stored a new key and not recorded it yet
    used = {key_id for r in rotations for key_id in (r.old, r.new)}
    used |= {e.key_id for e in entries if any(e.key_id.encode() in text for text in texts)}
    users = {entry.arn for entry in entries if entry.key_id in used}
    for entry in entries:
        if entry.key_id in used or (entry.arn and entry.arn in users):
            continue
        whose = f" of {sanitize(entry.arn)}" if entry.arn else ""
        yield Fault(
            f"The vault has {sanitize(entry.key_id)}{whose} since {entry.since:%Y-%m-%d}, but no"
            " profile uses it.",
            _use_again(context, entry.key_id) + fix_command("vault-entry-orphan"),
            repair=_deletion_repair(context, entry),
        )


def _use_again(context: CheckContext, key_id: str) -> str:
    """Returns the command that gives the key to the profile that may have lost it, or ""."""
    bare = [
        profile.name
        for profile in context.profiles
        if check_helpers.provider_type(profile) is check_helpers.ProviderType.NONE
    ]
    needed = [each.get("source_profile") for each in context.profiles]
    name = next((name for name in bare if name in needed), bare[0] if len(bare) == 1 else None)
    if name is None or name == "default":
        return ""
    try:
        line = build_command(name, key_id)
    except AwsprofError:
        return ""
    put = f"awsprof set {arguments(name, 'credential_process', line)}"
    return f"{put}, if the key is that of {sanitize(name)}; to delete it: "


def _deletion_repair(context: CheckContext, entry: IndexEntry) -> Repair | None:
    """Returns the repair that deletes the secret and its index entry, or None.

    None if another keyring than the current one has the secret.
    """
    try:
        if context.vault().backend != entry.backend:
            return None
    except AwsprofError:
        return None

    def forget_note() -> None:
        if not context.vault().holds(entry.key_id):
            Index.load().forget(entry.key_id)

    action = Action(f"remove {entry.key_id} from the vault's index", forget_note)
    return Repair(
        Change(f"deleted the key {entry.key_id}", forget=(entry.key_id,)), (action,), by_name=True
    )


@offline_check(Severity.ERROR)
def keyring_unusable(context: CheckContext) -> Iterator[Fault]:
    """The place where secrets are stored does not work, but profiles have keys there.

    There is no keyring on this machine, it is locked, it does not respond, or the selected one
    stores nothing or stores plain text. SDKs get no credentials for profiles with a key in the
    vault.

    The finding says what to do on your system; an encrypted file works everywhere: awsprof settings
    vault file.
    """
    key_ids = [*_users(context)]
    if not key_ids and check_helpers.checks_everything(context):
        key_ids = [entry.key_id for entry in Index.load_or_empty().entries()]
    if not key_ids:
        return
    try:
        context.vault().holds(key_ids[0])
    except InteractionRequired:
        return  # it works, and waits for its passphrase
    except AwsprofError as exc:
        yield Fault(sanitize(exc.message), exc.fix)


@offline_check(Severity.INFO)
def kernel_keyring_refused(context: CheckContext) -> Iterator[Fault]:
    """This kernel stores no keys for awsprof, as in many containers (seccomp forbids it).

    awsprof keeps sessions in the kernel's memory, which is fast and leaves nothing on disk. Here it
    keeps them in the vault's keyring or encrypted file, and may ask for an MFA code more often.

    You need not do anything. You can allow a container the calls add_key and keyctl.
    """
    del context  # only the machine matters
    if _LINUX and not kernel_keyring.kernel_keyring_works():
        yield Fault(
            "The kernel keyring is not available; awsprof keeps sessions in the vault.",
            "no action needed; you can allow a container add_key and keyctl",
        )


@offline_check(Severity.WARNING)
def kernel_keyring_full(context: CheckContext) -> Iterator[Fault]:
    """Your quota of the kernel keyring is used up, so it stores no new sessions.

    An ordinary user has room for 200 keys and 20,000 bytes (man 7 keyrings). awsprof then keeps new
    sessions in encrypted files or in the vault, which is slower; if neither works, it asks for an
    MFA code at each use.

    awsprof logout --all frees the part that awsprof uses; keyctl show @u lists what other programs
    use.
    """
    del context  # only the user matters
    if kernel_keyring.kernel_keyring_works() and kernel_keyring.is_nearly_full():
        yield Fault(
            "Your quota of the kernel keyring is used up: awsprof keeps new sessions elsewhere, and"
            " may ask for an MFA code more often.",
            "awsprof logout --all",
        )
