"""Which source of credentials each SDK uses if a profile has several.

boto3's order is in ``form``; the other SDKs' orders are here, to warn about profiles that have
another identity in another program. All SDKs treat a role with a source profile alike, so such
roles are not looked at.

Sources: the AWS SDK for Go v2, config/resolve_credentials.go; for JavaScript v3,
credential-provider-ini/resolveProfileData; for Java 2, ProfileCredentialsUtils; for Rust,
aws-config profile/credentials/repr.rs.
"""

from __future__ import annotations

from typing import Final

from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import CredentialForm, credential_form, is_role

BOTO3: Final = "boto3"
_LAST: Final = (
    CredentialForm.WEB,
    CredentialForm.SSO,
    CredentialForm.LOGIN,
    CredentialForm.PROCESS,
    CredentialForm.KEYS,
)
_ORDERS: Final = {
    "Go": (
        CredentialForm.KEYS,
        CredentialForm.WEB,
        CredentialForm.SSO,
        CredentialForm.LOGIN,
        CredentialForm.PROCESS,
    ),
    "JavaScript": (
        CredentialForm.KEYS,
        CredentialForm.WEB,
        CredentialForm.PROCESS,
        CredentialForm.SSO,
        CredentialForm.LOGIN,
    ),
    "Java": _LAST,
    "Rust": _LAST,
}


def sdk_choices(profile: Profile) -> dict[CredentialForm, tuple[str, ...]]:
    """Maps each form in use to the SDKs that use it; boto3's form comes first.

    More than one entry: the profile is not the same identity in every program. Empty where boto3
    finds nothing in it.
    """
    own = credential_form(profile)
    if own is CredentialForm.NONE:
        return {}
    found: dict[CredentialForm, tuple[str, ...]] = {own: (BOTO3,)}
    if is_role(profile):
        return found
    complete = _complete_forms(profile)
    for sdk, order in _ORDERS.items():
        taken = next((each for each in order if each in complete), own)
        found[taken] = (*found.get(taken, ()), sdk)
    return found


def _complete_forms(profile: Profile) -> set[CredentialForm]:
    """The forms with all of their values: half a key or an empty value does not count."""
    get = profile.get
    required = {
        CredentialForm.WEB: get("web_identity_token_file") and get("role_arn"),
        CredentialForm.SSO: get("sso_account_id") and get("sso_role_name"),
        CredentialForm.LOGIN: get("login_session"),
        CredentialForm.PROCESS: get("credential_process"),
        CredentialForm.KEYS: get("aws_access_key_id") and get("aws_secret_access_key"),
    }
    return {form for form, values in required.items() if values}
