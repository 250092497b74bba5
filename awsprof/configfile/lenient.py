"""Parse a file's text leniently: no malformed line makes it fail.

Document refuses damaged files; this module reads them for diagnosis and repair: a BOM is skipped,
invalid UTF-8 is carried along, and a lone carriage return ends a line, as in botocore.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from awsprof.configfile.encoding import decode_text, encode_text
from awsprof.configfile.line_breaks import ends_in_header
from awsprof.configfile.parse import ANY_LINE, Block, FileKind, ParsedOption, Sections, split_lines


@dataclass(frozen=True)
class SectionView:
    """A read-only view of a block and its keys as botocore reads them."""

    block: Block
    keys: tuple[ParsedOption, ...]

    def line(self, index: int) -> int:
        """Returns the file's line number (from 1) of the block's line ``index``."""
        return self.block.line + index

    @property
    def runs(self) -> list[list[ParsedOption]]:
        """The keys, split at lines that were meant as headers but are not read as such."""
        return option_runs(self.keys, self.block)


@dataclass(frozen=True)
class LenientDocument:
    """The lines of a file: those before the first header, and the blocks.

    ``encoding`` is how the bytes were decoded. ``bad_line`` is the first line (from 1) with invalid
    UTF-8, ``lone_cr`` the first that ends in a lone carriage return.
    """

    encoding: str
    bad_line: int | None
    lone_cr: int | None
    preamble: tuple[str, ...]
    blocks: tuple[SectionView, ...]

    @classmethod
    def parse(cls, data: bytes, kind: FileKind) -> "LenientDocument":
        """Parses ``data``; accepts any bytes."""
        encoding, text = decode_text(data)
        lines = ANY_LINE.findall(text)
        parts = split_lines(lines, kind)
        return cls(
            encoding,
            None if data.isascii() else _first(lines, lambda line: not _valid(line)),
            _first(lines, lambda line: line.endswith("\r")) if "\r" in text else None,
            tuple(parts.preamble),
            tuple(SectionView(block, tuple(block.options())) for block in parts.blocks),
        )


def decode_lines(data: bytes) -> tuple[str, list[str]]:
    """Returns the encoding of ``data`` and its lines, without a BOM."""
    encoding, text = decode_text(data)
    return encoding, ANY_LINE.findall(text)


def encode_lines(encoding: str, parts: Sections) -> bytes:
    """Returns the bytes of these lines."""
    return encode_text(encoding, parts.text())


def _first(lines: list[str], predicate: Callable[[str], bool]) -> int | None:
    return next((number for number, line in enumerate(lines, start=1) if predicate(line)), None)


def _valid(line: str) -> bool:
    return line.isascii() or not any(0xD800 <= ord(c) <= 0xDFFF for c in line)


def is_intended_header(text: str) -> bool:
    """True if a line (without its indent) was meant as a header; botocore may not read it so."""
    return text.startswith("[") and "=" not in text


def option_runs(keys: Sequence[ParsedOption], block: Block) -> list[list[ParsedOption]]:
    """Splits ``keys`` of ``block`` at lines meant as headers that botocore does not read so."""
    found: list[list[ParsedOption]] = [[]]
    for key in keys:
        if not key.name and is_intended_header(block.lines[key.start].strip()):
            found.append([])
            continue
        found[-1].append(key)
        glued = "]" in key.value and ends_in_header(block.lines[key.start])
        if glued or any(is_intended_header(part) for part in key.parts[1:]):
            found.append([])
    return found
