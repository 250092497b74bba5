"""What several checks ask of a profile: what it hands out, on whom it stands, how it is mended.

Each answer takes one look at the profile and at most a walk along its sources, so that a check
stays linear in the number of profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from awsprof import arn, regions
from awsprof.doctor.findings import Fault, Repair
from awsprof.editing import operations
from awsprof.errors import AwsprofError
from awsprof.key_ids import is_temporary
from awsprof.masking import mask_name
from awsprof.profiles import process_command
from awsprof.profiles.form import CredentialForm as CredentialForm
from awsprof.profiles.form import credential_form as credential_form
from awsprof.profiles.form import has_keys as has_keys
from awsprof.profiles.form import has_token as has_token
from awsprof.profiles.form import is_role as is_role
from awsprof.profiles.form import key_in_vault
from awsprof.profiles.known_keys import PROFILE_KEYS, is_value_of, nearest_known_key
from awsprof.shells import arguments
from awsprof.text import sanitize
from awsprof.vault.index import Index

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.editing.change import Change
    from awsprof.profiles.model import Origin, Profile, SsoSession, Value

CREDENTIAL_SOURCES = ("Environment", "EcsContainer", "Ec2InstanceMetadata")
_SHOWN: Final = 5  # of those who stand on a cause; all are in the JSON


def source_of(context: CheckContext, profile: Profile) -> Profile | None:
    """The profile that the role stands on; None where it is no role, or names none."""
    name = profile.get("source_profile") if is_role(profile) else None
    return context.catalog.profiles.get(name) if name else None


def hands_out_temporary(context: CheckContext, profile: Profile) -> bool:
    """Whether what the profile hands to a role on it is temporary, as far as the files tell."""
    seen = set()
    while profile.name not in seen:
        seen.add(profile.name)
        found = credential_form(profile, as_source=True)
        if found is CredentialForm.KEYS:
            return is_temporary(profile.get("aws_access_key_id") or "") or has_token(profile)
        line = process_command.parse_command(profile.get("credential_process") or "")
        if found is not CredentialForm.PROCESS or line is None:
            return found in (
                CredentialForm.ROLE,
                CredentialForm.WEB,
                CredentialForm.SSO,
                CredentialForm.LOGIN,
            )
        if line.key_id:
            return signs_in_with_mfa(profile)
        if line.profile not in context.catalog.profiles:
            return False
        profile = context.catalog.profiles[line.profile]
    return False


def signs_in_with_mfa(profile: Profile) -> bool:
    """Whether awsprof signs its key in with MFA, once for all that stand on it."""
    asks = profile.get("mfa_serial") and not is_role(profile)
    return bool(asks and key_in_vault(profile))


def account_of_key(profile: Profile, index: Index) -> str | None:
    """The account of a profile's own key, where it is known."""
    key_id = key_in_vault(profile)
    entry = index.find(key_id) if key_id else None
    return (entry.account if entry else None) or profile.get("aws_account_id")


def misspelt_key(profile: Profile, wanted: str) -> str | None:
    """The key of the profile that no SDK knows, and that was meant to be ``wanted``."""
    if wanted in profile.values:
        return None
    unknown = (key for key in profile.values if key not in PROFILE_KEYS)
    return next((k for k in unknown if nearest_known_key(k, PROFILE_KEYS) == wanted), None)


def other_endpoints(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that send all calls, or those to STS, somewhere else than to AWS."""
    if (environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or "").strip().lower() == "true":
        return ()
    names = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS")
    return tuple(name for name in names if environment.get(name))


def index_or_none() -> Index:
    """The vault's index; an empty one where it cannot be read."""
    try:
        return Index.load()
    except AwsprofError:
        return Index({})


def with_key(context: CheckContext, key: str) -> Iterator[tuple[Profile, Value]]:
    """The profiles in question that have ``key`` with some text."""
    for profile in context.profiles:
        value = profile.values.get(key)
        if value is not None and value.text:
            yield profile, value


def checks_everything(context: CheckContext) -> bool:
    """Whether all profiles are in question, so that what no profile uses can be told."""
    return set(context.names) >= set(context.catalog.profiles)


def sessions_in_question(context: CheckContext) -> Iterator[SsoSession]:
    """The sessions that profiles in question use, and all where all are in question."""
    used = {profile.get("sso_session") for profile in context.profiles}
    every = checks_everything(context)
    return (s for s in context.catalog.sessions.values() if every or s.name in used)


def source_circles(following: Mapping[str, str]) -> set[str]:
    """The names that stand in a circle, where each name leads to at most one other."""
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


def rename_repair(profile: Profile, written: str, wanted: str) -> str:
    """What gives a misspelt key its right name."""
    value = profile.values[written]
    if is_value_of(wanted, value.text):
        return "awsprof doctor --fix unknown-key"
    return f"write {wanted} in place of {mask_name(written)} at {value.origin}, in an editor"


def likely_source(context: CheckContext, profile: Profile) -> Profile | None:
    """The profile that would assume the role, where one has a key and does not stand on it."""
    every = context.catalog.profiles.values()
    able = [
        p for p in every if p is not profile and credential_form(p, as_source=True) in _KEY_FORMS
    ]
    role = arn.parse_role(profile.get("role_arn"))
    able = [p for p in able if not is_role(p) and (role is None or _same_partition(p, role))]
    used = [p for p in able if context.catalog.users_of(p.name)]
    return next(iter(used or able), None)


_KEY_FORMS = (CredentialForm.KEYS, CredentialForm.PROCESS, CredentialForm.SSO)


def _same_partition(profile: Profile, role: arn.Arn) -> bool:
    device = arn.Arn.parse(profile.get("mfa_serial"))
    region = profile.get("region")
    place = device.partition if device else regions.partition_of(region) if region else None
    return place in (None, role.partition)


def source_command(context: CheckContext, profile: Profile) -> str:
    """The command that gives the role a source that can assume it."""
    found = likely_source(context, profile)
    if found is None:
        return "awsprof setup keys sets up a profile that can assume it"
    return f"awsprof set {arguments(profile.name, 'source_profile', found.name)}"


def origin_of(profile: Profile, key: str) -> Origin | None:
    """Where the value stands, else where the profile begins; ``s3.x`` is of a nested block."""
    parent, _, below = key.partition(".")
    value = profile.nested.get(parent, {}).get(below) if below else profile.values.get(key)
    if value is not None:
        return value.origin
    return profile.origins[0] if profile.origins else None


def profile_fault(
    profile: Profile, key: str, message: str, fix: str, repair: Repair | None = None
) -> Fault:
    """A fault of the profile, at the line of ``key``."""
    return Fault(message, fix, profile.name, origin_of(profile, key), repair)


def session_fault(
    session: SsoSession, key: str, message: str, fix: str, repair: Repair | None = None
) -> Fault:
    """A fault of an sso-session, at the line of ``key``, else at its header."""
    value = session.values.get(key)
    origin = value.origin if value else session.origin
    told = f"sso-session {sanitize(session.name)}: {message}"
    return Fault(told, fix, None, origin, repair)


def waiting(context: CheckContext, told: Fault, session: SsoSession) -> Fault:
    """A fault of an sso-session with the profiles in question that wait for a sign-in to it."""
    chains = ((name, context.catalog.chain(name)) for name in context.names)
    return affecting(told, [name for name, chain in chains if chain.session == session])


def affecting(told: Fault, names: Sequence[str]) -> Fault:
    """The fault, which names those who do not work because of it."""
    if not names:
        return told
    some = ", ".join(map(sanitize, names[:_SHOWN]))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    stand = "profile stands" if len(names) == 1 else "profiles stand"
    message = f"{told.message} {len(names)} {stand} on it: {some}{more}."
    return replace(told, message=message, affects=tuple(names))


def unset_repair(context: CheckContext, profile: Profile, key: str) -> Repair | None:
    """Take the key out of the profile."""
    return change_repair(lambda: operations.unset_profile_value(profile.name, key, context.catalog))


def set_repair(context: CheckContext, profile: Profile, key: str, value: str) -> Repair | None:
    """Give the key that value."""
    return change_repair(
        lambda: operations.set_profile_value(profile.name, key, value, context.catalog)
    )


def change_repair(change: Callable[[], Change]) -> Repair | None:
    """The repair by that change; None where it is refused, and a person has to look."""
    try:
        return Repair(change())
    except AwsprofError:
        return None
