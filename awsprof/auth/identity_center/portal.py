"""What the access portal knows of a person who signed in: accounts and roles.

It throttles those who ask for much: what it refuses so is asked again, more slowly.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from awsprof import parsing
from awsprof.auth.identity_center import token_cache
from awsprof.auth.identity_center.token_cache import Token
from awsprof.awsapi import sts
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.pages import limit_pages
from awsprof.awsapi.thread_pool import DaemonPool
from awsprof.profiles.model import SsoSession
from awsprof.text import sanitize

_AT_ONCE: Final = 16
_TRIES: Final = 4
_PATIENCE: Final = 120  # seconds of being throttled
_T = TypeVar("_T")


@dataclass(frozen=True)
class Account:
    """An account that the person may enter."""

    id: str
    name: str


@dataclass(frozen=True)
class Assignment:
    """A role that the person has in an account."""

    account: Account
    role: str


class Portal:
    """The portal, for one signed-in session; its one client serves many threads."""

    def __init__(self, session: SsoSession, token: Token) -> None:
        from botocore.config import Config

        self._session = session
        self._token = {"accessToken": token.access.reveal()}
        limits = Config(retries={"total_max_attempts": _TRIES, "mode": "adaptive"})
        self._client = sts.make_client(
            sts.sso_botocore_session(session), "sso", None, session.region, limits
        )

    def accounts(self) -> tuple[Account, ...]:
        """Every account one has, by name (ListAccounts, all pages)."""
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
        """Every role one has in an account (ListAccountRoles, all pages)."""
        found = self._pages("list_account_roles", "roleList", accountId=account)
        with token_cache.wrap_portal_errors(self._session):
            return tuple(
                sorted(sanitize(parsing.expect_text(r["roleName"], "roleName")) for r in found)
            )

    def assignments(
        self, progress: Callable[[int], Callable[[], object]] | None = None
    ) -> tuple[Assignment, ...]:
        """Every role in every account, 16 accounts at a time.

        ``progress`` is told how many accounts there are, and gives what to call after each.
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

    def log_out(self) -> None:
        """End the session (Logout). Role credentials that were given live on."""
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
        """What fails is asked again a few times by botocore; what is throttled, for minutes."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return call()
            except Exception as exc:
                said = translate_error(exc, profile=f"--session {self._session.name}")
                if said.code != "TooManyRequestsException" or time.monotonic() > deadline:
                    raise said from exc
            time.sleep(random.uniform(0.5, 1.5))  # noqa: S311  # so that threads do not come at once
