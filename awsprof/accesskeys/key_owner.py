"""Finds out whose a key is, and what the prefix of an IAM unique ID means.

AWS often denies the calls; NotPermitted then says that nothing is known. Never prompts for a code,
except for the profile that you name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from awsprof.accesskeys.incident import QUARANTINE_POLICY
from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_users import profiles_with
from awsprof.accesskeys.signer import bare_key, signer_for_profile
from awsprof.awsapi import sts
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.iam import AccessKey, LastUsed, MfaDevice, NotPermitted
from awsprof.awsapi.iam_users import IamUsers
from awsprof.awsapi.sts import Identity, get_caller_identity
from awsprof.errors import AwsprofError, UsageError
from awsprof.key_ids import is_access_key_id, is_long_term, is_unique_id
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.text import sanitize
from awsprof.vault.index import Index
from awsprof.vault.key_accounts import account_of

# IAM User Guide, "IAM identifiers": what the first four letters of a unique ID stand for.
PREFIXES: Final[Mapping[str, str]] = {
    "AKIA": "a long-term access key",
    "ASIA": "the key of a session, which expires",
    "AIDA": "an IAM user's ID, not a key",
    "AROA": "a role's ID, not a key",
    "AGPA": "a group's ID, not a key",
    "AIPA": "an instance profile's ID, not a key",
    "ANPA": "a managed policy's ID, not a key",
    "ANVA": "the ID of a managed policy's version, not a key",
    "APKA": "a public key's ID",
    "ASCA": "a certificate's ID",
    "ABIA": "a bearer token of STS",
    "ACCA": "a credential of one service",
}


def looks_like_unique_id(text: str) -> bool:
    """True if the text looks like an IAM unique ID, not like a profile's name."""
    return is_unique_id(text) and text[:4] in PREFIXES


def known_accounts(catalog: Catalog) -> Mapping[str, tuple[str, ...]]:
    """Returns the known accounts, with the profiles in each."""
    index = Index.load()
    accounts: dict[str, tuple[str, ...]] = {}
    for profile in catalog.profiles.values():
        account = account_of(profile, index)
        if account:
            accounts[account] = (*accounts.get(account, ()), profile.name)
    return accounts


@dataclass(frozen=True)
class KeyOwner:
    """What is known about an ID: ``kind`` from its prefix, ``account`` from STS, the rest from IAM.

    ``root`` is True for an account's root user. ``here`` are the profiles with the key,
    ``same_account`` those in its account. A field is None if nothing could be asked; ``problems``
    says why.
    """

    id: str
    kind: str
    account: str | NotPermitted | None = None
    here: tuple[str, ...] = ()
    same_account: tuple[str, ...] = ()
    user: str | NotPermitted | None = None
    last_used: LastUsed | NotPermitted | None = None
    keys: tuple[AccessKey, ...] | NotPermitted | None = None
    devices: tuple[MfaDevice, ...] | NotPermitted | None = None
    policies: tuple[str, ...] | NotPermitted | None = None
    root: bool = False
    problems: tuple[str, ...] = field(default=())

    @property
    def quarantined(self) -> bool:
        """True if AWS found a key of the user in public, and attached a policy that says so."""
        attached = self.policies if isinstance(self.policies, tuple) else ()
        return any(name.startswith(QUARANTINE_POLICY) for name in attached)


def find_owner(key_context: KeyContext, key_id: str, using: str | None) -> KeyOwner:
    """Returns what can be found out about an ID; AWS is asked only about access keys."""
    kind = PREFIXES[key_id[:4]]
    if not is_access_key_id(key_id):
        return KeyOwner(key_id, kind)
    catalog = key_context.catalog()
    problems: list[str] = []
    last, who = _ask_key_itself(key_context, key_id)
    account = who.account if who else _account(key_context, key_id, using, problems)
    same_account = known_accounts(catalog).get(account, ()) if isinstance(account, str) else ()
    owner = KeyOwner(key_id, kind, account, profiles_with(key_id, catalog), same_account)
    if who is not None and who.is_root:  # not an IAM user, so IAM knows nothing about it
        return replace(owner, root=True)
    if is_long_term(key_id):
        for iam in _iam_clients(key_context, owner, using):
            answer = _from_iam(owner, iam, last, who)
            if isinstance(answer.user, str):
                owner = answer
                break
            owner = answer if owner.user is None else owner
    unknown = owner.user is None or account is None
    return replace(owner, problems=tuple(dict.fromkeys(problems)) if unknown else ())


def _account(
    key_context: KeyContext, key_id: str, using: str | None, problems: list[str]
) -> str | NotPermitted | None:
    """Returns the key's account, asked with any long-term key here (STS GetAccessKeyInfo)."""
    answer: str | NotPermitted | None = None
    for profile, bare in _bare_keys(key_context, using, problems):
        try:
            return sts.get_access_key_info(bare, key_id, profile)
        except Exception as exc:
            error = translate_error(exc, profile=sanitize(profile.name))
            if error.code == "AccessDenied":
                answer = NotPermitted()
            problems.append(f"{sanitize(profile.name)}: {error.message}")
            if error.code == "ValidationError":
                return None  # not a key that AWS ever issued
    return answer


def _bare_keys(
    key_context: KeyContext, using: str | None, problems: list[str]
) -> Iterator[tuple[Profile, Credentials]]:
    catalog = key_context.catalog()
    seen = set()
    for name in dict.fromkeys([*([using] if using else []), *catalog.profiles]):
        profile = catalog.get(name)
        if profile.get("role_arn"):
            continue
        try:
            bare = bare_key(key_context, profile)
        except AwsprofError as exc:
            if not isinstance(exc, UsageError):  # a profile without a key is not a problem
                problems.append(f"{sanitize(name)}: {exc.message}")
            continue
        if bare.access_key_id not in seen and is_long_term(bare.access_key_id):
            seen.add(bare.access_key_id)
            yield profile, bare


def _iam_clients(key_context: KeyContext, owner: KeyOwner, using: str | None) -> Iterator[IamUsers]:
    """Yields the IAM clients to try: of the profile ``using``, or of the keys in the account."""
    if using:
        yield signer_for_profile(key_context, using).iam
        return
    for profile, bare in _bare_keys(key_context, None, []):
        if profile.name in (*owner.here, *owner.same_account) or not isinstance(owner.account, str):
            yield IamUsers(bare, profile=profile)


def _ask_key_itself(
    key_context: KeyContext, key_id: str
) -> tuple[LastUsed | NotPermitted | None, Identity | None]:
    """Returns the last use of a key that is here, before any other call with it, and who it is."""
    for profile, bare in _bare_keys(key_context, None, []):
        if bare.access_key_id == key_id:
            last = _last_use(IamUsers(bare, profile=profile), key_id)
            try:
                return last, get_caller_identity(bare, profile=profile)
            except AwsprofError:  # deleted or inactive: other keys may know more
                return last, None
    return None, None


def _from_iam(
    owner: KeyOwner, iam: IamUsers, last: LastUsed | NotPermitted | None, who: Identity | None
) -> KeyOwner:
    """Returns the owner with IAM's answers; ``last`` and ``who`` are what the key itself knows."""
    if not isinstance(last, LastUsed):
        last = _last_use(iam, owner.id)
    user = last.user if isinstance(last, LastUsed) else ""
    if not user and who is not None:
        user = who.user_name or ""
    if not user:
        return replace(owner, user=NotPermitted() if last else None)
    return replace(
        owner,
        user=user,
        last_used=last,
        keys=iam.access_keys(user),
        devices=iam.mfa_devices(user),
        policies=iam.attached_policies(user),
    )


def _last_use(iam: IamUsers, key_id: str) -> LastUsed | NotPermitted | None:
    try:
        return iam.last_used(key_id)
    except AwsprofError:  # a deleted key, or a key of another account
        return None
