"""A damaged file's text while repairs are applied: its blocks, and operations on their lines."""

from collections.abc import Iterator

from awsprof.configfile.edits import trailing_comments
from awsprof.configfile.lenient import decode_lines, encode_lines
from awsprof.configfile.parse import (
    Block,
    FileKind,
    ParsedOption,
    SectionId,
    header_in,
    is_comment,
    line_end,
    section_id,
    split_lines,
)

Touched = frozenset[tuple[SectionId, "str | None"]]
"""Keys (None: the whole section) whose reading a repair changes."""

NO_KEYS: Touched = frozenset()


class EditBuffer:
    """A file's text while repairs are applied to it."""

    def __init__(self, data: bytes, kind: FileKind) -> None:
        self.kind = kind
        self.encoding, lines = decode_lines(data)
        self.parts = split_lines(lines, kind)
        self._renamed: dict[SectionId, SectionId] = {}
        self._original: dict[Block, SectionId] = {}
        self._cut_off: dict[SectionId, list[SectionId]] = {}
        self._by_id: dict[SectionId, list[Block]] | None = None

    def data(self) -> bytes:
        """Returns the current bytes."""
        return encode_lines(self.encoding, self.parts)

    def blocks(self, section: SectionId) -> list[Block]:
        """Returns the blocks of that section, even if their header was repaired since."""
        if self._by_id is None:
            self._by_id = {}
            for block in self.parts.blocks:
                self._by_id.setdefault(block.id, []).append(block)
        return list(self._by_id.get(self._renamed.get(section, section), ()))

    def blocks_with_split(self, section: SectionId) -> list[Block]:
        """Returns the section's blocks, including those that repairs have split off it."""
        blocks = self.blocks(section)
        for other in self._cut_off.get(section, ()):
            blocks += [block for block in self.blocks(other) if block not in blocks]
        return blocks

    def append(self, block: Block) -> None:
        """Appends a block."""
        self.parts.blocks.append(block)
        self._by_id = None

    def keys(self, section: SectionId, name: str) -> Iterator[tuple[Block, ParsedOption]]:
        """Yields the keys of that name in the section's blocks; edits while iterating are seen."""
        for block in self.blocks(section):
            count = 0
            while len(keys := [key for key in block.options() if key.name == name]) > count:
                yield block, keys[count]
                count += 1

    def rename(self, block: Block, line: str) -> None:
        """Replaces a block's header line."""
        header = header_in(line.strip()) or block.header
        new = section_id(header, self.kind)
        self._renamed[block.id] = new
        self._original.setdefault(block, block.id)
        block.id, block.header, block.lines[0] = new, header, line
        self._by_id = None

    def original_section(self, block: Block) -> SectionId:
        """Returns the section that the block originally belonged to."""
        return self._original.get(block, block.id)

    def resplit(self, section: SectionId | None = None, *new: SectionId) -> None:
        """Splits into blocks again after a line (of ``section``) became a header (of ``new``)."""
        if section is not None:
            self._cut_off.setdefault(section, []).extend(new)
        self.parts = split_lines(decode_lines(self.data())[1], self.kind)
        self._by_id = None

    def line_end(self) -> str:
        """Returns the line end for new lines."""
        first = [
            *self.parts.preamble[:1],
            *(line for b in self.parts.blocks[:1] for line in b.lines),
        ]
        return next((line_end(line) for line in first if line_end(line)), "\n")

    def lines_above(self, block: Block) -> list[str]:
        """Returns the list of lines above the block."""
        position = self.parts.blocks.index(block)
        return self.parts.blocks[position - 1].lines if position else self.parts.preamble

    def remove(self, block: Block) -> list[str]:
        """Removes a block; returns its keys' lines with the comments above and between them."""
        keys = block.options()
        body = block.lines[1 : keys[-1].stop] if keys else []
        comments = trailing_comments(block)
        above, position = self.lines_above(block), self.parts.blocks.index(block)
        del self.parts.blocks[position]
        self._by_id = None
        if not comments and position == len(self.parts.blocks) and above and not above[-1].strip():
            above.pop()  # the blank line before the block
        above.extend(comments)
        self.dedent_header(position)
        while body and not body[0].strip():
            del body[0]
        tail = block.lines[0].strip().removeprefix(f"[{block.header}]").strip()
        header_comment = (
            [(tail if is_comment(tail) else f"# {tail}") + self.line_end()] if tail else []
        )
        return self.with_line_ends([*header_comment, *body])

    def dedent_header(self, position: int) -> None:
        """Removes a header's indent, else a key moved above it would continue into it."""
        if position < len(self.parts.blocks):
            lines = self.parts.blocks[position].lines
            lines[0] = lines[0].lstrip()

    def with_line_ends(self, lines: list[str]) -> list[str]:
        """Returns ``lines`` with a line end on the last one too."""
        if lines and not line_end(lines[-1]):
            return [*lines[:-1], lines[-1] + self.line_end()]
        return lines


def dedent_block(text: EditBuffer, block: Block) -> None:
    """Removes the indent of a block's header, keys and comments, and of the next header.

    A next header that stays indented would become a continuation of the key above it.
    """
    starts = {0, *(key.start for key in block.options())}
    block.lines[:] = [
        line.lstrip() if line.strip() and (i in starts or is_comment(line)) else line
        for i, line in enumerate(block.lines)
    ]
    text.dedent_header(text.parts.blocks.index(block) + 1)


def dedent_comments(lines: list[str], start: int = 0) -> None:
    """Removes the indent of the comments from line ``start`` on."""
    lines[start:] = [line.lstrip() if is_comment(line) else line for line in lines[start:]]
