"""How long a profile is still signed in, in words; opens no vault and calls no AWS API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from awsprof.auth.identity_center import token_cache
from awsprof.awsapi.credentials import credentials_from_json
from awsprof.errors import VaultError
from awsprof.fork_safety import lazy_attribute
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile, SsoSession

if TYPE_CHECKING:
    from awsprof.auth.resolver import Resolver
    from awsprof.vault.session_cache import SessionCache


class TimeLeftText:
    """The remaining time of the sessions of a catalog's profiles, as it is when first asked."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._of_sessions: dict[str, str] = {}  # by name: thousands of profiles may share one

    def of(self, profile: Profile) -> str:
        """Returns "for 6 h" or "signed out" for Identity Center, "MFA for 11 h", or ""."""
        chain = self._catalog.chain(profile.name)
        if chain.session is not None:
            return self._of_session(chain.session)
        if not any("mfa_serial" in link.values for link in chain.links):
            return ""
        recipe = self._resolver.recipe(profile)
        if not recipe.needs_person or recipe.key is None:
            return ""
        kept = self._cache.get(recipe.key)
        expires = credentials_from_json(kept).expires if kept else None
        if expires is None:
            return "MFA not given"
        return f"MFA {token_cache.describe_time_left(expires - datetime.now(UTC))}"

    def _of_session(self, session: SsoSession) -> str:
        if session.name not in self._of_sessions:
            self._of_sessions[session.name] = token_cache.time_left(session)
        return self._of_sessions[session.name]

    @lazy_attribute
    def _cache(self) -> SessionCache:
        from awsprof.vault.session_cache import SessionCache

        return SessionCache()  # only the kernel keyring: awsprof list opens no vault

    @lazy_attribute
    def _resolver(self) -> Resolver:
        from awsprof.auth.resolver import Resolver
        from awsprof.prompting import NonInteractive

        return Resolver(self._catalog, _closed, NonInteractive(), cache=self._cache)


def _closed() -> NoReturn:
    raise VaultError("awsprof list does not open the vault.", "awsprof login signs a profile in")
