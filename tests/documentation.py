"""The commands that the pages show, taken out of their fenced blocks, and parsed by click."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from awsprof.cli.root import awsprof_command

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(r"^ *(`{3,}|~{3,})(\w*)[^\n]*\n(.*?)^ *\1 *$", re.MULTILINE | re.DOTALL)
# Languages whose blocks are commands; python's are run by test_reference.py.
_SHELLS = {"sh", "bash", "zsh", "fish", "shell", "console", "powershell"}
_SEPARATORS = {";", "|", "||", "&", "&&"}


class Block(NamedTuple):
    """A fenced block: its page, the heading above it, its language and text, and its line."""

    page: str
    heading: str
    language: str
    text: str
    line: int

    @property
    def is_shell(self) -> bool:
        """True if its lines are commands."""
        return self.language in _SHELLS


def pages() -> list[str]:
    """The pages for people: at the top, and in docs/."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("examples/**/*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks(page: str) -> Iterator[Block]:
    """Yields each fenced block of a page."""
    text = (ROOT / page).read_text()
    for match in _FENCE.finditer(text):
        above = text[: match.start()]
        headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", above), re.MULTILINE)
        heading = headings[-1] if headings else ""
        yield Block(page, heading, match[2], match[3], above.count("\n") + 1)


def block(page: str, heading: str, number: int = 0) -> str:
    """Returns the text of a heading's shell block."""
    found = [each.text for each in blocks(page) if each.heading == heading and each.is_shell]
    return found[number]


def commands(text: str) -> Iterator[list[str]]:
    """Yields each simple command of a shell block as its words, redirections left out.

    A command that is given to another one, behind -- or in $(…), comes too.
    """
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=";|&")
        lexer.commenters, lexer.whitespace_split = "#", True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word not in _SEPARATORS:
                words.append(word)
                for inner in re.findall(r"\$\(([^()]+)\)", word):
                    yield from commands(inner)
                continue
            for simple in _parts(words):
                yield _without_redirections(simple)
            words = []


def _parts(words: list[str]) -> Iterator[list[str]]:
    while words and re.match(r"[A-Z_]+=", words[0]):
        words = words[1:]
    if words:
        yield words
    if "--" in words:
        yield from _parts(words[words.index("--") + 1 :])


def _without_redirections(words: list[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        redirects = re.fullmatch(r"\d?[<>]{1,2}(.*)", word)
        if redirects is None and not skip:
            kept.append(word)
        skip = redirects is not None and not redirects[1]
    return kept


def mentions(page: str) -> Iterator[list[str]]:
    """Yields the words of each command of ours that is named in a page's sentences and tables.

    An option that stands alone behind a command, in a row of a table, comes as that command's.
    """
    text = _FENCE.sub("", (ROOT / page).read_text()).replace("\\|", "|")
    for part in re.split(r"\n\s*\n|\n(?=[|-])", text):
        command: list[str] = []
        for span in re.findall(r"`([^`]+)`", part):
            words = re.sub(r"[\[\]\u2026]|\.\.\.", " ", span).split()
            if words[:1] == ["awsprof"]:
                command = words[1:]
                yield command
            elif part.startswith("|") and command and span.startswith("--"):
                yield [*(word for word in command if not word.startswith("-")), *words]


def require_known(words: list[str]) -> None:
    """Raises AssertionError if the words behind ``awsprof`` name no command or option of it.

    Unlike in a block, arguments may be missing, ``a|b`` is one of two, and ``KIND`` any of them.
    """
    command: click.Command = awsprof_command
    options = {"--help", "--version", "--debug"}
    for word in words:
        if word == "--":
            return
        if word.startswith("-"):
            assert set(word.split("|")) <= options, words
        elif isinstance(command, click.Group) and not word.isupper():
            found = [command.commands[name] for name in word.split("|")]
            command = found[0]
            options = {"--help"}.union(*(param.opts for each in found for param in each.params))


def parse(words: list[str]) -> None:
    """Parses the words behind ``awsprof`` as click does: commands, options, choices, numbers.

    Raises AssertionError or click.UsageError if awsprof would refuse them. What a word stands for
    (a profile, a file) is not looked at.
    """
    command: click.Command = awsprof_command
    context = click.Context(command, info_name="awsprof", **command.context_settings)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, words
        command = command.commands[words[0]]
        words = words[1:]
        context = click.Context(
            command,
            context,
            allow_interspersed_args=True,
            ignore_unknown_options=command.name == "exec",
        )
    values, left, _ = command.make_parser(context).parse_args(words)
    assert not left, words
    for parameter in command.params:
        given = values.get(parameter.name)
        if isinstance(parameter, click.Argument) and parameter.required:
            assert given, words
        if isinstance(parameter.type, click.Choice) and isinstance(given, str):
            parameter.type.convert(given, parameter, context)
