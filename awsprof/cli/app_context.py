"""The context of a command: terminal, prompter, vault and catalog, and how changes are applied."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from awsprof import settings
from awsprof.errors import AwsprofError, InteractionRequired, UnknownProfile, UsageError
from awsprof.fork_safety import lazy_attribute
from awsprof.masking.mask import for_display
from awsprof.prompting import Prompter
from awsprof.secret import Secret
from awsprof.shells import arguments, shell_word, unset_variables
from awsprof.terminal import Terminal
from awsprof.text import sanitize
from awsprof.tty import tty_prompter
from awsprof.vault.hardening import protect_process

if TYPE_CHECKING:
    from awsprof.accesskeys.key_context import KeyContext
    from awsprof.auth.resolver import Resolver
    from awsprof.diff import ChangeResult, Preview
    from awsprof.editing.apply import BeforeWrite
    from awsprof.editing.change import Change
    from awsprof.editing.change_flow import ChangeFlow
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import Profile
    from awsprof.vault.vault import Vault


class AppContext:
    """The context of one run. Expensive parts are created on first use."""

    def __init__(self) -> None:
        protect_process()  # before any secret is typed or read
        self.terminal = Terminal()
        self.ask_yes_or_no: Callable[[str, bool], bool] = _click_confirm
        """Asks a question; the second argument is what Enter means. The wizard has its own."""
        self.ask_which: Callable[[str, Mapping[str, str]], str] = _click_choice
        """Asks for one of several answers, by its key; Enter takes the first, Esc the last."""
        self.ask_text: Callable[[str, str], str] = _click_text
        """Asks for a line of text; the second argument is what Enter means."""

    @lazy_attribute
    def prompter(self) -> Prompter:
        """Asks on the controlling terminal; messages go to stderr even without one."""
        return _StderrPrompter(self.terminal, tty_prompter("run this in a terminal"))

    @lazy_attribute
    def _vault(self) -> Vault:
        from awsprof.vault.vault import open_vault

        patient = self.terminal.interactive
        return open_vault(self.prompter, settings.get_setting("vault"), patient=patient)

    def vault(self) -> Vault:
        """Returns the vault from the settings, opened on first use. Raises VaultError."""
        return self._vault

    def catalog(self) -> Catalog:
        """Returns all profiles, read from the two files now."""
        from awsprof.profiles.catalog import Catalog

        return Catalog.load()

    def report_unreadable(self, catalog: Catalog) -> None:
        """Prints each file that botocore cannot parse, with the line and how to fix it."""
        for file in catalog.unreadable:
            self.terminal.failed(file.says, file.fix)

    def report_open_sign_ins(self, before: Catalog) -> None:
        """Warns about sso-sessions that were removed from the config but are still signed in."""
        if not before.sessions:
            return
        from awsprof.auth.identity_center import orphan_tokens

        now = self.catalog()
        for name in before.sessions.keys() - now.sessions.keys():
            if orphan_tokens.orphan_token_named(name, now) is not None:
                self.terminal.warn(f"You are still signed in to {sanitize(name)}.")
                self.terminal.detail(f"awsprof logout --session {shell_word(name)}")

    def named(
        self,
        profile: str | None,
        catalog: Catalog,
        *,
        offered: Callable[[Profile], object] | None = None,
    ) -> str:
        """Returns the name of ``profile``, or of the profile in AWS_PROFILE; else asks for one.

        In a shell with the credentials of ``awsprof exec`` or ``env``, it is their profile.
        ``offered`` says which profiles to list when it asks, as for ``pick_profile``.

        Without a terminal to ask on, it is the profile that boto3 would use. Raises UnknownProfile,
        naming the environment variable, if there is no such profile.
        """
        from awsprof.profiles import current

        if profile is not None:  # an empty one, as of an unset variable, is none that there is
            return self._used(catalog.get(profile).name)
        of_shell = current.profile_of_shell()
        if of_shell is not None:
            return _profile_of_shell(of_shell, catalog)
        if current.variable_in_use() is None and catalog.profiles and self.terminal.interactive:
            from awsprof.recent_profiles import recent_profiles
            from awsprof.wizard.profile_picker import pick_profile

            return self._used(pick_profile(catalog, recent_profiles(), offered))
        named, variable = current.profile_in_use(), current.variable_in_use()
        if variable is not None and named not in catalog.profiles:
            hint = catalog.did_you_mean(named) if named else ""
            raise UnknownProfile(
                f"There is no profile {sanitize(named)!r}, which {variable} names.{hint}",
                f"{unset_variables(variable)}, or name a profile; for all profiles: awsprof list",
            )
        other = current.other_profile()
        if other is not None:
            self.terminal.warn(
                f"Using AWS_DEFAULT_PROFILE={sanitize(named)}, as boto3 does; the AWS CLI v2 and"
                f" other SDKs use AWS_PROFILE={sanitize(other)}."
            )
            self.terminal.detail(unset_variables("AWS_DEFAULT_PROFILE"))
        if variable is None and not (catalog.profiles or catalog.unreadable):
            raise UnknownProfile(
                "There are no profiles yet.", "run awsprof to set up the first one"
            )
        if variable is None and named not in catalog.profiles:
            raise UnknownProfile(
                "No profile is named, AWS_PROFILE is not set, and there is no profile 'default'.",
                "name one: awsprof list shows them all",
            )
        return catalog.get(named).name

    def named_profiles(self, texts: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
        """Returns the profiles that the names and patterns mean; without any, that of ``named``."""
        from awsprof.profiles.patterns import is_pattern, matching_profiles

        if len(texts) > 1 or any(is_pattern(text, catalog) for text in texts):
            return matching_profiles(texts, catalog)
        return (self.named(texts[0] if texts else None, catalog),)

    def _used(self, name: str) -> str:
        """Notes that you used the profile, if you are at a terminal; returns its name."""
        if self.terminal.interactive:
            from awsprof.recent_profiles import note_use

            note_use(name)
        return name

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
        """Returns a resolver that gets credentials for profiles.

        ``ask``: prompt for MFA codes. ``keep_roles``: use cached role sessions, which do not prove
        that the role can be assumed now. ``many``: share the sessions of common sources. ``vault``:
        a vault other than the settings'. ``beside``: the profile of a child process that has the
        terminal, so prompt only in a GUI dialog, or say how to sign in that profile.
        """
        from awsprof.auth.mfa_codes import MfaOptions
        from awsprof.auth.resolver import Resolver
        from awsprof.failure_sharing import command_start
        from awsprof.prompting import NonInteractive
        from awsprof.vault.session_cache import SessionCache

        prompter = (
            self.prompter
            if ask
            else NonInteractive("run awsprof login, with the name of the profile")
        )
        if beside is not None:
            prompter = NonInteractive(f"run awsprof login {arguments(beside)} in another terminal")
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
        """Returns the vault if it is already open, else one that does not prompt to open."""
        if "_vault" in self.__dict__:
            return self.vault

        def open_without_prompt() -> Vault:
            from awsprof.vault.vault import open_vault

            return open_vault(prompter, settings.get_setting("vault"))

        return open_without_prompt

    def confirm(self, question: str, *, yes: bool, default: bool = True) -> bool:
        """Asks yes or no on the terminal; True without asking if ``yes``.

        Raises UsageError if there is no terminal.
        """
        if yes:
            return True
        if not self.terminal.interactive:
            context = click.get_current_context(silent=True)
            previews = context is not None and "dry_run" in context.params
            raise UsageError(
                "This command asks for confirmation, and there is no terminal.",
                "add --yes to confirm" + (", or --dry-run to see the changes" if previews else ""),
            )
        return self.ask_yes_or_no(question, default)

    def agree(self, question: str) -> bool:
        """Asks a question that no option answers. Raises InteractionRequired without a terminal."""
        if not self.terminal.interactive:
            raise InteractionRequired(
                f"{question} There is no terminal to ask on.", "run it in a terminal"
            )
        return self.confirm(question, yes=False, default=False)

    def keep_anyway(self, question: str, *, yes: bool) -> Callable[[AwsprofError], bool] | None:
        """Returns how to ask whether a change stays that could not be verified.

        None with ``yes``: such a change is always rolled back.
        """

        def keep(error: AwsprofError) -> bool:
            self.terminal.error(error)
            return self.confirm(question, yes=False, default=False)

        return None if yes else keep

    def apply_change(
        self,
        change: Change,
        *,
        yes: bool,
        dry_run: bool,
        before_write: BeforeWrite | None = None,
        catalog: Catalog | None = None,
    ) -> ChangeResult | None:
        """Shows the diff, asks, and applies the change. Returns None if nothing was written.

        The parameters are those of ``change_flow`` and of ``ChangeFlow.write``.
        """
        flow = self.change_flow(yes=yes, dry_run=dry_run)
        return flow.write(change, before_write=before_write, catalog=catalog)

    def change_flow(self, *, yes: bool, dry_run: bool = False, default: bool = True) -> ChangeFlow:
        """Returns how this command writes a change. ``yes``: without asking.

        ``default``: what Enter answers; False for a change that was warned about.
        """
        from awsprof.editing.change_flow import ChangeFlow

        def agree(_: Preview) -> bool:
            return self.confirm("Write this?", yes=yes, default=default)

        return ChangeFlow(self.terminal, self.vault, agree, dry_run)


def cli_key_context(app: AppContext, *, yes: bool, dry_run: bool = False) -> KeyContext:
    """Returns the dependencies of the access-key commands, for this command line."""
    from awsprof.accesskeys.key_context import key_context_of

    def agree(question: str, default: bool) -> bool:
        return app.confirm(question, yes=yes or dry_run, default=default)

    flow = app.change_flow(yes=yes, dry_run=dry_run)
    return key_context_of(app, flow, agree=agree, yes=yes)


def _click_confirm(question: str, default: bool) -> bool:
    shown = f"{for_display(question)} [{'Y/n' if default else 'y/N'}]"
    usual = "y" if default else "n"
    agreed: bool = click.prompt(
        shown, default=usual, show_default=False, value_proc=_yes_or_no, err=True
    )
    return agreed


def _yes_or_no(text: str) -> bool:
    answer = text.strip().lower()
    if answer not in ("y", "yes", "n", "no"):
        raise click.UsageError("Answer y or n.")
    return answer in ("y", "yes")


def _click_text(question: str, default: str) -> str:
    answer: str = click.prompt(
        for_display(question), default=default, show_default=bool(default), err=True
    )
    return answer


def _click_choice(question: str, answers: Mapping[str, str]) -> str:
    shown = "  ".join(f"{key}: {text.lower()}" for key, text in answers.items())
    known = click.Choice([*answers], case_sensitive=False)
    answer: str = click.prompt(
        f"{question}  {shown}",
        type=known,
        default=next(iter(answers)),
        show_choices=False,
        err=True,
    )
    click.echo(err=True)
    return answer


class _StderrPrompter:
    """A prompter that shows its messages on stderr, which is there even without a tty."""

    def __init__(self, terminal: Terminal, prompter: Prompter) -> None:
        self._terminal = terminal
        self._prompter = prompter

    def code(self, *, profile: str, device: str) -> str:
        return self._prompter.code(profile=profile, device=device)

    def passphrase(self, *, purpose: str, twice: bool = False) -> Secret:
        return self._prompter.passphrase(purpose=purpose, twice=twice)

    def show(self, message: str) -> None:
        self._terminal.lines(message)


def _profile_of_shell(name: str, catalog: Catalog) -> str:
    """Returns the name if it is a profile's. Raises UnknownProfile for a role without a profile."""
    if name not in catalog.profiles:
        raise UnknownProfile(
            f"This shell has the credentials of {sanitize(name)}, which is no profile.",
            "name one: awsprof list shows them all",
        )
    return catalog.get(name).name
