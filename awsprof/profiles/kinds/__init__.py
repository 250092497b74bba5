"""The kinds of profile, one per module; ``ALL`` lists them.

A kind knows its fields, validates answers, recognises its profiles and builds the edits for them.
It does no I/O. Reports and imports compare a kind's name; how a profile is written is its kind's.
"""

from typing import Final

from awsprof.errors import UsageError
from awsprof.profiles.kinds.base import Kind, check_name, check_new_name
from awsprof.profiles.kinds.fields import Field
from awsprof.profiles.kinds.keys import KEYS
from awsprof.profiles.kinds.process import PROCESS
from awsprof.profiles.kinds.role import ROLE
from awsprof.profiles.kinds.sso import SSO
from awsprof.profiles.model import Profile, ProfileFacts

__all__ = [
    "ALL",
    "Field",
    "Kind",
    "check_name",
    "check_new_name",
    "kind_named",
    "kind_of",
    "profile_facts",
]

ALL: tuple[Kind, ...] = (SSO, ROLE, KEYS, PROCESS)
_RARER: Final = (
    ("web_identity_token_file", "web identity"),
    ("login_session", "aws login"),
    ("sso_start_url", "IAM Identity Center, legacy"),
    ("credential_source", "the machine's own role"),
)


def kind_named(name: str) -> Kind:
    """Returns the kind with that name. Raises UsageError if there is none."""
    for kind in ALL:
        if kind.name == name:
            return kind
    raise UsageError(f"There is no kind {name!r}.", ", ".join(kind.name for kind in ALL))


def kind_of(profile: Profile) -> Kind | None:
    """Returns the kind of a profile; None if awsprof does not write such profiles."""
    return next((kind for kind in ALL if kind.recognises(profile)), None)


def profile_facts(profile: Profile) -> ProfileFacts:
    """Returns what a table shows of a profile, whether or not it is of one of our kinds."""
    kind = kind_of(profile)
    if kind is not None:
        return kind.facts(profile)
    label = next((text for key, text in _RARER if profile.get(key)), "settings only")
    account = profile.get("sso_account_id")
    role, region = profile.get("sso_role_name"), profile.get("region")
    return ProfileFacts(None, label, account, role, region)
