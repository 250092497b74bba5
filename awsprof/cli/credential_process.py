"""awsprof credential-process, for --help; ``awsprof.__main__`` runs it without loading click."""

import click

from awsprof.cli.command_group import examples


@click.command("credential-process", epilog=examples("awsprof credential-process dev"))
@click.argument("profile")
@click.option("--key", metavar="ID", help="The access key ID in the profile's line.")
def credential_process(profile: str, key: str | None) -> int:
    """Print a profile's credentials for an SDK, as JSON.

    SDKs run it, because a profile's credential_process line names it. It asks for an MFA code on
    the terminal itself, never reads stdin, and prints nothing but the protocol's JSON on stdout.
    If it fails, one line on stderr says what to run.
    """
    from awsprof.auth.credential_process import credential_process_main

    return credential_process_main([profile, *(["--key", key] if key else [])])
