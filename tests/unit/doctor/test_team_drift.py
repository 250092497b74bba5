"""team-drift: what was changed on this machine of the profiles that a team file gave."""

from pathlib import Path

import pytest

from awsprof.team.state import state_file
from tests.standins.cli_runner import run_in_process
from tests.standins.team_files import TEAM, apply_team_file
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


def test_what_the_team_removed_is_drift_until_it_is_removed_here(
    visit: Visit, team_file: Path
) -> None:
    visit.config(visit.bytes("config").decode() + "[profile mine2]\nsource_profile = dev\n")
    team_file.write_text(team_file.read_text().partition("[profile.dev]")[0])
    run_in_process("team", "apply", "--yes", code=1)
    dev, prod = visit.found(DRIFT)
    assert (dev.profile, prod.profile) == ("dev", "prod")
    assert (
        prod.message
        == f"The team file {team_file} no longer has profile prod, which is still here."
    )
    assert prod.fix == "awsprof team apply --prune removes it"
    assert dev.fix.endswith("once no other profile needs it: mine2 needs it")
    run_in_process("team", "apply", "--yes", "--prune")
    assert [found.profile for found in visit.found(DRIFT)] == ["dev"]
    run_in_process("undo", "--yes")
    assert [found.profile for found in visit.found(DRIFT)] == ["dev", "prod"]


def test_changed_services_are_about_no_profile_of_that_name(visit: Visit, tmp_path: Path) -> None:
    services = '[services.dev.s3]\nendpoint_url = "http://localhost:4566"\n'
    apply_team_file(tmp_path, f"{TEAM}{services}", "services dev")
    text = visit.bytes("config").decode()
    visit.config(text.replace("localhost:4566", "localhost:4567"))
    (found,) = visit.found(DRIFT)
    assert found.profile is None
    assert found.message.startswith("services dev: s3.endpoint_url differs from the team file ")


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
