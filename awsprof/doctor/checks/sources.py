"""Checks of a role's source profile: it exists, and leads to credentials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import SectionId
from awsprof.configfile.key_lines import split_inline_comment
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import ProviderType, profile_fault, profiles_setting, set_command
from awsprof.doctor.checks.duplicate_sections import is_default_twice
from awsprof.doctor.checks.headers import header_to_mend
from awsprof.doctor.file_view import fix_command
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.shells import arguments
from awsprof.text import sanitize, show_hidden

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile

_GUESSES: Final = 100  # a guess takes a millisecond among a thousand names


@offline_check(Severity.ERROR, fixes=True)
def source_missing(context: CheckContext) -> Iterator[Fault]:
    """A role's source_profile names a profile that does not exist.

    Every SDK stops: boto3 says that the source profile does not exist. It is a typo, or the profile
    was renamed or removed by hand (awsprof rename updates the profiles that use it).

    Name an existing profile: awsprof set NAME source_profile OTHER.
    """
    nearest: dict[str, str | None] = {}
    misspelt = header_to_mend(context)
    yield from filter(None, map(_empty_source, context.profiles))
    for profile, value in profiles_setting(context, "source_profile"):
        named = value.text
        if not profile.get("role_arn") or named in context.catalog.profiles:
            continue
        slip = misspelt(SectionId.profile(named))
        if slip is not None:
            message = f"source_profile = {show_hidden(named)} names no existing profile.{slip.says}"
            yield profile_fault(profile, "source_profile", message, slip.fix)
            continue
        if named not in nearest:
            guess = len(nearest) < _GUESSES
            near = context.catalog.nearest(named) if guess else None
            nearest[named] = _same_name(context, named) or near
        suggestion = nearest[named]
        set_it = set_command(profile, "source_profile", suggestion or "")
        yield profile_fault(
            profile,
            "source_profile",
            f"source_profile = {show_hidden(named)} names no existing profile."
            + (f" Did you mean {sanitize(suggestion)}?" if suggestion else ""),
            set_it if suggestion else check_helpers.source_command(context, profile),
            check_helpers.set_repair(context, profile, "source_profile", suggestion)
            if suggestion
            else None,
        )


def _empty_source(profile: Profile) -> Fault | None:
    """Returns the fault of a source_profile and a role_arn that a template left empty.

    To boto3 the profile is a role, whose source has no name; role-without-source is about others.
    """
    source, role = (profile.values.get(key) for key in ("source_profile", "role_arn"))
    web = "web_identity_token_file" in profile.values
    if source is None or role is None or source.text or role.text or web:
        return None
    message = "source_profile is empty, and boto3 looks for a profile of that name."
    fix = check_helpers.unset_command(profile, "source_profile", "role_arn")
    return profile_fault(profile, "source_profile", message, fix)


def _same_name(context: CheckContext, named: str) -> str | None:
    """Returns the profile that ``named`` means if a comment, quotes, "profile " or case differ."""
    bare = split_inline_comment(named)[0].strip().strip("[]\"'").removeprefix("profile ").strip()
    if bare in context.catalog.profiles:
        return bare
    folded = {name.lower(): name for name in context.catalog.profiles}
    return folded.get(bare.lower())


@offline_check(Severity.ERROR)
def source_cycle(context: CheckContext) -> Iterator[Fault]:
    """Roles name each other as their source, so that one leads back to itself.

    A key in one of them ends the cycle for the roles that use it as a source, but not for itself.

    boto3 stops with InfiniteLoopConfigError; other SDKs stop with an error of their own.

    Give one of them a source outside the cycle: awsprof set NAME source_profile OTHER.
    """
    following = {}
    for profile in context.catalog.profiles.values():
        named = check_helpers.source_of(context, profile)
        if (
            named
            and named is not profile
            and check_helpers.provider_type(named, as_source=True) is ProviderType.ROLE
        ):
            following[profile.name] = named.name
    inside = check_helpers.source_cycles(following)
    for profile in context.profiles:
        itself = _route_back(context, profile)
        if profile.name in inside or itself:
            route = itself or following
            yield profile_fault(
                profile,
                "source_profile",
                f"The source profiles form a cycle: {_cycle_text(profile.name, route)}.",
                check_helpers.source_command(context, profile),
            )


def _route_back(context: CheckContext, start: Profile) -> dict[str, str]:
    """Returns the cycle that leads a role with keys of its own back to itself, else nothing.

    botocore uses the keys of a source, but not those of the profile that it starts with. The result
    maps each profile's name to the name of its source.
    """
    named = check_helpers.source_of(context, start)
    if named is None or named is start or not check_helpers.has_keys(start):
        return {}
    route = {start.name: named.name}
    while (last := list(route.values())[-1]) not in route:
        profile = context.catalog.profiles[last]
        source_of_it = check_helpers.source_of(context, profile)
        if check_helpers.has_keys(profile) or source_of_it is None or source_of_it is profile:
            return {}
        route[last] = source_of_it.name
    return route if last == start.name else {}


def _cycle_text(start: str, following: dict[str, str]) -> str:
    """Returns the cycle as "a -> b -> a", at most six names."""
    names = [start]
    while len(names) < 6 and (names[-1] != start or len(names) == 1):
        names.append(following[names[-1]])
    return sanitize(" -> ".join(names)) + ("" if names[-1] == start else " -> …")


@offline_check(Severity.ERROR)
def self_source_without_keys(context: CheckContext) -> Iterator[Fault]:
    """A role names itself as its source, but has no keys to assume the role.

    That works only if the profile has an aws_access_key_id. Without keys boto3 stops with
    InfiniteLoopConfigError.

    Name the profile that has the keys: awsprof set NAME source_profile OTHER.
    """
    for profile, value in profiles_setting(context, "source_profile"):
        itself = value.text == profile.name and check_helpers.is_role(profile)
        if itself and not check_helpers.has_keys(profile) and not profile.get("credential_process"):
            fix = check_helpers.source_command(context, profile)
            if profile.get("sso_account_id"):
                fix = (
                    "move its lines of Identity Center into a profile of their own, and name that"
                    " as source_profile, in an editor"
                )
            yield profile_fault(
                profile,
                "source_profile",
                f"{sanitize(profile.name)} is its own source profile, but has no keys.",
                fix,
            )


@offline_check(Severity.ERROR)
def source_without_credentials(context: CheckContext) -> Iterator[Fault]:
    """A role's source profile has no credentials, only settings.

    For a source profile, SDKs do not use environment variables or the machine's own role. boto3
    says "The source profile must have credentials".

    Add a key to the source (awsprof add keys SOURCE), or name another source.
    """
    misspelt = header_to_mend(context)
    for profile, value in profiles_setting(context, "source_profile"):
        named = check_helpers.source_of(context, profile)
        if named is None or named is profile:
            continue
        if check_helpers.provider_type(
            named, as_source=True
        ) is ProviderType.NONE and not check_helpers.has_keys(named):
            slip = misspelt(SectionId.profile(named.name))  # its keys may be below such a header
            fix = slip.fix if slip else f"awsprof add keys {arguments(value.text)}"
            if is_default_twice(context, named.name):
                fix = fix_command("default-twice")  # or below the other of the two
            yield profile_fault(
                profile,
                "source_profile",
                f"Its source profile {sanitize(value.text)} has no credentials: no key, role,"
                f" session or process.{slip.says if slip else ''}",
                fix,
            )


@offline_check(Severity.WARNING)
def source_has_keys_and_role(context: CheckContext) -> Iterator[Fault]:
    """A role's source profile has both keys and a role of its own.

    As a source, only its keys count: boto3 and the other SDKs skip the role in between. Used
    directly, the same profile is its role. So one name is two identities.

    If you need the role in between, move the keys to a profile of their own. If you need the keys,
    remove the role from that profile.
    """
    for profile, value in profiles_setting(context, "source_profile"):
        named = check_helpers.source_of(context, profile)
        if named is None or named is profile:
            continue
        if check_helpers.has_keys(named) and check_helpers.is_role(named):
            source = sanitize(named.name)
            yield profile_fault(
                profile,
                "source_profile",
                f"Its source profile {source} has keys and a role; SDKs use the keys and skip the"
                " role.",
                f"awsprof show {arguments(value.text)} shows both; move its keys to a profile of"
                " their own",
            )


@offline_check(Severity.INFO)
def source_identity_unsent(context: CheckContext) -> Iterator[Fault]:
    """A role has a source_identity, which only awsprof sends.

    No SDK, nor the AWS CLI, reads it from the config file (boto/botocore#2486). They assume the
    role without it, and AWS denies that if the role's trust policy asks for sts:SourceIdentity;
    else CloudTrail lacks it. awsprof exec and env, and its Python sessions, send it.

    A credential_process profile that wraps the role serves every tool: awsprof add role
    --source-identity writes one.
    """
    served = check_helpers.profiles_served_by_process(context)
    for profile, value in profiles_setting(context, "source_identity"):
        role = check_helpers.provider_type(profile) is ProviderType.ROLE
        if role and value.text and profile.name not in served:
            yield profile_fault(
                profile,
                "source_identity",
                "Only awsprof sends its source_identity; the AWS CLI and the SDKs assume the role"
                " without it.",
                check_helpers.process_wrapper_fix(context, profile),
            )
