"""Checks of the vault: whether it can be used, and whether it and the profiles agree."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileKind
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import profile_fault
from awsprof.doctor.findings import Action, Fault, Repair, Severity, offline_check
from awsprof.editing.change import Change
from awsprof.errors import AwsprofError, InteractionRequired, SecretNotFound
from awsprof.profiles.form import key_in_vault
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault import kernel_keyring
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.profiles.model import Profile
    from awsprof.vault.index import IndexEntry
    from awsprof.vault.keyring_vault import Vault

_LINUX: Final = sys.platform == "linux"
_LIMIT: Final = 10.0  # seconds that all looks into a slow keyring may take together


@offline_check(Severity.ERROR)
def vault_entry_missing(context: CheckContext) -> Iterator[Fault]:
    """A profile's line names a key of the vault, and the vault does not hold its secret.

    The keyring was reset, the machine is a new one, or the entry was deleted in the keyring's own
    program. No SDK gets credentials from the profile.

    Add the key again: awsprof add keys NAME. AWS shows a secret only once, so where nobody has it
    make a new key in IAM, and deactivate the old one.
    """
    users = _users(context)
    index = check_helpers.index_or_none()
    for key_id, told in _missing(context, tuple(users)):
        entry = index.find(key_id)
        whose = f" It is {sanitize(entry.arn)}'s." if entry is not None and entry.arn else ""
        for profile in users[key_id]:
            name = arguments(profile.name)
            again = f"awsprof add keys {name}; where nobody has the secret, with a new key"
            fix = again if isinstance(told, SecretNotFound) else told.fix
            yield profile_fault(profile, "credential_process", f"{told.message}{whose}", fix)


def _users(context: CheckContext) -> dict[str, list[Profile]]:
    """The keys of the vault that profiles in question hand out."""
    users: dict[str, list[Profile]] = {}
    for profile in context.profiles:
        key_id = key_in_vault(profile)
        if key_id is not None:
            users.setdefault(key_id, []).append(profile)
    return users


def _missing(context: CheckContext, key_ids: tuple[str, ...]) -> Iterator[tuple[str, AwsprofError]]:
    """What the vault does not hold, and why; nothing where it cannot be used at all."""
    until = time.monotonic() + _LIMIT
    try:
        vault = context.vault() if key_ids else None
        for key_id in key_ids:
            if vault is None or time.monotonic() > until:
                return
            if not vault.holds(key_id):
                yield key_id, _why(vault, key_id)
    except AwsprofError:
        return  # keyring-unusable tells it, once


def _why(vault: Vault, key_id: str) -> AwsprofError:
    try:
        vault.get(key_id)
    except AwsprofError as exc:
        return exc
    return SecretNotFound(f"{vault.title} did not hold the secret of {key_id} just now.", "")


@offline_check(Severity.WARNING, fixes=True)
def vault_entry_orphan(context: CheckContext) -> Iterator[Fault]:
    """The vault holds a key that neither of the two files names.

    It is of no use to any SDK, and works for whoever gets at it. Its profile was removed or given
    another key by hand. A key of a user who has another one in use is left alone, and so is one
    that is being rotated.

    awsprof add keys NAME makes a profile of it again. awsprof doctor --fix vault-entry-orphan
    deletes its secret, for good; --fix without that name leaves it alone.
    """
    moved = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    if not check_helpers.checks_everything(context) or any(map(context.environment.get, moved)):
        return  # what other files name cannot be told
    # Anywhere in their text, for a section that no SDK reads may be mended, and a key be moved.
    texts = [context.catalog.stored(kind).data or b"" for kind in FileKind]
    index = check_helpers.index_or_none()
    entries, rotations = index.entries(), index.rotations()
    if any(rotation.new is None for rotation in rotations):
        return  # for an instant a new key is in the vault, and is noted nowhere else
    named = {key_id for r in rotations for key_id in (r.old, r.new)}
    named |= {e.key_id for e in entries if any(e.key_id.encode() in text for text in texts)}
    users = {entry.arn for entry in entries if entry.key_id in named}
    for entry in entries:
        if entry.key_id in named or (entry.arn and entry.arn in users):
            continue
        whose = f" of {sanitize(entry.arn)}" if entry.arn else ""
        yield Fault(
            f"The vault holds {sanitize(entry.key_id)}{whose} since {entry.since:%Y-%m-%d}, and no"
            " profile names it.",
            "awsprof doctor --fix vault-entry-orphan",
            repair=_forgetting(context, entry),
        )


def _forgetting(context: CheckContext, entry: IndexEntry) -> Repair | None:
    """Forget the secret, then the note of it; None where another keyring than this has it."""
    try:
        if context.vault().backend != entry.backend:
            return None
    except AwsprofError:
        return None

    def forget_note() -> None:
        if not context.vault().holds(entry.key_id):
            Index.load().forget(entry.key_id)

    act = Action(f"take {entry.key_id} out of the vault's index", forget_note)
    return Repair(
        Change(f"forgot the key {entry.key_id}", forget=(entry.key_id,)), (act,), by_name=True
    )


@offline_check(Severity.ERROR)
def keyring_unusable(context: CheckContext) -> Iterator[Fault]:
    """The place where secrets are kept cannot be used, though profiles have their keys there.

    There is no keyring on this machine, it is locked, it does not answer, or the one that is
    chosen keeps nothing or keeps plain text. Profiles with a key in the vault give no credentials
    to any SDK.

    What to do depends on the system, and is told with the finding; an encrypted file works
    everywhere: awsprof settings vault file.
    """
    key_ids = [*_users(context)]
    if not key_ids and check_helpers.checks_everything(context):
        key_ids = [entry.key_id for entry in check_helpers.index_or_none().entries()]
    if not key_ids:
        return
    try:
        context.vault().holds(key_ids[0])
    except InteractionRequired:
        return  # it is well, and waits for its passphrase
    except AwsprofError as exc:
        yield Fault(sanitize(exc.message), exc.fix)


@offline_check(Severity.INFO)
def kernel_keyring_refused(context: CheckContext) -> Iterator[Fault]:
    """This kernel keeps no keys for us, as in many containers (their seccomp profile forbids it).

    awsprof keeps sessions in the kernel's memory, which is quick and leaves nothing on disk. Here
    they are kept in the vault's keyring or encrypted file, and a code may be asked more often.

    Nothing has to be done. A container may be allowed the calls add_key and keyctl.
    """
    del context  # it is about the machine alone
    if _LINUX and not kernel_keyring.kernel_keyring_works():
        yield Fault(
            "The kernel keeps no sessions here; the vault keeps them.",
            "nothing must be done; a container may be allowed add_key and keyctl",
        )


@offline_check(Severity.WARNING)
def kernel_keyring_full(context: CheckContext) -> Iterator[Fault]:
    """Your quota of the kernel's keyring is used up, so it takes no more sessions.

    An ordinary user has room for 200 keys and 20,000 bytes (man 7 keyrings). awsprof keeps new
    sessions in sealed files or in the vault then, which is slower; where neither can be used, a
    code is asked for at each use.

    `awsprof logout --all` gives awsprof's own part back; `keyctl show @u` lists what others keep.
    """
    del context  # it is about this user alone
    if kernel_keyring.kernel_keyring_works() and kernel_keyring.is_nearly_full():
        yield Fault(
            "Your quota of the kernel's keyring is used up: new sessions are kept elsewhere, and"
            " a code may be asked for more often.",
            "awsprof logout --all",
        )
