"""Trees: branches whose cells are aligned over all levels."""

from collections.abc import Sequence

from rich.text import Text
from rich.tree import Tree

from awsprof.masking.mask import for_display
from awsprof.text import width

_GUIDE = 4  # columns that rich's tree puts before a child
_INDENT = 3  # columns before what goes below a line
_GAP = 2  # columns between two cells


class Branch:
    """A node of a tree: a line of cells, and its children.

    The cells of a ``heading`` are not in the columns of the others.
    """

    def __init__(
        self, cells: Sequence[str], children: Sequence["Branch"] = (), *, heading: bool = False
    ) -> None:
        self.cells = [for_display(cell) for cell in cells]
        self.children = children
        self.heading = heading


def rich_trees(
    branches: Sequence[Branch], room: int, leave_out: Sequence[int] = ()
) -> tuple[list[Tree], list[int]]:
    """Returns a tree for each branch, all aligned alike in ``room`` columns, and what is left out.

    ``leave_out`` are the numbers of cells that are left out, the first one first, if each branch
    has room on one line then. Those with text that were left out are returned.
    """
    widths = [0] * 16
    _measure(branches, 0, widths, room)
    kept = list(widths)
    for number in leave_out:
        if _total(kept) <= room:
            break
        kept[number] = 0
    left_out = []
    if _total(kept) <= room:
        left_out = [i for i in leave_out if widths[i] and not kept[i]]
        widths = kept
    trees = []
    for branch in branches:
        top = Tree(_line(branch, 0, widths, room), guide_style="dim")
        _grow(top, branch, 1, widths, room)
        trees.append(top)
    return trees, left_out


def _total(widths: Sequence[int]) -> int:
    shown = [each for each in widths if each]
    return sum(shown) + _GAP * (len(shown) - 1)


def _measure(branches: Sequence[Branch], depth: int, widths: list[int], room: int) -> None:
    """Widens each column to its cells; names too long for ``room`` are folded and do not count."""
    for branch in branches:
        for i, cell in enumerate(branch.cells if not branch.heading else ()):
            wide = width(cell) + (depth * _GUIDE if i == 0 else 0)
            if i or wide <= room:
                widths[i] = max(widths[i], wide)
        _measure(branch.children, depth + 1, widths, room)


def _line(branch: Branch, depth: int, widths: list[int], room: int) -> Text:
    """Returns the cells, aligned; what does not fit into ``room`` columns goes on another line.

    A cell that is wider than that is folded.
    """
    room -= depth * _GUIDE
    line, taken = Text(no_wrap=False, overflow="fold"), 0
    for i, cell in enumerate(branch.cells):
        wide = widths[i] - (depth * _GUIDE if i == 0 else 0)
        if branch.heading:
            wide = width(cell)
        elif i and not widths[i]:
            continue
        if i and taken + width(cell) > room and taken > _INDENT:
            line.rstrip()
            line.append("\n" + " " * _INDENT)
            taken = _INDENT
        padded = cell + " " * (wide - width(cell) + _GAP if wide else 0)
        line.append(padded, "bold" if i == 0 else "")
        taken += width(padded)
    line.rstrip()
    return line


def _grow(node: Tree, branch: Branch, depth: int, widths: list[int], room: int) -> None:
    for child in branch.children:
        below = node.add(_line(child, depth, widths, room))
        _grow(below, child, depth + 1, widths, room)
