"""A user's virtual MFA device: made, confirmed by two codes, and its secret kept where one wishes.

Source: IAM User Guide, "Assign MFA devices in the CLI or API".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from awsprof.accesskeys.context import KeyContext
from awsprof.accesskeys.signer import IamSigner
from awsprof.auth import totp
from awsprof.awsapi.iam_users import IamUsers, NewDevice
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.secret import Secret

_ISSUER: Final = "AWS"  # a short one: the code fits a window of 24 lines
_TRIES: Final = 3
WRONG: Final = "InvalidAuthenticationCode"
Codes = Callable[[], tuple[str, str]]
"""Two codes in a row, from whoever has the device."""


@dataclass(frozen=True)
class Confirming:
    """What IAM does with two codes: takes a device into use, or sets its clock."""

    call: Callable[[IamUsers, str, str, tuple[str, str]], None]


ENABLE: Final = Confirming(IamUsers.enable_device)
RESYNC: Final = Confirming(IamUsers.resync_device)


@contextmanager
def new_virtual_device(
    key_context: KeyContext, signer: IamSigner, name: str | None
) -> Iterator[NewDevice]:
    """A new virtual device of the user, which is deleted again where what follows fails.

    It bears the user's name; another ``name`` stands below that, so that one policy fits both.
    """
    user, head = signer.user, signer.who.arn.rpartition(":")[0]
    path = f"/{user}/" if name else "/"
    try:
        device = signer.do(lambda iam: iam.create_virtual_device(path, name or user))
    except CredentialsError as exc:
        if exc.code != "EntityAlreadyExists":
            raise
        raise CredentialsError(
            f"{user} has a device of that name already, in use or left over.",
            "give this one another name: --device-name phone; one that is left over goes by aws iam"
            f" delete-virtual-mfa-device --serial-number {head}:mfa{path}{name or user}",
            code=exc.code,
        ) from exc
    try:
        yield device
    except BaseException:
        _unmake(key_context, signer, device)
        raise


def _unmake(key_context: KeyContext, signer: IamSigner, device: NewDevice) -> None:
    key_context.terminal.say()  # a question may stand there still
    try:
        signer.do(lambda iam: iam.delete_virtual_device(device.serial))
        totp.forget_stored_seed(key_context.vault, device.serial)
    except AwsprofError as exc:
        key_context.terminal.failed(f"{device.serial} is left over: {exc.message}")
        key_context.terminal.detail(
            f"aws iam delete-virtual-mfa-device --serial-number {device.serial}"
        )
    else:
        key_context.terminal.say("The device that was made is deleted again.")


def otpauth_uri(device: NewDevice, user: str, account: str) -> Secret:
    """What the QR code says to an authenticator app: the secret, and whose it is.

    Source: the Key URI format of Google Authenticator, which all of them read.
    """
    label = quote(f"{_ISSUER}:{user}@{account}")
    return Secret(f"otpauth://totp/{label}?secret={device.seed.reveal()}&issuer={quote(_ISSUER)}")


def confirm_device(
    key_context: KeyContext, signer: IamSigner, what: Confirming, serial: str, codes: Codes
) -> None:
    """Two codes in a row for AWS, asked for anew where they are not the device's.

    CredentialsError where they are not after three times.
    """
    for left in reversed(range(_TRIES)):
        given = codes()
        try:
            signer.do(lambda iam, given=given: what.call(iam, signer.user, serial, given))  # type: ignore[misc]  # mypy has no type for a lambda's default
        except CredentialsError as exc:
            if exc.code != WRONG:
                raise
            if not left:
                raise CredentialsError(
                    "AWS does not take these codes for this device.",
                    "check the clock of the device with the codes, then run it again",
                    code=WRONG,
                ) from exc
            key_context.terminal.warn("These are not two codes of it, one right after the other.")
        else:
            return


def codes_from_seed(seed: Secret, now: Callable[[], float] = time.time) -> tuple[str, str]:
    """The last code and the one of this moment."""
    moment = now()
    return totp.code_at(seed, moment - totp.STEP), totp.code_at(seed, moment)
