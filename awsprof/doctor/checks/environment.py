"""Checks of environment variables that win over profiles, and of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from awsprof import paths
from awsprof.configfile.document import FileKind, SectionId
from awsprof.doctor.check_helpers import (
    profile_fault,
    profiles_setting,
    set_command,
    unset_command,
    variable_fault,
)
from awsprof.doctor.checks.headers import header_to_mend
from awsprof.doctor.findings import Action, Fault, Repair, Severity, offline_check
from awsprof.key_ids import display_id
from awsprof.near_names import nearest_name
from awsprof.profiles import ignored_files, value_rules
from awsprof.profiles.current import VARIABLES
from awsprof.profiles.key_shapes import is_swapped
from awsprof.shells import set_variable, unset_variables
from awsprof.text import sanitize, show_hidden

if TYPE_CHECKING:
    from awsprof.configfile.document import Section
    from awsprof.doctor.check_context import CheckContext

_ENDPOINT: Final = "AWS_ENDPOINT_URL"


@offline_check(Severity.WARNING)
def env_keys_win(context: CheckContext) -> Iterator[Fault]:
    """The environment has an access key, which wins over AWS_PROFILE and the default profile.

    boto3, the AWS CLI and most SDKs use AWS_ACCESS_KEY_ID before any profile, unless the profile is
    named in the call itself. Your calls then run as a different identity than you expect.

    Unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
    """
    key_id = context.environment.get("AWS_ACCESS_KEY_ID")
    secret = context.environment.get("AWS_SECRET_ACCESS_KEY")
    if key_id and secret and not is_swapped(key_id, secret):
        named = next(filter(None, map(context.environment.get, VARIABLES)), None)
        loser = f"the profile {sanitize(named)}" if named else "the default profile"
        message = f"AWS_ACCESS_KEY_ID ({display_id(key_id)}) is set and wins over {loser}."
        fix = unset_variables("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        needing = [p.name for p in context.profiles if _is_environment(p.get("credential_source"))]
        if needing:
            message = f"{message} {sanitize(needing[0])} needs it (credential_source)."
            fix = "name the profile that you mean in each call"
        yield Fault(message, fix)


def _is_environment(source: str | None) -> bool:
    """True for credential_source = Environment, also in the wrong case: its fix keeps the key."""
    return (source or "").strip().lower() == "environment"


@offline_check(Severity.ERROR)
def env_profile_missing(context: CheckContext) -> Iterator[Fault]:
    """AWS_PROFILE or AWS_DEFAULT_PROFILE names a profile that does not exist.

    boto3 and the AWS CLI stop with ProfileNotFound, whatever you run.

    Set the variable to an existing profile, or unset it.
    """
    for variable in VARIABLES:
        named = context.environment.get(variable)
        if not named or named in context.catalog.profiles:
            continue
        slip = header_to_mend(context)(SectionId.profile(named))
        if slip is not None:
            message = f"{variable}={show_hidden(named)} names no existing profile.{slip.says}"
            yield variable_fault(message, slip.fix, variable)
            continue
        unread = next(ignored_files.missing_files_in_variables(context.environment), None)
        if unread is not None:  # the profile may be in the file that is not read
            message = f"{variable}={show_hidden(named)} names no existing profile. {unread.says}"
            yield variable_fault(message, unread.fix, variable)
            continue
        suggestion = context.catalog.nearest(named)
        yield variable_fault(
            f"{variable}={show_hidden(named)} names no existing profile."
            + (f" Did you mean {sanitize(suggestion)}?" if suggestion else ""),
            set_variable(variable, suggestion) if suggestion else unset_variables(variable),
            variable,
        )


@offline_check(Severity.ERROR)
def env_profile_empty(context: CheckContext) -> Iterator[Fault]:
    """AWS_PROFILE or AWS_DEFAULT_PROFILE is set but empty.

    boto3 looks for a profile without a name and stops: "The config profile () could not be found".
    Other SDKs treat the variable as unset.

    Unset the variable.
    """
    for variable in VARIABLES:
        if context.environment.get(variable) == "":
            message = f"{variable} is set but empty, so boto3 stops."
            yield variable_fault(message, unset_variables(variable), variable)


@offline_check(Severity.WARNING)
def env_profiles_disagree(context: CheckContext) -> Iterator[Fault]:
    """AWS_DEFAULT_PROFILE and AWS_PROFILE name different profiles.

    boto3 uses AWS_DEFAULT_PROFILE; the other SDKs know only AWS_PROFILE. Tools in the same shell
    then run as different identities.

    Unset AWS_DEFAULT_PROFILE.
    """
    default, named = (context.environment.get(variable) for variable in VARIABLES)
    if default and named and default != named:
        yield Fault(
            f"boto3 uses AWS_DEFAULT_PROFILE={sanitize(default)}, but other SDKs use"
            f" AWS_PROFILE={sanitize(named)}.",
            unset_variables("AWS_DEFAULT_PROFILE"),
        )


@offline_check(Severity.WARNING)
def env_region_ignored(context: CheckContext) -> Iterator[Fault]:
    """AWS_REGION is set, but AWS_DEFAULT_REGION is not set or has another value.

    boto3 reads only AWS_DEFAULT_REGION; without it, it uses the profile's region or stops with
    NoRegionError. The other SDKs and the AWS CLI v2 read AWS_REGION.

    Set both variables to the same region.
    """
    region = context.environment.get("AWS_REGION")
    default = context.environment.get("AWS_DEFAULT_REGION")
    if region and region != default:
        besides = f"uses AWS_DEFAULT_REGION={sanitize(default)}" if default else "does not read it"
        yield Fault(
            f"AWS_REGION={sanitize(region)} is set, but boto3 {besides}.", _one_region(region)
        )


def _one_region(region: str) -> str:
    """Returns the command that lets boto3 use AWS_REGION too, or what it probably means."""
    problem = value_rules.value_problem("region", region)
    if problem is None or not problem.refused:
        return set_variable("AWS_DEFAULT_REGION", region)
    if problem.meant is None:
        return "set both variables to the region that you mean"
    return set_variable("AWS_DEFAULT_REGION", problem.meant)


@offline_check(Severity.WARNING)
def endpoint_override(context: CheckContext) -> Iterator[Fault]:
    """Calls go to a custom endpoint instead of AWS's own.

    That is right for an AWS emulator (LocalStack), a proxy or a private endpoint, but surprising if
    you forgot about it: every SDK sends signed requests, with your data, to that address.

    Unset the variable, or run awsprof unset NAME endpoint_url. If you set it on purpose, ignore
    this.
    """
    if not _is_true(context.environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")):
        endpoints = {k: v for k, v in context.environment.items() if k.startswith(_ENDPOINT) and v}
        if endpoints:
            first = sorted(endpoints)[0]
            more = f" and {len(endpoints) - 1} more" if len(endpoints) > 1 else ""
            message = (
                f"{first}={sanitize(endpoints[first], 60)}{more}: calls go there instead of to AWS."
            )
            yield Fault(message, unset_variables(*sorted(endpoints)))
    services = _services(context)
    for profile in context.profiles:
        if _is_true(profile.get("ignore_configured_endpoint_urls")):
            continue
        url = profile.get("endpoint_url")
        section = services.get(profile.get("services") or "")
        if url:
            message = f"Its calls go to {sanitize(url)} instead of to AWS."
            fix = unset_command(profile, "endpoint_url")
            yield profile_fault(profile, "endpoint_url", message, fix)
        if section is not None and _endpoints(section):
            message = f"Calls to {', '.join(_endpoints(section))} go to custom endpoints."
            fix = unset_command(profile, "services")
            yield profile_fault(profile, "services", message, fix)


def _is_true(text: str | None) -> bool:
    return (text or "").strip().lower() == "true"


def _services(context: CheckContext) -> dict[str, Section]:
    sections = context.catalog.stored(FileKind.CONFIG).document.sections
    return {section.id.name: section for section in sections if section.id.type == "services"}


def _endpoints(section: Section) -> list[str]:
    """Returns the services for which the section sets an endpoint_url."""
    return [
        sanitize(entry.key)
        for entry in section.entries
        if any(below.key == "endpoint_url" for below in entry.nested)
    ]


@offline_check(Severity.ERROR)
def services_undefined(context: CheckContext) -> Iterator[Fault]:
    """A profile's services setting names a section that does not exist or is empty.

    boto3 stops with InvalidConfigError when it makes a client, for every service.

    Name an existing section (awsprof set NAME services OTHER), or remove the setting.
    """
    named = list(profiles_setting(context, "services"))
    services = {name for name, s in _services(context).items() if s.entries} if named else set()
    nearest: dict[str, str | None] = {}
    misspelt = header_to_mend(context)
    for profile, value in named:
        if value.text in services:
            continue
        slip = misspelt(SectionId("services", value.text))
        if slip is not None:
            message = f"services = {sanitize(value.text)} names no existing section.{slip.says}"
            yield profile_fault(profile, "services", message, slip.fix)
            continue
        if value.text not in nearest:
            nearest[value.text] = nearest_name(value.text, services)
        suggestion = nearest[value.text]
        yield profile_fault(
            profile,
            "services",
            f"There is no section [services {sanitize(value.text)}]."
            + (f" Did you mean {sanitize(suggestion)}?" if suggestion else ""),
            set_command(profile, "services", suggestion)
            if suggestion
            else unset_command(profile, "services"),
        )


@offline_check(Severity.INFO, fixes=True)
def aws_cli_cache(context: CheckContext) -> Iterator[Fault]:
    """The AWS CLI keeps copies of role credentials in plain text in ~/.aws/cli/cache.

    They stay valid as long as the role's session. The CLI keeps using them after you log out or
    rotate a key, because it does not notice that the source changed.

    awsprof doctor --fix deletes them; the AWS CLI makes new ones when it needs them.
    """
    del context  # the folder is always in HOME, whichever files are in use
    folder = paths.aws_cli_cache_dir()
    count = len(_cached(folder))
    if count:
        copies = "1 copy" if count == 1 else f"{count} copies"
        action = Action(f"clear {paths.display_path(folder)}", lambda: _clear(folder))
        yield Fault(
            f"{paths.display_path(folder)} holds {copies} of credentials in plain text.",
            f"rm {paths.display_path(folder)}/*.json",
            repair=Repair(acts=(action,)),
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
    """HOME belongs to another user than the one running this, as with sudo.

    Files that SDKs write there (tokens, caches) then belong to the current user, and the owner of
    HOME cannot update them any more. awsprof refuses to write there.

    Run the command as yourself, or use sudo -H, which sets HOME.
    """
    home = context.environment.get("HOME")
    user = _effective_user()
    if user is None or not home:
        return
    try:
        owner = Path(home).stat().st_uid
    except (OSError, ValueError):
        return
    if owner != user:
        yield Fault(
            f"HOME is {sanitize(home)}, which belongs to user ID {owner}, but you run as user ID"
            f" {user}.",
            "run it as yourself, or with sudo -H",
        )


def _effective_user() -> int | None:
    """Returns the user ID that this process acts as; None on Windows, which has no such IDs."""
    if sys.platform == "win32":
        return None
    return os.geteuid()
