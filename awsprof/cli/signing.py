"""awsprof login: signing in where a person is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awsprof.cli.app import App
from awsprof.errors import UsageError

if TYPE_CHECKING:
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import SsoSession


@click.command()
@click.argument("profile", required=False)
@click.option("--session", metavar="NAME", help="Sign in to this sso-session.")
@click.pass_obj
def login(app: App, profile: str | None, session: str | None) -> int:
    """Sign in: to Identity Center, or with an MFA code.

    Identity Center is approved by a code in any browser; an MFA code is asked here.

    The session serves every profile that stands on it, and the AWS CLI too. Without PROFILE it is
    the one in AWS_PROFILE, or the default one.
    """
    catalog = app.catalog()
    if session is not None:
        if profile is not None:
            raise UsageError("That is a profile and a session.", "give one of them")
        return _identity_center(app, catalog.session(session))
    profile = app.named(profile, catalog)
    chain = catalog.chain(profile)
    if chain.session is not None:
        _identity_center(app, chain.session)
    return _prove(app, catalog, profile)


def _identity_center(app: App, session: SsoSession) -> int:
    from awsprof.signin.identity_center.device import sign_in

    token = sign_in(session, app.asker)
    app.terminal.ok(f"signed in to {session.name} until {token.expires.astimezone():%H:%M}")
    return 0


def _prove(app: App, catalog: Catalog, profile: str) -> int:
    from awsprof.signin.identity import check

    (checked,) = check(app.resolver(catalog), [profile])
    if checked.error is not None:
        raise checked.error
    if checked.identity is not None:
        app.terminal.ok(f"{profile} is {checked.identity.arn}")
    return 0
