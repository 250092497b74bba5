"""The check of who a profile is in other SDKs than boto3, where it has several sources at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.doctor.check_helpers import CredentialForm, credential_form, origin_of, profile_fault
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.key_ids import display_id
from awsprof.profiles.form import key_of_line
from awsprof.profiles.kinds.base import free_name
from awsprof.profiles.sdk_precedence import sdk_choices
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.profiles.model import Profile

_ID: Final = "aws_access_key_id"
_KEYS: Final = {
    CredentialForm.KEYS: (_ID, "aws_secret_access_key"),
    CredentialForm.PROCESS: ("credential_process",),
    CredentialForm.LOGIN: ("login_session",),
    CredentialForm.SSO: ("sso_account_id", "sso_role_name"),
    CredentialForm.WEB: ("web_identity_token_file",),
}


@offline_check(Severity.ERROR)
def several_identities(context: CheckContext) -> Iterator[Fault]:
    """A profile has several sources of credentials, and SDKs do not all take the same one.

    With a key and a credential_process in the config file, boto3, Java and Rust run the process,
    and Go and JavaScript take the key. With the key in the credentials file boto3 takes the key
    too. It is alike with Identity Center, aws login and a web identity. So one name is somebody
    else in another program, and nothing says so.

    Keep the one that is meant, and give the other a profile of its own, or take it out.
    """
    for profile in context.profiles:
        if not has_several_identities(profile):
            continue
        taken = sdk_choices(profile)
        own, *others = taken
        told = "; ".join(
            f"{_listed(sdks)} take{_s(sdks)} {_told(profile, each)}" for each, sdks in taken.items()
        )
        yield profile_fault(
            profile,
            _KEYS[others[0]][0],
            f"It is not the same identity in every program: {told}.",
            _mend(context, profile, own, others[0]),
        )


def has_several_identities(profile: Profile) -> bool:
    """Whether SDKs differ in what they take of the profile, and no other check tells it."""
    if len(sdk_choices(profile)) < 2:
        return False
    named = key_of_line(profile)
    if named is None or {CredentialForm.KEYS, CredentialForm.PROCESS} != set(sdk_choices(profile)):
        return True
    # The same key twice is one identity; keys that hide the line are vault-key-hidden's.
    return (
        named != profile.get(_ID)
        and credential_form(profile, as_source=True) is not CredentialForm.KEYS
    )


def _told(profile: Profile, taken: CredentialForm) -> str:
    origin = origin_of(profile, _KEYS[taken][0])
    if taken is CredentialForm.KEYS:
        return f"the key {display_id(profile.get(_ID) or '')} at {origin}"
    what = {
        CredentialForm.SSO: f"{profile.get('sso_role_name')} of Identity Center",
        CredentialForm.LOGIN: "the session of aws login",
        CredentialForm.WEB: "the web identity",
    }
    return f"{sanitize(what.get(taken, 'credential_process'))} at {origin}"


def _mend(
    context: CheckContext, profile: Profile, own: CredentialForm, other: CredentialForm
) -> str:
    """What makes every program take what boto3 takes now; a key is not lost by that."""
    name = arguments(profile.name)
    out = " && ".join(f"awsprof unset {name} {key}" for key in _KEYS[other])
    if other is not CredentialForm.KEYS:
        return f"to keep what boto3 takes: {out}"
    new = free_name(f"{profile.name}-key", context.catalog.profiles)
    key = f"--access-key-id={shell_word(profile.get(_ID) or '')}"
    keeping = f"awsprof add keys {arguments(new, flags=key)}"
    return f"to keep what boto3 takes: {out}; where the key is in use too, first {keeping}"


def _listed(sdks: tuple[str, ...]) -> str:
    return sdks[0] if len(sdks) == 1 else f"{', '.join(sdks[:-1])} and {sdks[-1]}"


def _s(sdks: tuple[str, ...]) -> str:
    return "s" if len(sdks) == 1 else ""
