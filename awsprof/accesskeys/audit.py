"""Whose is this key, and how do the keys of an account stand?

One may often not look, which is a value here, and says nothing about what there is. Nobody is asked
for a code, but for the profile that a person names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.format import profiles_with
from awsprof.accesskeys.signer import bare_key, signer_for_profile
from awsprof.accesskeys.unique_ids import PREFIXES, known_accounts
from awsprof.awsapi import sts
from awsprof.awsapi.caller_identity import Identity, whoami
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.iam import AccessKey, LastUsed, MfaDevice, NotPermitted
from awsprof.awsapi.iam_users import IamUsers
from awsprof.errors import AwsprofError
from awsprof.key_ids import is_access_key_id, is_long_term
from awsprof.profiles.model import Profile
from awsprof.text import sanitize


@dataclass(frozen=True)
class KeyOwner:
    """What is known of an id: ``kind`` by its letters, ``account`` by STS, the rest by IAM.

    ``root`` says that it is the account's root user. ``here`` are the profiles with that very key,
    ``near`` those in its account. What is None was not asked, since there was nobody to ask;
    ``problems`` says why.
    """

    id: str
    kind: str
    account: str | NotPermitted | None = None
    here: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    user: str | NotPermitted | None = None
    last_used: LastUsed | NotPermitted | None = None
    keys: tuple[AccessKey, ...] | NotPermitted | None = None
    devices: tuple[MfaDevice, ...] | NotPermitted | None = None
    policies: tuple[str, ...] | NotPermitted | None = None
    root: bool = False
    problems: tuple[str, ...] = field(default=())

    @property
    def quarantined(self) -> bool:
        """Whether AWS found a key of the user in public, and says so by a policy on the user."""
        attached = self.policies if isinstance(self.policies, tuple) else ()
        return any(name.startswith("AWSCompromisedKeyQuarantine") for name in attached)


def find_owner(key_context: KeyContext, key_id: str, using: str | None) -> KeyOwner:
    """All that can be found out about an id; AWS is asked about access keys alone."""
    kind = PREFIXES[key_id[:4]]
    if not is_access_key_id(key_id):
        return KeyOwner(key_id, kind)
    catalog = key_context.catalog()
    problems: list[str] = []
    last, who = _by_itself(key_context, key_id)
    account = who.account if who else _account(key_context, key_id, using, problems)
    near = known_accounts(catalog).get(account, ()) if isinstance(account, str) else ()
    found = KeyOwner(key_id, kind, account, profiles_with(key_id, catalog), near)
    if who is not None and who.is_root:  # whom IAM knows as no user, and who should have no key
        return replace(found, root=True)
    if is_long_term(key_id):
        for iam in _eyes(key_context, found, using, problems):
            seen = _seen(found, iam, last, who)
            if isinstance(seen.user, str):
                found = seen
                break
            found = seen if found.user is None else found
    told = tuple(dict.fromkeys(problems)) if found.user is None or account is None else ()
    return replace(found, problems=told)


def _account(
    key_context: KeyContext, key_id: str, using: str | None, problems: list[str]
) -> str | NotPermitted | None:
    """By any long-term key that there is: AWS tells it to whoever asks (STS GetAccessKeyInfo)."""
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
                return None  # it is no key that AWS ever gave out, whoever asks
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
            if exc.exit_code != 2:  # else it has no key, which is no problem
                problems.append(f"{sanitize(name)}: {exc.message}")
            continue
        if bare.access_key_id not in seen and is_long_term(bare.access_key_id):
            seen.add(bare.access_key_id)
            yield profile, bare


def _eyes(
    key_context: KeyContext, found: KeyOwner, using: str | None, problems: list[str]
) -> Iterator[IamUsers]:
    """Who may be able to look: the profile that is named, else the keys in that account."""
    if using:
        yield signer_for_profile(key_context, using).iam
        return
    for profile, bare in _bare_keys(key_context, None, []):
        if profile.name in (*found.here, *found.near) or not isinstance(found.account, str):
            yield IamUsers(bare, profile=profile)


def _by_itself(
    key_context: KeyContext, key_id: str
) -> tuple[LastUsed | NotPermitted | None, Identity | None]:
    """The last use of a key that is here, before anything else is signed by it; who it is."""
    for profile, bare in _bare_keys(key_context, None, []):
        if bare.access_key_id == key_id:
            last = _or_nothing(IamUsers(bare, profile=profile), key_id)
            try:
                return last, whoami(bare, profile=profile)
            except AwsprofError:  # it has ended: others may know more of it
                return last, None
    return None, None


def _seen(
    found: KeyOwner, iam: IamUsers, last: LastUsed | NotPermitted | None, who: Identity | None
) -> KeyOwner:
    """What IAM tells these eyes of the key and its user; ``last`` and ``who`` may be known."""
    if not isinstance(last, LastUsed):
        last = _or_nothing(iam, found.id)
    user = last.user if isinstance(last, LastUsed) else ""
    if not user and who is not None and ":user/" in who.arn:
        user = who.arn.rsplit("/", 1)[-1]
    if not user:
        return replace(found, user=NotPermitted() if last else None)
    return replace(
        found,
        user=user,
        last_used=last,
        keys=iam.access_keys(user),
        devices=iam.mfa_devices(user),
        policies=iam.attached_policies(user),
    )


def _or_nothing(iam: IamUsers, key_id: str) -> LastUsed | NotPermitted | None:
    try:
        return iam.last_used(key_id)
    except AwsprofError:  # a key that ended, or a key of another account
        return None
