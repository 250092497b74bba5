"""The context that the command line passes to the wizard."""

from typing import Protocol

from awsprof.auth.resolver import Resolver
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import Prompter
from awsprof.terminal import Terminal
from awsprof.vault.keyring_vault import Vault


class WizardContext(Protocol):
    """Terminal, prompter, vault and profiles."""

    @property
    def terminal(self) -> Terminal:
        """Where the wizard prints."""
        ...

    @property
    def prompter(self) -> Prompter:
        """Asks for MFA codes and passphrases."""
        ...

    def vault(self) -> Vault:
        """Returns the vault, opened on first use."""
        ...

    def catalog(self) -> Catalog:
        """Returns all profiles, read from the files now."""
        ...

    def resolver(self, catalog: Catalog, *, ask: bool = True, keep_roles: bool = False) -> Resolver:
        """Returns a resolver that gets credentials for profiles.

        ``ask``: prompt for MFA codes. ``keep_roles``: use cached role sessions.
        """
        ...
