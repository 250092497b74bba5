"""Writes the man pages from the commands: `make man`, or python packaging/man_pages.py FOLDER.

One page for awsprof and one for each command, made of the same help that --help prints.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from awsprof import __version__
from awsprof.cli import root_help
from awsprof.cli.command_table import SECTIONS
from awsprof.cli.root import awsprof_command


def pages() -> Iterator[tuple[str, str]]:
    """Yields the name of each page's file and its roff."""
    root = click.Context(awsprof_command, info_name="awsprof", **awsprof_command.context_settings)
    yield "awsprof.1", _root_page()
    for name, command, context in _commands(awsprof_command, root):
        yield f"{name.replace(' ', '-')}.1", _page(name, command, context)


def _commands(
    group: click.Group, above: click.Context
) -> Iterator[tuple[str, click.Command, click.Context]]:
    for word in group.list_commands(above):
        command = group.get_command(above, word)
        if command is None or command.hidden:
            continue
        context = click.Context(command, info_name=word, parent=above)
        yield context.command_path, command, context
        if isinstance(command, click.Group):
            yield from _commands(command, context)


def _root_page() -> str:
    lines = _head("awsprof", "sets up and checks AWS profiles, and keeps their keys in the keyring")
    lines += [".SH SYNOPSIS", _roff(root_help.USAGE.removeprefix("Usage: "))]
    lines += [".SH DESCRIPTION", *_text(re.sub(r"(?m)^  ", "", root_help.SUMMARY))]
    lines += [".SH OPTIONS", *_terms(root_help.OPTIONS)]
    for title, commands in SECTIONS:
        lines.append(f".SH {title.upper()}")
        lines += _terms((f"awsprof {line.name}", line.summary) for line in commands)
    lines += [".SH EXAMPLES", *_plain(root_help.EXAMPLES.partition("\n")[2])]
    codes = re.sub(r"\s+", " ", root_help.EXIT_CODES.replace("Exit codes: ", "")).strip()
    return _whole([*lines, ".SH EXIT STATUS", *_text(codes)])


def _page(name: str, command: click.Command, context: click.Context) -> str:
    summary = command.get_short_help_str(1000).rstrip(".")
    lines = _head(name.replace(" ", "-"), summary[:1].lower() + summary[1:])
    lines += [".SH SYNOPSIS", _roff(" ".join([name, *command.collect_usage_pieces(context)]))]
    lines += [".SH DESCRIPTION", *_text(click.unstyle(command.help or command.short_help or ""))]
    records = (each.get_help_record(context) for each in command.get_params(context))
    options = [record for record in records if record is not None and record[1]]
    if options:
        lines += [".SH OPTIONS", *_terms(options)]
    if isinstance(command, click.Group):
        below = (
            (word, command.get_command(context, word)) for word in command.list_commands(context)
        )
        lines.append(".SH COMMANDS")
        lines += _terms((w, c.get_short_help_str(1000)) for w, c in below if c is not None)
    examples = (command.epilog or "").replace("\b\n", "").partition("\n")[2]
    if examples:
        lines += [".SH EXAMPLES", *_plain(examples)]
    return _whole([*lines, ".SH SEE ALSO", r".BR awsprof (1)"])


def _head(name: str, summary: str) -> list[str]:
    title = f'.TH "{_roff(name.upper())}" "1" "" "awsprof {__version__}" "awsprof manual"'
    # no word is broken, and no line is stretched: names and options can be copied
    return [title, ".nh", ".ad l", ".SH NAME", f"{_roff(name)} \\- {_roff(summary)}"]


def _text(help: str) -> list[str]:
    r"""Paragraphs; those after a \b stay as they are, as in click."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", help.strip()):
        if paragraph.lstrip().startswith("\b"):
            lines += [".PP", *_plain(paragraph.lstrip().removeprefix("\b").lstrip("\n"))]
        else:
            lines += [".PP", _roff(" ".join(paragraph.split()))]
    return lines


def _plain(text: str) -> list[str]:
    return [".nf", *(_roff(line.rstrip()) for line in text.strip("\n").split("\n")), ".fi"]


def _terms(rows: Iterable[tuple[str, str]]) -> list[str]:
    lines: list[str] = []
    for term, meaning in rows:
        lines += [".TP", f".B {_roff(term)}", _roff(meaning)]
    return lines


def _roff(text: str) -> str:
    """Returns text without anything that roff takes for a request or an escape."""
    text = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    return rf"\&{text}" if text[:1] in {".", "'"} else text


def _whole(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in pages():
        (folder / file).write_text(text, encoding="utf-8")
    print(f"{len(list(folder.glob('*.1')))} man pages in {folder}")  # noqa: T201
