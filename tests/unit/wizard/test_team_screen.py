"""The wizard updates from the branch or tag of the team's repository that was applied."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from awsprof.terminal import Terminal
from awsprof.wizard import prompts
from awsprof.wizard.screens import team_screen
from tests.standins.cli_runner import run, run_in_process
from tests.standins.team_repository import TeamRepository

TEAM = 'version = 1\n[profile.dev]\nregion = "eu-west-1"\n'


def test_the_ref_that_was_applied_is_used_again(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = TeamRepository(tmp_path / "team")
    repository.commit(team=TEAM)
    repository.git("branch", "stable")
    repository.commit(team=TEAM.replace("eu-west-1", "eu-west-2"))
    source = f"git+{repository.folder.as_uri()}@stable"
    run_in_process("team", "apply", source, "--yes")
    named: list[str] = []
    wizard: Any = SimpleNamespace(
        commands=SimpleNamespace(apply_team=named.append),
        context=SimpleNamespace(terminal=Terminal()),
    )
    monkeypatch.setattr(prompts, "select", lambda question, options, default: "0")
    team_screen(wizard)
    assert named == [source]
    other = tmp_path / "other.toml"
    other.write_text(TEAM.replace("dev", "other"))
    run_in_process("team", "apply", str(other), "--yes")
    assert source in run("team", "diff", code=2).stderr.replace("\n  ", " ")
