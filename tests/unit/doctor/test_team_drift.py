"""team-drift: what was changed on this machine of the profiles that a team file gave."""

from pathlib import Path

import pytest

from awsprof.team.state import state_file
from tests.standins.cli_runner import run_in_process
from tests.standins.team_files import apply_team_file
from tests.unit.doctor.conftest import Visit

DRIFT = "team-drift"


@pytest.fixture
def team_file(visit: Visit, tmp_path: Path) -> Path:
    visit.config("[profile mine]\nregion = us-east-1\n")
    return apply_team_file(tmp_path)


def test_a_fresh_team_file_and_what_is_your_own_are_no_drift(visit: Visit, team_file: Path) -> None:
    run_in_process("set", "mine", "region", "eu-west-1", "--yes")
    run_in_process("set", "dev", "output", "json", "--yes")  # a key that the team does not speak of
    assert visit.found(DRIFT) == []


def test_a_changed_profile_is_named_with_its_line_and_the_fix(
    visit: Visit, team_file: Path
) -> None:
    run_in_process("set", "dev", "region", "us-east-1", "--yes")
    (found,) = visit.found(DRIFT)
    assert found.profile == "dev"
    assert found.message == f"region differs from the team file {team_file}."
    lines = visit.bytes("config").decode().splitlines()
    assert found.fault.origin is not None
    assert lines[found.fault.origin.line - 1] == "region = us-east-1"
    assert found.fix.startswith("awsprof team apply ")
    assert visit.found(DRIFT, "prod") == []


def test_a_removed_profile_and_a_changed_session_are_drift_too(
    visit: Visit, team_file: Path
) -> None:
    run_in_process("remove", "prod", "--yes")
    text = visit.bytes("config").decode()
    visit.config(text.replace("sso_region = eu-west-1", "sso_region = eu-central-1"))
    messages = [finding.message for finding in visit.found(DRIFT)]
    assert f"The team file {team_file} has profile prod, which was removed here." in messages
    assert any(m.startswith("sso-session corp: sso_region differs") for m in messages)
    assert len(messages) == 2
    visit.config(visit.bytes("config").decode() + "[profile other]\nregion = eu-west-1\n")
    assert visit.found(DRIFT, "other") == []  # it has nothing to do with either


def test_the_fix_ends_it(visit: Visit, team_file: Path) -> None:
    run_in_process("set", "dev", "region", "us-east-1", "--yes")
    run_in_process("team", "apply", "--yes", "--theirs", "dev")
    assert visit.found(DRIFT) == []
    run_in_process("set", "dev", "region", "us-east-1", "--yes")
    run_in_process("team", "apply", "--yes", "--mine", "dev")  # kept on purpose: no drift any more
    assert visit.found(DRIFT) == []
    assert b"us-east-1" in visit.bytes("config")


def test_a_broken_state_stops_no_check(visit: Visit, team_file: Path) -> None:
    state_file().write_text("{")
    assert visit.found(DRIFT) == []
