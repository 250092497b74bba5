"""What moto's IAM does not know: devices with real codes, the report's root, whose a key is.

Each function answers one action in XML, or None where moto's own answer will do.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from tests.standins.loopback import Refused, Request

if TYPE_CHECKING:
    from tests.standins.aws import Aws, Device, Key
    from tests.standins.moto_iam import UserKey

_ROOT = (
    "<root_account>,arn:aws:iam::{account}:root,2020-01-01T00:00:00+00:00,not_supported,"
    "2026-01-01T00:00:00+00:00,not_supported,not_supported,false,{key},"
    "{made},N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n"
)


class Devices:
    """Virtual devices by serial: those that nobody has enabled yet, and whose the others are."""

    def __init__(self) -> None:
        self.unassigned: dict[str, Device] = {}
        self.owners: dict[str, str] = {}
        self.report_asked = 0


def answer(aws: Aws, caller: Key | UserKey, action: str, given: dict[str, str]) -> str | None:
    """The inner XML of the answer, for what is answered here."""
    match action:
        case "GetAccessKeyInfo":
            return _key_info(aws, caller, given["AccessKeyId"])
        case "ListMFADevices":
            return _listed(aws, caller, given)
        case "EnableMFADevice" | "ResyncMFADevice":
            return _confirmed(aws, action, given)
        case "DeleteVirtualMFADevice":
            if given["SerialNumber"] in aws.devices:
                raise Refused("DeleteConflict", "The device is assigned to a user.", 409)
            aws.virtual.unassigned.pop(given["SerialNumber"], None)
        case "GetCredentialReport":
            aws.virtual.report_asked += 1
            if aws.virtual.report_asked == 1:
                raise Refused("ReportInProgress", "The report is being made.", 404)
    return None


def after(aws: Aws, caller: Key | UserKey, action: str, request: Request, text: str) -> str:
    """moto's answer, with what AWS has in it too."""
    if action == "CreateVirtualMFADevice":
        serial = re.search(r"<SerialNumber>(.+?)</SerialNumber>", text)
        seed = re.search(r"<Base32StringSeed>(.+?)</Base32StringSeed>", text)
        if serial and seed:
            aws.virtual.unassigned[serial[1]] = _device(serial[1], base64.b64decode(seed[1]))
    if action == "GetCredentialReport":
        found = re.search(r"<Content>(.+?)</Content>", text, re.DOTALL)
        assert found is not None
        head, _, users = base64.b64decode(found[1]).decode().partition("\n")
        rooted = any(k.arn == f"arn:aws:iam::{caller.account}:root" for k in aws.keys.values())
        made = "2020-01-01T00:00:00+00:00" if rooted else "N/A"
        root = _ROOT.format(account=caller.account, key=str(rooted).lower(), made=made)
        whole = base64.b64encode(f"{head}\n{root}{users}".encode()).decode()
        return text.replace(found[1], whole)
    return text


def _device(serial: str, seed: bytes) -> Device:
    from tests.standins.aws import Device

    return Device(serial, base64.b32decode(seed))


def _key_info(aws: Aws, caller: Key | UserKey, key_id: str) -> str:
    if caller.token is not None:
        raise Refused("AccessDenied", "GetAccessKeyInfo takes no temporary credentials.")
    found = aws.keys.get(key_id) or aws.moto.key(key_id)
    if found is None:
        raise Refused("ValidationError", "The access key ID is not known.", 400)
    return f"<Account>{found.account}</Account>"


def _listed(aws: Aws, caller: Key | UserKey, given: dict[str, str]) -> str:
    if "/" not in caller.arn:
        raise Refused("AccessDenied")
    name = given.get("UserName") or caller.arn.rsplit("/", 1)[-1]
    mine = [
        serial
        for serial in aws.devices
        if aws.virtual.owners.get(serial, serial.rsplit("/", 1)[-1]) == name
        and f"::{caller.account}:" in serial
    ]
    members = "".join(
        f"<member><UserName>{name}</UserName><SerialNumber>{serial}</SerialNumber>"
        "<EnableDate>2026-01-01T00:00:00Z</EnableDate></member>"
        for serial in mine
    )
    return f"<MFADevices>{members}</MFADevices><IsTruncated>false</IsTruncated>"


def _confirmed(aws: Aws, action: str, given: dict[str, str]) -> str:
    """Two codes, one after the other, make a device known, or set its clock."""
    serial = given["SerialNumber"]
    enabling = action == "EnableMFADevice"
    device = (aws.virtual.unassigned if enabling else aws.devices).get(serial)
    if device is None:
        raise Refused("NoSuchEntity", f"There is no device {serial}.", 404)
    first, second = given["AuthenticationCode1"], given["AuthenticationCode2"]
    if not device.takes_both(first, second):
        raise Refused("InvalidAuthenticationCode", "Authentication code is not valid", 403)
    if enabling:
        aws.devices[serial] = aws.virtual.unassigned.pop(serial)
        aws.virtual.owners[serial] = given["UserName"]
    return ""
