"""awsprof login and awsprof logout: sign in to Identity Center or with MFA, and sign out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awsprof import paths
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.cli.parameters import RegionType, duration_option
from awsprof.errors import UsageError
from awsprof.text import clock_time, sanitize

if TYPE_CHECKING:
    from pathlib import Path

    from awsprof.auth.identity_center.orphan_tokens import OrphanToken
    from awsprof.errors import AwsprofError
    from awsprof.profiles.catalog import Catalog
    from awsprof.profiles.model import SsoSession


@click.command(
    epilog=examples(
        "awsprof login dev",
        "awsprof login base --duration 8h",
        "awsprof login --session corp --device-code",
    )
)
@click.argument("profile", required=False)
@click.option("--session", metavar="NAME", help="Sign in to this sso-session.")
@click.option("--device-code", is_flag=True, help="Show a code to approve in any browser.")
@click.option("--region", type=RegionType(), metavar="REGION", help="Region whose STS to call.")
@duration_option
@click.pass_obj
def login(
    app: AppContext,
    profile: str | None,
    session: str | None,
    device_code: bool,
    region: str | None,
    duration: int | None,
) -> int:
    """Sign in to Identity Center, or with an MFA code.

    For Identity Center it opens a browser, or shows a code to approve in a browser elsewhere (over
    SSH, or without a screen). For MFA it asks for the code on the terminal.

    An Identity Center session serves all profiles that use it, in the AWS CLI too. Without
    PROFILE, signs in with the profile in AWS_PROFILE, or with the one that you choose. --duration
    is for MFA and role sessions.
    """
    from awsprof.auth.session_options import SessionOptions

    catalog = app.catalog()
    if session is not None:
        if profile is not None or duration is not None or region is not None:
            raise UsageError(
                "--session cannot be combined with PROFILE, --region or --duration.",
                "leave one of them out",
            )
        return _identity_center(app, catalog.session(session), device_code)
    profile = app.named(profile, catalog)
    chain = catalog.chain(profile)
    if duration is not None:  # refused here if it does not apply, before a browser opens
        options = SessionOptions(duration=duration)
        app.resolver(catalog).recipe(catalog.get(profile), session_options=options)
    if chain.session is not None:
        _check_complete(catalog, profile)
        _identity_center(app, chain.session, device_code)
    if duration is not None or region is not None:
        app.resolver(catalog, keep_roles=True).renew(profile, duration=duration, region=region)
    return _prove(app, catalog, profile, signed_in=chain.session is not None)


def _check_complete(catalog: Catalog, profile: str) -> None:
    """Raises CredentialsError if SDKs refuse the profile's values: no sign-in would help."""
    import os

    from awsprof.auth.plain_boto3 import PlainBoto3
    from awsprof.awsapi.errors.translate import translate_error

    refusal = PlainBoto3(catalog, os.environ).credentials_refused(catalog.get(profile))
    if refusal is not None and type(refusal.error).__name__ == "InvalidConfigError":
        raise translate_error(refusal.error, profile=sanitize(profile)) from refusal.error


def _identity_center(app: AppContext, session: SsoSession, device_code: bool) -> int:
    from awsprof.auth.identity_center.login import sign_in
    from awsprof.auth.logout import forget_profile_sessions, related_profiles
    from awsprof.vault.session_cache import SessionCache

    token = sign_in(session, app.prompter, device_code=device_code, agree=app.agree)
    # A different user may have signed in: sessions cached for the last one are not theirs.
    catalog = app.catalog()
    users = catalog.users_of_session(session.name)
    names = dict.fromkeys(name for user in users for name in related_profiles(catalog, user))
    forget_profile_sessions(app.resolver(catalog, keep_roles=True), SessionCache(app.vault), names)
    app.terminal.ok(f"signed in to {session.name} until {clock_time(token.expires)}")
    return 0


def _prove(app: AppContext, catalog: Catalog, profile: str, *, signed_in: bool) -> int:
    from awsprof.auth.caller_identities import check_identities
    from awsprof.auth.chain_credentials import NO_CREDENTIALS
    from awsprof.profiles.provider_order import signs_in_with_mfa

    resolver = app.resolver(catalog)
    (checked,) = check_identities(resolver, [profile])
    if signed_in and checked.error is not None and checked.error.code == NO_CREDENTIALS:
        app.terminal.warn(checked.error.message)
        app.terminal.detail(checked.error.fix)
        return 0
    if checked.error is not None:
        raise checked.error
    source = catalog.chain(profile).links[-1]
    expires = resolver.credentials(source.name).expires if signs_in_with_mfa(source) else None
    if expires is not None:
        app.terminal.ok(f"{source.name} is signed in with MFA until {clock_time(expires)}")
    if checked.identity is not None:
        app.terminal.ok(f"{profile} is {checked.identity.arn}")
    return 0


@click.command(
    epilog=examples(
        "awsprof logout dev",
        "awsprof logout --all",
    )
)
@click.argument("profile", required=False)
@click.option("--session", metavar="NAME", help="Sign out of this sso-session.")
@click.option("--all", "every", is_flag=True, help="Sign out of everything.")
@click.pass_obj
def logout(app: AppContext, profile: str | None, session: str | None, every: bool) -> int:
    """Sign out, and delete cached sessions.

    Ends the Identity Center session, and deletes the cached sessions of PROFILE, of its source
    profiles, and of the roles that use the same sources. Credentials already issued stay valid
    until they expire; awsprof lists them.
    """
    from awsprof.auth.identity_center import orphan_tokens, token_cache
    from awsprof.auth.logout import related_profiles

    if sum((profile is not None, session is not None, every)) > 1:
        raise UsageError(
            "PROFILE, --session and --all cannot be combined.", "leave all but one out"
        )
    catalog = app.catalog()
    orphans: tuple[OrphanToken, ...] = ()
    if every:
        orphans = orphan_tokens.orphan_tokens(catalog)
        names: tuple[str, ...] = tuple(catalog.profiles)
        sessions = [*catalog.sessions.values(), *catalog.legacy_sessions.values()]
    elif (
        session is not None
        and (found := orphan_tokens.orphan_token_named(session, catalog)) is not None
    ):
        orphans, sessions, names = (found,), [], ()
    elif session is not None:
        sessions = [catalog.session(session)]
        names = tuple(
            name
            for user in catalog.users_of_session(session)
            for name in related_profiles(catalog, user)
        )
    else:
        profile = app.named(profile, catalog)
        names = related_profiles(catalog, profile)
        ending = catalog.chain(profile).session
        sessions = [] if ending is None else [ending]
    ended = [one.name for one in (*sessions, *(orphan.session for orphan in orphans))]
    failure = _forget(app, catalog, names, ended, every=every)
    for one in sessions:
        _sign_out(app, one, token_cache.token_path(one))
    for orphan in orphans:
        _sign_out(app, orphan.session, orphan.path)
    if failure is not None:
        raise failure
    return 0


def _forget(
    app: AppContext,
    catalog: Catalog,
    names: tuple[str, ...],
    sign_ins: list[str],
    *,
    every: bool,
) -> AwsprofError | None:
    """Deletes sessions, and says which AWS still accepts. Returns why some could not be deleted."""
    from awsprof.auth.logout import forget_profile_sessions
    from awsprof.vault.session_cache import SessionCache

    cache = SessionCache(app.vault)
    forgotten = forget_profile_sessions(
        app.resolver(catalog, keep_roles=True), cache, names, sign_ins=sign_ins, every=every
    )
    for session in forgotten.still_valid:
        until = clock_time(session.expires)
        app.terminal.warn(
            f"{session.profile}: its session is deleted here, but AWS accepts it until {until}."
        )
    if not forgotten.still_valid and forgotten.failure is None:
        app.terminal.ok("no MFA or role sessions to delete")
    theirs = len(list(paths.aws_cli_cache_dir().glob("*.json")))
    if theirs:
        app.terminal.warn(
            f"The AWS CLI keeps {theirs} of its own sessions in plain text, and uses them until"
            f" they expire: rm {paths.display_path(paths.aws_cli_cache_dir())}/*.json"
        )
    return forgotten.failure


def _sign_out(app: AppContext, session: SsoSession, path: Path) -> None:
    from awsprof.auth.identity_center import token_cache
    from awsprof.auth.identity_center.portal import end_sign_in
    from awsprof.errors import AwsprofError

    name = sanitize(session.name)
    try:
        ended = end_sign_in(session, path)
        done = f"signed out of {name}" if ended else f"already signed out of {name}"
    except AwsprofError as exc:  # the token is deleted here in any case
        app.terminal.failed(f"{name}: {exc.message}", exc.fix)
        done = f"deleted the sign-in to {name} here; AWS may accept it until it expires"
    token_cache.remove_token(path)
    app.terminal.ok(done)
