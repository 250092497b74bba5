"""One script's way to credentials: the resolver of the command line, with the script's manners."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from awsprof import settings
from awsprof.asking import Asker, Nobody
from awsprof.factory import memory
from awsprof.factory.faults import translated, wrong_account
from awsprof.factory.renewing import Renewing
from awsprof.factory.wishes import Wishes
from awsprof.forking import ForkSafeLock, lazy
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.form import Form, form
from awsprof.profiles.kinds.keys import key_in_vault
from awsprof.shells import arguments
from awsprof.signin import mfa, providers, whoami
from awsprof.signin.credentials import Credentials
from awsprof.signin.resolver import Resolver
from awsprof.tty import terminal_asker
from awsprof.vault.sessions import SessionCache

if TYPE_CHECKING:
    from awsprof.vault.longterm import Vault

_OTHERS: Final = 15.0  # seconds that one waits who may not ask, for others who renew


class Access:
    """How sessions get credentials; shared by the threads and the sessions of a fan-out."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
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

        with translated():
            resolver = self.resolver(name)
            profile = resolver.catalog.get(name)
            resolver.way(profile, shape=self._wishes.shape)  # refuses what cannot be

        def obtain(beyond: datetime | None) -> Credentials:
            return self.credentials(name, beyond)

        temporary = form(profile) in (Form.ROLE, Form.SSO)
        if temporary or (key_in_vault(profile) and profile.get("mfa_serial")):
            return Renewing(obtain, lambda: self._key(name))
        made = obtain(None)
        if made.expires is not None:
            return Renewing(obtain, lambda: self._key(name), made)
        token = made.token.reveal() if made.token else None
        return bc.Credentials(
            made.access_key_id, made.secret.reveal(), token, "awsprof", made.account
        )

    def credentials(self, name: str, beyond: datetime | None = None) -> Credentials:
        """A profile's credentials now, of the account that they must be of."""
        with translated():
            resolver = self.resolver(name)
            made = resolver.credentials(name, shape=self._wishes.shape, beyond=beyond)
            if self._wishes.account:
                self.check(whoami.whoami(made, profile=resolver.catalog.get(name)))
        return made

    def heals(self, loaded: Any, refused: Credentials) -> bool:
        """Whether new credentials may do better than these, which AWS refused; they are dropped."""
        name = next((n for n, known in self._loaded.items() if known is loaded), None)
        if name is None:
            return False
        with translated():
            resolver = self.resolver(name)
            return resolver.heals(loaded.key(), refused, resolver.catalog.get(name))

    def check(self, found: whoami.Identity) -> None:
        """WrongAccount where the identity is of another account than it must be."""
        if self._wishes.account and found.account != self._wishes.account:
            raise wrong_account(self._wishes.account, found.account, found.arn)

    def check_foreign(self, found: Any, session: Any) -> None:
        """The same for credentials of botocore's, which are used for that one question first."""
        with translated():
            ours = providers.ours(found)
            self.check(whoami.whoami(ours, region=session.get_config_variable("region")))

    def resolver(self, name: str) -> Resolver:
        """A resolver over what the two files hold now: a key may be rotated while a job goes on.

        ``name`` is the profile that it is for, as errors tell it.
        """
        return Resolver(
            Catalog.load(),
            self.vault,
            self._asker(name),
            cache=memory.of_process().over(SessionCache(self.vault)),
            keep_roles=True,
            manners=self._manners,
        )

    def _key(self, name: str) -> str:
        resolver = self.resolver(name)
        way = resolver.way(resolver.catalog.get(name), shape=self._wishes.shape)
        return way.key or ""

    @lazy
    def _manners(self) -> mfa.Manners:
        given = self._wishes.mfa
        first = mfa.Given(given) if given is not None else None
        if self._wishes.interactive:
            return mfa.Manners(first)
        return mfa.Manners(first, windows=False, wait=_OTHERS)

    def _asker(self, name: str) -> Asker:
        typed = arguments(name) if name else "PROFILE"
        fix = f"awsprof login {typed} in a terminal, or give the code by mfa="
        return terminal_asker(fix) if self._wishes.interactive else Nobody(fix)

    def vault(self) -> Vault:
        """The vault that the settings choose, opened on first use, once."""
        with self._lock:
            return self._vault

    @lazy
    def _vault(self) -> Vault:
        from awsprof.vault.longterm import open_vault

        patient = self._wishes.interactive
        return open_vault(self._asker(""), settings.get("vault"), patient=patient, ours=False)
