"""Selects profiles by name, account, kind, role, region and team, without calling AWS."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final, TypedDict

from awsprof.errors import UsageError
from awsprof.factory.exceptions import ProfileNotFound, profile_missing_error
from awsprof.factory.identity import ProfileSummary, list_profiles
from awsprof.factory.options import SessionArguments
from awsprof.factory.session import similar_name
from awsprof.factory.shared_source import SharedSource
from awsprof.team.state import managed_profiles

Patterns = str | Iterable[str]
"""A pattern (``*``, ``?`` and ``[…]`` as in file names), or several."""

_KINDS: Final = ("keys", "role", "sso", "process")


class SelectionArguments(TypedDict, total=False):
    """What selects profiles besides their names; each is optional."""

    kind: Patterns | None
    role: Patterns | None
    profile_region: Patterns | None
    managed: bool | None


class FanoutArguments(SelectionArguments, SessionArguments, total=False):
    """The keyword arguments of ``awsprof.sessions``."""


def select_profiles(
    profiles: Patterns, options: FanoutArguments, shared: SharedSource
) -> list[str]:
    """Returns the names of the matching profiles, in the order of the files.

    Raises ProfileNotFound if a name or pattern matches nothing, or nothing matches all criteria.
    """
    patterns = listed(profiles)
    names = list(shared.full_config["profiles"])
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            fix = "awsprof list shows them all"
            raise profile_missing_error(pattern, fix, similar_name(pattern, names))
    matches = [name for name in names if _matches(name, patterns)]
    account = options.get("account")
    wanted = {
        "kind": _kinds(options.get("kind")),
        "role": options.get("role"),
        "region": options.get("profile_region"),
    }
    criteria = {field: listed(value) for field, value in wanted.items() if value is not None}
    managed = options.get("managed")
    if account is None and not criteria and managed is None:
        return matches
    known = {profile.name: profile for profile in list_profiles()}
    matches = [name for name in matches if _fits(known.get(name), account, criteria)]
    if managed is not None:
        of_team = managed_profiles()
        matches = [name for name in matches if (name in of_team) == managed]
    if not matches:
        described = [f"{field} {', '.join(values)}" for field, values in criteria.items()]
        place = [f"is in account {account}"] if account else []
        if managed is not None:
            place.append("comes from a team file" if managed else "is your own")
        has = [f"has {' and '.join(described)}"] if described else []
        raise ProfileNotFound(
            f"No matching profile {' and '.join([*place, *has])}.",
            "awsprof list shows the kind, account, role and region of each",
            code="env-profile-missing",
        )
    return matches


def _fits(
    profile: ProfileSummary | None, account: str | None, criteria: dict[str, list[str]]
) -> bool:
    """True unless the profile is known to differ; an account that is not known is checked later."""
    if profile is None:
        return not criteria
    if account is not None and profile.account not in (None, account):
        return False
    return all(
        _matches(getattr(profile, field) or "", patterns) for field, patterns in criteria.items()
    )


def _kinds(kind: Patterns | None) -> Patterns | None:
    for each in listed(kind or ()):
        if not any(fnmatchcase(known, each) for known in _KINDS):
            raise UsageError(f"{each!r} is not a kind.", f"use one of {', '.join(_KINDS)}")
    return kind


def listed(patterns: Patterns) -> list[str]:
    """Returns the patterns, or other texts, as a list: one text is a list of one."""
    return [patterns] if isinstance(patterns, str) else list(patterns)


def _matches(text: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)
