"""Checks of indented keys, headers and sections, and of a block that is not indented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from awsprof.configfile.header_diagnosis import diagnose
from awsprof.configfile.key_repairs import DedentKeys
from awsprof.configfile.lenient import SectionView, is_intended_header
from awsprof.configfile.line_repairs import IndentBlock
from awsprof.configfile.parse import ParsedOption, header_in, indent_of, section_id
from awsprof.configfile.section_repairs import DedentSection, RewriteHeader
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.check_helpers import shown_key
from awsprof.doctor.file_view import FileView, file_views, fix_command, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.profiles.known_keys import KNOWN_KEYS, NESTING_KEYS, S3_KEYS
from awsprof.text import sanitize

_KNOWN_PLAIN: Final = KNOWN_KEYS - NESTING_KEYS  # their value is no block
_ASSIGNMENT: Final = re.compile(r"([A-Za-z0-9_.\-]+)\s*[=:]")


@offline_check(Severity.ERROR, fixes=True)
def indented_key(context: CheckContext) -> Iterator[Fault]:
    """A key or a header is indented.

    Below a value, every SDK reads an indented line as part of that value, so the key or profile
    does not exist. Directly below a header boto3 accepts it, and the other SDKs reject the whole
    file.

    The repair removes the indent, unless a key or section of that name already exists.
    """
    every = ((view, written) for view in file_views(context) for written in view.blocks)
    for view, written in every:
        if is_indented(written):
            section = written.block.id
            repair = view.repair(f"removed the indent of {section}", DedentSection(section))
            message = "This section is indented: other SDKs than boto3 can't read the file."
            fix, origin = fix_command("indented-key"), view.at(_indented_line(written))
            yield Fault(message, fix, profile_of(section), origin, repair)
        for key in written.keys:
            if key.continued:
                yield from _absorbed_headers(view, written, key)
                yield from _absorbed_keys(view, written, key)


def is_indented(written: SectionView) -> bool:
    """True if the other SDKs fail at the section's header or its first key."""
    return indent_of(written.block.lines[0]) > 0 or any(key.indent for key in written.keys[:1])


def _indented_line(written: SectionView) -> int:
    header = indent_of(written.block.lines[0])
    return written.line(0 if header or not written.keys else written.keys[0].start)


def _absorbed_headers(view: FileView, written: SectionView, key: ParsedOption) -> Iterator[Fault]:
    for part, index in zip(key.parts[1:], key.part_lines[1:], strict=True):
        header = header_in(part) if is_intended_header(part) else None
        if header is None:
            continue
        name = sanitize(part)
        message = (
            f"{name} is indented, so SDKs read it as part of {shown_key(key.name)} above, not as a"
            " section."
        )
        origin = view.at(written.line(index))
        section_of_header = section_id(header, view.kind)
        twice = key.parts.count(part) > 1
        if (
            twice
            or diagnose(part, view.kind)
            or any(other.block.id == section_of_header for other in view.blocks)
        ):
            fix = "write the header once, at the start of its line, in an editor"
            yield Fault(message, fix, profile_of(section_of_header), origin)
        else:
            edits = RewriteHeader(part, part), DedentSection(section_of_header)
            repair = view.repair(f"removed the indent of {name}", *edits)
            yield Fault(
                message, fix_command("indented-key"), profile_of(section_of_header), origin, repair
            )


def _absorbed_keys(view: FileView, written: SectionView, key: ParsedOption) -> Iterator[Fault]:
    section = written.block.id
    if section.type == "services" or (key.is_block and not is_never_a_block(key.name)):
        return
    lines = list(zip(key.parts[1:], key.part_lines[1:], strict=True))
    matches = [(_ASSIGNMENT.match(part), index) for part, index in lines]
    named = [(match[1].lower(), index) for match, index in matches if match]
    absorbed = [(name, index) for name, index in named if name in KNOWN_KEYS]
    if not absorbed:
        return
    first, at = absorbed[0]
    margin = indent_of(written.block.lines[at])
    names = tuple(
        name
        for name, index in named
        if index >= at and indent_of(written.block.lines[index]) <= margin
    )
    message = (
        f"{sanitize(first)} is indented, so SDKs read it as part of {shown_key(key.name)} above."
    )
    origin = view.at(written.line(at))
    taken = {other.name for other in written.keys} & set(names)
    if taken or len(set(names)) < len(names) or not key.name:
        fix = "remove its indent in an editor, and keep one key of each name"
        yield Fault(message, fix, profile_of(section), origin)
    else:
        repair = view.repair(f"removed the indent of {first}", DedentKeys(section, key.name, names))
        yield Fault(message, fix_command("indented-key"), profile_of(section), origin, repair)


def is_never_a_block(name: str) -> bool:
    """True if the value of a key of this name is never a block of nested keys."""
    return name in _KNOWN_PLAIN


@offline_check(Severity.ERROR, fixes=True)
def block_not_indented(context: CheckContext) -> Iterator[Fault]:
    """The lines below s3 = are not indented, so they are keys of the profile, which no SDK knows.

    boto3 then finds text where it needs a block, and stops when it makes a client for S3:
    AttributeError: 'str' object has no attribute 'get'. The AWS CLI stops too.

    The repair indents the lines by two spaces.
    """
    for view in file_views(context):
        for written in view.blocks:
            lines = unindented_block(written)
            if not lines:
                continue
            section = written.block.id
            texts = tuple(written.block.lines[index].strip() for index in lines)
            repair = view.repair("indented the lines below s3", IndentBlock(section, texts))
            below = f"line {written.line(lines[1])} below it is"
            if len(lines) > 2:
                first, last = written.line(lines[1]), written.line(lines[-1])
                below = f"lines {first} to {last} below it are"
            says = f"s3 has no value, and {below} not indented, so boto3 stops."
            origin = view.at(written.line(lines[0]))
            yield Fault(
                says, fix_command("block-not-indented"), profile_of(section), origin, repair
            )


def unindented_block(written: SectionView) -> list[int]:
    """Returns the line numbers (from 0, in the section) of ``s3 =`` and its unindented keys below.

    An empty list if there is no such block.
    """
    top = next((key for key in written.keys if key.name == "s3"), None)
    if written.block.id.type != "profile" or top is None or "".join(top.parts).strip():
        return []
    lines = [top.start]
    for key in written.keys:
        if key.start == lines[-1] + 1 and key.name in S3_KEYS - KNOWN_KEYS and not key.continued:
            lines.append(key.start)
    return lines if len(lines) > 1 else []
