"""awsprof console: the AWS console, signed in as a profile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.cli.one_off_role import OneOffRole, RoleFlags, one_off_role, role_options
from awsprof.cli.parameters import SessionFlags, duration_option, region_option
from awsprof.errors import AwsprofError, UsageError
from awsprof.shells import arguments
from awsprof.text import counted, sanitize

if TYPE_CHECKING:
    from awsprof.auth.console import ConsolePage
    from awsprof.secret import Secret

_UNASKED: Final = 5  # consoles that open without a question


@click.command(
    epilog=examples(
        "awsprof console dev",
        "awsprof console dev prod",
        "awsprof console dev --service ec2 --region eu-west-1",
        "awsprof console dev --destination s3/buckets/my-bucket",
        "awsprof console --account 123456789012 --role ReadOnly",
    )
)
@click.argument("profiles", nargs=-1, metavar="[PROFILE|PATTERN]...")
@click.option("--service", metavar="NAME", help="Service whose page to open, as in its URL: ec2.")
@click.option("--destination", metavar="PATH", help="Page to open: its path or its URL.")
@region_option
@duration_option
@role_options
@click.option(
    "--print", "printed", is_flag=True, help="Print the sign-in link instead of opening it."
)
@click.pass_obj
def console(
    app: AppContext,
    /,
    profiles: tuple[str, ...],
    duration: int | None,
    printed: bool,
    **page: Any,
) -> int:
    """Open the AWS console, signed in as PROFILE.

    The console session ends when the profile's credentials expire. The link that --print shows
    signs in anyone who has it, for 15 minutes; for several profiles it prints a line each: the
    name, a tab and the link. A role that has no profile is named by --account and --role, or by
    --role-arn.

    A browser has one console session at a time. The setting `console` changes that, and is needed
    to open several profiles at once:

    \b
    firefox-containers  one session for each profile, with the Firefox add-on
                        "Open external links in a container"
    chrome-profiles     one session for each profile, in its own Chrome profile
    sign-out-first      ends the former session before it opens the new one
    """
    from awsprof.auth.console import ConsolePage, console_link, without_mfa

    if page.get("service") and page.get("destination"):
        raise UsageError("--service and --destination both name a page.", "leave one out")
    role = RoleFlags.taken_from(page)
    if role:
        if len(profiles) > 1:
            raise UsageError("One profile assumes the role.", "name one PROFILE")
        flags = SessionFlags(page["region"], duration)
        used = one_off_role(app, profiles[0] if profiles else None, role, flags)
        return _show_role(app, used, ConsolePage(**page), printed=printed)
    catalog = app.catalog()
    names = app.named_profiles(profiles, catalog)
    if len(names) > 1 and not printed:
        _require_several_sessions(app, len(names))
    resolver = app.resolver(catalog, many=len(names) > 1)

    def show(name: str) -> None:
        to = console_link(resolver, name, ConsolePage(**page), duration=duration)
        mfa = without_mfa(catalog, name)
        if mfa is not None:
            app.terminal.warn(mfa)
        if printed:
            before = f"{sanitize(name)}\t" if len(names) > 1 else ""
            app.terminal.data(f"{before}{to.reveal()}")
        else:
            _open(app, to, name, arguments(name))

    return _show_each(app, names, show)


def _show_role(app: AppContext, role: OneOffRole, page: ConsolePage, *, printed: bool) -> int:
    """Opens the console of a role that has no profile, or prints its link."""
    from awsprof.auth.console import role_console_link

    region = role.region or role.home_region
    to = role_console_link(role.credentials, page, region=region, called=role.name)
    if printed:
        app.terminal.data(to.reveal())
    else:
        _open(app, to, role.name, role.words)
    return 0


def _show_each(app: AppContext, names: Sequence[str], show: Callable[[str], None]) -> int:
    """Shows each profile's console. Returns the exit code: of several, that of the first error."""
    if len(names) == 1:
        show(names[0])
        return 0
    code = 0
    for name in names:
        try:
            show(name)
        except AwsprofError as exc:
            app.terminal.failed(f"{sanitize(name)}: {exc.message}", exc.fix)
            code = code or exc.exit_code
    return code


def _open(app: AppContext, to: Secret, name: str, words: str) -> None:
    from awsprof.auth.console import open_console

    def announce() -> None:
        app.terminal.say("Opening the console in your browser ...")

    refused_users = open_console(to, name, words, announce)
    if refused_users:
        app.terminal.warn(f"{refused_users} also asked for the sign-in link and did not get it.")
    app.terminal.ok(f"signed in to the console as {name}")


def _require_several_sessions(app: AppContext, count: int) -> None:
    """Raises UsageError if the browser cannot have several consoles open; asks if they are many."""
    from awsprof import settings
    from awsprof.awsapi import browser

    way = settings.get_setting("console")
    if not browser.starts_browser(way):
        raise UsageError(
            f"These are {counted(count, 'profile')}, and the browser has one console session at a"
            " time.",
            "give each profile a session of its own: awsprof settings console firefox-containers,"
            " or awsprof settings console chrome-profiles; or add --print for the links",
        )
    if count > _UNASKED and not app.agree(f"Open {count} consoles?"):
        raise UsageError("No console was opened.", "name fewer profiles")
