"""Runs botocore's providers for a profile, with awsprof's MFA codes, sources and process lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from awsprof import locks, paths
from awsprof.auth import botocore_providers, session_cache_keys
from awsprof.auth.identity_center import refresh
from awsprof.auth.mfa_sessions import MfaSessions
from awsprof.auth.process_provider import ProcessRunner
from awsprof.auth.session_fetcher import SessionFetcher, SessionRecipe
from awsprof.auth.session_options import SessionOptions
from awsprof.auth.thread_singleflight import SingleFlight
from awsprof.awsapi import sts
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import CredentialsError
from awsprof.profiles import durations
from awsprof.profiles.catalog import Catalog, Chain
from awsprof.profiles.model import Profile, SsoSession
from awsprof.profiles.provider_order import (
    ProviderType,
    has_keys,
    is_role,
    key_in_vault,
    provider_type,
)
from awsprof.shells import arguments
from awsprof.text import sanitize

NO_CREDENTIALS: Final = "source-without-credentials"
"""The code of the error for a profile from which botocore gets no credentials."""


@dataclass(frozen=True, eq=False, repr=False)
class ProviderChain:
    """Gets credentials from botocore's providers, for one resolver.

    ``sign_in`` returns a profile's credentials and ``bare_key`` its key in the vault, without MFA;
    ``sources`` are the source profiles that were already signed in, None if they are not shared.
    ``tell`` gets sentences for the user.
    """

    catalog: Catalog
    clients: Clients
    fetcher: SessionFetcher
    mfa_sessions: MfaSessions
    process_lines: ProcessRunner
    sign_in: Callable[[str], Credentials]
    bare_key: Callable[[str], Credentials | None]
    sources: SingleFlight[Credentials] | None
    tell: Callable[[str], object]

    def credentials(
        self, profile: Profile, session_options: SessionOptions, region: str | None
    ) -> Credentials:
        """Returns the credentials that botocore's providers find for the profile."""
        links = self.catalog.chain(profile.name).links
        shared = self.mfa_sessions.shared_recipe(links)
        changed: dict[str, str | None] = {**self.catalog.overrides.get(profile.name, {})}
        if shared is not None:
            changed.update(_chained_overrides(profile))
        role = profile.get("role_arn")
        top = botocore_providers.FinalRole(
            session_options, sum(link.get("role_arn") == role for link in links)
        )
        hooks = self._hooks(profile, shared, region or sts.sts_region(profile), top, changed)
        found = botocore_providers.load_from_providers(profile, self.clients, hooks)
        if found is None:
            raise _no_credentials(profile)
        return found

    def renew_sign_in(self, profile: Profile) -> None:
        """Renews the Identity Center token of the profile's chain, if it has one that ends soon.

        Raises CredentialsError if it has expired and AWS cannot be reached to renew it.
        """
        session = self._usable_session(profile)
        if session is not None:
            refresh.valid_token(session, tell=self.tell)

    def _usable_session(self, profile: Profile) -> SsoSession | None:
        """Returns the chain's Identity Center session; None if botocore makes no client for it.

        With a broken session of its own botocore says so first.
        """
        session = self.catalog.chain(profile.name).session
        broken = session is not None and self.clients.broken_session(profile) is not None
        return None if broken else session

    def _hooks(
        self,
        profile: Profile,
        shared: SessionRecipe | None,
        region: str,
        top: botocore_providers.FinalRole,
        changed: Mapping[str, str | None],
    ) -> botocore_providers.ProviderHooks:
        """Returns what botocore's providers call; ``shared`` is the sources' shared session."""
        chain = self.catalog.chain(profile.name)
        links, assumed = chain.links, assumed_roles(chain)

        def sign_in() -> None:
            session = self._usable_session(profile)
            if session is not None:
                # botocore would renew it without a lock, and fails on a partial file.
                target = LoginTarget(sanitize(profile.name))
                refresh.require_token(session, target, tell=self.tell)

        def asks_itself(name: str) -> bool:
            """Returns True if a role on that profile asks for a code, so it needs the bare key.

            Codes are never sent with temporary credentials.
            """
            above = [link for link in assumed if link.get("source_profile") == name]
            return any(link.get("mfa_serial") for link in above)

        def answer(words: list[str], name: str) -> botocore_providers.ProcessResult:
            return self.process_lines.answer(words, name, bare=asks_itself(name))

        def prompter(prompt: str) -> str:
            devices = {link.get("mfa_serial") or "": link for link in reversed(links)}
            device = max((d for d in devices if d in prompt), key=len)
            return self.mfa_sessions.code(devices[device], device)

        def source(name: str) -> Credentials | None:
            if shared is not None:
                return self.fetcher.get(shared, datetime.now(UTC))
            return self._source(name, bare=asks_itself(name))

        return botocore_providers.ProviderHooks(
            answer, prompter, source, sign_in, self._renewing, region, top, changed
        )

    def _source(self, name: str, *, bare: bool) -> Credentials | None:
        """Returns the credentials of a source profile, fetched once; None leaves it to botocore."""
        sources = self.sources
        profile = self.catalog.get(name)
        # For a source profile, botocore's order differs: keys come first, the machine never counts.
        if sources is None or has_keys(profile) or provider_type(profile) is ProviderType.NONE:
            return None
        if bare:
            key = ("bare", name)
            return sources.of(key, lambda: self.bare_key(name) or self.sign_in(name))
        return self.sign_in(name)

    def _renewing(self, name: str) -> AbstractContextManager[None]:
        """Returns a lock to renew an ``aws login`` session: each refresh token works once."""
        login_session = self.catalog.get(name).get("login_session")
        if login_session is None:
            return nullcontext()
        named = session_cache_keys.cache_key("login", login_session).replace("/", "-")
        lock = paths.locks_dir() / f"{named}.lock"
        return locks.hold_lock(lock, purpose="renewing the session of aws login", timeout=60)


def assumed_roles(chain: Chain) -> Sequence[Profile]:
    """Returns the links whose role is assumed: all but the last, unless that is a role too."""
    last = chain.links[-1]
    assumed = chain.end is ProviderType.ROLE or (len(chain.links) == 1 and is_role(last))
    return chain.links if assumed else chain.links[:-1]


def is_cacheable(chain: Chain) -> bool:
    """Returns True if the session may be cached: temporary, and set by the two files alone."""
    if chain.end is ProviderType.PROCESS:
        known = key_in_vault(chain.links[-1], as_source=True) is not None
    else:
        known = chain.end is ProviderType.KEYS or (
            chain.end is ProviderType.SSO and chain.session is not None
        )
    return known and provider_type(chain.links[0]) in (ProviderType.ROLE, ProviderType.SSO)


def _no_credentials(profile: Profile) -> CredentialsError:
    """Returns the error for a profile from which no provider of botocore's gets credentials."""
    shown, session = sanitize(profile.name), profile.get("sso_session")
    if session and not (profile.get("sso_account_id") or profile.get("sso_role_name")):
        what = "it names no sso_account_id and sso_role_name"
        fix = f"awsprof sso discover {arguments(session)} creates profiles that do"
    else:
        what = "no key, role, session or process"
        fix = (
            f"awsprof show {arguments(profile.name)} shows what it has; to set it up: awsprof setup"
        )
    return CredentialsError(f"{shown} has no credentials: {what}.", fix, code=NO_CREDENTIALS)


def _chained_overrides(profile: Profile) -> dict[str, str | None]:
    """Returns the overrides for a role on an MFA session: no MFA code, and one hour at most."""
    long = durations.exceeds_chained_limit(profile.get("duration_seconds"))
    shorter = {"duration_seconds": str(durations.CHAINED_LIMIT)} if long else {}
    return {"mfa_serial": None, **shorter}
