"""Checks of line breaks: one that got lost between two lines, one that came into a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from awsprof.configfile.key_lines import delimiter_at
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.line_breaks import split_glued_key, split_glued_line, wrapped_line_count
from awsprof.configfile.line_repairs import JoinLines, SplitLine
from awsprof.configfile.parse import Option, header_in, section_id
from awsprof.doctor.context import CheckContext
from awsprof.doctor.file_view import FileView, file_views, fix_command, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.masking import mask_line
from awsprof.profiles.known_keys import KNOWN_KEYS, NESTING_KEYS
from awsprof.text import sanitize

_ID: Final = "lost-line-break"
_BARE: Final = (  # a value without its key, which tells by itself which key it is
    (re.compile(r"arn:[a-z\-]+:iam::\d{12}:role/\S+"), "role_arn"),
    (re.compile(r"arn:[a-z\-]+:iam::\d{12}:mfa/\S+"), "mfa_serial"),
    (re.compile(r"https://[\w.\-]+/start/?(?:#/?)?"), "sso_start_url"),
)


@offline_check(Severity.ERROR, fixes=True)
def lost_line_break(context: CheckContext) -> Iterator[Fault]:
    """Two lines stand as one, one value stands in two lines, or a value has lost its key.

    Editors and chats glue lines together (region = eu-west-1[profile b]) and cut long ones up. A
    header at the end of a value is none: the keys below it are those of the section above, which
    so gets another's keys. The rest of an ARN, a secret or a token is a key of its own to boto3,
    and an error to the other SDKs.
    The repair writes the lines as they were, where what stands on each side tells what they were.
    """
    for view in file_views(context):
        for written in view.blocks:
            header = written.block.lines[0]
            yield from _broken(view, written, 0, split_glued_line(header, view.kind))
            for key in written.keys:
                found = split_glued_key(written.block, written.keys, key, view.kind)
                yield from _broken(view, written, key.start, found)
            for key, count in wrapped_values(written):
                yield _joined(view, written, key, count)
            yield from _without_key(view, written)


def _broken(
    view: FileView, written: SectionView, index: int, lines: tuple[str, ...]
) -> Iterator[Fault]:
    if len(lines) < 2:
        return
    section, origin = written.block.id, view.at(written.line(index))
    header = header_in(lines[-1])
    new = section_id(header, view.kind) if header is not None else None
    at = delimiter_at(lines[0])
    own = sanitize(lines[0][:at].strip()) if at else sanitize(lines[0])
    rest = sanitize(mask_line(lines[1]), 60)
    if new is not None and index:
        rest = sanitize(lines[-1])
        says = f"{rest} stands at the end of {own}'s line, so it is no section."
    else:
        says = f"{rest} stands in the line of {own}: the line break between them is lost."
    text = written.block.lines[index].strip()
    if new is not None and index and any(other.block.id == new for other in view.blocks):
        fix = f"write {rest} in a line of its own, and make one section of both, in an editor"
        yield Fault(says, fix, profile_of(section), origin)
        return
    declares = {section} | ({new} if new is not None else set())
    summary = f"wrote {rest} in a line of its own"
    repair = view.repair(summary, SplitLine(section, text, lines), declares=declares)
    yield Fault(says, fix_command(_ID), profile_of(section), origin, repair)


def wrapped_values(written: SectionView) -> Iterator[tuple[Option, int]]:
    """The keys whose value goes on in the lines below, and in how many of them."""
    for number, key in enumerate(written.keys):
        following: list[Option] = []
        for other in written.keys[number + 1 :]:
            if other.name in KNOWN_KEYS or other.start != key.start + len(following) + 1:
                break
            following.append(other)
        count = _below_nothing(key) or wrapped_line_count(key, written.block, following)
        below = written.block.lines[key.start + 1 : key.start + 1 + count]
        if count and all(line.strip() for line in below):
            yield key, count


def _below_nothing(key: Option) -> int:
    """1 where the whole value stands in the line below its key, of a key that holds no block."""
    below = [part for part in key.parts[1:] if part]
    if key.parts[0] or len(below) != 1 or key.name not in KNOWN_KEYS - NESTING_KEYS:
        return 0
    at = delimiter_at(below[0])
    a_key = at is not None and below[0][:at].strip().lower() in KNOWN_KEYS
    return 0 if a_key or header_in(below[0]) else 1


def value_remainders(written: SectionView) -> frozenset[int]:
    """The lines that are the rest of a value above, or a value that has lost its key."""
    cut = {key.start + n for key, count in wrapped_values(written) for n in range(1, count + 1)}
    return frozenset(cut | {key.start for key, _ in _bare(written)})


def _joined(view: FileView, written: SectionView, key: Option, count: int) -> Fault:
    section, name = written.block.id, sanitize(key.name)
    lines = written.block.lines[key.start : key.start + count + 1]
    says = f"This is the rest of the value of {name} above: a line break came into it."
    mend = JoinLines(section, tuple(line.strip() for line in lines))
    repair = view.repair(f"joined the lines of {name}", mend, declares={section})
    origin, whole = view.at(written.line(key.start + 1)), view.at(written.line(key.start))
    return Fault(says, fix_command(_ID), profile_of(section), origin, repair, also=(whole,))


def _bare(written: SectionView) -> Iterator[tuple[Option, str]]:
    for key in written.keys:
        line = written.block.lines[key.start].strip()
        name = next((name for shape, name in _BARE if shape.fullmatch(line)), None)
        if name is not None:
            yield key, name


def _without_key(view: FileView, written: SectionView) -> Iterator[Fault]:
    cut = {key.start + n for key, count in wrapped_values(written) for n in range(1, count + 1)}
    taken = {key.name for key in written.keys}
    section = written.block.id
    for key, name in _bare(written):
        if key.start in cut:
            continue
        line = written.block.lines[key.start].strip()
        says = f"{sanitize(line, 80)} stands here without {name} = before it."
        origin = view.at(written.line(key.start))
        if name in taken or section.type == "services":
            fix = f"keep one value of {name} in an editor, and take this line out"
            yield Fault(says, fix, profile_of(section), origin)
        else:
            taken.add(name)
            mend = SplitLine(section, line, (f"{name} = {line}",))
            repair = view.repair(f"wrote {name} = before its value", mend)
            yield Fault(says, fix_command(_ID), profile_of(section), origin, repair)


def glued_header(view: FileView, line: str) -> bool:
    """Whether a header's line is one that another line was glued to."""
    return len(split_glued_line(line, view.kind)) > 1


def commented_header(written: SectionView, first: Option, last: Option) -> tuple[int, str] | None:
    """The header between two keys that was commented out, while its keys were not."""
    for index in range(first.stop, last.start):
        text = written.block.lines[index].strip().lstrip("#;").strip()
        if written.block.lines[index].strip()[:1] in ("#", ";") and header_in(text) == text[1:-1]:
            return index, text
    return None
