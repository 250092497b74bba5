"""Imports a key: asks AWS whose it is, stores it, and verifies it the way an SDK will get it."""

from __future__ import annotations

from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_identity import identify_key
from awsprof.accesskeys.key_sources import KeyFile
from awsprof.accesskeys.verify import require_process_identity, require_profile_identity
from awsprof.diff import ChangeResult
from awsprof.editing import profile_operations
from awsprof.errors import UsageError
from awsprof.profiles.kinds.keys import KEYS
from awsprof.text import sanitize
from awsprof.vault.vault import check_passphrase_variable, returns_secret


def import_key(
    key_context: KeyContext, name: str, key: KeyFile, region: str | None
) -> ChangeResult | None:
    """Writes a profile that uses ``key`` from the vault; returns None if nothing was written.

    Asks before it replaces an existing profile, or another secret of the key. Raises
    CredentialsError if AWS rejects the key, or if it is a root user's.
    """
    if not key_context.dry_run:
        check_passphrase_variable(key_context.vault())
    catalog = key_context.catalog()
    answers = {"access_key_id": key.key_id, **({"region": region} if region else {})}
    values = KEYS.validate(answers, catalog, name=name)
    who = identify_key(key.key_id, key.secret, region=region)
    key_context.terminal.ok(f"{key.key_id} is {who.arn}")
    if name in catalog.profiles:
        question = f"There is already a profile {sanitize(name)}. Give it this key?"
        if not key_context.agree(question, False):
            raise UsageError("Nothing was written.", "run it again with another name")
    _replace_wrong_secret(key_context, key)
    change = profile_operations.add_profile(
        KEYS, name, values, catalog, secret=key.secret, account=who.account, arn=who.arn
    )
    applied = key_context.flow.write(change)
    if applied is not None:
        undone = f"The change to {sanitize(name)} was undone."
        with key_context.flow.undone_on_error(applied, undone):
            require_process_identity(name, key.key_id, who, region=region)
            require_profile_identity(key_context, name, who)
    return applied


def _replace_wrong_secret(key_context: KeyContext, key: KeyFile) -> None:
    """Offers to replace another secret in the vault, since AWS has just accepted this one."""
    vault = key_context.vault()
    if not vault.holds(key.key_id) or returns_secret(vault, key.key_id, key.secret):
        return
    key_context.terminal.warn(
        f"The vault has another secret of {key.key_id}, but AWS accepts this one."
    )
    if not key_context.agree("Replace it?", True):
        raise UsageError("Nothing was written.", "awsprof keys list shows the keys")
    if not key_context.dry_run:
        vault.put(key.key_id, key.secret)
