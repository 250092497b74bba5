"""Checks of the environment: variables that win over profiles, and this machine."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof import paths
from awsprof.configfile.document import FileKind, SectionId
from awsprof.doctor.check_helpers import profile_fault, with_key
from awsprof.doctor.checks.headers import header_to_mend
from awsprof.doctor.findings import Action, Fault, Repair, Severity, offline_check
from awsprof.key_ids import display_id
from awsprof.profiles.current import VARIABLES
from awsprof.profiles.key_shapes import is_swapped
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.configfile.document import Section
    from awsprof.doctor.context import CheckContext

_ENDPOINT: Final = "AWS_ENDPOINT_URL"


@offline_check(Severity.WARNING)
def env_keys_win(context: CheckContext) -> Iterator[Fault]:
    """The environment has an access key, which wins over AWS_PROFILE and the default profile.

    boto3, the AWS CLI and most SDKs take AWS_ACCESS_KEY_ID before any profile that is not named in
    the call itself. You are then somebody else than you think.

    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN.
    """
    key_id = context.environment.get("AWS_ACCESS_KEY_ID")
    if key_id and not is_swapped(key_id, context.environment.get("AWS_SECRET_ACCESS_KEY") or ""):
        named = next(filter(None, map(context.environment.get, VARIABLES)), None)
        loser = f"the profile {sanitize(named)}" if named else "the default profile"
        yield Fault(
            f"AWS_ACCESS_KEY_ID ({display_id(key_id)}) is set, and wins over {loser}.",
            "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
        )


@offline_check(Severity.ERROR)
def env_profile_missing(context: CheckContext) -> Iterator[Fault]:
    """AWS_PROFILE or AWS_DEFAULT_PROFILE names a profile that there is not.

    boto3 and the AWS CLI stop with ProfileNotFound at whatever they are to do.

    Name one that is there, or unset the variable.
    """
    for variable in VARIABLES:
        named = context.environment.get(variable)
        if not named or named in context.catalog.profiles:
            continue
        slip = header_to_mend(context)(SectionId.profile(named))
        if slip is not None:
            yield Fault(f"{variable}={sanitize(named)} names no profile.{slip.says}", slip.fix)
            continue
        meant = context.catalog.nearest(named)
        yield Fault(
            f"{variable}={sanitize(named)} names no profile."
            + (f" Did you mean {sanitize(meant)}?" if meant else ""),
            f"export {variable}={shell_word(meant)}" if meant else f"unset {variable}",
        )


@offline_check(Severity.ERROR)
def env_profile_empty(context: CheckContext) -> Iterator[Fault]:
    """AWS_PROFILE or AWS_DEFAULT_PROFILE is set, and empty.

    boto3 takes that for a profile without a name and stops: "The config profile () could not be
    found". Other SDKs take it for unset.

    unset AWS_PROFILE.
    """
    for variable in VARIABLES:
        if context.environment.get(variable) == "":
            yield Fault(f"{variable} is set and empty, where boto3 stops.", f"unset {variable}")


@offline_check(Severity.WARNING)
def env_profiles_disagree(context: CheckContext) -> Iterator[Fault]:
    """AWS_DEFAULT_PROFILE and AWS_PROFILE name different profiles.

    boto3 takes AWS_DEFAULT_PROFILE; the other SDKs know only AWS_PROFILE. One shell is two
    identities.

    unset AWS_DEFAULT_PROFILE.
    """
    default, named = (context.environment.get(variable) for variable in VARIABLES)
    if default and named and default != named:
        yield Fault(
            f"boto3 takes AWS_DEFAULT_PROFILE={sanitize(default)}, other SDKs"
            f" AWS_PROFILE={sanitize(named)}.",
            "unset AWS_DEFAULT_PROFILE",
        )


@offline_check(Severity.WARNING)
def env_region_ignored(context: CheckContext) -> Iterator[Fault]:
    """AWS_REGION is set, and AWS_DEFAULT_REGION is not, or is another one.

    boto3 reads AWS_DEFAULT_REGION alone, and takes the profile's region or stops with
    NoRegionError. The other SDKs and the AWS CLI v2 read AWS_REGION.

    Set both.
    """
    region = context.environment.get("AWS_REGION")
    default = context.environment.get("AWS_DEFAULT_REGION")
    if region and region != default:
        besides = f"takes AWS_DEFAULT_REGION={sanitize(default)}" if default else "does not read it"
        yield Fault(
            f"AWS_REGION={sanitize(region)} is set, but boto3 {besides}.",
            f"export AWS_DEFAULT_REGION={shell_word(region)}",
        )


@offline_check(Severity.WARNING)
def endpoint_override(context: CheckContext) -> Iterator[Fault]:
    """Calls go to an endpoint that somebody set, and not to AWS's own.

    It is right with a stand-in of AWS (LocalStack), a proxy or a private endpoint, and puzzling
    when it was forgotten: signed requests, with your data, go there in every SDK.

    unset the variable, or awsprof unset NAME endpoint_url. Where it is meant, nothing is wrong.
    """
    if not _yes(context.environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")):
        given = {k: v for k, v in context.environment.items() if k.startswith(_ENDPOINT) and v}
        if given:
            first = sorted(given)[0]
            more = f" and {len(given) - 1} more" if len(given) > 1 else ""
            told = f"{first}={sanitize(given[first], 60)}{more}: calls go there, and not to AWS."
            yield Fault(told, f"unset {' '.join(map(sanitize, sorted(given)))}")
    services = _services(context)
    for profile in context.profiles:
        if _yes(profile.get("ignore_configured_endpoint_urls")):
            continue
        url = profile.get("endpoint_url")
        section = services.get(profile.get("services") or "")
        if url:
            told = f"Its calls go to {sanitize(url)}, and not to AWS."
            fix = f"awsprof unset {arguments(profile.name)} endpoint_url"
            yield profile_fault(profile, "endpoint_url", told, fix)
        if section is not None and _endpoints(section):
            told = f"Calls to {', '.join(_endpoints(section))} go to endpoints of its own."
            fix = f"awsprof unset {arguments(profile.name)} services"
            yield profile_fault(profile, "services", told, fix)


def _yes(text: str | None) -> bool:
    return (text or "").strip().lower() == "true"


def _services(context: CheckContext) -> dict[str, Section]:
    sections = context.catalog.stored(FileKind.CONFIG).document.sections
    return {section.id.name: section for section in sections if section.id.type == "services"}


def _endpoints(section: Section) -> list[str]:
    """The services for which it has an endpoint."""
    return [
        sanitize(entry.key)
        for entry in section.entries
        if any(below.key == "endpoint_url" for below in entry.nested)
    ]


@offline_check(Severity.ERROR)
def services_undefined(context: CheckContext) -> Iterator[Fault]:
    """A profile's services names a section that there is not, or that is empty.

    boto3 stops with InvalidConfigError when it makes a client, whichever service it is for.

    Name one that is there (awsprof set NAME services OTHER), or take it out.
    """
    named = list(with_key(context, "services"))
    services = {name for name, s in _services(context).items() if s.entries} if named else set()
    nearest: dict[str, list[str]] = {}
    misspelt = header_to_mend(context)
    for profile, value in named:
        if value.text in services:
            continue
        slip = misspelt(SectionId("services", value.text))
        if slip is not None:
            told = f"services = {sanitize(value.text)} names no section.{slip.says}"
            yield profile_fault(profile, "services", told, slip.fix)
            continue
        if value.text not in nearest:
            nearest[value.text] = difflib.get_close_matches(value.text, services, n=1)
        name, meant = profile.name, nearest[value.text]
        yield profile_fault(
            profile,
            "services",
            f"services = {sanitize(value.text)} names no section [services {sanitize(value.text)}]."
            + (f" Did you mean {sanitize(meant[0])}?" if meant else ""),
            f"awsprof set {arguments(name, 'services', meant[0])}"
            if meant
            else f"awsprof unset {arguments(name)} services",
        )


@offline_check(Severity.INFO, fixes=True)
def aws_cli_cache(context: CheckContext) -> Iterator[Fault]:
    """The AWS CLI keeps copies of roles' credentials in plain text, in ~/.aws/cli/cache.

    They last as long as the role's session. The CLI goes on using them after a logout or a
    rotation, since it does not see that the source changed.

    awsprof doctor --fix clears them; the AWS CLI makes new ones when it needs them.
    """
    del context  # the folder is where HOME is, whichever files are in use
    folder = paths.aws_cli_cache_dir()
    number = len(_cached(folder))
    if number:
        copies = "1 copy" if number == 1 else f"{number} copies"
        act = Action(f"clear {paths.display_path(folder)}", lambda: _clear(folder))
        yield Fault(
            f"{copies} of credentials in plain text: {paths.display_path(folder)}.",
            f"rm {paths.display_path(folder)}/*.json",
            repair=Repair(acts=(act,)),
        )


def _cached(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix == ".json" and path.is_file()]
    except OSError:
        return []


def _clear(folder: Path) -> None:
    for path in _cached(folder):
        path.unlink(missing_ok=True)


@offline_check(Severity.WARNING)
def foreign_home(context: CheckContext) -> Iterator[Fault]:
    """HOME belongs to somebody else than the user that this runs as, as with sudo.

    What SDKs write there (tokens, caches) then belongs to that user, and its owner cannot renew it
    any more; awsprof refuses to write there.

    Run it as yourself; or with a home of its own: sudo -H.
    """
    home = context.environment.get("HOME")
    if os.name == "nt" or not home:
        return
    try:
        owner = Path(home).stat().st_uid
    except (OSError, ValueError):
        return
    if owner != os.geteuid():
        yield Fault(
            f"HOME is {sanitize(home)}, which belongs to user {owner}, and this runs as"
            f" {os.geteuid()}.",
            "run it as yourself, or with sudo -H",
        )
