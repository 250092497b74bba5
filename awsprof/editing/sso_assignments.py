"""Turns Identity Center assignments into a change that adds profiles; the same at each run.

Accounts are matched by ID, which never changes: an existing profile for an account and role keeps
its name and all of its settings.
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
from awsprof.editing import profile_operations
from awsprof.editing.change import Change
from awsprof.errors import UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.base import check_name, put_profile, slug
from awsprof.profiles.model import SsoSession

TEMPLATE: Final = "{account_name}-{role}"
_FIELDS: Final = frozenset({"account_name", "account_id", "role", "session"})
_ACCOUNT: Final = re.compile("[0-9]{12}")
_ROLE: Final = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
_MAX_NAME: Final = 128  # characters of a generated name
_Key = tuple[str, str]


@dataclass(frozen=True)
class NamedAssignment:
    """An assignment and the name of its profile; ``new`` if that profile does not exist yet."""

    assignment: Assignment
    name: str
    new: bool


@dataclass(frozen=True)
class AssignmentComparison:
    """The assignments compared with the profiles.

    ``gone`` are profiles whose assignment was withdrawn. ``unfit`` are assignments that a profile
    cannot represent; they are skipped.
    """

    named: tuple[NamedAssignment, ...]
    gone: tuple[str, ...]
    unfit: tuple[Assignment, ...] = ()


def check_template(template: str) -> str:
    """Returns the template. Raises UsageError if it is malformed or has an unknown field."""
    try:
        parts = [part[1:] for part in string.Formatter().parse(template) if part[1] is not None]
    except ValueError:
        parts = [(template, "", None)]
    # A width makes a name of any length, and an attribute or an index shows internals.
    plain = all(name in _FIELDS and not spec and not convert for name, spec, convert in parts)
    if not parts or not plain:
        raise UsageError(
            f"{template!r} is not a valid name template.",
            "use one or more of {account_name}, {account_id}, {role} and {session}",
        )
    return template


def compare_assignments(
    session: SsoSession,
    assignments: Iterable[Assignment],
    catalog: Catalog,
    template: str = TEMPLATE,
    only: str = "*",
) -> AssignmentComparison:
    """Names each assignment; skips names that the glob ``only`` does not match."""
    by_account = sorted(assignments, key=lambda a: (a.account.id, a.role))
    fitting = [each for each in by_account if _fits(each)]
    existing = _existing_names(session, catalog)
    names = _Names(check_template(template), session, set(catalog.profiles), fitting)
    named = tuple(
        NamedAssignment(
            each, existing.get(_key(each)) or names.of(each), _key(each) not in existing
        )
        for each in fitting
    )
    assigned = {_key(each) for each in fitting}
    gone = tuple(name for key, name in existing.items() if key not in assigned)
    return AssignmentComparison(
        tuple(each for each in named if fnmatchcase(each.name, only)),
        tuple(name for name in gone if fnmatchcase(name, only)),
        tuple(each for each in by_account if not _fits(each)),
    )


def assignments_change(
    session: SsoSession,
    new: Sequence[NamedAssignment],
    gone: Sequence[str],
    catalog: Catalog,
    region: str | None = None,
) -> Change:
    """Returns the change that adds the new profiles and removes those in ``gone``."""
    edits = [_profile_edit(session, each, region) for each in new]
    for name in gone:
        edits += profile_operations.remove_profile(name, catalog).edits
    summary = f"added {len(new)} profiles of {session.name}"
    return Change(summary + (f", removed {len(gone)}" if gone else ""), tuple(edits))


def _profile_edit(session: SsoSession, each: NamedAssignment, region: str | None) -> FileEdit:
    values = {
        "sso_session": session.name,
        "sso_account_id": each.assignment.account.id,
        "sso_role_name": each.assignment.role,
    }
    return put_profile(each.name, {**values, "region": region} if region else values)


def _existing_names(session: SsoSession, catalog: Catalog) -> dict[_Key, str]:
    """Returns the first profile's name of the session by account and role."""
    names: dict[_Key, str] = {}
    for name in catalog.users_of_session(session.name):
        profile = catalog.get(name)
        key = (profile.get("sso_account_id") or "", profile.get("sso_role_name") or "")
        if all(key):
            names.setdefault(key, name)
    return names


def _fits(each: Assignment) -> bool:
    """True if account ID and role name follow AWS's patterns, so that a profile can hold them.

    Source: IAM API reference, CreateRole (RoleName), and AWS account identifiers.
    """
    return bool(_ACCOUNT.fullmatch(each.account.id) and _ROLE.fullmatch(each.role))


def _key(each: Assignment) -> _Key:
    return (each.account.id, each.role)


class _Names:
    """Generates names from a template; appends the account ID if two would be the same."""

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
            # a name without a letter that profile names can have says nothing
            account_name=each.account.name if slug(each.account.name) else each.account.id,
            account_id=each.account.id,
            role=each.role,
            session=self._session.name,
        )
        return slug(filled)[:_MAX_NAME].strip("-") or each.account.id
