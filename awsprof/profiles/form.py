"""The form of a profile: where botocore takes its credentials from, by its own order.

Source: botocore.credentials.create_credential_resolver.
"""

from __future__ import annotations

from enum import StrEnum

from awsprof.awsfiles.document import FileKind
from awsprof.profiles.model import Profile


class Form(StrEnum):
    """Where botocore takes a profile's credentials from."""

    ROLE = "role"
    WEB = "web identity"
    SSO = "Identity Center"
    KEYS = "keys"
    LOGIN = "aws login"
    PROCESS = "process"
    NONE = "none"


def form(profile: Profile, *, as_source: bool = False) -> Form:
    """The form that botocore takes, in its own order; as a source keys come before a role."""
    if is_role(profile) and not (as_source and has_keys(profile)):
        return Form.ROLE
    key = profile.values.get("aws_access_key_id")
    in_credentials = key is not None and key.origin.kind is FileKind.CREDENTIALS
    order = (
        (Form.WEB, profile.get("web_identity_token_file")),
        (Form.SSO, profile.get("sso_account_id") or profile.get("sso_role_name")),
        (Form.KEYS, in_credentials),
        (Form.LOGIN, profile.get("login_session")),
        (Form.PROCESS, profile.get("credential_process")),
        (Form.KEYS, key),
    )
    return next((found for found, there in order if there), Form.NONE)


def is_role(profile: Profile) -> bool:
    """Whether botocore assumes a role with other credentials, and not with a web identity."""
    return bool(profile.get("role_arn") and not profile.get("web_identity_token_file"))


def has_keys(profile: Profile) -> bool:
    """Whether there is a static key, or half of one."""
    return bool(profile.get("aws_access_key_id") or profile.get("aws_secret_access_key"))
