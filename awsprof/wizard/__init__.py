"""The wizard: asks for the fields of a profile's kind (the only import of questionary).

It asks one question at a time, shows the diff, writes after you confirm, and verifies the profile
with AWS. Ctrl-C stops it without changes.
"""

from pathlib import Path

from awsprof.editing.command_context import CommandContext
from awsprof.errors import AwsprofError, UsageError
from awsprof.shells import shell_word
from awsprof.text import sanitize
from awsprof.wizard.wizard_context import Commands, Wizard

__all__ = ["Commands", "run_wizard"]


def run_wizard(flow: str | None, context: CommandContext, commands: Commands) -> int:
    """Opens the wizard, at ``flow`` if you name one, and returns the exit code."""
    if not context.terminal.interactive:
        raise UsageError(
            "The wizard needs a terminal.",
            "awsprof add keys --help; awsprof add role --help; awsprof add sso --help",
        )
    from awsprof.wizard.main_menu import Menu

    before = _signed_in(context)
    try:
        return Menu(Wizard(context, commands)).run(flow)
    finally:  # after Ctrl-C too: a new sign-in stays valid
        for session in _signed_in(context).keys() - before.keys():
            context.terminal.warn(
                f"You are still signed in to {sanitize(session)}; no profile uses it."
            )
            context.terminal.detail(f"awsprof logout --session {shell_word(session)}")


def _signed_in(context: CommandContext) -> dict[str, Path]:
    """Returns the token files that no sso-session of the config uses, by start URL."""
    from awsprof.auth.identity_center import orphan_tokens

    try:
        return {
            found.session.name: found.path
            for found in orphan_tokens.orphan_tokens(context.catalog())
        }
    except AwsprofError:
        return {}
