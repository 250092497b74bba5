"""Sessions of a key outlive it: deletes awsprof's, and offers to delete the AWS CLI's.

The AWS CLI uses a session in ``~/.aws/cli/cache`` until it expires, even if the key that it came
from was rotated. Its files are plain, and do not name the key behind them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from awsprof import parsing, paths
from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.key_users import dependents_of, profiles_with
from awsprof.arn import Arn
from awsprof.auth.logout import forget_profile_sessions
from awsprof.configfile.document import FileKind
from awsprof.errors import AwsprofError, FileError
from awsprof.profiles.catalog import Catalog
from awsprof.shells import arguments
from awsprof.text import clock_time, counted, sanitize


def sessions_of_roles(roles: Iterable[str]) -> tuple[Path, ...]:
    """Returns the files with cached sessions of these role ARNs."""
    names = {_account_and_role(arn) for arn in roles}
    return tuple(path for path in _files() if _cached_role(path) in names - {None})


def clear_sessions(files: Iterable[Path]) -> None:
    """Deletes the files. Raises FileError if one cannot be deleted."""
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            raise FileError(f"{path} cannot be deleted: {exc.strerror}.", f"rm {path}") from exc


def _files() -> list[Path]:
    return sorted((paths.home() / ".aws" / "cli" / "cache").glob("*.json"))


def _account_and_role(arn: str) -> tuple[str, str] | None:
    """Returns a role's account and name without its path, which an assumed role's ARN lacks."""
    role = Arn.parse(arn)
    return (role.account, role.role_name) if role and role.role_name else None


def _cached_role(path: Path) -> tuple[str, str] | None:
    """Returns the account and name of the role in a cached session; None for other files."""
    try:
        with parsing.wrap_parse_errors(path, "delete it"):
            whole = parsing.expect_table(parsing.parse_json(path.read_bytes()))
            user = parsing.expect_table(whole["AssumedRoleUser"])
            return _account_and_role(parsing.expect_text(user["Arn"]))
    except (OSError, AwsprofError):
        return None


def forget_sessions_of_key(
    key_context: KeyContext, catalog: Catalog, old: str, new: str = ""
) -> None:
    """Deletes cached sessions of ``old``; ``new`` is the key that the profiles switched to.

    Warns about sessions that AWS still accepts.
    """
    before = profiles_with_old_key(catalog, old, new) if new else catalog
    names = profiles_with(old, before)
    dependents = dependents_of(names, before)
    forgotten = forget_profile_sessions(
        key_context.caching_resolver(before), key_context.sessions(), (*names, *dependents)
    )
    if forgotten.failure is not None:
        key_context.terminal.error(forgotten.failure)
    for session in forgotten.still_valid:
        name, until = sanitize(session.profile), clock_time(session.expires)
        key_context.terminal.warn(f"{name}: session deleted here; AWS accepts it until {until}")
        if new:
            key_context.terminal.detail(
                f"awsprof login {arguments(session.profile)} signs in with {new}"
            )
    roles = [role for name in dependents if (role := before.get(name).get("role_arn"))]
    files = sessions_of_roles(roles)
    if files:
        count = counted(len(files), "session")
        key_context.terminal.say(f"The AWS CLI has {count} of the old key in ~/.aws/cli/cache.")
        if key_context.agree("Delete them?", True):
            clear_sessions(files)
            key_context.terminal.ok(f"{count} deleted")


def profiles_with_old_key(catalog: Catalog, old: str, new: str) -> Catalog:
    """Returns the profiles as they were before they switched from ``old`` to ``new``."""
    before = []
    for kind in FileKind:
        data = catalog.stored(kind).data
        before.append(data and data.replace(new.encode(), old.encode()))
    return Catalog.from_bytes(*before)
