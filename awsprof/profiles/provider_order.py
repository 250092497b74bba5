"""Which source supplies a profile's credentials: in botocore's order, and in the other SDKs'.

Only this module knows botocore's order of providers. (The resolver runs those providers
themselves.) As in botocore, a key counts as soon as the profile has it, even without a value.

Sources: botocore.credentials.create_credential_resolver, ProfileProviderBuilder,
AssumeRoleProvider. The other SDKs' orders are here to warn about profiles that have another
identity in another program: the AWS SDK for Go v2, config/resolve_credentials.go; for JavaScript
v3, credential-provider-ini/resolveProfileData; for Java 2, ProfileCredentialsUtils; for Rust,
aws-config profile/credentials/repr.rs. All SDKs treat a role with a source profile alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from awsprof.configfile.document import FileKind
from awsprof.masking.secret_names import PLACES
from awsprof.profiles.model import Profile, Value
from awsprof.profiles.process_command import parse_command

_ID: Final = "aws_access_key_id"
_SECRET: Final = "aws_secret_access_key"  # noqa: S105  # the name of a key
_KEY_SET: Final = frozenset({_ID, *PLACES})
_WEB_IDENTITY: Final = "web_identity_token_file"
# What Identity Center needs: its portal, in an sso-session or in the profile, and a role there.
SSO_PORTAL_KEYS: Final = ("sso_start_url", "sso_region")
SSO_ROLE_KEYS: Final = ("sso_account_id", "sso_role_name")
BOTO3: Final = "boto3"


class ProviderType(StrEnum):
    """The type of botocore's provider for a profile's credentials."""

    ROLE = "role"
    WEB = "web identity"
    SSO = "Identity Center"
    KEYS = "keys"
    LOGIN = "aws login"
    PROCESS = "process"
    NONE = "none"


SELECTING_KEYS: Final[Mapping[ProviderType, tuple[str, ...]]] = {
    ProviderType.ROLE: ("role_arn",),
    ProviderType.WEB: (_WEB_IDENTITY,),
    ProviderType.SSO: SSO_ROLE_KEYS,
    ProviderType.KEYS: (_ID,),
    ProviderType.LOGIN: ("login_session",),
    ProviderType.PROCESS: ("credential_process",),
}
"""The keys of a profile that make botocore use each provider, in botocore's order."""

TEMPORARY_PROVIDERS: Final = frozenset(
    {ProviderType.ROLE, ProviderType.WEB, ProviderType.SSO, ProviderType.LOGIN}
)
"""The providers whose credentials are always temporary."""


def provider_type(profile: Profile, *, as_source: bool = False) -> ProviderType:
    """Returns the type of provider that botocore uses.

    ``as_source``: the type if another role has this profile as its source. Then keys take
    precedence over the profile's own role, and the other providers keep their order: a
    credential_process still takes precedence over keys in the config file.
    """
    if is_role(profile) and not (as_source and has_keys(profile)):
        return ProviderType.ROLE
    values = profile.values
    key, web = values.get(_ID), values.get(_WEB_IDENTITY)
    in_credentials = key is not None and key.origin.kind is FileKind.CREDENTIALS
    order = (
        (ProviderType.WEB, web is not None and web.text != ""),
        (ProviderType.SSO, "sso_account_id" in values or "sso_role_name" in values),
        (ProviderType.KEYS, in_credentials),
        (ProviderType.LOGIN, "login_session" in values),
        (ProviderType.PROCESS, "credential_process" in values),
        (ProviderType.KEYS, key is not None),
    )
    return next((found for found, present in order if present), ProviderType.NONE)


def missing_sso_keys(has: Callable[[str], object]) -> list[str]:
    """Returns the keys that Identity Center needs and a profile lacks; ``has`` says what it has.

    Source: botocore's SSOProvider.
    """
    portal = () if has("sso_session") else SSO_PORTAL_KEYS
    return [key for key in (*SSO_ROLE_KEYS, *portal) if not has(key)]


def is_role(profile: Profile) -> bool:
    """True if botocore assumes a role with other credentials, not with a web identity."""
    return "role_arn" in profile.values and _WEB_IDENTITY not in profile.values


def has_keys(profile: Profile) -> bool:
    """True if the profile has a static access key ID or secret."""
    return _ID in profile.values or _SECRET in profile.values


def merge_values(merged: dict[str, Value], values: Mapping[str, Value]) -> None:
    """Merges one file's values of a profile into those of the file before it, as botocore does.

    ID, secret and token come from the same file: the one that has the ID, or the credentials file
    if both do. A secret in the other file is kept if the ID's own file has none: it is half of a
    key, which the doctor reports.
    """
    if _ID in values:
        for key in _KEY_SET:
            merged.pop(key, None)
    elif _ID in merged:
        ignored = _KEY_SET - ({_SECRET} - merged.keys())
        values = {key: value for key, value in values.items() if key not in ignored}
    merged.update(values)


def secret_of_key(profile: Profile) -> str | None:
    """Returns the secret that botocore uses with the ID: the one in the same file, or None."""
    key, secret = profile.values.get(_ID), profile.values.get(_SECRET)
    if key is None or secret is None or key.origin.kind is not secret.origin.kind:
        return None
    return secret.text or None


def has_token(profile: Profile) -> bool:
    """True if the profile has a session token, under either of its names."""
    return bool(profile.get("aws_session_token") or profile.get("aws_security_token"))


def is_own_source(profile: Profile) -> bool:
    """True if the profile is a role that names itself as source_profile."""
    return is_role(profile) and profile.get("source_profile") == profile.name


def key_in_vault(profile: Profile, *, as_source: bool = False) -> str | None:
    """Returns the ID of the key in the vault that the profile uses; None if it uses something else.

    A role, a web identity, Identity Center or keys in a file take precedence over our process line.
    ``as_source`` as in ``provider_type``.
    """
    if provider_type(profile, as_source=as_source) is not ProviderType.PROCESS:
        return None
    return key_in_process_line(profile)


def signs_in_with_mfa(profile: Profile) -> bool:
    """True if awsprof signs in its key with MFA, once for all roles that use it."""
    asks = profile.get("mfa_serial") and not is_role(profile)
    return bool(asks and key_in_vault(profile))


def may_name_key(text: bytes | None) -> bool:
    """True if a profile in the text of a file may name an access key."""
    lowered = (text or b"").decode(errors="replace").lower()
    return _ID in lowered or "credential_process" in lowered


def key_in_process_line(profile: Profile) -> str | None:
    """Returns the key ID in the profile's process line, even if something else is used."""
    line = parse_command(profile.get("credential_process") or "")
    return line.key_id if line else None


def access_key(profile: Profile) -> str | None:
    """Returns the ID of the profile's access key, in the vault or in a file; None if it has none.

    For a role, it is the key in its own profile that this role or another one uses as a source.
    """
    found = provider_type(profile, as_source=True)
    if found is ProviderType.KEYS:
        return profile.get("aws_access_key_id")
    return key_in_process_line(profile) if found is ProviderType.PROCESS else None


_LAST: Final = (
    ProviderType.WEB,
    ProviderType.SSO,
    ProviderType.LOGIN,
    ProviderType.PROCESS,
    ProviderType.KEYS,
)
_ORDERS: Final = {
    "Go": (
        ProviderType.KEYS,
        ProviderType.WEB,
        ProviderType.SSO,
        ProviderType.LOGIN,
        ProviderType.PROCESS,
    ),
    "JavaScript": (
        ProviderType.KEYS,
        ProviderType.WEB,
        ProviderType.PROCESS,
        ProviderType.SSO,
        ProviderType.LOGIN,
    ),
    "Java": _LAST,
    "Rust": _LAST,
}


def sdk_choices(profile: Profile) -> dict[ProviderType, tuple[str, ...]]:
    """Maps each provider in use to the SDKs that use it; boto3's comes first.

    More than one entry: the profile is not the same identity in every program. Empty where boto3
    finds nothing in it.
    """
    own = provider_type(profile)
    if own is ProviderType.NONE:
        return {}
    found: dict[ProviderType, tuple[str, ...]] = {own: (BOTO3,)}
    if is_role(profile):
        return found
    complete = _complete_providers(profile)
    for sdk, order in _ORDERS.items():
        taken = next((each for each in order if each in complete), own)
        found[taken] = (*found.get(taken, ()), sdk)
    return found


def _complete_providers(profile: Profile) -> set[ProviderType]:
    """Returns the providers with all of their values: half a key or an empty value is none."""
    get = profile.get
    required = {
        ProviderType.WEB: get("web_identity_token_file") and get("role_arn"),
        ProviderType.SSO: get("sso_account_id") and get("sso_role_name"),
        ProviderType.LOGIN: get("login_session"),
        ProviderType.PROCESS: get("credential_process"),
        ProviderType.KEYS: get("aws_access_key_id") and get("aws_secret_access_key"),
    }
    return {provider for provider, values in required.items() if values}
