"""The text of one file as blocks of lines, cut where botocore cuts it.

A block is a header and all lines up to the next one; each line keeps its own line end, so that
joining the blocks gives the same text. Which line is a header, a key, a continuation or a comment
follows the configparser that botocore reads with.
"""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class FileKind(StrEnum):
    """Which of AWS's two files a text is; their headers are written differently."""

    CONFIG = "config"
    CREDENTIALS = "credentials"


@dataclass(frozen=True)
class SectionId:
    """What a header names: ``type`` is profile, sso-session, services, or other (as written)."""

    type: str
    name: str

    @classmethod
    def profile(cls, name: str) -> "SectionId":
        """The profile of that name; ``default`` is one like any other."""
        return cls("profile", name)

    @classmethod
    def sso_session(cls, name: str) -> "SectionId":
        """The sso-session of that name."""
        return cls("sso-session", name)

    def __str__(self) -> str:
        return self.name if self.type == "other" else f"{self.type} {self.name}"


@dataclass(frozen=True)
class EditIssue:
    """Why a text cannot be edited safely: the line (1-based) and the reason, a full sentence."""

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
    """What botocore takes a header's text for."""
    if kind is FileKind.CREDENTIALS or header == "default":
        return SectionId.profile(header)
    for prefix in _PREFIXED:
        if header.startswith(prefix):
            parts = _words(header)
            return SectionId(prefix, parts[1]) if len(parts) == 2 else SectionId("other", header)
    return SectionId("other", header)


def _words(header: str) -> list[str]:
    """The words as a shell parts them; none where a quote is not closed."""
    if not _QUOTING.search(header):
        return [word for word in _BLANKS.split(header) if word]
    try:
        return shlex.split(header)
    except ValueError:
        return []


def header_in(text: str) -> str | None:
    """What stands between the brackets of a header line (without its indent); None for others."""
    match = _HEADER.match(text)
    return match["header"] if match else None


def header_text(section: SectionId, kind: FileKind) -> str:
    """The header to write for ``section``, without its brackets."""
    if kind is FileKind.CREDENTIALS or section == SectionId.profile("default"):
        return section.name
    return str(section)


def indent_of(line: str) -> int:
    """How many white space characters stand before the text, as configparser counts."""
    return len(line) - len(line.lstrip())


def line_end(line: str) -> str:
    """The line's own line end; empty for a last line without one."""
    return line[len(line.rstrip("\r\n")) :]


def is_comment(line: str) -> bool:
    """Whether the line is a comment, at whatever indent."""
    return line.lstrip().startswith(COMMENT)


@dataclass
class Nested:
    """A line ``name = value`` of a nested block; ``index`` is its line in the block."""

    name: str
    value: str
    index: int


@dataclass
class Option:
    """A key of a block: lines ``start`` up to ``stop`` are its own and its continuation's."""

    name: str
    start: int
    stop: int
    indent: int
    parts: list[str] = field(default_factory=list)
    part_lines: list[int] = field(default_factory=list)

    @property
    def value(self) -> str:
        """The text botocore reads, nested blocks as text."""
        return "\n".join(self.parts).rstrip()

    @property
    def continued(self) -> bool:
        """Whether lines below it belong to the value."""
        return any(self.parts[1:])

    @property
    def could_nest(self) -> bool:
        """Whether the lines below it would be a nested block, were its own line empty."""
        return self.continued and all("=" in part for part in self.parts[1:] if part)

    @property
    def is_block(self) -> bool:
        """Whether botocore reads the value as a nested block."""
        return self.value.startswith("\n")

    def nested(self) -> list[Nested]:
        """The lines of the nested block; one without ``=`` has an empty name."""
        found = []
        for part, index in zip(self.parts[1:], self.part_lines[1:], strict=True):
            if part:
                name, equals, value = part.partition("=")
                found.append(Nested(name.strip() if equals else "", value.strip(), index))
        return found


@dataclass(eq=False)  # two are one only where they are the same: lists of them are searched
class Block:
    """A header and the lines below it; ``line`` is where the header stood when it was read."""

    id: SectionId
    header: str
    line: int
    lines: list[str]

    def options(self) -> list[Option]:
        """The keys as botocore reads them, in the order they are written."""
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
    """A text cut into the lines before the first header and the blocks."""

    preamble: list[str]
    blocks: list[Block]

    def text(self) -> str:
        """The text again."""
        return "".join(self.preamble) + "".join("".join(block.lines) for block in self.blocks)


def split_sections(text: str, kind: FileKind) -> Sections:
    """Cut ``text`` at the headers that botocore sees."""
    return split_lines(_lines(text), kind)


def split_lines(all_lines: Iterable[str], kind: FileKind) -> Sections:
    """Cut a text whose lines, each with its line end, were told apart already."""
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
    # splitlines() would cut at form feeds and Unicode separators too, where neither dialect does
    if LONE_CR.search(text):
        return ANY_LINE.findall(text)  # as botocore, to whom it ends a line
    pieces = text.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def find_issues(text: str, parts: Sections) -> tuple[EditIssue, ...]:
    """All that keeps the text from being edited safely; where botocore cannot parse it, that."""
    found: list[EditIssue] = []
    if text.startswith("\ufeff"):
        found.append(EditIssue(1, "The file begins with a byte order mark, which no SDK accepts."))
    lone = LONE_CR.search(text)
    if lone:
        number = len(ANY_LINE.findall(text[: lone.end()]))
        found.append(EditIssue(number, "A lone carriage return ends the line for boto3 alone."))
    for number, line in enumerate(parts.preamble, start=1):
        if line.strip() and not is_comment(line) and not found:
            found.append(EditIssue(number, "The line stands before the first section."))
    headers: dict[str, int] = {}
    for block in parts.blocks:
        if block.header == "DEFAULT":
            found.append(
                EditIssue(block.line, "[DEFAULT] leaks into every profile (write [default]).")
            )
        first = headers.setdefault(block.header, block.line)
        if first != block.line:
            reason = f"The section [{block.header}] stands twice (first in line {first})."
            found.append(EditIssue(block.line, reason))
        found += _key_problems(block)
    return tuple(sorted(found, key=lambda problem: problem.line))


def _key_problems(block: Block) -> list[EditIssue]:
    found: list[EditIssue] = []
    first: dict[str, int] = {}
    for key in block.options():
        line = block.line + key.start
        if not key.name:
            found.append(EditIssue(line, "The line has no key before a '='."))
        elif key.name in first:
            reason = f"The key {key.name} stands twice (first in line {first[key.name]})."
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
