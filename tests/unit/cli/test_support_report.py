"""awsprof doctor --support: versions, kinds and counts; nothing that says who somebody is."""

import re
from pathlib import Path

import pytest

from awsprof.cli.main import run_command

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # AWS's documented example
CONFIG = f"""[profile zebra]
region = eu-west-1
role_arn = arn:aws:iam::210987654321:role/Giraffe
source_profile = ostrich
[profile antelope]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = {SECRET}
[profile badger]
sso_session = lemur
sso_account_id = 345678901234
sso_role_name = Giraffe
[sso-session lemur]
sso_start_url = https://walrus.awsapps.com/start
sso_region = eu-west-1
"""
NAMES = ("zebra", "antelope", "badger", "lemur", "walrus", "Giraffe", "ostrich", "okapi")


def test_it_has_versions_kinds_and_checks_and_no_names(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(CONFIG)
    monkeypatch.setenv("AWS_PROFILE", "okapi")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    run_command(["settings", "mfa", "op:okapi"])
    capsys.readouterr()
    assert run_command(["doctor", "--support"]) == 0
    out, err = capsys.readouterr()
    assert not [name for name in (*NAMES, SECRET, "AKIA", str(home)) if name in out + err]
    assert not re.search(r"\d{12}|arn:|https?:", out)
    rows = [re.split(r"  +", line, maxsplit=1) for line in out.splitlines()]
    assert ["profiles", "3 (1 keys, 1 role, 1 sso)"] in rows
    assert ["error", "source-missing"] in rows
    assert ["setting mfa", "op"] in rows
    assert "AWS_PROFILE AWS_SECRET_ACCESS_KEY" in out
    assert rows[0][0] == "awsprof"


def test_a_file_that_nobody_can_read_is_no_obstacle(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text("[profile a]\nthis is no line\n")
    assert run_command(["doctor", "--support"]) == 0
    assert "not readable by boto3" in capsys.readouterr().out


def test_the_names_of_variables_stay_whole_in_a_terminal_of_80_columns(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"AWS_VARIABLE_NUMBER_{number}" for number in range(9)]
    for name in names:
        monkeypatch.setenv(name, "x")
    for name, value in (("FORCE_COLOR", "1"), ("COLUMNS", "80"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    assert run_command(["doctor", "--support"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in names if name not in shown] == []
    assert max(map(len, shown.splitlines())) <= 80
