"""A key that a person gives us, looked at before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsprof.errors import CredentialsError
from awsprof.secret import Secret

if TYPE_CHECKING:
    from awsprof.awsapi.caller_identity import Identity

DELETE_ROOT_KEY = (
    "sign in to the console as root, open Security credentials, deactivate the key and delete it;"
    " then make an IAM Identity Center user, or an IAM user with a key of its own"
)


def identify_key(key_id: str, secret: Secret, *, region: str | None) -> Identity:
    """Who AWS says the key is (STS GetCallerIdentity, signed by the key itself).

    CredentialsError where AWS does not take it, and where it belongs to an account's root user: AWS
    teaches to have no such keys at all, since nothing limits what they may do.
    """
    from awsprof.awsapi.caller_identity import whoami
    from awsprof.awsapi.credentials import Credentials

    credentials = Credentials(key_id, secret, token=None, expires=None, account=None)
    identity = whoami(credentials, region=region)
    if identity.is_root:
        raise CredentialsError(
            f"{key_id} is a key of the root user of account {identity.account}: nothing limits it,"
            " so awsprof does not take it.",
            DELETE_ROOT_KEY,
            code="root-key",
        )
    return identity
