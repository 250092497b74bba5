"""Lists the accounts of an organization (AWS Organizations, ListAccounts)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from awsprof import parsing
from awsprof.awsapi import sts
from awsprof.awsapi.call_limits import limit_pages
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_error
from awsprof.errors import CredentialsError
from awsprof.profiles.model import Profile
from awsprof.text import sanitize

_REFUSED: Final = frozenset({"AccessDeniedException", "AWSOrganizationsNotInUseException"})
_FIX: Final = "use a profile of the management account, or of a delegated administrator"


@dataclass(frozen=True)
class OrganizationAccount:
    """An active account of the organization, and its name there."""

    id: str
    name: str


def list_accounts(
    credentials: Credentials, profile: Profile, clients: Clients | None = None
) -> tuple[OrganizationAccount, ...]:
    """Returns the organization's active accounts, sorted by ID (ListAccounts, all pages).

    Raises CredentialsError if AWS refuses, or answers with something else.
    """
    client = (clients or Clients()).client(
        "organizations", credentials, profile, sts.sts_region(profile)
    )
    fix = "look for a proxy, or an endpoint_url, that answers instead of AWS"
    try:
        pages = [*limit_pages(_pages(client), "The organization's list of accounts")]
    except CredentialsError:
        raise
    except Exception as exc:
        error = translate_error(exc, profile=sanitize(profile.name))
        if error.code in _REFUSED:
            error.fix = _FIX
        raise error from exc
    with parsing.wrap_parse_errors("The list of accounts", fix, CredentialsError):
        found = [_account(each) for page in pages for each in parsing.expect_list(page["Accounts"])]
    return tuple(sorted(filter(None, found), key=lambda account: account.id))


def _pages(client: Any) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = client.list_accounts(**token)
        yield page
        if not page.get("NextToken"):
            return
        if page["NextToken"] == token.get("NextToken"):
            raise parsing.InvalidValue("its pages form a cycle")
        token = {"NextToken": page["NextToken"]}


def _account(listed: object) -> OrganizationAccount | None:
    """Returns an account; None if it is suspended or about to be closed.

    Source: Organizations API reference, Account: State replaces Status.
    """
    table = parsing.expect_table(listed, "an account")
    if table.get("State", table.get("Status", "ACTIVE")) != "ACTIVE":
        return None
    name = sanitize(parsing.expect_text(table.get("Name") or "", "Name"))
    return OrganizationAccount(parsing.expect_text(table["Id"], "Id"), name)
