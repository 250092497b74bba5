"""Proof that an SDK gets a key out of the vault: by the very line that it would run."""

from __future__ import annotations

import shlex
import subprocess
import sys

from awsprof import logs
from awsprof.accesskeys.context import KeyContext
from awsprof.awsapi.caller_identity import Identity, whoami
from awsprof.awsapi.credentials import Credentials, credentials_from_json
from awsprof.editing.identity_proof import WRONG_IDENTITY
from awsprof.errors import CredentialsError, InteractionRequired
from awsprof.key_ids import display_id
from awsprof.profiles import process_command
from awsprof.profiles.model import Profile
from awsprof.shells import arguments
from awsprof.text import sanitize

_log = logs.get_logger(__name__)
_LIMIT_S = 180  # a person may have to look for an MFA code


def identity_through_process(
    name: str, key_id: str, *, region: str | None = None, profile: Profile | None = None
) -> Identity:
    """Who AWS says it is, whom the profile's credential_process line hands out.

    The line is run as it is to be written, as a program of its own. CredentialsError where it does
    not start, hands out something else, or AWS does not take it; InteractionRequired where it wants
    a code.
    """
    given = _handed_out(name, process_command.build_command(name, key_id))
    if given.token is None and given.access_key_id != key_id:
        raise CredentialsError(
            f"The credential_process of {sanitize(name)} hands out"
            f" {display_id(given.access_key_id)},"
            f" and not {key_id}.",
            "awsprof settings vault shows where secrets are kept",
        )
    return whoami(given, region=region, profile=profile)


def require_handed_out(
    name: str,
    key_id: str,
    wanted: Identity,
    *,
    region: str | None = None,
    profile: Profile | None = None,
) -> None:
    """CredentialsError where the profile's line does not hand out ``wanted``.

    A line that starts, finds the key and then waits for an MFA code is proven as far as it can be
    where nobody can be asked: whose the key is, was proven by the key itself.
    """
    try:
        who = identity_through_process(name, key_id, region=region, profile=profile)
    except InteractionRequired:
        return
    require_same_identity(name, wanted, who)


def require_same_identity(name: str, wanted: Identity, who: Identity) -> None:
    """CredentialsError where the profile's key answers as somebody else than ``wanted``."""
    if who.arn != wanted.arn:
        raise CredentialsError(
            f"{sanitize(name)} was to be {wanted.arn}, and {sanitize(who.arn)} answers.",
            f"awsprof show {arguments(name)} shows where its credentials come from",
            code=WRONG_IDENTITY,
        )


def require_profile_identity(key_context: KeyContext, name: str, wanted: Identity) -> None:
    """CredentialsError where the profile, as botocore reads both files, is not ``wanted``.

    A line of another kind may come before the one that was written. A profile that waits for a
    code is proven by its key alone.
    """
    catalog = key_context.catalog()
    try:
        credentials = key_context.unattended(catalog).credentials(name)
    except InteractionRequired:
        return
    require_same_identity(name, wanted, whoami(credentials, profile=catalog.get(name)))


def _handed_out(name: str, line: str) -> Credentials:
    words = shlex.split(line, posix=sys.platform != "win32")
    words = [word.strip('"') for word in words]
    try:
        with logs.log_duration(_log, "program awsprof credential-process"):
            done = subprocess.run(  # noqa: S603  # our own program, by its absolute path
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=False
            )
        problem = sanitize(done.stderr.decode(errors="replace")).removeprefix("awsprof: ")
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise CredentialsError(
            f"The credential_process of {sanitize(name)} does not run:"
            f" {sanitize(type(exc).__name__)}.",
            f"run it yourself: {line}",
        ) from exc
    if done.returncode == InteractionRequired.exit_code:
        raise InteractionRequired(problem, f"awsprof login {arguments(name)}", code="mfa-needed")
    if done.returncode:
        raise CredentialsError(
            f"The credential_process of {sanitize(name)} gives no credentials: {problem}",
            f"run it yourself: {line}",
        )
    try:
        return credentials_from_json(done.stdout)
    except (ValueError, KeyError, TypeError):
        raise CredentialsError(
            f"The credential_process of {sanitize(name)} gives something else than credentials.",
            f"run it yourself: {line}",
        ) from None  # what it gave may hold the secret
