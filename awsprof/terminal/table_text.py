"""The lines of tables and of rows in columns, safe to print, for a window of a given width.

In a table that is wider than the window, nothing is cut that people copy. Columns that may be left
out are, if each row then is one line. Only columns that may shrink are cut, with an ellipsis; the
text of the last column wraps; what still does not fit goes below its row, in columns of its own.
What is wider than the window continues on an indented line.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from awsprof.masking.mask import for_display
from awsprof.text import columns, fold, width

_GAP: Final = 2  # columns between two cells
_INDENT: Final = 3  # of what goes below a row
_LEAST: Final = 12  # columns that a shrunk cell has, and a wrapped text
_LEAST_TEXT: Final = 20


def table_lines(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    room: int | None,
    shrink: Sequence[str],
    leave_out: Sequence[str] = (),
) -> tuple[list[str], list[str], list[str]]:
    """Returns the lines of the headers, those of the rows, and the headers that found no room.

    Columns without values are left out. ``room`` is the width in columns, None for as wide as need
    be. Where it is too narrow, the columns named in ``leave_out`` go, the first one first, if each
    row then is one line; those named in ``shrink`` are cut; all others stay whole, below their row
    if need be.
    """
    filled = [column for column in zip(headers, *rows, strict=True) if any(column[1:])]
    kept = filled if room is None else _kept_columns(filled, room, shrink, leave_out)
    missing = [column[0] for column in filled if column not in kept]
    shown = {cell: for_display(cell) for column in kept for cell in set(column)}
    cells = [*zip(*([shown[cell] for cell in column] for column in kept), strict=True)]
    lines = [line.rstrip() for line in columns(cells)]
    if not _too_wide(lines, room):
        return lines[:1], lines[1:], missing
    cut = [number for number, column in enumerate(kept) if column[0] in shrink]
    head, *body = narrow_lines(cells, room or 0, cut)
    return head, [line for row in body for line in row], missing


def _kept_columns(
    columns: Sequence[Sequence[str]],
    room: int,
    shrink: Collection[str],
    leave_out: Sequence[str],
) -> list[Sequence[str]]:
    """Returns the columns, without as many of ``leave_out`` as makes each row one line."""
    least = {
        column[0]: min(_LEAST, widest) if column[0] in shrink else widest
        for column in columns
        if (widest := max(width(for_display(cell)) for cell in set(column)))
    }
    kept = dict(least)
    for name in leave_out:
        if _total([*kept.values()]) <= room:
            break
        kept.pop(name, None)
    fits = _total([*kept.values()]) <= room
    return [column for column in columns if column[0] in kept or not fits]


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


def narrow_lines(
    rows: Sequence[Sequence[str]], room: int, shrinkable: Collection[int] = ()
) -> list[list[str]]:
    """Returns the lines of each row, the header first, for ``room`` columns of a terminal.

    ``shrinkable`` are the numbers of the columns that may be cut.
    """
    whole = [max(map(width, column)) for column in zip(*rows, strict=True)]
    widths = [*whole]
    for number in shrinkable:
        over = _total(widths) - room
        if over > 0:
            widths[number] = max(widths[number] - over, min(_LEAST, widths[number]))
    if _total(widths) > room:  # cutting alone is not enough, so nothing is cut
        widths = [min(each, room - _INDENT) for each in whole]
    left = room - _total(widths[:-1]) - _GAP
    words = max((width(word) for row in rows for word in row[-1].split()), default=0)
    if left >= max(words, _LEAST_TEXT):
        widths[-1] = min(widths[-1], left)
    groups = _groups(widths, room)
    return [_lines(row, widths, groups, room) for row in rows]


def pair_lines(rows: Sequence[Sequence[str]], room: int) -> list[str]:
    """Returns lines of names, values and notes, aligned, for ``room`` columns of a terminal.

    A row has one note at most. Names stay whole. A value too wide to be beside its note continues
    below itself, and the note comes below it.
    """
    names = max(width(row[0]) for row in rows) + _GAP
    left = max(room - names, _LEAST_TEXT)
    notes = max(width(cell) + _GAP for row in rows for cell in row[2:] or ("",))
    beside = [value for _, value, *_ in rows if width(value) <= left - notes]
    widest = max(map(width, beside), default=0)
    lines: list[str] = []
    for name, value, *more in rows:
        note = more[0] if more else ""
        if value in beside:
            below = [f"{value}{' ' * (widest - width(value) + _GAP)}{note}".rstrip()]
        else:
            below = [*fold(value, left), *(fold(note, left) if note else ())]
        lines.append(name + " " * (names - width(name)) + below[0])
        lines += [" " * names + line for line in below[1:]]
    return lines


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _groups(widths: Sequence[int], room: int) -> list[list[int]]:
    """Returns the columns of each line: as many as fit."""
    groups: list[list[int]] = [[]]
    for number in range(len(widths)):
        indent = _INDENT if len(groups) > 1 else 0
        wanted = indent + _total([widths[each] for each in (*groups[-1], number)])
        if groups[-1] and wanted > room:
            groups.append([])
        groups[-1].append(number)
    return groups


def _lines(
    row: Sequence[str], widths: Sequence[int], groups: Sequence[Sequence[int]], room: int
) -> list[str]:
    lines: list[str] = []
    for place, group in enumerate(groups):
        start = " " * (_INDENT if place else 0)
        for number in group[:-1]:
            cell = _fit(row[number], widths[number])
            start += cell + " " * (widths[number] - width(cell) + _GAP)
        end = group[-1]
        is_cut = end < len(row) - 1 and widths[end] < min(width(row[end]), room - _INDENT)
        cell = _fit(row[end], widths[end]) if is_cut else row[end]
        texts = fold(cell, max(room - width(start), _LEAST_TEXT))
        lines.append(start + texts[0])
        lines += [" " * width(start) + text for text in texts[1:]]
    return [line.rstrip() for line in lines if line.strip()]


def _fit(cell: str, room: int) -> str:
    """Returns the cell, cut with an ellipsis if it is wider than ``room``."""
    if width(cell) <= room:
        return cell
    kept = ""
    for character in cell:
        if width(kept + character) > room - 1:
            break
        kept += character
    return f"{kept}…"
