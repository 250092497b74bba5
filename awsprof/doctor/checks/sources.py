"""Checks of what a role stands on: a source that is there, and that leads to credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.awsfiles.document import SectionId
from awsprof.clean import clean
from awsprof.doctor import lookups
from awsprof.doctor.checks.headers import header_to_mend
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.lookups import Form, fault, having
from awsprof.shells import arguments

if TYPE_CHECKING:
    from awsprof.doctor.scene import Scene
    from awsprof.profiles.model import Profile

_GUESSES: Final = 100  # a guess takes a millisecond among a thousand names


@check(Severity.ERROR, fixes=True)
def source_missing(scene: Scene) -> Iterator[Fault]:
    """A role's source_profile names a profile that there is not.

    Every SDK stops there: boto3 says that the source profile does not exist. It is a typing error,
    or the profile was renamed or removed by hand (awsprof rename takes those along that name it).

    Name one that is there: awsprof set NAME source_profile OTHER.
    """
    nearest: dict[str, str | None] = {}
    misspelt = header_to_mend(scene)
    for profile, value in having(scene, "source_profile"):
        named = value.text
        if not profile.get("role_arn") or named in scene.catalog.profiles:
            continue
        slip = misspelt(SectionId.profile(named))
        if slip is not None:
            told = f"source_profile = {clean(named)} names no profile.{slip.says}"
            yield fault(profile, "source_profile", told, slip.fix)
            continue
        if named not in nearest:
            guess = len(nearest) < _GUESSES
            near = scene.catalog.nearest(named) if guess else None
            nearest[named] = _written_otherwise(scene, named) or near
        meant = nearest[named]
        set_it = f"awsprof set {arguments(profile.name, 'source_profile', meant or '')}"
        yield fault(
            profile,
            "source_profile",
            f"source_profile = {clean(named)} names no profile."
            + (f" Did you mean {clean(meant)}?" if meant else ""),
            set_it if meant else lookups.sourcing(scene, profile),
            lookups.setting(scene, profile, "source_profile", meant) if meant else None,
        )


def _written_otherwise(scene: Scene, named: str) -> str | None:
    """The profile that the name is, with its header's word before it, or in other letters."""
    bare = named.strip().strip("[]\"'").removeprefix("profile ").strip()
    if bare in scene.catalog.profiles:
        return bare
    folded = {name.lower(): name for name in scene.catalog.profiles}
    return folded.get(bare.lower())


@check(Severity.ERROR)
def source_cycle(scene: Scene) -> Iterator[Fault]:
    """Roles name each other as their source, so that one leads back to itself.

    A key in one of them ends the circle for those that stand on it, and not for itself.

    boto3 stops with InfiniteLoopConfigError; other SDKs stop with an error of their own.

    One of them must stand on a profile outside the circle: awsprof set NAME source_profile OTHER.
    """
    following = {}
    for profile in scene.catalog.profiles.values():
        named = lookups.source(scene, profile)
        if named and named is not profile and lookups.form(named, as_source=True) is Form.ROLE:
            following[profile.name] = named.name
    inside = lookups.circles(following)
    for profile in scene.profiles:
        itself = _back_to(scene, profile, following)
        if profile.name in inside or itself:
            way = itself or following
            yield fault(
                profile,
                "source_profile",
                f"The sources go in a circle: {_told(profile.name, way)}.",
                lookups.sourcing(scene, profile),
            )


def _back_to(scene: Scene, start: Profile, following: dict[str, str]) -> dict[str, str]:
    """The way by which a role with keys of its own leads back to itself; empty where it does not.

    botocore takes a source's keys, but not those of the profile that it begins with.
    """
    named = lookups.source(scene, start)
    if named is None or named is start or not lookups.has_keys(start):
        return {}
    way = {start.name: named.name}
    while (at := list(way.values())[-1]) not in way:
        profile = scene.catalog.profiles[at]
        beneath = lookups.source(scene, profile)
        if lookups.has_keys(profile) or beneath is None or beneath is profile:
            return {}
        way[at] = beneath.name
    return way if at == start.name else {}


def _told(start: str, following: dict[str, str]) -> str:
    """The way round, as far as one line shows it."""
    names = [start]
    while len(names) < 6 and (names[-1] != start or len(names) == 1):
        names.append(following[names[-1]])
    return clean(" -> ".join(names)) + ("" if names[-1] == start else " -> …")


@check(Severity.ERROR)
def self_source_without_keys(scene: Scene) -> Iterator[Fault]:
    """A role names itself as its source, and has no keys that could assume it.

    A profile may do so where its own aws_access_key_id is to assume its role. Without keys boto3
    stops with InfiniteLoopConfigError.

    Name the profile that has the keys: awsprof set NAME source_profile OTHER.
    """
    for profile, value in having(scene, "source_profile"):
        itself = value.text == profile.name and lookups.is_role(profile)
        if itself and not lookups.has_keys(profile) and not profile.get("credential_process"):
            yield fault(
                profile,
                "source_profile",
                f"{clean(profile.name)} is its own source, and has no keys.",
                lookups.sourcing(scene, profile),
            )


@check(Severity.ERROR)
def source_without_credentials(scene: Scene) -> Iterator[Fault]:
    """A role stands on a profile that has no credentials: settings alone.

    SDKs do not look at the environment or the machine's own role for a source profile. boto3 says
    "The source profile must have credentials".

    Give the source a key (awsprof add keys SOURCE), or name another source.
    """
    for profile, value in having(scene, "source_profile"):
        named = lookups.source(scene, profile)
        if named is None or named is profile:
            continue
        if lookups.form(named, as_source=True) is Form.NONE and not lookups.has_keys(named):
            yield fault(
                profile,
                "source_profile",
                f"Its source {clean(value.text)} has no credentials: no key, role, session or"
                " process.",
                f"awsprof add keys {arguments(value.text)}",
            )


@check(Severity.WARNING)
def source_has_keys_and_role(scene: Scene) -> Iterator[Fault]:
    """A role stands on a profile that has both keys and a role of its own.

    As a source only its keys count: boto3 and the other SDKs skip the role in between. Used by
    itself, the same profile is its role. So the two are different identities by one name.

    Where the role in between is meant, give the keys a profile of their own. Where the keys are
    meant, that profile needs no role.
    """
    for profile, value in having(scene, "source_profile"):
        named = lookups.source(scene, profile)
        if named is None or named is profile:
            continue
        if lookups.has_keys(named) and lookups.is_role(named):
            source = clean(named.name)
            yield fault(
                profile,
                "source_profile",
                f"Its source {source} has keys and a role; the keys count, and its role is"
                " skipped.",
                f"awsprof show {arguments(value.text)} shows both; give its keys a profile of their"
                " own",
            )
