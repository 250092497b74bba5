"""Leapp: its encrypted workspace file, and the keys that it keeps in the system's keyring.

The workspace is AES-256-CBC in OpenSSL's salted format, with a key made from the machine's ID by
MD5 (crypto-js): hidden from a glance, and no secret. The keys are in the keyring, service Leapp.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from awsprof.accesskeys.key_sources import KeyFile
from awsprof.awsapi.subprocesses import run_program
from awsprof.errors import UsageError
from awsprof.importing.import_context import ImportContext, own_folder, read_small
from awsprof.importing.plan import Plan, PlannedProfile, PlannedSession, Skipped
from awsprof.parsing import InvalidValue, wrap_parse_errors
from awsprof.paths import display_path
from awsprof.profiles.kinds.base import free_name, plain_name
from awsprof.profiles.kinds.keys import KEYS
from awsprof.profiles.kinds.role import ROLE
from awsprof.profiles.kinds.sso import SSO
from awsprof.secret import Secret
from awsprof.text import sanitize
from awsprof.vault import foreign_entries

MACHINE_ID: Final = (Path("/var/lib/dbus/machine-id"), Path("/etc/machine-id"))
_IOREG: Final = ("/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice")
_CRYPTOGRAPHY: Final = r"SOFTWARE\Microsoft\Cryptography"
_SERVICE: Final = "Leapp"
_SESSION_NAME: Final = "assumed-from-leapp"  # of roles whose owner chose none
# Leapp writes the role of an Identity Center session as arn:aws:iam::ACCOUNT/ROLE.
_SSO_ROLE: Final = re.compile(r"arn:[\w-]+:iam::(\d{12})(?::role)?/(?:.*/)?([^/]+)\Z", re.ASCII)
_NO_KIND: Final = {
    "awsIamRoleFederated": "It signs in through SAML, which awsprof does not speak.",
    "azure": "It is an Azure session.",
    "localstack": "It is a session of LocalStack.",
}


def read(context: ImportContext) -> Plan:
    """Returns a plan with the portals and sessions of the workspace. Raises FileError."""
    file = own_folder("", ".Leapp", "Leapp-lock.json")
    with wrap_parse_errors(display_path(file), "open Leapp once, so that it writes the file again"):
        workspace = _decrypt(read_small(file))
    sessions: list[PlannedSession] = []
    portals: dict[str, str] = {}
    for portal in _objects(workspace, "_awsSsoIntegrations"):
        url, alias, region = (str(portal.get(k) or "") for k in ("portalUrl", "alias", "region"))
        name = context.session_name(alias.lower(), url, region, sessions)
        portals[str(portal.get("id"))] = name
        if url and name not in context.catalog.sessions:
            sessions.append(PlannedSession(name, url, region))
    entries = _objects(workspace, "_sessions")
    names = _names(workspace, entries)
    found = [_planned(entry, names, portals) for entry in entries]
    planned = tuple(each for each in found if isinstance(each, PlannedProfile))
    keys = [each for each in planned if each.read_key]
    return Plan(
        (display_path(file),),
        ("the keyring, service Leapp",) if keys else (),
        tuple(sessions),
        planned,
        tuple(each for each in found if isinstance(each, Skipped)),
        (
            "awsprof doctor                  check that every profile works",
            "stop all sessions in Leapp: it removes what it wrote to ~/.aws/credentials",
            "then uninstall Leapp, once no session that you need is in it alone",
        ),
    )


def _decrypt(text: str | None) -> Mapping[str, Any]:
    if text is None:
        return {}
    data = base64.b64decode(text.strip(), validate=True)
    if data[:8] != b"Salted__" or len(data) % 16:
        raise InvalidValue("it is not a workspace of Leapp")
    key, iv = _key_and_iv(_machine_id(), data[8:16])
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    padded = decryptor.update(data[16:]) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    try:
        plain = unpadder.update(padded) + unpadder.finalize()
        return dict(json.loads(plain))
    except ValueError:
        raise InvalidValue("it was written on another machine") from None


def _machine_id() -> str:
    """Returns the machine's ID as node-machine-id gives it: lower case, then SHA-256."""
    try:
        plain = _plain_machine_id()
    except OSError:
        plain = None
    if not plain:
        raise InvalidValue("it is encrypted with this machine's ID, which was not found")
    return hashlib.sha256(plain.strip().lower().encode()).hexdigest()


def _plain_machine_id() -> str | None:
    if sys.platform == "win32":
        return _windows_machine_id()
    if sys.platform == "darwin":
        return _mac_machine_id()
    return next((file.read_text("ascii") for file in MACHINE_ID if file.is_file()), None)


def _mac_machine_id() -> str | None:
    done = run_program(_IOREG, limit_s=10, env=os.environ)
    found = re.search(rb'"IOPlatformUUID"\s*=\s*"([^"]+)"', done.stdout)
    return found[1].decode("ascii") if found else None


def _windows_machine_id() -> str | None:
    if sys.platform != "win32":
        return None
    import winreg

    access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _CRYPTOGRAPHY, 0, access) as key:
        return str(winreg.QueryValueEx(key, "MachineGuid")[0])


def _key_and_iv(passphrase: str, salt: bytes) -> tuple[bytes, bytes]:
    """Returns the key and the IV by OpenSSL's EVP_BytesToKey, with MD5 and one round."""
    derived, last = b"", b""
    while len(derived) < 48:
        last = hashlib.md5(last + passphrase.encode() + salt, usedforsecurity=False).digest()
        derived += last
    return derived[:32], derived[32:48]


def _objects(workspace: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    listed = workspace.get(name)
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _names(workspace: Mapping[str, Any], entries: list[Mapping[str, Any]]) -> dict[str, str]:
    """Returns a profile name for each session id: its named profile if it has one to itself."""
    listed = _objects(workspace, "_profiles")
    profiles = {str(each.get("id")): str(each.get("name")) for each in listed}
    used = Counter(str(entry.get("profileId")) for entry in entries)
    titles = Counter(str(entry.get("sessionName")) for entry in entries)
    names: dict[str, str] = {}
    for entry in entries:
        own, title = str(entry.get("profileId")), str(entry.get("sessionName") or "")
        wanted = profiles.get(own, "") if used[own] == 1 else ""
        role = _SSO_ROLE.match(str(entry.get("roleArn") or ""))
        if titles[title] > 1 and role:  # the account's name, which all of its roles have
            title = f"{title}-{role[2]}"
        name = plain_name(wanted or title) or "leapp"
        names[str(entry.get("sessionId"))] = free_name(name, names.values())
    return names


def _planned(
    entry: Mapping[str, Any], names: Mapping[str, str], portals: Mapping[str, str]
) -> PlannedProfile | Skipped:
    name = names[str(entry.get("sessionId"))]
    region = {"region": str(entry["region"])} if entry.get("region") else {}
    arn = str(entry.get("roleArn") or "")
    match entry.get("type"):
        case "awsIamUser":
            device = {"mfa_serial": str(entry["mfaDevice"])} if entry.get("mfaDevice") else {}
            read_key = partial(_read_key, str(entry.get("sessionId")))
            return PlannedProfile(KEYS, name, {**device, **region}, read_key)
        case "awsIamRoleChained":
            source = names.get(str(entry.get("parentSessionId")), "")
            answers = {"role_arn": arn, "source": source, **region}
            if entry.get("roleSessionName") not in (None, "", _SESSION_NAME):
                answers["session_name"] = str(entry["roleSessionName"])
            return PlannedProfile(ROLE, name, answers)
        case "awsSsoRole":
            role = _SSO_ROLE.match(arn)
            session = portals.get(str(entry.get("awsSsoConfigurationId"))) or next(
                iter(portals.values()), ""
            )
            if role is None:
                return Skipped(name, "Its role is not in the workspace.")
            answers = {
                "session": session,
                "account": role[1],
                "role": role[2],
            }
            return PlannedProfile(SSO, name, {**answers, **region})
    return Skipped(name, _NO_KIND.get(str(entry.get("type")), "Its kind is not known."))


def _read_key(session_id: str) -> KeyFile:
    accounts = [
        f"{session_id}-iam-user-aws-session-{part}"
        for part in ("access-key-id", "secret-access-key")
    ]
    values = [foreign_entries.entry_of(_SERVICE, account) for account in accounts]
    missing = next((a for a, value in zip(accounts, values, strict=True) if not value), None)
    if missing is not None:
        raise UsageError(
            f"The keyring has no entry {sanitize(missing)} of service {_SERVICE}, where Leapp"
            " keeps this key.",
            "enter the key in Leapp again, or import its CSV file: awsprof keys import --help",
        )
    return KeyFile(values[0] or "", Secret(values[1] or ""), None)
