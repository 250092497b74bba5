"""Resolves a profile to credentials as botocore would, with keys from the vault.

awsprof's own credential_process lines are answered in this process; MFA codes come from ``mfa``;
sessions are cached, and fetched once, under a lock across processes and threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from awsprof import locks, logs, paths
from awsprof.auth import botocore_providers, cache_key, mfa
from awsprof.auth.cached import Cache, CachingFetcher, Fetcher, WaitPolicy
from awsprof.auth.code_retry import retry_with_other_codes
from awsprof.auth.identity_center import refresh
from awsprof.auth.options import PLAIN, SessionOptions
from awsprof.auth.process_provider import ProcessRunner
from awsprof.auth.singleflight import SingleFlight
from awsprof.awsapi import sts
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors import rejection
from awsprof.awsapi.errors.translate import translate_error
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired
from awsprof.fork_safety import ForkSafeLock
from awsprof.profiles.catalog import Catalog, Chain
from awsprof.profiles.form import (
    CredentialForm,
    credential_form,
    has_keys,
    has_token,
    is_role,
    key_in_vault,
    secret_of_key,
)
from awsprof.profiles.model import Profile
from awsprof.prompting import NonInteractive, Prompter
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault import key_cache

if TYPE_CHECKING:
    from awsprof.vault.keyring_vault import Vault

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
        mfa_options: mfa.MfaOptions = mfa.USUAL,
    ) -> None:
        self.catalog = catalog
        self.clients = Clients(fail_fast=many, tell=prompter.show)
        self.clients.on_refusal = self._refused
        self.asks = ask
        self._sources: SingleFlight[Credentials] | None = SingleFlight() if many else None
        self._mfa_options = mfa_options
        self._vault = vault
        self._prompter = prompter
        self._keep_roles = keep_roles
        self._used = mfa.UsedCodes(cache)
        self._fetcher = CachingFetcher(
            cache, WaitPolicy(mfa_options.wait, prompter.show, mfa_options.since)
        )
        self._confirming = ForkSafeLock()
        self._taken: set[str] = set()
        self.process_lines = ProcessRunner(catalog, vault, self.credentials)

    def credentials(
        self,
        name: str,
        *,
        key_id: str | None = None,
        session_options: SessionOptions = PLAIN,
        beyond: datetime | None = None,
        region: str | None = None,
    ) -> Credentials:
        """Return the credentials of a profile.

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
        fetcher = self.fetcher(profile, key_id, session_options, region)

        def attempt() -> Credentials:
            try:
                return fetcher.make()
            except Exception as exc:
                return self._once_more(exc, fetcher, name, chain.links)

        def make() -> Credentials:
            return retry_with_other_codes(attempt, self._used.typed, self._prompter.show)

        return self.kept(replace(fetcher, make=make), name, beyond=beyond, links=chain.links)

    def _once_more(
        self, exc: Exception, fetcher: Fetcher, name: str, links: Sequence[Profile]
    ) -> Credentials:
        """Fetch again if a cached source session was rejected; else raise the error."""
        told = translate_error(exc, profile=sanitize(name), links=links)
        if self._fetcher.is_dropped(rejection.rejected_key_id(exc)):
            return fetcher.make()
        if told.code != "AccessDenied" or not self._outdated(links, exc):
            if told is exc:
                raise exc
            raise told from exc
        with suppress(InteractionRequired):  # a program may have the code
            self._prompter.show(
                f"The role of {sanitize(name)} refused this session: once more, afresh."
            )
        try:
            return fetcher.make()
        except InteractionRequired as needed:
            mend = f"awsprof login {arguments(name)} tries it with a fresh code; {told.fix}"
            raise CredentialsError(told.message, mend, code=told.code) from needed

    def _refused(self, credentials: Credentials, profile: Profile | None) -> None:
        """Drop a cached session that AWS rejects, so that the next caller fetches a new one.

        Keep it if only one region rejects it: a region that the account has not enabled knows
        none of its sessions, and a new session may need another MFA code.
        """
        key_id = credentials.access_key_id
        if credentials.token is None:
            key_cache.drop_answers()
        if not self._fetcher.was_kept(key_id) or self._fetcher.is_dropped(key_id):
            return
        with self._confirming:
            if key_id in self._taken or self._fetcher.is_dropped(key_id):
                return
            self._taken.add(key_id)  # checked once per session
            if self._taken_anywhere(credentials, profile):
                return
            self._fetcher.drop(key_id)
            if self._sources is not None:
                self._sources.forget(lambda made: made.access_key_id == key_id)

    def _taken_anywhere(self, credentials: Credentials, profile: Profile | None) -> bool:
        region = self.clients.first_region(sts.sts_region(profile))
        try:
            self.clients.client("sts", credentials, profile, region).get_caller_identity()
        except Exception as exc:  # a network error proves nothing
            return not rejection.is_rejection(exc)
        return True

    def renew(self, name: str, *, duration: int | None, region: str | None) -> Credentials:
        """Fetch a session that lasts ``duration`` seconds, and cache it as the profile's usual one.

        A cached session that lasts nearly as long is returned as it is. Raises as ``credentials``.
        """
        profile = self.catalog.get(name)
        options = SessionOptions(duration=duration)
        fetcher = replace(
            self.fetcher(profile, None, options, region), key=self.fetcher(profile).key
        )
        beyond = datetime.now(UTC) + timedelta(seconds=duration) - _SLACK if duration else None
        return self.kept(fetcher, name, beyond=beyond, links=self.catalog.chain(name).links)

    def using(self, name: str, use: Callable[[Credentials], _T], **how: Any) -> _T:
        """Return ``use(credentials)``, which calls AWS.

        If AWS rejects cached credentials, call it again with new ones. ``how`` is passed to
        ``credentials``.
        """
        given = self.credentials(name, **how)
        try:
            return use(given)
        except AwsprofError:
            if not self._fetcher.is_dropped(given.access_key_id):
                raise
        return use(self.credentials(name, **how))

    def needs_proof(self, credentials: Credentials) -> bool:
        """Return True if they are cached and AWS has not accepted them within some minutes."""
        key_id = credentials.access_key_id
        return self._fetcher.was_kept(key_id) and not self._fetcher.is_proven(key_id)

    def note_proven(self, credentials: Credentials) -> None:
        """Record that AWS accepts them now."""
        self._fetcher.note_proven(credentials.access_key_id)

    def is_dropped(self, credentials: Credentials) -> bool:
        """Return True if they were cached and AWS has rejected them."""
        return self._fetcher.is_dropped(credentials.access_key_id)

    def can_retry(self, key: str, credentials: Credentials, profile: Profile | None = None) -> bool:
        """Return True if a retry with new credentials may help after AWS rejected these.

        They are then dropped from the cache, where ``key`` is their key.
        """
        if key:
            self._fetcher.in_hand(key, datetime.now(UTC))
        if not self._fetcher.was_kept(credentials.access_key_id):
            return not self._taken_anywhere(credentials, profile)
        self._refused(credentials, profile)
        return self.is_dropped(credentials)

    def kept_role(self, name: str) -> Credentials | None:
        """Return the cached session of a role or Identity Center profile, or None."""
        profile = self.catalog.get(name)
        if not (profile.get("role_arn") or self.catalog.chain(name).session):
            return None
        return self._fetcher.in_hand(cache_key.chain_key(self.catalog, name), datetime.now(UTC))

    def kept(
        self,
        fetcher: Fetcher,
        name: str,
        *,
        beyond: datetime | None = None,
        links: Sequence[Profile] = (),
    ) -> Credentials:
        """Return the fetcher's credentials, from the cache or fetched once.

        Errors call the profile ``name``; ``links`` is its chain, which makes them more precise.
        """
        try:
            return self._fetcher.get(fetcher, beyond or datetime.now(UTC), sanitize(name))
        except AwsprofError:
            raise
        except Exception as exc:
            raise translate_error(exc, profile=sanitize(name), links=links) from exc

    def _outdated(self, links: Sequence[Profile], exc: Exception) -> bool:
        """Return True, and stop using the MFA session, if a role may have refused it for its age.

        A trust policy may require a recent code (aws:MultiFactorAuthAge); an explicit deny may be
        the one that revokes all sessions issued before some time.
        """
        fetcher = self.fetcher(links[-1])
        now = datetime.now(UTC)
        found = self._fetcher.in_hand(fetcher.key, now) if len(links) > 1 and fetcher.key else None
        if found is None or found.expires is None or not fetcher.needs_person:
            return False
        lasts = timedelta(seconds=sts.session_seconds(links[-1]))
        revoked = rejection.is_explicit_deny(exc) and self._fetcher.was_kept(found.access_key_id)
        if now - (found.expires - lasts) < _OLD and not revoked:
            return False
        self._fetcher.refuse(found)
        return True

    def bare_key(self, name: str) -> Credentials | None:
        """Return the profile's vault key without signing in; None if it has none."""
        key_id = key_in_vault(self.catalog.get(name))
        return Credentials(key_id, self._vault().get(key_id)) if key_id else None

    def needs_code(self, name: str) -> bool:
        """Return True if signing in to the profile would ask for an MFA code now."""
        fetcher, now = self.fetcher(self.catalog.get(name)), datetime.now(UTC)
        if (
            not fetcher.needs_person
            or fetcher.key is None
            or self._fetcher.in_hand(fetcher.key, now) is not None
        ):
            return False
        shared = self._shared_session(self.catalog.chain(name).links)
        return shared is None or self._sources is None or shared.key not in self._sources

    def fetcher(
        self,
        profile: Profile,
        key_id: str | None = None,
        session_options: SessionOptions = PLAIN,
        region: str | None = None,
    ) -> Fetcher:
        """Return how the profile gets its credentials, without calling anything yet.

        The choice follows botocore's order (``profiles.form``). ``key_id`` is the key that an
        SDK's credential_process line asks for.
        """
        key_id = key_id or key_in_vault(profile)
        if key_id:
            return self._way_of_key(profile, key_id, session_options)
        found = credential_form(profile)
        if session_options and found is not CredentialForm.ROLE:
            why = "it stands on a web identity" if found is CredentialForm.WEB else "it is no role"
            raise session_options.refused(sanitize(profile.name), why)
        chain = self.catalog.chain(profile.name)
        asked = any(link.get("mfa_serial") for link in _roles(chain))
        kept = asked or (self._keep_roles and _is_keepable(chain))
        key = cache_key.chain_key(self.catalog, profile.name, session_options) if kept else None
        return Fetcher(lambda: self._provided(profile, session_options, region), key, asked)

    def _way_of_key(
        self, profile: Profile, key_id: str, session_options: SessionOptions
    ) -> Fetcher:
        """Return the fetcher of a vault key: the key itself, or its MFA session if it has one."""
        device = None if is_role(profile) else profile.get("mfa_serial")
        if session_options.of_role_alone or (session_options and not device):
            raise session_options.refused(sanitize(profile.name), "it is no role")
        if device:
            return self._session_way(profile, device, key_id, duration=session_options.duration)
        account = profile.get("aws_account_id")

        def read_key() -> Credentials:
            _log.debug("profile %s: key in the vault", sanitize(profile.name))
            return Credentials(key_id, self._vault().get(key_id), account=account)

        return Fetcher(read_key)

    def _session_way(
        self,
        profile: Profile,
        device: str,
        key_id: str,
        *,
        plain: str | None = None,
        duration: int | None = None,
    ) -> Fetcher:
        """Return the fetcher of the key's MFA session (STS GetSessionToken).

        ``plain`` is the secret key if it is in a file instead of the vault.
        """

        def sign_in() -> Credentials:
            place = "config file" if plain else "vault"
            _log.debug("profile %s: key in the %s, with MFA", sanitize(profile.name), place)
            secret = Secret(plain) if plain else self._vault().get(key_id)
            code = self.code(profile, device)
            source = Credentials(key_id, secret)
            return sts.get_session_token(self.clients, source, profile, device, code, duration)

        lasting = str(duration) if duration else profile.get("duration_seconds")
        key = cache_key.mfa_session_key(self.catalog, profile, key_id, device, lasting)
        sources = self._sources
        once = sign_in if sources is None else lambda: sources.of(key, sign_in)
        return Fetcher(once, key, needs_person=True)

    def _shared_session(self, links: Sequence[Profile]) -> Fetcher | None:
        """Return the MFA session that all roles on the same key and device can share.

        None if each role asks for its own code, as in every SDK.
        """
        device = links[0].get("mfa_serial")
        if self._sources is None or not self.asks or not device or len(links) < 2:
            return None
        source = links[1]
        key_id = key_in_vault(source, as_source=True)
        if key_id:
            return self._session_way(source, device, key_id)
        key_id, plain = source.get("aws_access_key_id"), secret_of_key(source)
        whole = credential_form(source, as_source=True) is CredentialForm.KEYS and key_id and plain
        if not whole or has_token(source):
            return None
        return self._session_way(source, device, key_id or "", plain=plain)

    def _provided(
        self, profile: Profile, session_options: SessionOptions, region: str | None
    ) -> Credentials:
        """Return the credentials that botocore's providers find for the profile."""
        chain = self.catalog.chain(profile.name)
        links = chain.links

        def sign_in() -> None:
            if chain.session is not None:
                # botocore would renew it without a lock, and fails on a partial file.
                refresh.require_token(chain.session, profile=sanitize(profile.name))

        def asks_itself(name: str) -> bool:
            """Return True if a role on that profile asks for a code, so it needs the bare key.

            Codes are never sent with temporary credentials.
            """
            above = [link for link in _roles(chain) if link.get("source_profile") == name]
            return any(link.get("mfa_serial") for link in above)

        def answer(words: list[str], name: str) -> botocore_providers.ProcessResult:
            return self.process_lines.answer(words, name, bare=asks_itself(name))

        def prompter(prompt: str) -> str:
            devices = {link.get("mfa_serial") or "": link for link in reversed(links)}
            device = max((d for d in devices if d in prompt), key=len)
            return self.code(devices[device], device)

        def source(name: str) -> Credentials | None:
            if shared is not None:
                return self._fetcher.get(shared, datetime.now(UTC))
            return self._source(name, bare=asks_itself(name))

        shared = self._shared_session(links)
        changed: dict[str, str | None] = {**self.catalog.overrides.get(profile.name, {})}
        if shared is not None:
            changed.update(cache_key.chained_overrides(profile))
        role = profile.get("role_arn")
        top = botocore_providers.FinalRole(
            session_options, sum(link.get("role_arn") == role for link in links)
        )
        where = region or sts.sts_region(profile)
        asking = botocore_providers.ProviderHooks(
            answer, prompter, source, sign_in, self._renewing, where, top, changed
        )
        found = botocore_providers.load_from_providers(profile, self.clients, asking)
        if found is None:
            called = sanitize(profile.name)
            raise CredentialsError(
                f"{called} has no credentials: no key, role, session or process.",
                f"awsprof show {arguments(profile.name)} shows what it has; awsprof sets it up",
                code="source-without-credentials",
            )
        return found

    def _source(self, name: str, *, bare: bool) -> Credentials | None:
        """Return the credentials of a source profile, fetched once; None leaves it to botocore."""
        sources = self._sources
        profile = self.catalog.get(name)
        # For a source profile, botocore's order differs: keys come first, the machine never counts.
        if sources is None or has_keys(profile) or credential_form(profile) is CredentialForm.NONE:
            return None
        if bare:
            key = ("bare", name)
            return sources.of(key, lambda: self.bare_key(name) or self.credentials(name))
        return self.credentials(name)

    def code(self, profile: Profile, device: str) -> str:
        """Return an MFA code of a device. Raises InteractionRequired if nothing can give one."""
        if not self.asks:
            nobody = NonInteractive(f"awsprof login {arguments(profile.name)}")
            return nobody.code(profile=sanitize(profile.name), device=sanitize(device))
        return mfa.get_code(
            profile, device, self._prompter, self._used, self._mfa_options, vault=self._vault
        )

    def _renewing(self, name: str) -> AbstractContextManager[None]:
        """Return a lock to renew an ``aws login`` session: each refresh token works once."""
        login_session = self.catalog.get(name).get("login_session")
        if login_session is None:
            return nullcontext()
        named = cache_key.cache_key("login", login_session).replace("/", "-")
        lock = paths.locks_dir() / f"{named}.lock"
        return locks.hold_lock(lock, purpose="renewing the session of aws login", timeout=60)


def _roles(chain: Chain) -> Sequence[Profile]:
    """Return the links whose role is assumed: all but the last, unless that is a role too."""
    last = chain.links[-1]
    assumed = chain.end is CredentialForm.ROLE or (len(chain.links) == 1 and is_role(last))
    return chain.links if assumed else chain.links[:-1]


def _is_keepable(chain: Chain) -> bool:
    """Return True if the session may be cached: temporary, and set by the two files alone."""
    if chain.end is CredentialForm.PROCESS:
        known = key_in_vault(chain.links[-1], as_source=True) is not None
    else:
        known = chain.end is CredentialForm.KEYS or (
            chain.end is CredentialForm.SSO and chain.session is not None
        )
    return known and credential_form(chain.links[0]) in (CredentialForm.ROLE, CredentialForm.SSO)
