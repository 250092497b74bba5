"""The calls to IAM."""

from dataclasses import dataclass

from awsprof.profiles.model import Profile
from awsprof.signin import sts
from awsprof.signin.credentials import Credentials


@dataclass(frozen=True)
class MfaDevice:
    """An MFA device of a user; a FIDO key has no code that STS takes."""

    serial: str
    fido: bool


@dataclass(frozen=True)
class NotPermitted:
    """One may not look: which says nothing about what there is."""


def mfa_devices(
    credentials: Credentials, *, profile: Profile | None = None, region: str | None = None
) -> tuple[MfaDevice, ...] | NotPermitted:
    """The MFA devices of the user whose credentials these are (IAM ListMFADevices)."""
    from botocore.exceptions import BotoCoreError, ClientError

    client = sts.client(
        sts.session_for(profile), "iam", credentials, sts.region_for(profile, region)
    )
    try:
        found = client.list_mfa_devices()["MFADevices"]
    except (ClientError, BotoCoreError):
        return NotPermitted()
    serials = [device["SerialNumber"] for device in found]
    return tuple(MfaDevice(serial, ":u2f/" in serial) for serial in serials)
