"""botocore sessions and clients that share their costly parts across many profiles.

A botocore Session per profile parses the config three times and reloads every service model. Here
the config is parsed once, and profiles with the same client settings share a session, one client
per service and region, and its connections. The credentials are set for each call.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import local
from typing import TYPE_CHECKING, Any, Final

from awsprof import paths
from awsprof.awsapi import call_limits
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors import classification, clock
from awsprof.awsapi.errors.network import is_network_error
from awsprof.errors import CredentialsError
from awsprof.fork_safety import ForkSafeLock, lazy_attribute
from awsprof.masking.secret_names import PLACES
from awsprof.profiles.model import Profile
from awsprof.secret import Secret
from awsprof.text import sanitize

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session

_POOL: Final = 16  # open connections per endpoint
# Keys that say who a profile is, but not how its clients are configured.
_IDENTITY_KEYS: Final = PLACES | {
    *("aws_access_key_id", "aws_account_id", "role_arn", "source_profile", "credential_source"),
    *("external_id", "mfa_serial", "mfa_process", "role_session_name", "duration_seconds"),
    *("credential_process", "sso_account_id", "sso_role_name", "sso_session", "output"),
}


class Clients:
    """The sessions and clients of one command, shared by its threads.

    ``skew`` is the clock skew in the last response. With ``fail_fast``, timeouts are shorter, and
    an endpoint that never answered is not called again. ``tell`` is called if a call takes long;
    ``on_refusal`` is called with the credentials that AWS rejected and the profile of the call.
    """

    def __init__(self, *, fail_fast: bool = False, tell: call_limits.Tell | None = None) -> None:
        self.skew: timedelta | None = None
        self.fail_fast = fail_fast
        self.tell = tell
        self.on_refusal: Callable[[Credentials, Profile | None], object] | None = None
        self._sessions: dict[object, Any] = {}
        self._lock = ForkSafeLock(self._sessions.clear)  # a forked child must not share connections
        self._signing = local()

    def session(self, profile: Profile | None) -> Session:
        """Returns the botocore session shared by all profiles with the same client settings."""
        shape = (_shape(profile), self.broken_session(profile))
        with self._lock:
            if shape not in self._sessions:
                self._sessions[shape] = _session(self, profile)
            return self._sessions[shape]

    def broken_session(self, profile: Profile | None) -> str | None:
        """Returns the profile's sso-session if incomplete: botocore then creates no client."""
        name = profile.get("sso_session") if profile else None
        if name is None:
            return None
        session = self.parsed.full_or_no_profiles.get("sso_sessions", {}).get(name, {})
        return None if {"sso_start_url", "sso_region"} <= session.keys() else name

    def client(
        self, name: str, credentials: Credentials, profile: Profile | None, region: str
    ) -> Any:
        """Returns a client that signs with ``credentials``; its calls are those of botocore."""
        return self.session(profile).create_client(
            name,
            region_name=region,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret.reveal(),
            aws_session_token=credentials.token.reveal() if credentials.token else None,
        )

    @lazy_attribute
    def parsed(self) -> Parsed:
        """Both files as botocore parses them."""
        return Parsed()

    @lazy_attribute
    def limits(self) -> Config:
        """Timeouts, retries and the connection pool size of every client."""
        return call_limits.client_limits(fail_fast=self.fail_fast, connections=_POOL)

    @property
    def signing(self) -> Any:
        """The credentials object of the shared clients: returns those of the current call."""
        return _Signing(self._signing)


class Parsed:
    """Both files as botocore parses them, once. Raises botocore's ConfigParseError."""

    @lazy_attribute
    def config(self) -> dict[str, Any]:
        """The config file alone."""
        return _parsed(_loader("load_config"), paths.config_text(), {"profiles": {}})

    @lazy_attribute
    def credentials(self) -> dict[str, Any]:
        """The credentials file alone."""
        return _parsed(_loader("raw_config_parse"), paths.credentials_text(), {})

    @lazy_attribute
    def full(self) -> dict[str, Any]:
        """Both files merged, as in Session.full_config."""
        profiles = {name: dict(values) for name, values in self.config["profiles"].items()}
        for name, values in self.credentials.items():
            profiles.setdefault(name, {}).update(values)
        return {**self.config, "profiles": profiles}

    @lazy_attribute
    def full_or_no_profiles(self) -> dict[str, Any]:
        """``full``, or no profiles if a file cannot be parsed."""
        from botocore.exceptions import ConfigParseError

        try:
            return self.full
        except ConfigParseError:
            return {"profiles": {}}

    @lazy_attribute
    def of_machine(self) -> bool:
        """True if a profile has ``credential_source``: the environment, a container or EC2."""
        return any("credential_source" in each for each in self.full["profiles"].values())


def _loader(name: str) -> Callable[[str], dict[str, Any]]:
    from botocore import configloader

    loader: Callable[[str], dict[str, Any]] = getattr(configloader, name)
    return loader


def _parsed(
    parse: Callable[[str], dict[str, Any]], path: str, without: dict[str, Any]
) -> dict[str, Any]:
    from botocore.exceptions import ConfigNotFound

    try:
        return parse(path)
    except ConfigNotFound:
        return without


def _shape(profile: Profile | None) -> object:
    if profile is None:
        return None
    own = [(key, value.text) for key, value in profile.values.items() if key not in _IDENTITY_KEYS]
    below = [
        (parent, key, value.text)
        for parent, values in profile.nested.items()
        for key, value in values.items()
    ]
    return frozenset([*own, *below])


def _session(clients: Clients, profile: Profile | None) -> Any:
    """Returns a botocore session that shares the config and clients of ``clients``."""
    from botocore import UNSIGNED
    from botocore.session import Session as BotocoreSession

    from awsprof.awsapi.model_files import share_loader

    lock, made = ForkSafeLock(), {}

    class Shared(BotocoreSession):  # type: ignore[misc]  # botocore has no types
        @property
        def full_config(self) -> dict[str, Any]:
            return clients.parsed.full if profile else clients.parsed.full_or_no_profiles

        def get_credentials(self) -> Any:
            return clients.signing

        def create_client(self, name: str, region_name: str | None = None, **given: Any) -> Any:
            config = given.pop("config", None)
            if any(not key.startswith("aws_") for key in given):  # cannot be shared
                own = self._new_client(name, region_name, config=config, **given)
                return call_limits.limit_client(own, tell=clients.tell)
            unsigned = config is not None and config.signature_version is UNSIGNED
            place = (name, region_name or getattr(config, "region_name", None), unsigned)
            with lock:
                if place not in made:
                    client = self._new_client(name, place[1], config=config)
                    made[place] = _SharedClient(
                        clients, call_limits.limit_client(client, tell=clients.tell), profile
                    )
            return _SigningProxy(made[place], None if unsigned else _frozen(given))

        def _new_client(self, *given: Any, **named: Any) -> Any:
            try:
                return super().create_client(*given, **named)
            except (AttributeError, KeyError, TypeError) as exc:  # as of an s3 that is no block
                raise _client_refused(profile, exc) from exc

    of_none: dict[str, Any] = {"profile": (None, [], None, None)}  # ignores AWS_PROFILE
    session = Shared(profile=profile.name) if profile else Shared(session_vars=of_none)
    session.set_default_client_config(clients.limits)
    share_loader(session)
    return session


def _client_refused(profile: Profile | None, exc: Exception) -> CredentialsError:
    whose = f"of {sanitize(profile.name)} " if profile else ""
    return CredentialsError(
        f"boto3 can't make a client with the settings {whose}in the config file"
        f" ({type(exc).__name__}): {sanitize(str(exc))}.",
        "awsprof doctor --offline shows which setting is wrong",
        code="client-refused",
    )


def _frozen(given: dict[str, Any]) -> Any:
    from botocore.credentials import ReadOnlyCredentials

    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    return ReadOnlyCredentials(*(given.get(name) for name in names))


def _ours(theirs: Any) -> Credentials:
    token = Secret(theirs.token) if theirs.token else None
    return Credentials(theirs.access_key, Secret(theirs.secret_key), token)


class _Signing:
    """Credentials for botocore's clients; each thread sees those of its current call."""

    method = "awsprof"

    def __init__(self, now: local) -> None:
        self._now = now

    def get_frozen_credentials(self) -> Any:
        return getattr(self._now, "credentials", None)

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        return lambda: getattr(self.get_frozen_credentials(), name, None)


class _SharedClient:
    """A shared client, which remembers whether its endpoint has ever answered."""

    def __init__(self, clients: Clients, client: Any, profile: Profile | None) -> None:
        self.client = client
        self._clients = clients
        self._profile = profile
        self._answered = False
        self._unreachable: Exception | None = None

    def call(self, method: Callable[..., Any], credentials: Any, given: dict[str, Any]) -> Any:
        """Calls ``method``; with fail_fast, an endpoint that never answered fails at once."""
        from botocore.exceptions import ClientError

        if self._unreachable is not None and self._clients.fail_fast:
            raise self._unreachable
        self._clients._signing.credentials = credentials
        try:
            answer = method(**given)
        except ClientError as exc:
            exc.endpoint_url = self.client.meta.endpoint_url  # both for translate_error
            exc.region_name = self.client.meta.region_name
            self._heard(exc.response)
            if credentials is not None and classification.is_rejection(exc):
                classification.note_rejected_key(exc, credentials.access_key)
                if self._clients.on_refusal is not None:
                    self._clients.on_refusal(_ours(credentials), self._profile)
            raise
        except Exception as exc:
            if not is_network_error(exc) or self._answered:
                raise
            self._unreachable = exc  # whoever calls knows for which profile, and translates it
            raise
        finally:
            self._clients._signing.credentials = None
        self._heard(answer)
        return answer

    def _heard(self, response: Any) -> None:
        self._answered = True
        skew = clock.skew_seconds(response)
        if skew is not None:
            self._clients.skew = skew


class _SigningProxy:
    """A shared client bound to one set of credentials."""

    def __init__(self, shared: _SharedClient, credentials: Any) -> None:
        self._shared = shared
        self._credentials = credentials

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._shared.client, name)
        if name not in self._shared.client.meta.method_to_api_mapping:
            return found
        return lambda **given: self._shared.call(found, self._credentials, given)
