"""awsprof team report: what many machines' reports say together, and nothing more."""

import json
import os
import re
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from awsprof.configfile.document import SectionId
from awsprof.doctor.machine_reports import keys_by_account, read_reports
from awsprof.doctor.team_versions import TeamVersion, outdated_versions
from awsprof.team.drift import Drift
from tests.standins.cli_runner import AWSPROF, run, run_in_process
from tests.standins.doctor_reports import ERROR, WARNING, finding, profile, report
from tests.standins.team_files import TEAM, apply_team_file
from tests.standins.tmux_screen import screen

_REPORT = (
    '{"team_versions": [], "schema": 1, "complete": true, "live": true, "profiles": [],'
    ' "findings": []}'
)
SESSION = SectionId("sso-session", "corp")


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Three machines: one drifts, one has old keys, one is fine; and what is no report."""
    folder = tmp_path / "reports"
    folder.mkdir()
    dev, old = SectionId.profile("dev"), SectionId.profile("old")
    drifting = finding(
        WARNING,
        "x",
        profile="dev",
        id="team-drift",
        details={"drift": Drift(dev, "t", ("region",)).as_json()},
    )
    gone = finding(
        WARNING, "x", id="team-drift", details={"drift": Drift(SESSION, "t", gone=True).as_json()}
    )
    left = finding(
        WARNING,
        "x",
        profile="old",
        id="team-drift",
        details={"drift": Drift(old, "t", dropped=True).as_json()},
    )
    machines = {
        "anna": report([profile("dev", drifting), profile("old", left)], gone),
        "bert": report(
            [
                profile("base", finding(WARNING, "old", id="key-old", profile="base"), role=None),
                profile("ci", finding(ERROR, "x", id="plaintext-long-term-key", profile="ci")),
            ]
        ),
        "<b>cleo": report([profile("old", left)]),
    }
    for name, each in machines.items():
        value = each.as_json()
        for entry in value["profiles"]:
            entry["kind"] = "keys" if entry["name"] in {"base", "ci"} else "role"
            entry["arn"] = "arn:aws:iam::210987654321:user/secret-name"
        (folder / f"{name}.json").write_text(json.dumps(value))
    return folder


def test_the_tables_say_who_drifts_and_whose_keys_are_old(reports: Path) -> None:
    shown = run("team", "report", str(reports)).stdout
    lines = [line.split() for line in shown.splitlines() if line]
    assert lines[0][:5] == ["3", "machines,", "2", "with", "drift,"]
    assert lines[1] == ["MACHINE", "PROFILES", "BROKEN", "ERRORS", "WARNINGS", "DRIFT", "KEYS"]
    assert lines[2][0] == "anna" and lines[2][-2:] == ["3", "0"]  # what drifts most comes first
    assert ["bert", "2", "1", "1", "1", "0", "2"] in lines
    rows = [re.split(r"  +", line) for line in shown.splitlines()]
    assert rows[rows.index(["PROFILE", "WHAT", "MACHINES"]) + 1 :][:3] == [
        ["old", "removed by the team", "<b>cleo, anna"],
        ["dev", "changed there", "anna"],
        ["sso-session corp", "removed there", "anna"],
    ]
    assert ["210987654321", "1", "2", "1", "1"] in lines


def test_a_profile_that_is_signed_out_is_not_counted_as_broken(reports: Path) -> None:
    path = reports / "bert.json"
    value = json.loads(path.read_text())
    value["profiles"][1]["sign_in"] = "awsprof login --session corp"
    path.write_text(json.dumps(value))
    text = run("team", "report", str(reports)).stdout
    assert max(map(len, text.splitlines())) <= 80
    lines = [line.split() for line in text.splitlines()]
    assert lines[2][:5] == ["MACHINE", "PROFILES", "BROKEN", "SIGNED", "OUT"]
    assert ["bert", "2", "0", "1", "1", "1", "0", "2"] in lines
    assert ["anna", "2", "0", "0", "3", "3", "0"] in lines  # nobody is signed out there
    machines = json.loads(run("team", "report", str(reports), "--json").stdout)["machines"]
    bert = next(machine for machine in machines if machine["machine"] == "bert")
    assert (bert["broken"], bert["signed_out"]) == (1, 1)


def test_no_address_is_connected_to(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*words: object) -> NoReturn:
        raise AssertionError("it connects to an address")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    run_in_process("team", "report", str(reports), "--html", str(tmp_path / "team.html"))


def test_the_sentence_of_the_counts_is_wrapped_between_words(reports: Path) -> None:
    for path in reports.glob("*.json"):
        path.write_text(path.read_text().replace('"live": true', '"live": false'))
    with screen(AWSPROF, "team", "report", str(reports)) as terminal:
        assert terminal.ended() == 0
        assert "; 3 did not ask AWS, so\ntheir old keys" in terminal.text


def test_the_page_has_the_same_escaped_and_starts_nothing(reports: Path, tmp_path: Path) -> None:
    page = tmp_path / "team.html"
    run("team", "report", str(reports), "--html", str(page))
    text = page.read_text()
    assert page.stat().st_mode & 0o777 == 0o600
    assert "&lt;b&gt;cleo" in text and "<b>cleo" not in text
    assert "<script" not in text and "http" not in text.replace("http-equiv", "")
    assert "210987654321" in text and ">anna<" in text
    assert "secret-name" not in text


def test_the_json_names_machines_profiles_and_accounts(reports: Path) -> None:
    found = json.loads(run("team", "report", str(reports), "--json").stdout)
    assert [each["machine"] for each in found["machines"]] == ["anna", "<b>cleo", "bert"]
    assert found["drift"] == [
        {"kind": "profile", "name": "old", "what": "dropped", "machines": ["<b>cleo", "anna"]},
        {"kind": "profile", "name": "dev", "what": "changed", "machines": ["anna"]},
        {"kind": "sso-session", "name": "corp", "what": "removed", "machines": ["anna"]},
    ]
    assert found["keys"] == [
        {"account": "210987654321", "machines": 1, "keys": 2, "old": 1, "plain_text": 1}
    ]
    assert "secret-name" not in json.dumps(found)


def test_a_report_of_an_older_awsprof_counts_and_names_what_it_can(reports: Path) -> None:
    drifting = finding(WARNING, "region differs", profile="dev", id="team-drift")
    general = finding(WARNING, "sso_region differs", id="team-drift")
    older = report([profile("dev", drifting)], general).as_json()
    assert "drift" not in older["findings"][0]
    (reports / "older.json").write_text(json.dumps(older))
    found = json.loads(run("team", "report", str(reports), "--json").stdout)
    (machine,) = (each for each in found["machines"] if each["machine"] == "older")
    assert (machine["drift"], machine["warnings"]) == (2, 2)
    assert {"kind": "profile", "name": "dev", "what": "changed", "machines": ["anna", "older"]} in (
        found["drift"]
    )


def test_machines_with_an_older_version_of_the_team_file_are_told(
    home: Path, tmp_path: Path
) -> None:
    folder, page = tmp_path / "reports", tmp_path / "team.html"
    folder.mkdir()
    told = []
    for machine, text in ("late", TEAM), ("new", TEAM.replace("eu-west-1", "eu-north-1")):
        apply_team_file(tmp_path, text)
        printed = run("doctor", "--offline", "--json", code=1).stdout  # nobody is signed in
        (folder / f"{machine}.json").write_text(printed)
        (version,) = json.loads(printed)["team_versions"]
        told.append(version)
        assert str(tmp_path / "team.toml") not in json.dumps(version)
    assert told[1]["earlier"] == [told[0]["digest"]]
    shown = run("team", "report", str(folder), "--html", str(page)).stdout
    short = [version["digest"][:12] for version in told]
    assert "with an older version of a team file," in shown
    rows = [re.split(r"  +", line)[::8] for line in shown.splitlines()]
    for row in (["late", f"{short[0]} older"], ["new", short[1]]):
        assert row in rows
        assert f"<td>{row[1]}</td>" in page.read_text()
    found = json.loads(run("team", "report", str(folder), "--json").stdout)["machines"]
    assert {each["machine"]: each["team_versions"] for each in found} == {
        "late": [{"digest": told[0]["digest"], "commit": "", "ref": "", "older": True}],
        "new": [{"digest": told[1]["digest"], "commit": "", "ref": "", "older": False}],
    }


@pytest.mark.parametrize(
    ("machines", "older"),
    [
        ({"c": "ab", "a": ""}, "a"),
        ({"a": "", "b": "a", "c": "b"}, "ab"),  # nobody went from a to c at once
        ({"a": "", "c": "b", "d": "c"}, "c"),  # nothing is known of a
        ({"b": "a", "a": "b"}, ""),  # one went forward, one went back
        ({"b": "a", "B": "a", "a": "b"}, "a"),  # most went forward
        ({"a": "b", "A": "b", "b": "a"}, "b"),  # the team took b back
        ({"c": "ab", "a": "cb", "C": "ab"}, "a"),
    ],
)
def test_a_version_is_older_if_most_machines_had_it_before(
    machines: dict[str, str], older: str
) -> None:
    versions = [[TeamVersion(name.lower(), "", "", tuple(e))] for name, e in machines.items()]
    assert outdated_versions(versions) == {*older}


def test_a_machine_may_have_several_team_files() -> None:
    a, b = TeamVersion("a", "", "", ()), TeamVersion("b", "", "", ("a",))
    other = TeamVersion("x", "0123456789abcdef", "main", ())
    assert outdated_versions([[other, a], [b, other]]) == {"a"}
    assert str(other) == "0123456789ab (main)"


def test_what_is_no_report_is_named_and_the_others_are_shown(reports: Path) -> None:
    for name, text in (
        ("broken", "{"),
        ("list", "[]"),
        ("other", '{"schema": 1, "profiles": []}'),
        ("odd", '{"schema": 1, "complete": true, "live": 1, "profiles": [], "findings": []}'),
        ("deep", "[" * 100_000),
        ("versions", _REPORT.replace("[]", '[{"digest": 1}]', 1)),
    ):
        (reports / f"{name}.json").write_text(text)
    os.mkfifo(reports / "pipe.json")
    (reports / "zero.json").symlink_to("/dev/zero")
    (reports / "folder.json").mkdir()
    (reports / "lost.json").symlink_to("nowhere")
    (reports / "r\u202eed.json").write_text("{")
    page = reports.parent / "team.html"
    done = run("team", "report", str(reports), "--html", str(page), code=3)
    assert "\u202e" not in done.stderr
    html = page.read_text()
    assert "<h2>Not in this report</h2>" in html and "\u202e" not in html
    unread = json.loads(run("team", "report", str(reports), "--json", code=3).stdout)["unread"]
    assert len(unread) == 11
    for name in (
        "pipe",
        "zero",
        "folder",
        "lost",
        "broken",
        "list",
        "other",
        "odd",
        "deep",
        "versions",
    ):
        assert f"{name}.json cannot be read: " in done.stderr
        assert f"<li>{name}.json cannot be read: " in html
    assert "3 machines" in done.stdout
    empty = reports / "empty"
    empty.mkdir()
    assert "has no report" in run("team", "report", str(empty), code=3).stderr
    assert "cannot be read" in run("team", "report", str(reports / "nowhere"), code=3).stderr


def test_real_reports_are_joined(home: Path, tmp_path: Path) -> None:
    run_in_process("add", "process", "mine", "--command", "/bin/true", "--no-verify", "--yes")
    apply_team_file(tmp_path)
    run_in_process("set", "dev", "region", "us-east-1", "--yes")
    printed = run("doctor", "--offline", "--json", code=1).stdout  # nobody is signed in
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "laptop.json").write_text(printed)
    (read,), errors = read_reports(folder)
    assert [(each.name, each.what) for each in read.drifting] == [("dev", "changed")]
    assert (len(read.profiles), errors) == (3, [])
    assert keys_by_account([read]) == []
    shown = run("team", "report", str(folder)).stdout
    assert "1 machine, 1 with drift" in shown and "did not ask AWS" in shown
