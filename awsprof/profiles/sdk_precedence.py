"""Which source of credentials each SDK uses if a profile has several.

boto3's order is in ``provider_order``. Those of the other SDKs are here, to warn about profiles
that have another identity in another program. All SDKs treat a role with a source profile alike, so
such roles are not looked at.

Sources: the AWS SDK for Go v2, config/resolve_credentials.go; for JavaScript v3,
credential-provider-ini/resolveProfileData; for Java 2, ProfileCredentialsUtils; for Rust,
aws-config profile/credentials/repr.rs.
"""

from __future__ import annotations

from typing import Final

from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import ProviderType, is_role, provider_type

BOTO3: Final = "boto3"
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
    """The providers with all of their values: half a key or an empty value does not count."""
    get = profile.get
    required = {
        ProviderType.WEB: get("web_identity_token_file") and get("role_arn"),
        ProviderType.SSO: get("sso_account_id") and get("sso_role_name"),
        ProviderType.LOGIN: get("login_session"),
        ProviderType.PROCESS: get("credential_process"),
        ProviderType.KEYS: get("aws_access_key_id") and get("aws_secret_access_key"),
    }
    return {provider for provider, values in required.items() if values}
