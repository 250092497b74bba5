"""The menu's smaller screens: signing in, import, the team's file, settings and the history."""

from functools import partial
from typing import Final

from awsprof import settings
from awsprof.editing import history
from awsprof.errors import AwsprofError
from awsprof.importing.import_context import ImportContext
from awsprof.importing.tools import TOOLS, find_tools
from awsprof.masking.mask import for_display
from awsprof.team.source import STDIN, last_named, parse_source
from awsprof.team.state import load_state
from awsprof.text import list_names
from awsprof.vault.vault import available_backends
from awsprof.wizard import prompts
from awsprof.wizard.choices import (
    SESSION,
    profile_options,
    session_or_profile_options,
    sign_in_options,
)
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.prompts import Back, Option
from awsprof.wizard.steps import choose_then
from awsprof.wizard.wizard_context import Wizard

_EVERYTHING: Final = "\0all"
_OTHER_TEAM: Final = "other"
_SOURCE_WIDTH: Final = 50  # characters of a team file's source in a list


def sign_in_screen(wizard: Wizard) -> None:
    """Asks for a session of Identity Center, or a profile, and signs in to it."""
    options = sign_in_options(wizard.context.catalog())
    if not options:
        wizard.context.terminal.say(
            "No profile needs a sign-in: none uses Identity Center, MFA or login_session."
        )
        return
    chosen = prompts.select("Sign in to what?", options)
    if chosen.startswith(SESSION):
        wizard.commands.log_in(session=chosen.removeprefix(SESSION))
    else:
        wizard.commands.log_in(profile=chosen)


def sign_out_screen(wizard: Wizard) -> None:
    """Asks for a session, a profile or everything, and signs out of it."""
    options = [
        Option(_EVERYTHING, "Everything"),
        *session_or_profile_options(wizard.context.catalog()),
    ]
    chosen = prompts.select("Sign out of what?", options)
    if chosen == _EVERYTHING:
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


def import_screen(wizard: Wizard) -> None:
    """Asks which tool's profiles and keys to import, and imports them."""
    context, terminal = wizard.context, wizard.context.terminal
    found = find_tools(
        ImportContext(context.catalog(), lambda store: context.prompter.passphrase(purpose=store))
    )
    for tool in found:
        if tool.error is not None:
            terminal.failed(tool.error.message, tool.error.fix)
    usable = [tool for tool in found if tool.error is None]
    if not usable:
        terminal.say(f"Found nothing to import from {', '.join(TOOLS)}.")
        terminal.detail(
            "awsprof import aws-vault     says where it looked; the same for the others"
        )
        return
    rows = [(tool.name, list_names(tool.names, 3)) for tool in usable]
    options = aligned_options([tool.name for tool in usable], rows)
    explain = "you see the diff first; the tool's own files and keyring entries stay"
    ask = partial(prompts.select, "Import from which tool?", options, explain=explain)
    choose_then(terminal, ask, wizard.commands.import_tool)


def team_screen(wizard: Wizard) -> None:
    """Asks which team file, unless one was applied before, and applies it."""
    known = _known_team_files()
    if not known:
        wizard.commands.apply_team(_ask_for_team_file())
        return
    options = [Option(str(n), _end_of_source(source)) for n, source in enumerate(known)]
    options.append(Option(_OTHER_TEAM, "Another team file"))

    def apply(chosen: str) -> None:
        source = _ask_for_team_file() if chosen == _OTHER_TEAM else known[int(chosen)]
        wizard.commands.apply_team(source)

    choose_then(
        wizard.context.terminal, partial(prompts.select, "Which team file?", options), apply
    )


def team_row() -> Option:
    """Returns the menu's row: another title once a team file is in use."""
    if _known_team_files():
        return Option("", "Update from my team's file")
    return Option("", "Use my team's file", "git")


def _known_team_files() -> list[str]:
    """Returns the sources that were applied here, each at its branch or tag.

    Empty if the state cannot be read, so that the menu still opens.
    """
    try:
        known = load_state().for_current_config
        return [last_named(each).text for each in known if each.source != STDIN]
    except AwsprofError:
        return []


def _ask_for_team_file() -> str:
    return prompts.text_input(
        "Team file",
        _normal_source,
        explain="a folder, a file, or git+https://HOST/REPOSITORY.git@REF",
    )


def _end_of_source(source: str) -> str:
    """Returns the source for a list, cut at its start: long sources differ at their end."""
    text = for_display(source)
    return text if len(text) <= _SOURCE_WIDTH else f"…{text[1 - _SOURCE_WIDTH :]}"


def _normal_source(text: str) -> str:
    """Returns the source in its normal form. Raises UsageError if it is not valid."""
    return parse_source(text).text


def settings_screen(wizard: Wizard) -> None:
    """Lists the settings, and changes the one that is chosen, until the user goes back."""
    at = None
    while True:
        now = settings.load_settings()
        rows = [(name, now[name] or "-", s.meaning) for name, s in settings.KNOWN.items()]
        options = aligned_options(settings.KNOWN, rows)
        try:
            at = prompts.select(
                "Settings", options, at, explain="Enter: change; Esc: back", stays=False
            )
        except Back:
            return
        try:
            value = _ask_vault(now[at]) if at == "vault" else _ask_value(at, now[at])
        except Back:
            continue
        if value != now[at]:
            wizard.commands.change_setting(at, value)


def _ask_vault(now: str) -> str:
    """Asks for a backend. Unusable ones are not offered; their reasons are in the explanation."""
    found = available_backends()
    usable = [backend for backend in found if backend.usable]
    unusable = [f"{each.title} ({each.reason})" for each in found if not each.usable]
    options = [
        Option("auto", "auto", "the system's keyring, else an encrypted file"),
        *(Option(backend.id, backend.title, backend.id) for backend in usable),
    ]
    about = "where secrets are stored; they move when you change it"
    if unusable:
        about += f". Not usable here: {', '.join(unusable)}"
    return prompts.select("vault", options, now, explain=about)


def _ask_value(name: str, now: str) -> str:
    setting = settings.setting_named(name)
    return prompts.text_input(
        name,
        lambda value: settings.validate_setting(name, value),
        explain=f"{setting.meaning}: {setting.accepts}",
        default=now,
        required=bool(setting.default),
    )


def history_screen(wizard: Wizard) -> None:
    """Lists the changes, newest first; undoes the chosen one after its diff and a question."""
    terminal = wizard.context.terminal
    problems = [*history.broken()]
    for problem in problems:
        terminal.failed(problem.message, problem.fix)
    entries = history.entries()
    if not entries:
        if not problems:
            terminal.say("awsprof has changed nothing yet.")
        return
    rows = [
        (f"{e.when.astimezone():%Y-%m-%d %H:%M}", e.summary, "undone" if e.undone else "")
        for e in entries
    ]
    options = aligned_options([e.id for e in entries], rows)
    chosen = prompts.select("Undo which change?", options, explain="shows its diff first")
    wizard.commands.undo(chosen)
