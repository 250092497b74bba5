"""The form of a profile: which of botocore's providers answers for it, by botocore's own order.

This is the one place that knows the order; whoever asks who a profile is asks here, or asks the
resolver, which runs botocore's own providers. As botocore does, a key counts as soon as it stands
in the profile, even with no value.

Sources: botocore.credentials.create_credential_resolver, ProfileProviderBuilder,
AssumeRoleProvider.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from awsprof.configfile.document import FileKind
from awsprof.profiles.model import Profile, Value
from awsprof.profiles.process_command import parse_command
from awsprof.secret_names import PLACES

_ID: Final = "aws_access_key_id"
_SECRET: Final = "aws_secret_access_key"  # noqa: S105  # the name of a key
_KEY_SET: Final = frozenset({_ID, *PLACES})
_WEB_IDENTITY: Final = "web_identity_token_file"


class CredentialForm(StrEnum):
    """Where botocore takes a profile's credentials from."""

    ROLE = "role"
    WEB = "web identity"
    SSO = "Identity Center"
    KEYS = "keys"
    LOGIN = "aws login"
    PROCESS = "process"
    NONE = "none"


def credential_form(profile: Profile, *, as_source: bool = False) -> CredentialForm:
    """The form that botocore takes.

    ``as_source``: what a role on that profile stands on. There keys come before a role of the
    profile's own, and the other providers keep their order: a credential_process still comes
    before keys in the config file.
    """
    if is_role(profile) and not (as_source and has_keys(profile)):
        return CredentialForm.ROLE
    values = profile.values
    key = values.get(_ID)
    in_credentials = key is not None and key.origin.kind is FileKind.CREDENTIALS
    order = (
        (CredentialForm.WEB, bool(profile.get(_WEB_IDENTITY))),
        (CredentialForm.SSO, "sso_account_id" in values or "sso_role_name" in values),
        (CredentialForm.KEYS, in_credentials),
        (CredentialForm.LOGIN, "login_session" in values),
        (CredentialForm.PROCESS, "credential_process" in values),
        (CredentialForm.KEYS, key is not None),
    )
    return next((found for found, there in order if there), CredentialForm.NONE)


def is_role(profile: Profile) -> bool:
    """Whether botocore assumes a role with other credentials, and not with a web identity."""
    return "role_arn" in profile.values and _WEB_IDENTITY not in profile.values


def has_keys(profile: Profile) -> bool:
    """Whether there is a static key, or half of one."""
    return _ID in profile.values or _SECRET in profile.values


def merge_values(merged: dict[str, Value], values: Mapping[str, Value]) -> None:
    """Lay what one file says of a profile over what the file before it says, as botocore does.

    An id, a secret and a token come from one file: that which has the id, the credentials file
    where both have one. A secret in the other file is kept where the id's own file has none: it
    is half of a key, and whoever looks at the profile is to see that half.
    """
    if _ID in values:
        for key in _KEY_SET:
            merged.pop(key, None)
    elif _ID in merged:
        ignored = _KEY_SET - ({_SECRET} - merged.keys())
        values = {key: value for key, value in values.items() if key not in ignored}
    merged.update(values)


def secret_of_key(profile: Profile) -> str | None:
    """The secret that botocore takes with the profile's static key: that of the same file."""
    key, secret = profile.values.get(_ID), profile.values.get(_SECRET)
    if key is None or secret is None or key.origin.kind is not secret.origin.kind:
        return None
    return secret.text or None


def has_token(profile: Profile) -> bool:
    """Whether there is a session token, by either of its names."""
    return bool(profile.get("aws_session_token") or profile.get("aws_security_token"))


def is_own_source(profile: Profile) -> bool:
    """Whether the profile is a role on keys of its own."""
    return is_role(profile) and profile.get("source_profile") == profile.name


def key_in_vault(profile: Profile, *, as_source: bool = False) -> str | None:
    """The id of the vault's key that the profile's credentials are; None where they are others.

    Where a role, a web identity, Identity Center or keys in a file come before the line, it is not
    the vault's. ``as_source`` as for ``credential_form``.
    """
    if credential_form(profile, as_source=as_source) is not CredentialForm.PROCESS:
        return None
    return key_of_line(profile)


def key_of_line(profile: Profile) -> str | None:
    """The id of the vault's key that the profile's line names, whether or not the line counts."""
    line = parse_command(profile.get("credential_process") or "")
    return line.key_id if line else None


def access_key(profile: Profile) -> str | None:
    """The id of the access key that is used through the profile, from the vault or from a file.

    Of a role it is the key of its own on which it, or another role, stands.
    """
    found = credential_form(profile, as_source=True)
    if found is CredentialForm.KEYS:
        return profile.get("aws_access_key_id")
    return key_of_line(profile) if found is CredentialForm.PROCESS else None
