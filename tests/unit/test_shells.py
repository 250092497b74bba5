"""Quoting, tried by the real shells: what comes out is the text, and nothing runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest
from dotenv import dotenv_values
from hypothesis import given, settings
from hypothesis import strategies as st

from awsprof import shells
from awsprof.errors import UsageError
from awsprof.shells import Shell
from tests.budgets import examples

EXAMPLES = examples(5)
HOSTILE = (
    "",
    "plain",
    "a b",
    "it's",
    "a\\' ; touch ran; #",
    "$(touch ran)",
    "`touch ran`",
    "; touch ran",
    "a\n touch ran",
    "!touch",
    "a!b",
    "~",
    "~root",
    "=ls",
    "\\",
    "a\\",
    "\\'",
    "''",
    '"',
    '"$(touch ran)"',
    "*",
    "?[a]",
    "{a,b}",
    "%self",
    "#x",
    "^a^b",
    "<(touch ran)",
    "\x1b[31m",
    "a\tb",
    "\u202egnp",
    "a\u00a0b",
    "\u2028",
    "é漢🙂",
    "\U000e0041",
    "\x01",
    "\x7f",
)
# The shell whose syntax it is, and the program that reads it: what is written for bash is read by
# every shell that people type a message's command into.
READERS = (
    (Shell.BASH, "bash"),
    (Shell.BASH, "zsh"),
    (Shell.ZSH, "zsh"),
    (Shell.FISH, "fish"),
    (Shell.TCSH, "tcsh"),
)
_SHOWN = ("bash", "zsh", "fish", "dash", "tcsh")
ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
SYNTAX = st.text("'\"\\!$`~=%#&|;<>(){}[]*?^ @,-\n\ta", max_size=12)


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}")
    return found


def _started(program: str) -> list[str]:
    """The program, without the person's own start-up files."""
    own_files = {"zsh": ["-f"], "tcsh": ["-f"], "fish": ["--no-config"], "bash": ["--norc"]}
    return [needs(program), *own_files.get(program, []), "-c"]


def written(text: str, shell: Shell) -> str | None:
    try:
        return shells.quote_word(text, shell)
    except UsageError:
        return None


def words_of(program: str, words: list[str], cwd: Path) -> list[bytes]:
    """What the shell makes of the words, one command for all."""
    script = "/usr/bin/printf '%s\\0' " + " ".join(words)
    done = subprocess.run(
        [*_started(program), script],
        capture_output=True,
        cwd=cwd,
        timeout=20,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "LC_ALL": "C.UTF-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(b"\0")[:-1]


@pytest.mark.parametrize(("shell", "program"), READERS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(texts=st.lists(st.one_of(ANY, SYNTAX, st.sampled_from(HOSTILE)), min_size=1, max_size=40))
def test_a_quoted_text_is_one_word(
    shell: Shell, program: str, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = [*HOSTILE, *texts]
    words = {text: word for text in texts if (word := written(text, shell)) is not None}
    cwd = tmp_path_factory.mktemp("shell")
    assert words_of(program, list(words.values()), cwd) == [text.encode() for text in words]
    assert not list(cwd.glob("ran"))


@pytest.mark.parametrize("program", _SHOWN)
@settings(max_examples=EXAMPLES, deadline=None)
@given(texts=st.lists(SYNTAX.filter(lambda text: text.isprintable()), min_size=1, max_size=40))
def test_what_a_message_shows_is_one_word_to_every_shell(
    program: str, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    cwd = tmp_path_factory.mktemp("shell")
    found = words_of(program, [shells.quote_word(text) for text in texts], cwd)
    assert found == [text.encode() for text in texts]


@given(text=ANY)
def test_nothing_hidden_comes_out(text: str) -> None:
    for shell in Shell:
        found = written(text, shell) or ""
        assert not [c for c in found if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"}]


VALUES = tuple(text for text in HOSTILE if text)


@pytest.mark.parametrize(
    ("shell", "program", "script"),
    [
        (Shell.BASH, "bash", 'eval "$(cat code)"; exec env -0'),
        (Shell.BASH, "dash", 'eval "$(cat code)"; exec env -0'),
        (Shell.ZSH, "zsh", 'eval "$(cat code)"; exec env -0'),
        (Shell.FISH, "fish", "source code; env -0"),
        (Shell.FISH, "fish", "cat code | source; env -0"),
        (Shell.TCSH, "tcsh", 'eval "`cat code`"; env -0'),
        (Shell.TCSH, "tcsh", "source code; env -0"),
    ],
)
def test_variables_are_set_to_the_very_text(
    shell: Shell, program: str, script: str, tmp_path: Path
) -> None:
    texts = [t for t in VALUES if written(t, shell) is not None]
    if program == "dash":  # it knows no $'...'
        texts = [t for t in texts if "$'" not in shells.quote_word(t)]
    if shell is Shell.TCSH:  # its eval joins words by one space, and takes \! for itself
        texts = [t for t in texts if "  " not in t]
    given = {f"V{number}": text for number, text in enumerate(texts)}
    (tmp_path / "code").write_text(shells.assign_variables(shell, given, ["GONE"]) + "\n")
    done = subprocess.run(
        [*_started(program), script],
        capture_output=True,
        cwd=tmp_path,
        timeout=20,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "GONE": "1",
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pairs = (line.partition(b"=") for line in done.stdout.split(b"\0"))
    seen = {name.decode(): value.decode() for name, _, value in pairs}
    assert {name: seen.get(name) for name in given} == given
    assert "GONE" not in seen
    assert not (tmp_path / "ran").exists()


def test_a_bare_credential_is_written_bare() -> None:
    token = "IQoJb3JpZ2luX2VjEJ//////////wEaCXVzLWVhc3QtMSJHMEUCIQ+/=="
    assert (
        shells.assign_variables(Shell.DOTENV, {"AWS_SESSION_TOKEN": token})
        == f"AWS_SESSION_TOKEN={token}"
    )


def test_dotenv_sets_one_variable_to_the_very_text(tmp_path: Path) -> None:
    for text in HOSTILE:
        found = written(text, Shell.DOTENV)
        if found is None:
            continue
        (tmp_path / ".env").write_text(f"V={found}\n")
        assert dotenv_values(tmp_path / ".env") == {"V": text}


@pytest.mark.parametrize("shell", [Shell.DOTENV, Shell.CMD, Shell.TCSH])
def test_a_line_break_is_refused_where_it_would_begin_another_line(shell: Shell) -> None:
    with pytest.raises(UsageError, match="AWS_SESSION_TOKEN has a character") as refused:
        shells.assign_variables(shell, {"AWS_SESSION_TOKEN": "a\nAWS_PROFILE=b"})
    assert "--shell json" in refused.value.fix


def test_powershell_doubles_each_of_its_single_quotes() -> None:
    # about_Quoting_Rules: the curly ones end a string too.
    assert shells.quote_word("it's", Shell.POWERSHELL) == "'it''s'"
    assert shells.quote_word("a\u2019; calc \u2018", Shell.POWERSHELL) == (
        "'a\u2019\u2019; calc \u2018\u2018'"
    )
    assert shells.quote_word("a\nb", Shell.POWERSHELL) == "('a'+[char]::ConvertFromUtf32(10)+'b')"
    assert shells.quote_word("$(x)", Shell.POWERSHELL) == "'$(x)'"
    assert shells.quote_word("a,b", Shell.POWERSHELL) == "'a,b'"  # an array, where it stands bare


def test_nu_escapes_as_its_book_says() -> None:
    assert shells.quote_word('a"\\b', Shell.NU) == '"a\\"\\\\b"'
    assert shells.quote_word("a\nb", Shell.NU) == '"a\\u{a}b"'
    assert (
        shells.assign_variables(Shell.NU, {"A": "1"}, ["B"])
        == 'hide-env --ignore-errors B\n$env.A = "1"'
    )


def test_cmd_refuses_what_it_would_expand() -> None:
    assert shells.assign_variables(Shell.CMD, {"A": "b & c"}, ["D"]) == 'set "D="\nset "A=b & c"'
    for text in ("%PATH%", "!x!", 'a" & calc & "'):
        with pytest.raises(UsageError):
            shells.quote_word(text, Shell.CMD)


@pytest.mark.parametrize(
    ("named", "shell"),
    [
        ("/bin/bash", Shell.BASH),
        ("/usr/bin/dash", Shell.BASH),
        ("/bin/csh", Shell.TCSH),
        ("/opt/nu", Shell.NU),
        ("/usr/bin/pwsh", Shell.POWERSHELL),
        ("", Shell.BASH),
    ],
)
def test_the_shell_is_that_of_SHELL(
    named: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", named)
    assert shells.current_shell() is shell


def test_a_shell_that_we_cannot_write_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/elvish")
    with pytest.raises(UsageError, match="elvish") as told:
        shells.current_shell()
    assert "tcsh" in told.value.fix
    assert shells.shell_word("a b") == "'a b'"  # a message is written all the same


# The value of SHELL, and the program that reads what messages then show.
_TYPED = (
    *(("", "bash"), ("", "dash"), ("/bin/bash", "bash"), ("/bin/zsh", "zsh")),
    *(("/usr/bin/fish", "fish"), ("/bin/tcsh", "tcsh"), ("/usr/bin/elvish", "dash")),
)


def _typed(program: str, line: str, cwd: Path) -> dict[str, str]:
    """The variables after somebody typed the line into the shell."""
    done = subprocess.run(
        [*_started(program), f"{line}\n/usr/bin/env -0"],
        capture_output=True,
        cwd=cwd,
        timeout=20,
        env={"PATH": os.environ["PATH"], "HOME": str(cwd), "LC_ALL": "C.UTF-8", **_BEFORE},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    pairs = (line.partition(b"=") for line in done.stdout.split(b"\0"))
    return {name.decode(): value.decode() for name, _, value in pairs}


_BEFORE = {"AWS_PROFILE": "one two", "AWS_DEFAULT_PROFILE": "it's", "AWS_REGION": "eu-west-1"}


@pytest.mark.parametrize(("named", "program"), _TYPED)
def test_commands_for_variables_do_it_in_the_shell_that_you_use(
    named: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", named)
    hostile = "a'b $(touch ran) `touch ran`"
    seen = _typed(program, shells.set_variable("AWS_PROFILE", hostile), tmp_path)
    assert seen["AWS_PROFILE"] == hostile
    seen = _typed(program, shells.unset_variables("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), tmp_path)
    assert {name for name in _BEFORE if name in seen} == {"AWS_REGION"}
    seen = _typed(program, shells.swap_variables("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), tmp_path)
    assert (seen["AWS_PROFILE"], seen["AWS_DEFAULT_PROFILE"]) == ("it's", "one two")
    given = {"AWS_PROFILE": hostile, "AWS_REGION": "x y"}
    line = shells.command_with_variables(given, "printenv AWS_PROFILE AWS_REGION >said")
    assert _typed(program, line, tmp_path)["AWS_REGION"] == "eu-west-1"
    assert (tmp_path / "said").read_text() == f"{hostile}\nx y\n"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("platform", "named", "lines"),
    [
        (
            "linux",
            "",
            (
                "export AWS_PROFILE='it'\\''s'",
                "unset AWS_PROFILE AWS_REGION",
                'export A="$B" B="$A"',
                "AWS_PROFILE=x awsprof list",
            ),
        ),
        (
            "win32",
            "",
            (
                "$Env:AWS_PROFILE = 'it''s'",
                "Remove-Item Env:AWS_PROFILE, Env:AWS_REGION -ErrorAction SilentlyContinue",
                "$Env:A, $Env:B = $Env:B, $Env:A",
                "$Env:AWS_PROFILE = 'x'; awsprof list",
            ),
        ),
        (
            "win32",
            r"C:\Windows\System32\cmd.exe",
            (
                'set "AWS_PROFILE=it\'s"',
                'set "AWS_PROFILE=" & set "AWS_REGION="',
                'set "A=%B%" & set "B=%A%"',
                'set "AWS_PROFILE=x" & awsprof list',
            ),
        ),
        (
            "win32",
            "/usr/bin/bash",  # Git's
            (
                "export AWS_PROFILE='it'\\''s'",
                "unset AWS_PROFILE AWS_REGION",
                'export A="$B" B="$A"',
                "AWS_PROFILE=x awsprof list",
            ),
        ),
    ],
)
def test_commands_for_variables_are_those_of_the_system(
    platform: str, named: str, lines: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", named)
    monkeypatch.setattr(shells, "sys", SimpleNamespace(platform=platform))
    assert lines == (
        shells.set_variable("AWS_PROFILE", "it's"),
        shells.unset_variables("AWS_PROFILE", "AWS_REGION"),
        shells.swap_variables("A", "B"),
        shells.command_with_variables({"AWS_PROFILE": "x"}, "awsprof list"),
    )


def test_a_value_that_cmd_cannot_express_is_shown_for_powershell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHELL", "cmd.exe")
    monkeypatch.setattr(shells, "sys", SimpleNamespace(platform="win32"))
    assert shells.set_variable("AWS_PROFILE", "50%") == "$Env:AWS_PROFILE = '50%'"


def test_a_name_from_the_environment_that_is_no_name_runs_nothing() -> None:
    assert shells.unset_variables("AWS_ENDPOINT_URL_$(x)") == "unset 'AWS_ENDPOINT_URL_$(x)'"
    assert shells.set_variable("A;ls", "x") == "export 'A;ls'=x"


def test_a_very_long_name_is_cut_and_still_one_word() -> None:
    found = shells.shell_word("x'" * 10_000)
    assert len(found) < 4 * shells.LONGEST_WORD
    assert re.fullmatch(r"(?:'[^']*'|\\.)+", found)
