"""Checks of line breaks: one missing between two lines, or one inside a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from awsprof.configfile.key_lines import delimiter_index
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.line_breaks import split_glued_key, split_glued_line, wrapped_line_count
from awsprof.configfile.line_repairs import JoinLines, SplitLine
from awsprof.configfile.parse import ParsedOption, header_in, section_id
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.check_helpers import shown_key
from awsprof.doctor.file_view import FileView, file_views, fix_command, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.masking.mask import mask_line
from awsprof.profiles.known_keys import KNOWN_KEYS, NESTING_KEYS, is_value_of
from awsprof.text import sanitize

_ID: Final = "lost-line-break"
_PLAIN_KEYS: Final = KNOWN_KEYS - NESTING_KEYS  # their value is no block
_BARE: Final = (  # values that show by themselves which key they belong to
    (re.compile(r"arn:[a-z\-]+:iam::\d{12}:role/\S+"), "role_arn"),
    (re.compile(r"arn:[a-z\-]+:iam::\d{12}:mfa/\S+"), "mfa_serial"),
    (re.compile(r"https://[\w.\-]+/start/?(?:#/?)?"), "sso_start_url"),
)


@offline_check(Severity.ERROR, fixes=True)
def lost_line_break(context: CheckContext) -> Iterator[Fault]:
    """Two lines are joined into one, a value is split over two lines, or a value lost its key.

    Editors and chats join lines (region = eu-west-1[profile b]) and wrap long ones. A header at the
    end of a value is not a header: the keys below it become part of the section above. The rest of
    an ARN, a secret or a token is a separate key to boto3, and an error to the other SDKs.

    The repair restores the lines if the text on each side shows what they were.
    """
    for view in file_views(context):
        for written in view.blocks:
            header = written.block.lines[0]
            yield from _joined_lines(view, written, 0, split_glued_line(header, view.kind))
            for key in written.keys:
                found = split_glued_key(written.block, written.keys, key, view.kind)
                yield from _joined_lines(view, written, key.start, found)
            for key, count in wrapped_values(written):
                yield _split_value(view, written, key, count)
            yield from _without_key(view, written)


def _joined_lines(
    view: FileView, written: SectionView, index: int, lines: tuple[str, ...]
) -> Iterator[Fault]:
    if len(lines) < 2:
        return
    section, origin = written.block.id, view.at(written.line(index))
    header = header_in(lines[-1])
    new = section_id(header, view.kind) if header is not None else None
    at = delimiter_index(lines[0])
    own = shown_key(lines[0][:at].strip()) if at else sanitize(mask_line(lines[0]))
    rest = sanitize(mask_line(lines[1]), 60)
    if new is not None and index:
        rest = sanitize(mask_line(lines[-1]))
        message = f"{rest} is at the end of the line of {own}, so SDKs do not read it as a section."
    else:
        message = f"{rest} is in the same line as {own}, with no line break between them."
    text = written.block.lines[index].strip()
    if new is not None and index and any(other.block.id == new for other in view.blocks):
        fix = f"move {rest} to its own line and merge the two sections, in an editor"
        yield Fault(message, fix, profile_of(section), origin)
        return
    declares = {section} | ({new} if new is not None else set())
    summary = f"moved {rest} to its own line"
    repair = view.repair(summary, SplitLine(section, text, lines), declares=declares)
    yield Fault(message, fix_command(_ID), profile_of(section), origin, repair)


def wrapped_values(written: SectionView) -> Iterator[tuple[ParsedOption, int]]:
    """Yields the keys whose value continues in the lines below, and the number of those lines."""
    for number, key in enumerate(written.keys):
        next_key = written.keys[number + 1] if number + 1 < len(written.keys) else None
        if not key.continued and (next_key is None or next_key.name in KNOWN_KEYS):
            continue  # nothing below it may belong to its value
        following = _lines_below(written.keys, number)
        count = _below_nothing(key) or _value_below(written, key, next_key)
        count = count or wrapped_line_count(key, written.block, following)
        below = written.block.lines[key.start + 1 : key.start + 1 + count]
        if count and all(line.strip() for line in below):
            yield key, count


def _lines_below(keys: Sequence[ParsedOption], number: int) -> Iterator[ParsedOption]:
    """Yields the keys in the lines directly below a key, up to one that an SDK knows."""
    start = keys[number].start
    for below, index in enumerate(range(number + 1, len(keys)), start=1):
        if keys[index].name in KNOWN_KEYS or keys[index].start != start + below:
            return
        yield keys[index]


def _below_nothing(key: ParsedOption) -> int:
    """Returns 1 if the whole value is in the line below the key, for a key without a block."""
    below = [part for part in key.parts[1:] if part]
    if key.parts[0] or len(below) != 1 or key.name not in _PLAIN_KEYS:
        return 0
    at = delimiter_index(below[0])
    a_key = at is not None and below[0][:at].strip().lower() in KNOWN_KEYS
    return 0 if a_key or header_in(below[0]) else 1


def _value_below(written: SectionView, key: ParsedOption, below: ParsedOption | None) -> int:
    """Returns 1 if the value of an empty key is alone in the next line, which is not indented."""
    if below is None or below.start != key.start + 1 or "".join(key.parts):
        return 0
    return int(is_value_of(key.name, written.block.lines[below.start].strip()))


def value_remainders(written: SectionView) -> frozenset[int]:
    """Returns the lines that are the rest of a value above, or a value without its key."""
    wrapped = {key.start + n for key, count in wrapped_values(written) for n in range(1, count + 1)}
    return frozenset(wrapped | {key.start for key, _ in _bare(written)})


def _split_value(view: FileView, written: SectionView, key: ParsedOption, count: int) -> Fault:
    section, name = written.block.id, shown_key(key.name)
    lines = written.block.lines[key.start : key.start + count + 1]
    message = f"This is the rest of the value of {name} above: a line break splits it."
    edit = JoinLines(section, tuple(line.strip() for line in lines))
    repair = view.repair(f"joined the lines of {name}", edit, declares={section})
    origin, whole = view.at(written.line(key.start + 1)), view.at(written.line(key.start))
    return Fault(message, fix_command(_ID), profile_of(section), origin, repair, also=(whole,))


def _bare(written: SectionView) -> Iterator[tuple[ParsedOption, str]]:
    for key in written.keys:
        line = written.block.lines[key.start].strip()
        if not line.startswith(("arn:", "https:")):
            continue
        name = next((name for shape, name in _BARE if shape.fullmatch(line)), None)
        if name is not None:
            yield key, name


def _without_key(view: FileView, written: SectionView) -> Iterator[Fault]:
    wrapped = {key.start + n for key, count in wrapped_values(written) for n in range(1, count + 1)}
    taken = {key.name for key in written.keys}
    section = written.block.id
    for key, name in _bare(written):
        if key.start in wrapped:
            continue
        line = written.block.lines[key.start].strip()
        message = f"{sanitize(mask_line(line), 80)} is here without its key, {name}."
        origin = view.at(written.line(key.start))
        if name in taken or section.type == "services":
            fix = f"keep one value of {name} and remove this line, in an editor"
            yield Fault(message, fix, profile_of(section), origin)
        else:
            taken.add(name)
            edit = SplitLine(section, line, (f"{name} = {line}",))
            repair = view.repair(f"added the key {name} before its value", edit)
            yield Fault(message, fix_command(_ID), profile_of(section), origin, repair)


def glued_header(view: FileView, line: str) -> bool:
    """True if another line is joined to the end of this header line."""
    return len(split_glued_line(line, view.kind)) > 1


def commented_header(
    written: SectionView, first: ParsedOption, last: ParsedOption
) -> tuple[int, str] | None:
    """Returns the index and text of a header between two keys that is commented out."""
    for index in range(first.stop, last.start):
        text = written.block.lines[index].strip().lstrip("#;").strip()
        if written.block.lines[index].strip()[:1] in ("#", ";") and header_in(text) == text[1:-1]:
            return index, text
    return None
