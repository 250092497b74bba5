"""What a command passes down: terminal, prompter, vault and profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from awsprof.auth.resolver import Resolver
    from awsprof.profiles.catalog import Catalog
    from awsprof.prompting import Prompter
    from awsprof.terminal import Terminal
    from awsprof.vault.vault import Vault


class CommandContext(Protocol):
    """Terminal, prompter, vault and profiles of one command, or of the wizard."""

    @property
    def terminal(self) -> Terminal:
        """Where messages are printed."""
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

    def resolver(
        self, catalog: Catalog, *, ask: bool = True, keep_roles: bool = False, many: bool = False
    ) -> Resolver:
        """Returns a resolver that gets credentials for profiles.

        ``ask``: prompt for MFA codes. ``keep_roles``: use cached role sessions. ``many``: share the
        sessions of common sources.
        """
        ...

    def agree(self, question: str) -> bool:
        """Asks a question that no option answers. Raises InteractionRequired without a terminal."""
        ...
