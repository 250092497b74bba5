"""Checks of line breaks: one that got lost between two lines, one that came into a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from awsprof.awsfiles.blocks import Key, header_in, section_id
from awsprof.awsfiles.legible import Written
from awsprof.awsfiles.linebreaks import cut_in_two, parted, pieces
from awsprof.awsfiles.linemends import BreakLine, JoinLines
from awsprof.awsfiles.values import delimiter_at
from awsprof.clean import clean
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.scene import Scene
from awsprof.doctor.written import Page, by_itself, owner, pages
from awsprof.masking import mask_line
from awsprof.profiles.keynames import KNOWN_KEYS, NESTING_KEYS

_ID: Final = "lost-line-break"
_BARE: Final = (  # a value without its key, which tells by itself which key it is
    (re.compile(r"arn:[a-z\-]+:iam::\d{12}:role/\S+"), "role_arn"),
    (re.compile(r"arn:[a-z\-]+:iam::\d{12}:mfa/\S+"), "mfa_serial"),
    (re.compile(r"https://[\w.\-]+/start/?(?:#/?)?"), "sso_start_url"),
)


@check(Severity.ERROR, fixes=True)
def lost_line_break(scene: Scene) -> Iterator[Fault]:
    """Two lines stand as one, one value stands in two lines, or a value has lost its key.

    Editors and chats glue lines together (region = eu-west-1[profile b]) and cut long ones up. A
    header at the end of a value is none: the keys below it are those of the section above, which
    so gets another's keys. The rest of an ARN, a secret or a token is a key of its own to boto3,
    and an error to the other SDKs.
    The repair writes the lines as they were, where what stands on each side tells what they were.
    """
    for page in pages(scene):
        for written in page.blocks:
            header = written.block.lines[0]
            yield from _broken(page, written, 0, pieces(header, page.kind))
            for key in written.keys:
                found = parted(written.block, written.keys, key, page.kind)
                yield from _broken(page, written, key.start, found)
            for key, count in cut_values(written):
                yield _joined(page, written, key, count)
            yield from _without_key(page, written)


def _broken(page: Page, written: Written, index: int, lines: tuple[str, ...]) -> Iterator[Fault]:
    if len(lines) < 2:
        return
    section, origin = written.block.id, page.at(written.line(index))
    header = header_in(lines[-1])
    new = section_id(header, page.kind) if header is not None else None
    at = delimiter_at(lines[0])
    own = clean(lines[0][:at].strip()) if at else clean(lines[0])
    rest = clean(mask_line(lines[1]), 60)
    if new is not None and index:
        rest = clean(lines[-1])
        says = f"{rest} stands at the end of {own}'s line, so it is no section."
    else:
        says = f"{rest} stands in the line of {own}: the line break between them is lost."
    text = written.block.lines[index].strip()
    if new is not None and index and any(other.block.id == new for other in page.blocks):
        fix = f"write {rest} in a line of its own, and make one section of both, in an editor"
        yield Fault(says, fix, owner(section), origin)
        return
    declares = {section} | ({new} if new is not None else set())
    summary = f"wrote {rest} in a line of its own"
    repair = page.repair(summary, BreakLine(section, text, lines), declares=declares)
    yield Fault(says, by_itself(_ID), owner(section), origin, repair)


def cut_values(written: Written) -> Iterator[tuple[Key, int]]:
    """The keys whose value goes on in the lines below, and in how many of them."""
    for number, key in enumerate(written.keys):
        following: list[Key] = []
        for other in written.keys[number + 1 :]:
            if other.name in KNOWN_KEYS or other.start != key.start + len(following) + 1:
                break
            following.append(other)
        count = _below_nothing(key) or cut_in_two(key, written.block, following)
        below = written.block.lines[key.start + 1 : key.start + 1 + count]
        if count and all(line.strip() for line in below):
            yield key, count


def _below_nothing(key: Key) -> int:
    """1 where the whole value stands in the line below its key, of a key that holds no block."""
    below = [part for part in key.parts[1:] if part]
    if key.parts[0] or len(below) != 1 or key.name not in KNOWN_KEYS - NESTING_KEYS:
        return 0
    at = delimiter_at(below[0])
    a_key = at is not None and below[0][:at].strip().lower() in KNOWN_KEYS
    return 0 if a_key or header_in(below[0]) else 1


def rests(written: Written) -> frozenset[int]:
    """The lines that are the rest of a value above, or a value that has lost its key."""
    cut = {key.start + n for key, count in cut_values(written) for n in range(1, count + 1)}
    return frozenset(cut | {key.start for key, _ in _bare(written)})


def _joined(page: Page, written: Written, key: Key, count: int) -> Fault:
    section, name = written.block.id, clean(key.name)
    lines = written.block.lines[key.start : key.start + count + 1]
    says = f"This is the rest of the value of {name} above: a line break came into it."
    mend = JoinLines(section, tuple(line.strip() for line in lines))
    repair = page.repair(f"joined the lines of {name}", mend, declares={section})
    origin, whole = page.at(written.line(key.start + 1)), page.at(written.line(key.start))
    return Fault(says, by_itself(_ID), owner(section), origin, repair, also=(whole,))


def _bare(written: Written) -> Iterator[tuple[Key, str]]:
    for key in written.keys:
        line = written.block.lines[key.start].strip()
        name = next((name for shape, name in _BARE if shape.fullmatch(line)), None)
        if name is not None:
            yield key, name


def _without_key(page: Page, written: Written) -> Iterator[Fault]:
    cut = {key.start + n for key, count in cut_values(written) for n in range(1, count + 1)}
    taken = {key.name for key in written.keys}
    section = written.block.id
    for key, name in _bare(written):
        if key.start in cut:
            continue
        line = written.block.lines[key.start].strip()
        says = f"{clean(line, 80)} stands here without {name} = before it."
        origin = page.at(written.line(key.start))
        if name in taken or section.type == "services":
            fix = f"keep one value of {name} in an editor, and take this line out"
            yield Fault(says, fix, owner(section), origin)
        else:
            taken.add(name)
            mend = BreakLine(section, line, (f"{name} = {line}",))
            repair = page.repair(f"wrote {name} = before its value", mend)
            yield Fault(says, by_itself(_ID), owner(section), origin, repair)


def glued_header(page: Page, line: str) -> bool:
    """Whether a header's line is one that another line was glued to."""
    return len(pieces(line, page.kind)) > 1


def commented_header(written: Written, first: Key, last: Key) -> tuple[int, str] | None:
    """The header between two keys that was commented out, while its keys were not."""
    for index in range(first.stop, last.start):
        text = written.block.lines[index].strip().lstrip("#;").strip()
        if written.block.lines[index].strip()[:1] in ("#", ";") and header_in(text) == text[1:-1]:
            return index, text
    return None
