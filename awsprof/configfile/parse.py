"""Split a file's text into blocks of lines, at the headers that botocore reads.

A block is a header and all lines up to the next header; each line keeps its line end, so that
joining the blocks gives the same text. Headers, keys, continuations and comments follow the
configparser that botocore uses.
"""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class FileKind(StrEnum):
    """Which of AWS's two files; their headers differ."""

    CONFIG = "config"
    CREDENTIALS = "credentials"


@dataclass(frozen=True)
class SectionId:
    """What a header names: ``type`` is profile, sso-session, services, or other (raw text)."""

    type: str
    name: str

    @classmethod
    def profile(cls, name: str) -> "SectionId":
        """The profile of that name, including ``default``."""
        return cls("profile", name)

    @classmethod
    def sso_session(cls, name: str) -> "SectionId":
        """The sso-session of that name."""
        return cls("sso-session", name)

    def __str__(self) -> str:
        return self.name if self.type == "other" else f"{self.type} {self.name}"


@dataclass(frozen=True)
class EditIssue:
    """Why a text cannot be edited safely: the line (from 1) and the reason as a sentence."""

    line: int
    reason: str


LONE_CR: Final = re.compile(r"\r(?!\n)")
ANY_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_HEADER: Final = re.compile(r"\[(?P<header>.+)\]")
_OPTION: Final = re.compile(r"(?P<option>.*?)\s*(?P<delimiter>[=:])\s*(?P<value>.*)$")
_QUOTING: Final = re.compile(r"[\"'\\]")
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_PREFIXED: Final = ("profile", "sso-session", "services")
COMMENT: Final = ("#", ";")


def section_id(header: str, kind: FileKind) -> SectionId:
    """Return the section that botocore reads a header as."""
    if kind is FileKind.CREDENTIALS or header == "default":
        return SectionId.profile(header)
    for prefix in _PREFIXED:
        if header.startswith(prefix):
            parts = _words(header)
            return SectionId(prefix, parts[1]) if len(parts) == 2 else SectionId("other", header)
    return SectionId("other", header)


def _words(header: str) -> list[str]:
    """Split like a shell; empty if a quote is not closed."""
    if not _QUOTING.search(header):
        return [word for word in _BLANKS.split(header) if word]
    try:
        return shlex.split(header)
    except ValueError:
        return []


def header_in(text: str) -> str | None:
    """Return the text in a header line's brackets (without its indent); None if it has none."""
    match = _HEADER.match(text)
    return match["header"] if match else None


def header_text(section: SectionId, kind: FileKind) -> str:
    """Return the header to write for ``section``, without brackets."""
    if kind is FileKind.CREDENTIALS or section == SectionId.profile("default"):
        return section.name
    return str(section)


def indent_of(line: str) -> int:
    """Return the number of leading white space characters, as configparser counts them."""
    return len(line) - len(line.lstrip())


def line_end(line: str) -> str:
    """Return the line's line end; empty for a last line without one."""
    return line[len(line.rstrip("\r\n")) :]


def is_comment(line: str) -> bool:
    """True if the line is a comment, at any indent."""
    return line.lstrip().startswith(COMMENT)


@dataclass
class Nested:
    """A ``name = value`` line of a nested block; ``index`` is its line in the block."""

    name: str
    value: str
    index: int


@dataclass
class Option:
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
        return "\n".join(self.parts).rstrip()

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
        return self.value.startswith("\n")

    def nested(self) -> list[Nested]:
        """Return the lines of the nested block; a line without ``=`` has an empty name."""
        found = []
        for part, index in zip(self.parts[1:], self.part_lines[1:], strict=True):
            if part:
                name, equals, value = part.partition("=")
                found.append(Nested(name.strip() if equals else "", value.strip(), index))
        return found


@dataclass(eq=False)  # compared by identity: lists of blocks are searched
class Block:
    """A header and the lines below it; ``line`` is the header's original line number."""

    id: SectionId
    header: str
    line: int
    lines: list[str]

    def options(self) -> list[Option]:
        """Return the keys as botocore reads them, in file order."""
        found: list[Option] = []
        level = indent_of(self.lines[0])
        for index, line in enumerate(self.lines[1:], start=1):
            text = line.strip()
            if not text:
                if found:
                    found[-1].parts.append("")
                    found[-1].part_lines.append(index)
            elif not text.startswith(COMMENT):
                if found and indent_of(line) > level:
                    found[-1].parts.append(text)
                    found[-1].part_lines.append(index)
                    found[-1].stop = index + 1
                else:
                    level = indent_of(line)
                    found.append(_key(text, index, level))
        return found


def _key(text: str, index: int, indent: int) -> Option:
    match = _OPTION.match(text)
    name, value = (match["option"].rstrip().lower(), match["value"].strip()) if match else ("", "")
    return Option(name, index, index + 1, indent, [value], [index])


@dataclass
class Sections:
    """A text split into the lines before the first header and the blocks."""

    preamble: list[str]
    blocks: list[Block]

    def text(self) -> str:
        """Return the whole text."""
        return "".join(self.preamble) + "".join("".join(block.lines) for block in self.blocks)


def split_sections(text: str, kind: FileKind) -> Sections:
    """Split ``text`` at the headers that botocore reads."""
    return split_lines(_lines(text), kind)


def split_lines(all_lines: Iterable[str], kind: FileKind) -> Sections:
    """Split lines, which keep their line ends, into sections."""
    result = Sections([], [])
    lines = result.preamble
    level = 0
    in_key = False
    for number, line in enumerate(all_lines, start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith(COMMENT):
            continues = in_key and indent_of(line) > level
            if not continues:
                level = indent_of(line)
                header = header_in(stripped)
                if header is not None:
                    block = Block(section_id(header, kind), header, number, [])
                    result.blocks.append(block)
                    lines = block.lines
                in_key = header is None and bool(result.blocks)
        lines.append(line)
    return result


def _lines(text: str) -> list[str]:
    # splitlines() would also split at form feeds and Unicode separators, unlike both dialects
    if LONE_CR.search(text):
        return ANY_LINE.findall(text)  # like botocore, for which it ends a line
    pieces = text.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def find_issues(text: str, parts: Sections) -> tuple[EditIssue, ...]:
    """Return everything that prevents safe edits, including what botocore cannot parse."""
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
    for block in parts.blocks:
        if block.header == "DEFAULT":
            found.append(
                EditIssue(block.line, "[DEFAULT] leaks into every profile (use [default]).")
            )
        first = headers.setdefault(block.header, block.line)
        if first != block.line:
            reason = f"The section [{block.header}] is defined twice (first on line {first})."
            found.append(EditIssue(block.line, reason))
        found += _key_issues(block)
    return tuple(sorted(found, key=lambda problem: problem.line))


def _key_issues(block: Block) -> list[EditIssue]:
    found: list[EditIssue] = []
    first: dict[str, int] = {}
    for key in block.options():
        line = block.line + key.start
        if not key.name:
            found.append(EditIssue(line, "The line has no key before a '='."))
        elif key.name in first:
            reason = f"The key {key.name} is defined twice (first on line {first[key.name]})."
            found.append(EditIssue(line, reason))
        else:
            first[key.name] = line
        if key.is_block:
            found += [
                EditIssue(block.line + nested.index, "A line of the nested block has no '='.")
                for nested in key.nested()
                if not nested.name and "=" not in block.lines[nested.index]
            ]
    return found
