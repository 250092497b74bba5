"""Fan-out: sessions by pattern, and a function over them with results and errors apart."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore import configloader

import awsprof
import awsprof.aio
from awsprof.factory.options import SessionConfig
from awsprof.factory.session import fanout_session
from awsprof.factory.shared_source import SharedSource
from tests.standins.sample_config import ADMIN, Machine
from tests.standins.team_files import apply_team_file


def async_map(fn: Any, *arguments: Any, **options: Any) -> awsprof.Outcome[Any]:
    async def call(session: Any) -> Any:
        return fn(session)

    return asyncio.run(awsprof.aio.map(call, *arguments, **options))


def test_sessions_by_pattern_in_the_order_of_the_files(machine: Machine) -> None:
    found = list(awsprof.sessions("prod-*", region="eu-north-1"))
    assert [name for name, _ in found] == ["prod-eu", "prod-audit"]
    accounts = [awsprof.whoami(session).account for _, session in found]
    assert accounts == ["210987654321", "345678901234"]
    assert {session.region_name for _, session in found} == {"eu-north-1"}
    assert [name for name, _ in awsprof.sessions(["prod-audit", "ad*"])] == ["admin", "prod-audit"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("test-*", "No profile matches 'test-*'."),
        ("prod-ue", "There is no profile 'prod-ue'. Did you mean prod-eu?"),
        ("prodeu*", "No profile matches 'prodeu*'. Did you mean prod-eu?"),
    ],
)
def test_what_matches_no_profile_is_told_with_a_fix_that_applies(
    machine: Machine, wanted: str, message: str
) -> None:
    for selecting in (awsprof.sessions, lambda name: awsprof.map(awsprof.whoami, name)):
        with pytest.raises(awsprof.ProfileNotFound) as refused:
            selecting(wanted)
        assert refused.value.message == message
        assert "on_missing" not in refused.value.fix  # an option of awsprof.session alone


def test_results_and_errors_stand_apart(machine: Machine) -> None:
    machine.aws.roles[ADMIN].trusted = ()
    seen: list[awsprof.Progress] = []
    outcome = awsprof.map(
        lambda s: (awsprof.whoami(s).account, s.region_name, threading.get_ident()),
        ["prod-*", "plain"],
        regions=["eu-west-1", "us-east-1"],
        workers=4,
        progress=seen.append,
    )
    assert [(each.profile, each.region) for each in outcome.results] == [
        ("plain", "eu-west-1"),
        ("plain", "us-east-1"),
        ("prod-audit", "eu-west-1"),
        ("prod-audit", "us-east-1"),
    ]
    assert all(each.value[1] == each.region for each in outcome.results)
    assert threading.get_ident() not in {each.value[2] for each in outcome.results}
    assert [each.profile for each in outcome.errors] == ["prod-eu", "prod-eu"]
    assert {type(each.error) for each in outcome.errors} == {awsprof.CredentialsRejected}
    assert [each.done for each in seen] == [1, 2, 3, 4, 5, 6]
    assert {each.total for each in seen} == {6}
    assert sum(each.error is not None for each in seen) == 2


def test_a_fan_out_asks_one_code(machine: Machine) -> None:
    outcome = awsprof.map(awsprof.whoami, ["admin", "base"], regions=["a", "b"], mfa=machine.code)
    assert not outcome.errors
    assert len(machine.asked) == 1
    assert machine.aws.calls.count("AssumeRole") == 1


@pytest.mark.usefixtures("aiobotocore")
@pytest.mark.parametrize("fan_out", [awsprof.map, async_map])
def test_a_fan_out_parses_the_files_once(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, fan_out: Any
) -> None:
    parsed: list[str] = []
    parse = configloader.raw_config_parse

    def counted(path: str) -> Any:
        parsed.append(path)
        return parse(path)

    monkeypatch.setattr(configloader, "raw_config_parse", counted)

    def region(session: Any) -> str:
        return str(getattr(session, "_session", session).get_scoped_config()["region"])

    outcome = fan_out(region, "prod-*", regions=["eu-north-1", "us-east-1"])
    assert [each.value for each in outcome.results] == ["eu-west-1"] * 2 + ["us-east-1"] * 2
    assert len(parsed) == len(set(parsed))


def test_sessions_of_a_fan_out_share_nothing_that_a_script_may_change(machine: Machine) -> None:
    shared = SharedSource(SessionConfig())
    one, other = (fanout_session("prod-eu", None, shared)._session for _ in range(2))
    one.get_scoped_config()["region"] = "us-west-2"
    one.full_config["profiles"]["new"] = {"region": "us-west-2"}
    assert other.get_scoped_config()["region"] == "eu-west-1"
    assert "new" not in other.available_profiles


def test_a_fan_out_starts_a_program_once(machine: Machine, tmp_path: Path) -> None:
    notes, program = tmp_path / "notes", tmp_path / "give"
    answer = {
        "Version": 1,
        "AccessKeyId": machine.key.id,
        "SecretAccessKey": machine.key.secret,
    }
    program.write_text(f"#!/bin/sh\necho x >> '{notes}'\nsleep 0.1\necho '{json.dumps(answer)}'\n")
    program.chmod(0o755)
    machine.config.write_text(f"[profile other]\ncredential_process = {program}\n")
    outcome = awsprof.map(awsprof.whoami, "other", regions=["a", "b", "c", "d"])
    assert [each.value.arn for each in outcome.results] == [machine.key.arn] * 4
    assert notes.read_text() == "x\n"


@pytest.mark.parametrize(
    ("criteria", "names"),
    [
        ({"kind": "role"}, ["admin", "prod-eu", "prod-audit"]),
        ({"kind": ["keys", "process"]}, ["base", "plain"]),
        ({"role": "Aud*"}, ["prod-audit"]),
        ({"profile_region": "us-*"}, ["prod-audit"]),
        ({"kind": "role", "account": "210987654321"}, ["admin", "prod-eu"]),
        ({"kind": "role", "profile_region": "eu-*", "profiles": "prod-*"}, ["prod-eu"]),
    ],
)
def test_profiles_are_selected_by_what_they_are(
    machine: Machine, criteria: dict[str, Any], names: list[str]
) -> None:
    assert [name for name, _ in awsprof.sessions(**criteria)] == names


def test_profiles_of_a_team_file_are_selected(machine: Machine, tmp_path: Path) -> None:
    own = [name for name, _ in awsprof.sessions()]
    apply_team_file(tmp_path)
    assert [name for name, _ in awsprof.sessions(managed=True)] == ["dev", "prod"]
    assert [name for name, _ in awsprof.sessions("p*", managed=True)] == ["prod"]
    assert [name for name, _ in awsprof.sessions(managed=False)] == own
    with pytest.raises(awsprof.ProfileNotFound, match="comes from a team file and has kind keys"):
        awsprof.sessions(managed=True, kind="keys")


def test_a_selection_that_matches_nothing_is_said(machine: Machine) -> None:
    with pytest.raises(awsprof.ProfileNotFound, match="has kind role and role Nobody"):
        awsprof.sessions(kind="role", role="Nobody")
    with pytest.raises(awsprof.UsageError, match="'roles' is not a kind"):
        awsprof.sessions(kind="roles")


def test_ctrl_c_gives_what_is_done(machine: Machine) -> None:
    begun = threading.Event()

    def work(session: awsprof.Session) -> str:
        if session.profile_name == "admin":
            begun.set()
            threading.Event().wait(20)
        begun.wait(20)
        return str(session.profile_name)

    def interrupt(progress: awsprof.Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        awsprof.map(work, ["admin", "prod-*"], workers=3, progress=interrupt)
    assert isinstance(stopped.value, awsprof.Interrupted)
    outcome = stopped.value.outcome
    assert not outcome and outcome.unfinished == (("admin", None),)
    assert [each.value for each in outcome.results] == ["prod-eu", "prod-audit"]


def test_an_outcome_as_a_table(machine: Machine) -> None:
    secret = machine.key.secret

    def fails(session: awsprof.Session) -> str:
        if session.profile_name == "plain":
            raise ValueError(f"a line\nand {secret}")
        return "東京" if session.profile_name == "prod-eu" else "x"

    outcome = awsprof.map(fails, ["plain", "prod-*"], regions=["eu-west-1"])
    lines = str(outcome).splitlines()
    assert lines[0] == "prod-eu     eu-west-1  東京"
    assert lines[2].startswith("plain       eu-west-1  ValueError: a line and ")
    assert len(lines) == 3 and secret not in outcome.table()
    rows = outcome.rows()
    assert [row["value"] for row in rows] == ["東京", "x", None]
    assert list(rows[0]) == ["profile", "region", "value", "error"]


def test_the_table_says_why_a_profile_has_no_credentials(machine: Machine) -> None:
    machine.write("[profile p]\ncredential_process = /nowhere/program\nregion = eu-west-1\n")
    text = str(awsprof.map(awsprof.whoami, "p"))
    assert "CredentialsUnavailable: The credential_process /nowhere/program did not run" in text


def test_what_the_hook_raises_ends_it(machine: Machine) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        awsprof.map(lambda s: s.region_name, "prod-*", progress=stop)


def test_profiles_as_they_are_listed(machine: Machine) -> None:
    listed = {each.name: each for each in awsprof.list_profiles()}
    admin = listed["admin"]
    assert (admin.kind, admin.account, admin.role) == ("role", "210987654321", "Admin")
    assert (admin.source, listed["base"].kind) == ("base", "keys")
