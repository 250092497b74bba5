"""granted: Identity Center profiles with names of its own for their values, and stored keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from awsprof.importing.go_keyring import (
    CollectionKeyring,
    FileKeyring,
    GoKeyring,
    access_keys,
    read_access_key,
)
from awsprof.importing.import_context import ImportContext, expand_home, own_folder, read_small
from awsprof.importing.plan import Plan, PlannedProfile, PlannedSession, Skipped
from awsprof.parsing import wrap_parse_errors
from awsprof.paths import config_file, display_path
from awsprof.profiles.kinds.keys import KEYS
from awsprof.profiles.kinds.sso import SSO
from awsprof.profiles.model import Profile
from awsprof.profiles.process_command import words_if_program
from awsprof.shells import arguments

_NAME: Final = "granted-aws-iam-credentials"
_FOLDER: Final = "secure-storage-aws-iam-credentials"


def read(context: ImportContext) -> Plan:
    """Returns a plan with granted's Identity Center profiles and the keys that it keeps."""
    sessions: list[PlannedSession] = []
    profiles = [
        _sso_profile(profile, context, sessions)
        for profile in context.catalog.profiles.values()
        if profile.get("granted_sso_start_url") and not profile.get("sso_session")
    ]
    used = [store for store in _stores(context) if access_keys(store)]
    for store in used:
        profiles += [
            PlannedProfile(KEYS, name, read_key=partial(read_access_key, store, name))
            for name in access_keys(store)
        ]
    planned = {profile.name for profile in profiles}
    return Plan(
        (display_path(config_file()), *(store.title for store in used)),
        tuple(store.title for store in used),
        tuple(sessions),
        tuple(profiles),
        tuple(
            Skipped(
                profile.name,
                "Its credential_process starts granted, and no key of it was found.",
                f"granted credentials export-plaintext {arguments(profile.name)}, then awsprof keys"
                f" move {arguments(profile.name)}",
            )
            for profile in context.catalog.profiles.values()
            if _starts_granted(profile) and profile.name not in planned
        ),
        (
            "awsprof doctor                  check that every profile works",
            "awsprof help use                what takes the place of assume in a shell",
            "awsprof help console            what takes the place of assume -c",
            "granted uninstall, once no profile starts it",
        ),
    )


def _stores(context: ImportContext) -> Iterator[GoKeyring]:
    """Yields where granted keeps keys: its config may name a backend, folder or collection."""
    folder = _config_folder()
    chosen = _keyring_settings(folder / "config")
    backend = chosen.get("Backend", "")
    if backend in ("", "secret-service"):
        yield CollectionKeyring(chosen.get("LibSecretCollectionName") or _NAME)
    if backend in ("", "file"):
        named = chosen.get("FileDir")
        yield FileKeyring(expand_home(named) if named else folder / _FOLDER, context.passphrase)


def _config_folder() -> Path:
    folder = own_folder("", ".granted")
    if folder.exists() or not os.environ.get("XDG_CONFIG_HOME"):
        return folder
    return own_folder("XDG_CONFIG_HOME") / "granted"


def _keyring_settings(file: Path) -> dict[str, str]:
    """Returns the table Keyring of granted's config file. Raises FileError if that is not TOML."""
    import tomllib

    with wrap_parse_errors(display_path(file), "granted settings print shows how it reads it"):
        table = tomllib.loads(read_small(file) or "").get("Keyring")
    return {k: str(v) for k, v in table.items() if v} if isinstance(table, dict) else {}


def _sso_profile(
    profile: Profile, context: ImportContext, sessions: list[PlannedSession]
) -> PlannedProfile:
    url = profile.get("granted_sso_start_url") or ""
    portal = url.split("//")[-1].split(".")[0]
    region = profile.get("granted_sso_region") or ""
    name = context.session_name(portal, url, region, sessions)
    if name not in context.catalog.sessions and name not in {each.name for each in sessions}:
        sessions.append(PlannedSession(name, url, region))
    answers = {
        "session": name,
        "account": profile.get("granted_sso_account_id") or "",
        "role": profile.get("granted_sso_role_name") or "",
    }
    replaced = ("credential_process",) if _starts_granted(profile) else ()
    return PlannedProfile(SSO, profile.name, answers, replaced=replaced)


def _starts_granted(profile: Profile) -> bool:
    line = profile.get("credential_process")
    return words_if_program(line, "granted", "dgranted") is not None
