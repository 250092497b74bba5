"""duration_seconds as SDKs read it: a number in plain digits, or nothing."""

from pathlib import Path

import pytest

from awsprof.profiles.catalog import Catalog
from awsprof.profiles.durations import exceeds_chained_limit, seconds_of
from awsprof.profiles.kinds.mfa_at_source import move_mfa_edits
from tests.standins.cli_runner import run_unchecked

NO_NUMBERS = ("", "1h", "3600²", "٣٦٠٠", "-1", "3600.0", "9" * 5000)


def test_only_plain_digits_are_a_number() -> None:
    assert seconds_of(" 3600 ") == 3600
    assert [seconds_of(text) for text in (None, *NO_NUMBERS)] == [None] * 8


def test_the_limit_itself_is_allowed() -> None:
    assert not exceeds_chained_limit("3600")
    assert exceeds_chained_limit("3601")
    assert not exceeds_chained_limit(None)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_no_value_stops_a_command_or_a_check(home: Path, text: str) -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text(
        "[profile base]\nregion = eu-west-1\n[profile role]\nsource_profile = base\n"
        "role_arn = arn:aws:iam::210987654321:role/A\n"
        f"mfa_serial = arn:aws:iam::123456789012:mfa/alice\nduration_seconds = {text}\n",
        encoding="utf-8",
    )
    catalog = Catalog.load()
    assert len(move_mfa_edits("base", catalog)) == 1
    code = run_unchecked("doctor", "--offline", "--json").returncode
    assert code in {0, 1}
