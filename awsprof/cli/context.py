"""What every command works with: the terminal, the asker, the vault, and how a change is made."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

from awsprof import settings
from awsprof.errors import InteractionRequired, UnknownProfile, UsageError
from awsprof.fork_safety import lazy_attribute
from awsprof.masking import for_display
from awsprof.prompting import Prompter
from awsprof.secret import Secret
from awsprof.shells import arguments, shell_word
from awsprof.terminal import Terminal
from awsprof.text import sanitize
from awsprof.tty import tty_prompter
from awsprof.vault.hardening import protect_process

if TYPE_CHECKING:
    from awsprof.accesskeys.context import KeyContext
    from awsprof.auth.resolver import Resolver
    from awsprof.diff import ChangeResult
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog
    from awsprof.vault.keyring_vault import Vault


class AppContext:
    """One run of the command line; what costs something is made when it is first asked for."""

    def __init__(self) -> None:
        protect_process()  # secrets are typed in, or read, before the vault opens
        self.terminal = Terminal()

    @lazy_attribute
    def prompter(self) -> Prompter:
        """Asks on this terminal; what a person must act on goes to stderr in any case."""
        return _Person(self.terminal, tty_prompter("run this in a terminal"))

    @lazy_attribute
    def _vault(self) -> Vault:
        from awsprof.vault.keyring_vault import open_vault

        patient = self.terminal.interactive
        return open_vault(self.prompter, settings.get_setting("vault"), patient=patient)

    def vault(self) -> Vault:
        """The vault that the settings choose, opened on first use."""
        return self._vault

    def catalog(self) -> Catalog:
        """All profiles, as the two files hold them now."""
        from awsprof.profiles.catalog import Catalog

        return Catalog.load()

    def report_open_sign_ins(self, before: Catalog) -> None:
        """Say which sessions of Identity Center are gone from the config and still signed in."""
        from awsprof.auth.identity_center import orphan_tokens

        now = self.catalog()
        for name in before.sessions.keys() - now.sessions.keys():
            if orphan_tokens.orphan_token_named(name, now) is not None:
                self.terminal.warn(f"You are still signed in to {sanitize(name)}.")
                self.terminal.detail(f"awsprof logout --session {shell_word(name)}")

    def named(self, profile: str | None, catalog: Catalog) -> str:
        """The profile that is meant: ``profile``, else the one in use, by boto3's rule.

        ProfileNotFound where there is no such profile, with the variable that names it.
        """
        from awsprof.profiles import current

        if profile:
            return catalog.get(profile).name
        named, variable = current.profile_in_use(), current.variable_in_use()
        if variable is not None and named not in catalog.profiles:
            near = catalog.near(named) if named else ""
            raise UnknownProfile(
                f"{variable}={sanitize(named)} names no profile.{near}",
                f"unset {variable}; or name a profile: awsprof list shows them all",
            )
        other = current.other_profile()
        if other is not None:
            self.terminal.warn(
                f"AWS_DEFAULT_PROFILE={sanitize(named)} counts, as in boto3; the AWS CLI v2 and"
                " other"
                f" SDKs take AWS_PROFILE={sanitize(other)}."
            )
            self.terminal.detail("unset AWS_DEFAULT_PROFILE")
        return catalog.get(named).name

    def resolver(
        self,
        catalog: Catalog,
        *,
        ask: bool = True,
        keep_roles: bool = False,
        many: bool = False,
        vault: Callable[[], Vault] | None = None,
        beside: str | None = None,
    ) -> Resolver:
        """From profiles to credentials; with ``ask`` off nobody is asked for a code.

        With ``keep_roles`` what was kept of roles is used, which proves nothing about now.
        ``many`` profiles share what they stand on; ``vault`` opens another one than ours.
        ``beside`` a child that has the terminal, a person is asked by a window alone, or told how
        to sign that profile in.
        """
        from awsprof.auth.mfa import MfaOptions
        from awsprof.auth.resolver import Resolver
        from awsprof.failure_sharing import command_start
        from awsprof.prompting import NonInteractive
        from awsprof.vault.session_cache import SessionCache

        prompter = (
            self.prompter if ask else NonInteractive("awsprof login, with the name of the profile")
        )
        if beside is not None:
            prompter = NonInteractive(f"awsprof login {arguments(beside)} in another terminal")
            vault = self._vault_beside(prompter)
        vault = vault or self.vault
        return Resolver(
            catalog,
            vault,
            prompter,
            cache=SessionCache(vault),
            keep_roles=keep_roles,
            many=many,
            ask=ask or not many,
            mfa_options=MfaOptions(windows=ask, since=command_start()),
        )

    def _vault_beside(self, prompter: Prompter) -> Callable[[], Vault]:
        """The vault where it is open already, else one that asks nobody for what opens it."""
        if "_vault" in self.__dict__:
            return self.vault

        def opened() -> Vault:
            from awsprof.vault.keyring_vault import open_vault

            return open_vault(prompter, settings.get_setting("vault"))

        return opened

    def confirm(self, question: str, *, yes: bool, default: bool = True) -> bool:
        """Yes or no, asked on the terminal; ``yes`` answers for the person."""
        if yes:
            return True
        if not self.terminal.interactive:
            raise UsageError(
                "This asks before it changes anything, and there is no terminal to ask on.",
                "add --yes to agree, or --dry-run to see what it would do",
            )
        return click.confirm(for_display(question), default=default, err=True)

    def agree(self, question: str) -> bool:
        """A question that no flag answers; the person has to mean it."""
        if not self.terminal.interactive:
            raise InteractionRequired(
                f"{question} There is no terminal to ask on.", "run it in one"
            )
        return self.confirm(question, yes=False, default=False)

    def apply_change(
        self,
        change: Change,
        *,
        yes: bool,
        dry_run: bool,
        proof: Callable[[], object] | None = None,
    ) -> ChangeResult | None:
        """Show what ``change`` does, ask, do it, proven. None: nothing was written."""
        from awsprof.editing.apply import apply
        from awsprof.editing.change import preview_change

        shown = preview_change(change)
        if shown.empty:
            self.terminal.ok("nothing to change: it is so already")
            return None
        self.terminal.diff(shown)
        if dry_run:
            self.terminal.say("Nothing was written (--dry-run).")
            return None
        if not self.confirm("Write this?", yes=yes):
            self.terminal.say("Nothing was written.")
            return None
        applied = apply(change, self.vault, proof)
        self.terminal.written(applied)
        return applied if applied.written else None


def cli_key_context(app: AppContext, *, yes: bool, dry_run: bool = False) -> KeyContext:
    """What the flows on keys work with, on this command line."""
    from awsprof.accesskeys.context import KeyContext
    from awsprof.vault.session_cache import SessionCache

    return KeyContext(
        terminal=app.terminal,
        vault=app.vault,
        catalog=app.catalog,
        resolver=app.resolver,
        keeping=partial(app.resolver, keep_roles=True),
        unattended=partial(app.resolver, ask=False),
        sessions=lambda: SessionCache(app.vault),
        agree=lambda question, default: app.confirm(question, yes=yes or dry_run, default=default),
        write=lambda change, proof: app.apply_change(change, yes=yes, dry_run=dry_run, proof=proof),
        yes=yes,
        dry_run=dry_run,
    )


class _Person:
    """The terminal's asker, whose messages go to stderr, which a person sees without a tty too."""

    def __init__(self, terminal: Terminal, prompter: Prompter) -> None:
        self._terminal = terminal
        self._prompter = prompter

    def code(self, *, profile: str, device: str) -> str:
        return self._prompter.code(profile=profile, device=device)

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        return self._prompter.passphrase(purpose=purpose, twice=twice)

    def show(self, message: str) -> None:
        self._terminal.lines(message)
