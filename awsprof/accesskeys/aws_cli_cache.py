"""The AWS CLI's own cache of sessions: plain files that know nothing of the key beneath them.

``~/.aws/cli/cache`` holds what roles gave; which key asked for it stands nowhere in it, so a
session of a key that was rotated is used there until it ends.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from awsprof import parsing, paths
from awsprof.errors import AwsprofError, FileError


def sessions_of_roles(roles: Iterable[str]) -> tuple[Path, ...]:
    """The cached sessions of these roles (ARNs)."""
    wanted = {_called(arn) for arn in roles}
    return tuple(path for path in _files() if _role_in(path) in wanted)


def clear_sessions(files: Iterable[Path]) -> None:
    """Take them away. FileProblem where one stays."""
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            raise FileError(f"{path} cannot be deleted: {exc.strerror}.", f"rm {path}") from exc


def _files() -> list[Path]:
    return sorted((paths.home() / ".aws" / "cli" / "cache").glob("*.json"))


def _called(arn: str) -> tuple[str, str]:
    """Account and name: an assumed role's ARN has lost the role's path."""
    parts = arn.split(":", 5)
    return (parts[4], parts[5].rsplit("/", 1)[-1]) if len(parts) == 6 else ("", arn)


def _role_in(path: Path) -> tuple[str, str] | None:
    """The role of a cached session: its ARN ends in the role's name and the session's."""
    try:
        with parsing.wrap_parse_errors(path, "look at it"):
            whole = parsing.expect_table(parsing.parse_json(path.read_bytes()))
            user = parsing.expect_table(whole["AssumedRoleUser"])
            parts = parsing.expect_text(user["Arn"]).split(":", 5)
            return parts[4], parts[5].split("/")[1]
    except (OSError, AwsprofError):
        return None  # not a file of that kind
