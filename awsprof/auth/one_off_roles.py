"""Credentials of a role that no profile has: assumed by a profile, or of Identity Center.

They are not cached: each call asks AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsprof.arn import Arn
from awsprof.auth.identity_center.refresh import require_token
from awsprof.awsapi import sts
from awsprof.awsapi.errors.translate import NOT_ASSIGNED, translate_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.role_session_name import usual_session_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsprof.auth.resolver import Resolver
    from awsprof.awsapi.credentials import Credentials
    from awsprof.profiles.model import SsoSession


def assume_role(
    resolver: Resolver, source: str, arn: str, duration: int | None, region: str | None
) -> Credentials:
    """Returns the credentials of the role, assumed with those of the profile ``source``.

    ``duration`` is in seconds; AWS's default is one hour. ``region`` is that of STS, by default
    the source's. Raises CredentialsError, with a fix, if the source has no credentials or AWS
    refuses the role.

    Source: STS API reference, AssumeRole.
    """
    profile = resolver.catalog.get(source)
    name = usual_session_name(resolver.catalog, source) or "awsprof"
    given: dict[str, Any] = {"RoleArn": arn, "RoleSessionName": name}
    if duration is not None:
        given["DurationSeconds"] = duration
    where, role = region or sts.sts_region(profile), Arn.parse(arn)

    def assumed(credentials: Credentials) -> Credentials:
        try:
            client = resolver.clients.client("sts", credentials, profile, where)
            answer = client.assume_role(**given)
            account = role.account if role else None
            return sts.credentials_from_response(answer["Credentials"], account)
        except Exception as exc:
            error = translate_error(exc, profile=sanitize(source), used=credentials)
            if error.code == "ValidationError" and duration is not None:
                error.fix = "leave out --duration, or give a shorter one"
            if error.code == "AccessDenied":
                what = f"{sanitize(source)} may not assume {sanitize(arn)}, or it does not exist"
                error = CredentialsError(
                    f"{what} (AccessDenied).", _denied(source), code=error.code
                )
            raise error from exc

    return resolver.using(source, assumed)


def _denied(source: str) -> str:
    return (
        f"check the ARN; a role that requires MFA needs an mfa_serial in {sanitize(source)}; else"
        " ask its owner to apply what this prints: awsprof policy role-trust-mfa"
    )


def identity_center_role(
    session: SsoSession, account: str, role: str, tell: Callable[[str], object]
) -> Credentials:
    """Returns the credentials of a role of the account, with the sign-in of the sso-session.

    ``tell`` gets a sentence if the sign-in could not be renewed. Raises InteractionRequired if you
    are not signed in.
    """
    from awsprof.auth.identity_center.portal import Portal

    token = require_token(session, LoginTarget(session.name, is_session=True), tell=tell)
    try:
        return Portal(session, token).role_credentials(account, role)
    except AwsprofError as exc:
        if exc.code in NOT_ASSIGNED:
            listing = f"awsprof sso discover {arguments(session.name, flags='--dry-run')}"
            exc.fix = f"{listing} lists the roles that you have"
        raise
