"""Profiles as trees by source: keys and sessions are the roots, roles are above them.

Each profile occurs once, whatever the files say: one profile of a cycle becomes its root.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from awsprof.doctor.report import ProfileReport

DEEPEST: Final = 32  # deeper nodes get this depth, so that no page nests without end


@dataclass(frozen=True)
class TreeNode:
    """A profile, or a root that is not a profile: a session, or a source outside the report.

    ``number`` is the index of the profile in the report, or None; ``depth`` is 0 for a root.
    """

    name: str
    depth: int
    number: int | None = None
    session: bool = False


@dataclass(frozen=True)
class _Root:
    """A root that is not a profile of the report."""

    name: str
    session: bool


def profile_tree(profiles: Sequence[ProfileReport]) -> tuple[TreeNode, ...]:
    """Returns all nodes, each parent before its children, in the order of the report."""
    numbers = {p.name: number for number, p in reversed(list(enumerate(profiles)))}
    below: dict[int | _Root, list[int]] = {}
    roots: list[int | _Root] = []
    for number, profile in enumerate(profiles):
        parent = _parent(profile, numbers)
        if parent is None or (isinstance(parent, _Root) and parent not in below):
            roots.append(number if parent is None else parent)
        if parent is not None:
            below.setdefault(parent, []).append(number)
    seen: set[int | _Root] = set()
    # Cycles come last: they have no root.
    starts = [*roots, *range(len(profiles))]
    return tuple(node for root in starts for node in _subtree(root, below, profiles, seen))


def _parent(profile: ProfileReport, numbers: dict[str, int]) -> int | _Root | None:
    source, session = profile.source, profile.session
    if profile.kind == "sso" and (session or source):
        return _Root(session or source or "", session=True)
    if source == profile.name:
        return None
    if source in numbers:
        return numbers[source]
    if session and source in {None, session}:
        return _Root(session, session=True)
    return _Root(source, session=False) if source else None


def _subtree(
    root: int | _Root,
    below: dict[int | _Root, list[int]],
    profiles: Sequence[ProfileReport],
    seen: set[int | _Root],
) -> Iterator[TreeNode]:
    """Yields the tree below ``root``, without nodes that are in another tree already."""
    waiting = [(root, 0)]
    while waiting:
        here, depth = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        if isinstance(here, _Root):
            yield TreeNode(here.name, depth, session=here.session)
        else:
            yield TreeNode(profiles[here].name, depth, here)
        children = below.get(here, [])
        waiting += [(child, min(depth + 1, DEEPEST)) for child in reversed(children)]
