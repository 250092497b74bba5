"""awsprof show: the chain with its origins, what each SDK sees, what is wrong; no secret."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awsprof.cli import main
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.checks import sso
from awsprof.doctor.findings import Fault, Severity, offline_check

CONFIG = """\
[profile base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
region = eu-west-1 # Ireland
[profile admin]
role_arn = arn:aws:iam::210987654321:role/Admin
source_profile = base
[profile other]
region = eu-west-1
"""
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
Shown = Callable[..., tuple[str, str]]


@pytest.fixture
def shown(home: Path, capsys: pytest.CaptureFixture[str]) -> Shown:
    """What awsprof says with a config file."""

    def run(*words: str, config: str = CONFIG) -> tuple[str, str]:
        (home / ".aws").mkdir(exist_ok=True)
        (home / ".aws" / "config").write_text(config)
        assert main.run_command(list(words)) == 0
        return capsys.readouterr()

    return run


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more check, that finds something in every profile and something in none."""

    @offline_check(Severity.WARNING)
    def planted_check(context: CheckContext) -> Iterator[Fault]:
        for profile in context.profiles:
            yield Fault("It is odd.", f"mend {profile.name}", profile.name, profile.origins[0])
        yield Fault("General.", "")

    monkeypatch.setattr(sso, "planted_check", planted_check, raising=False)


def test_boto3_and_the_other_sdks_stand_side_by_side(shown: Shown) -> None:
    out, _ = shown("show", "admin")
    lines = [line.split() for line in out.splitlines()]
    assert ["source_profile", "base", "~/.aws/config:7"] in lines
    here = ["!", "region", "'eu-west-1", "#", "Ireland'", "'eu-west-1'", "~/.aws/config"]
    assert lines.index(["base:", "keys", "in", "plain", "text"]) < lines.index(here)
    assert "read differently" not in shown("show", "other")[0]


@pytest.mark.usefixtures("planted")
def test_what_is_wrong_with_its_chain_is_told(shown: Shown) -> None:
    out, _ = shown("show", "admin")
    assert "!  admin  planted-check   ~/.aws/config:5" in out
    assert "!  base  planted-check   ~/.aws/config:1" in out
    assert "fix: mend base" in out
    assert "mend other" not in out
    assert "General" not in out


@pytest.mark.usefixtures("planted")
def test_it_is_in_the_json_too(shown: Shown) -> None:
    told = json.loads(shown("show", "other", "--json")[0])
    assert [f for f in told["findings"] if f["id"] == "planted-check"] == [
        {
            "id": "planted-check",
            "severity": "warning",
            "profile": "other",
            "file": str(Path.home() / ".aws" / "config"),
            "line": 8,
            "message": "It is odd.",
            "fix": "mend other",
            "repairable": False,
        }
    ]


def test_a_broken_chain_is_told_with_its_mend(shown: Shown) -> None:
    config = CONFIG.replace("source_profile = base", "source_profile = bsae")
    out, _ = shown("show", "admin", config=config)
    assert "bsae names no profile. Did you mean base?" in out
    assert "awsprof set admin source_profile base" in out


@pytest.mark.parametrize(
    "absorbed",
    [
        f"[profile a]\nregion = x\n  aws_secret_access_key = {SECRET}\n",
        f"[profile a]\ns3 =\n  aws_secret_access_key = {SECRET}\n",
        f"[profile a]\noutput = x\n  aws_session_token = {SECRET} # here\n",
        f"[profile a]\naws_access_key_id = x\n  aws_secret_access_key = {SECRET}\n",
        f"[profile a]\nsso_session = s\n[sso-session s]\nx = y\n aws_session_token = {SECRET}\n",
    ],
)
def test_a_secret_that_another_value_absorbed_is_not_shown(shown: Shown, absorbed: str) -> None:
    for words in (("show", "a"), ("show", "a", "--json"), ("list",), ("list", "--json")):
        assert SECRET not in "".join(shown(*words, config=absorbed)), words
