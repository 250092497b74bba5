"""Creates a virtual MFA device of a user and enables it with two codes.

Source: IAM User Guide, "Assign MFA devices in the CLI or API".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote

from awsprof.accesskeys.key_context import KeyContext
from awsprof.accesskeys.signer import IamSigner
from awsprof.arn import Arn
from awsprof.auth import totp
from awsprof.awsapi.iam_users import IamUsers, NewDevice
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.secret import Secret
from awsprof.shells import arguments

_ISSUER: Final = "AWS"  # short, so that the QR code fits into 24 lines
_TRIES: Final = 3
WRONG_CODES: Final = "InvalidAuthenticationCode"
Codes = Callable[[], tuple[str, str]]
"""Returns two consecutive codes of the device."""


@dataclass(frozen=True)
class CodesCall:
    """An IAM call that takes two codes: to enable a device, or to resynchronize it."""

    call: Callable[[IamUsers, str, str, tuple[str, str]], None]


ENABLE: Final = CodesCall(IamUsers.enable_device)
RESYNC: Final = CodesCall(IamUsers.resync_device)


@contextmanager
def new_virtual_device(
    key_context: KeyContext, signer: IamSigner, name: str | None, *, profile: str
) -> Iterator[NewDevice]:
    """Creates a virtual device of the user of ``profile``; deletes it if the block raises.

    It has the user's name; another ``name`` goes below the path of the user, so that one policy
    covers both.
    """
    user = signer.user
    path = f"/{user}/" if name else "/"
    try:
        device = signer.call(lambda iam: iam.create_virtual_device(path, name or user))
    except CredentialsError as exc:
        if exc.code != "EntityAlreadyExists":
            raise
        caller = Arn.parse(signer.who.arn)
        existing = replace(caller, resource=f"mfa{path}{name or user}") if caller else "ARN"
        raise CredentialsError(
            f"{user} already has a device of that name, enabled or left over.",
            "choose another name: awsprof mfa enable"
            f" {arguments(profile, flags='--device-name phone')}; to delete one that is left over:"
            f" aws iam delete-virtual-mfa-device --serial-number {existing}",
            code=exc.code,
        ) from exc
    try:
        yield device
    except BaseException:
        _delete_device(key_context, signer, device)
        raise


def _delete_device(key_context: KeyContext, signer: IamSigner, device: NewDevice) -> None:
    key_context.terminal.say()  # ends the line of an open prompt
    try:
        signer.call(lambda iam: iam.delete_virtual_device(device.serial))
        totp.forget_stored_seed(key_context.vault, device.serial)
    except AwsprofError as exc:
        key_context.terminal.failed(f"{device.serial} could not be deleted: {exc.message}")
        key_context.terminal.detail(
            f"aws iam delete-virtual-mfa-device --serial-number {device.serial}"
        )
    else:
        key_context.terminal.say("The new device was deleted again.")


def otpauth_uri(device: NewDevice, user: str, account: str) -> Secret:
    """Returns the content of the QR code for an authenticator app: the seed and its label.

    Source: the Key URI format of Google Authenticator, which all apps read.
    """
    label = quote(f"{_ISSUER}:{user}@{account}")
    return Secret(f"otpauth://totp/{label}?secret={device.seed.reveal()}&issuer={quote(_ISSUER)}")


def confirm_device(
    key_context: KeyContext, signer: IamSigner, request: CodesCall, serial: str, codes: Codes
) -> None:
    """Sends two consecutive codes to AWS; asks again if AWS rejects them, three times in all.

    Raises CredentialsError if the last ones are rejected too.
    """
    for left in reversed(range(_TRIES)):
        pair = codes()
        try:
            signer.call(lambda iam, pair=pair: request.call(iam, signer.user, serial, pair))  # type: ignore[misc]  # mypy has no type for a lambda's default
        except CredentialsError as exc:
            if exc.code != WRONG_CODES:
                raise
            if not left:
                raise CredentialsError(
                    "AWS rejects the codes of this device.",
                    "check the clock of the device, then run it again",
                    code=WRONG_CODES,
                ) from exc
            key_context.terminal.warn("These are not two consecutive codes of the device.")
        else:
            return


def codes_from_seed(seed: Secret, now: Callable[[], float] = time.time) -> tuple[str, str]:
    """Returns the previous code and the current one."""
    moment = now()
    return totp.code_at(seed, moment - totp.STEP), totp.code_at(seed, moment)
