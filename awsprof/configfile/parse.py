"""Split a file's text into blocks of lines, at the headers that botocore reads.

A block is a header and all lines up to the next header; each line keeps its line end, so that
joining the blocks gives the same text. Headers, keys, continuations and comments follow the
configparser that botocore uses.
"""

from collections.abc import Sequence
from configparser import DEFAULTSECT
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from awsprof.configfile.section_headers import (
    ANY_LINE,
    COMMENT,
    LONE_CR,
    FileKind,
    SectionId,
    find_headers,
    header_in,
    indent_of,
    is_comment,
    section_id,
    split_text,
)

__all__ = [
    "ANY_LINE",
    "COMMENT",
    "LONE_CR",
    "Block",
    "EditIssue",
    "Entry",
    "FileKind",
    "Nested",
    "ParsedOption",
    "Section",
    "SectionId",
    "Sections",
    "find_issues",
    "header_in",
    "header_text",
    "indent_of",
    "is_comment",
    "line_end",
    "section_id",
    "split_lines",
    "split_sections",
]


_NO_EQUALS: Final = "A line of the nested block has no '='."


@dataclass(frozen=True)
class EditIssue:
    """Why a text cannot be edited safely: the line (from 1) and the reason as a sentence.

    ``section`` is the only section that it concerns; None if it concerns the whole file.
    """

    line: int
    reason: str
    section: SectionId | None = None


def header_text(section: SectionId, kind: FileKind) -> str:
    """Returns the header to write for ``section``, without brackets."""
    if kind is FileKind.CREDENTIALS or section == SectionId.profile("default"):
        return section.name
    return str(section)


def line_end(line: str) -> str:
    """Returns the line's line end; empty for a last line without one."""
    return line[len(line.rstrip("\r\n")) :]


@dataclass
class Nested:
    """A ``name = value`` line of a nested block; ``index`` is its line in the block."""

    name: str
    value: str
    index: int


@dataclass
class ParsedOption:
    """A key of a block: lines ``start`` to ``stop`` are its own and its continuation lines."""

    name: str
    start: int
    stop: int
    indent: int
    parts: list[str] = field(default_factory=list)
    part_lines: list[int] = field(default_factory=list)

    @property
    def value(self) -> str:
        """The text that botocore reads, including nested blocks."""
        return self.parts[0] if len(self.parts) == 1 else "\n".join(self.parts).rstrip()

    @property
    def continued(self) -> bool:
        """True if lines below the key belong to its value."""
        return any(self.parts[1:])

    @property
    def could_nest(self) -> bool:
        """True if the lines below would be a nested block, were the key's own line empty."""
        return self.continued and all("=" in part for part in self.parts[1:] if part)

    @property
    def is_block(self) -> bool:
        """True if botocore reads the value as a nested block."""
        return len(self.parts) > 1 and self.value.startswith("\n")

    def nested(self) -> list[Nested]:
        """Returns the lines of the nested block; a line without ``=`` has an empty name."""
        found = []
        for part, index in zip(self.parts[1:], self.part_lines[1:], strict=True):
            if part:
                name, equals, value = part.partition("=")
                found.append(Nested(name.strip() if equals else "", value.strip(), index))
        return found


class Entry(NamedTuple):
    """A key and its value as botocore reads them, and its line number (from 1)."""

    key: str
    value: str
    line: int
    nested: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class Section:
    """A header and its entries, in file order."""

    id: SectionId
    line: int
    entries: tuple[Entry, ...]

    def get(self, key: str) -> Entry | None:
        """Returns the entry of that key (lower case), or None."""
        return next((entry for entry in self.entries if entry.key == key), None)


@dataclass(eq=False)  # compared by identity: lists of blocks are searched
class Block:
    """A header and the lines below it; ``line`` is the header's original line number.

    ``known`` is what ``flat_entries`` returns as long as the lines are those beside it.
    """

    id: SectionId
    header: str
    line: int
    lines: list[str]
    known: tuple[list[str], tuple[Entry, ...] | None] | None = None

    def options(self) -> list[ParsedOption]:
        """Returns the keys as botocore reads them, in file order."""
        found: list[ParsedOption] = []
        level = indent_of(self.lines[0])
        for index, line in enumerate(self.lines[1:], start=1):
            text = line.strip()
            if not text:
                if found:
                    found[-1].parts.append("")
                    found[-1].part_lines.append(index)
            elif not text.startswith(COMMENT):
                indent = 0 if line[0] == text[0] else indent_of(line)
                if found and indent > level:
                    found[-1].parts.append(text)
                    found[-1].part_lines.append(index)
                    found[-1].stop = index + 1
                else:
                    level = indent
                    found.append(_key(text, index, level))
        return found

    def flat_entries(self) -> tuple[Entry, ...] | None:
        """Returns the entries if each key is one line at the margin, with ``=`` and its own name.

        None otherwise. Most blocks are flat, and ``options`` takes much longer to read one.
        """
        if self.known is not None and self.known[0] == self.lines:
            return self.known[1]
        found: dict[str, Entry] = {}
        number = self.line
        for line in self.lines[1:]:
            number += 1
            text = line.strip()
            if not text or text[0] in COMMENT:
                continue
            name, equals, value = text.partition("=")
            key = name.rstrip().lower()
            if line[0] != text[0] or not equals or not key or ":" in key or key in found:
                return None
            found[key] = Entry(key, value.lstrip(), number)
        return tuple(found.values())

    def section(self, options: Sequence[ParsedOption]) -> Section:
        """Returns the section with an entry for each of the block's ``options``."""
        entries = []
        for key in options:
            nested = key.nested() if key.is_block else []
            below = tuple(Entry(n.name, n.value, self.line + n.index) for n in nested if n.name)
            entries.append(Entry(key.name, key.value, self.line + key.start, below))
        return Section(self.id, self.line, tuple(entries))


def _key(text: str, index: int, indent: int) -> ParsedOption:
    delimiter = "=" if ":" not in text.partition("=")[0] else ":"  # the first of the two
    name, found, value = text.partition(delimiter)
    if not found:
        name, value = "", ""
    return ParsedOption(name.rstrip().lower(), index, index + 1, indent, [value.strip()], [index])


@dataclass
class Sections:
    """A text split into the lines before the first header and the blocks."""

    preamble: list[str]
    blocks: list[Block]

    def text(self) -> str:
        """Returns the whole text."""
        return "".join(self.preamble) + "".join("".join(block.lines) for block in self.blocks)


def split_sections(text: str, kind: FileKind) -> Sections:
    """Splits ``text`` at the headers that botocore reads."""
    return split_lines(split_text(text), kind)


def split_lines(lines: list[str], kind: FileKind) -> Sections:
    """Splits lines, which keep their line ends, into sections."""
    headers = [*find_headers(lines), (len(lines), "")]
    blocks = [
        Block(section_id(header, kind), header, start + 1, lines[start:stop])
        for (start, header), (stop, _) in pairwise(headers)
    ]
    return Sections(lines[: headers[0][0]], blocks)


def find_issues(
    text: str, parts: Sections, options: Sequence[Sequence[ParsedOption]]
) -> tuple[EditIssue, ...]:
    """Returns everything that prevents safe edits, including what botocore cannot parse.

    ``options`` are those of each block, in order; none for one that has ``Block.flat_entries``.
    """
    found: list[EditIssue] = []
    if text.startswith("\ufeff"):
        found.append(EditIssue(1, "The file starts with a byte order mark, which no SDK accepts."))
    lone = LONE_CR.search(text)
    if lone:
        number = len(ANY_LINE.findall(text[: lone.end()]))
        found.append(EditIssue(number, "A lone carriage return ends the line, but only for boto3."))
    for number, line in enumerate(parts.preamble, start=1):
        if line.strip() and not is_comment(line) and not found:
            found.append(EditIssue(number, "The line precedes the first section."))
    headers: dict[str, int] = {}
    for block, keys in zip(parts.blocks, options, strict=True):
        if block.header == DEFAULTSECT:
            found.append(
                EditIssue(block.line, "[DEFAULT] leaks into every profile (use [default]).")
            )
        first = headers.setdefault(block.header, block.line)
        if first != block.line:
            reason = f"The section [{block.header}] is defined twice (first on line {first})."
            found.append(EditIssue(block.line, reason, block.id))
        found += _key_issues(block, keys)
    return tuple(sorted(found, key=lambda problem: problem.line))


def _key_issues(block: Block, options: Sequence[ParsedOption]) -> list[EditIssue]:
    found: list[EditIssue] = []
    first: dict[str, int] = {}
    for key in options:
        line = block.line + key.start
        if not key.name:
            found.append(EditIssue(line, "The line has no key before a '='.", block.id))
        elif key.name in first:
            reason = f"The key {key.name} is defined twice (first on line {first[key.name]})."
            found.append(EditIssue(line, reason, block.id))
        else:
            first[key.name] = line
        if key.is_block:
            found += [
                EditIssue(block.line + nested.index, _NO_EQUALS, block.id)
                for nested in key.nested()
                if not _is_nested_for_botocore(block.lines[nested.index])
            ]
    return found


def _is_nested_for_botocore(line: str) -> bool:
    """True if botocore, which splits a nested block at any Unicode line end, can parse the line."""
    return all("=" in part for part in line.splitlines() if part.strip())
