"""What the access portal knows of a person who signed in: accounts and roles."""

from dataclasses import dataclass
from typing import Any

from awsprof.clean import clean
from awsprof.profiles.model import SsoSession
from awsprof.signin import sts
from awsprof.signin.explain import explain
from awsprof.signin.identity_center.token_cache import Token


@dataclass(frozen=True)
class Account:
    """An account that the person may enter."""

    id: str
    name: str


def accounts(session: SsoSession, token: Token) -> tuple[Account, ...]:
    """Every account one has, by name (ListAccounts, all pages)."""
    found = _pages(session, "list_accounts", "accountList", accessToken=token.access.reveal())
    every = (Account(a["accountId"], clean(a.get("accountName", ""))) for a in found)
    return tuple(sorted(every, key=lambda account: (account.name.lower(), account.id)))


def roles(session: SsoSession, token: Token, account: str) -> tuple[str, ...]:
    """Every role one has in an account (ListAccountRoles, all pages)."""
    found = _pages(
        session,
        "list_account_roles",
        "roleList",
        accessToken=token.access.reveal(),
        accountId=account,
    )
    return tuple(sorted(clean(role["roleName"]) for role in found))


def log_out(session: SsoSession, token: Token) -> None:
    """End the session at the portal (Logout). Role credentials that were given live on."""
    try:
        client = sts.client(sts.session_for(None), "sso", None, session.region)
        client.logout(accessToken=token.access.reveal())
    except Exception as exc:
        raise explain(exc, profile=f"--session {session.name}") from exc


def _pages(session: SsoSession, call: str, key: str, **arguments: str) -> list[dict[str, Any]]:
    try:
        client = sts.client(sts.session_for(None), "sso", None, session.region)
        pages = client.get_paginator(call).paginate(**arguments)
        return [item for page in pages for item in page[key]]
    except Exception as exc:
        raise explain(exc, profile=f"--session {session.name}") from exc
