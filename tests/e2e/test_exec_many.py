"""awsprof exec and whoami over many profiles: each is itself, and one exit code tells of all."""

import json
import sys
from pathlib import Path

import pytest

from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, run
from tests.standins.tmux_screen import ENTER, screen

WHO = (
    "import boto3, os;"
    "print(os.environ['AWS_REGION'], boto3.client('sts').get_caller_identity()['Arn'])"
)
CONFIG = """[profile base]
region = eu-west-1
aws_access_key_id = {id}
aws_secret_access_key = {secret}
[profile prod-a]
region = eu-west-1
role_arn = arn:aws:iam::210987654321:role/A
role_session_name = me
source_profile = base
[profile prod-b]
region = us-east-1
role_arn = arn:aws:iam::210987654321:role/B
role_session_name = me
source_profile = base
[profile gone]
role_arn = arn:aws:iam::210987654321:role/Gone
source_profile = base
"""
ARN = "arn:aws:sts::210987654321:assumed-role"


@pytest.fixture
def config(aws: Aws, home: Path) -> Path:
    key = aws.user("alice")
    for name in "AB":
        aws.role(name)
    path = home / ".aws" / "config"
    path.parent.mkdir(mode=0o700)
    path.write_text(CONFIG.format(id=key.id, secret=key.secret))
    path.chmod(0o600)
    return path


def test_each_profile_runs_it_as_itself_and_lines_say_whose_they_are(config: Path) -> None:
    done = run("exec", "prod-*", "--", sys.executable, "-c", WHO)
    assert sorted(done.stdout.splitlines()) == [
        f"prod-a | eu-west-1 {ARN}/A/me",
        f"prod-b | us-east-1 {ARN}/B/me",
    ]
    assert "2 of 2 profiles succeeded" in done.stderr


def test_the_exit_code_tells_of_all(config: Path) -> None:
    only_a = 'echo "$AWSPROF_PROFILE" >&2; test "$AWSPROF_PROFILE" = prod-a'
    done = run("exec", "prod-*", "--workers", "1", "--", "sh", "-c", only_a, code=1)
    assert "prod-b | prod-b" in done.stderr
    assert "prod-b: exit code 1" in done.stderr
    done = run("exec", "prod-*", "--", "sh", "-c", "exit 3", code=1)
    assert done.stderr.splitlines()[-1] == "x  prod-a, prod-b: exit code 3"
    assert "gone: not run" in run("exec", "[pg]*", "--", "true", code=125).stderr
    run("exec", "nobody-*", "--", "true", code=125)
    run("exec", "prod-*", "--", "no-such-program", code=127)


def test_json_has_each_output_in_the_order_of_the_files(config: Path) -> None:
    done = run(
        "exec",
        "*",
        "--json",
        "--region",
        "eu-west-3",
        "--",
        "sh",
        "-c",
        "echo $AWS_REGION; exit 3",
        code=125,
    )
    runs = json.loads(done.stdout)["runs"]
    assert [(r["profile"], r["exit_code"], r["stdout"]) for r in runs] == [
        ("base", 3, "eu-west-3\n"),
        ("prod-a", 3, "eu-west-3\n"),
        ("prod-b", 3, "eu-west-3\n"),
        ("gone", None, ""),
    ]
    assert "cannot be assumed" in runs[3]["error"]["message"]


def test_whoami_tells_one_by_its_arn_and_many_in_a_table(config: Path) -> None:
    assert run("whoami", "prod-a").stdout == f"{ARN}/A/me\n"
    lines = run("whoami", "prod-*").stdout.splitlines()
    assert [line.split() for line in lines] == [
        ["PROFILE", "ACCOUNT", "ARN"],
        ["prod-a", "210987654321", f"{ARN}/A/me"],
        ["prod-b", "210987654321", f"{ARN}/B/me"],
    ]
    told = json.loads(run("whoami", "--json", "base", "gone", code=3).stdout)["profiles"]
    assert [(p["profile"], p["account"]) for p in told] == [
        ("base", "123456789012"),
        ("gone", None),
    ]


def test_a_session_lasts_as_long_as_duration_says(config: Path) -> None:
    show = ("env", "prod-a", "--shell", "json", "--region", "eu-west-3", "--duration", "15m")
    given = json.loads(run(*show).stdout)
    assert given["AWS_REGION"] == "eu-west-3"
    said = run("env", "base", "--duration", "1h", code=2).stderr
    assert "Session options (duration) do not apply to base" in said
    said = run("login", "base", "--duration", "1h", code=2).stderr
    assert "do not apply to base" in said


def test_without_a_profile_a_terminal_asks_which_and_the_last_one_is_first(config: Path) -> None:
    with screen(AWSPROF, "exec", "--", "sh", "-c", "echo this is $AWSPROF_PROFILE") as first:
        first.pick("Which profile?", "prod-b")
        first.see("this is prod-b")
    with screen(AWSPROF, "whoami") as second:
        second.ask("Which profile?")
        second.press(ENTER)
        second.see(f"{ARN}/B/me")
    said = run("exec", "--", "true", code=125).stderr
    assert "No profile is named, AWS_PROFILE is not set" in said


def test_what_stops_several_profiles_alike_is_told_once(aws: Aws, home: Path) -> None:
    (home / ".aws").mkdir(mode=0o700, exist_ok=True)
    text = f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    for name in ("dev-1", "dev-2", "dev-3"):
        text += f"[profile {name}]\nsso_session = corp\nsso_account_id = 345678901234\n"
        text += "sso_role_name = ReadOnly\n"
    (home / ".aws" / "config").write_text(text)
    said = run("exec", "dev-*", "--", "true", code=125).stderr
    assert said.count("You are not signed in to corp") == 1
    assert "dev-1, dev-2, dev-3: not run. You are not signed in" in said
    assert said.count("awsprof login dev-") == 1
