"""The check of who a profile is in other SDKs than boto3, where it has several sources at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.clean import clean
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.lookups import Form, fault, form, place
from awsprof.key_ids import shown
from awsprof.profiles.kinds.base import free_name
from awsprof.profiles.kinds.keys import key_of_line
from awsprof.profiles.sdk_order import takers
from awsprof.shells import arguments, word

if TYPE_CHECKING:
    from awsprof.doctor.scene import Scene
    from awsprof.profiles.model import Profile

_ID: Final = "aws_access_key_id"
_KEYS: Final = {
    Form.KEYS: (_ID, "aws_secret_access_key"),
    Form.PROCESS: ("credential_process",),
    Form.LOGIN: ("login_session",),
    Form.SSO: ("sso_account_id", "sso_role_name"),
    Form.WEB: ("web_identity_token_file",),
}


@check(Severity.ERROR)
def several_identities(scene: Scene) -> Iterator[Fault]:
    """A profile has several sources of credentials, and SDKs do not all take the same one.

    With a key and a credential_process in the config file, boto3, Java and Rust run the process,
    and Go and JavaScript take the key. With the key in the credentials file boto3 takes the key
    too. It is alike with Identity Center, aws login and a web identity. So one name is somebody
    else in another program, and nothing says so.

    Keep the one that is meant, and give the other a profile of its own, or take it out.
    """
    for profile in scene.profiles:
        if not is_several(profile):
            continue
        taken = takers(profile)
        own, *others = taken
        told = "; ".join(
            f"{_listed(sdks)} take{_s(sdks)} {_told(profile, each)}" for each, sdks in taken.items()
        )
        yield fault(
            profile,
            _KEYS[others[0]][0],
            f"It is not the same identity in every program: {told}.",
            _mend(scene, profile, own, others[0]),
        )


def is_several(profile: Profile) -> bool:
    """Whether SDKs differ in what they take of the profile, and no other check tells it."""
    if len(takers(profile)) < 2:
        return False
    named = key_of_line(profile)
    if named is None or {Form.KEYS, Form.PROCESS} != set(takers(profile)):
        return True
    # The same key twice is one identity; keys that hide the line are vault-key-hidden's.
    return named != profile.get(_ID) and form(profile, as_source=True) is not Form.KEYS


def _told(profile: Profile, taken: Form) -> str:
    origin = place(profile, _KEYS[taken][0])
    if taken is Form.KEYS:
        return f"the key {shown(profile.get(_ID) or '')} at {origin}"
    what = {
        Form.SSO: f"{profile.get('sso_role_name')} of Identity Center",
        Form.LOGIN: "the session of aws login",
        Form.WEB: "the web identity",
    }
    return f"{clean(what.get(taken, 'credential_process'))} at {origin}"


def _mend(scene: Scene, profile: Profile, own: Form, other: Form) -> str:
    """What makes every program take what boto3 takes now; a key is not lost by that."""
    name = arguments(profile.name)
    out = " && ".join(f"awsprof unset {name} {key}" for key in _KEYS[other])
    if other is not Form.KEYS:
        return f"to keep what boto3 takes: {out}"
    new = free_name(f"{profile.name}-key", scene.catalog.profiles)
    key = f"--access-key-id={word(profile.get(_ID) or '')}"
    keeping = f"awsprof add keys {arguments(new, flags=key)}"
    return f"to keep what boto3 takes: {out}; where the key is in use too, first {keeping}"


def _listed(sdks: tuple[str, ...]) -> str:
    return sdks[0] if len(sdks) == 1 else f"{', '.join(sdks[:-1])} and {sdks[-1]}"


def _s(sdks: tuple[str, ...]) -> str:
    return "s" if len(sdks) == 1 else ""
