"""Helpers that several checks share: credentials of a profile, its source, and its repairs.

Each helper looks at one profile and at most follows its sources, so the time of a check grows
linearly with the number of profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from configparser import DEFAULTSECT
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from awsprof import arn, regions
from awsprof.configfile.secret_loss import has_other_secret
from awsprof.doctor.findings import Cause, Fault, Repair
from awsprof.editing import profile_operations
from awsprof.errors import AwsprofError
from awsprof.key_ids import is_temporary
from awsprof.masking.mask import mask_name
from awsprof.profiles import process_command
from awsprof.profiles.default_section import inherited_fix
from awsprof.profiles.kinds.base import derived_name
from awsprof.profiles.known_keys import PROFILE_KEYS, is_value_of, nearest_known_key
from awsprof.profiles.provider_order import TEMPORARY_PROVIDERS, key_in_vault, signs_in_with_mfa
from awsprof.profiles.provider_order import ProviderType as ProviderType
from awsprof.profiles.provider_order import has_keys as has_keys
from awsprof.profiles.provider_order import has_token as has_token
from awsprof.profiles.provider_order import is_role as is_role
from awsprof.profiles.provider_order import provider_type as provider_type
from awsprof.shells import arguments, shell_word
from awsprof.text import list_names, sanitize
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.editing.change import Change
    from awsprof.profiles.model import Origin, Profile, SsoSession, Value

CREDENTIAL_SOURCES = ("Environment", "EcsContainer", "Ec2InstanceMetadata")
# Where nothing says which region is meant: a guess could move its calls.
SET_A_REGION: Final = "set its region to the one that its calls should go to"
_SHOWN: Final = 5  # affected profiles in a message; the JSON has all of them


def profiles_served_by_process(context: CheckContext) -> set[str]:
    """Returns the profiles that another one serves, by awsprof's own credential_process."""
    return {
        line.profile
        for profile in context.catalog.profiles.values()
        if (line := process_command.parse_command(profile.get("credential_process") or ""))
        is not None
        and line.key_id is None  # with a key it returns that key, and no role
    }


def process_wrapper_fix(context: CheckContext, profile: Profile) -> str:
    """Returns the command that adds a process profile which serves the role to every tool."""
    new = derived_name(profile.name, "all", context.catalog.profiles)
    command = f"awsprof credential-process {arguments(profile.name)}"
    flag = f"--command {shell_word(command)}"
    return f"awsprof add process {arguments(new, flags=flag)} makes it work in every tool"


def source_of(context: CheckContext, profile: Profile) -> Profile | None:
    """Returns the role's source profile; None if it is not a role, or the source does not exist."""
    name = profile.get("source_profile") if is_role(profile) else None
    return context.catalog.profiles.get(name) if name else None


def hands_out_temporary(context: CheckContext, profile: Profile) -> bool:
    """True if the profile gives temporary credentials to a role that uses it as its source.

    Only the files are read, so a process counts only if it is awsprof's own.
    """
    seen = set()
    while profile.name not in seen:
        seen.add(profile.name)
        found = provider_type(profile, as_source=True)
        if found is ProviderType.KEYS:
            return is_temporary(profile.get("aws_access_key_id") or "") or has_token(profile)
        line = process_command.parse_command(profile.get("credential_process") or "")
        if found is not ProviderType.PROCESS or line is None:
            return found in TEMPORARY_PROVIDERS
        if line.key_id:
            return signs_in_with_mfa(profile)
        if line.profile not in context.catalog.profiles:
            return False
        profile = context.catalog.profiles[line.profile]
    return False


def account_of_key(profile: Profile, index: Index) -> str | None:
    """Returns the account of a profile's own key, or None if it is not known."""
    key_id = key_in_vault(profile)
    entry = index.find(key_id) if key_id else None
    return (entry.account if entry else None) or profile.get("aws_account_id")


def misspelt_key(profile: Profile, wanted: str) -> str | None:
    """Returns the profile's unknown key that is a typo of ``wanted``, or None."""
    if wanted in profile.values:
        return None
    unknown = (key for key in profile.values if key not in PROFILE_KEYS)
    return next((k for k in unknown if nearest_known_key(k, PROFILE_KEYS) == wanted), None)


def other_endpoints(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the variables that redirect all calls, or those to STS, away from AWS."""
    if (environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or "").strip().lower() == "true":
        return ()
    names = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS")
    return tuple(name for name in names if environment.get(name))


def profiles_setting(context: CheckContext, key: str) -> Iterator[tuple[Profile, Value]]:
    """Yields the selected profiles whose ``key`` is not empty, with its value."""
    for profile in context.profiles:
        value = profile.values.get(key)
        if value is not None and value.text:
            yield profile, value


def checks_everything(context: CheckContext) -> bool:
    """True if all profiles are selected, so that unused things can be reported."""
    return set(context.names) >= set(context.catalog.names_to_check)


def selected_sso_sessions(context: CheckContext) -> Iterator[SsoSession]:
    """Yields the sso-sessions of the selected profiles; all if all are selected."""
    used = {profile.get("sso_session") for profile in context.profiles}
    every = checks_everything(context)
    return (s for s in context.catalog.sessions.values() if every or s.name in used)


def source_cycles(following: Mapping[str, str]) -> set[str]:
    """Returns the names that are part of a cycle; each name leads to at most one other."""
    found: set[str] = set()
    done: set[str] = set()
    for start in following:
        path: dict[str, int] = {}
        name: str | None = start
        while name is not None and name not in done and name not in path:
            path[name] = len(path)
            name = following.get(name)
        if name in path:
            found.update(list(path)[path[name or ""] :])
        done.update(path)
    return found


def shown_key(name: str, value: str = "") -> str:
    """Returns a key's name as messages quote it: a line of a broken secret can look like a key."""
    return sanitize(mask_name(name, value), 60)


def rename_fix(profile: Profile, written: str, wanted: str) -> str:
    """Returns the fix that corrects a misspelled key."""
    value = profile.values[written]
    if is_value_of(wanted, value.text):
        return "awsprof doctor --fix unknown-key"
    return f"write {wanted} instead of {shown_key(written)} at {value.origin}, in an editor"


def likely_source(context: CheckContext, profile: Profile) -> Profile | None:
    """Returns a profile that can probably assume the role: it has a key and is not a role."""
    every = (p for p in context.catalog.profiles.values() if p is not profile and not is_role(p))
    role = arn.parse_role(profile.get("role_arn"))
    candidates = [
        p
        for p in every
        if provider_type(p, as_source=True) in _KEY_PROVIDERS
        and p.name != DEFAULTSECT  # boto3 has no such profile
        and (role is None or _same_partition(p, role))
    ]
    used = [p for p in candidates if context.catalog.users_of(p.name)]
    return next(iter(used or candidates), None)


_KEY_PROVIDERS = (ProviderType.KEYS, ProviderType.PROCESS, ProviderType.SSO)


def _same_partition(profile: Profile, role: arn.Arn) -> bool:
    device = arn.Arn.parse(profile.get("mfa_serial"))
    region = profile.get("region")
    partition = device.partition if device else regions.partition_of(region) if region else None
    return partition in (None, role.partition)


def source_command(context: CheckContext, profile: Profile) -> str:
    """Returns the command that gives the role a source that can assume it."""
    found = likely_source(context, profile)
    if found is None:
        return "awsprof setup keys creates a profile that can assume it"
    return set_command(profile, "source_profile", found.name)


def origin_of(profile: Profile, key: str) -> Origin | None:
    """Returns the line of the value, else of the profile's header.

    ``key`` may be ``s3.x`` for a value in a nested block.
    """
    value = _value_at(profile, key)
    if value is not None:
        return value.origin
    return profile.origins[0] if profile.origins else None


def _value_at(profile: Profile, key: str) -> Value | None:
    parent, _, below = key.partition(".")
    return profile.nested.get(parent, {}).get(below) if below else profile.values.get(key)


def set_command(profile: Profile, key: str, value: str) -> str:
    """Returns the command that sets the key, or what has to come first."""
    return _unless_secret(profile, f"awsprof set {arguments(profile.name, key, value)}", key)


def unset_command(profile: Profile, *keys: str) -> str:
    """Returns the commands that remove the keys, or what has to come first."""
    commands = [f"awsprof unset {arguments(profile.name, key)}" for key in keys]
    own = inherited_fix(profile.values, *keys)
    return own or _unless_secret(profile, " && ".join(commands), *keys)


def _unless_secret(profile: Profile, command: str, *keys: str) -> str:
    """Returns the command; where a value has another key's secret in it, that comes first."""
    for key in keys:
        value = _value_at(profile, key)
        if value is not None and has_other_secret(key, value.text):
            return f"give the secret at {value.origin} a line of its own first, in an editor"
    return command


def profile_fault(
    profile: Profile, key: str, message: str, fix: str, repair: Repair | None = None
) -> Fault:
    """Returns a fault of the profile, at the line of ``key``."""
    return Fault(message, fix, profile.name, origin_of(profile, key), repair)


def variable_fault(message: str, fix: str, *variables: str) -> Fault:
    """Returns a fault of variables of the environment."""
    return Fault(message, fix, cause=Cause(variables=variables))


def session_fault(
    session: SsoSession, key: str, message: str, fix: str, repair: Repair | None = None
) -> Fault:
    """Returns a fault of an sso-session, at the line of ``key`` or else at its header."""
    value = session.values.get(key)
    origin = value.origin if value else session.origin
    message = f"sso-session {sanitize(session.name)}: {message}"
    return Fault(message, fix, None, origin, repair)


def with_waiting_profiles(context: CheckContext, fault: Fault, session: SsoSession) -> Fault:
    """Returns the fault with the selected profiles that need a sign-in to the session."""
    chains = ((name, context.catalog.chain(name)) for name in context.names)
    return affecting(fault, [name for name, chain in chains if chain.session == session])


def affecting(fault: Fault, names: Sequence[str]) -> Fault:
    """Returns the fault with the names of the profiles that fail because of it."""
    if not names:
        return fault
    verb = "profile depends" if len(names) == 1 else "profiles depend"
    message = f"{fault.message} {len(names)} {verb} on it: {list_names(names, _SHOWN)}."
    return replace(fault, message=message, affects=tuple(names))


def unset_repair(context: CheckContext, profile: Profile, key: str) -> Repair | None:
    """Returns the repair that removes the key from the profile."""
    return change_repair(
        lambda: profile_operations.unset_profile_value(profile.name, key, context.catalog)
    )


def set_repair(context: CheckContext, profile: Profile, key: str, value: str) -> Repair | None:
    """Returns the repair that sets the key to the value."""
    return change_repair(
        lambda: profile_operations.set_profile_value(profile.name, key, value, context.catalog)
    )


def change_repair(change: Callable[[], Change]) -> Repair | None:
    """Returns the repair for that change; None if the change is refused."""
    return repair_or_refusal(change)[0]


def repair_or_refusal(change: Callable[[], Change]) -> tuple[Repair | None, str]:
    """Returns the repair for that change; None, and what has to come first, if it is refused."""
    try:
        return Repair(change()), ""
    except AwsprofError as exc:
        return None, f"{exc.message.removesuffix('.')}: {exc.fix}"
