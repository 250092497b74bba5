"""awsume: it reads ~/.aws as it is. Keys in plain text go into the vault.

What awsume alone fills in, no SDK does: a role's region comes from its source, from [default] or
from awsume's own config.yaml, which also has a session name and a duration for all roles
(awsumepy/lib/profile.py). So it is written to each role.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from awsprof.accesskeys.key_sources import key_from_profile
from awsprof.importing.import_context import ImportContext, expand_home, own_folder, read_small
from awsprof.importing.plan import Plan, PlannedProfile, Skipped
from awsprof.parsing import InvalidValue, wrap_parse_errors
from awsprof.paths import config_file, credentials_file, display_path
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.base import answers_from_config
from awsprof.profiles.kinds.keys import KEYS
from awsprof.profiles.kinds.role import ROLE
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import is_own_source
from awsprof.profiles.second_key import own_profile_commands
from awsprof.shells import arguments

_AUTO: Final = "autoawsume-"
_FILES: Final = {
    "config-file": ("AWS_CONFIG_FILE", config_file),
    "credentials-file": ("AWS_SHARED_CREDENTIALS_FILE", credentials_file),
}


def read(context: ImportContext) -> Plan:
    """Returns a plan with the keys in plain text, and the roles that awsume fills in."""
    file = _config_path()
    config = _load(file)
    sessions = [p for p in context.catalog.profiles.values() if _is_session(p)]
    with_key = [p for p in context.catalog.plaintext_keys() if not _is_session(p)]
    keys = [
        PlannedProfile(KEYS, profile.name, read_key=partial(key_from_profile, profile))
        for profile in with_key
        if not profile.get("role_arn")
    ]
    roles_with_key = [p for p in with_key if p.get("role_arn")]
    why = "awsume wrote this session; it expires by itself."
    return Plan(
        tuple(map(display_path, (config_file(), credentials_file(), file))),
        (display_path(credentials_file()),) if keys else (),
        profiles=(*keys, *_roles(context.catalog, config)),
        skipped=(
            *(Skipped(p.name, why, needless=True) for p in sessions),
            *(_role_with_key(p, context.catalog) for p in roles_with_key),
            *_other_files(config),
        ),
        leaving=(
            "awsprof doctor                  check that every profile works",
            "awsprof help use                what takes the place of awsume in a shell",
            *(("awsume -k; awsume --clean       end and remove its sessions",) if sessions else ()),
            "pipx uninstall awsume, and remove its alias from your shell's file",
        ),
        of_this_tool=bool(sessions) or file.is_file(),
    )


def _is_session(profile: Profile) -> bool:
    """True for what awsume -a and awsume -o write into the credentials file."""
    written = profile.get("autoawsume") or profile.get("manager") == "awsume"
    return bool(written) or profile.name.startswith(_AUTO)


def _config_path() -> Path:
    if os.environ.get("XDG_CONFIG_HOME"):
        return own_folder("XDG_CONFIG_HOME") / "awsume" / "config.yaml"
    return own_folder("", ".awsume", "config.yaml")


def _load(file: Path) -> Mapping[str, Any]:
    import yaml

    with wrap_parse_errors(display_path(file), "awsume --config list shows how it reads it"):
        try:
            loaded = yaml.load(read_small(file) or "", Loader=yaml.BaseLoader)  # noqa: S506  # makes no objects
        except yaml.YAMLError as exc:
            raise InvalidValue("it is not valid YAML") from exc
        if loaded not in (None, "") and not isinstance(loaded, dict):
            raise InvalidValue("it is not a mapping")
        return loaded or {}


def _other_files(config: Mapping[str, Any]) -> Iterator[Skipped]:
    """Yields the AWS files that awsume reads in place of the usual ones."""
    for name, (variable, ours) in _FILES.items():
        file = expand_home(str(config[name])) if config.get(name) else None
        if not os.environ.get(variable) and file not in {None, ours()}:
            yield Skipped(
                name,
                f"awsume reads {display_path(file)}, which no SDK does by itself.",
                f"set {variable}={arguments(str(file))}, and import again",
            )


def _role_with_key(profile: Profile, catalog: Catalog) -> Skipped:
    """Returns a role with a plain-text key of its own, which keeps that key."""
    return Skipped(
        profile.name,
        "It is a role with a key of its own; a key and the role that uses it need two profiles.",
        ", then ".join(own_profile_commands(profile, catalog)),
    )


def _roles(catalog: Catalog, config: Mapping[str, Any]) -> Iterator[PlannedProfile]:
    """Yields the roles with values that awsume takes from elsewhere."""
    for profile in catalog.profiles.values():
        arn, source = (
            profile.get("role_arn"),
            catalog.profiles.get(profile.get("source_profile") or ""),
        )
        if not arn or source is None or is_own_source(profile):
            continue
        default = catalog.profiles.get("default")
        regions = (source.get("region"), default.get("region") if default else None)
        filled = {
            "region": next(filter(None, (*regions, config.get("region"))), None),
            "role_session_name": config.get("role-session-name"),
            "duration_seconds": config.get("role-duration"),
        }
        new = {
            key: str(value)
            for key, value in filled.items()
            if value and value != "0" and not profile.get(key)
        }
        if new:
            own = {"role_arn": arn, "source": source.name}
            answers = {**own, **answers_from_config(ROLE.fields, new)}
            yield PlannedProfile(ROLE, profile.name, answers)
