"""Repairs of a damaged text's sections as values, and how each changes the lines.

A repair names its target by section and key, never by line, and does nothing if the target is gone:
so repairs can be applied in any order. It knows the dialects, but not what the text means to AWS.
``apply`` returns the keys whose reading it changes. ``key_repairs`` and ``line_repairs`` have the
others; ``repair_file`` applies them all.
"""

from dataclasses import dataclass
from typing import ClassVar

from awsprof.configfile.buffer import NO_KEYS, EditBuffer, Touched, dedent_block, dedent_comments
from awsprof.configfile.key_repairs import keep_last
from awsprof.configfile.lenient import option_runs
from awsprof.configfile.parse import Block, SectionId, header_in, header_text, line_end, section_id
from awsprof.errors import EditRefused


@dataclass(frozen=True)
class RewriteHeader:
    """Replace the header line ``line`` (without its indent) by ``new``.

    ``above`` is the text after the header, for a line of its own. botocore may not read the line as
    a header. Nothing is done if ``new`` names an existing section.
    """

    line: str
    new: str
    above: str = ""
    rank: ClassVar[int] = 1

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        meant = section_id(header_in(self.new) or "", text.kind)
        same = [block for block in text.parts.blocks if block.lines[0].strip() == self.line]
        there = [b for b in text.parts.blocks if b.id == meant and b not in same]
        own = {text.original_section(block) for block in same} - {meant}
        if any(text.original_section(block) not in own for block in there):
            return NO_KEYS
        touched = [self._header(text, block, meant) for block in same]
        while (place := self._strays(text)) is not None:
            touched.append(self._stray(text, *place, meant))
        return NO_KEYS.union(*touched)

    def _strays(self, text: EditBuffer) -> tuple[list[str], int] | None:
        """Finds the line where it is not read as a header."""
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
        text.lines_above(block).extend(self._comment(text))
        return NO_KEYS if was == meant else frozenset({(was, None), (meant, None)})

    def _stray(self, text: EditBuffer, lines: list[str], index: int, meant: SectionId) -> Touched:
        """Replaces a line that was not a header: the lines below it change their section."""
        around = [block.id for block in text.parts.blocks if block.lines is lines]
        lines[index : index + 1] = [*self._comment(text), self.new + line_end(lines[index])]
        text.resplit()
        return frozenset((section, None) for section in [*around, meant])

    def _comment(self, text: EditBuffer) -> list[str]:
        return [self.above + text.line_end()] if self.above else []


@dataclass(frozen=True)
class DedentSection:
    """Remove the indent of a section's header, keys and comments."""

    section: SectionId
    rank: ClassVar[int] = 2

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        for block in text.blocks(self.section):
            dedent_block(text, block)
        return NO_KEYS


@dataclass(frozen=True)
class DedentComments:
    """Remove the indent of a section's comments (None: those before the first section)."""

    section: SectionId | None
    rank: ClassVar[int] = 4

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        if self.section is None:
            dedent_comments(text.parts.preamble)
        else:
            for block in text.blocks(self.section):
                dedent_comments(block.lines)
        return NO_KEYS


@dataclass(frozen=True)
class DropSection:
    """Remove a section from a file where it has no effect."""

    section: SectionId
    rank: ClassVar[int] = 5

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        for block in text.blocks(self.section):
            text.remove(block)
        return frozenset({(self.section, None)})


@dataclass(frozen=True)
class AddSection:
    """Append a section with these lines (without line ends).

    Raises EditRefused if the section exists: the other file must then keep its own.
    """

    section: SectionId
    lines: tuple[str, ...]
    rank: ClassVar[int] = 5

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        if text.blocks(self.section):
            raise EditRefused(
                f"The config file already has a section {self.section}.",
                "remove one of the two in an editor",
            )
        parts, end = text.parts, text.line_end()
        last = parts.blocks[-1].lines if parts.blocks else parts.preamble
        last[:] = text.with_line_ends(last)
        if last and last[-1].strip():
            last.append(end)
        header = header_text(self.section, text.kind)
        block = Block(self.section, header, 0, [f"[{header}]{end}"])
        block.lines += [line + end for line in self.lines]
        text.append(block)
        return frozenset({(self.section, None)})


@dataclass(frozen=True)
class MergeSection:
    """Merge sections of the same name: a later value replaces an earlier one."""

    section: SectionId
    rank: ClassVar[int] = 6

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        blocks = text.blocks(self.section)
        if len(blocks) < 2 or any(len(option_runs(b.options(), b)) > 1 for b in blocks):
            return NO_KEYS
        header = header_text(blocks[0].id, text.kind)
        target = next((b for b in blocks if b.header == header), blocks[0])
        for block in blocks:
            if any(key.indent for key in block.options()):
                dedent_block(text, block)
        place = blocks.index(target)
        early = [line for block in blocks[:place] for line in text.remove(block)]
        late = [line for block in blocks[place + 1 :] for line in text.remove(block)]
        keys = target.options()
        stop = keys[-1].stop if keys else 1
        own = text.with_line_ends(target.lines[:stop])
        target.lines[:stop] = [own[0], *early, *own[1:], *late]
        text.dedent_header(text.parts.blocks.index(target) + 1)
        for name in {key.name for key in target.options()}:
            keep_last(target, name)
        dedent_comments(target.lines)  # below a nested block other SDKs refuse the file for them
        return NO_KEYS
