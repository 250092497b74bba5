"""duration_seconds as boto3 reads it, by Python's int(): a number, or nothing."""

from pathlib import Path

import pytest
from botocore.session import Session

from awsprof.profiles.catalog import Catalog
from awsprof.profiles.durations import exceeds_chained_limit, seconds_of
from awsprof.profiles.kinds.mfa_at_source import move_mfa_edits
from awsprof.profiles.value_rules import value_problem
from tests.standins.cli_runner import run_unchecked

NO_NUMBERS = ("", "1h", "3600²", "3600.0", "9" * 5000)
ODD_NUMBERS = {"٣٦٠٠": 3600, "-1": -1, "3_600": 3600, "+3600": 3600, "36" + "0" * 20: 36 * 10**20}


def test_a_number_is_what_pythons_int_reads() -> None:
    assert seconds_of(" 3600 ") == 3600
    assert [seconds_of(text) for text in (None, *NO_NUMBERS)] == [None] * 6
    assert {text: seconds_of(text) for text in ODD_NUMBERS} == ODD_NUMBERS


@pytest.mark.parametrize("text", [*NO_NUMBERS, *ODD_NUMBERS])
def test_it_is_what_botocore_sends(home: Path, text: str) -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text(
        "[profile role]\nrole_arn = arn:aws:iam::210987654321:role/A\nsource_profile = base\n"
        f"duration_seconds = {text}\n[profile base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n",
        encoding="utf-8",
    )
    session = Session(profile="role")
    provider = session.get_component("credential_provider").get_provider("assume-role")
    sent = provider.load()  # deferred: nothing is called yet
    extra = sent._refresh_using.__self__._assume_kwargs
    assert extra.get("DurationSeconds") == seconds_of(text)


@pytest.mark.parametrize(
    ("text", "refused", "says"),
    [
        ("3_600", False, "Only boto3 reads duration_seconds = 3_600 as the number 3600."),
        ("36" + "0" * 12, True, "AWS rejects duration_seconds = 36000000000000: the maximum is"),
        ("9" * 4000, True, f"AWS rejects duration_seconds = {'9' * 59}…: the maximum is 43200"),
    ],
)
def test_values_that_only_boto3_sends_are_told_as_that(text: str, refused: bool, says: str) -> None:
    found = value_problem("duration_seconds", text)
    assert found is not None
    assert found.refused == refused
    assert found.says.startswith(says)


def test_the_limit_itself_is_allowed() -> None:
    assert not exceeds_chained_limit("3600")
    assert exceeds_chained_limit("3601")
    assert not exceeds_chained_limit(None)


@pytest.mark.parametrize("text", [*NO_NUMBERS, *ODD_NUMBERS])
def test_no_value_stops_a_command_or_a_check(home: Path, text: str) -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text(
        "[profile base]\nregion = eu-west-1\n[profile role]\nsource_profile = base\n"
        "role_arn = arn:aws:iam::210987654321:role/A\n"
        f"mfa_serial = arn:aws:iam::123456789012:mfa/alice\nduration_seconds = {text}\n",
        encoding="utf-8",
    )
    catalog = Catalog.load()
    assert len(move_mfa_edits("base", catalog)) == 1 + exceeds_chained_limit(text)
    code = run_unchecked("doctor", "--offline", "--json").returncode
    assert code in {0, 1}
