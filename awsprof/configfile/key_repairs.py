"""Repairs of a key: its line's form, its name, its indent, its duplicates."""

from dataclasses import dataclass
from typing import ClassVar

from awsprof.configfile.buffer import NO_KEYS, EditBuffer, Touched, dedent_comments
from awsprof.configfile.edits import replace_key_lines
from awsprof.configfile.key_lines import delimiter_index, inline_comment_index, strip_value_quotes
from awsprof.configfile.lenient import option_runs
from awsprof.configfile.parse import Block, SectionId, line_end


@dataclass(frozen=True)
class RenameKey:
    """Rename a key, if the section has no key of the new name."""

    section: SectionId
    key: str
    name: str
    rank: ClassVar[int] = 8

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        taken = {key.name for block in text.blocks(self.section) for key in block.options()}
        if self.name in taken:
            return NO_KEYS
        for block, key in text.keys(self.section, self.key):
            line = block.lines[key.start]
            margin = line[: len(line) - len(line.lstrip())]
            at = delimiter_index(line)
            if at is not None:
                blank = line[len(line[:at].rstrip()) : at]
                block.lines[key.start] = margin + self.name + blank + line[at:]
        return frozenset({(self.section, self.key), (self.section, self.name)})


@dataclass(frozen=True)
class DedentKeys:
    """Turn lines that the value of ``key`` has absorbed into keys, if among ``names``."""

    section: SectionId
    key: str
    names: tuple[str, ...]
    rank: ClassVar[int] = 3

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        for block, key in text.keys(self.section, self.key):
            first = block.lines[key.start]
            margin = first[: len(first) - len(first.lstrip())]
            taken = {other.name for other in block.options()}
            for part, index in zip(key.parts[1:], key.part_lines[1:], strict=True):
                at = delimiter_index(part)
                if at is not None and part[:at].strip().lower() in {*self.names} - taken:
                    block.lines[index] = margin + block.lines[index].lstrip()
            dedent_comments(block.lines, key.start)
        return frozenset({(self.section, None)})


@dataclass(frozen=True)
class DropDuplicates:
    """Keep only the last of duplicate keys in a section, which is the effective one."""

    section: SectionId
    key: str
    rank: ClassVar[int] = 7

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        for block in text.blocks(self.section):
            keep_last(block, self.key)
        return NO_KEYS


def keep_last(block: Block, name: str) -> None:
    while True:
        lists = [[k for k in run if k.name == name] for run in option_runs(block.options(), block)]
        double = next((keys[0] for keys in lists if len(keys) > 1), None)
        if double is None:
            return
        replace_key_lines(block, double, [])


@dataclass(frozen=True)
class ColonToEquals:
    """Replace the ``:`` between a key and its value by ``=``."""

    section: SectionId
    key: str
    rank: ClassVar[int] = 8

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        for block, key in text.keys(self.section, self.key):
            line = block.lines[key.start]
            at = delimiter_index(line)
            if at is not None and line[at] == ":":
                blank = "" if line[at - 1] in " \t" or line[at + 1 : at + 2] not in " \t" else " "
                block.lines[key.start] = f"{line[:at]}{blank}={line[at + 1 :]}"
        return NO_KEYS


@dataclass(frozen=True)
class MoveInlineComment:
    """Move an inline comment to a line of its own above the key."""

    section: SectionId
    key: str
    rank: ClassVar[int] = 9

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        for block, key in text.keys(self.section, self.key):
            line = block.lines[key.start]
            end = line_end(line) or text.line_end()
            at = inline_comment_index(line, below=key.could_nest)
            if at is not None:
                kept = line[:at].rstrip() + line_end(line)
                block.lines[key.start : key.start + 1] = [line[at:].rstrip() + end, kept]
        return frozenset({(self.section, self.key)})


@dataclass(frozen=True)
class Unquote:
    """Remove the quotes around a key's value, which every SDK reads as part of the value."""

    section: SectionId
    key: str
    rank: ClassVar[int] = 10

    def apply(self, text: EditBuffer) -> Touched:
        """Applies the repair; returns the keys whose reading it changes."""
        for block, key in text.keys(self.section, self.key):
            line = block.lines[key.start]
            at = delimiter_index(line)
            bare = strip_value_quotes(key.value)
            if at is not None and bare is not None:
                value = line[at + 1 :].strip()
                block.lines[key.start] = line[: at + 1] + line[at + 1 :].replace(value, bare, 1)
        return frozenset({(self.section, self.key)})
