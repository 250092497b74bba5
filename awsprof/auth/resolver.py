"""Resolves a profile to credentials as botocore would, with keys from the vault.

awsprof's own credential_process lines are answered in this process; MFA codes come from ``mfa``;
sessions are cached, and fetched once, under a lock across processes and threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from awsprof import logs
from awsprof.auth import mfa_codes, session_cache_keys
from awsprof.auth.chain_credentials import ProviderChain, assumed_roles, is_cacheable
from awsprof.auth.mfa_sessions import MfaSessions
from awsprof.auth.process_provider import ProcessRunner
from awsprof.auth.rejected_sessions import RejectedSessions
from awsprof.auth.session_fetcher import Cache, SessionFetcher, SessionRecipe, WaitPolicy
from awsprof.auth.session_options import PLAIN, SessionOptions
from awsprof.auth.thread_singleflight import SingleFlight
from awsprof.awsapi import sts
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors import classification
from awsprof.awsapi.errors.translate import translate_error
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import (
    ProviderType,
    is_role,
    key_in_vault,
    provider_type,
)
from awsprof.prompting import Prompter
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.vault.vault import Vault

_T = TypeVar("_T")
_log = logs.get_logger(__name__)
_SLACK: Final = timedelta(minutes=5)  # a session that ends so much sooner is as good
_OLD: Final = timedelta(hours=1)  # an older MFA session may be too old for a role


class Resolver:
    """Resolves the profiles of a catalog; made for one command and shared by its threads.

    - ``keep_roles``: cache role sessions too, not only sessions with MFA. Leave it off to learn
      what AWS says now.
    - ``many``: many profiles will be resolved: sign in to each source once, and ask each MFA
      device for one code.
    - ``ask``: if False, no source is asked for a code, and InteractionRequired is raised at once.
    - ``mfa_options``: how to get a code.
    """

    def __init__(
        self,
        catalog: Catalog,
        vault: Callable[[], Vault],
        prompter: Prompter,
        *,
        cache: Cache | None,
        keep_roles: bool = False,
        many: bool = False,
        ask: bool = True,
        mfa_options: mfa_codes.MfaOptions = mfa_codes.USUAL,
    ) -> None:
        self.catalog = catalog
        self.clients = Clients(fail_fast=many, tell=prompter.show)
        self.asks = ask
        self._sources: SingleFlight[Credentials] | None = SingleFlight() if many else None
        self._vault = vault
        self._prompter = prompter
        self._keep_roles = keep_roles
        self._used_codes = mfa_codes.UsedCodes(cache)
        self._fetcher = SessionFetcher(
            cache, WaitPolicy(mfa_options.wait, prompter.show, mfa_options.since)
        )
        self._rejected = RejectedSessions(self.clients, self._fetcher, self._sources)
        self.process_lines = ProcessRunner(catalog, vault, self.credentials)
        self.mfa_sessions = MfaSessions(
            catalog,
            vault,
            self.clients,
            prompter,
            mfa_options,
            self._used_codes,
            sources=self._sources,
            asks=ask,
        )
        self._provider_chain = ProviderChain(
            catalog,
            self.clients,
            self._fetcher,
            self.mfa_sessions,
            self.process_lines,
            sign_in=self.credentials,
            bare_key=self.bare_key,
            sources=self._sources,
            tell=prompter.show,
        )

    def credentials(
        self,
        name: str,
        *,
        key_id: str | None = None,
        session_options: SessionOptions = PLAIN,
        beyond: datetime | None = None,
        region: str | None = None,
    ) -> Credentials:
        """Returns the credentials of a profile.

        ``key_id`` is the key that its credential_process line names. ``region`` overrides the
        profile's region for STS. Cached sessions are used only if they expire after ``beyond``.
        Raises CredentialsError, InteractionRequired or VaultError with a fix, or UsageError if the
        profile does not support the session options.
        """

        def sign_in() -> Credentials:
            return self._signed_in(name, key_id, session_options, beyond, region)

        special = key_id or session_options or beyond or region
        if self._sources is None or special or not self.catalog.users_of(name):
            return sign_in()
        return self._sources.of(("source", name), sign_in)

    def _signed_in(
        self,
        name: str,
        key_id: str | None,
        session_options: SessionOptions,
        beyond: datetime | None,
        region: str | None,
    ) -> Credentials:
        profile = self.catalog.get(name)
        chain = self.catalog.chain(name)
        if chain.fault and key_id is None:
            fix = chain.fix or f"awsprof show {arguments(name)}"
            raise CredentialsError(chain.fault, fix, code="source-missing")
        recipe = self.recipe(profile, key_id, session_options, region)

        def attempt() -> Credentials:
            try:
                return recipe.make()
            except Exception as exc:
                return self._once_more(exc, recipe, name, chain.links)

        def make() -> Credentials:
            return mfa_codes.retry_with_other_codes(
                attempt, self._used_codes.typed, self._prompter.show
            )

        return self.cached_or_fetched(
            replace(recipe, make=make), name, beyond=beyond, links=chain.links
        )

    def _once_more(
        self, exc: Exception, recipe: SessionRecipe, name: str, links: Sequence[Profile]
    ) -> Credentials:
        """Fetches again if a cached source session was rejected; else raises the error."""
        error = translate_error(exc, profile=sanitize(name), links=links)
        if self._fetcher.is_dropped(classification.rejected_key_id(exc)):
            return recipe.make()
        if error.code != "AccessDenied" or not self._discard_old_session(links, exc):
            if error is exc:
                raise exc
            raise error from exc
        with suppress(InteractionRequired):  # a program may have the code
            self._prompter.show(
                f"The role of {sanitize(name)} refused this session; trying again with a new one."
            )
        try:
            return recipe.make()
        except InteractionRequired as needed:
            fix = f"awsprof login {arguments(name)} tries it with a fresh code; {error.fix}"
            raise CredentialsError(error.message, fix, code=error.code) from needed

    def renew(self, name: str, *, duration: int | None, region: str | None) -> Credentials:
        """Fetches a session of ``duration`` seconds, and caches it as the profile's usual one.

        A cached session that lasts nearly as long is returned as it is. Raises as ``credentials``.
        """
        profile = self.catalog.get(name)
        options = SessionOptions(duration=duration)
        usual = self.recipe(profile)
        recipe = replace(
            self.recipe(profile, None, options, region),
            key=usual.key,
            renewed_key=usual.renewed_key,
        )
        beyond = datetime.now(UTC) + timedelta(seconds=duration) - _SLACK if duration else None
        links = self.catalog.chain(name).links
        session = self.cached_or_fetched(recipe, name, beyond=beyond, links=links)
        if duration and not self._fetcher.came_from_cache(session.access_key_id):
            self._fetcher.note_lifetime(session, duration)
        return session

    def using(self, name: str, use: Callable[[Credentials], _T], **how: Any) -> _T:
        """Returns ``use(credentials)``, which calls AWS.

        If AWS rejects cached credentials, call it again with new ones. ``how`` is passed to
        ``credentials``.
        """
        credentials = self.credentials(name, **how)
        try:
            return use(credentials)
        except AwsprofError:
            if not self._fetcher.is_dropped(credentials.access_key_id):
                raise
        return use(self.credentials(name, **how))

    def needs_proof(self, credentials: Credentials) -> bool:
        """Returns True if they are cached and AWS has not accepted them within some minutes."""
        return self._fetcher.came_from_cache(credentials.access_key_id) and not self.is_proven(
            credentials
        )

    def is_proven(self, credentials: Credentials) -> bool:
        """Returns True if AWS accepted them within some minutes, and no earlier."""
        return self._fetcher.is_proven(credentials.access_key_id)

    def note_proven(self, credentials: Credentials) -> None:
        """Records that AWS accepts them now."""
        self._fetcher.note_proven(credentials.access_key_id)

    def is_dropped(self, credentials: Credentials) -> bool:
        """Returns True if they were cached and AWS has rejected them."""
        return self._fetcher.is_dropped(credentials.access_key_id)

    def can_retry(self, key: str, credentials: Credentials, profile: Profile | None = None) -> bool:
        """Returns True if a retry with new credentials may help after AWS rejected these.

        They are then dropped from the cache, where ``key`` is their key.
        """
        return self._rejected.can_retry(key, credentials, profile)

    def cached_role(self, name: str) -> Credentials | None:
        """Returns the cached session of a role or Identity Center profile, or None."""
        profile = self.catalog.get(name)
        if not (profile.get("role_arn") or self.catalog.chain(name).session):
            return None
        return self._fetcher.cached_if_valid(
            session_cache_keys.chain_key(self.catalog, name), datetime.now(UTC)
        )

    def cached_or_fetched(
        self,
        recipe: SessionRecipe,
        name: str,
        *,
        beyond: datetime | None = None,
        links: Sequence[Profile] = (),
    ) -> Credentials:
        """Returns the recipe's credentials, from the cache or fetched once.

        Errors call the profile ``name``; ``links`` is its chain, which makes them more precise.
        """
        try:
            return self._fetcher.get(recipe, beyond or datetime.now(UTC), sanitize(name))
        except AwsprofError:
            raise
        except Exception as exc:
            raise translate_error(exc, profile=sanitize(name), links=links) from exc

    def _discard_old_session(self, links: Sequence[Profile], exc: Exception) -> bool:
        """Stops using the MFA session, and returns True, if a role may have refused it for its age.

        A trust policy may require a recent code (aws:MultiFactorAuthAge); an explicit deny may be
        the one that revokes all sessions issued before some time.
        """
        recipe = self.recipe(links[-1])
        now = datetime.now(UTC)
        cached = len(links) > 1 and recipe.key is not None
        session = self._fetcher.cached_if_valid(recipe.key or "", now) if cached else None
        if session is None or session.expires is None or not recipe.needs_person:
            return False
        known = self._fetcher.lifetime(session.access_key_id)
        lasts = timedelta(seconds=known or sts.session_seconds(links[-1]))
        cached_before = self._fetcher.came_from_cache(session.access_key_id)
        revoked = classification.is_explicit_deny(exc) and cached_before
        if now - (session.expires - lasts) < _OLD and not revoked:
            return False
        self._fetcher.stop_using(session)
        return True

    def bare_key(self, name: str) -> Credentials | None:
        """Returns the profile's vault key without signing in; None if it has none."""
        key_id = key_in_vault(self.catalog.get(name))
        return Credentials(key_id, self._vault().get(key_id)) if key_id else None

    def needs_code(self, name: str) -> bool:
        """Returns True if signing in to the profile would ask for an MFA code now."""
        recipe, now = self.recipe(self.catalog.get(name)), datetime.now(UTC)
        if (
            not recipe.needs_person
            or recipe.key is None
            or self._fetcher.cached_if_valid(recipe.key, now) is not None
        ):
            return False
        shared = self.mfa_sessions.shared_recipe(self.catalog.chain(name).links)
        return shared is None or self._sources is None or shared.key not in self._sources

    def recipe(
        self,
        profile: Profile,
        key_id: str | None = None,
        session_options: SessionOptions = PLAIN,
        region: str | None = None,
    ) -> SessionRecipe:
        """Returns how the profile gets its credentials, without calling anything yet.

        The choice follows botocore's order (``profiles.provider_order``). ``key_id`` is the key
        that an SDK's credential_process line asks for.
        """
        key_id = key_id or key_in_vault(profile)
        if key_id:
            return self._key_recipe(profile, key_id, session_options)
        provider = provider_type(profile)
        if session_options and provider is not ProviderType.ROLE:
            why = "it uses a web identity" if provider is ProviderType.WEB else "it is not a role"
            raise session_options.refused(sanitize(profile.name), why)
        stated = profile.get("source_identity")
        if stated and provider is ProviderType.ROLE and session_options.source_identity is None:
            session_options = session_options._replace(source_identity=stated)
        chain = self.catalog.chain(profile.name)
        needs_code = any(link.get("mfa_serial") for link in assumed_roles(chain))
        cacheable = needs_code or (self._keep_roles and is_cacheable(chain))

        def make() -> Credentials:
            return self._provider_chain.credentials(profile, session_options, region)

        def key() -> str:
            return session_cache_keys.chain_key(self.catalog, profile.name, session_options)

        def renewed_key() -> str:
            self._provider_chain.renew_sign_in(profile)
            return key()

        if not cacheable:
            return SessionRecipe(make, needs_person=needs_code)
        return SessionRecipe(make, key(), needs_code, renewed_key if chain.session else None)

    def _key_recipe(
        self, profile: Profile, key_id: str, session_options: SessionOptions
    ) -> SessionRecipe:
        """Returns the recipe of a vault key: the key itself, or its MFA session if it has one."""
        device = None if is_role(profile) else profile.get("mfa_serial")
        if session_options.of_role_alone or (session_options and not device):
            raise session_options.refused(sanitize(profile.name), "it is not a role")
        if device:
            return self.mfa_sessions.recipe(
                profile, device, key_id, duration=session_options.duration
            )
        account = profile.get("aws_account_id")

        def read_key() -> Credentials:
            _log.debug("profile %s: key in the vault", sanitize(profile.name))
            return Credentials(key_id, self._vault().get(key_id), account=account)

        return SessionRecipe(read_key)
