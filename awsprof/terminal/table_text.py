"""The lines of tables and of rows in columns, safe to print, for a window of a given width."""

from collections.abc import Iterable, Sequence

from awsprof.masking.mask import for_display
from awsprof.narrow_table import narrow_lines, pair_lines
from awsprof.text import columns, width


def table_lines(
    headers: Sequence[str], rows: Iterable[Sequence[str]], room: int | None, shrink: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Returns the lines of the headers and those of the rows; columns without values are left out.

    ``room`` is the width in columns, None for as wide as need be. Where it is too narrow, the
    columns named in ``shrink`` are cut; all others stay whole, below their row if need be.
    """
    kept = [column for column in zip(headers, *rows, strict=True) if any(column[1:])]
    shown = {cell: for_display(cell) for column in kept for cell in set(column)}
    cells = [*zip(*([shown[cell] for cell in column] for column in kept), strict=True)]
    lines = [line.rstrip() for line in columns(cells)]
    if not _too_wide(lines, room):
        return lines[:1], lines[1:]
    cut = [number for number, column in enumerate(kept) if column[0] in shrink]
    head, *body = narrow_lines(cells, room or 0, cut)
    return head, [line for row in body for line in row]


def aligned_lines(rows: Iterable[Sequence[str]], room: int | None) -> list[str]:
    """Returns the lines of rows without headers, in aligned columns; wide values are folded."""
    cells = [[for_display(cell) for cell in row] for row in rows]
    lines = [line.rstrip() for line in columns(cells)] if cells else []
    if room is None or not _too_wide(lines, room):
        return lines
    if len(cells[0]) <= 3:
        return pair_lines(cells, room)
    return [line for row in narrow_lines(cells, room) for line in row]


def _too_wide(lines: Iterable[str], room: int | None) -> bool:
    return room is not None and any(width(line) > room for line in lines)
