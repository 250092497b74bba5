"""What the quick answers import: the modules, which are the time that they take."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

START = {"awsprof", "awsprof.__main__", "awsprof.errors", "awsprof.paths", "awsprof.std_streams"}
QUICK = START | {"awsprof.cli", "awsprof.cli.without_click"}
TABLE = QUICK | {"awsprof.cli.command_table"}
WORDS = TABLE | {"awsprof.cli.completion_words"}
NAMES = WORDS | {"awsprof.profiles", "awsprof.profiles.names"}
# Libraries, and what takes longest to import in Python's own.
HEAVY = {"click", "rich", "botocore", "boto3", "keyring", "cryptography"}
HEAVY |= {
    "typing",
    "re",
    "shlex",
    "enum",
    "collections",
    "inspect",
    "dataclasses",
    "pathlib",
    "subprocess",
    "asyncio",
    "logging",
    "json",
    "socket",
}


PROGRAM = "import sys; from awsprof.__main__ import main; sys.exit(main())"  # as pip's script


def imported(words: list[str], environment: dict[str, str]) -> set[str]:
    """The modules that a command line imports, by -X importtime."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", PROGRAM, *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip() for line in lines[1:]}


def completing(line: str) -> dict[str, str]:
    return {
        "_AWSPROF_COMPLETE": "bash_complete",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }


# What a command that only reads files has no use for: each takes a tenth of a second or more.
SDKS = {"boto3", "botocore", "keyring", "secretstorage", "jeepney", "cryptography", "moto"}
SDKS |= {"questionary", "prompt_toolkit", "yaml", "asyncio", "aiobotocore"}


@pytest.mark.parametrize("words", [["list"], ["set", "base", "region", "eu-west-2", "--no-verify"]])
def test_a_command_on_the_files_imports_no_sdk(words: list[str], home: Path) -> None:
    folder = home / ".aws"
    folder.mkdir(mode=0o700)
    (folder / "config").write_text("[profile base]\nregion = eu-west-1\n")
    found = imported([*words, "--yes"] if words[0] == "set" else words, {})
    assert {name.split(".")[0] for name in found}.isdisjoint(SDKS)


@pytest.mark.parametrize(
    ("words", "environment", "ours"),
    [
        (["--version"], {}, QUICK),
        (["--help"], {}, TABLE | {"awsprof.cli.root_help"}),
        ([], completing("awsprof "), WORDS),
        ([], completing("awsprof show p"), NAMES),
    ],
    ids=["version", "help", "commands", "profiles"],
)
def test_a_quick_answer_imports_these_modules(
    words: list[str], environment: dict[str, str], ours: set[str], home: Path
) -> None:
    found = imported(words, environment)
    assert {name for name in found if name.split(".")[0] == "awsprof"} == ours
    assert found.isdisjoint(HEAVY)
