"""The credential source of a script's sessions: the command line's resolver, with their options.

Sessions of this process are cached in memory. One that the kernel keyring or the vault stores,
shared with the command line, is not, so that ``awsprof logout`` reaches every session that it can.
"""

from __future__ import annotations

import functools
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from awsprof import paths, settings
from awsprof.auth import botocore_providers, fast_path, mfa_codes
from awsprof.auth.code_sources import SuppliedCodeSource
from awsprof.auth.resolver import Resolver
from awsprof.auth.session_fetcher import Cache
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.sts import Identity, get_caller_identity
from awsprof.errors import UsageError
from awsprof.factory.exceptions import translate_errors, wrong_account_error
from awsprof.factory.options import SessionConfig
from awsprof.factory.refreshable import RefreshableCredentials
from awsprof.fork_safety import ForkSafeLock, lazy_attribute
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import ProviderType, key_in_vault, provider_type
from awsprof.prompting import NonInteractive, Prompter
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.tty import tty_prompter
from awsprof.vault.session_cache import SessionCache

if TYPE_CHECKING:
    from awsprof.vault.vault import Vault
_RENEWAL_WAIT_S: Final = 15.0  # seconds to wait for another process, if this one must not prompt


class ProcessCache:
    """Stores in memory what another cache does not store."""

    def __init__(self) -> None:
        self._payloads: dict[str, bytes] = {}
        self._lock = ForkSafeLock()

    def over(self, shared: Cache) -> Cache:
        """Returns a cache that tries ``shared`` first."""
        return _LayeredCache(self, shared)

    def get(self, key: str) -> bytes | None:
        """Returns the payload stored under ``key``, or None."""
        return self._payloads.get(key)

    def put(self, key: str, payload: bytes | None) -> None:
        """Stores ``payload`` under ``key``; None removes it."""
        with self._lock:
            if payload is None:
                self._payloads.pop(key, None)
            else:
                self._payloads[key] = payload


class _LayeredCache:
    def __init__(self, memory: ProcessCache, shared: Cache) -> None:
        self._memory = memory
        self._shared = shared

    def get(self, key: str) -> bytes | None:
        return self._shared.get(key) or self._memory.get(key)

    def put(self, key: str, payload: bytes, expires: datetime, *, needs_person: bool) -> None:
        stored = self._shared.put(key, payload, expires, needs_person=needs_person)
        self._memory.put(key, None if stored else payload)

    def drop(self, key: str) -> None:
        self._shared.drop(key)
        self._memory.put(key, None)


@functools.cache
def _cache_of(folder: str) -> ProcessCache:
    return ProcessCache()


def process_cache() -> ProcessCache:
    """Returns the cache of this process for the current data directory."""
    return _cache_of(paths.data_text())


class CredentialSource:
    """Gets and renews credentials for one set of session options. Thread-safe.

    ``loaded`` has what was loaded so far, by profile.
    """

    def __init__(self, config: SessionConfig, loaded: dict[str, Any] | None = None) -> None:
        self._config = config
        self._loaded: dict[str, Any] = {} if loaded is None else loaded
        self._locks: dict[str, ForkSafeLock] = {}
        self._lock = ForkSafeLock()

    def load(self, name: str) -> Any:
        """Returns botocore credentials of a profile, which renew; the same object at each call."""
        with self._locks.setdefault(name, ForkSafeLock()):
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def _load(self, name: str) -> Any:
        from botocore import credentials as bc

        with translate_errors():
            resolver = self.resolver(name)
            profile = resolver.catalog.get(name)
            if self._config.mfa_serial:
                _check_asks_for_code(profile)
            # Raises UsageError if the options do not fit the profile.
            resolver.recipe(profile, session_options=self._config.session_options)

        def fetch(beyond: datetime | None) -> Credentials:
            return self.credentials(name, beyond)

        temporary = provider_type(profile) in (ProviderType.ROLE, ProviderType.SSO)
        if temporary or (key_in_vault(profile) and profile.get("mfa_serial")):
            return RefreshableCredentials(fetch, lambda: self.cache_key(name))
        credentials = fetch(None)
        if credentials.expires is not None:
            return RefreshableCredentials(fetch, lambda: self.cache_key(name), credentials)
        token = credentials.token.reveal() if credentials.token else None
        return bc.Credentials(
            credentials.access_key_id,
            credentials.secret.reveal(),
            token,
            "awsprof",
            credentials.account,
        )

    def credentials(self, name: str, beyond: datetime | None = None) -> Credentials:
        """Returns a profile's current credentials. Raises WrongAccount if the account differs."""
        fingerprint = fast_path.request_fingerprint([name])
        with translate_errors():
            resolver = self.resolver(name)
            credentials = resolver.credentials(
                name, session_options=self._config.session_options, beyond=beyond
            )
            self._index_session(resolver, name, fingerprint, credentials)
            if self._config.account:
                self.check(get_caller_identity(credentials, profile=resolver.catalog.get(name)))
        return credentials

    def _index_session(
        self, resolver: Resolver, name: str, fingerprint: str, credentials: Credentials
    ) -> None:
        """Indexes the session under the request's fingerprint, for the next process.

        Not if a file has changed since the fingerprint was computed.
        """
        if self._config.shapes_session or credentials.expires is None:
            return
        cache, key = SessionCache(), resolver.recipe(resolver.catalog.get(name)).key
        if not key or cache.get(key) is None:
            return
        if fast_path.request_fingerprint([name]) == fingerprint:
            cache.alias(fingerprint, key, credentials.expires)

    def can_retry(self, loaded: Any, refused: Credentials) -> bool:
        """True if new credentials may work; drops the rejected ones from the cache."""
        name = next((n for n, known in self._loaded.items() if known is loaded), None)
        if name is None:
            return False
        with translate_errors():
            resolver = self.resolver(name)
            return resolver.can_retry(loaded.key(), refused, resolver.catalog.get(name))

    def check(self, found: Identity) -> None:
        """Raises WrongAccount if the identity is not in the expected account."""
        if self._config.account and found.account != self._config.account:
            raise wrong_account_error(self._config.account, found.account, found.arn)

    def check_foreign(self, found: Any, session: Any) -> None:
        """Checks the account of credentials that botocore found, by calling GetCallerIdentity."""
        name = session.get_config_variable("profile") or "default"
        with translate_errors():
            ours = botocore_providers.from_botocore(found)
            region, catalog = session.get_config_variable("region"), Catalog.load()
            profile = catalog.profiles.get(name)
            self.check(get_caller_identity(ours, region=region, client_profile=profile))

    def resolver(self, name: str) -> Resolver:
        """Returns a resolver that reads both files anew: a key may be rotated while a job runs.

        ``name`` is the profile, for error messages.
        """
        catalog = Catalog.load()
        if self._config.mfa_serial and name in catalog.profiles:
            catalog = catalog.with_value(name, "mfa_serial", self._config.mfa_serial)
        return Resolver(
            catalog,
            self.vault,
            self._prompter(name),
            cache=process_cache().over(SessionCache(self.vault)),
            keep_roles=True,
            mfa_options=self._mfa_options,
        )

    def code(self, name: str, device: str) -> str:
        """Returns an MFA code of a device, for a profile. Raises InteractionRequired."""
        resolver = self.resolver(name)
        profile = resolver.catalog.profiles.get(name) or Profile(name, {}, {}, ())
        return resolver.mfa_sessions.code(profile, device)

    def cache_key(self, name: str) -> str:
        """Returns the key of the profile's session in the session cache; empty if it has none."""
        resolver = self.resolver(name)
        recipe = resolver.recipe(
            resolver.catalog.get(name), session_options=self._config.session_options
        )
        return recipe.key or ""

    @lazy_attribute
    def _mfa_options(self) -> mfa_codes.MfaOptions:
        supplied = self._config.mfa
        first = SuppliedCodeSource(supplied) if supplied is not None else None
        if self._config.interactive:
            return mfa_codes.MfaOptions(first)
        return mfa_codes.MfaOptions(first, windows=False, wait=_RENEWAL_WAIT_S)

    def _prompter(self, name: str) -> Prompter:
        word = arguments(name) if name else "PROFILE"
        fix = f"run awsprof login {word} in a terminal, or pass the code with mfa="
        return tty_prompter(fix) if self._config.interactive else NonInteractive(fix)

    def vault(self) -> Vault:
        """Returns the vault that the settings choose, opened once, on first use."""
        with self._lock:
            return self._vault

    @lazy_attribute
    def _vault(self) -> Vault:
        from awsprof.vault.vault import open_vault

        patient = self._config.interactive
        return open_vault(
            self._prompter(""), settings.get_setting("vault"), patient=patient, ours=False
        )


def _check_asks_for_code(profile: Profile) -> None:
    """Raises UsageError if no MFA device can belong to the profile's credentials."""
    if key_in_vault(profile) or provider_type(profile) is ProviderType.ROLE:
        return
    raise UsageError(
        f"mfa_serial does not apply to {sanitize(profile.name)}: it is no role, and has no key in"
        " the vault.",
        "leave mfa_serial out, or name a role",
    )
