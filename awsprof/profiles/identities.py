"""Who a profile is by the files alone: compared, and described in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from awsprof import key_ids, masking
from awsprof.arn import Arn
from awsprof.profiles import process_command
from awsprof.profiles.key_shapes import key_half
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import CredentialForm, credential_form, has_keys, secret_of_key
from awsprof.text import sanitize

Who = tuple[object, ...]
"""Where a profile's credentials come from, as a comparable tuple. The first item is the kind."""
WHO_KEYS: Final = frozenset(
    {
        *("role_arn", "source_profile", "credential_source", "web_identity_token_file"),
        *("sso_session", "sso_account_id", "sso_role_name", "sso_start_url", "sso_region"),
        *("login_session", "credential_process", "aws_access_key_id"),
    }
)
"""The keys of a profile that decide who it is."""


class ProfileLookup(Protocol):
    """Profiles by name, such as a dict of them."""

    def get(self, name: str, /) -> Profile | None:
        """The profile; None if there is none of that name."""
        ...


class SessionLookup(Protocol):
    """The values of sso-sessions by name, such as a dict of them."""

    def get(self, name: str, /) -> Mapping[str, str] | None:
        """The session's values by key; None if there is none of that name."""
        ...


class IdentityReader:
    """Works out each profile's identity from the files alone, without AWS and the vault."""

    def __init__(self, profiles: ProfileLookup, sessions: SessionLookup) -> None:
        self._profiles = profiles
        self._sessions = sessions
        self._known: dict[tuple[str, bool], Who | None] = {}

    def who(self, name: str, *, as_source: bool = False) -> Who | None:
        """The identity that the profile's files give it; None if it has none or does not exist.

        ``as_source``: as another role's source_profile.
        """
        known = (name, as_source)
        if known not in self._known:
            self._known[known] = None  # a circle has no credentials
            profile = self._profiles.get(name)
            if profile is not None:
                self._known[known] = self._of(
                    profile, credential_form(profile, as_source=as_source)
                )
        return self._known[known]

    def _of(self, profile: Profile, found: CredentialForm) -> Who | None:
        match found:
            case CredentialForm.ROLE:
                source = self._source(profile)
                return source and ("role", profile.get("role_arn"), source)
            case CredentialForm.WEB:
                token = profile.get("web_identity_token_file")
                return _whole("web", profile.get("role_arn"), token)
            case CredentialForm.SSO:
                session = self._sessions.get(profile.get("sso_session") or "") or {}
                place = (session.get(k) or profile.get(k) for k in ("sso_start_url", "sso_region"))
                parts = profile.get("sso_account_id"), profile.get("sso_role_name")
                return _whole("sso", *place, *parts)
            case CredentialForm.KEYS:
                secret = secret_of_key(profile)
                half = key_half("secret", secret)[1] if secret else None
                return _whole("key", profile.get("aws_access_key_id"), half)
            case CredentialForm.LOGIN:
                return ("login", profile.get("login_session"))
            case CredentialForm.PROCESS:
                return self._process(profile.get("credential_process") or "")
            case _:
                return None

    def _source(self, profile: Profile) -> Who | None:
        named = profile.get("source_profile")
        if named is None:
            elsewhere = profile.get("credential_source")
            return ("machine", elsewhere) if elsewhere else None
        if named == profile.name and not has_keys(profile):
            return None
        return self.who(named, as_source=True)

    def _process(self, command: str) -> Who | None:
        line = process_command.parse_command(command)
        if line is None:
            return ("process", " ".join(command.split()))
        return ("key", line.key_id) if line.key_id else self.who(line.profile)


def _whole(*parts: str | None) -> Who | None:
    return parts if all(parts) else None


class IdentityScope(NamedTuple):
    """The parts of an identity whose change needs a confirmation; not the role within an account.

    ``accounts`` are those of its roles, and ``origin`` is what the credentials start from.
    """

    accounts: frozenset[str]
    origin: Who


def identity_scope(who: Who | None) -> IdentityScope | None:
    """The accounts and the origin of an identity; None if there is no identity."""
    match who:
        case None:
            return None
        case ("role", str(arn), tuple(source)):
            beneath = identity_scope(source)
            accounts = beneath.accounts if beneath else frozenset()
            return IdentityScope(accounts | {_account(arn)}, beneath.origin if beneath else ())
        case ("web", str(arn), token):
            return IdentityScope(frozenset({_account(arn)}), ("web", token))
        case ("sso", url, _, str(account), _):
            return IdentityScope(frozenset({account}), ("sso", url))
        case _:
            return IdentityScope(frozenset(), who[:2])  # the secret of a key is not known here


def _account(arn: str) -> str:
    parsed = Arn.parse(arn)
    return parsed.account if parsed else arn


def is_same_identity(one: Who | None, other: Who | None) -> bool:
    """True if both are the same identity; the secret of a key in the vault is not known here."""
    match one, other:
        case ("key", str(key_id), *secret), ("key", str(other_id), *other_secret):
            known = bool(secret and other_secret)
            return key_id == other_id and (secret == other_secret or not known)
        case ("role", str(arn), tuple(source)), ("role", str(other_arn), tuple(other_source)):
            return arn == other_arn and is_same_identity(source, other_source)
        case _:
            return one == other


def describe_change(name: str, meant: Who, then: Who | None) -> str:
    """A sentence on the profile ``name``, which is ``meant`` and would be ``then``."""
    before, after = _describe(meant), _describe(then)
    if before != after:
        return f"{sanitize(name)} is {before} now and would be {after}."
    if _is_of_key(meant):
        return f"{sanitize(name)} would have another secret for {after}."
    return f"{sanitize(name)} would still be {after}, but get its credentials from elsewhere."


def _is_of_key(who: Who) -> bool:
    match who:
        case ("role", _, tuple(source)):
            return _is_of_key(source)
        case _:
            return who[0] == "key"


def _describe(who: Who | None) -> str:
    match who:
        case None:
            return "without credentials"
        case ("key", str(key_id), *_):
            return f"the key {key_ids.display_id(key_id)}"
        case ("role", str(arn), tuple(source)):
            return f"{shown(arn)}, by {_describe(source)}"
        case ("web", str(arn), _):
            return f"{shown(arn)}, by a web identity"
        case ("sso", _, _, str(account), str(role)):
            return f"{shown(role)} of {shown(account)} in Identity Center"
        case ("process", str(command)):
            return f"the process {shown(command, 60)}"
        case _:
            return " ".join(shown(str(part)) for part in who)


def shown(text: str, limit: int = 120) -> str:
    """A value for display, with secrets masked, cut to ``limit`` characters."""
    return sanitize(masking.mask_text(text), limit)
