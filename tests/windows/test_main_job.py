"""What a person sets up on Windows: keys in its Credential Locker, a role, and what uses them."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.standins.aws import ACCOUNT, Aws
from tests.windows.conftest import Person
from tests.windows.wine import SCRIPTS, Wine

_ROLE = "arn:aws:iam::210987654321:role/Admin"
_SESSION = "arn:aws:sts::210987654321:assumed-role/Admin/alice"
_PROGRAM = Wine.path(SCRIPTS / "awsprof.exe")


# Shows what a child of `exec` has, and exits with a code of its own.
_SHOW = """
import json, os, sys
found = os.environ
print(json.dumps({"key": found["AWS_ACCESS_KEY_ID"][:4], "profile": found.get("AWS_PROFILE")}))
sys.exit(7)
"""


@dataclass(frozen=True)
class SetUp:
    """What was answered, and the key that the profiles have in the end."""

    jane: Person
    first_secret: str
    key_id: str
    secret: str
    said: dict[str, dict[str, Any]]
    used: list[Any]


@pytest.fixture(scope="module")
def done(jane: Person, windows_aws: Aws) -> SetUp:
    """Everything set up, by one process: each start of Python takes seconds there."""
    key = windows_aws.user("alice")
    windows_aws.role("Admin")
    given = ("--access-key-id", key.id, "--secret-stdin", "--region", "eu-west-1", "--yes")
    commands = {
        "add keys": ("add", "keys", "base", *given),
        "add role": ("add", "role", "admin", "--role-arn", _ROLE, "--source", "base", "--yes"),
        "list": ("list", "--tree"),
        "set": ("set", "admin", "region", "eu-west-2", "--yes"),
        "undo": ("undo", "--yes"),
        "history": ("history",),
        "rotate": ("keys", "rotate", "base", "--now", "--yes"),
        "keys list": ("keys", "list"),
        "doctor": ("doctor", "--json"),
        "powershell": ("env", "admin", "--shell", "powershell"),
        "cmd": ("env", "admin", "--shell", "cmd"),
    }
    said = jane.awsprof(*commands.values(), stdin=key.secret + "\n")
    (new,) = windows_aws.moto.keys_of(f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT)
    line = jane.config.read_text().partition("credential_process = ")[2].split("\n")[0]
    used = jane.do(
        {"do": "locker", "name": new.id},
        {"do": "boto3_arn", "profile": "base"},
        {"do": "boto3_arn", "profile": "admin"},
        # cmd takes off the first and last quote of what follows /C.
        {"do": "program", "words": f'cmd /C "{line}"'},
        {"do": "program", "words": [_PROGRAM, "exec", "admin", "--"], "code": _SHOW},
    )
    answers = dict(zip(commands, said, strict=True))
    return SetUp(jane, key.secret, new.id, new.secret, answers, used)


def test_the_key_is_in_the_credential_locker_and_in_no_file(done: SetUp) -> None:
    assert "Secret keys are in Windows Credential Locker." in done.said["add keys"]["err"]
    assert done.used[0] == done.secret
    for file in done.jane.home.rglob("*"):
        if file.is_file():
            assert done.secret.encode() not in file.read_bytes(), file
            assert done.first_secret.encode() not in file.read_bytes(), file


def test_the_profiles_work_and_the_doctor_says_so(done: SetUp) -> None:
    assert "admin  role Admin" in done.said["list"]["out"]
    report = json.loads(done.said["doctor"]["out"])
    arns = {each["name"]: each["arn"] for each in report["profiles"]}
    assert arns == {"base": f"arn:aws:iam::{ACCOUNT}:user/alice", "admin": _SESSION}
    assert "error" not in {each["severity"] for each in report["findings"]}


def test_a_change_is_undone_and_a_key_rotated(done: SetUp) -> None:
    assert "undone" in done.said["undo"]["err"]
    assert "set region of admin" in done.said["history"]["out"]
    assert "deleted, in IAM and in Windows Credential Locker" in done.said["rotate"]["err"]
    assert done.key_id in done.said["keys list"]["out"]
    assert f"--key {done.key_id}" in done.jane.config.read_text()


def test_paths_are_shown_as_windows_shows_them(done: SetUp) -> None:
    assert Wine.path(done.jane.config) in done.said["add keys"]["err"]
    for said in done.said.values():
        assert "~/" not in said["out"] + said["err"]


def test_the_process_line_names_the_program_by_a_path_that_cmd_and_botocore_split_alike(
    done: SetUp,
) -> None:
    line = f'credential_process = "{_PROGRAM}" credential-process base --key {done.key_id}'
    assert line in done.jane.config.read_text().splitlines()


def test_sdks_get_credentials_through_the_process_line(done: SetUp) -> None:
    _, base, admin, through_cmd, _ = done.used
    assert base == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert ":assumed-role/Admin/" in admin
    answer = json.loads(through_cmd["out"])
    assert (answer["AccessKeyId"], answer["SecretAccessKey"]) == (done.key_id, done.secret)


def test_exec_gives_credentials_and_the_exit_code(done: SetUp) -> None:
    ended = done.used[-1]
    assert ended["code"] == 7, ended
    assert json.loads(ended["out"]) == {"key": "ASIA", "profile": None}


def test_variables_are_set_in_the_syntax_of_each_shell(done: SetUp) -> None:
    powershell, cmd = done.said["powershell"]["out"], done.said["cmd"]["out"]
    assert "\n$Env:AWS_ACCESS_KEY_ID = 'ASIA" in powershell.replace("\r\n", "\n")
    assert "Remove-Item Env:AWS_PROFILE" in powershell
    assert '\nset "AWS_ACCESS_KEY_ID=ASIA' in cmd.replace("\r\n", "\n")
