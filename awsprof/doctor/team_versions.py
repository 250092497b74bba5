"""The versions of team files that a machine applied, and which of many machines have an older one.

``awsprof doctor --json`` prints them: digests, and the commit and ref of a repository. It names
neither the source nor any answer to its questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from awsprof import parsing
from awsprof.errors import AwsprofError
from awsprof.text import sanitize


@dataclass(frozen=True)
class TeamVersion:
    """The version of a team file that a machine has.

    ``commit`` and ``ref`` are empty if the source is no repository. ``earlier`` are the digests of
    the versions that the machine had before.
    """

    digest: str
    commit: str
    ref: str
    earlier: tuple[str, ...]

    def __str__(self) -> str:
        return f"{(self.commit or self.digest)[:12]}{f' ({self.ref})' if self.ref else ''}"

    def as_json(self) -> dict[str, Any]:
        """Returns it as JSON values (see docs/json.md)."""
        named = {"digest": self.digest, "commit": self.commit, "ref": self.ref}
        return {**named, "earlier": list(self.earlier)}


def applied_versions() -> tuple[TeamVersion, ...]:
    """Returns the version of each team file applied to the config file in use, if it has one.

    Never raises: where awsprof's own files cannot be read, other commands say so.
    """
    from awsprof.team.state import load_state

    try:
        state = load_state()
    except AwsprofError:
        return ()
    return tuple(
        TeamVersion(each.version.digest, each.version.commit, each.version.ref, each.earlier)
        for each in state.for_current_config
        if each.version
    )


def parse_versions(value: object) -> tuple[TeamVersion, ...]:
    """Parses what ``as_json`` returned. Raises InvalidValue if it is anything else."""
    return tuple(_parse(each) for each in parsing.expect_list(value, "team_versions"))


def _parse(value: object) -> TeamVersion:
    table = parsing.expect_table(value, "a version")
    digest, commit, ref = (
        sanitize(parsing.expect_text(table[key], key), 80) for key in ("digest", "commit", "ref")
    )
    return TeamVersion(digest, commit, ref, parsing.expect_texts(table["earlier"], "earlier"))


def outdated_versions(machines: Iterable[Iterable[TeamVersion]]) -> frozenset[str]:
    """Returns the digests of the versions for which some machine has a newer one.

    A version is newer than those that most machines had before it; one machine that went back
    makes no old version new.
    """
    seen = [version for versions in machines for version in versions]
    steps = Counter((old, each.digest) for each in seen for old in set(each.earlier))
    newer: dict[str, list[str]] = {}
    for (old, new), count in steps.items():
        if count > steps[new, old]:
            newer.setdefault(old, []).append(new)
    current = {version.digest for version in seen}
    reached = {digest: _reached(newer, digest) for digest in current}
    return frozenset(
        old
        for old in current
        if any(old not in reached[new] for new in reached[old] & current - {old})
    )


def _reached(newer: Mapping[str, list[str]], start: str) -> set[str]:
    """Returns all versions that are newer than ``start``, directly or by others between."""
    found, left = set[str](), [start]
    while left:
        left += (new := set(newer.get(left.pop(), ())) - found)
        found |= new
    return found
