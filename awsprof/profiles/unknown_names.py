"""The error for a profile that does not exist: what the name is instead, or what is close to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

from awsprof import key_ids
from awsprof.errors import UnknownProfile
from awsprof.profiles import ignored_files
from awsprof.profiles.model import Profile, SsoSession
from awsprof.shells import arguments
from awsprof.text import sanitize


class KnownNames(Protocol):
    """The names in both files, and who uses them; the catalog has them."""

    profiles: Mapping[str, Profile]
    sessions: Mapping[str, SsoSession]

    def did_you_mean(self, name: str) -> str:
        """Returns " Did you mean …?" for an unknown name; "" if no profile name is close."""
        ...

    def users_of_key(self, key_id: str) -> tuple[str, ...]:
        """Returns the profiles whose process line names that key."""
        ...

    def users_of_session(self, name: str) -> tuple[str, ...]:
        """Returns the profiles that use the sso-session."""
        ...


def unknown_profile_error(name: str, known: KnownNames) -> UnknownProfile:
    """Returns the error for a name that no profile has."""
    if key_ids.is_access_key_id(name):
        return _but_a_key(name, known)
    if name in known.sessions:
        return _but_a_session(name, known)
    hint = known.did_you_mean(name)
    message, fix = f"There is no profile {sanitize(name)!r}.{hint}", "awsprof list shows them all"
    if not hint and (missing := next(ignored_files.missing_files_in_variables(os.environ), None)):
        message, fix = f"{message} {missing.says}", missing.fix
    return UnknownProfile(message, fix)


def _but_a_key(key_id: str, known: KnownNames) -> UnknownProfile:
    plain = (p.name for p in known.profiles.values() if p.get("aws_access_key_id") == key_id)
    owner = next(iter((*known.users_of_key(key_id), *plain)), None)
    return UnknownProfile(
        f"{key_id} is the ID of an access key, and this takes the name of a profile.",
        f"name the profile that has it: {arguments(owner)}"
        if owner is not None
        else "awsprof keys list shows the profile of each key",
    )


def _but_a_session(name: str, known: KnownNames) -> UnknownProfile:
    user = next(iter(known.users_of_session(name)), None)
    return UnknownProfile(
        f"There is no profile {sanitize(name)!r}, but an sso-session of that name.",
        f"name a profile that uses it: {arguments(user)}"
        if user is not None
        else "awsprof setup sso adds profiles that use it",
    )
