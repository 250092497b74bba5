"""A file's text as far as it can be made out, whatever is wrong with it.

The document refuses what is damaged; this one reads it for those who tell what is wrong and who
mend it: a byte order mark stands aside, bytes that are no UTF-8 are carried along, a lone carriage
return ends a line as it does for botocore.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from awsprof.configfile.encoding import to_bytes, to_text
from awsprof.configfile.line_breaks import ends_in_header
from awsprof.configfile.parse import ANY_LINE, Block, FileKind, Option, Sections, split_lines


@dataclass(frozen=True)
class SectionView:
    """A block as it is written, and its keys as botocore reads them; to look at, not to change."""

    block: Block
    keys: tuple[Option, ...]

    def line(self, index: int) -> int:
        """The line (1-based) in the file of the block's line ``index``."""
        return self.block.line + index

    @property
    def runs(self) -> list[list[Option]]:
        """The keys, parted where a header was meant that botocore takes for none."""
        return option_runs(self.keys, self.block)


@dataclass(frozen=True)
class LenientDocument:
    """The lines of a file: those before the first header, and the blocks.

    ``encoding`` is how its bytes were read: ``utf-8``, as it should be, or what the bytes say.
    ``bad_line`` is the first (1-based) that is not UTF-8, ``lone_cr`` the first that ends in a
    lone carriage return.
    """

    encoding: str
    bad_line: int | None
    lone_cr: int | None
    preamble: tuple[str, ...]
    blocks: tuple[SectionView, ...]

    @classmethod
    def of(cls, data: bytes, kind: FileKind) -> "LenientDocument":
        """What ``data`` says; no bytes are too odd for it."""
        encoding, lines = decode_lines(data)
        parts = split_lines(lines, kind)
        return cls(
            encoding,
            _first(lines, lambda line: not _valid(line)),
            _first(lines, lambda line: line.endswith("\r")),
            tuple(parts.preamble),
            tuple(SectionView(block, tuple(block.options())) for block in parts.blocks),
        )


def decode_lines(data: bytes) -> tuple[str, list[str]]:
    """The encoding of ``data``, and its lines, without the mark that may lead them."""
    encoding, text = to_text(data)
    return encoding, ANY_LINE.findall(text)


def encode_lines(encoding: str, parts: Sections) -> bytes:
    """The bytes that these lines are."""
    return to_bytes(encoding, parts.text())


def _first(lines: list[str], is_it: Callable[[str], bool]) -> int | None:
    return next((number for number, line in enumerate(lines, start=1) if is_it(line)), None)


def _valid(line: str) -> bool:
    return line.isascii() or not any(0xD800 <= ord(c) <= 0xDFFF for c in line)


def header_meant(text: str) -> bool:
    """Whether a line (without its indent) that is no header to botocore was meant as one."""
    return text.startswith("[") and "=" not in text


def option_runs(keys: Sequence[Option], block: Block) -> list[list[Option]]:
    """``keys`` of ``block``, parted where a header was meant that botocore takes for none."""
    found: list[list[Option]] = [[]]
    for key in keys:
        if not key.name and header_meant(block.lines[key.start].strip()):
            found.append([])
            continue
        found[-1].append(key)
        glued = "]" in key.value and ends_in_header(block.lines[key.start])
        if glued or any(header_meant(part) for part in key.parts[1:]):
            found.append([])
    return found
