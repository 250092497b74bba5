"""credential-process as the help tells it; the entry itself answers it before click is loaded."""

import click


@click.command("credential-process")
@click.argument("profile")
@click.option("--key", metavar="ID", help="The access key, by its id, that the profile names.")
def credential_process(profile: str, key: str | None) -> int:
    """Print a profile's credentials for an SDK (JSON).

    SDKs start it: the credential_process line of a profile names it. It asks on the terminal
    itself where a code is needed, never reads stdin, and prints nothing but the protocol's JSON
    on stdout. On failure it says in one line on stderr what to run.
    """
    from awsprof.auth.process import credential_process_main

    return credential_process_main([profile, *(["--key", key] if key else [])])
