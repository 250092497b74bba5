"""A machine with a profile of each kind that awsprof writes, made by awsprof's own commands."""

import json
from pathlib import Path

import awsprof
from awsprof.settings import put_setting
from tests.standins.aws import ACCOUNT, Aws
from tests.standins.cli_runner import run_in_process

PASSPHRASE = "correct horse battery staple"
EVERY_CHARACTER = "aZ09_-/.%@:+z"  # all that a name may have (awsprof.profiles.kinds.base)
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
CAROL = f"arn:aws:iam::{ACCOUNT}:user/carol"
READ_ONLY = "arn:aws:sts::345678901234:assumed-role/AWSReservedSSO_ReadOnly_"
_REGION = ("--region", "eu-west-1", "--yes")


def assumed(role: str, account: str = "210987654321") -> str:
    """What the ARN of a role's session begins with."""
    return f"arn:aws:sts::{account}:assumed-role/{role}/"


# Each kind: what the docs call it, its profile, and what its ARN begins with.
KINDS = {
    "key in the vault": ("key", ALICE),
    "role on it": ("role", assumed("Admin")),
    "role on that role (three links)": ("three", assumed("Deep", "456789012345")),
    "key with MFA, signed in": ("key-mfa", BOB),
    "role on it, no code of its own": ("role-on-mfa", assumed("Audit")),
    "role with `mfa_serial` (`--mfa-at role`)": ("role-mfa", assumed("Guarded")),
    "role with MFA by awsprof (`--mfa-at process`), signed in": (
        "role-process",
        assumed("Guarded"),
    ),
    "role with a source identity": ("source-identity", assumed("Ops")),
    "Identity Center, signed in": ("sso", READ_ONLY),
    "role on Identity Center": ("role-on-sso", assumed("Build", "456789012345")),
    "another program (`credential_process`)": ("process", CAROL),
    "`default`": ("default", ALICE),
    "a name with every character that awsprof allows": (EVERY_CHARACTER, ALICE),
    "role whose source has such a name": ("role-on-odd", assumed("Admin")),
}


class InteropMachine:
    """The users alice (a key), bob (a key and a device) and carol (a program's key)."""

    def __init__(self, aws: Aws, home: Path) -> None:
        self.aws, self.home = aws, home
        put_setting("vault", "file")
        aws.approve_at_once = True
        aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
        self.alice, self.bob = aws.user("alice"), aws.user("bob")
        self.device = aws.device("bob")
        self._roles()

    def _roles(self) -> None:
        sso = "arn:aws:iam::345678901234:root"
        self.aws.role("Admin")
        self.aws.role("Audit", mfa=True)
        self.aws.role("Guarded", mfa=True)
        self.aws.role("Ops", source_identity="alice")
        self.aws.role("Deep", account="456789012345", trusted=("arn:aws:iam::210987654321:root",))
        self.aws.role("Build", account="456789012345", trusted=(sso,))

    def key(self, name: str) -> None:
        """A profile with alice's key."""
        self._key(name, self.alice.id, self.alice.secret)

    def bobs_key(self, name: str) -> None:
        """A profile with bob's key, without his device."""
        self._key(name, self.bob.id, self.bob.secret)

    def _key(self, name: str, key_id: str, secret: str, *more: str) -> None:
        words = ("--access-key-id", key_id, "--secret-stdin", *more)
        run_in_process("add", "keys", name, *words, *_REGION, stdin=secret)

    def key_with_mfa(self, name: str) -> None:
        """A profile with bob's key and his device, not signed in."""
        serial = ("--mfa-serial", self.device.serial, "--no-verify")
        self._key(name, self.bob.id, self.bob.secret, *serial)

    def role(self, name: str, role: str, source: str, *more: str) -> None:
        """A profile for a role; ``role`` is its name, or its account, a slash, and its name."""
        account, _, short = role.rpartition("/")
        arn = f"arn:aws:iam::{account or '210987654321'}:role/{short}"
        run_in_process("add", "role", name, "--role-arn", arn, "--source", source, *more, *_REGION)

    def role_with_mfa(self, name: str, source: str, at: str) -> None:
        """A profile for the role that wants bob's code, asked for ``at`` the role or process."""
        mfa = ("--mfa-serial", self.device.serial, "--mfa-at", at, "--no-verify")
        self.role(name, "Guarded", source, *mfa)

    def sso(self, name: str) -> None:
        """A profile of Identity Center, signed in."""
        session = ("--session", "corp", "--start-url", f"{self.aws.url}/start")
        role = ("--account", "345678901234", "--role", "ReadOnly", "--sso-region", "eu-west-1")
        run_in_process("add", "sso", name, *session, *role, *_REGION)

    def process(self, name: str) -> None:
        """A profile whose program hands out carol's key."""
        carol = self.aws.user("carol")
        told = {"Version": 1, "AccessKeyId": carol.id, "SecretAccessKey": carol.secret}
        program = self.home / "company-credentials"
        program.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\n")
        program.chmod(0o700)
        run_in_process("add", "process", name, "--command", str(program), *_REGION)

    def sign_in(self, name: str) -> None:
        """Give bob's code for the profile, as a person at a terminal would."""
        session = awsprof.session(name, mfa=lambda profile, serial: self.device.code())
        session.client("sts").get_caller_identity()

    def every_kind(self) -> None:
        """The profiles of ``KINDS``."""
        self.key("key")
        self.key("default")
        self.key(EVERY_CHARACTER)
        self.role("role", "Admin", "key")
        self.role("three", "456789012345/Deep", "role")
        self.role("role-on-odd", "Admin", EVERY_CHARACTER)
        self.role("source-identity", "Ops", "key", "--source-identity", "alice")
        self.key_with_mfa("key-mfa")
        self.sign_in("key-mfa")
        self.role("role-on-mfa", "Audit", "key-mfa")
        self.bobs_key("bob")
        self.role_with_mfa("role-mfa", "bob", "role")
        self.role_with_mfa("role-process", "bob", "process")
        self.sign_in("role-process")
        self.sso("sso")
        self.role("role-on-sso", "456789012345/Build", "sso")
        self.process("process")
