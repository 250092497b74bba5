"""Which of a profile's sources of credentials each SDK takes, where there is more than one.

boto3's order is ``form``'s; this is where the other SDKs' orders stand, for those who tell people
that a profile is somebody else in another program. A role with a source is left to that source by
all of them, and is not looked at here.

Sources: the AWS SDK for Go v2, config/resolve_credentials.go; for JavaScript v3,
credential-provider-ini/resolveProfileData; for Java 2, ProfileCredentialsUtils; for Rust,
aws-config profile/credentials/repr.rs.
"""

from __future__ import annotations

from typing import Final

from awsprof.profiles.form import CredentialForm, credential_form, is_role
from awsprof.profiles.model import Profile

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
    """What is taken of the profile, and the SDKs that take it; boto3's comes first.

    More than one entry: the profile is not the same identity in every program. Empty where boto3
    finds nothing in it.
    """
    own = credential_form(profile)
    if own is CredentialForm.NONE:
        return {}
    found: dict[CredentialForm, tuple[str, ...]] = {own: (BOTO3,)}
    if is_role(profile):
        return found
    there = _whole(profile)
    for sdk, order in _ORDERS.items():
        taken = next((each for each in order if each in there), own)
        found[taken] = (*found.get(taken, ()), sdk)
    return found


def _whole(profile: Profile) -> set[CredentialForm]:
    """The sources that are there whole: half a key or an empty line is passed over."""
    get = profile.get
    whole = {
        CredentialForm.WEB: get("web_identity_token_file") and get("role_arn"),
        CredentialForm.SSO: get("sso_account_id") and get("sso_role_name"),
        CredentialForm.LOGIN: get("login_session"),
        CredentialForm.PROCESS: get("credential_process"),
        CredentialForm.KEYS: get("aws_access_key_id") and get("aws_secret_access_key"),
    }
    return {each for each, there in whole.items() if there}
