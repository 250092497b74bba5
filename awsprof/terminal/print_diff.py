"""Prints diffs: masked, wrapped and colored.

The lines of a file are one text without rich, whose print is slow for the thousands of lines that a
diff may have.
"""

import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from rich.console import COLOR_SYSTEMS, Console
from rich.padding import Padding
from rich.text import Text

from awsprof.diff import DiffLine, Preview
from awsprof.masking.mask import for_display

_STYLES: Final = {"+": "green", "-": "red", " ": "dim"}


def print_diff(console: Console, diff: Preview, warn: Callable[[str], object]) -> None:
    """Prints a diff, file by file, each with its warnings; then what happens in the vault."""
    room = max(console.width - 2, 20)
    around = {mark: _around(console, style) for mark, style in _STYLES.items()}
    for file in diff.files:
        console.print()
        path = Text(for_display(file.path), "bold")
        console.print(Padding(path, (0, 0, 0, 2), expand=False))
        console.file.write(diff_text(file.lines, room, around))
        for warning in file.warnings:
            warn(warning)
    if diff.vault:
        console.print()
    for sentence in diff.vault:
        text = Text(for_display(sentence))
        console.print(Padding(text, (0, 0, 0, 2), expand=False))
    console.print()


def _around(console: Console, style: str) -> tuple[str, str]:
    """Returns the escape sequences around styled text; empty without colors."""
    system = console.color_system
    if system is None or console.no_color or console.legacy_windows:
        return "", ""
    styled = console.get_style(style).render("|", color_system=COLOR_SYSTEMS[system])
    before, after = styled.split("|")
    return before, after


def diff_text(lines: Iterable[DiffLine], room: int, around: Mapping[str, tuple[str, str]]) -> str:
    """Returns the lines, wrapped at ``room`` columns.

    ``around`` has, for each mark, what switches its style on and off.
    """
    known: dict[tuple[str, str], str] = {}  # thousands of profiles may have the same line
    whole = []
    for line in lines:
        place = line.mark, line.text
        text = known.get(place)
        if text is None:
            text = known[place] = _line_text(line, room, around[line.mark])
        whole.append(text)
    return "".join(whole)


def _line_text(line: DiffLine, room: int, around: tuple[str, str]) -> str:
    before, after = around
    text = f"{line.mark} {for_display(line.text)}".rstrip()
    return "".join([f"{before}  {part.rstrip()}{after}\n" for part in _wrapped(text, room)])


def _wrapped(text: str, room: int) -> list[str]:
    if len(text) <= room:
        return [text]
    return textwrap.wrap(
        text,
        room,
        subsequent_indent="      ",
        replace_whitespace=False,
        drop_whitespace=False,
        break_on_hyphens=False,
    )
