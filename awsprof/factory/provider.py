"""One script's way to credentials: the resolver of the command line, with the script's manners."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from awsprof import settings
from awsprof.auth import botocore_providers, mfa
from awsprof.auth.resolver import Resolver
from awsprof.awsapi import caller_identity
from awsprof.awsapi.credentials import Credentials
from awsprof.factory import process_cache
from awsprof.factory.exceptions import translate_errors, wrong_account_error
from awsprof.factory.options import SessionConfig
from awsprof.factory.refreshable import RefreshableCredentials
from awsprof.fork_safety import ForkSafeLock, lazy_attribute
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import CredentialForm, credential_form, key_in_vault
from awsprof.prompting import NonInteractive, Prompter
from awsprof.shells import arguments
from awsprof.tty import tty_prompter
from awsprof.vault.session_cache import SessionCache

if TYPE_CHECKING:
    from awsprof.vault.keyring_vault import Vault

_OTHERS: Final = 15.0  # seconds that one waits who may not ask, for others who renew


class CredentialSource:
    """How sessions get credentials; shared by the threads and the sessions of a fan-out."""

    def __init__(self, config: SessionConfig) -> None:
        self._wishes = config
        self._loaded: dict[str, Any] = {}
        self._locks: dict[str, ForkSafeLock] = {}
        self._lock = ForkSafeLock()

    def load(self, name: str) -> Any:
        """botocore credentials of a profile, the same for all who ask; they renew by themselves."""
        with self._locks.setdefault(name, ForkSafeLock()):
            if name not in self._loaded:
                self._loaded[name] = self._load(name)
            return self._loaded[name]

    def _load(self, name: str) -> Any:
        from botocore import credentials as bc

        with translate_errors():
            resolver = self.resolver(name)
            profile = resolver.catalog.get(name)
            resolver.fetcher(
                profile, session_options=self._wishes.session_options
            )  # refuses what cannot be

        def obtain(beyond: datetime | None) -> Credentials:
            return self.credentials(name, beyond)

        temporary = credential_form(profile) in (CredentialForm.ROLE, CredentialForm.SSO)
        if temporary or (key_in_vault(profile) and profile.get("mfa_serial")):
            return RefreshableCredentials(obtain, lambda: self._key(name))
        made = obtain(None)
        if made.expires is not None:
            return RefreshableCredentials(obtain, lambda: self._key(name), made)
        token = made.token.reveal() if made.token else None
        return bc.Credentials(
            made.access_key_id, made.secret.reveal(), token, "awsprof", made.account
        )

    def credentials(self, name: str, beyond: datetime | None = None) -> Credentials:
        """A profile's credentials now, of the account that they must be of."""
        with translate_errors():
            resolver = self.resolver(name)
            made = resolver.credentials(
                name, session_options=self._wishes.session_options, beyond=beyond
            )
            if self._wishes.account:
                self.check(caller_identity.whoami(made, profile=resolver.catalog.get(name)))
        return made

    def can_retry(self, loaded: Any, refused: Credentials) -> bool:
        """Whether new credentials may do better than these, which AWS refused; they are dropped."""
        name = next((n for n, known in self._loaded.items() if known is loaded), None)
        if name is None:
            return False
        with translate_errors():
            resolver = self.resolver(name)
            return resolver.can_retry(loaded.key(), refused, resolver.catalog.get(name))

    def check(self, found: caller_identity.Identity) -> None:
        """WrongAccount where the identity is of another account than it must be."""
        if self._wishes.account and found.account != self._wishes.account:
            raise wrong_account_error(self._wishes.account, found.account, found.arn)

    def check_foreign(self, found: Any, session: Any) -> None:
        """The same for credentials of botocore's, which are used for that one question first."""
        with translate_errors():
            ours = botocore_providers.from_botocore(found)
            self.check(caller_identity.whoami(ours, region=session.get_config_variable("region")))

    def resolver(self, name: str) -> Resolver:
        """A resolver over what the two files hold now: a key may be rotated while a job goes on.

        ``name`` is the profile that it is for, as errors tell it.
        """
        return Resolver(
            Catalog.load(),
            self.vault,
            self._prompter(name),
            cache=process_cache.process_cache().over(SessionCache(self.vault)),
            keep_roles=True,
            mfa_options=self._mfa_options,
        )

    def _key(self, name: str) -> str:
        resolver = self.resolver(name)
        fetcher = resolver.fetcher(
            resolver.catalog.get(name), session_options=self._wishes.session_options
        )
        return fetcher.key or ""

    @lazy_attribute
    def _mfa_options(self) -> mfa.MfaOptions:
        given = self._wishes.mfa
        first = mfa.SuppliedCode(given) if given is not None else None
        if self._wishes.interactive:
            return mfa.MfaOptions(first)
        return mfa.MfaOptions(first, windows=False, wait=_OTHERS)

    def _prompter(self, name: str) -> Prompter:
        typed = arguments(name) if name else "PROFILE"
        fix = f"awsprof login {typed} in a terminal, or give the code by mfa="
        return tty_prompter(fix) if self._wishes.interactive else NonInteractive(fix)

    def vault(self) -> Vault:
        """The vault that the settings choose, opened on first use, once."""
        with self._lock:
            return self._vault

    @lazy_attribute
    def _vault(self) -> Vault:
        from awsprof.vault.keyring_vault import open_vault

        patient = self._wishes.interactive
        return open_vault(
            self._prompter(""), settings.get_setting("vault"), patient=patient, ours=False
        )
