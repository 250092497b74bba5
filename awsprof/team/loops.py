"""The accounts and roles that a ``for_each`` matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache
from typing import Final

from awsprof.team.model import Loop, TeamAccount
from awsprof.team.problems import Problems

_WILD = frozenset("*?[")
_COMPILING: Final = 64  # comparisons that take as long as compiling a character of a pattern


def count_comparisons(globs: Sequence[str], names: int) -> int:
    """Estimates the cost of matching ``names`` names; a wildcard pattern counts several times."""
    wild = sum(len(glob) for glob in globs if not _WILD.isdisjoint(glob))
    parts = sum(max(1, sum(map(glob.count, _WILD))) for glob in globs)
    return names * parts + _COMPILING * wild


@lru_cache(maxsize=1 << 16)
def _matcher(glob: str) -> Callable[[str], object]:
    if _WILD.isdisjoint(glob):
        return glob.__eq__
    return re.compile(translate(glob)).match


class LoopMatches:
    """The accounts and roles that a ``for_each`` matches; roles only if it is ``with_roles``.

    A pattern matches an account's name or ID. If an account lists no roles, it has those that the
    ``for_each`` names without wildcards.
    """

    def __init__(self, loop: Loop, accounts: Sequence[TeamAccount], *, with_roles: bool) -> None:
        self._loop = loop
        self._with_roles = with_roles
        self._any_accounts = bool(accounts)
        self._unused_accounts = set(loop.accounts)
        self._unused_roles = set(loop.roles) if with_roles else set()
        self._accounts = [account for account in accounts if self._matches(account)]
        self._named_roles = [role for role in loop.roles if _WILD.isdisjoint(role)]
        self._roles = [self._roles_of(account) for account in self._accounts if with_roles]

    def scopes(self) -> Iterator[Mapping[str, str]]:
        """Yields the values of the placeholders for each account, or for each of its roles."""
        for at, account in enumerate(self._accounts):
            scope = {f"account.{key}": text for key, text in account.attributes.items()}
            if not self._with_roles:
                yield scope
                continue
            for role in dict.fromkeys(self._roles[at]):
                yield {**scope, "role": role}

    def add_unused(self, problems: Problems) -> None:
        """Adds an error for each pattern that matches nothing, if there is an account at all."""
        unused = {"accounts": self._unused_accounts, "roles": self._unused_roles}
        for key, globs in unused.items():
            for glob in sorted(globs) if self._any_accounts else ():
                says = f"{glob} matches none of the {key}."
                problems.add(self._loop.place, f"for_each.{key}", says, "correct it, or remove it")

    def _matches(self, account: TeamAccount) -> bool:
        id = account.attributes["id"]
        globs = {g for g in self._loop.accounts if g == id or _matcher(g)(account.name)}
        self._unused_accounts -= globs
        return bool(globs)

    def _roles_of(self, account: TeamAccount) -> Sequence[str]:
        if not account.roles:
            self._unused_roles.difference_update(self._named_roles)
            return self._named_roles
        if not self._loop.roles:
            return account.roles
        return [role for role in account.roles if self._role_matches(role)]

    def _role_matches(self, role: str) -> bool:
        globs = {glob for glob in self._loop.roles if _matcher(glob)(role)}
        self._unused_roles -= globs
        return bool(globs)
