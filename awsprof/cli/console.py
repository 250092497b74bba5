"""awsprof console: the AWS console, signed in as a profile."""

import click

from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.cli.parameters import duration_option, region_option
from awsprof.errors import UsageError


@click.command(
    epilog=examples(
        "awsprof console dev",
        "awsprof console dev --service ec2 --region eu-west-1",
        "awsprof console dev --destination s3/buckets/my-bucket",
    )
)
@click.argument("profile", required=False)
@click.option("--service", metavar="NAME", help="Service whose page to open, as in its URL: ec2.")
@click.option("--destination", metavar="PATH", help="Page to open: its path or its URL.")
@region_option
@duration_option
@click.option(
    "--print", "printed", is_flag=True, help="Print the sign-in link instead of opening it."
)
@click.pass_obj
def console(
    app: AppContext,
    /,
    profile: str | None,
    duration: int | None,
    printed: bool,
    **page: str | None,
) -> int:
    """Open the AWS console, signed in as PROFILE.

    The console session ends when the profile's credentials expire. The link that --print shows
    signs in anyone who has it, for 15 minutes.

    A browser has one console session at a time. The setting `console` changes that:

    \b
    firefox-containers  one session for each profile, with the Firefox add-on
                        "Open external links in a container"
    chrome-profiles     one session for each profile, in its own Chrome profile
    sign-out-first      ends the former session before it opens the new one
    """
    from awsprof.auth.console import ConsolePage, console_link, open_console, without_mfa

    if page.get("service") and page.get("destination"):
        raise UsageError("--service and --destination both name a page.", "leave one out")
    catalog = app.catalog()
    profile = app.named(profile, catalog)
    to = console_link(app.resolver(catalog), profile, ConsolePage(**page), duration=duration)
    mfa = without_mfa(catalog, profile)
    if mfa is not None:
        app.terminal.warn(mfa)
    if printed:
        app.terminal.data(to.reveal())
        return 0
    app.terminal.say("Opening the console in your browser ...")
    refused_users = open_console(to, profile)
    if refused_users:
        app.terminal.warn(f"{refused_users} also asked for the sign-in link and did not get it.")
    app.terminal.ok(f"signed in to the console as {profile}")
    return 0
