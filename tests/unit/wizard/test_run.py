"""The wizard around its flows: its regions, and what stays where it is left by Ctrl-C."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
import questionary
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from awsprof import signals, wizard
from awsprof.auth.identity_center import token_cache
from awsprof.profiles.catalog import Catalog
from awsprof.wizard import main_menu as main_menu
from awsprof.wizard.choices import region_choices
from awsprof.wizard.prompt_loop import answer_of
from tests.standins.cli_runner import run_in_process
from tests.standins.wizard_walk import visit


def test_regions_are_known_over_a_config_that_botocore_cannot_parse(home: Path) -> None:
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text("[profile a\nthis is no line\n[[[\n")
    found = region_choices()
    assert {"eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"} <= set(found)


def test_whoever_signed_in_and_left_by_ctrl_c_is_told_that_it_holds(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    terminal = SimpleNamespace(interactive=True, warn=told.append, detail=told.append)
    context = SimpleNamespace(terminal=terminal, catalog=Catalog.load)
    (home / ".aws").mkdir()
    config = home / ".aws" / "config"
    start = "https://x.awsapps.com/start"
    config.write_text(f"[sso-session corp]\nsso_start_url = {start}\nsso_region = eu-west-1\n")
    session = Catalog.load().session("corp")
    config.write_text("")

    class Left:
        def __init__(self, *_: object) -> None: ...

        def run(self, _: object) -> int:
            token = {"accessToken": "made-up", "expiresIn": 3600}
            token_cache.store_token(session, token, {})
            raise KeyboardInterrupt

    monkeypatch.setattr(main_menu, "Menu", Left)
    with pytest.raises(KeyboardInterrupt):
        wizard.run_wizard(None, context, SimpleNamespace())
    assert told == [
        f"You are still signed in to {start}; no profile uses it.",
        f"awsprof logout --session {start}",
    ]


def test_undo_is_offered_once_there_is_a_change(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = visit((), monkeypatch)
    run_in_process("add", "process", "tool", "--command", "/bin/true", "--no-verify", "--yes")
    after, _ = visit((), monkeypatch)
    rows = (before.rows[0], after.rows[0])
    assert [any("Undo a change" in title for title in titles) for titles in rows] == [False, True]


def test_a_signal_in_the_middle_of_drawing_ends_the_prompt_in_order() -> None:
    drawn = []

    def interrupted(_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        drawn.append("to its end")  # a handler that raised would have left here

    with create_pipe_input() as typed, create_app_session(input=typed, output=DummyOutput()):
        question = questionary.text("Profile name")
        question.application.after_render += interrupted
        before = signal.getsignal(signal.SIGTERM)
        with signals.signals_as_interrupts() as ending, pytest.raises(signals.Terminated):
            answer_of(question.application)
    assert set(drawn) == {"to its end"}
    assert ending.exit_code(0) == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before
