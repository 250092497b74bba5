"""aws-mfa: profiles NAME-long-term with a key, and NAME with the session that it wrote."""

from __future__ import annotations

from functools import partial

from awsprof.accesskeys.key_sources import key_from_profile
from awsprof.importing.context import ImportContext
from awsprof.importing.plan import Plan, PlannedProfile
from awsprof.paths import credentials_file, display_path
from awsprof.profiles.kinds.base import free_name
from awsprof.profiles.kinds.keys import KEYS
from awsprof.profiles.kinds.role import ROLE
from awsprof.profiles.model import Profile
from awsprof.shells import arguments

_SUFFIX = "-long-term"


def read(context: ImportContext) -> Plan:
    """Returns a plan in which NAME has the key itself, in the vault, with its MFA device."""
    long_term = [
        profile
        for profile in context.catalog.plaintext_keys()
        if profile.name.endswith(_SUFFIX) and profile.name != _SUFFIX
    ]
    profiles = [planned for profile in long_term for planned in _profiles(context, profile)]
    return Plan(
        (display_path(credentials_file()),),
        (display_path(credentials_file()),) if profiles else (),
        profiles=tuple(profiles),
        leaving=(
            "awsprof doctor                  check that every profile works",
            *(f"awsprof remove {arguments(profile.name)}" for profile in long_term),
            "do not run aws-mfa again: it would write its session over the profile",
        ),
    )


def _profiles(context: ImportContext, profile: Profile) -> list[PlannedProfile]:
    name = profile.name.removesuffix(_SUFFIX)
    role = profile.get("assume_role")
    device = profile.get("aws_mfa_device")
    answers = {"mfa_serial": device} if device else {}
    region = profile.get("region")
    if region:
        answers["region"] = region
    read_key = partial(key_from_profile, profile)
    if not role:
        return [PlannedProfile(KEYS, name, answers, read_key)]
    base = free_name(f"{name}-key", context.catalog.profiles)
    place = {"region": region} if region else {}
    on_top = {"role_arn": role, "source": base, **place}
    return [
        PlannedProfile(KEYS, base, answers, read_key),
        PlannedProfile(ROLE, name, on_top, own_keys_out=True),
    ]
