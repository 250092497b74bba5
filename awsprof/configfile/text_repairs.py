"""What can be mended in a damaged text, as values, and how each is done to its lines.

A mend names what it is about by section and key, never by line, and does nothing where it finds
that no more: so any number of them can be done in any order. It knows of the dialects, and nothing
of what the text means to AWS.
"""

from dataclasses import dataclass
from typing import ClassVar

from awsprof.configfile.buffer import NOTHING, EditBuffer, Touched, flatten, outdent
from awsprof.configfile.edits import replace_lines
from awsprof.configfile.encoding import UTF_8
from awsprof.configfile.key_lines import comment_behind, delimiter_at, unquoted
from awsprof.configfile.lenient import option_runs
from awsprof.configfile.line_repairs import HeadLines, JoinLines, NormalizeLineEnds, SplitLine
from awsprof.configfile.parse import Block, SectionId, header_in, header_text, line_end, section_id
from awsprof.errors import EditRefused


@dataclass(frozen=True)
class StripBom:
    """Write the text as UTF-8 without a byte order mark at its beginning, whatever it was in."""

    rank: ClassVar[int] = 0

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        text.encoding = UTF_8
        return NOTHING


@dataclass(frozen=True)
class RewriteHeader:
    """Write the header line ``line`` (without its indent) as ``new``.

    ``above`` is what stood behind the header, for a line of its own. The line may be one that
    botocore takes for no header. Nothing is done where ``new`` names a section that exists.
    """

    line: str
    new: str
    above: str = ""
    rank: ClassVar[int] = 1

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        meant = section_id(header_in(self.new) or "", text.kind)
        same = [block for block in text.parts.blocks if block.lines[0].strip() == self.line]
        there = [b for b in text.parts.blocks if b.id == meant and b not in same]
        own = {text.was(block) for block in same} - {meant}
        if any(text.was(block) not in own for block in there):
            return NOTHING
        touched = [self._header(text, block, meant) for block in same]
        while (place := self._strays(text)) is not None:
            touched.append(self._stray(text, *place, meant))
        return NOTHING.union(*touched)

    def _strays(self, text: EditBuffer) -> tuple[list[str], int] | None:
        """Where the line stands as one that is no header."""
        every = [text.parts.preamble, *(block.lines for block in text.parts.blocks)]
        for lines in every:
            start = 0 if lines is text.parts.preamble else 1
            for index in range(start, len(lines)):
                if lines[index].strip() == self.line:
                    return lines, index
        return None

    def _header(self, text: EditBuffer, block: Block, meant: SectionId) -> Touched:
        was, first = block.id, block.lines[0]
        margin = first[: len(first) - len(first.lstrip())]
        text.rename(block, margin + self.new + line_end(first))
        text.before(block).extend(self._comment(text))
        return NOTHING if was == meant else frozenset({(was, None), (meant, None)})

    def _stray(self, text: EditBuffer, lines: list[str], index: int, meant: SectionId) -> Touched:
        """A line that was none of its own: what stands below it was its neighbour's until now."""
        around = [block.id for block in text.parts.blocks if block.lines is lines]
        lines[index : index + 1] = [*self._comment(text), self.new + line_end(lines[index])]
        text.cut_again()
        return frozenset((section, None) for section in [*around, meant])

    def _comment(self, text: EditBuffer) -> list[str]:
        return [self.above + text.line_end()] if self.above else []


@dataclass(frozen=True)
class RenameKey:
    """Give a key its right name, where the section has none of that name."""

    section: SectionId
    key: str
    name: str
    rank: ClassVar[int] = 8

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        taken = {key.name for block in text.blocks(self.section) for key in block.options()}
        if self.name in taken:
            return NOTHING
        for block, key in text.keys(self.section, self.key):
            line = block.lines[key.start]
            margin = line[: len(line) - len(line.lstrip())]
            at = delimiter_at(line)
            if at is not None:
                blank = line[len(line[:at].rstrip()) : at]
                block.lines[key.start] = margin + self.name + blank + line[at:]
        return frozenset({(self.section, self.key), (self.section, self.name)})


@dataclass(frozen=True)
class DedentSection:
    """Take the indents off a section's header, keys and comments."""

    section: SectionId
    rank: ClassVar[int] = 2

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        for block in text.blocks(self.section):
            outdent(text, block)
        return NOTHING


@dataclass(frozen=True)
class DedentKeys:
    """Make keys of the lines below ``key`` that its value has absorbed, those of ``names``."""

    section: SectionId
    key: str
    names: tuple[str, ...]
    rank: ClassVar[int] = 3

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        for block, key in text.keys(self.section, self.key):
            first = block.lines[key.start]
            margin = first[: len(first) - len(first.lstrip())]
            taken = {other.name for other in block.options()}
            for part, index in zip(key.parts[1:], key.part_lines[1:], strict=True):
                at = delimiter_at(part)
                if at is not None and part[:at].strip().lower() in {*self.names} - taken:
                    block.lines[index] = margin + block.lines[index].lstrip()
            flatten(block.lines, key.start)
        return frozenset({(self.section, None)})


@dataclass(frozen=True)
class DedentComments:
    """Take the indents off the comments of a section (None: above the first one)."""

    section: SectionId | None
    rank: ClassVar[int] = 4

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        if self.section is None:
            flatten(text.parts.preamble)
        else:
            for block in text.blocks(self.section):
                flatten(block.lines)
        return NOTHING


@dataclass(frozen=True)
class DropSection:
    """Take a section out, of a file where it means nothing."""

    section: SectionId
    rank: ClassVar[int] = 5

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        for block in text.blocks(self.section):
            text.take_out(block)
        return frozenset({(self.section, None)})


@dataclass(frozen=True)
class AddSection:
    """Put a section with these lines (without their line ends) at the end.

    EditRefused where there is one of that name: the other file is then to keep its own.
    """

    section: SectionId
    lines: tuple[str, ...]
    rank: ClassVar[int] = 5

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        if text.blocks(self.section):
            raise EditRefused(
                f"There is a section {self.section} in the config file already.",
                "remove one of the two in an editor",
            )
        parts, end = text.parts, text.line_end()
        last = parts.blocks[-1].lines if parts.blocks else parts.preamble
        last[:] = text.ended(last)
        if last and last[-1].strip():
            last.append(end)
        header = header_text(self.section, text.kind)
        block = Block(self.section, header, 0, [f"[{header}]{end}"])
        block.lines += [line + end for line in self.lines]
        text.append(block)
        return frozenset({(self.section, None)})


@dataclass(frozen=True)
class MergeSection:
    """Make one section of several that are one: a later value wins over an earlier one."""

    section: SectionId
    rank: ClassVar[int] = 6

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        blocks = text.blocks(self.section)
        if len(blocks) < 2 or any(len(option_runs(b.options(), b)) > 1 for b in blocks):
            return NOTHING
        header = header_text(blocks[0].id, text.kind)
        target = next((b for b in blocks if b.header == header), blocks[0])
        for block in blocks:
            if any(key.indent for key in block.options()):
                outdent(text, block)
        place = blocks.index(target)
        early = [line for block in blocks[:place] for line in text.take_out(block)]
        late = [line for block in blocks[place + 1 :] for line in text.take_out(block)]
        keys = target.options()
        stop = keys[-1].stop if keys else 1
        own = text.ended(target.lines[:stop])
        target.lines[:stop] = [own[0], *early, *own[1:], *late]
        text.free(text.parts.blocks.index(target) + 1)
        for name in {key.name for key in target.options()}:
            _keep_last(target, name)
        return NOTHING


@dataclass(frozen=True)
class DropDuplicates:
    """Of a key that stands twice in a section keep the last, which is the one that counts."""

    section: SectionId
    key: str
    rank: ClassVar[int] = 7

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        for block in text.blocks(self.section):
            _keep_last(block, self.key)
        return NOTHING


def _keep_last(block: Block, name: str) -> None:
    while True:
        lists = [[k for k in run if k.name == name] for run in option_runs(block.options(), block)]
        double = next((keys[0] for keys in lists if len(keys) > 1), None)
        if double is None:
            return
        replace_lines(block, double, [])


@dataclass(frozen=True)
class ColonToEquals:
    """Write the ``:`` between a key and its value as ``=``."""

    section: SectionId
    key: str
    rank: ClassVar[int] = 8

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        for block, key in text.keys(self.section, self.key):
            line = block.lines[key.start]
            at = delimiter_at(line)
            if at is not None and line[at] == ":":
                blank = "" if line[at - 1] in " \t" or line[at + 1 : at + 2] not in " \t" else " "
                block.lines[key.start] = f"{line[:at]}{blank}={line[at + 1 :]}"
        return NOTHING


@dataclass(frozen=True)
class MoveInlineComment:
    """Put the comment behind a key's value on a line of its own above it."""

    section: SectionId
    key: str
    rank: ClassVar[int] = 9

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        for block, key in text.keys(self.section, self.key):
            line = block.lines[key.start]
            end = line_end(line) or text.line_end()
            at = comment_behind(line, below=key.could_nest)
            if at is not None:
                kept = line[:at].rstrip() + line_end(line)
                block.lines[key.start : key.start + 1] = [line[at:].rstrip() + end, kept]
        return frozenset({(self.section, self.key)})


@dataclass(frozen=True)
class Unquote:
    """Take the quotes off a key's value, of which every SDK makes a part of the value."""

    section: SectionId
    key: str
    rank: ClassVar[int] = 10

    def do(self, text: EditBuffer) -> Touched:
        """Do it; what is read otherwise after it."""
        for block, key in text.keys(self.section, self.key):
            line = block.lines[key.start]
            at = delimiter_at(line)
            bare = unquoted(key.value)
            if at is not None and bare is not None:
                value = line[at + 1 :].strip()
                block.lines[key.start] = line[: at + 1] + line[at + 1 :].replace(value, bare, 1)
        return frozenset({(self.section, self.key)})


TextRepair = (
    StripBom
    | NormalizeLineEnds
    | HeadLines
    | RewriteHeader
    | SplitLine
    | JoinLines
    | RenameKey
    | DedentSection
    | DedentKeys
    | DedentComments
    | DropSection
    | AddSection
    | MergeSection
    | DropDuplicates
    | ColonToEquals
    | MoveInlineComment
    | Unquote
)
