"""Our credential_process line means the same to shlex, to sh, and without PATH."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.compat import compat_shell_split

from awsprof.errors import AwsprofError, UsageError
from awsprof.profiles import process_command

KEY = "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    "folder", ["plain", "with blanks", "a(b)[c]{d}", "eq=ual", "amp&ersand", "per%cent"]
)
@pytest.mark.parametrize("profile", ["base", "team/prod.1", "a@b:c+d%e_f-g"])
def test_the_line_means_the_same_to_every_reader(tmp_path: Path, folder: str, profile: str) -> None:
    place = tmp_path / folder
    place.mkdir()
    program = place / "awsprof"
    program.write_text('#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n')
    program.chmod(0o755)
    line = process_command.build_command(profile, KEY, str(program))
    words = ["credential-process", profile, "--key", KEY]
    assert shlex.split(line) == [str(program), *words]
    by_shell = subprocess.run(
        ["/bin/sh", "-c", line], env={}, capture_output=True, text=True, check=True
    )
    assert by_shell.stdout.splitlines() == words
    assert process_command.parse_command(line) == process_command.ProcessCommand(
        (str(program),), profile, KEY
    )


@pytest.mark.parametrize("path", ["/a'b/awsprof", "/a$b/awsprof", "/a`b/awsprof", '/a"b/awsprof'])
def test_a_path_that_some_sdk_cannot_start_is_refused(path: str) -> None:
    with pytest.raises(AwsprofError, match="some SDKs cannot start"):
        process_command.build_command("base", KEY, path)


@pytest.mark.parametrize(
    "command",
    [
        "/opt/corp/credentials --json",
        "/usr/bin/awsprof list",
        "/usr/bin/awsprof credential-process",
        "/usr/bin/awsprof credential-process a b",
        "/usr/bin/other credential-process base",
        "awsprof credential-process 'base",
        "",
    ],
)
def test_other_commands_are_not_ours(command: str) -> None:
    assert process_command.parse_command(command) is None


def test_a_line_may_name_a_module_and_no_key() -> None:
    line = process_command.parse_command("/usr/bin/python3 -m awsprof credential-process base")
    assert line is not None
    assert (line.profile, line.key_id) == ("base", None)


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_shim_outlives_a_virtual_environment(home: Path, tmp_path: Path) -> None:
    real = program(tmp_path / "pipx" / "venvs" / "awsprof" / "bin" / "awsprof")
    shim = home / ".local" / "bin" / "awsprof"
    shim.parent.mkdir(parents=True)
    shim.symlink_to(real)
    assert process_command.stable_executable() == shim
    real.unlink()
    assert process_command.stable_executable() != shim  # a broken link


def test_what_path_finds_comes_before_the_environment_of_this_python(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = program(tmp_path / "bin" / "awsprof")
    monkeypatch.setenv("PATH", f"{found.parent}{os.pathsep}/usr/bin")
    assert process_command.stable_executable() == found
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert process_command.stable_executable() == Path(sys.executable).with_name("awsprof")


@pytest.mark.parametrize(
    "head",
    [
        "#!{python}\n# -*- coding: utf-8 -*-\n",
        "#!/bin/sh\n'''exec' '{python}' \"$0\" \"$@\"\n' '''\n",
        "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n",
        "#!/bin/sh\n'''exec' {python} \"$0\" \"$@\"\n' '''\n",
    ],
)
def test_a_script_is_started_by_its_python_isolated(
    home: Path, tmp_path: Path, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = program(tmp_path / "venv" / "bin" / "python")
    shim = program(home / ".local" / "bin" / "awsprof")
    shim.write_text(head.format(python=python))
    line = process_command.build_command("base", KEY)
    assert line == f"{python} -EP {shim} credential-process base --key {KEY}"
    parsed = process_command.parse_command(line)
    assert parsed is not None
    assert (parsed.profile, parsed.files) == ("base", (str(python), str(shim)))
    python.unlink()  # anything else is started directly
    assert (
        process_command.build_command("base", KEY) == f"{shim} credential-process base --key {KEY}"
    )


def test_our_launcher_is_started_where_that_python_has_it(home: Path, tmp_path: Path) -> None:
    python = program(tmp_path / "venv" / "bin" / "python")
    shim = program(home / ".local" / "bin" / "awsprof")
    shim.write_text(f"#!{python}\n")
    launcher = tmp_path / "venv" / "share" / "awsprof" / "awsprof"
    launcher.parent.mkdir(parents=True)
    launcher.write_text("")
    line = process_command.build_command("base", KEY)
    assert line == f"{python} -EPS {launcher} credential-process base --key {KEY}"
    parsed = process_command.parse_command(line)
    assert parsed is not None
    assert (parsed.files, parsed.isolated) == ((str(python), str(launcher)), True)


@pytest.mark.parametrize(
    ("start", "files"),
    [
        ("/usr/bin/awsprof", ["/usr/bin/awsprof"]),
        ("/v/bin/python -m awsprof", ["/v/bin/python"]),
        ("/v/bin/python3 -I -m awsprof", ["/v/bin/python3"]),
        ("/v/bin/python -I /v/bin/awsprof", ["/v/bin/python", "/v/bin/awsprof"]),
    ],
)
def test_every_way_to_start_us_is_known(start: str, files: list[str]) -> None:
    line = process_command.parse_command(f"{start} credential-process base")
    assert line is not None
    assert [*line.files] == files


def test_a_name_with_a_space_is_one_word_to_boto3_and_to_a_shell() -> None:
    for name in ("my admin", "a(b)"):
        line = process_command.build_command(name, None, "/bin/awsprof")
        assert shlex.split(line)[-2:] == ["credential-process", name]
        parsed = process_command.parse_command(line)
        assert parsed is not None
        assert parsed.profile == name
    with pytest.raises(UsageError, match="cannot be written in a credential_process"):
        process_command.build_command('a"b', None, "/bin/awsprof")


@pytest.mark.parametrize(
    ("platform", "line", "found"),
    [
        ("linux", "/usr/bin/aws-vault exec --json prod", True),
        ("linux", "aws-vault.exe export prod", True),
        ("linux", "my-aws-vault exec prod", False),
        ("linux", "'unclosed", False),
        ("linux", "", False),
        ("win32", r"C:\bin\aws-vault.exe exec prod", True),
        ("win32", r'"C:\Program Files\aws-vault.exe" exec prod', True),
        ("win32", r"C:\aws-vault\other.exe exec prod", False),
    ],
)
def test_a_command_is_known_by_its_program(
    platform: str, line: str, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    words = process_command.words_if_program(line, "aws-vault")
    assert (words is not None) is found
    assert words is None or words[-1] == "prod"
    assert process_command.words_if_program(None, "aws-vault") is None


AT = "/usr/bin/awsprof credential-process"


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        (f"{AT} base --key AKIAOLD", f"{AT} base --key AKIANEW"),
        (f'{AT}  base --key\t "AKIAOLD"', f'{AT}  base --key  "AKIANEW"'),
        (f"{AT} --key AKIAOLD -- -x", f"{AT} --key AKIANEW -- -x"),
        (f"{AT} AKIAOLD --key AKIAOLD", f"{AT} AKIAOLD --key AKIANEW"),
        (f"{AT} --key AKIAOLD -- x-AKIAOLD", f"{AT} --key AKIANEW -- x-AKIAOLD"),
    ],
)
def test_only_the_key_of_a_line_is_replaced(line: str, becomes: str) -> None:
    assert process_command.replace_key(line, "AKIANEW") == becomes


@pytest.mark.parametrize("line", [f"{AT} base", "/bin/false", f'{AT} base --key "AKIA"OLD'])
def test_a_line_whose_key_cannot_be_replaced_is_refused(line: str) -> None:
    if sys.platform == "win32" and "OLD" in line:
        pytest.skip("shlex keeps such quotes there, so this is no key of ours")
    with pytest.raises(UsageError):
        process_command.replace_key(line, "AKIANEW")


@pytest.mark.parametrize(
    ("platform", "words", "line"),
    [
        ("linux", ["/opt/my tools/x", "--to", "a=b"], '"/opt/my tools/x" --to "a=b"'),
        ("win32", [r"C:\Program Files\x.exe", "a b"], r'"C:\Program Files\x.exe" "a b"'),
        ("win32", [r"C:\x\y.exe", "--json"], r'"C:\x\y.exe" --json'),
    ],
)
def test_botocore_splits_what_was_joined(
    platform: str, words: list[str], line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_command, "sys", SimpleNamespace(platform=platform))
    assert process_command.join_words(words) == line
    assert compat_shell_split(line, platform) == words == process_command.split_words(line)
    assert process_command.program_of(line) == words[0]


@pytest.mark.parametrize(
    ("platform", "word"),
    [("linux", r"a\b"), ("linux", "a'b"), ("win32", "a'b"), ("win32", "C:\\a b\\"), ("linux", "")],
)
def test_a_word_that_some_sdk_would_split_is_refused(
    platform: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_command, "sys", SimpleNamespace(platform=platform))
    with pytest.raises(UsageError, match="cannot be written"):
        process_command.join_words(["/bin/x", word])
