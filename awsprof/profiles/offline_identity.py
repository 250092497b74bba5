"""Who a profile is by the files alone: compared, and described in a sentence."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final, NamedTuple, Protocol

from awsprof import key_ids
from awsprof.arn import Arn
from awsprof.masking.mask import mask_text
from awsprof.profiles import process_command
from awsprof.profiles.key_shapes import key_half
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import ProviderType, has_keys, provider_type, secret_of_key
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

_NO_SESSION: Final = ("sso-session", None)


class ProfileLookup(Protocol):
    """Profiles by name, such as a dict of them."""

    def get(self, name: str, /) -> Profile | None:
        """Returns the profile; None if there is none of that name."""
        ...


class SessionLookup(Protocol):
    """The values of sso-sessions by name, such as a dict of them."""

    def get(self, name: str, /) -> Mapping[str, str] | None:
        """Returns the session's values by key; None if there is none of that name."""
        ...


class CredentialOrigin(NamedTuple):
    """The parts of an identity whose change needs a confirmation; not the role within an account.

    ``accounts`` are those of its roles, from the profile's own to that of its last source;
    an account that follows itself is there once.
    ``start`` is what the credentials start from; the name of a source or session that is not
    there, if they would start from that.
    """

    accounts: tuple[str, ...]
    start: Who


class IdentityReader:
    """Works out each profile's identity from the files alone, without AWS and the vault."""

    def __init__(
        self, profiles: ProfileLookup, sessions: SessionLookup, refused: Container[str] = ()
    ) -> None:
        """``refused`` are profiles that contradict their sso-session in what these values omit."""
        self._profiles = profiles
        self._sessions = sessions
        self._refused = refused
        self._known: dict[tuple[str, bool], Who | None] = {}

    def who(self, name: str, *, as_source: bool = False) -> Who | None:
        """Returns the identity that the profile's files give it; None if it has none or does not
        exist.

        ``as_source``: as another role's source_profile.
        """
        known = (name, as_source)
        if known not in self._known:
            self._known[known] = None  # a cycle has no credentials
            profile = self._profiles.get(name)
            if profile is not None:
                self._known[known] = self._of(profile, provider_type(profile, as_source=as_source))
        return self._known[known]

    def credential_origin(self, name: str) -> CredentialOrigin | None:
        """Returns the accounts and the origin that the keys of the profile and of its sources name.

        Keys that lead to no credentials count, too: what they miss may come later. None if the
        profile names nothing, or does not exist.
        """
        return self._origin(name, as_source=False, above=frozenset())

    def _origin(
        self, name: str, *, as_source: bool, above: frozenset[tuple[str, bool]]
    ) -> CredentialOrigin | None:
        profile = self._profiles.get(name)
        if profile is None or (name, as_source) in above:
            return None
        above |= {(name, as_source)}
        match provider_type(profile, as_source=as_source):
            case ProviderType.ROLE:
                beneath = self._source_origin(profile, above)
                account = _account(profile.get("role_arn") or "")
                same = beneath.accounts[:1] == (account,)
                accounts = beneath.accounts if same else (account, *beneath.accounts)
                return CredentialOrigin(accounts, beneath.start)
            case ProviderType.WEB:
                account = _account(profile.get("role_arn") or "")
                return CredentialOrigin((account,), ("web", profile.get("web_identity_token_file")))
            case ProviderType.SSO:
                account = profile.get("sso_account_id") or ""
                return CredentialOrigin((account,), self._start_url(profile))
            case ProviderType.KEYS:
                return CredentialOrigin((), ("key", profile.get("aws_access_key_id")))
            case ProviderType.LOGIN:
                return CredentialOrigin((), ("login", profile.get("login_session")))
            case ProviderType.PROCESS:
                return self._process_origin(profile.get("credential_process") or "", above)
            case _:  # a session without an account may still give a bearer token
                origin = self._start_url(profile)
                return None if origin == _NO_SESSION else CredentialOrigin((), origin)

    def _source_origin(
        self, profile: Profile, above: frozenset[tuple[str, bool]]
    ) -> CredentialOrigin:
        source = profile.get("source_profile")
        if source is None:
            return CredentialOrigin((), ("machine", profile.get("credential_source")))
        found = self._origin(source, as_source=True, above=above)
        return found or CredentialOrigin((), ("profile", source))

    def _process_origin(self, command: str, above: frozenset[tuple[str, bool]]) -> CredentialOrigin:
        line = process_command.parse_command(command)
        if line is None:
            return CredentialOrigin((), ("process", " ".join(command.split())))
        if line.key_id:
            return CredentialOrigin((), ("key", line.key_id))
        found = self._origin(line.profile, as_source=False, above=above)
        return found or CredentialOrigin((), ("profile", line.profile))

    def _start_url(self, profile: Profile) -> Who:
        name = profile.get("sso_session")
        session = self._sessions.get(name or "") or {}
        url = session.get("sso_start_url") or profile.get("sso_start_url")
        return ("sso", url) if url else ("sso-session", name)

    def _of(self, profile: Profile, found: ProviderType) -> Who | None:
        match found:
            case ProviderType.ROLE:
                source = self._source(profile)
                return source and ("role", profile.get("role_arn"), source)
            case ProviderType.WEB:
                token = profile.get("web_identity_token_file")
                return _whole("web", profile.get("role_arn"), token)
            case ProviderType.SSO:
                named = profile.get("sso_session")
                session = self._sessions.get(named) if named else {}
                if session is None or profile.name in self._refused:
                    return None
                if any((profile.get(key) or value) != value for key, value in session.items()):
                    return None  # boto3 refuses a session that is missing or has another value
                place = (session.get(k) or profile.get(k) for k in ("sso_start_url", "sso_region"))
                parts = profile.get("sso_account_id"), profile.get("sso_role_name")
                return _whole("sso", *place, *parts)
            case ProviderType.KEYS:
                secret = secret_of_key(profile)
                half = key_half("secret", secret)[1] if secret else None
                return _whole("key", profile.get("aws_access_key_id"), half)
            case ProviderType.LOGIN:
                return ("login", profile.get("login_session"))
            case ProviderType.PROCESS:
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
    """Returns a sentence on the profile ``name``, which is ``meant`` and would be ``then``."""
    before, after = _describe(meant), _describe(then)
    if before != after:
        return f"{shown(name)} is {before} now and would be {after}."
    if _is_of_key(meant):
        return f"{shown(name)} would have another secret for {after}."
    return f"{shown(name)} would still be {after}, but get its credentials from elsewhere."


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
    """Returns a value for display, with secrets masked, cut to ``limit`` characters."""
    return sanitize(mask_text(text), limit)
