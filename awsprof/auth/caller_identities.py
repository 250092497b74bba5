"""STS GetCallerIdentity for profiles, many at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Thread
from typing import Any, Final

from awsprof import paths
from awsprof.auth import botocore_providers
from awsprof.auth.resolver import Resolver
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.classification import is_rejection
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.sts import Identity, get_caller_identity, sts_region
from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.profiles import current
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.current import KEY_VARIABLES
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import ProviderType, provider_type
from awsprof.secret import Secret
from awsprof.shells import unset_variables
from awsprof.text import sanitize

_AT_ONCE: Final = 16
_SHAPES: Final = frozenset({"credentials-shape", "key-shape"})  # of keys that AWS was not sent
_PATIENCE: Final = 3.0  # seconds
_EXPIRATION: Final = "AWS_CREDENTIAL_EXPIRATION"


@dataclass(frozen=True)
class IdentityResult:
    """A profile's identity, or the error that explains why there is none.

    ``profile`` is empty for credentials that variables name, which belong to none; ``variable`` is
    the first of those.
    """

    profile: str
    identity: Identity | None = None
    error: AwsprofError | None = None
    waits_for_code: bool = False
    variable: str = KEY_VARIABLES[0]


def check_identities(
    resolver: Resolver,
    names: Sequence[str],
    *,
    progress: Callable[[str], object] | None = None,
) -> tuple[IdentityResult, ...]:
    """Returns the identity of each profile, in the order of ``names``; 16 calls at a time."""

    def one(name: str) -> IdentityResult:
        result = _check(resolver, name)
        if progress is not None:
            progress(name)
        return result

    with DaemonPool(_AT_ONCE) as threads:
        return tuple(threads.map(one, names))


def check_environment(catalog: Catalog) -> IdentityResult | None:
    """Returns whose credentials the environment's variables have, if SDKs use them first.

    None if SDKs use a profile, because no variable has or names credentials, or because the
    profile in use comes before a container's.
    """
    if current.keys_win() or current.incomplete_key():
        return _environment_keys(catalog)
    in_use = catalog.profiles.get(current.profile_in_use())
    if current.web_identity_wins(in_use):
        return _web_identity(in_use)
    variable = next((name for name in current.CONTAINER_VARIABLES if name in os.environ), None)
    with_profile = in_use is not None and provider_type(in_use) is not ProviderType.NONE
    if variable is None or current.variable_in_use() or (with_profile and not paths.is_served()):
        return None
    return _container_credentials(variable)


def _web_identity(in_use: Profile | None) -> IdentityResult:
    """Returns the identity of the role and token file that the environment names."""
    variables, clients = os.environ, Clients()
    region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION")
    region = region or sts_region(in_use)
    unset = unset_variables(current.TOKEN_FILE_VARIABLE, current.ROLE_VARIABLE)
    try:
        keys = botocore_providers.load_web_identity(clients, current.profile_in_use(), region)
        found = get_caller_identity(keys, region=region, clients=clients)
        return IdentityResult("", found, variable=current.TOKEN_FILE_VARIABLE)
    except Exception as exc:
        error = translate_error(exc, profile=current.TOKEN_FILE_VARIABLE)
        error.fix = f"correct the variables, or use profiles: {unset}"
        return IdentityResult("", error=error, variable=current.TOKEN_FILE_VARIABLE)


def _container_credentials(variable: str) -> IdentityResult:
    from botocore.credentials import ContainerProvider

    try:
        keys = botocore_providers.from_botocore(ContainerProvider().load())
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        return IdentityResult("", get_caller_identity(keys, region=region), variable=variable)
    except Exception as exc:
        error = translate_error(exc, profile=variable)
        error.fix = f"correct the variable, or use profiles: {unset_variables(variable)}"
        return IdentityResult("", error=error, variable=variable)


def _environment_keys(catalog: Catalog) -> IdentityResult:
    """Returns the identity of the keys in the environment's variables, as SDKs would send them."""
    variables = os.environ
    unset = f"correct the variables, or use profiles: {unset_variables(*KEY_VARIABLES)}"
    if current.incomplete_key():
        problem = "AWS_SECRET_ACCESS_KEY is not set, so boto3 stops."
        return IdentityResult("", error=CredentialsError(problem, unset))
    expired = _expiration_problem(variables.get(_EXPIRATION, ""))
    if expired is not None:
        problem = f"{_EXPIRATION} {expired}, so boto3 does not use the key."
        fix = f"set new credentials; for a key without an end: {unset_variables(_EXPIRATION)}"
        return IdentityResult("", error=CredentialsError(problem, fix))
    names = ("AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN")  # as botocore prefers them
    token = next(filter(None, map(variables.get, names)), None)
    profile = catalog.profiles.get(current.profile_in_use())
    own = profile.get("region") if profile else None
    region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or own
    try:
        keys = Credentials(
            variables.get("AWS_ACCESS_KEY_ID", ""),
            Secret(variables.get("AWS_SECRET_ACCESS_KEY", "")),
            Secret(token) if token else None,
        )
        return IdentityResult("", get_caller_identity(keys, region=region))
    except AwsprofError as exc:
        if is_rejection(exc) or "awsprof keys list" in exc.fix or exc.code in _SHAPES:
            exc.fix = unset
        return IdentityResult("", error=exc)


def _expiration_problem(text: str) -> str | None:
    """Returns what boto3 does not accept in the variable; None if it is fine or not set.

    Source: botocore's EnvProvider.
    """
    from botocore.credentials import parse  # dateutil's

    if not text:
        return None
    try:
        left = parse(text) - datetime.now(UTC)
    except (ValueError, OverflowError, TypeError):
        return "is not a time with its zone"
    return f"was {sanitize(text)}" if left.total_seconds() <= 0 else None


def verify_cached_role(resolver: Resolver, profile: Profile) -> None:
    """Calls AWS with the profile's cached session, which is dropped if AWS rejects it."""
    kept = resolver.cached_role(profile.name)
    if kept is not None:
        with suppress(AwsprofError):  # the profile itself was already checked
            get_caller_identity(kept, profile=profile, clients=resolver.clients)


def verified_credentials(resolver: Resolver, name: str, **how: Any) -> Credentials:
    """Returns credentials for a program whose errors awsprof does not see.

    ``how`` is passed to ``Resolver.credentials``.

    Cached credentials are tried at AWS first, unless they were within the last minutes; rejected
    ones are replaced. If AWS does not answer within three seconds, the cached ones are returned.
    """
    given = resolver.credentials(name, **how)
    if not resolver.needs_proof(given):
        return given
    profile = resolver.catalog.get(name)

    def ask() -> None:
        with suppress(AwsprofError):
            get_caller_identity(given, profile=profile, clients=resolver.clients)
            resolver.note_proven(given)

    asking = Thread(target=ask, name="awsprof-proof", daemon=True)
    asking.start()
    asking.join(_PATIENCE)
    if resolver.is_dropped(given):
        return resolver.credentials(name, **how)
    return given


def _check(resolver: Resolver, name: str) -> IdentityResult:
    try:
        profile = resolver.catalog.get(name)

        def ask(credentials: Credentials) -> Identity:
            return get_caller_identity(credentials, profile=profile, clients=resolver.clients)

        found = resolver.using(name, ask)
        verify_cached_role(resolver, profile)
        return IdentityResult(name, found)
    except InteractionRequired as exc:
        return IdentityResult(name, error=exc, waits_for_code=exc.code == "mfa-needed")
    except AwsprofError as exc:
        return IdentityResult(name, error=exc)
