"""What help, README and messages tell people to type exists."""

import ast
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from awsprof.accesskeys.iam_policies import POLICIES
from awsprof.cli import policy, root_help
from awsprof.cli.command_group import WholeOptionsFormatter
from awsprof.cli.root import awsprof_command
from tests import documentation
from tests.standins.sources import DOCUMENTED, docstrings, nodes

ROOT = Path(__file__).parents[3]
TOLD = re.compile(r"(?<!\ban )awsprof ([a-z][a-z-]+)((?: [a-z-]+| --[a-z-]+)*)")
# Words behind our name where a sentence, and no command, goes on.
PROSE = {"would", "is", "met", "sets", "asks", "does", "program", "has", "pieces", "cannot"} | {
    *("to", "changed", "keeps", "left", "now", "made", "moves", "creates", "with", "in", "sends")
}


def strings(every: Sequence[ast.AST]) -> Iterator[tuple[int, str]]:
    """The strings of a module's nodes that people may see: all but the docstrings."""
    docs = docstrings(every)
    for node in every:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def told() -> Iterator[tuple[str, str, str]]:
    """Where something is told, the command, and the words behind it."""
    for path, every in nodes(ast.Constant, *DOCUMENTED):
        for line, text in strings(every):
            for match in TOLD.finditer(text):
                yield f"awsprof/{path}:{line}", match[1], match[2]
    for name in documentation.pages():
        fenced = False
        for number, text in enumerate((ROOT / name).read_text().splitlines(), 1):
            fenced ^= text.startswith("```")
            code = [text] if fenced else re.findall("`([^`]+)`", text)
            for match in (found for part in code for found in TOLD.finditer(part)):
                yield f"{name}:{number}", match[1], match[2]


def test_the_commands_that_are_told_exist() -> None:
    found = list(told())
    assert len(found) > 500
    assert [what for each in found for what in unknown(*each)] == []


def unknown(where: str, word: str, more: str) -> Iterator[str]:
    """What of a command that is told somewhere there is not."""
    assert isinstance(awsprof_command, click.Group)
    if word in PROSE:
        return
    command = awsprof_command.commands.get(word)
    if command is None:
        yield f"{where}: there is no awsprof {word}"
        return
    flags = {option for p in command.params for option in (*p.opts, *p.secondary_opts)}
    words = more.partition(" -- ")[0].split()
    if isinstance(command, click.Group) and words and words[0] in command.commands:
        below = command.commands[words[0]]
        flags |= {option for p in below.params for option in (*p.opts, *p.secondary_opts)}
    for flag in (w for w in words if w.startswith("--")):
        if flag not in {*flags, "--help"}:
            yield f"{where}: awsprof {word} has no {flag}"


def commands() -> Iterator[tuple[str, click.Command]]:
    assert isinstance(awsprof_command, click.Group)
    for name, command in awsprof_command.commands.items():
        yield name, command
        if isinstance(command, click.Group):
            for below, under in command.commands.items():
                yield f"{name} {below}", under


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_each_command_is_told_in_the_docs(name: str, command: click.Command) -> None:
    readme = (ROOT / "docs" / "commands.md").read_text()
    last = name.split()[-1]
    assert f"awsprof {name}" in readme or f"`{last}`" in readme or f"\\|{last}" in readme, name
    assert command.help or command.short_help


@pytest.mark.parametrize("group", ["", *(n for n, c in commands() if isinstance(c, click.Group))])
def test_each_summary_fits_a_line_of_80_columns(group: str) -> None:
    assert isinstance(awsprof_command, click.Group)
    command = awsprof_command.commands[group] if group else awsprof_command
    assert isinstance(command, click.Group)
    settings = {**command.context_settings, "terminal_width": 78}
    lines = click.Context(command, info_name="awsprof", **settings).get_help().splitlines()
    for name, below in command.commands.items():
        summary = below.get_short_help_str(1000)
        fits = any(re.fullmatch(rf" +{name} +{re.escape(summary)}", line) for line in lines)
        assert fits, f"{name}: {summary}"


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_each_help_can_be_read_and_copied_at_80_columns(name: str, command: click.Command) -> None:
    """The usage is one line, no line is wider than the window, no code is broken at a hyphen."""
    path = f"awsprof {name}"
    text = click.Context(command, info_name=path, terminal_width=80).get_help()
    usage, blank = text.splitlines()[:2]
    assert usage.startswith(f"Usage: {path} ") and not blank, usage
    assert max(map(len, text.splitlines())) <= 80
    assert not re.findall(r"`[^`\n]*-\n[^`]*`", text)


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_each_help_has_an_example_that_parses(name: str, command: click.Command) -> None:
    """Its words, options and numbers of arguments; not what they stand for."""
    text = (command.epilog or "").replace("\\\n", " ")
    shown = [line.strip() for line in text.splitlines() if "awsprof " in line]
    assert shown, name
    assert any(f"awsprof {name}" in line for line in shown), name
    for line in shown:
        parse(line)


@pytest.mark.parametrize("room", [40, 60, 79])
def test_the_first_help_fits_a_narrow_terminal_and_says_the_same(room: int) -> None:
    text, whole = root_help.help_text(room), root_help.help_text(80)
    assert max(map(len, text.splitlines())) <= room
    assert text.split() == whole.split()
    assert not re.search(r"^[a-z]", text, re.MULTILINE), "a line goes on at the first column"


def parse(line: str) -> None:
    assert len(line) <= 76 or "  " in line, line
    inner = re.search(r"\$\(awsprof (.*?)\)", line)
    typed = inner[1] if inner else re.split(r" {2,}[a-z]| [|>] ", line.removeprefix("awsprof "))[0]
    documentation.parse(shlex.split(typed))


def test_the_exit_codes_are_those_of_the_help() -> None:
    readme = (ROOT / "docs" / "commands.md").read_text()
    table = re.findall(r"^\| (\d+) \|", readme, re.MULTILINE)
    codes = " ".join(root_help.EXIT_CODES.split())
    assert table == re.findall(r"(?:^|; |codes: )(\d+) ", codes)


def test_the_help_of_policy_has_what_the_wizard_says_of_each() -> None:
    """And each fits a row of the wizard's list at 80 columns."""
    shown = " ".join(click.Context(policy.policy).get_help().split())
    for name, known in POLICIES.items():
        assert f"{name} {known.summary}" in shown
        assert len(known.summary) < 80 - len(" > ") - max(map(len, POLICIES)) - 3


def test_no_option_is_broken_at_its_hyphens() -> None:
    for width in range(40, 96, 3):
        formatter = WholeOptionsFormatter(width=width)
        formatter.write_text("A role is named by --account and --role, or by --role-arn. " * 3)
        formatter.write_dl([("--a", "Like --external-id and --role-session-name do. " * 3)])
        words = formatter.getvalue().split()
        assert not [word for word in words if word.endswith("-") or word.startswith("arn")]
        assert words.count("--role-arn.") == words.count("--role-session-name") == 3
