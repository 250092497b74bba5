"""Profiles for what Identity Center gives: from assignments to one change, the same at each run.

An account is known by its id, which never changes: a profile that is there for an account and role
keeps its name, and whatever a person made of it.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from awsprof.auth.identity_center.portal import Assignment
from awsprof.configfile.document import FileEdit
from awsprof.editing import operations
from awsprof.editing.change import Change
from awsprof.errors import UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.base import check_name, put_profile, slug
from awsprof.profiles.model import SsoSession

TEMPLATE: Final = "{account_name}-{role}"
_FIELDS: Final = frozenset({"account_name", "account_id", "role", "session"})
_ACCOUNT: Final = re.compile("[0-9]{12}")
_ROLE: Final = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
_LONGEST: Final = 128  # characters of a name that is made
_Key = tuple[str, str]


@dataclass(frozen=True)
class NamedAssignment:
    """An assignment, and the profile that is there for it or is to be."""

    assignment: Assignment
    name: str
    new: bool


@dataclass(frozen=True)
class Discovery:
    """What was found beside what is there; ``gone`` are profiles of what is assigned no longer.

    ``unfit`` are assignments that no profile can name: they are left out.
    """

    named: tuple[NamedAssignment, ...]
    gone: tuple[str, ...]
    unfit: tuple[Assignment, ...] = ()


def check_template(template: str) -> str:
    """The template. UsageError where it names something that there is not."""
    try:
        parts = [part[1:] for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError:
        parts = [(template, "", None)]
    # A width makes a name of any length, and an attribute or index shows what is no name.
    plain = all(name in _FIELDS and not spec and not convert for name, spec, convert in parts)
    if not parts or not plain:
        raise UsageError(
            f"{template!r} is no template for names.",
            "use one or more of {account_name}, {account_id}, {role} and {session}",
        )
    return template


def compare_assignments(
    session: SsoSession,
    assignments: Iterable[Assignment],
    catalog: Catalog,
    template: str = TEMPLATE,
    only: str = "*",
) -> Discovery:
    """Name each assignment; those whose name ``only`` (a glob) does not match are left out."""
    every = sorted(assignments, key=lambda a: (a.account.id, a.role))
    found = [each for each in every if _fits(each)]
    there = _there(session, catalog)
    names = _Names(check_template(template), session, set(catalog.profiles), found)
    named = tuple(
        NamedAssignment(each, there.get(_key(each)) or names.of(each), _key(each) not in there)
        for each in found
    )
    assigned = {_key(each) for each in found}
    gone = tuple(name for key, name in there.items() if key not in assigned)
    return Discovery(
        tuple(each for each in named if fnmatchcase(each.name, only)),
        tuple(name for name in gone if fnmatchcase(name, only)),
        tuple(each for each in every if not _fits(each)),
    )


def discovery_change(
    session: SsoSession,
    new: Sequence[NamedAssignment],
    gone: Sequence[str],
    catalog: Catalog,
    region: str | None = None,
) -> Change:
    """The change that adds the new profiles, and removes those in ``gone``."""
    edits = [_added(session, each, region) for each in new]
    for name in gone:
        edits += operations.remove_profile(name, catalog).edits
    summary = f"added {len(new)} profiles of {session.name}"
    return Change(summary + (f", removed {len(gone)}" if gone else ""), tuple(edits))


def _added(session: SsoSession, each: NamedAssignment, region: str | None) -> FileEdit:
    values = {
        "sso_session": session.name,
        "sso_account_id": each.assignment.account.id,
        "sso_role_name": each.assignment.role,
    }
    return put_profile(each.name, {**values, "region": region} if region else values)


def _there(session: SsoSession, catalog: Catalog) -> dict[_Key, str]:
    """The profiles of the session, the first for each account and role."""
    found: dict[_Key, str] = {}
    for name in catalog.users_of_session(session.name):
        profile = catalog.get(name)
        key = (profile.get("sso_account_id") or "", profile.get("sso_role_name") or "")
        if all(key):
            found.setdefault(key, name)
    return found


def _fits(each: Assignment) -> bool:
    """Whether account and role are such as AWS gives, so that a profile can name them.

    Source: IAM API reference, CreateRole (RoleName), and AWS account identifiers.
    """
    return bool(_ACCOUNT.fullmatch(each.account.id) and _ROLE.fullmatch(each.role))


def _key(each: Assignment) -> _Key:
    return (each.account.id, each.role)


class _Names:
    """Names from a template; where two would share one, both bear their account's id."""

    def __init__(
        self, template: str, session: SsoSession, taken: set[str], every: Sequence[Assignment]
    ) -> None:
        self._template, self._session, self._taken = template, session, taken
        plain = Counter(self._plain(each) for each in every)
        self._shared = {name for name, times in plain.items() if times > 1}

    def of(self, each: Assignment) -> str:
        name = self._plain(each)
        if name in self._shared or name in self._taken:
            name = f"{name}-{each.account.id}"
        number, free = 1, name
        while free in self._taken:
            number += 1
            free = f"{name}-{number}"
        self._taken.add(free)
        return check_name(free)

    def _plain(self, each: Assignment) -> str:
        filled = self._template.format(
            account_name=each.account.name or each.account.id,
            account_id=each.account.id,
            role=each.role,
            session=self._session.name,
        )
        return slug(filled)[:_LONGEST].strip("-") or each.account.id
