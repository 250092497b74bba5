"""Whose hand does it: one user's key as it is, and with an MFA code where AWS wants one.

The key as it is comes first: a session would be cut off by a denial of older sessions, and asks a
person for a code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.format import profiles_with
from awsprof.accesskeys.key_owner import DELETE_ROOT_KEY
from awsprof.auth.logout import forget_profile_sessions
from awsprof.awsapi.caller_identity import Identity, whoami
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import NotPermitted
from awsprof.awsapi.iam_users import IamUsers
from awsprof.errors import CredentialsError, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import (
    CredentialForm,
    access_key,
    credential_form,
    has_token,
    key_in_vault,
    secret_of_key,
)
from awsprof.profiles.model import Profile
from awsprof.secret import Secret
from awsprof.text import sanitize

_T = TypeVar("_T")


@dataclass
class IamSigner:
    """IAM by the credentials of one identity; ``sign_in`` makes a session with MFA of them."""

    who: Identity
    iam: IamUsers
    profile: Profile | None = None
    sign_in: Callable[[], Credentials] | None = None

    @property
    def user(self) -> str:
        """The name of the user. CredentialsError where it is none: a role has no keys."""
        if ":user/" not in self.who.arn:
            raise CredentialsError(
                f"{self.who.arn} is no IAM user.", "name the profile that has the user's key"
            )
        return self.who.arn.rsplit("/", 1)[-1]

    def do(self, call: Callable[[IamUsers], _T]) -> _T:
        """What the call gives, with a code where the key as it is was denied it."""
        try:
            return call(self.iam)
        except CredentialsError as exc:
            if exc.code != "AccessDenied" or self.sign_in is None or self.iam.temporary:
                raise
            return call(self._signed_in(self.sign_in))

    def look(self, call: Callable[[IamUsers], _T | NotPermitted]) -> _T | NotPermitted:
        """The same of what only looks, where not to be permitted is an answer."""
        found = call(self.iam)
        if isinstance(found, NotPermitted) and self.sign_in and not self.iam.temporary:
            return call(self._signed_in(self.sign_in))
        return found

    def _signed_in(self, sign_in: Callable[[], Credentials]) -> IamUsers:
        self.iam = IamUsers(sign_in(), profile=self.profile)
        return self.iam


def bare_key(key_context: KeyContext, profile: Profile) -> Credentials:
    """The profile's long-term key, as it is. UsageError where it has none."""
    found, key_id = credential_form(profile, as_source=True), access_key(profile)
    if found is CredentialForm.PROCESS and key_id:
        return Credentials(key_id, key_context.vault().get(key_id))
    secret = secret_of_key(profile)
    if found is CredentialForm.KEYS and key_id and secret and not has_token(profile):
        return Credentials(key_id, Secret(secret))
    links = key_context.catalog().chain(profile.name).links
    below = sanitize(links[-1].name)
    if links[-1].name != profile.name:
        raise UsageError(
            f"{sanitize(profile.name)} is a role, and the key is that of {below}.",
            f"name {below} in its place",
        )
    raise UsageError(
        f"{sanitize(profile.name)} has no access key of an IAM user.",
        "awsprof keys list shows which profiles have one",
    )


def signer_for_key(key_context: KeyContext, profile: Profile) -> IamSigner:
    """The hand of the profile's own key. CredentialsError where AWS does not take it, or it is
    root's.

    A session is made anew, so that none is used which was issued before.
    """
    bare = bare_key(key_context, profile)
    who = whoami(bare, profile=profile)
    refuse_root(who, bare.access_key_id)

    def sign_in() -> Credentials:
        resolver = key_context.resolver(key_context.catalog())
        forget_profile_sessions(resolver, key_context.sessions(), [profile.name])
        return resolver.credentials(profile.name)

    with_code = profile.get("mfa_serial") and key_in_vault(profile)
    iam = IamUsers(bare, profile=profile)
    return IamSigner(who, iam, profile, sign_in if with_code else None)


def signer_for_stored_key(key_context: KeyContext, key_id: str, like: Profile | None) -> IamSigner:
    """The hand of a key in the vault that no profile has yet.

    Where AWS wants a code it is one of the device of ``like``, the profile that is to have the
    key. CredentialsError where AWS does not take it, or it is root's.
    """
    bare = Credentials(key_id, key_context.vault().get(key_id))
    who = whoami(bare, profile=like)
    refuse_root(who, key_id)
    iam = IamUsers(bare, profile=like)
    if like is None or not like.get("mfa_serial") or not key_in_vault(like):
        return IamSigner(who, iam, like)
    name = like.name

    def sign_in() -> Credentials:
        return key_context.resolver(key_context.catalog()).credentials(name, key_id=key_id)

    return IamSigner(who, iam, like, sign_in)


def signer_for_profile(key_context: KeyContext, name: str) -> IamSigner:
    """The hand of whoever the profile is, a role or a user; its key as it is, where it has one."""
    catalog = key_context.catalog()
    profile = catalog.get(name)
    if credential_form(profile) is CredentialForm.KEYS or key_in_vault(profile):
        return signer_for_key(key_context, profile)
    credentials = key_context.resolver(catalog).credentials(name)
    who = whoami(credentials, profile=profile)
    refuse_root(who, name)
    return IamSigner(who, IamUsers(credentials, profile=profile), profile)


def refuse_root(who: Identity, called: str) -> None:
    """CredentialsError where it is an account's root user, who has no place here."""
    if who.is_root:
        raise CredentialsError(
            f"{sanitize(called)} is the root user of account {who.account}: nothing limits it, so"
            " awsprof does nothing with it.",
            DELETE_ROOT_KEY,
            code="root-key",
        )


def profile_with_key(key_id: str, catalog: Catalog) -> Profile | None:
    """A profile that hands out that key, if there is one."""
    names = profiles_with(key_id, catalog)
    return catalog.get(names[0]) if names else None
