"""Something changes while awsprof team apply asks: nothing of it is overwritten."""

from collections.abc import Callable
from pathlib import Path

import pytest

from awsprof.cli.app_context import AppContext
from awsprof.cli.main import run_command
from awsprof.team.state import load_state

TEAM = 'version = 1\n[profile.plain]\nregion = "eu-west-1"\noutput = "json"\n'
NEXT = TEAM.replace("eu-west-1", "eu-west-2")
During = Callable[[Callable[[], object]], None]


@pytest.fixture
def source(tmp_path: Path, home: Path) -> Path:
    path = tmp_path / "team.toml"
    path.write_text(TEAM)
    assert run_command(["team", "apply", str(path), "--yes"]) == 0
    path.write_text(NEXT)
    return path


@pytest.fixture
def config(source: Path, home: Path) -> Path:
    return home / ".aws" / "config"


@pytest.fixture
def during_the_question(monkeypatch: pytest.MonkeyPatch) -> During:
    """Does something once, while `team apply` asks whether to write."""

    def arrange(happens: Callable[[], object]) -> None:
        todo = [happens]

        def confirm(*_: object, **__: object) -> bool:
            while todo:
                todo.pop()()
            return True

        monkeypatch.setattr(AppContext, "confirm", confirm)

    return arrange


def test_a_value_that_you_changed_meanwhile_stays(
    source: Path, config: Path, during_the_question: During, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = config.read_text().replace("eu-west-1", "sa-east-1")
    during_the_question(lambda: config.write_text(mine))
    assert run_command(["team", "apply", str(source)]) == 3
    assert "changed while you were asked" in " ".join(capsys.readouterr().err.split())
    assert config.read_text() == mine
    assert run_command(["team", "apply", str(source), "--yes"]) == 1  # a conflict now
    assert config.read_text() == mine


def test_what_changed_elsewhere_meanwhile_is_no_reason_to_stop(
    source: Path, config: Path, during_the_question: During
) -> None:
    note = "# a note\n[profile mine]\nregion = us-east-1\n"
    during_the_question(lambda: config.write_text(note + config.read_text()))
    assert run_command(["team", "apply", str(source)]) == 0
    assert config.read_text().startswith(note)
    assert "eu-west-2" in config.read_text()


def test_a_newer_version_that_was_applied_meanwhile_is_not_taken_back(
    source: Path, config: Path, during_the_question: During, capsys: pytest.CaptureFixture[str]
) -> None:
    def pull() -> None:
        source.write_text(f'{TEAM}[profile.more]\nregion = "eu-west-3"\n')
        assert run_command(["team", "pull", str(source)]) == 0

    during_the_question(pull)
    assert run_command(["team", "apply", str(source)]) == 3
    assert "The team file was applied meanwhile" in " ".join(capsys.readouterr().err.split())
    assert "eu-west-3" in config.read_text()
    assert "eu-west-2" not in config.read_text()
    (state,) = load_state().for_current_config
    assert len(state.changes) == 2


def test_a_copied_config_file_is_asked_like_a_lost_state(
    source: Path, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    more = f'{TEAM}[profile.gone]\nregion = "eu-west-1"\n'
    source.write_text(more)
    renamed = config.with_name("renamed")
    config.rename(renamed)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(renamed))
    assert run_command(["team", "pull", str(source)]) == 1
    assert "You may have removed what is missing: profile gone" in " ".join(
        capsys.readouterr().err.split()
    )
    assert "gone" not in renamed.read_text()
    assert run_command(["team", "apply", str(source), "--yes"]) == 0
    assert "gone" in renamed.read_text()
