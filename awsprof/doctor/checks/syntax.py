"""Checks of the lines below a header: keys that are absorbed, doubled, or read in two ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from awsprof.configfile.headers import diagnose
from awsprof.configfile.key_lines import comment_behind, delimiter_at, mark_behind, unquoted
from awsprof.configfile.lenient import SectionView, header_meant
from awsprof.configfile.parse import Option, SectionId, header_in, indent_of, is_comment, section_id
from awsprof.configfile.text_repairs import (
    ColonToEquals,
    DedentComments,
    DedentKeys,
    DedentSection,
    DropDuplicates,
    MoveInlineComment,
    RewriteHeader,
    TextRepair,
    Unquote,
)
from awsprof.doctor.checks.line_breaks import commented_header, value_remainders
from awsprof.doctor.context import CheckContext
from awsprof.doctor.file_view import FileView, file_views, fix_command, profile_of, sections_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.profiles.key_shapes import whole_id, whole_secret
from awsprof.profiles.known_keys import COMMAND_KEYS, NESTING_KEYS, PROFILE_KEYS, SESSION_KEYS
from awsprof.profiles.shell_lines import shell_line
from awsprof.text import sanitize

_KNOWN: Final = PROFILE_KEYS | SESSION_KEYS
_WORD: Final = re.compile(r"(?!(?:arn|https?|file)\Z)[a-z][a-z0-9_]*\Z")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z0-9_.\-]+)\s*[=:]")


def _everything(context: CheckContext) -> Iterator[tuple[FileView, SectionView]]:
    """Every section: for what breaks a file, and so also the profiles in question."""
    return ((view, written) for view in file_views(context) for written in view.blocks)


@offline_check(Severity.ERROR, fixes=True)
def duplicate_key(context: CheckContext) -> Iterator[Fault]:
    """A key stands twice in one section; keys that differ only in case are one.

    boto3 and the AWS CLI then cannot read the file at all: none of its profiles works.
    The other SDKs take the last of them, which is what the repair keeps.
    """
    for view, written in _everything(context):
        section = written.block.id
        for run in written.runs:
            seen: dict[str, list[Option]] = {}
            for key in run:
                if not _for_a_shell(written, key):
                    seen.setdefault(key.name, []).append(key)
            for name, keys in seen.items():
                if name and len(keys) > 1:
                    last = written.line(keys[-1].start)
                    between = commented_header(written, keys[0], keys[-1])
                    if between is not None:
                        yield _commented_out(view, written, keys[-1], *between)
                        continue
                    says = (
                        f"{sanitize(name)} stands {_times(len(keys))} in one section, so boto3"
                        " cannot"
                        f" read this file; other SDKs take that of line {last}."
                    )
                    summary = f"kept the last {name} of {section}"
                    repair = view.repair(summary, DropDuplicates(section, name))
                    fix = fix_command("duplicate-key")
                    yield Fault(says, fix, profile_of(section), view.at(last), repair)


def _commented_out(
    view: FileView, written: SectionView, key: Option, index: int, header: str
) -> Fault:
    says = (
        f"{sanitize(header)} is commented out in line {written.line(index)}, and its"
        f" {sanitize(key.name)}"
        f" is not: it stands twice in the section above, so boto3 cannot read this file."
    )
    fix = f"take the # off {sanitize(header)}, or put one before each line below it, in an editor"
    return Fault(says, fix, profile_of(written.block.id), view.at(written.line(key.start)))


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


@offline_check(Severity.WARNING, fixes=True)
def inline_comment(context: CheckContext) -> Iterator[Fault]:
    """A comment stands behind a value, or is indented below one.

    boto3 and the AWS CLI take a comment behind a value for a part of it: a region of
    "eu-west-1 # home" is no region. The other SDKs cut it off, but take an indented comment below
    for a part of the value above, or give the file up.
    The repair gives the comment a line of its own. It leaves one within quotes, and one that may
    be the value itself.
    """
    for view, written in sections_of(context):
        section = written.block.id
        for key in written.keys:
            line = written.block.lines[key.start]
            if key.name and mark_behind(line) is not None:
                yield _behind(view, written, key, line)
        if not _is_indented(written):
            first = _indented_comment(written.block.lines)
            if first is not None:
                origin = view.at(written.line(first))
                yield _indented(view, section, profile_of(section), origin.line)
    for view in file_views(context):
        first = _indented_comment(view.stored.legible.preamble)
        if first is not None:
            yield _indented(view, None, None, first + 1)


def _behind(view: FileView, written: SectionView, key: Option, line: str) -> Fault:
    section, name = written.block.id, sanitize(key.name)
    says = f"What stands behind the '#' or ';' is a part of {name} for boto3 alone."
    origin = view.at(written.line(key.start))
    below = key.could_nest and not _holds_no_keys(key.name)
    if comment_behind(line, below=below) is None:
        fix = "take it away in an editor, or the '#' or ';' where it belongs to the value"
        return Fault(says, fix, profile_of(section), origin)
    summary = f"gave the comment behind {name} its own line"
    repair = view.repair(summary, MoveInlineComment(section, key.name))
    return Fault(says, fix_command("inline-comment"), profile_of(section), origin, repair)


def _indented(view: FileView, section: SectionId | None, profile: str | None, line: int) -> Fault:
    says = "An indented comment is a part of the value above it, or an error, to most SDKs."
    repair = view.repair("took the indents off comments", DedentComments(section))
    return Fault(says, fix_command("inline-comment"), profile, view.at(line), repair)


def _indented_comment(lines: tuple[str, ...] | list[str]) -> int | None:
    found = (i for i, line in enumerate(lines) if line[:1].isspace() and is_comment(line))
    return next(found, None)


@offline_check(Severity.WARNING, fixes=True)
def quoted_value(context: CheckContext) -> Iterator[Fault]:
    """A value has quotes around it.

    No SDK takes them off: they are a part of the value, and a region or an ARN with quotes is
    none. Only the words of a command (credential_process) may need quotes.
    The repair takes them off.
    """
    for view, written in sections_of(context):
        section = written.block.id
        for key in written.keys:
            value = key.value
            mark = mark_behind(written.block.lines[key.start])
            if value[:1] not in {'"', "'"} or not key.name or key.name in COMMAND_KEYS:
                continue
            if _for_a_shell(written, key):
                continue
            mends: list[TextRepair] = [Unquote(section, key.name)]
            if mark is not None and comment_behind(written.block.lines[key.start]) is not None:
                value = _value(written.block.lines[key.start][:mark])
                mends.insert(0, MoveInlineComment(section, key.name))
            if value[-1:] != value[:1] or len(value) < 2:
                continue
            if mark is None and _is_half_of_key(key.name, value):
                continue
            says = f"The quotes around {sanitize(key.name)} are a part of its value to every SDK."
            origin = view.at(written.line(key.start))
            if unquoted(value) is None:
                fix = "take them off in an editor, if the value needs none"
                yield Fault(says, fix, profile_of(section), origin)
            else:
                repair = view.repair(f"took the quotes off {key.name}", *mends)
                yield Fault(says, fix_command("quoted-value"), profile_of(section), origin, repair)


def _for_a_shell(written: SectionView, key: Option) -> bool:
    """Whether shell-line-in-file tells it: the line is no key of a file at all."""
    return shell_line(written.block.lines[key.start].strip()) is not None


def _is_half_of_key(name: str, value: str) -> bool:
    """Whether key-id-shape or secret-shape tells it, which are errors, and takes the quotes off."""
    whole = {"aws_access_key_id": whole_id, "aws_secret_access_key": whole_secret}.get(name)
    return whole is not None and whole(value) is not None


def _value(line: str) -> str:
    at = delimiter_at(line)
    return "" if at is None else line[at + 1 :].strip()


@offline_check(Severity.WARNING, fixes=True)
def colon_delimiter(context: CheckContext) -> Iterator[Fault]:
    """A ':' stands between a key and its value where others have '='.

    boto3 and the AWS CLI read it; for the other SDKs the line is an error, which makes the whole
    file useless, or belongs to another key.
    The repair writes '='.
    """
    for view, written in _everything(context):
        section, told = written.block.id, value_remainders(written)
        for key in written.keys:
            line = written.block.lines[key.start]
            at = delimiter_at(line)
            if not key.name or at is None or line[at] != ":" or key.start in told:
                continue
            if _for_a_shell(written, key):
                continue
            says = f"{sanitize(key.name)} has a ':' for its '=', which boto3 alone reads."
            origin = view.at(written.line(key.start))
            if key.name not in _KNOWN and ("=" in line or not _WORD.match(key.name)):
                fix = "write it as key = value in an editor, or put a # before it"
                yield Fault(says, fix, profile_of(section), origin)
            else:
                repair = view.repair(f"wrote = behind {key.name}", ColonToEquals(section, key.name))
                yield Fault(
                    says, fix_command("colon-delimiter"), profile_of(section), origin, repair
                )


@offline_check(Severity.ERROR, fixes=True)
def indented_key(context: CheckContext) -> Iterator[Fault]:
    """A key or a header is indented.

    Below a value every SDK takes an indented line for more of that value: the key or the profile
    that was meant is not there. At once below a header boto3 reads it, and the other SDKs give
    the whole file up.
    The repair takes the indents off, where no key or section of that name is there already.
    """
    for view, written in _everything(context):
        if _is_indented(written):
            section = written.block.id
            repair = view.repair(f"took the indents off {section}", DedentSection(section))
            says = "This section is indented: SDKs other than boto3 cannot read the file."
            fix, origin = fix_command("indented-key"), view.at(_indented_line(written))
            yield Fault(says, fix, profile_of(section), origin, repair)
        for key in written.keys:
            if key.continued:
                yield from _absorbed_headers(view, written, key)
                yield from _absorbed_keys(view, written, key)


def _is_indented(written: SectionView) -> bool:
    """Whether the SDKs other than boto3 fail at the section's header or its first key."""
    return indent_of(written.block.lines[0]) > 0 or any(key.indent for key in written.keys[:1])


def _indented_line(written: SectionView) -> int:
    header = indent_of(written.block.lines[0])
    return written.line(0 if header or not written.keys else written.keys[0].start)


def _absorbed_headers(view: FileView, written: SectionView, key: Option) -> Iterator[Fault]:
    for part, index in zip(key.parts[1:], key.part_lines[1:], strict=True):
        header = header_in(part) if header_meant(part) else None
        if header is None:
            continue
        name = sanitize(part)
        says = (
            f"{name} is indented, and so a part of {sanitize(key.name)} above it: it is no section."
        )
        origin = view.at(written.line(index))
        meant = section_id(header, view.kind)
        twice = key.parts.count(part) > 1
        if (
            twice
            or diagnose(part, view.kind)
            or any(other.block.id == meant for other in view.blocks)
        ):
            fix = "write it at the beginning of its line, once and as it should be, in an editor"
            yield Fault(says, fix, profile_of(meant), origin)
        else:
            mends = RewriteHeader(part, part), DedentSection(meant)
            repair = view.repair(f"took the indent off {name}", *mends)
            yield Fault(says, fix_command("indented-key"), profile_of(meant), origin, repair)


def _absorbed_keys(view: FileView, written: SectionView, key: Option) -> Iterator[Fault]:
    section = written.block.id
    if section.type == "services" or (key.is_block and not _holds_no_keys(key.name)):
        return
    lines = list(zip(key.parts[1:], key.part_lines[1:], strict=True))
    matches = [(_ASSIGNMENT.match(part), index) for part, index in lines]
    named = [(match[1].lower(), index) for match, index in matches if match]
    absorbed = [(name, index) for name, index in named if name in _KNOWN]
    if not absorbed:
        return
    first, at = absorbed[0]
    margin = indent_of(written.block.lines[at])
    names = tuple(
        name
        for name, index in named
        if index >= at and indent_of(written.block.lines[index]) <= margin
    )
    says = f"{sanitize(first)} is indented, and so a part of {sanitize(key.name)} above it."
    origin = view.at(written.line(at))
    taken = {other.name for other in written.keys} & set(names)
    if taken or len(set(names)) < len(names) or not key.name:
        fix = "take its indent off in an editor, and keep one key of each name"
        yield Fault(says, fix, profile_of(section), origin)
    else:
        repair = view.repair(f"took the indent off {first}", DedentKeys(section, key.name, names))
        yield Fault(says, fix_command("indented-key"), profile_of(section), origin, repair)


def _holds_no_keys(name: str) -> bool:
    return name in _KNOWN - NESTING_KEYS
