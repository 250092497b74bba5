"""Proof that an SDK gets a key out of the vault: by the very line that it would run."""

from __future__ import annotations

import shlex
import subprocess
import sys

from awsprof.accesskeys.desk import Desk
from awsprof.clean import clean
from awsprof.editing.proof import WRONG_IDENTITY
from awsprof.errors import PersonNeeded, SignInFailed
from awsprof.key_ids import shown
from awsprof.profiles import ownline
from awsprof.profiles.model import Profile
from awsprof.shells import arguments
from awsprof.signin.credentials import Credentials, from_json
from awsprof.signin.whoami import Identity, whoami

_LIMIT_S = 180  # a person may have to look for an MFA code


def through_process(
    name: str, key_id: str, *, region: str | None = None, profile: Profile | None = None
) -> Identity:
    """Who AWS says it is, whom the profile's credential_process line hands out.

    The line is run as it is to be written, as a program of its own. SignInFailed where it does not
    start, hands out something else, or AWS does not take it; PersonNeeded where it wants a code.
    """
    given = _handed_out(name, ownline.compose(name, key_id))
    if given.token is None and given.access_key_id != key_id:
        raise SignInFailed(
            f"The credential_process of {clean(name)} hands out {shown(given.access_key_id)},"
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
    """SignInFailed where the profile's line does not hand out ``wanted``.

    A line that starts, finds the key and then waits for an MFA code is proven as far as it can be
    where nobody can be asked: whose the key is, was proven by the key itself.
    """
    try:
        who = through_process(name, key_id, region=region, profile=profile)
    except PersonNeeded:
        return
    require_same(name, wanted, who)


def require_same(name: str, wanted: Identity, who: Identity) -> None:
    """SignInFailed where the profile's key answers as somebody else than ``wanted``."""
    if who.arn != wanted.arn:
        raise SignInFailed(
            f"{clean(name)} was to be {wanted.arn}, and {clean(who.arn)} answers.",
            f"awsprof show {arguments(name)} shows where its credentials come from",
            code=WRONG_IDENTITY,
        )


def require_profile(desk: Desk, name: str, wanted: Identity) -> None:
    """SignInFailed where the profile, as botocore reads both files, is not ``wanted``.

    A line of another kind may come before the one that was written. A profile that waits for a
    code is proven by its key alone.
    """
    catalog = desk.catalog()
    try:
        credentials = desk.unattended(catalog).credentials(name)
    except PersonNeeded:
        return
    require_same(name, wanted, whoami(credentials, profile=catalog.get(name)))


def _handed_out(name: str, line: str) -> Credentials:
    words = shlex.split(line, posix=sys.platform != "win32")
    words = [word.strip('"') for word in words]
    try:
        done = subprocess.run(  # noqa: S603  # our own program, by its absolute path
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=False
        )
        problem = clean(done.stderr.decode(errors="replace")).removeprefix("awsprof: ")
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise SignInFailed(
            f"The credential_process of {clean(name)} does not run: {clean(type(exc).__name__)}.",
            f"run it yourself: {line}",
        ) from exc
    if done.returncode == PersonNeeded.exit_code:
        raise PersonNeeded(problem, f"awsprof login {arguments(name)}", code="mfa-needed")
    if done.returncode:
        raise SignInFailed(
            f"The credential_process of {clean(name)} gives no credentials: {problem}",
            f"run it yourself: {line}",
        )
    try:
        return from_json(done.stdout)
    except (ValueError, KeyError, TypeError):
        raise SignInFailed(
            f"The credential_process of {clean(name)} gives something else than credentials.",
            f"run it yourself: {line}",
        ) from None  # what it gave may hold the secret
