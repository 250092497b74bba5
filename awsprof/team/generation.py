"""Where ``awsprof team generate`` gets its accounts, and how it turns them into a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from awsprof.auth.identity_center.portal import Assignment
from awsprof.awsapi.organizations import OrganizationAccount
from awsprof.errors import CredentialsError, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds import fields
from awsprof.team.accounts_file import ListedAccount
from awsprof.text import sanitize

FROM_SESSION: Final = "session"
FROM_PROFILE: Final = "profile"


@dataclass(frozen=True)
class AccountSource:
    """Where accounts are listed: the portal of an sso-session, or a profile's organization."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def parse_account_source(text: str, catalog: Catalog) -> AccountSource:
    """Returns the source that ``text`` names: a profile, an sso-session, or one with its kind.

    Raises UsageError if there is none of that name, or one of each.
    """
    both = {FROM_SESSION: catalog.sessions, FROM_PROFILE: catalog.profiles}
    found = [kind for kind, names in both.items() if text in names]
    if len(found) == 1:
        return AccountSource(found[0], text)
    if found:
        raise UsageError(
            f"{sanitize(text)} is both a profile and an sso-session.",
            f"write {FROM_SESSION}:{text} for Identity Center, {FROM_PROFILE}:{text} for"
            " the organization",
        )
    kind, _, name = text.partition(":")
    if kind not in both or not name:
        raise UsageError(
            f"There is no profile or sso-session {sanitize(text)!r}.",
            "name an sso-session, or a profile that may list the organization's accounts",
        )
    if kind == FROM_SESSION:
        catalog.session(name)
    else:
        catalog.get(name)
    return AccountSource(kind, name)


def from_assignments(assignments: Iterable[Assignment]) -> tuple[ListedAccount, ...]:
    """Returns the accounts of Identity Center with the roles in each, sorted by ID.

    Raises CredentialsError if there are none.
    """
    roles: dict[tuple[str, str], list[str]] = {}
    for each in assignments:
        if _is_account(each.account.id) and _is_role(each.role):
            roles.setdefault((each.account.id, each.account.name), []).append(each.role)
    return _some(
        ListedAccount(id, name, tuple(sorted(set(named)))) for (id, name), named in roles.items()
    )


def from_organization(accounts: Iterable[OrganizationAccount]) -> tuple[ListedAccount, ...]:
    """Returns the accounts of an organization, which has no roles, sorted by ID.

    Raises CredentialsError if there are none.
    """
    return _some(ListedAccount(each.id, each.name) for each in accounts if _is_account(each.id))


def _some(listed: Iterable[ListedAccount]) -> tuple[ListedAccount, ...]:
    found = tuple(sorted(listed, key=lambda each: each.id))
    if not found:  # a file without accounts would remove everybody's profiles
        raise CredentialsError(
            "AWS lists no account, so the file stays as it is.",
            "check the caller with awsprof whoami, and its permission to list accounts",
        )
    return found


def _is_account(id: str) -> bool:
    return len(id) == 12 and id.isascii() and id.isdigit()


def _is_role(name: str) -> bool:
    try:
        return fields.validate_role_name(name) == name
    except UsageError:
        return False
