"""A machine with a key in the vault, and profiles on it, as a person would have set it up."""

from pathlib import Path

import pytest

from awsprof import settings
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.vault import open_vault
from tests.standins.aws import ACCOUNT, Aws

ADMIN = "arn:aws:iam::210987654321:role/Admin"
AUDIT = "arn:aws:iam::345678901234:role/Audit"
PROFILES = """\
[profile base]
credential_process = /usr/bin/awsprof credential-process base --key {key}
region = eu-west-1
mfa_serial = {device}

[profile admin]
role_arn = {admin}
source_profile = base
region = eu-west-1

[profile plain]
aws_access_key_id = {key}
aws_secret_access_key = {secret}
region = eu-west-1

[profile prod-eu]
role_arn = {admin}
source_profile = plain
region = eu-west-1

[profile prod-audit]
role_arn = {audit}
source_profile = plain
region = us-east-1
"""


class Machine:
    """The user alice with her key and device, and her files."""

    def __init__(self, aws: Aws, home: Path) -> None:
        self.aws = aws
        self.key, self.device = aws.user("alice"), aws.device("alice")
        aws.role("Admin", longest=43200)
        both = (f"arn:aws:iam::{ACCOUNT}:root", "arn:aws:iam::210987654321:root")
        aws.role("Audit", account="345678901234", trusted=both)
        settings.put_setting("vault", "file")
        open_vault(NonInteractive(), "file").put(self.key.id, Secret(self.key.secret))
        self.config = home / ".aws" / "config"
        self.config.parent.mkdir(mode=0o700)
        self.config.touch(mode=0o600)
        self.asked: list[tuple[str, str]] = []
        self.write(PROFILES)

    def write(self, text: str) -> None:
        """The config file."""
        self.config.write_text(
            text.format(
                key=self.key.id,
                secret=self.key.secret,
                device=self.device.serial,
                admin=ADMIN,
                audit=AUDIT,
            )
        )

    def code(self, profile: str, device: str) -> str:
        """What ``mfa=`` takes."""
        self.asked.append((profile, device))
        return self.device.code()


@pytest.fixture
def machine(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """All of it."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    return Machine(aws, home)
