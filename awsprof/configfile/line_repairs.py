"""Repairs of lines: encoding and ends, two lines joined into one, and one line split into two."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from awsprof.configfile.buffer import NO_KEYS, EditBuffer, Touched
from awsprof.configfile.encoding import UTF_8
from awsprof.configfile.key_lines import delimiter_index
from awsprof.configfile.parse import (
    SectionId,
    header_in,
    header_text,
    indent_of,
    is_comment,
    line_end,
    section_id,
)


@dataclass(frozen=True)
class StripBom:
    """Write the text as UTF-8 without a byte order mark, whatever its encoding was."""

    rank: ClassVar[int] = 0

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        text.encoding = UTF_8
        return NO_KEYS


@dataclass(frozen=True)
class NormalizeLineEnds:
    """Give lines that end in a lone carriage return the line end of the others, or a line feed.

    A doubled line end (CR CR LF, from converting LF to CR LF twice) becomes one.
    """

    rank: ClassVar[int] = 0

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        every = [text.parts.preamble, *(block.lines for block in text.parts.blocks)]
        end = "\r\n" if any(line.endswith("\r\n") for lines in every for line in lines) else "\n"
        touched: set[tuple[SectionId, str | None]] = set()
        for lines in every:
            ended: list[str] = []
            for line in lines:
                doubled = line == "\r\n" and ended and ended[-1].endswith("\r")
                if doubled:
                    ended[-1] = ended[-1].removesuffix("\r") + line
                    touched |= {(b.id, None) for b in text.parts.blocks if b.lines is lines}
                else:
                    ended.append(line)
            lines[:] = [line[:-1] + end if line.endswith("\r") else line for line in ended]
        return frozenset(touched)


@dataclass(frozen=True)
class SplitLine:
    """Split a line (without its indent) into the lines it was before breaks got lost."""

    section: SectionId
    line: str = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    rank: ClassVar[int] = 1

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        made = [header for line in self.lines if (header := header_in(line)) is not None]
        new = [section_id(header, text.kind) for header in made]
        touched = NO_KEYS
        for block in text.blocks_with_split(self.section):
            for index, line in reversed([*enumerate(block.lines)]):
                if line.strip() != self.line:
                    continue
                end = line_end(line) or text.line_end()
                margin = line[: len(line) - len(line.lstrip())]
                block.lines[index : index + 1] = [margin + each + end for each in self.lines]
                touched |= {(each, None) for each in (self.section, block.id, *new)}
                if header_in(self.lines[-1]) is not None and not margin:
                    _dedent_keys(block.lines, index + len(self.lines))
                if new:  # there is to be one section of a name
                    text.resplit(self.section, *new)
                    return touched
        return touched


def _dedent_keys(lines: list[str], start: int) -> None:
    """Removes the indent of the keys below a new header: other SDKs refuse the file for it."""
    level = next((indent_of(line) for line in lines[start:] if line.strip()), 0)
    for index in range(start, len(lines)):
        if lines[index].strip():
            if indent_of(lines[index]) < level:
                break
            lines[index] = lines[index][level:]


@dataclass(frozen=True)
class JoinLines:
    """Join consecutive lines (without their indents): a value that was broken up."""

    section: SectionId
    lines: tuple[str, ...] = field(repr=False)
    rank: ClassVar[int] = 1

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        return _rewrite_lines(text, self.section, self.lines, self._joined)

    def _joined(self, cut: list[str]) -> list[str]:
        first = cut[0].rstrip()
        blank = " " if first.endswith(("=", ":")) and len(self.lines) == 2 else ""
        blank = blank if delimiter_index(first) == len(first) - 1 else ""
        return [first + blank + "".join(self.lines[1:]) + line_end(cut[-1])]


@dataclass(frozen=True)
class IndentBlock:
    """Indent the lines (without their indents) below the first one: they are its block."""

    section: SectionId
    lines: tuple[str, ...] = field(repr=False)
    rank: ClassVar[int] = 1

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        return _rewrite_lines(text, self.section, self.lines, _below_indented)


def _below_indented(lines: list[str]) -> list[str]:
    first, *below = lines
    return [first, *(f"  {line}" for line in below)]


def _rewrite_lines(
    text: EditBuffer,
    section: SectionId,
    wanted: tuple[str, ...],
    rewrite: Callable[[list[str]], list[str]],
) -> Touched:
    """Rewrites the first lines of the section that are these, without their indents."""
    for block in text.blocks(section):
        for start in range(1, len(block.lines) - len(wanted) + 1):
            at = slice(start, start + len(wanted))
            if tuple(line.strip() for line in block.lines[at]) == wanted:
                block.lines[at] = rewrite(block.lines[at])
                return frozenset({(section, None)})
    return NO_KEYS


@dataclass(frozen=True)
class InsertHeader:
    """Insert a header above the lines before the first header."""

    section: SectionId
    rank: ClassVar[int] = 1

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        lines = text.parts.preamble
        first = (i for i, line in enumerate(lines) if line.strip() and not is_comment(line))
        at = next(first, None)
        if at is None or text.blocks(self.section):
            return NO_KEYS
        lines.insert(at, f"[{header_text(self.section, text.kind)}]{text.line_end()}")
        text.resplit()
        return frozenset({(self.section, None)})
