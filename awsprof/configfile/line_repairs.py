"""Mends of lines as such, as values: how they end, where one was two, and where two were one."""

from dataclasses import dataclass, field
from typing import ClassVar

from awsprof.configfile.buffer import NOTHING, EditBuffer, Touched
from awsprof.configfile.key_lines import delimiter_at
from awsprof.configfile.parse import (
    SectionId,
    header_in,
    header_text,
    is_comment,
    line_end,
    section_id,
)


@dataclass(frozen=True)
class NormalizeLineEnds:
    """End each line that a lone carriage return ends as the others do, or with a line feed.

    Two line ends that stand for one (CR CR LF, where a program turned LF into CR LF twice) become
    one.
    """

    rank: ClassVar[int] = 0

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
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
    """Write a line (without its indent) as the lines that it was before breaks got lost in it."""

    section: SectionId
    line: str = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    rank: ClassVar[int] = 1

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        made = [header for line in self.lines if (header := header_in(line)) is not None]
        new = [section_id(header, text.kind) for header in made]
        touched = NOTHING
        for block in text.once_in(self.section):
            for index, line in reversed([*enumerate(block.lines)]):
                if line.strip() == self.line:
                    end = line_end(line) or text.line_end()
                    margin = line[: len(line) - len(line.lstrip())]
                    block.lines[index : index + 1] = [margin + each + end for each in self.lines]
                    touched |= {(each, None) for each in (self.section, block.id, *new)}
                    if new:  # there is to be one section of a name
                        text.cut_again(self.section, *new)
                        return touched
        return touched


@dataclass(frozen=True)
class JoinLines:
    """Make one line of several (without their indents) that follow each other: a value cut up."""

    section: SectionId
    lines: tuple[str, ...] = field(repr=False)
    rank: ClassVar[int] = 1

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        count = len(self.lines)
        for block in text.blocks(self.section):
            for index in range(1, len(block.lines) - count + 1):
                cut = block.lines[index : index + count]
                if tuple(line.strip() for line in cut) == self.lines:
                    first = cut[0].rstrip()
                    blank = " " if first.endswith(("=", ":")) and len(self.lines) == 2 else ""
                    blank = blank if delimiter_at(first) == len(first) - 1 else ""
                    whole = first + blank + "".join(self.lines[1:]) + line_end(cut[-1])
                    block.lines[index : index + count] = [whole]
                    return frozenset({(self.section, None)})
        return NOTHING


@dataclass(frozen=True)
class HeadLines:
    """Put a header above the lines that stand before the first one."""

    section: SectionId
    rank: ClassVar[int] = 1

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        lines = text.parts.preamble
        first = (i for i, line in enumerate(lines) if line.strip() and not is_comment(line))
        at = next(first, None)
        if at is None or text.blocks(self.section):
            return NOTHING
        lines.insert(at, f"[{header_text(self.section, text.kind)}]{text.line_end()}")
        text.cut_again()
        return frozenset({(self.section, None)})
