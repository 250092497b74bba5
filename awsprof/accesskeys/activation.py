"""Activates, deactivates and deletes a key: which profile signs that, and what stops working.

AWS advises to deactivate a key first, and to delete it once nothing needs it (IAM User Guide,
"Update access keys").
"""

from __future__ import annotations

from dataclasses import dataclass

from awsprof.accesskeys.describe_keys import describe_key, describe_users
from awsprof.accesskeys.key_context import KeyContext, drop_secret, require_listed_keys
from awsprof.accesskeys.key_users import long_term_key_of, profiles_with
from awsprof.accesskeys.signer import refuse_root
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import AccessKey, Iam, LastUsed, NotPermitted
from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import AwsprofError, CredentialsError, UsageError
from awsprof.key_ids import is_access_key_id, is_temporary
from awsprof.profiles.catalog import Catalog
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index

_GONE = "key-gone"


@dataclass(frozen=True)
class ResolvedKey:
    """A key as IAM lists it, its user, and the IAM client to change it with."""

    key: AccessKey
    user: str
    iam: Iam
    last: LastUsed | NotPermitted
    signed_by_itself: bool


@dataclass(frozen=True)
class _Signer:
    """Who signs: a profile, or if it is None the key ``key_id`` in the vault."""

    profile: str | None
    key_id: str = ""


def resolve_key(key_context: KeyContext, target: str, signer: str | None = None) -> ResolvedKey:
    """Returns the key that ``target`` names, an ID or a profile.

    ``signer`` is the profile that signs; by default, another key of the same user, or the key
    itself, of a profile or from the vault. Raises CredentialsError if none of them may.
    """
    catalog = key_context.catalog()
    key_id = target if is_access_key_id(target) else long_term_key_of(target, catalog)
    if key_id is None:
        raise UsageError(f"{sanitize(target)} has no access key.", "awsprof keys list shows them")
    if is_temporary(key_id):
        raise UsageError(
            f"{key_id} is the key of a session, which expires.",
            "awsprof logout deletes awsprof's sessions",
        )
    problems: list[AwsprofError] = []
    for each in [_Signer(signer)] if signer else _signers(key_context, key_id):
        try:
            key = _seen_by(key_context, each, key_id)
        except AwsprofError as exc:
            if signer or exc.code in {"root-key", _GONE}:
                raise
            problems.append(exc)
            continue
        if key is not None:
            return key
    raise CredentialsError(
        f"No profile here may read {key_id}"
        + (f": {problems[0].message}" if problems else ".")
        + catalog.did_you_mean_key(key_id),
        "name one that may: --using PROFILE; awsprof policy manage-own-keys prints what it needs",
    )


def _signers(key_context: KeyContext, key_id: str) -> tuple[_Signer, ...]:
    """Returns who may sign: another key of the same user comes first, the key itself last.

    If no profile has one of them, the key may belong to any of your users, so all profiles are
    tried too, those that prompt for a code last.
    """
    catalog, index = key_context.catalog(), Index.load()
    entry = index.find(key_id)
    rotation = index.rotation_of(key_id)
    others = [rotation.new, rotation.old] if rotation else []
    if entry is not None and entry.arn is not None:
        others += [each.key_id for each in index.entries() if each.arn == entry.arn]
    keys = dict.fromkeys(key for key in others if key and key != key_id)
    signers = [_signer_with(key_context, key, catalog) for key in (*keys, key_id)]
    known = [signer for signer in signers if signer is not None]
    known.sort(key=lambda signer: signer.profile is None)
    if any(signer.profile for signer in known):
        return tuple(known)
    with_key = [name for name in catalog.profiles if long_term_key_of(name, catalog)]
    with_key.sort(key=lambda name: bool(catalog.get(name).get("mfa_serial")))
    rest: dict[str | None, str] = {}
    for name in with_key:
        rest.setdefault(long_term_key_of(name, catalog), name)
    return (*known, *map(_Signer, rest.values()))


def _signer_with(key_context: KeyContext, key_id: str, catalog: Catalog) -> _Signer | None:
    """Returns a profile with the key, or the key in the vault; None if it is not here."""
    names = profiles_with(key_id, catalog)
    if names:
        return _Signer(names[0])
    stored = Index.load().find(key_id) is not None and key_context.vault().holds(key_id)
    return _Signer(None, key_id) if stored else None


def _seen_by(key_context: KeyContext, signer: _Signer, key_id: str) -> ResolvedKey | None:
    """Returns the key if the signer's user has it; None if not."""
    catalog = key_context.catalog()
    if signer.profile is None:
        profile, signing_id = None, signer.key_id
        credentials = Credentials(signing_id, key_context.vault().get(signing_id))
    else:
        profile = catalog.get(signer.profile)
        signing_id = long_term_key_of(signer.profile, catalog) or ""
        credentials = key_context.resolver(catalog).credentials(signer.profile)
    iam = Iam(credentials, profile=profile)
    last = _last_use(iam, key_id)  # first: every other call counts as a use
    who = get_caller_identity(credentials, profile=profile)
    own = signing_id == key_id
    refuse_root(who, signer.profile or signing_id)
    user = (last.user if isinstance(last, LastUsed) else "") or who.user_name or ""
    for key in require_listed_keys(iam.access_keys(user)):
        if key.id == key_id:
            return ResolvedKey(key, user, iam, last, own and credentials.token is None)
    entry = Index.load().find(key_id)
    if entry is not None and entry.arn == who.arn:
        raise CredentialsError(
            f"{who.arn} does not have the key {key_id} any more.",
            f"awsprof keys delete {key_id} deletes it here too",
            code=_GONE,
        )
    return None


def _last_use(iam: Iam, key_id: str) -> LastUsed | NotPermitted:
    try:
        return iam.last_used(key_id)
    except CredentialsError as exc:
        if exc.code != "NoSuchEntity":
            raise
        return NotPermitted()


def activate_key(key_context: KeyContext, resolved: ResolvedKey) -> None:
    """Activates the key, if you agree."""
    key = resolved.key
    if key.active:
        key_context.terminal.ok(f"{key.id} is already active")
        return
    key_context.terminal.say(describe_key(key, resolved.last))
    if key_context.agree(f"Activate {key.id}?", True):
        resolved.iam.set_active(resolved.user, key.id, active=True)
        key_context.terminal.ok(f"{key.id} is active; AWS may need some seconds to accept it")


def deactivate_key(key_context: KeyContext, resolved: ResolvedKey) -> bool:
    """Deactivates the key, if you agree; True if it is inactive."""
    key = resolved.key
    if not key.active:
        key_context.terminal.ok(f"{key.id} is already inactive")
        return True
    used = _warn_about_users(key_context, resolved)
    if resolved.signed_by_itself:
        key_context.terminal.warn(
            "No other key here can activate it again, or delete it: use the console, or a profile"
            " with that permission (--using PROFILE)."
        )
    if not key_context.agree(f"Deactivate {key.id}?", not used):
        key_context.terminal.say("Nothing was changed.")
        return False
    resolved.iam.set_active(resolved.user, key.id, active=False)
    key_context.terminal.ok(f"{key.id} is inactive")
    key_context.terminal.detail(f"awsprof keys activate {key.id} activates it again")
    return True


def delete_key(
    key_context: KeyContext, target: str, signer: str | None = None, *, now: bool
) -> None:
    """Deletes the key if it is inactive; ``now`` deletes an active one too.

    An active key is only deactivated. Raises UsageError instead if --yes was given.
    """
    try:
        resolved = resolve_key(key_context, target, signer)
    except CredentialsError as exc:
        if exc.code != _GONE:
            raise
        key_context.terminal.warn(exc.message)
        if key_context.agree("Delete its secret too?", True):
            forget_key(
                key_context,
                target
                if is_access_key_id(target)
                else long_term_key_of(target, key_context.catalog()) or "",
            )
        return
    key = resolved.key
    if key.active and not now:
        key_context.terminal.say(
            "It is active. Deactivate it, wait until you are sure that nothing needs it, then"
            " delete it."
        )
        if key_context.yes:
            raise UsageError(
                f"{key.id} is active, so it was not deleted.",
                f"deactivate it first: awsprof keys deactivate {key.id}; or add --now",
            )
        if deactivate_key(key_context, resolved):
            key_context.terminal.say(f"In a few days: awsprof keys delete {key.id}")
        return
    _warn_about_users(key_context, resolved)
    if not key_context.agree(f"Delete {key.id} permanently?", False):
        key_context.terminal.say("Nothing was changed.")
        return
    resolved.iam.delete_access_key(resolved.user, key.id)
    forget_key(key_context, key.id)


def forget_key(key_context: KeyContext, key_id: str) -> None:
    """Deletes what awsprof has of a key that IAM has deleted; warns about profiles that use it."""
    drop_secret(key_context, key_id)
    Index.load().end_rotation(key_id)  # if a new key was deleted, --back is the way out
    Index.load().end_stop(key_id)
    key_context.terminal.ok(f"{key_id} deleted")
    for name in profiles_with(key_id, key_context.catalog()):
        key_context.terminal.warn(f"{sanitize(name)} has no key any more.")
        key_context.terminal.detail(
            f"import another: awsprof keys import {arguments(name)};"
            f" or awsprof remove {arguments(name)}"
        )


def _warn_about_users(key_context: KeyContext, resolved: ResolvedKey) -> bool:
    """Shows the key and warns about the profiles that use it; True if there are any."""
    catalog = key_context.catalog()
    names = profiles_with(resolved.key.id, catalog)
    key_context.terminal.say(describe_key(resolved.key, resolved.last))
    if names:
        key_context.terminal.warn(
            f"It is {describe_users(names, catalog)}, which will stop working."
        )
    return bool(names)
