"""The check of profiles with several sources of credentials, where SDKs choose differently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileKind
from awsprof.doctor.check_helpers import (
    ProviderType,
    origin_of,
    profile_fault,
    provider_type,
    unset_command,
)
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.key_ids import display_id
from awsprof.profiles.dialect_diff import is_in_one_dialect
from awsprof.profiles.kinds.base import derived_name
from awsprof.profiles.provider_order import (
    SELECTING_KEYS,
    has_token,
    key_in_process_line,
    sdk_choices,
)
from awsprof.shells import arguments, shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.profiles.model import Profile

_ID: Final = "aws_access_key_id"
_KEYS: Final = {**SELECTING_KEYS, ProviderType.KEYS: (_ID, "aws_secret_access_key")}
_TOKENS: Final = ("aws_session_token", "aws_security_token")


@offline_check(Severity.ERROR)
def several_identities(context: CheckContext) -> Iterator[Fault]:
    """A profile has several sources of credentials, and SDKs do not all use the same one.

    With a key and a credential_process in the config file, boto3, Java and Rust run the process,
    and Go and JavaScript use the key. With the key in the credentials file, boto3 uses the key too.
    Identity Center, aws login and a web identity behave alike. So the same profile is another
    identity in another program, without a warning.

    Keep the one you need, and move the other to a profile of its own or remove it.
    """
    for profile in context.profiles:
        files = (context.catalog.stored(kind) for kind in FileKind)
        if not has_several_identities(profile) or is_in_one_dialect(files, profile.name):
            continue  # the header of the section that other SDKs do not see is the first problem
        providers = sdk_choices(profile)
        first, *others = providers
        choices = "; ".join(
            f"{_listed(sdks)} use{_s(sdks)} {_source_text(profile, each)}"
            for each, sdks in providers.items()
        )
        fault = profile_fault(
            profile,
            _KEYS[others[0]][0],
            f"This profile has several sources of credentials: {choices}.",
            _fix(context, profile, others[0]),
        )
        yield replace(fault, refined_by_answer=partial(_asked, fault, profile, first))


def _asked(fault: Fault, profile: Profile, first: ProviderType, result: LiveResult) -> Fault:
    """Returns the fault; keeping boto3's source is no fix if its program does not work."""
    failed = result.error is not None and result.error.code.startswith("process-")
    if first is not ProviderType.PROCESS or not failed:
        return fault
    unset = unset_command(profile, *_KEYS[first])
    return replace(fault, fix=f"the program does not work; to use what the others use: {unset}")


def has_several_identities(profile: Profile) -> bool:
    """True if SDKs choose different credentials and no other check reports it."""
    if len(sdk_choices(profile)) < 2:
        return False
    named = key_in_process_line(profile)
    if named is None or {ProviderType.KEYS, ProviderType.PROCESS} != set(sdk_choices(profile)):
        return True
    # The same key twice is one identity; vault-key-hidden reports keys that hide the line.
    return (
        named != profile.get(_ID)
        and provider_type(profile, as_source=True) is not ProviderType.KEYS
    )


def _source_text(profile: Profile, provider: ProviderType) -> str:
    origin = origin_of(profile, _KEYS[provider][0])
    if provider is ProviderType.KEYS:
        return f"the key {display_id(profile.get(_ID) or '')} at {origin}"
    texts = {
        ProviderType.SSO: f"the Identity Center role {profile.get('sso_role_name')}",
        ProviderType.LOGIN: "the aws login session",
        ProviderType.WEB: "the web identity",
    }
    return f"{sanitize(texts.get(provider, 'credential_process'))} at {origin}"


def _fix(context: CheckContext, profile: Profile, other: ProviderType) -> str:
    """Returns the commands that make every program use what boto3 uses; they lose no key."""
    name = arguments(profile.name)
    tokens = _TOKENS if other is ProviderType.KEYS else ()
    keys = (*_KEYS[other], *filter(profile.get, tokens))
    unset = " && ".join(f"awsprof unset {name} {key}" for key in keys)
    if other is not ProviderType.KEYS or has_token(profile):
        return f"to keep what boto3 uses: {unset}"
    new = derived_name(profile.name, "key", context.catalog.profiles)
    key = f"--access-key-id={shell_word(profile.get(_ID) or '')}"
    keeping = f"awsprof add keys {arguments(new, flags=key)}"
    return f"to keep what boto3 uses: {unset}; if you also need the key, first {keeping}"


def _listed(sdks: tuple[str, ...]) -> str:
    return sdks[0] if len(sdks) == 1 else f"{', '.join(sdks[:-1])} and {sdks[-1]}"


def _s(sdks: tuple[str, ...]) -> str:
    return "s" if len(sdks) == 1 else ""
