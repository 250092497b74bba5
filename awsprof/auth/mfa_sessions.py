"""MFA sessions of IAM users' keys (STS GetSessionToken)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awsprof import logs
from awsprof.auth import mfa_codes, session_cache_keys
from awsprof.auth.session_fetcher import SessionRecipe
from awsprof.auth.thread_singleflight import SingleFlight
from awsprof.awsapi import sts
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.errors import CredentialsError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import (
    ProviderType,
    has_token,
    key_in_vault,
    provider_type,
    secret_of_key,
)
from awsprof.prompting import NonInteractive, Prompter
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.vault.vault import Vault

_log = logs.get_logger(__name__)


@dataclass(frozen=True, eq=False, repr=False)
class MfaSessions:
    """Fetches MFA sessions for one resolver.

    ``sources`` shares them among many profiles, None if each signs in by itself. Without ``asks``
    no source is asked for a code. ``used_codes`` are the codes that were already sent.
    """

    catalog: Catalog
    vault: Callable[[], Vault]
    clients: Clients
    prompter: Prompter
    options: mfa_codes.MfaOptions
    used_codes: mfa_codes.UsedCodes
    sources: SingleFlight[Credentials] | None
    asks: bool

    def recipe(
        self,
        profile: Profile,
        device: str,
        key_id: str,
        *,
        plain: str | None = None,
        duration: int | None = None,
    ) -> SessionRecipe:
        """Returns the recipe of the key's MFA session (STS GetSessionToken).

        ``plain`` is the secret key if it is in a file instead of the vault.
        """

        def sign_in() -> Credentials:
            place = "config file" if plain else "vault"
            _log.debug("profile %s: key in the %s, with MFA", sanitize(profile.name), place)
            secret = Secret(plain) if plain else self.vault().get(key_id)
            code = self.code(profile, device)
            source = Credentials(key_id, secret)
            return sts.get_session_token(self.clients, source, profile, device, code, duration)

        lasting = str(duration) if duration else profile.get("duration_seconds")
        key = session_cache_keys.mfa_session_key(self.catalog, profile, key_id, device, lasting)
        sources = self.sources
        once = sign_in if sources is None else lambda: sources.of(key, sign_in)
        return SessionRecipe(once, key, needs_person=True)

    def shared_recipe(self, links: Sequence[Profile]) -> SessionRecipe | None:
        """Returns the MFA session that all roles on the same key and device can share.

        None if each role asks for its own code, as in every SDK.
        """
        device = links[0].get("mfa_serial")
        if self.sources is None or not self.asks or not device or len(links) < 2:
            return None
        source = links[1]
        key_id = key_in_vault(source, as_source=True)
        if key_id:
            return self.recipe(source, device, key_id)
        key_id, plain = source.get("aws_access_key_id"), secret_of_key(source)
        has_key = provider_type(source, as_source=True) is ProviderType.KEYS and key_id and plain
        if not has_key or has_token(source):
            return None
        return self.recipe(source, device, key_id or "", plain=plain)

    def code(self, profile: Profile, device: str) -> str:
        """Returns an MFA code of a device. Raises InteractionRequired if nothing can give one."""
        if ":u2f/" in device:
            source = self.catalog.chain(profile.name).links[-1].name
            raise CredentialsError(
                f"{sanitize(device)} is a FIDO device, which has no codes.",
                f"awsprof mfa enable {arguments(source)} adds a virtual device to the user;"
                " or use IAM Identity Center",
                code="mfa-device-without-codes",
            )
        if not self.asks:
            nobody = NonInteractive(f"awsprof login {arguments(profile.name)}")
            return nobody.code(profile=sanitize(profile.name), device=sanitize(device))
        return mfa_codes.get_code(
            profile, device, self.prompter, self.used_codes, self.options, vault=self.vault
        )
