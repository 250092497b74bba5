"""awsprof.check: the doctor for scripts, for all profiles, several, or one."""

from pathlib import Path

import pytest

import awsprof

CONFIG = "[profile dev]\nregion = eu-west-1\n[profile ops]\nregion = nowhere\n"


@pytest.mark.parametrize(
    ("profiles", "names"),
    [(None, ["dev", "ops"]), ("dev", ["dev"]), (["ops", "dev", "ops"], ["ops", "dev"])],
)
def test_it_checks_all_or_those_that_are_named(
    profiles: str | list[str] | None, names: list[str], home: Path
) -> None:
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text(CONFIG)
    report = awsprof.check(profiles, live=False)
    assert [profile.name for profile in report.profiles] == names


def test_an_unknown_name_is_an_error(home: Path) -> None:
    with pytest.raises(awsprof.ProfileNotFound, match="no profile 'dve'"):
        awsprof.check("dve", live=False)
