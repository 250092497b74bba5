"""Checks of single lines of a section: duplicate keys, comments, quotes and colons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import DEFAULTSECT
from typing import Final

from awsprof.configfile.key_lines import (
    comment_mark_index,
    delimiter_index,
    inline_comment_index,
    strip_value_quotes,
)
from awsprof.configfile.key_repairs import ColonToEquals, DropDuplicates, MoveInlineComment, Unquote
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import (
    ParsedOption,
    SectionId,
    is_comment,
)
from awsprof.configfile.repair_file import TextRepair
from awsprof.configfile.section_repairs import DedentComments
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.check_helpers import shown_key
from awsprof.doctor.checks.indents import is_indented, is_never_a_block
from awsprof.doctor.checks.line_breaks import commented_header, value_remainders
from awsprof.doctor.file_view import (
    FileView,
    file_views,
    fix_command,
    profile_of,
    sections_of,
)
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.profiles.key_shapes import whole_id, whole_secret
from awsprof.profiles.known_keys import (
    COMMAND_KEYS,
    PROFILE_KEYS,
    SESSION_KEYS,
    nearest_known_key,
)
from awsprof.profiles.pasted_key import shell_line
from awsprof.text import sanitize

_KNOWN: Final = PROFILE_KEYS | SESSION_KEYS
_WORD: Final = re.compile(r"(?!(?:arn|https?|file)\Z)[a-z][a-z0-9_]*\Z")


def _all_sections(context: CheckContext) -> Iterator[tuple[FileView, SectionView]]:
    """Yields every section, including those of other profiles: an error breaks the whole file."""
    return ((view, written) for view in file_views(context) for written in view.blocks)


@offline_check(Severity.ERROR, fixes=True)
def duplicate_key(context: CheckContext) -> Iterator[Fault]:
    """A key occurs twice in a section; upper and lower case do not matter.

    boto3 and the AWS CLI can't read such a file, so none of its profiles works.

    The other SDKs use the last one, and the repair keeps that one.
    """
    for view, written in _all_sections(context):
        for keys in _repeated_keys(view, written):
            between = commented_header(written, keys[0], keys[-1])
            if between is not None:
                yield _commented_out(view, written, keys[-1], *between)
            else:
                yield _repeated(view, written, keys)
    for view in file_views(context):
        yield from _twice_in_default(view)


def _repeated_keys(view: FileView, written: SectionView) -> Iterator[list[ParsedOption]]:
    """Yields the lines of each key that a run of lines has more than once, in order."""
    for run in written.runs:
        seen: dict[str, list[ParsedOption]] = {}
        for key in run:
            if not _is_shell_line(written, key):
                seen.setdefault(key.name, []).append(key)
        for name, keys in seen.items():
            lines = [written.line(key.start) for key in keys]
            if name and len(keys) > 1 and not any(map(view.in_conflict, lines)):
                yield keys


def _repeated(view: FileView, written: SectionView, keys: list[ParsedOption]) -> Fault:
    section, name = written.block.id, keys[-1].name
    last = written.line(keys[-1].start)
    message = (
        f"{shown_key(name)} occurs {_times(len(keys))} in this section, so boto3"
        f" can't read the file; other SDKs use line {last}."
    )
    summary = f"kept the last {shown_key(name)} of {section}"
    repair = view.repair(summary, DropDuplicates(section, name))
    return Fault(message, fix_command("duplicate-key"), profile_of(section), view.at(last), repair)


def _twice_in_default(view: FileView) -> Iterator[Fault]:
    """Yields the keys of several [DEFAULT] sections: to boto3 these are one section."""
    lines: dict[str, dict[int, int]] = {}  # by key: the first line in each section
    for index, written in enumerate(view.blocks):
        for key in written.keys if written.block.header == DEFAULTSECT else ():
            line = written.line(key.start)
            if key.name and not view.in_conflict(line):
                lines.setdefault(key.name, {}).setdefault(index, line)
    for name, found in lines.items():
        if len(found) > 1:
            first, *others = found.values()
            message = (
                f"{shown_key(name)} is in several sections [DEFAULT], so boto3 can't read this"
                f" file: lines {', '.join(map(str, (first, *others)))}."
            )
            fix = f"keep one of the lines with {shown_key(name)}, in an editor"
            yield Fault(message, fix, None, view.at(others[0]))


def _commented_out(
    view: FileView, written: SectionView, key: ParsedOption, index: int, header: str
) -> Fault:
    message = (
        f"{sanitize(header)} is commented out in line {written.line(index)}, but its"
        f" {shown_key(key.name)} is not: the section above has it twice, so boto3 can't read this"
        " file."
    )
    fix = f"remove the # before {sanitize(header)}, or add one to each line below it, in an editor"
    return Fault(message, fix, profile_of(written.block.id), view.at(written.line(key.start)))


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


@offline_check(Severity.WARNING, fixes=True)
def inline_comment(context: CheckContext) -> Iterator[Fault]:
    """A comment follows a value in the same line, or is indented below it.

    boto3 and the AWS CLI read a comment after a value as part of the value: "eu-west-1 # home" is
    not a valid region. The other SDKs remove it, but read an indented comment as part of the value
    above, or reject the file.

    The repair moves the comment to its own line. It leaves text within quotes, and text that may be
    part of the value.
    """
    for view, written in sections_of(context):
        section = written.block.id
        for key in written.keys:
            line = written.block.lines[key.start]
            if key.name and comment_mark_index(line) is not None:
                yield _same_line_comment(view, written, key, line)
        if not is_indented(written):
            first = _indented_comment(written.block.lines)
            if first is not None:
                origin = view.at(written.line(first))
                yield _indented_comment_fault(view, section, profile_of(section), origin.line)
    for view in file_views(context):
        first = _indented_comment(view.stored.lenient.preamble)
        if first is not None:
            yield _indented_comment_fault(view, None, None, first + 1)


def _same_line_comment(view: FileView, written: SectionView, key: ParsedOption, line: str) -> Fault:
    section, name = written.block.id, shown_key(key.name)
    message = f"boto3 reads the text after '#' or ';' as part of {name}; other SDKs don't."
    origin = view.at(written.line(key.start))
    below = key.could_nest and not is_never_a_block(key.name)
    if inline_comment_index(line, below=below) is None:
        fix = "remove the text in an editor, or the '#' or ';' if the text belongs to the value"
        return Fault(message, fix, profile_of(section), origin)
    summary = f"moved the comment after {name} to its own line"
    repair = view.repair(summary, MoveInlineComment(section, key.name))
    return Fault(message, fix_command("inline-comment"), profile_of(section), origin, repair)


def _indented_comment_fault(
    view: FileView, section: SectionId | None, profile: str | None, line: int
) -> Fault:
    message = "Most SDKs read this indented comment as part of the value above it, or as an error."
    repair = view.repair("removed the indent of comments", DedentComments(section))
    return Fault(message, fix_command("inline-comment"), profile, view.at(line), repair)


def _indented_comment(lines: tuple[str, ...] | list[str]) -> int | None:
    found = (i for i, line in enumerate(lines) if line[:1].isspace() and is_comment(line))
    return next(found, None)


@offline_check(Severity.WARNING, fixes=True)
def quoted_value(context: CheckContext) -> Iterator[Fault]:
    """A value has quotes around it.

    No SDK removes them: they become part of the value, and a region or an ARN with quotes is
    invalid. Only the words of a command (credential_process) may need quotes.

    The repair removes them.
    """
    for view, written in sections_of(context):
        section = written.block.id
        for key in written.keys:
            value = key.value
            mark = comment_mark_index(written.block.lines[key.start])
            if value[:1] not in {'"', "'"} or not key.name or key.name in COMMAND_KEYS:
                continue
            if _is_shell_line(written, key):
                continue
            edits: list[TextRepair] = [Unquote(section, key.name)]
            if (
                mark is not None
                and inline_comment_index(written.block.lines[key.start]) is not None
            ):
                value = _value(written.block.lines[key.start][:mark])
                edits.insert(0, MoveInlineComment(section, key.name))
            if value[-1:] != value[:1] or len(value) < 2:
                continue
            if mark is None and _is_half_of_key(key.name, value):
                continue
            message = f"Every SDK reads the quotes of {shown_key(key.name)} as part of its value."
            origin = view.at(written.line(key.start))
            if strip_value_quotes(value) is None:
                fix = "remove them in an editor, if the value needs none"
                yield Fault(message, fix, profile_of(section), origin)
            else:
                repair = view.repair(f"removed the quotes from {shown_key(key.name)}", *edits)
                yield Fault(
                    message, fix_command("quoted-value"), profile_of(section), origin, repair
                )


def _is_shell_line(written: SectionView, key: ParsedOption) -> bool:
    """True if shell-line-in-file reports the line."""
    return shell_line(written.block.lines[key.start].strip()) is not None


def _is_half_of_key(name: str, value: str) -> bool:
    """True if key-id-shape or secret-shape, which are errors, report and remove the quotes."""
    whole = {"aws_access_key_id": whole_id, "aws_secret_access_key": whole_secret}.get(name)
    return whole is not None and whole(value) is not None


def _value(line: str) -> str:
    at = delimiter_index(line)
    return "" if at is None else line[at + 1 :].strip()


@offline_check(Severity.WARNING, fixes=True)
def colon_delimiter(context: CheckContext) -> Iterator[Fault]:
    """A key and its value are separated by ':' instead of '='.

    boto3 and the AWS CLI accept it; for the other SDKs the line is an error that makes the whole
    file unreadable, or belongs to another key.

    The repair writes '='.
    """
    for view, written in _all_sections(context):
        section, reported = written.block.id, value_remainders(written)
        for key in written.keys:
            line = written.block.lines[key.start]
            at = delimiter_index(line)
            if not key.name or at is None or line[at] != ":" or key.start in reported:
                continue
            if _is_shell_line(written, key) or written.line(key.start) in view.pasted_lines:
                continue
            message = (
                f"{shown_key(key.name)} is followed by ':' instead of '=', which only boto3 can"
                " read."
            )
            origin = view.at(written.line(key.start))
            odd = "=" in line or not _WORD.match(key.name)
            if odd and nearest_known_key(key.name, _KNOWN) is None:
                fix = "write it as key = value in an editor, or put a # before it"
                yield Fault(message, fix, profile_of(section), origin)
            else:
                summary = f"wrote = after {shown_key(key.name)}"
                repair = view.repair(summary, ColonToEquals(section, key.name))
                yield Fault(
                    message, fix_command("colon-delimiter"), profile_of(section), origin, repair
                )
