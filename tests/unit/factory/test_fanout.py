"""Fan-out: sessions by pattern, and a function over them with results and errors apart."""

import json
import threading
from pathlib import Path

import pytest

import awsprof
from tests.standins.sample_config import ADMIN, Machine


def test_sessions_by_pattern_in_the_order_of_the_files(machine: Machine) -> None:
    found = list(awsprof.sessions("prod-*", region="eu-north-1"))
    assert [name for name, _ in found] == ["prod-eu", "prod-audit"]
    accounts = [awsprof.whoami(session).account for _, session in found]
    assert accounts == ["210987654321", "345678901234"]
    assert {session.region_name for _, session in found} == {"eu-north-1"}
    assert [name for name, _ in awsprof.sessions(["prod-audit", "ad*"])] == ["admin", "prod-audit"]
    with pytest.raises(awsprof.ProfileNotFound):
        awsprof.sessions("test-*")


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
