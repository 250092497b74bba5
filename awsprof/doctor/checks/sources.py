"""Checks of what a role stands on: a source that is there, and that leads to credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import SectionId
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import CredentialForm, profile_fault, with_key
from awsprof.doctor.checks.headers import header_to_mend
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.profiles.model import Profile

_GUESSES: Final = 100  # a guess takes a millisecond among a thousand names


@offline_check(Severity.ERROR, fixes=True)
def source_missing(context: CheckContext) -> Iterator[Fault]:
    """A role's source_profile names a profile that there is not.

    Every SDK stops there: boto3 says that the source profile does not exist. It is a typing error,
    or the profile was renamed or removed by hand (awsprof rename takes those along that name it).

    Name one that is there: awsprof set NAME source_profile OTHER.
    """
    nearest: dict[str, str | None] = {}
    misspelt = header_to_mend(context)
    for profile, value in with_key(context, "source_profile"):
        named = value.text
        if not profile.get("role_arn") or named in context.catalog.profiles:
            continue
        slip = misspelt(SectionId.profile(named))
        if slip is not None:
            told = f"source_profile = {sanitize(named)} names no profile.{slip.says}"
            yield profile_fault(profile, "source_profile", told, slip.fix)
            continue
        if named not in nearest:
            guess = len(nearest) < _GUESSES
            near = context.catalog.nearest(named) if guess else None
            nearest[named] = _written_otherwise(context, named) or near
        meant = nearest[named]
        set_it = f"awsprof set {arguments(profile.name, 'source_profile', meant or '')}"
        yield profile_fault(
            profile,
            "source_profile",
            f"source_profile = {sanitize(named)} names no profile."
            + (f" Did you mean {sanitize(meant)}?" if meant else ""),
            set_it if meant else check_helpers.source_command(context, profile),
            check_helpers.set_repair(context, profile, "source_profile", meant) if meant else None,
        )


def _written_otherwise(context: CheckContext, named: str) -> str | None:
    """The profile that the name is, with its header's word before it, or in other letters."""
    bare = named.strip().strip("[]\"'").removeprefix("profile ").strip()
    if bare in context.catalog.profiles:
        return bare
    folded = {name.lower(): name for name in context.catalog.profiles}
    return folded.get(bare.lower())


@offline_check(Severity.ERROR)
def source_cycle(context: CheckContext) -> Iterator[Fault]:
    """Roles name each other as their source, so that one leads back to itself.

    A key in one of them ends the circle for those that stand on it, and not for itself.

    boto3 stops with InfiniteLoopConfigError; other SDKs stop with an error of their own.

    One of them must stand on a profile outside the circle: awsprof set NAME source_profile OTHER.
    """
    following = {}
    for profile in context.catalog.profiles.values():
        named = check_helpers.source_of(context, profile)
        if (
            named
            and named is not profile
            and check_helpers.credential_form(named, as_source=True) is CredentialForm.ROLE
        ):
            following[profile.name] = named.name
    inside = check_helpers.source_circles(following)
    for profile in context.profiles:
        itself = _back_to(context, profile, following)
        if profile.name in inside or itself:
            fetcher = itself or following
            yield profile_fault(
                profile,
                "source_profile",
                f"The sources go in a circle: {_told(profile.name, fetcher)}.",
                check_helpers.source_command(context, profile),
            )


def _back_to(context: CheckContext, start: Profile, following: dict[str, str]) -> dict[str, str]:
    """The way by which a role with keys of its own leads back to itself; empty where it does not.

    botocore takes a source's keys, but not those of the profile that it begins with.
    """
    named = check_helpers.source_of(context, start)
    if named is None or named is start or not check_helpers.has_keys(start):
        return {}
    fetcher = {start.name: named.name}
    while (at := list(fetcher.values())[-1]) not in fetcher:
        profile = context.catalog.profiles[at]
        beneath = check_helpers.source_of(context, profile)
        if check_helpers.has_keys(profile) or beneath is None or beneath is profile:
            return {}
        fetcher[at] = beneath.name
    return fetcher if at == start.name else {}


def _told(start: str, following: dict[str, str]) -> str:
    """The way round, as far as one line shows it."""
    names = [start]
    while len(names) < 6 and (names[-1] != start or len(names) == 1):
        names.append(following[names[-1]])
    return sanitize(" -> ".join(names)) + ("" if names[-1] == start else " -> …")


@offline_check(Severity.ERROR)
def self_source_without_keys(context: CheckContext) -> Iterator[Fault]:
    """A role names itself as its source, and has no keys that could assume it.

    A profile may do so where its own aws_access_key_id is to assume its role. Without keys boto3
    stops with InfiniteLoopConfigError.

    Name the profile that has the keys: awsprof set NAME source_profile OTHER.
    """
    for profile, value in with_key(context, "source_profile"):
        itself = value.text == profile.name and check_helpers.is_role(profile)
        if itself and not check_helpers.has_keys(profile) and not profile.get("credential_process"):
            yield profile_fault(
                profile,
                "source_profile",
                f"{sanitize(profile.name)} is its own source, and has no keys.",
                check_helpers.source_command(context, profile),
            )


@offline_check(Severity.ERROR)
def source_without_credentials(context: CheckContext) -> Iterator[Fault]:
    """A role stands on a profile that has no credentials: settings alone.

    SDKs do not look at the environment or the machine's own role for a source profile. boto3 says
    "The source profile must have credentials".

    Give the source a key (awsprof add keys SOURCE), or name another source.
    """
    for profile, value in with_key(context, "source_profile"):
        named = check_helpers.source_of(context, profile)
        if named is None or named is profile:
            continue
        if check_helpers.credential_form(
            named, as_source=True
        ) is CredentialForm.NONE and not check_helpers.has_keys(named):
            yield profile_fault(
                profile,
                "source_profile",
                f"Its source {sanitize(value.text)} has no credentials: no key, role, session or"
                " process.",
                f"awsprof add keys {arguments(value.text)}",
            )


@offline_check(Severity.WARNING)
def source_has_keys_and_role(context: CheckContext) -> Iterator[Fault]:
    """A role stands on a profile that has both keys and a role of its own.

    As a source only its keys count: boto3 and the other SDKs skip the role in between. Used by
    itself, the same profile is its role. So the two are different identities by one name.

    Where the role in between is meant, give the keys a profile of their own. Where the keys are
    meant, that profile needs no role.
    """
    for profile, value in with_key(context, "source_profile"):
        named = check_helpers.source_of(context, profile)
        if named is None or named is profile:
            continue
        if check_helpers.has_keys(named) and check_helpers.is_role(named):
            source = sanitize(named.name)
            yield profile_fault(
                profile,
                "source_profile",
                f"Its source {source} has keys and a role; the keys count, and its role is"
                " skipped.",
                f"awsprof show {arguments(value.text)} shows both; give its keys a profile of their"
                " own",
            )
