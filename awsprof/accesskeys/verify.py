"""Verifies that an SDK gets a key from the vault, by running the profile's own line."""

from __future__ import annotations

import subprocess

from awsprof import logs
from awsprof.accesskeys.key_context import KeyContext
from awsprof.awsapi.credentials import Credentials, credentials_from_json
from awsprof.awsapi.sts import Identity, get_caller_identity
from awsprof.editing.identity_proof import WRONG_IDENTITY
from awsprof.errors import CredentialsError, InteractionRequired
from awsprof.key_ids import display_id
from awsprof.profiles import process_command
from awsprof.shells import arguments
from awsprof.text import sanitize

_log = logs.get_logger(__name__)
_LIMIT_S = 180  # you may have to look for an MFA code


def _identity_through_process(name: str, key_id: str, region: str | None) -> Identity:
    """Returns the identity of the credentials that the profile's credential_process line prints.

    Runs the line as it will be written. Raises CredentialsError if it does not start, prints
    another key, or AWS rejects the key; InteractionRequired if it needs an MFA code.
    """
    printed = _run_line(name, process_command.build_command(name, key_id))
    if printed.token is None and printed.access_key_id != key_id:
        raise CredentialsError(
            f"The credential_process of {sanitize(name)} prints"
            f" {display_id(printed.access_key_id)}, not {key_id}.",
            "awsprof settings vault shows where secrets are stored",
        )
    return get_caller_identity(printed, region=region)


def require_process_identity(
    name: str, key_id: str, expected: Identity, *, region: str | None = None
) -> None:
    """Raises CredentialsError if the profile's line prints credentials of another identity.

    A line that finds the key and then needs an MFA code is accepted: the key itself has already
    proved whose it is.
    """
    try:
        who = _identity_through_process(name, key_id, region)
    except InteractionRequired:
        return
    require_same_identity(name, expected, who)


def require_same_identity(name: str, expected: Identity, who: Identity) -> None:
    """Raises CredentialsError if the profile's credentials are not those of ``expected``."""
    if who.arn != expected.arn:
        raise CredentialsError(
            f"{sanitize(name)} should be {expected.arn}, but is {sanitize(who.arn)}.",
            f"awsprof show {arguments(name)} shows where its credentials come from",
            code=WRONG_IDENTITY,
        )


def require_profile_identity(key_context: KeyContext, name: str, expected: Identity) -> None:
    """Raises CredentialsError if the profile, as botocore reads both files, has another identity.

    Another key of the profile may take precedence over the line. A profile that needs an MFA code
    is accepted.
    """
    catalog = key_context.catalog()
    try:
        credentials = key_context.unattended_resolver(catalog).credentials(name)
    except InteractionRequired:
        return
    require_same_identity(
        name, expected, get_caller_identity(credentials, profile=catalog.get(name))
    )


def _run_line(name: str, line: str) -> Credentials:
    words = process_command.split_words(line)
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
            f"The credential_process of {sanitize(name)} prints no credentials: {problem}",
            f"run it yourself: {line}",
        )
    try:
        return credentials_from_json(done.stdout)
    except (ValueError, KeyError, TypeError):
        raise CredentialsError(
            f"The output of the credential_process of {sanitize(name)} is not credentials.",
            f"run it yourself: {line}",
        ) from None  # the output may contain the secret
