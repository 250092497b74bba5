"""What the wizard works with; the command line hands it in."""

from typing import Protocol

from awsprof.auth.resolver import Resolver
from awsprof.profiles.catalog import Catalog
from awsprof.prompting import Prompter
from awsprof.terminal import Terminal
from awsprof.vault.keyring_vault import Vault


class WizardContext(Protocol):
    """The terminal, the asker, the vault, and the profiles as they are now."""

    @property
    def terminal(self) -> Terminal:
        """Where it is shown."""
        ...

    @property
    def prompter(self) -> Prompter:
        """Who is asked for a code or a passphrase."""
        ...

    def vault(self) -> Vault:
        """Where secrets are kept."""
        ...

    def catalog(self) -> Catalog:
        """The profiles as the files have them now."""
        ...

    def resolver(self, catalog: Catalog, *, ask: bool = True, keep_roles: bool = False) -> Resolver:
        """From profiles to credentials; with ``keep_roles`` what was kept of roles is used.

        With ``ask`` off nobody is asked for a code.
        """
        ...
