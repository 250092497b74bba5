"""awsprof console: the AWS console, signed in as a profile."""

import click

from awsprof.cli.command_group import examples
from awsprof.cli.context import AppContext


@click.command(
    epilog=examples(
        "awsprof console dev",
        "awsprof console dev --service ec2 --region eu-west-1",
    )
)
@click.argument("profile", required=False)
@click.option("--service", metavar="NAME", help="Page to open, named as in its URL: ec2.")
@click.option("--region", metavar="REGION", help="Region to open. Default: the profile's.")
@click.option(
    "--print", "printed", is_flag=True, help="Print the sign-in link instead of opening it."
)
@click.pass_obj
def console(
    app: AppContext, profile: str | None, service: str | None, region: str | None, printed: bool
) -> int:
    """Open the AWS console, signed in as PROFILE.

    The console session ends when the profile's credentials expire. The link that --print shows
    signs in anyone who has it, for 15 minutes.
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
        app.terminal.warn(f"{strangers} also asked for the sign-in link and did not get it.")
    app.terminal.ok(f"signed in to the console as {profile}")
    return 0
