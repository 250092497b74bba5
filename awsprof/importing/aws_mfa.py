"""aws-mfa: profiles NAME-long-term with a key, and NAME with the session that it wrote."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from functools import partial
from typing import Final

from awsprof.accesskeys.key_sources import key_from_profile
from awsprof.importing.import_context import ImportContext
from awsprof.importing.plan import KeyRemoval, Plan, PlannedProfile
from awsprof.paths import credentials_file, display_path
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.base import free_name
from awsprof.profiles.kinds.keys import KEYS
from awsprof.profiles.kinds.role import ROLE
from awsprof.profiles.model import Profile
from awsprof.shells import arguments

_SUFFIX: Final = "long-term"


def read(context: ImportContext) -> Plan:
    """Returns a plan in which NAME has the key itself, in the vault, with its MFA device."""
    suffixed = [p for p in context.catalog.plaintext_keys() if _base_name(p) != p.name]
    long_term = [*suffixed, *_without_suffix(context.catalog)]
    roles = _assumed_roles(context.catalog, {_base_name(profile) for profile in long_term})
    planned = {profile.name: _profiles(context, profile, roles) for profile in long_term}
    profiles = [each for own in planned.values() for each in own]
    removals = (
        KeyRemoval(planned[profile.name][0].name, f"awsprof remove {arguments(profile.name)}")
        for profile in suffixed
    )
    return Plan(
        (display_path(credentials_file()),),
        (display_path(credentials_file()),) if profiles else (),
        profiles=tuple(profiles),
        leaving=(
            "awsprof doctor                  check that every profile works",
            *removals,
            "do not run aws-mfa again: it would write its session over the profile",
        ),
    )


def _base_name(profile: Profile) -> str:
    """Returns the NAME of [NAME-long-term]; MFA_LONG_TERM_SUFFIX may name another suffix."""
    suffix = f"-{os.environ.get('MFA_LONG_TERM_SUFFIX') or _SUFFIX}"
    return profile.name.removesuffix(suffix) or profile.name


def _without_suffix(catalog: Catalog) -> list[Profile]:
    """Returns the keys of `aws-mfa --long-term-suffix none`: those with a device of aws-mfa."""
    return [
        profile
        for profile in catalog.plaintext_keys()
        if profile.get("aws_mfa_device") and _base_name(profile) == profile.name
    ]


def _assumed_roles(catalog: Catalog, bases: Collection[str]) -> dict[str, dict[str, str]]:
    """Returns the roles of the sessions that aws-mfa wrote, by profile, by their NAME."""
    roles: dict[str, dict[str, str]] = {name: {} for name in bases}
    for profile in catalog.profiles.values():
        arn = profile.get("assumed_role_arn")
        owners = [n for n in bases if profile.name == n or profile.name.startswith(f"{n}-")]
        if arn and owners:
            roles[max(owners, key=len)][profile.name] = arn
    return roles


def _profiles(
    context: ImportContext, profile: Profile, roles: Mapping[str, Mapping[str, str]]
) -> list[PlannedProfile]:
    """Returns the profile with the key, and the roles on it."""
    name = _base_name(profile)
    device, region, role = (profile.get(k) for k in ("aws_mfa_device", "region", "assume_role"))
    assumed = {**roles[name], **({name: role} if role else {})}
    place = {"region": region} if region else {}
    base = free_name(f"{name}-key", context.catalog.profiles) if name in assumed else name
    answers = {**({"mfa_serial": device} if device else {}), **place}
    return [
        PlannedProfile(KEYS, base, answers, partial(key_from_profile, profile)),
        *(
            PlannedProfile(ROLE, own, {"role_arn": arn, "source": base, **place}, own_keys_out=True)
            for own, arn in assumed.items()
        ),
    ]
