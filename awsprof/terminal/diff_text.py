"""The lines of a file's diff as text: masked, wrapped and colored.

It uses no rich, whose print is slow for the thousands of lines that a diff may have.
"""

import textwrap
from collections.abc import Iterable, Mapping
from typing import Final

from awsprof.diff import DiffLine
from awsprof.masking.mask import for_display

STYLES: Final = {"+": "green", "-": "red", " ": "dim"}


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
