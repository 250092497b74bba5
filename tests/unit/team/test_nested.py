"""Nested blocks and services sections of a team file, as they reach the files and the SDKs."""

import tomllib
from pathlib import Path

import botocore.session
import pytest

from awsprof.editing.change import preview_change
from awsprof.profiles.catalog import Catalog
from awsprof.team.expansion import expand
from awsprof.team.export import export_team_file
from awsprof.team.reader import find_problems, load
from awsprof.team.three_way import Reason
from awsprof.terminal.print_diff import diff_text
from tests.standins.team_machine import Machine, Sections
from tests.standins.team_source import MemorySource

TEXT = """\
version = 1

[services.local.s3]
endpoint_url = "http://localhost:4566"

[services.local.dynamodb]
endpoint_url = "http://localhost:8000"

[template.fast]
s3.max_concurrent_requests = 20
s3.addressing_style = "path"

[profile.dev]
template = "fast"
region = "eu-west-1"
services = "local"
s3.addressing_style = "virtual"
api_versions.ec2 = "2015-03-01"
"""
DEV = {
    "s3.max_concurrent_requests": "20",
    "s3.addressing_style": "virtual",
    "region": "eu-west-1",
    "services": "local",
    "api_versions.ec2": "2015-03-01",
}
LOCAL = {
    "s3.endpoint_url": "http://localhost:4566",
    "dynamodb.endpoint_url": "http://localhost:8000",
}
TEAM: Sections = {"services local": LOCAL, "profile dev": DEV}
EVERY = ["services local", "profile dev"]


@pytest.fixture
def machine() -> Machine:
    machine = Machine("# mine\n[profile own]\ns3 =\n    max_queue_size = 5\n")
    assert machine.apply(TEAM, accepted=EVERY).complete
    return machine


def test_blocks_are_inherited_line_by_line() -> None:
    found = {f"{s.kind} {s.name}": s for s in expand(load(MemorySource(TEXT)), {})}
    assert {title: dict(section.values) for title, section in found.items()} == TEAM
    assert found["services local"].sensitive == (*LOCAL,)
    assert found["profile dev"].sensitive == ("services",)


def test_boto3_reads_what_was_applied(machine: Machine, home: Path) -> None:
    folder = home / ".aws"
    folder.mkdir(exist_ok=True)
    (folder / "config").write_text(machine.config)
    session = botocore.session.Session(profile="dev")
    session.set_credentials("AKIAIOSFODNN7EXAMPLE", "made-up")
    s3 = session.create_client("s3")
    assert s3.meta.endpoint_url == LOCAL["s3.endpoint_url"]
    assert s3.meta.config.s3["addressing_style"] == "virtual"
    assert session.create_client("dynamodb").meta.endpoint_url == LOCAL["dynamodb.endpoint_url"]
    assert session.create_client("ec2").meta.service_model.api_version == "2015-03-01"


def test_applying_twice_changes_nothing(machine: Machine) -> None:
    before = machine.config
    assert before.startswith("# mine\n[profile own]\ns3 =\n    max_queue_size = 5\n")
    assert machine.values("services local") == LOCAL
    assert machine.values("profile dev") == DEV
    assert machine.plan(TEAM).up_to_date
    assert machine.apply(TEAM).complete
    assert machine.config == before


def test_a_line_of_a_block_changes_comes_and_goes(machine: Machine) -> None:
    new = {**DEV, "s3.addressing_style": "path", "s3.max_bandwidth": "50MB/s"}
    del new["s3.max_concurrent_requests"], new["api_versions.ec2"]
    assert machine.apply({**TEAM, "profile dev": new}).complete
    assert machine.values("profile dev") == new
    assert "api_versions" not in machine.config


def test_an_endpoint_is_confirmed_each_time_it_changes(machine: Machine) -> None:
    new = {**TEAM, "services local": {**LOCAL, "s3.endpoint_url": "http://localhost:9000"}}
    (asked,) = machine.apply(new).confirmations
    assert [str(id) for id in asked.sections] == ["services local"]
    assert [each.key for each in asked.differences] == ["s3.endpoint_url"]
    assert machine.values("services local") == LOCAL
    assert machine.apply(new, accepted=["services local"]).complete
    assert machine.values("services local") == new["services local"]


def test_nothing_is_taken_over_unasked_at_first() -> None:
    machine = Machine()
    decision = machine.apply(TEAM)
    assert {str(id) for id in decision.held_back} == {*EVERY}
    assert machine.config == ""


def test_a_line_of_yours_in_a_block_stays(machine: Machine) -> None:
    line = "max_concurrent_requests = 20\n"
    assert machine.config.count(line) == 1
    machine.config = machine.config.replace(line, f"{line}  max_queue_size = 7\n")
    new = {**TEAM, "profile dev": {**DEV, "s3.addressing_style": "path"}}
    assert machine.apply(new).complete
    assert machine.values("profile dev") == {**new["profile dev"], "s3.max_queue_size": "7"}
    machine.config = machine.config.replace(line, "max_concurrent_requests = 3\n")
    (conflict,) = machine.apply(
        {**TEAM, "profile dev": {**DEV, "s3.max_concurrent_requests": "9"}}
    ).unanswered
    assert conflict.reason is Reason.CHANGED
    assert "max_concurrent_requests = 3\n" in machine.config


def test_a_value_where_the_team_has_a_block_is_left_and_told() -> None:
    machine = Machine("[profile plain]\nregion = eu-west-1\n")
    assert machine.apply({"profile plain": {"region": "eu-west-1"}}).complete
    machine.config += "s3 = x\n"
    decision = machine.apply({"profile plain": {"region": "eu-west-1", "s3.max_queue_size": "5"}})
    (why,) = decision.unwritable.values()
    assert why.startswith("plain has s3 in line 3 of the config file")
    assert why.endswith("To fix it: remove that line: awsprof unset plain s3")
    assert "max_queue_size" not in machine.config


def test_a_key_without_a_value_leaves_room_for_a_block() -> None:
    machine = Machine("[profile plain]\nregion = eu-west-1\n")
    assert machine.apply({"profile plain": {"region": "eu-west-1"}}).complete
    machine.config += "s3 =\n"
    new = {"profile plain": {"region": "eu-west-1", "s3.max_queue_size": "5"}}
    assert machine.apply(new).complete
    assert "s3 =\n  max_queue_size = 5\n" in machine.config
    machine.credentials = "[plain]\ns3 =\n"
    new = {"profile plain": {"region": "eu-west-1", "s3.max_queue_size": "6"}}
    (why,) = machine.apply(new).unwritable.values()
    assert "of the credentials file" in why


def test_a_services_section_goes_with_its_last_user(machine: Machine) -> None:
    left = {"profile dev": {"region": "eu-west-1"}}
    machine.config += "[profile mine]\nservices = local\n"
    assert machine.apply(left, removed=["services local"]).plan.dropped[0].stays == "mine needs it"
    machine.config = machine.config.replace("[profile mine]\nservices = local\n", "")
    assert not machine.apply(left, removed=["services local"]).complete
    assert machine.apply(left, removed=["services local"], accepted=["profile dev"]).complete
    assert machine.values("services local") is None


def test_services_of_a_profile_are_in_the_team_file() -> None:
    (problem,) = find_problems(
        MemorySource(TEXT.replace('services = "local"', 'services = "lokal"'))
    )
    assert problem.says == "The team file has no services lokal."
    assert problem.fix == "did you mean local?"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"http://localhost:8000"', '"localhost"', "services.local.dynamodb.endpoint_url"),
        ('"virtual"', '"Virtual"', "profile.dev.s3.addressing_style"),
        ('"virtual"', '"virtual\\nrole_arn = x"', "profile.dev.s3.addressing_style"),
        (
            's3.addressing_style = "virtual"',
            's3.adressing_style = "path"',
            "profile.dev.s3.adressing_style",
        ),
        ("[services.local.s3]", "[services.local.'s3\\n']", "services.local.s3\\n"),
    ],
)
def test_errors_name_the_line_of_the_block(old: str, new: str, key: str) -> None:
    assert old in TEXT
    problems = find_problems(MemorySource(TEXT.replace(old, new)))
    assert [each.key for each in problems][:1] == [key]


def test_a_secret_in_a_block_is_noticed() -> None:
    text = TEXT.replace("http://localhost:8000", "https://bob:hunter2@example.com")
    assert find_problems(MemorySource(text))[0].says == "This line has what looks like a secret."


def test_export_and_apply_give_the_same_files(machine: Machine) -> None:
    exported = export_team_file(Catalog.from_bytes(machine.config.encode(), None), "dev")
    assert exported.left_out == []
    assert tomllib.loads(exported.text)["profile"]["dev"]["s3"] == {
        "max_concurrent_requests": "20",
        "addressing_style": "virtual",
    }
    found = expand(load(MemorySource(exported.text)), {})
    assert {f"{s.kind} {s.name}": dict(s.values) for s in found} == TEAM
    assert machine.plan({f"{s.kind} {s.name}": s.values for s in found}).up_to_date


def test_what_no_sdk_reads_in_a_block_is_not_exported() -> None:
    config = (
        "[profile a]\nservices = gone\ns3 =\n  colour = red\n  max_queue_size = 5\nec2 =\n  x = y\n"
    )
    exported = export_team_file(Catalog.from_bytes(config.encode(), None))
    assert tomllib.loads(exported.text)["profile"] == {"a": {"s3": {"max_queue_size": "5"}}}
    assert exported.left_out == [
        "services of a is left out: the section that it names sets no endpoint.",
        "s3.colour of a is left out: no SDK knows it.",
        "ec2.x of a is left out: no SDK knows it.",
    ]


def test_what_is_left_out_of_a_services_section_is_told() -> None:
    config = (
        "[profile a]\nservices = local\n[services local]\ns3 =\n"
        "  endpoint_url = http://localhost:4566\n  colour = red\ne-c2 =\n"
        "  endpoint_url = http://localhost:4567\nregion = x\n"
    )
    exported = export_team_file(Catalog.from_bytes(config.encode(), None))
    assert "4567" not in exported.text
    assert exported.left_out == [
        "s3.colour of services local is left out: no SDK knows it.",
        "e-c2.endpoint_url of services local is left out: no SDK knows it.",
        "region of services local is left out: no SDK knows it.",
    ]


def test_the_diff_shows_what_is_indented() -> None:
    decision = Machine().decide(TEAM, accepted=EVERY)
    read = Catalog.from_bytes(b"", b"").stored
    (file,) = preview_change(decision.change, read=read).files
    around = dict.fromkeys("+- ", ("", ""))
    shown = diff_text(file.lines, 80, around)
    assert "  + s3 =\n  +   endpoint_url = http://localhost:4566\n" in shown
