"""awsume: it reads ~/.aws as it is, so only keys in plain text change."""

from __future__ import annotations

from functools import partial

from awsprof.accesskeys.key_sources import key_from_profile
from awsprof.importing.context import ImportContext
from awsprof.importing.plan import Plan, PlannedProfile, Skipped
from awsprof.paths import config_file, credentials_file, display_path
from awsprof.profiles.kinds.keys import KEYS

_AUTO = "autoawsume-"


def read(context: ImportContext) -> Plan:
    """Returns a plan that moves long-term keys in plain text into the vault."""
    profiles, skipped = [], []
    for profile in context.catalog.profiles.values():
        if profile.name.startswith(_AUTO) or profile.get("autoawsume"):
            why = "awsume wrote this session; it expires by itself."
            skipped.append(Skipped(profile.name, why))
    for profile in context.catalog.plaintext_keys():
        if profile.name.startswith(_AUTO) or profile.get("autoawsume"):
            continue
        read_key = partial(key_from_profile, profile)
        profiles.append(PlannedProfile(KEYS, profile.name, read_key=read_key))
    return Plan(
        (display_path(config_file()), display_path(credentials_file())),
        (display_path(credentials_file()),) if profiles else (),
        profiles=tuple(profiles),
        skipped=tuple(skipped),
        leaving=(
            "awsprof doctor                  check that every profile works",
            "awsprof help use                what takes the place of awsume in a shell",
            "pipx uninstall awsume, and remove its alias from your shell's file",
        ),
    )
