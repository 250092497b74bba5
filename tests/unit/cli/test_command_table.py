"""The table that help and completion read equals the commands, and click answers the same."""

import inspect
import itertools
import pkgutil
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.shell_completion import get_completion_class

from awsprof import cli
from awsprof.cli import command_table, fast_help_and_completion, root_help
from awsprof.cli.command_table import COMMANDS
from awsprof.cli.completion import ProfileName
from awsprof.cli.root import awsprof_command

NAMES = ("prod", "prod:eu", "it's", "my profile", "dev")


def usages(command: click.Command, *words: str) -> list[str]:
    """Its usage and those of its subcommands whose first argument is a profile."""
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    found = []
    if arguments and isinstance(arguments[0].type, ProfileName):
        found = [" ".join([*words, "PROFILE..." if arguments[0].nargs == -1 else "PROFILE"])]
    below = command.commands.items() if isinstance(command, click.Group) else ()
    return [*found, *(usage for word, each in below for usage in usages(each, *words, word))]


@pytest.mark.parametrize("line", COMMANDS.values(), ids=lambda line: line.name)
def test_each_line_equals_its_command(line: command_table.CommandLine) -> None:
    assert isinstance(awsprof_command, click.Group)
    command = awsprof_command.commands[line.name]
    defined = vars(import_module(f"awsprof.cli.{line.module}")).values()
    assert [each for each in defined if getattr(each, "name", None) == line.name] == [command]
    assert line.summary == command.get_short_help_str(1000)
    assert sorted(line.profiles) == sorted(usages(command))


def test_each_command_has_a_line() -> None:
    assert isinstance(awsprof_command, click.Group)
    below = {
        id(each)
        for command in awsprof_command.commands.values()
        if isinstance(command, click.Group)
        for each in command.commands.values()
    }
    modules = [import_module(f"awsprof.cli.{m.name}") for m in pkgutil.iter_modules(cli.__path__)]
    defined = [each for module in modules for each in vars(module).values()]
    found = {e.name for e in defined if isinstance(e, click.Command) and id(e) not in below}
    assert found - {awsprof_command.name} == set(COMMANDS)


def test_the_help_tells_the_root_as_click_has_it() -> None:
    text = root_help.help_text()
    assert max(map(len, text.splitlines())) <= 80
    context = awsprof_command.make_context("awsprof", [], resilient_parsing=True)
    assert awsprof_command.get_help(context) + "\n" == text
    records = (option.get_help_record(context) for option in awsprof_command.get_params(context))
    assert [*filter(None, records)] == [*root_help.OPTIONS]
    assert text.startswith(f"{awsprof_command.get_usage(context)}\n")
    told = " ".join(root_help.SUMMARY.split())
    assert told == " ".join(inspect.cleandoc(awsprof_command.help or "").split())


# What stands on the line, each before some beginnings of a word.
LINES = (
    "|show|doctor dev|keys rotate|keys move dev|add role|exec|use|mfa list|login"
    "|rename dev|set dev|undo|keys|policy|nonsense|show --json|--debug show|help|sso"
)
WORDS = [line.split() for line in LINES.split("|")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell", "nu"])
def test_an_answer_without_click_is_clicks(
    shell: str, aws_config: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = get_completion_class(shell)
    assert complete is not None
    answered = set()
    monkeypatch.setenv("COMP_WORDBREAKS", " \t\n\"'><=;|&(:")
    for words, last in itertools.product(WORDS, ("", "pro", "p", "my", "prod:")):
        line = " ".join(["awsprof", *words, last])
        monkeypatch.setenv("COMP_LINE", line)
        monkeypatch.setenv("COMP_POINT", str(len(line.encode())))
        typed = "\n".join(["awsprof", *words, last]) if shell == "nu" else line
        monkeypatch.setenv("COMP_WORDS", typed)
        by_word = shell in {"fish", "powershell"}
        monkeypatch.setenv("COMP_CWORD", last if by_word else str(len(words) + 1))
        quick = fast_help_and_completion._completed(shell)
        if quick is None:
            continue
        answered.add(" ".join(words))
        click_has = complete(awsprof_command, {}, "awsprof", "_AWSPROF_COMPLETE").complete()
        if words:
            assert quick.splitlines() == click_has.splitlines(), line
        else:  # click cuts the summaries
            assert len(quick.splitlines()) == len(click_has.splitlines()), line
    assert answered >= {"", "show", "doctor dev", "keys rotate", "keys move dev", "exec"}
    assert answered.isdisjoint({"rename dev", "undo", "keys", "policy", "show --json"})


@pytest.fixture
def aws_config(home: Path) -> None:
    folder = home / ".aws"
    folder.mkdir()
    (folder / "config").write_text("".join(f'[profile "{name}"]\n' for name in NAMES))
