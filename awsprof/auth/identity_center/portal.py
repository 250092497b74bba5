"""Accounts and roles from the Identity Center access portal.

The portal throttles: throttled calls are retried more slowly.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from awsprof import parsing
from awsprof.auth.identity_center import token_cache
from awsprof.auth.identity_center.token_cache import Token
from awsprof.awsapi import botocore_sessions
from awsprof.awsapi.call_limits import limit_pages
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_target_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.errors import AwsprofError
from awsprof.profiles.model import SsoSession
from awsprof.secret import Secret
from awsprof.text import sanitize

_AT_ONCE: Final = 16
_TRIES: Final = 4
_PATIENCE: Final = 120  # seconds of throttling before giving up
_T = TypeVar("_T")


@dataclass(frozen=True)
class Account:
    """An account that you are assigned to."""

    id: str
    name: str


@dataclass(frozen=True)
class Assignment:
    """A role that you may use in an account."""

    account: Account
    role: str


class Portal:
    """Portal calls for one signed-in session; thread-safe."""

    def __init__(self, session: SsoSession, token: Token) -> None:
        from botocore.config import Config

        self._session = session
        self._token = {"accessToken": token.access.reveal()}
        limits = Config(retries={"total_max_attempts": _TRIES, "mode": "adaptive"})
        self._client = botocore_sessions.make_client(
            botocore_sessions.sso_botocore_session(session), "sso", None, session.region, limits
        )

    def accounts(self) -> tuple[Account, ...]:
        """Returns your accounts, sorted by name (ListAccounts, all pages)."""
        found = self._pages("list_accounts", "accountList")
        with token_cache.wrap_portal_errors(self._session):
            every = [
                Account(
                    parsing.expect_text(a["accountId"], "accountId"),
                    sanitize(parsing.expect_text(a.get("accountName") or "", "accountName")),
                )
                for a in found
            ]
        return tuple(sorted(every, key=lambda account: (account.name.lower(), account.id)))

    def roles(self, account: str) -> tuple[str, ...]:
        """Returns your roles in an account (ListAccountRoles, all pages)."""
        found = self._pages("list_account_roles", "roleList", accountId=account)
        with token_cache.wrap_portal_errors(self._session):
            return tuple(
                sorted(sanitize(parsing.expect_text(r["roleName"], "roleName")) for r in found)
            )

    def assignments(
        self, progress: Callable[[int], Callable[[], object]] | None = None
    ) -> tuple[Assignment, ...]:
        """Returns every role in every account, fetched for 16 accounts at a time.

        ``progress`` gets the number of accounts and returns a function to call after each.
        """
        accounts = self.accounts()
        done = progress(len(accounts)) if progress else None

        def of(account: Account) -> list[Assignment]:
            found = [Assignment(account, role) for role in self.roles(account.id)]
            if done is not None:
                done()
            return found

        with DaemonPool(_AT_ONCE) as pool:
            return tuple(each for found in pool.map(of, accounts) for each in found)

    def role_credentials(self, account: str, role: str) -> Credentials:
        """Returns the credentials of a role in an account (GetRoleCredentials)."""
        answer = self._asked(
            lambda: self._client.get_role_credentials(
                **self._token, accountId=account, roleName=role
            )
        )
        with token_cache.wrap_portal_errors(self._session):
            found = parsing.expect_table(answer.get("roleCredentials"), "roleCredentials")
            key_id, secret, token = (
                parsing.expect_text(found.get(name), name)
                for name in ("accessKeyId", "secretAccessKey", "sessionToken")
            )
            expires = datetime.fromtimestamp(found["expiration"] / 1000, UTC)
            return Credentials(key_id, Secret(secret), Secret(token), expires, account)

    def log_out(self) -> None:
        """Ends the session (Logout); role credentials stay valid until they expire."""
        self._asked(lambda: self._client.logout(**self._token))

    def _pages(self, call: str, key: str, **arguments: str) -> list[dict[str, Any]]:
        def every() -> list[dict[str, Any]]:
            pages = self._client.get_paginator(call).paginate(**self._token, **arguments)
            found: list[dict[str, Any]] = []
            for page in limit_pages(pages, f"The portal's {key}"):
                with token_cache.wrap_portal_errors(self._session):
                    found += [
                        parsing.expect_table(item, key)
                        for item in parsing.expect_list(page[key], key)
                    ]
            return found

        return self._asked(every)

    def _asked(self, call: Callable[[], _T]) -> _T:
        """Runs ``call``; botocore retries errors, this also retries throttling for minutes."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return call()
            except Exception as exc:
                said = translate_target_error(exc, LoginTarget(self._session.name, is_session=True))
                if said.code != "TooManyRequestsException" or time.monotonic() > deadline:
                    raise said from exc
            time.sleep(random.uniform(0.5, 1.5))  # noqa: S311  # spread the threads


def end_sign_in(session: SsoSession, path: Path) -> bool:
    """Ends the sign-in at AWS whose token is at ``path``; the token stays there.

    Returns False if there was no token that AWS still accepts. Raises AwsprofError if AWS could not
    be asked: it may then accept the token until it expires.
    """
    try:
        token = token_cache.live_token_at(path)
        if token is None:
            return False
        Portal(session, token).log_out()
    except AwsprofError as exc:
        if exc.code != "UnauthorizedException":  # AWS has ended it before
            raise
        return False
    return True
