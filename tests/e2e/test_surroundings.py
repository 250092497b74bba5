"""What a project puts around a process changes nothing of what serves credentials."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from awsprof.profiles import process_command
from tests.standins.cli_runner import AWSPROF

CONFIG = """\
[profile x]
region = eu-west-1
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = made-up
"""
# Whoever imports one of these says so; "re" and "json" are the standard library's.
FOOLING = ("botocore", "boto3", "click", "keyring", "cryptography", "re", "json", "awsprof_plugin")


@pytest.fixture
def project(home: Path, tmp_path: Path) -> Path:
    """A folder with modules of those names, each of which leaves a mark when it is imported."""
    (home / ".aws").mkdir(mode=0o700)
    (home / ".aws" / "config").write_text(CONFIG)
    (home / ".aws" / "config").chmod(0o600)
    for name in FOOLING:
        mark = tmp_path / "imported"
        (tmp_path / f"{name}.py").write_text(
            f"open({str(mark)!r}, 'a').write({name!r})\nraise OSError"
        )
    return tmp_path


def ran(words: list[str], project: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    if AWSPROF in words and "\nimport re\n" in Path(AWSPROF).read_text():
        # pip wrote the script, and until its version 24 that imports re before any line of ours.
        (project / "re.py").unlink(missing_ok=True)
    return subprocess.run(
        words,
        cwd=project,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


SURROUNDINGS: tuple[dict[str, str], ...] = (
    {"PYTHONPATH": "."},
    {"PYTHONPATH": "HERE"},
    {"PYTHONPATH": "HERE", "PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error"},
    {"PYTHONWARNINGS": "error"},
    {"PYTHONINSPECT": "1"},
    {"PYTHONSTARTUP": "HERE/botocore.py"},
    {"VIRTUAL_ENV": "HERE", "PYTHONUSERBASE": "HERE"},
    {"PYTHONIOENCODING": "ascii"},
    {},
)
LINE = shlex.split(process_command.build_command("x", program=None))[:-2]
WAYS = ([AWSPROF], LINE, [sys.executable, "-I", "-m", "awsprof"])


@pytest.mark.parametrize("variables", SURROUNDINGS, ids=str)
@pytest.mark.parametrize("way", WAYS, ids=["script", "line", "module"])
def test_a_process_line_gives_what_it_gives(
    project: Path, way: list[str], variables: dict[str, str]
) -> None:
    given = {name: value.replace("HERE", str(project)) for name, value in variables.items()}
    done = ran([*way, "credential-process", "x"], project, **given)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["AccessKeyId"] == "AKIAIOSFODNN7EXAMPLE"
    assert done.stderr == ""
    assert not (project / "imported").exists()


def test_the_line_that_is_written_starts_whatever_python_is_told(project: Path) -> None:
    """PYTHONHOME alone keeps a script's Python from starting; sitecustomize runs before us."""
    (project / "sitecustomize.py").write_text(f"open({str(project / 'imported')!r}, 'w')")
    given = {"PYTHONPATH": str(project), "PYTHONHOME": str(project), "PYTHONSAFEPATH": ""}
    done = ran([*LINE, "credential-process", "x"], project, **given)
    assert done.returncode == 0, done.stderr
    assert not (project / "imported").exists()


@pytest.mark.parametrize("words", [["exec", "x", "--", "env"], ["env", "x"], ["list"], ["doctor"]])
def test_nor_does_any_other_command_look_there(project: Path, words: list[str]) -> None:
    done = ran([AWSPROF, *words], project, PYTHONPATH=str(project))
    assert done.returncode in {0, 1}, done.stderr
    assert not (project / "imported").exists()


def test_a_command_s_own_environment_is_whole(project: Path) -> None:
    """What exec starts sees the person's variables."""
    done = ran([AWSPROF, "exec", "x", "--", "env"], project, PYTHONPATH=str(project))
    assert f"PYTHONPATH={project}" in done.stdout.splitlines()


def test_the_working_folder_of_python_m_is_no_part_of_it(project: Path) -> None:
    for name in ("re", "json"):  # runpy has imported those before us
        (project / f"{name}.py").unlink()
    done = ran([sys.executable, "-m", "awsprof", "credential-process", "x"], project)
    assert done.returncode == 0, done.stderr
    assert not (project / "imported").exists()


def test_the_doctor_s_page_is_the_person_s_alone(project: Path) -> None:
    script = f"umask 000; {AWSPROF} doctor --offline --html page.html"
    ran(["sh", "-c", script], project)
    assert (project / "page.html").stat().st_mode & 0o777 == 0o600
