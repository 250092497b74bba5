"""awsprof console: the AWS console, signed in as a profile."""

import click

from awsprof.cli.context import AppContext


@click.command()
@click.argument("profile", required=False)
@click.option("--service", metavar="NAME", help="The page to open, as its address has it: ec2.")
@click.option("--region", metavar="REGION", help="The region to open; else the profile's.")
@click.option("--print", "printed", is_flag=True, help="Print the link, and open nothing.")
@click.pass_obj
def console(
    app: AppContext, profile: str | None, service: str | None, region: str | None, printed: bool
) -> int:
    """Open the AWS console, signed in as PROFILE.

    The session there ends with the profile's credentials. The link that --print prints signs in
    whoever has it, for 15 minutes.
    """
    from awsprof.auth.console import console_link, open_console, without_mfa

    catalog = app.catalog()
    profile = app.named(profile, catalog)
    to = console_link(app.resolver(catalog), profile, service=service, region=region)
    mfa = without_mfa(catalog, profile)
    if mfa is not None:
        app.terminal.warn(mfa)
    if printed:
        app.terminal.data(to.reveal())
        return 0
    app.terminal.say("Opening the console in your browser ...")
    strangers = open_console(to, profile)
    if strangers:
        app.terminal.warn(f"{strangers} asked for the sign-in link too, and did not get it.")
    app.terminal.ok(f"it is open, as {profile}")
    return 0
