"""Signing in and out, and the console, from the wizard."""

from awsprof.wizard import prompts
from awsprof.wizard.choices import SESSION, profile_options, session_or_profile_options
from awsprof.wizard.context import Wizard
from awsprof.wizard.prompts import Option

_ALL = "\0all"


def sign_in_screen(wizard: Wizard) -> None:
    """Asks for a session of Identity Center or a profile, and signs in to it."""
    chosen = prompts.select(
        "Sign in to what?", session_or_profile_options(wizard.context.catalog())
    )
    if chosen.startswith(SESSION):
        wizard.commands.log_in(session=chosen.removeprefix(SESSION))
    else:
        wizard.commands.log_in(profile=chosen)


def sign_out_screen(wizard: Wizard) -> None:
    """Asks for a session, a profile or everything, and signs out of it."""
    options = [Option(_ALL, "Everything"), *session_or_profile_options(wizard.context.catalog())]
    chosen = prompts.select("Sign out of what?", options)
    if chosen == _ALL:
        wizard.commands.log_out()
    elif chosen.startswith(SESSION):
        wizard.commands.log_out(session=chosen.removeprefix(SESSION))
    else:
        wizard.commands.log_out(profile=chosen)


def console_screen(wizard: Wizard) -> None:
    """Asks for a profile, and opens the AWS console as it."""
    wizard.commands.open_console(
        prompts.select(
            "Open the console as which profile?", profile_options(wizard.context.catalog())
        )
    )
