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


def loop_scopes(
    loop: Loop, accounts: Sequence[TeamAccount], problems: Problems, *, with_roles: bool
) -> Iterator[Mapping[str, str]]:
    """Yields the values of the placeholders for each account, and role if ``with_roles``.

    A pattern matches an account's name or ID. Adds an error for a pattern that matches nothing.
    """
    unused = {"accounts": set(loop.accounts), "roles": set(loop.roles) if with_roles else set()}
    for account in accounts:
        patterns = {glob for glob in loop.accounts if _matches(account, glob)}
        unused["accounts"] -= patterns
        if not patterns:
            continue
        scope = {f"account.{key}": text for key, text in account.attributes.items()}
        if not with_roles:
            yield scope
            continue
        for role in _roles(loop, account, unused["roles"]):
            yield {**scope, "role": role}
    for key, globs in unused.items():
        for glob in sorted(globs) if accounts else ():
            says = f"{glob} matches none of the {key}."
            problems.add(loop.place, f"for_each.{key}", says, "correct it, or remove it")


def _matches(account: TeamAccount, glob: str) -> bool:
    return bool(_matcher(glob)(account.name)) or account.attributes["id"] == glob


def _roles(loop: Loop, account: TeamAccount, unused: set[str]) -> Iterator[str]:
    """Yields the account's roles that match; if it lists none, the loop's own without wildcards."""
    if not account.roles:
        named = [role for role in loop.roles if _WILD.isdisjoint(role)]
        unused.difference_update(named)
        yield from dict.fromkeys(named)
        return
    for role in dict.fromkeys(account.roles):
        patterns = {glob for glob in loop.roles if _matcher(glob)(role)}
        unused -= patterns
        if patterns or not loop.roles:
            yield role
