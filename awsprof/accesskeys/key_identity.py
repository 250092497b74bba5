"""Whose key it is, asked of AWS before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsprof.errors import CredentialsError
from awsprof.secret import Secret

if TYPE_CHECKING:
    from awsprof.awsapi.sts import Identity
    from awsprof.profiles.model import Profile

DELETE_ROOT_KEY = (
    "sign in to the console as root, open Security credentials, deactivate the key and delete it;"
    " then create an IAM Identity Center user, or an IAM user with its own key"
)


def identify_key(
    key_id: str, secret: Secret, *, region: str | None, profile: Profile | None = None
) -> Identity:
    """Returns the identity of the key (STS GetCallerIdentity, signed with the key itself).

    ``profile`` is the one that has the key already; errors name it, and its settings count. Raises
    CredentialsError if AWS rejects it, or if it is a root user's: AWS advises against such keys,
    since no policy limits them.
    """
    from awsprof.awsapi.credentials import Credentials
    from awsprof.awsapi.sts import get_caller_identity

    credentials = Credentials(key_id, secret, token=None, expires=None, account=None)
    identity = get_caller_identity(credentials, region=region, profile=profile)
    if identity.is_root:
        raise CredentialsError(
            f"{key_id} is a key of the root user of account {identity.account}. No policy limits"
            " it, so awsprof does not import it.",
            DELETE_ROOT_KEY,
            code="root-key",
        )
    return identity
