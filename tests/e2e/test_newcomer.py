"""The two set-ups of a newcomer's guide, by the wizard alone, from an empty HOME to SDK calls."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awsprof.accesskeys.iam_policies import PolicyParameters, assume_with_mfa, manage_own_mfa
from tests.requirements import need
from tests.standins.aws import STEP, Aws
from tests.standins.cli_runner import AWSPROF
from tests.standins.tmux_screen import CTRL_A, DOWN, ENTER, Screen, screen

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/alice"
_WHO = "print(session.client('sts').get_caller_identity()['Arn'])"
_BOTO3 = f"import boto3; session = boto3.Session(); {_WHO}"
_OURS = f"import os, awsprof; session = awsprof.session(os.environ['AWS_PROFILE']); {_WHO}"


class Newcomer:
    """Somebody at the wizard, whose answers are counted."""

    def __init__(self, wizard: Screen) -> None:
        self.wizard = wizard
        self.questions = 0

    def pick(self, question: str, choice: str) -> None:
        self.questions += 1
        self.wizard.pick(question, choice)

    def answer(self, question: str, *keys: str) -> None:
        self.questions += 1
        self.wizard.answer(question, *keys)

    def prompt(self, prompt: str, text: str) -> None:
        self.questions += 1
        self.wizard.prompt(prompt)
        self.wizard.press(text, ENTER)


@pytest.fixture
def newcomer(home: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newcomer]:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    assert not list(home.iterdir())
    with screen(AWSPROF, rows=24) as wizard:
        yield Newcomer(wizard)


def aws_cli() -> list[str]:
    program = ROOT / ".venv-awscli" / "bin" / "aws"
    need(program.exists(), "the AWS CLI in .venv-awscli: run make test once")
    return [str(program), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]


CLIENTS: dict[str, Callable[[], list[str]]] = {
    "boto3": lambda: [sys.executable, "-c", _BOTO3],
    "AWS CLI": aws_cli,
    "awsprof.session": lambda: [sys.executable, "-c", _OURS],
}


def everyone_is(profile: str, arn: str) -> None:
    """Boto3, the AWS CLI and awsprof.session are that identity, and ask nobody."""
    for name, client in CLIENTS.items():
        env = {**os.environ, "AWS_PROFILE": profile}
        done = subprocess.run(
            client(), env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout.startswith(arn), (name, done.stderr)


@pytest.mark.parametrize("accounts", [1, 40])
def test_identity_center_can_be_used(newcomer: Newcomer, aws: Aws, accounts: int) -> None:
    """One profile and eighty take seven answers; ``aws configure sso`` takes eight for one."""
    for number in range(accounts):
        aws.accounts[f"{700000000000 + number}"] = (f"Team {number}", ("Admin", "ReadOnly"))
    aws.approve_at_once = True
    newcomer.pick("What would you like to do?", "Connect IAM Identity Center")
    newcomer.answer("Start URL", f"{aws.url}/start")
    newcomer.answer("Region of Identity Center", "eu-west-1")
    if accounts == 1:  # both are ticked: one of them
        newcomer.answer("Which profiles?", CTRL_A, DOWN)
        newcomer.answer("Name of the profile")
    else:
        newcomer.answer("Which profiles?", CTRL_A)
        newcomer.answer("Names")
    newcomer.answer("Region")
    newcomer.answer("Write this?")
    if accounts == 1:
        newcomer.wizard.see("ok team-0-readonly is arn:aws:sts::700000000000:assumed-role/")
    else:
        newcomer.wizard.see("ok 80 of 80 profiles verified with AWS")
    assert newcomer.questions == 7
    role = "AWSReservedSSO_ReadOnly"
    everyone_is("team-0-readonly", f"arn:aws:sts::700000000000:assumed-role/{role}")


def test_identity_center_cannot_be_used(newcomer: Newcomer, aws: Aws, home: Path) -> None:
    """A user who may assume roles and manage her own MFA, and no more; two roles elsewhere.

    By the AWS CLI: four answers, then ten lines by hand, and the device in the console.
    """
    key = aws.user("alice")
    roles = [aws.role(name, mfa=True).arn for name in ("Admin", "ReadOnly")]
    parameters = PolicyParameters("aws", ACCOUNT, "", tuple(roles))
    aws.moto.permit("alice", ACCOUNT, assume_with_mfa(parameters), manage_own_mfa(parameters))
    newcomer.pick("What would you like to do?", "access key")
    newcomer.answer("Access key ID", key.id)
    newcomer.answer("Secret access key", key.secret)
    newcomer.pick("MFA device", "None yet: set up an authenticator app")
    newcomer.answer("Region", "eu-west-1")
    newcomer.answer("Name of the profile")
    newcomer.answer("Write this?")
    newcomer.wizard.prompt(f"({SERIAL}):")
    device, step = aws.virtual.unassigned[SERIAL], int(time.time()) // STEP
    newcomer.prompt(f"({SERIAL}):", device.at(step - 1))
    newcomer.prompt(f"({SERIAL}):", device.at(step))
    newcomer.wizard.see(f"ok {SERIAL} is enabled", f"+ mfa_serial = {SERIAL}")

    newcomer.pick("What would you like to do?", "Add roles")
    newcomer.answer("Role ARN", " ".join([roles[0], switch_link("ReadOnly", "Prod look")]))
    newcomer.answer("Prefix of the names")
    newcomer.answer("Write this?")
    newcomer.prompt(f"({SERIAL}):", device.at(step + 1))
    newcomer.wizard.see("ok admin is arn:aws:sts::210987654321:assumed-role/Admin/alice")
    newcomer.wizard.see("ok prod-look is arn:aws:sts::210987654321:assumed-role/ReadOnly/alice")
    assert newcomer.questions == 14  # three of them codes
    assert key.secret not in newcomer.wizard.text

    newcomer.wizard.pick("What would you like to do?", "policies")
    newcomer.wizard.pick("Which policies?", "For an IAM user")
    newcomer.wizard.see(*roles, '"AWS": "arn:aws:iam::123456789012:user/alice"')
    newcomer.wizard.ask("What would you like to do?")
    for name, role in (("admin", "Admin"), ("prod-look", "ReadOnly")):
        everyone_is(name, f"arn:aws:sts::210987654321:assumed-role/{role}/alice")
    assert "role_session_name = alice" in (home / ".aws" / "config").read_text()


def switch_link(role: str, shown: str) -> str:
    host = "https://signin.aws.amazon.com/switchrole"
    return f"{host}?account=210987654321&roleName={role}&displayName={shown.replace(' ', '%20')}"
