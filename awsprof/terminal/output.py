"""Output: messages, tables, trees, diffs and progress bars.

stdout is for data and stderr is for people. Color is never the only sign: each line also has a
word or a mark. NO_COLOR, narrow windows and pipes are respected. Nothing here knows about AWS.

Text for people is made safe here, not by each caller (``masking.mask``): a line stays one line, no
text moves the cursor or reorders the output, and secrets are masked. Only ``data``, and methods
that take a ``Secret``, print their argument unchanged.
"""

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any

from rich.console import Console, ConsoleDimensions
from rich.text import Text

from awsprof.diff import ChangeResult, Preview
from awsprof.errors import AwsprofError
from awsprof.masking.mask import for_display, mask_by_format, mask_json, mask_text
from awsprof.qr_code import qr_rows
from awsprof.secret import Secret
from awsprof.terminal.print_diff import print_diff
from awsprof.terminal.table_text import aligned_lines, table_lines
from awsprof.terminal.tree import Branch, rich_trees
from awsprof.text import cut_long_words, fold

_WIDE = 100_000  # columns if the output is no terminal: nothing is cut
_PROSE = 80  # columns of a paragraph at most
_MARKS = {
    "ok": "green",
    "!": "yellow",
    "x": "bold red",
    "i": "blue",
    "-": "cyan",
    "[]": "bold",
}


class _Console(Console):
    """A console that counts its prints."""

    prints = 0

    def print(self, *objects: Any, **options: Any) -> None:
        self.prints += 1
        super().print(*objects, **options)


def _set_width(console: Console) -> None:
    """Sets the width: nothing is cut in a pipe, and rich takes a dumb terminal for 80 columns."""
    if not console.is_terminal:
        console.width = _WIDE
    elif console.is_dumb_terminal:
        console.size = ConsoleDimensions(*shutil.get_terminal_size())


class Terminal:
    """Writes to stdout and stderr."""

    def __init__(self) -> None:
        self._out = _Console(soft_wrap=False, highlight=False, markup=False, emoji=False)
        _set_width(self._out)
        self._err = _Console(stderr=True, highlight=False, markup=False, emoji=False)
        _set_width(self._err)

    def on_stdout(self) -> "Terminal":
        """Returns a terminal that prints its messages to stdout, for a report."""
        other = copy(self)
        other._err = self._out
        return other

    @property
    def interactive(self) -> bool:
        """True if stdin and stderr are terminals, so that a user can be asked."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def prints(self) -> int:
        """How often something was printed: code that erases rows has to count them."""
        return self._out.prints + self._err.prints

    def data(self, text: str) -> None:
        """Prints ``text`` on stdout unchanged: credentials, a value, a script."""
        sys.stdout.write(text + "\n")

    def json(self, value: Any) -> None:
        """Prints a value on stdout as JSON, with secrets masked."""
        self.data(json.dumps(mask_json(value), indent=2))

    def prose(self, text: str) -> None:
        """Prints paragraphs of ours on stdout; a terminal gets them wrapped to its width."""
        if not self._out.is_terminal:
            self.data(text)
            return
        room = max(min(self._out.width, _PROSE), 20)
        for number, paragraph in enumerate(text.strip().split("\n\n")):
            lines = fold(for_display(" ".join(paragraph.split())), room)
            self.data("\n".join([""] * bool(number) + lines))

    def data_line(self, text: str) -> None:
        """Prints a line on stdout, made safe like all text for people."""
        self.data(for_display(text))

    def say(self, text: str = "") -> None:
        """Prints a message. A line with a word too long to wrap, such as a URL, is not wrapped."""
        line = for_display(text)
        whole = any(len(word) > self._err.width for word in line.split())
        self._err.print(Text(line), soft_wrap=whole)

    def lines(self, text: str) -> None:
        """Prints several lines. Values inserted into ``text`` must not contain line breaks."""
        for line in text.split("\n"):
            self.say(line)

    def secret(self, label: str, text: Secret) -> None:
        """Prints a secret that the user asked for, only if stderr is a terminal."""
        if self._err.is_terminal:
            self._err.print(Text(f"{for_display(label)}{text.reveal()}"), soft_wrap=True)

    def heading(self, text: str, right: str = "") -> None:
        """Prints a bold line; ``right`` is aligned to the right edge."""
        *above, last = self._wrapped(text, 0)
        for line in above:
            self._err.print(Text(line, "bold"), soft_wrap=True)
        self._spread(Text(last, "bold"), right, 0)

    def entry(self, mark: str, cells: Sequence[str], right: str = "", *, room: int = 0) -> None:
        """Prints a marked line of cells, the first in bold and at least ``room`` columns wide.

        ``right`` is aligned to the right edge. A cell that does not fit goes on the next line.
        """
        cells = [for_display(cell) for cell in cells]
        first = Text(cells[0], "bold")
        if len(cells) > 1:
            first.append(" " * max(room - first.cell_len, 0))
        line = Text.assemble((f"{mark:<3}", _MARKS[mark]), first)
        for cell in cells[1:]:
            if line.cell_len + 2 + Text(cell).cell_len > self._err.width:
                line.rstrip()
                self._err.print(line, soft_wrap=True)
                *above, last = fold(cell, max(self._err.width - 3, 20))
                for part in above:
                    self._err.print(Text("   " + part), soft_wrap=True)
                line = Text("   " + last)
            else:
                line.append("  " + cell)
        self._spread(line, right, 3)

    def next_step(self, text: str, *, whole: bool) -> None:
        """Prints what to do next. ``whole``: do not wrap, because it is a command to copy."""
        lines = [for_display(text)] if whole else self._wrapped(text, 6)
        for number, line in enumerate(lines):
            head = ("next: ", "bold") if number == 0 else "      "
            self._err.print(Text.assemble(head, line), soft_wrap=True)

    def ok(self, text: str) -> None:
        """Prints that something succeeded."""
        self._marked("ok", text)

    def warn(self, text: str) -> None:
        """Prints a warning."""
        self._marked("!", text)

    def failed(self, text: str, fix: str = "") -> None:
        """Prints a failure that does not end the command, and how to fix it."""
        self._marked("x", text)
        if fix:
            self._indented(fix)

    def todo(self, text: str) -> None:
        """Prints something that is left for the user to do."""
        self._marked("[]", text)

    def error(self, error: AwsprofError) -> None:
        """Prints an error that ends the command, and how to fix it."""
        message = cut_long_words(for_display(error.message))  # masked whole, then cut
        head = "awsprof: "
        first, *more = fold(head + message, max(self._err.width, 20))
        start = Text.assemble((head, "bold red"), first[len(head) :])
        self._err.print(Text("\n").join([start, *map(Text, more)]), soft_wrap=True)
        if error.fix:
            self._indented(error.fix)

    def traceback(self, error: BaseException) -> None:
        """Prints a traceback. Each line has a mark, because a quoted value can have line breaks."""
        import traceback

        for part in traceback.format_exception(error):
            for line in mask_text(part).splitlines():
                self._err.print(Text(f"| {for_display(line)}".rstrip()), soft_wrap=True)

    def debug(self, text: str) -> None:
        """Prints a log line to stderr, marked, on one line, its secrets masked."""
        self._err.print(Text(f"| {for_display(text)}", "dim"), soft_wrap=True)

    def _marked(self, mark: str, text: str) -> None:
        for number, line in enumerate(self._wrapped(text, 3)):
            head = (f"{mark:<3}", _MARKS[mark]) if number == 0 else "   "
            self._err.print(Text.assemble(head, line), soft_wrap=True)

    def detail(self, text: str, right: str = "", *, whole: bool = False) -> None:
        """Prints a detail of the line above; ``right`` is aligned to the right edge.

        ``whole``: do not wrap, because it is a command to copy.
        """
        lines = [for_display(text)] if whole else self._wrapped(text, 3)
        for line in lines[:-1]:
            self._err.print(Text("   " + line), soft_wrap=True)
        self._spread(Text("   " + lines[-1]), right, 3)

    def _spread(self, line: Text, right: str, indent: int) -> None:
        """Prints ``line``, with ``right`` at the right edge, or below if both do not fit."""
        end = Text(for_display(right), "dim")
        if not right:
            self._err.print(line, soft_wrap=True)
            return
        room = self._err.width - end.cell_len
        if not self._err.is_terminal:
            line.append("   ")
        elif line.cell_len + 2 <= room:
            line.append(" " * (room - line.cell_len))
        else:
            self._err.print(line, soft_wrap=True)
            line = Text(" " * max(room, indent))
        self._err.print(Text.assemble(line, end), soft_wrap=True)

    def command(self, text: str) -> None:
        """Prints shell commands to copy; they are not wrapped.

        Only what has a secret's format is masked: names such as ``AttributeKey=`` and
        ``aws:TokenIssueTime`` stand before values that the command needs.
        """
        for line in text.splitlines():
            self._err.print(Text("     " + mask_by_format(line)), soft_wrap=True)

    def qr(self, text: Secret, typed: Secret) -> None:
        """Prints ``typed`` and a QR code. Only if stderr is a terminal: both may be secret.

        The code comes last, because it is nearly as high as a small window; it is left out where
        the window is too low for it and one line below.
        """
        if not self._err.is_terminal:
            return
        rows = qr_rows(text)
        whole = typed.reveal()
        groups = " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))
        sys.stderr.write(textwrap.fill(groups, self._err.width - 1) + "\n")
        if self.fits_qr(text):
            # White on black, whatever the window's colors are: cameras need this contrast.
            sys.stderr.write("".join(f"\x1b[97;40m{row}\x1b[0m\n" for row in rows))
        sys.stderr.flush()

    def fits_qr(self, text: Secret) -> bool:
        """True if the window has room for the QR code and for a prompt below it."""
        rows = qr_rows(text)
        return self._err.height > len(rows) and self._err.width >= len(rows[0])

    def _indented(self, text: str) -> None:
        for part in self._wrapped(text, 2):
            self._err.print(Text("  " + part), soft_wrap=True)

    def _wrapped(self, text: str, indent: int) -> list[str]:
        """Wraps ``text``. Not with rich, which pads each wrapped line with spaces."""
        return fold(for_display(text).rstrip(), max(self._err.width - indent, 20))

    def diff(self, diff: Preview) -> None:
        """Prints a diff, file by file. Long lines are wrapped; nothing is hidden."""
        print_diff(self._err, diff, self.warn)

    def written(self, change: ChangeResult) -> None:
        """Prints the result of a change, and how to undo it."""
        if not change.written:
            self.ok("nothing to change")
            return
        self.ok("Saved. To undo: awsprof undo")
        if change.kept_in:
            self.ok(f"Secret keys are in {change.kept_in}.")
        for note in change.notes:
            self.warn(note)

    def table(
        self,
        headers: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        shrink: Sequence[str] = (),
        leave_out: Sequence[str] = (),
    ) -> list[str]:
        """Prints a table on stdout. Columns without any value are left out.

        ``shrink`` and ``leave_out`` are for narrow terminals, as in ``table_lines``. Returns the
        headers that the terminal had no room for.
        """
        room = self._out.width if self._out.is_terminal else None
        head, body, missing = table_lines(headers, rows, room, shrink, leave_out)
        for line in head if room else ():
            self._out.print(Text(line, "bold"), soft_wrap=True)
        self.data("\n".join(body if room else [*head, *body]))
        return missing

    def pairs(self, rows: Iterable[Sequence[str]]) -> None:
        """Prints rows in aligned columns, without headers, on stdout; wide values are folded."""
        lines = aligned_lines(rows, self._out.width if self._out.is_terminal else None)
        if lines:
            self.data("\n".join(lines))

    def tree(self, branches: Sequence[Branch], *, leave_out: Sequence[int] = ()) -> list[int]:
        """Prints trees, with aligned cells, on stdout; ``leave_out`` as for ``rich_trees``.

        Returns the numbers of the cells that were left out.
        """
        trees, left_out = rich_trees(branches, self._out.width, leave_out)
        for tree in trees:
            self._out.print(tree)
        return left_out

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """Shows a progress bar on stderr, if it is a terminal. The callable advances it by 1."""
        if not self._err.is_terminal or total < 2:
            yield lambda: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self._err, transient=True) as bar:
            task = bar.add_task(for_display(what), total=total)
            yield lambda: bar.advance(task)
