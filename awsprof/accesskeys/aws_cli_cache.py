"""The AWS CLI's cache of role sessions: plain files that do not name the key behind them.

The AWS CLI uses a session in ``~/.aws/cli/cache`` until it expires, even if the key that it came
from was rotated.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from awsprof import parsing, paths
from awsprof.arn import Arn
from awsprof.errors import AwsprofError, FileError


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
