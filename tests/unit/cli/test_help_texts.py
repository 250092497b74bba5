"""What help, README and messages tell people to type exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from awsprof.cli.root import awsprof_command

ROOT = Path(__file__).parents[3]
TOLD = re.compile(r"awsprof ([a-z][a-z-]+)((?: [a-z-]+| --[a-z-]+)*)")
# Words behind our name where a sentence, and no command, goes on.
PROSE = {"takes", "would", "is", "said", "met", "may", "sets", "writes", "asks", "shows"} | {
    *("does", "program", "has", "pieces", "cannot")
}


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module that people may see: all but the docstrings."""
    tree = ast.parse(path.read_text())
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def told() -> Iterator[tuple[str, str, str]]:
    """Where something is told, the command, and the words behind it."""
    for path in sorted((ROOT / "awsprof").rglob("*.py")):
        for line, text in strings(path):
            for match in TOLD.finditer(text):
                yield f"{path.relative_to(ROOT)}:{line}", match[1], match[2]
    for name in ("README.md", "CHANGELOG.md"):
        fenced = False
        for number, text in enumerate((ROOT / name).read_text().splitlines(), 1):
            fenced ^= text.startswith("```")
            code = [text] if fenced else re.findall("`([^`]+)`", text)
            for match in (found for part in code for found in TOLD.finditer(part)):
                yield f"{name}:{number}", match[1], match[2]


@pytest.mark.parametrize(("where", "word", "more"), list(told()))
def test_a_command_that_is_told_exists(where: str, word: str, more: str) -> None:
    assert isinstance(awsprof_command, click.Group)
    if word in PROSE:
        return
    command = awsprof_command.commands.get(word)
    assert command is not None, f"{where}: there is no awsprof {word}"
    flags = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    words = more.split()
    if isinstance(command, click.Group) and words and words[0] in command.commands:
        below = command.commands[words[0]]
        flags |= {option for p in below.params for option in (*p.opts, *p.secondary_opts)}
    for flag in (w for w in words if w.startswith("--")):
        assert flag in {*flags, "--help"}, f"{where}: awsprof {word} has no {flag}"


def commands() -> Iterator[tuple[str, click.Command]]:
    assert isinstance(awsprof_command, click.Group)
    for name, command in awsprof_command.commands.items():
        yield name, command
        if isinstance(command, click.Group):
            for below, under in command.commands.items():
                yield f"{name} {below}", under


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_each_command_is_told_in_the_readme(name: str, command: click.Command) -> None:
    readme = (ROOT / "README.md").read_text()
    last = name.split()[-1]
    assert f"awsprof {name}" in readme or f"`{last}`" in readme or f"\\|{last}" in readme, name
    assert command.help or command.short_help


def test_the_exit_codes_are_those_of_the_help() -> None:
    readme = (ROOT / "README.md").read_text()
    table = re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)
    epilog = awsprof_command.epilog or ""
    assert table == re.findall(r"(?:^|; |codes: )(\d+) ", epilog)
