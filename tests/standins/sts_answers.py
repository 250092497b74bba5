"""What STS answers, in XML."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.standins.aws import Key


def issued(key: Key) -> str:
    """Credentials that were just made."""
    assert key.expires is not None
    return (
        f"<Credentials><AccessKeyId>{key.id}</AccessKeyId>"
        f"<SecretAccessKey>{key.secret}</SecretAccessKey>"
        f"<SessionToken>{key.token}</SessionToken>"
        f"<Expiration>{key.expires:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
        f"<AssumedRoleUser><Arn>{key.arn}</Arn><AssumedRoleId>AROAEXAMPLE</AssumedRoleId>"
        "</AssumedRoleUser>"
    )
