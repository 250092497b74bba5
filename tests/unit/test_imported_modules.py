"""What the quick answers import: the modules, which are the time that they take."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.imported_modules import LISTS, Paths, imported, listed, read_list
from tests.standins.aws import Aws

START = {"awsprof", "awsprof.__main__", "awsprof.errors", "awsprof.paths", "awsprof.std_streams"}
QUICK = START | {"awsprof.cli", "awsprof.cli.fast_help_and_completion"}
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


def completing(line: str) -> dict[str, str]:
    return {
        "_AWSPROF_COMPLETE": "bash_complete",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }


# What a command that only reads files has no use for: each takes a tenth of a second or more.
SDKS = {"boto3", "botocore", "keyring", "secretstorage", "jeepney", "cryptography", "moto"}
SDKS |= {"questionary", "prompt_toolkit", "yaml", "asyncio", "aiobotocore"}
ON_FILES = ("list", "set", "rename", "undo", "team-apply", "team-diff")


@pytest.mark.long
def test_each_path_imports_what_its_list_says(home: Path, aws: Aws) -> None:
    """Write the lists anew with `python -m tests.imported_modules`, and read what they add."""
    more = {}
    for name, modules in Paths(home, aws).measured():
        expected = read_list(name)
        more[name] = listed(modules) - expected
        ours = [each for each in expected if each.startswith("awsprof")]
        assert all(map(find_spec, ours)), name
        assert name not in ON_FILES or modules.isdisjoint({"ssl", "http.client"}), name
    assert {path.stem for path in LISTS.iterdir()} == more.keys()
    assert not any(more.values()), more


@pytest.mark.parametrize("name", ON_FILES)
def test_a_command_on_the_files_imports_no_sdk(name: str) -> None:
    assert {module.split(".")[0] for module in read_list(name)}.isdisjoint(SDKS)


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
    found = imported(*words, env={**os.environ, **environment})
    assert {name for name in found if name.split(".")[0] == "awsprof"} == ours
    assert found.isdisjoint(HEAVY)
