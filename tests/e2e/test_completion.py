"""Real shells complete commands, flags and the names of profiles, and run nothing of a name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest

from tests.requirements import need
from tests.standins.cli_runner import AWSPROF, run

SCRIPT = """
eval "$(awsprof completion bash)"
COMP_LINE='{line}' COMP_POINT={point}
_awsprof_completion awsprof
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
HOSTILE = ("$(touch ran)", "`touch ran`", "a;touch ran", "it's", "my profile", "x*", "a,b")
CONFIG = "".join(f'[profile "{name}"]\nregion = x\n' for name in HOSTILE)


def environment(folder: Path) -> dict[str, str]:
    path = f"{Path(AWSPROF).parent}:/usr/bin:/bin"
    return {**os.environ, "PATH": path, "TERM": "dumb", "PWD": str(folder), "LC_ALL": "C.UTF-8"}


def completed(line: str) -> set[str]:
    """What bash would offer at the end of the line."""
    script = SCRIPT.format(line=line, point=len(line))
    done = subprocess.run(
        ["bash", "-c", script],
        env=environment(Path.cwd()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return set(done.stdout.splitlines())


@pytest.fixture
def config(home: Path) -> Path:
    path = home / ".aws" / "config"
    path.parent.mkdir(mode=0o700)
    return path


def test_bash_completes_commands_flags_and_profiles(config: Path) -> None:
    config.write_text("[profile prod-eu]\nregion = x\n[profile dev]\n[profile team:dev]\n")
    assert {"doctor", "login"} <= completed("awsprof ")
    assert "--json" in completed("awsprof show --")
    assert completed("awsprof show prod") == {"prod-eu"}
    assert completed("awsprof remove ") >= {"prod-eu", "dev", "team:dev"}
    assert completed('awsprof show "pro') == {"prod-eu"}


def test_bash_completes_the_values_of_options_that_name_a_profile_or_session(
    config: Path,
) -> None:
    config.write_text(
        '[profile dev]\nregion = x\n[sso-session corp]\n[sso-session "my own"]\nsso_region = x\n'
    )
    for command in ("login", "logout", "remove", "add sso x"):
        assert completed(f"awsprof {command} --session ") >= {"corp"}, command
    assert completed("awsprof remove --session my") == {"my\\ own"}
    for option in ("keys stop x --using", "add role x --source", "policy stop-keys --profile"):
        assert completed(f"awsprof {option} ") == {"dev"}, option
    config.write_text("[broken\n")
    assert completed("awsprof login --session ") == {""}


def test_a_name_that_means_something_to_bash_comes_quoted(config: Path) -> None:
    config.write_text(CONFIG)
    offered = completed("awsprof show ")
    for name in offered - {""}:
        words = subprocess.run(
            ["bash", "-c", f"printf %s {name}"], capture_output=True, text=True, check=True
        ).stdout
        assert words in HOSTILE
    assert len(offered) == 7
    assert completed("awsprof show my") == {"my\\ profile"}
    assert "my profile" in completed('awsprof show "')
    assert "$(touch ran)" not in completed('awsprof show "')


class Typed:
    """A shell at a terminal of its own, in a folder of its own."""

    def __init__(self, program: str, words: list[str], folder: Path) -> None:
        need(shutil.which(program) is not None, program)
        self.folder = folder
        self.child = pexpect.spawn(
            program, words, env=environment(folder), cwd=str(folder), encoding="utf-8", timeout=30
        )
        self.child.delaybeforesend = 0.2

    def after(self, *typed: str) -> str:
        """What the command said that was typed, each with the Tab key behind it."""
        for text in typed:
            self.child.send(text + "\t")
            self.child.expect(re.escape(text.split()[-1]))
            # Completion starts awsprof: the shell answers to a marker when it has been done.
            self.child.expect(pexpect.TIMEOUT, timeout=2.5)
        self.child.send("\r")
        self.child.sendline("echo do''ne")
        self.child.expect("done\r")
        said = self.child.before or ""
        self.child.close(force=True)
        return said


BASH = ("bash", ["--norc", "--noprofile", "-i"], 'eval "$(awsprof completion bash)"')
ZSH = (
    "zsh",
    ["-f", "-i"],
    'autoload -U compinit; compinit -u -D; eval "$(awsprof completion zsh)"',
)
FISH = ("fish", ["--no-config", "-i"], "awsprof completion fish | source")


@pytest.mark.parametrize("shell", [BASH, ZSH], ids=lambda shell: shell[0])
@pytest.mark.parametrize("name", HOSTILE[:3])
def test_return_after_tab_runs_nothing_of_a_name(
    shell: tuple[str, list[str], str], name: str, config: Path, tmp_path: Path
) -> None:
    config.write_text(f'[profile "{name}"]\nregion = mars-north-1\n')
    program, words, setup = shell
    typed = Typed(program, words, tmp_path)
    typed.child.sendline(f"{setup}; echo rea''dy")
    typed.child.expect("ready\r")
    said = typed.after("awsprof show ")
    assert "mars-north-1" in said
    assert not (tmp_path / "ran").exists()


def test_fish_offers_whole_names(config: Path, tmp_path: Path) -> None:
    need(shutil.which("fish") is not None, "fish")
    config.write_text(CONFIG)
    done = subprocess.run(
        ["fish", "--no-config", "-c", f"{FISH[2]}; complete -C 'awsprof show '"],
        env=environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.splitlines()) == set(HOSTILE)
    assert not (tmp_path / "ran").exists()


def test_nothing_is_started_to_print_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for shell in ("bash", "zsh", "fish"):
        said = run("completion", shell)
        assert "awsprof" in said.stdout
        assert said.stderr == ""


def shown_by(shell: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What awsprof tells that shell's script: values and their summaries."""
    monkeypatch.setenv("_AWSPROF_COMPLETE", f"{shell}_complete")
    typed = "\n".join(words) if shell == "nu" else " ".join(words)
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", words[-1])
    done = subprocess.run([AWSPROF], capture_output=True, text=True, check=False)
    assert not done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["powershell", "nu"])
def test_powershell_and_nu_get_quoted_values_with_summaries(
    shell: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(CONFIG)
    assert ["doctor", "Check every profile with AWS; explain how to fix it."] in shown_by(
        shell, ["awsprof", "do"], monkeypatch
    )
    assert ["--json"] in [
        row[:1] for row in shown_by(shell, ["awsprof", "show", "--j"], monkeypatch)
    ]
    hostile = [value for value, _ in shown_by(shell, ["awsprof", "show", "$"], monkeypatch)]
    assert hostile == ["'$(touch ran)'" if shell == "powershell" else '"$(touch ran)"']


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "nu"])
def test_it_is_installed_where_the_shell_looks_and_removed_as_told(
    shell: str, config: Path, home: Path
) -> None:
    config.write_text("[profile prod-eu]\nregion = x\n")
    before = {path for path in home.rglob("*") if path.is_file()}
    said = run("completion", shell, "--install", "--yes").stderr
    (written,) = {p for p in home.rglob("*") if p.is_file() and p.suffix != ".lock"} - before
    assert f"To undo: rm {written}" in said
    assert "has it already" in run("completion", shell, "--install", "--yes").stderr
    if shell == "fish":
        need(shutil.which("fish") is not None, "fish")
        asked = ["fish", "-c", "complete -C 'awsprof show pro'"]
        done = subprocess.run(
            asked, env=environment(home), capture_output=True, text=True, check=False
        )
        assert done.stdout.split() == ["prod-eu"]
    written.write_text("somebody else's\n")
    run("completion", shell, "--install", "--yes", code=3)
    assert written.read_text() == "somebody else's\n"


def test_nothing_is_installed_without_a_yes(home: Path) -> None:
    run("completion", "fish", "--install", code=2)
    assert not list(home.rglob("awsprof.fish"))
    assert "$PROFILE" in run("completion", "powershell", "--install", "--yes", code=2).stderr
