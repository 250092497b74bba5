"""Lists and patterns know which profiles come from a team file."""

import json
from pathlib import Path

from tests.standins.cli_runner import run, run_in_process
from tests.standins.team_files import apply_team_file


def test_the_profiles_of_a_team_file_are_marked(home: Path, tmp_path: Path) -> None:
    run_in_process("add", "process", "mine", "--command", "/bin/true", "--no-verify", "--yes")
    assert "TEAM" not in run("list").stdout
    source = apply_team_file(tmp_path)
    lines = {line.split()[0]: line for line in run("list").stdout.splitlines()}
    assert "managed" in lines["dev"] and "managed" not in lines["mine"]
    branches = run("list", "--tree").stdout
    assert branches.count("managed") == 2
    listed = json.loads(run("list", "--json").stdout)["profiles"]
    managed = {profile["name"]: profile["managed"] for profile in listed}
    assert managed == {"mine": None, "dev": str(source), "prod": str(source)}


def test_each_profile_is_in_the_tree_once_though_its_source_has_none(home: Path) -> None:
    """But in a cycle, which has no top."""
    role = "role_arn = arn:aws:iam::210987654321:role/R\nsource_profile ="
    sources = {"a": "gone", "b": "a", "c1": "c2", "c2": "c1", "x ": "b"}
    (home / ".aws").mkdir()
    (home / ".aws" / "credentials").write_text(
        "".join(f"[{name}]\n{role} {source}\n" for name, source in sources.items())
        + "[y]\nsource_profile = a\n"  # no role, so no SDK reads it
    )
    lines = run("list", "--tree").stdout.splitlines()
    names = [line.partition("  role R")[0].partition("  settings")[0].rstrip() for line in lines]
    assert names == ["a", "└── b", "    └── 'x '", "c1", "└── c2", "c2", "└── c1", "y"]


def test_a_pattern_can_be_limited_to_them(home: Path, tmp_path: Path) -> None:
    run_in_process("add", "process", "devious", "--command", "/bin/true", "--no-verify", "--yes")
    none = run("exec", "--managed", "d*", "--", "true", code=125).stderr
    assert "None of these profiles comes from a team file." in none
    apply_team_file(tmp_path)
    ran = json.loads(run("exec", "--managed", "--json", "d*", "--", "true", code=125).stdout)
    assert [each["profile"] for each in ran["runs"]] == ["dev"]  # nobody is signed in
    assert "are for a pattern" in run("exec", "--managed", "dev", "--", "true", code=125).stderr
