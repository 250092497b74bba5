"""Signs IAM calls with a user's long-term key, and with an MFA session if AWS denies that.

The bare key comes first: a policy that denies older sessions would cut a session off, and an MFA
session prompts for a code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_identity import DELETE_ROOT_KEY
from awsprof.accesskeys.key_users import profiles_with
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import NotPermitted
from awsprof.awsapi.iam_users import IamUsers
from awsprof.awsapi.sts import Identity, get_caller_identity
from awsprof.errors import CredentialsError, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import (
    ProviderType,
    access_key,
    has_token,
    key_in_vault,
    provider_type,
    secret_of_key,
)
from awsprof.secret import Secret
from awsprof.text import sanitize

_T = TypeVar("_T")


@dataclass
class IamSigner:
    """IAM calls signed by one identity; ``sign_in`` gets an MFA session (None: it has no MFA)."""

    who: Identity
    iam: IamUsers
    profile: Profile | None = None
    sign_in: Callable[[], Credentials] | None = None

    @property
    def user(self) -> str:
        """The name of the user. Raises CredentialsError for a role, which has no keys."""
        if self.who.user_name is None:
            raise CredentialsError(
                f"{self.who.arn} is not an IAM user.", "name the profile that has the user's key"
            )
        return self.who.user_name

    def call(self, call: Callable[[IamUsers], _T]) -> _T:
        """Returns the result of ``call``; retries with an MFA session if AWS denies the key."""
        try:
            return call(self.iam)
        except CredentialsError as exc:
            if exc.code != "AccessDenied" or self.sign_in is None or self.iam.temporary:
                raise
            return call(self._signed_in(self.sign_in))

    def read(self, call: Callable[[IamUsers], _T | NotPermitted]) -> _T | NotPermitted:
        """Makes a call that only reads, which returns NotPermitted if AWS denies it."""
        answer = call(self.iam)
        if isinstance(answer, NotPermitted) and self.sign_in and not self.iam.temporary:
            return call(self._signed_in(self.sign_in))
        return answer

    def _signed_in(self, sign_in: Callable[[], Credentials]) -> IamUsers:
        self.iam = IamUsers(sign_in(), profile=self.profile)
        return self.iam


def bare_key(key_context: KeyContext, profile: Profile) -> Credentials:
    """Returns the profile's long-term key. Raises UsageError if it has none."""
    provider, key_id = provider_type(profile, as_source=True), access_key(profile)
    if provider is ProviderType.PROCESS and key_id:
        return Credentials(key_id, key_context.vault().get(key_id))
    secret = secret_of_key(profile)
    if provider is ProviderType.KEYS and key_id and secret and not has_token(profile):
        return Credentials(key_id, Secret(secret))
    links = key_context.catalog().chain(profile.name).links
    source = sanitize(links[-1].name)
    if links[-1].name != profile.name:
        raise UsageError(
            f"{sanitize(profile.name)} is a role; the key belongs to {source}.",
            f"name {source} instead",
        )
    raise UsageError(
        f"{sanitize(profile.name)} has no access key of an IAM user.",
        "awsprof keys list shows which profiles have one",
    )


def signer_for_key(key_context: KeyContext, profile: Profile) -> IamSigner:
    """Returns a signer with the profile's own key.

    An MFA session is always new, so none that was issued earlier is used. Raises CredentialsError
    if AWS rejects the key, or if it is a root user's.
    """
    bare = bare_key(key_context, profile)
    who = get_caller_identity(bare, profile=profile)
    refuse_root(who, bare.access_key_id)

    def sign_in() -> Credentials:
        resolver = key_context.resolver(key_context.catalog())
        if key := resolver.recipe(resolver.catalog.get(profile.name)).key:
            key_context.sessions().drop(key)
        return resolver.credentials(profile.name)

    has_mfa = profile.get("mfa_serial") and key_in_vault(profile)
    iam = IamUsers(bare, profile=profile)
    return IamSigner(who, iam, profile, sign_in if has_mfa else None)


def signer_for_stored_key(key_context: KeyContext, key_id: str, like: Profile | None) -> IamSigner:
    """Returns a signer with a key in the vault that no profile uses yet.

    ``like`` is the profile that will use the key: its MFA device is used if AWS requires a code.
    Raises CredentialsError if AWS rejects the key, or if it is a root user's.
    """
    bare = Credentials(key_id, key_context.vault().get(key_id))
    who = get_caller_identity(bare, profile=like)
    refuse_root(who, key_id)
    iam = IamUsers(bare, profile=like)
    if like is None or not like.get("mfa_serial") or not key_in_vault(like):
        return IamSigner(who, iam, like)
    name = like.name

    def sign_in() -> Credentials:
        return key_context.resolver(key_context.catalog()).credentials(name, key_id=key_id)

    return IamSigner(who, iam, like, sign_in)


def signer_for_profile(key_context: KeyContext, name: str) -> IamSigner:
    """Returns a signer for any profile, a user's or a role's; with its bare key if it has one."""
    catalog = key_context.catalog()
    profile = catalog.get(name)
    if provider_type(profile) is ProviderType.KEYS or key_in_vault(profile):
        return signer_for_key(key_context, profile)
    credentials = key_context.resolver(catalog).credentials(name)
    who = get_caller_identity(credentials, profile=profile)
    refuse_root(who, name)
    return IamSigner(who, IamUsers(credentials, profile=profile), profile)


def refuse_root(who: Identity, name: str) -> None:
    """Raises CredentialsError for an account's root user; ``name`` is the profile or the key."""
    if who.is_root:
        raise CredentialsError(
            f"{sanitize(name)} is the root user of account {who.account}. No policy limits it, so"
            " awsprof does not sign with it.",
            DELETE_ROOT_KEY,
            code="root-key",
        )


def profile_with_key(key_id: str, catalog: Catalog) -> Profile | None:
    """Returns a profile that uses the key, or None."""
    names = profiles_with(key_id, catalog)
    return catalog.get(names[0]) if names else None
