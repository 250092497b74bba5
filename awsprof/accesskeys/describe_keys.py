"""Describes access keys in messages: age, last use, and who uses them."""

from __future__ import annotations

from datetime import UTC, datetime

from awsprof.accesskeys.key_users import dependents_of
from awsprof.awsapi.iam import AccessKey, LastUsed, NotPermitted
from awsprof.profiles.catalog import Catalog
from awsprof.terminal import Terminal
from awsprof.text import sanitize


def describe_age(since: datetime, now: datetime | None = None) -> str:
    """Returns how long ago it was: "5 min", "3 h", "12 d"."""
    seconds = max(0, int(((now or datetime.now(UTC)) - since).total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 2 * 86400 else f"{seconds // 86400} d"


def describe_last_use(last: LastUsed | NotPermitted | None) -> str:
    """Returns when and for what a key was last used: "2 h ago, s3 eu-west-1"; "" if unknown."""
    if last is None or isinstance(last, NotPermitted):
        return ""
    if last.when is None:
        return "never"
    return (
        f"{describe_age(last.when)} ago, {sanitize(last.service)} {sanitize(last.region)}".rstrip(
            " ,"
        )
    )


def describe_key(key: AccessKey, last: LastUsed | NotPermitted | None) -> str:
    """Returns a key in one line: "AKIA…  active, 412 d old, last used 2 h ago, s3 eu-west-1"."""
    status = "active" if key.active else "inactive"
    when = describe_last_use(last)
    last_use = "" if not when else ", never used" if when == "never" else f", last used {when}"
    return f"{key.id}  {status}, {describe_age(key.created)} old{last_use}"


def tell_left_in_vault(terminal: Terminal, key_id: str) -> None:
    """Says that the secret is still in the vault, and how to delete it."""
    terminal.say(f"The secret of {key_id} stays in the vault, and the key still works.")
    terminal.detail(f"awsprof keys delete {key_id} --now deletes it in IAM and in the vault")


def join_names(names: tuple[str, ...]) -> str:
    """Returns the names for a sentence; "no profile" if there are none."""
    return ", ".join(sanitize(name) for name in names) or "no profile"


def describe_users(names: tuple[str, ...], catalog: Catalog) -> str:
    """Returns who uses a key, for a sentence: "used by base, and through it by admin"."""
    dependents = dependents_of(names, catalog)
    through = f", and through {'it' if len(names) == 1 else 'them'} by {join_names(dependents)}"
    return f"used by {join_names(names)}{through if dependents else ''}"
