"""A damaged text while it is mended: its blocks, and what moves lines among them."""

from collections.abc import Iterator

from awsprof.configfile.edits import remove_body
from awsprof.configfile.lenient import decode_lines, encode_lines
from awsprof.configfile.parse import (
    Block,
    FileKind,
    Option,
    SectionId,
    header_in,
    is_comment,
    line_end,
    section_id,
    split_lines,
)

Touched = frozenset[tuple[SectionId, "str | None"]]
"""The keys (None: all of a section) that a reader reads otherwise after a mend."""

NOTHING: Touched = frozenset()


class EditBuffer:
    """A text while it is mended."""

    def __init__(self, data: bytes, kind: FileKind) -> None:
        self.kind = kind
        self.encoding, lines = decode_lines(data)
        self.parts = split_lines(lines, kind)
        self._renamed: dict[SectionId, SectionId] = {}
        self._was: dict[Block, SectionId] = {}
        self._cut_off: dict[SectionId, list[SectionId]] = {}
        self._by_id: dict[SectionId, list[Block]] | None = None

    def data(self) -> bytes:
        """The bytes as they are now."""
        return encode_lines(self.encoding, self.parts)

    def blocks(self, section: SectionId) -> list[Block]:
        """The blocks of that section, also where its header was mended since."""
        if self._by_id is None:
            self._by_id = {}
            for block in self.parts.blocks:
                self._by_id.setdefault(block.id, []).append(block)
        return list(self._by_id.get(self._renamed.get(section, section), ()))

    def once_in(self, section: SectionId) -> list[Block]:
        """The blocks of that section, and of those that were cut off from it since."""
        found = self.blocks(section)
        for other in self._cut_off.get(section, ()):
            found += [block for block in self.blocks(other) if block not in found]
        return found

    def append(self, block: Block) -> None:
        """Put a block at the end."""
        self.parts.blocks.append(block)
        self._by_id = None

    def keys(self, section: SectionId, name: str) -> Iterator[tuple[Block, Option]]:
        """The keys of that name in the blocks of that section, each as it is by then."""
        for block in self.blocks(section):
            count = 0
            while len(own := [key for key in block.options() if key.name == name]) > count:
                yield block, own[count]
                count += 1

    def rename(self, block: Block, line: str) -> None:
        """Give a block another header line."""
        header = header_in(line.strip()) or block.header
        new = section_id(header, self.kind)
        self._renamed[block.id] = new
        self._was.setdefault(block, block.id)
        block.id, block.header, block.lines[0] = new, header, line
        self._by_id = None

    def was(self, block: Block) -> SectionId:
        """The section that a block was at first."""
        return self._was.get(block, block.id)

    def cut_again(self, section: SectionId | None = None, *new: SectionId) -> None:
        """Find the blocks anew, where a line (of ``section``) became a header, that of ``new``."""
        if section is not None:
            self._cut_off.setdefault(section, []).extend(new)
        self.parts = split_lines(decode_lines(self.data())[1], self.kind)
        self._by_id = None

    def line_end(self) -> str:
        """The line end that new lines get."""
        first = [
            *self.parts.preamble[:1],
            *(line for b in self.parts.blocks[:1] for line in b.lines),
        ]
        return next((line_end(line) for line in first if line_end(line)), "\n")

    def before(self, block: Block) -> list[str]:
        """The lines that end where the block begins."""
        position = self.parts.blocks.index(block)
        return self.parts.blocks[position - 1].lines if position else self.parts.preamble

    def take_out(self, block: Block) -> list[str]:
        """Take a block out; its keys' lines, with the comments above and between them."""
        keys = block.options()
        body = block.lines[1 : keys[-1].stop] if keys else []
        rest = remove_body(block)
        above, position = self.before(block), self.parts.blocks.index(block)
        del self.parts.blocks[position]
        self._by_id = None
        if not rest and position == len(self.parts.blocks) and above and not above[-1].strip():
            above.pop()  # the blank line that set the block apart
        above.extend(rest)
        self.free(position)
        while body and not body[0].strip():
            del body[0]
        tail = block.lines[0].strip().removeprefix(f"[{block.header}]").strip()
        comment = [(tail if is_comment(tail) else f"# {tail}") + self.line_end()] if tail else []
        return self.ended([*comment, *body])

    def free(self, position: int) -> None:
        """Take the indent off a header, which a key above it would swallow with it."""
        if position < len(self.parts.blocks):
            lines = self.parts.blocks[position].lines
            lines[0] = lines[0].lstrip()

    def ended(self, lines: list[str]) -> list[str]:
        """``lines``, the last of which has a line end too."""
        if lines and not line_end(lines[-1]):
            return [*lines[:-1], lines[-1] + self.line_end()]
        return lines


def outdent(text: EditBuffer, block: Block) -> None:
    """Take the indents off a block's header, keys and comments, and off the header below it.

    A header that stayed indented would be swallowed by the key above it.
    """
    starts = {0, *(key.start for key in block.options())}
    block.lines[:] = [
        line.lstrip() if line.strip() and (i in starts or is_comment(line)) else line
        for i, line in enumerate(block.lines)
    ]
    text.free(text.parts.blocks.index(block) + 1)


def flatten(lines: list[str], start: int = 0) -> None:
    """Take the indents off the comments from ``start`` on."""
    lines[start:] = [line.lstrip() if is_comment(line) else line for line in lines[start:]]
