"""The check of lines that are neither a header nor a comment, and have no key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from awsprof.configfile.header_diagnosis import fix_unopened
from awsprof.configfile.lenient import SectionView, is_intended_header
from awsprof.configfile.line_repairs import InsertHeader, SplitLine
from awsprof.configfile.parse import ParsedOption, SectionId, header_in, is_comment
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.checks.line_breaks import value_remainders
from awsprof.doctor.file_view import FileView, file_views, fix_command, profile_of
from awsprof.doctor.findings import Fault, Repair, Severity, offline_check
from awsprof.masking.mask import mask_line
from awsprof.profiles.known_keys import is_assignment, split_without_sign
from awsprof.profiles.pasted_key import PastedKey, find_pasted_keys, shell_line
from awsprof.text import sanitize

_BY_HAND = "write it as key = value in an editor, or put a # before it"


@offline_check(Severity.ERROR, fixes=True)
def line_without_equals(context: CheckContext) -> Iterator[Fault]:
    """A line is neither a header nor a comment, and has no key followed by '='.

    No SDK can read such a file, so none of its profiles works. The same goes for a line before the
    first header, for one without '=' in a nested block such as s3, and for an access key that was
    pasted as the CSV or JSON that AWS gave, and for the markers of a merge conflict.

    Write the line as key = value, or put a # before it. If the file starts with a profile's keys,
    the repair writes [default] above them; if only the '=' is missing after a key, it writes that.
    """
    for view in file_views(context):
        pasted = {n: key for key in find_pasted_keys(view.stored) for n in key.lines}
        yield from _conflicts(view)
        yield from _in_preamble(view, pasted)
        for written in view.blocks:
            yield from _in_section(view, written, pasted)


def _conflicts(view: FileView) -> Iterator[Fault]:
    for conflict in view.conflicts:
        if len(conflict) > 1:
            what = f"A merge left a conflict in lines {conflict[0]} to {conflict[-1]}"
            fix = (
                "keep the lines that are right, and remove the others and the markers, in an editor"
            )
        else:
            what = "A merge left a marker of a conflict in this line"
            fix = "remove the line, in an editor, and what is not meant to be in the file near it"
        yield Fault(f"{what}, so no SDK can read the file.", fix, None, view.at(conflict[0]))


def _in_preamble(view: FileView, pasted: Mapping[int, PastedKey]) -> Iterator[Fault]:
    preamble = view.stored.lenient.preamble
    lines = enumerate(map(str.strip, preamble), start=1)
    odd = ((n, line) for n, line in lines if line and not is_comment(line))
    odd = ((number, line) for number, line in odd if not view.in_conflict(number))
    before = [number for number, line in odd if not is_intended_header(line)]
    if not before:
        return
    above = preamble[: before[-1]]  # keys below a broken header belong to that, as bad-header says
    headed = next((n for n, line in enumerate(above, 1) if is_intended_header(line.strip())), None)
    if headed is not None and not pasted.get(before[0]):
        before = [number for number in before if number < headed]
        if not before:
            return
    commented = _commented_header(preamble[: before[0] - 1])
    unclear = headed or view.in_conflict(1) or commented
    repair = None if unclear else _heading_repair(view, before)
    key = None if repair else pasted.get(before[0])
    what = f"This is {key.what}" if key else f"A line is above the first section{_and_more(before)}"
    fix = (key.fix if key else fix_unopened(preamble[before[0] - 1])) or (
        "move it below a header such as [default], or put a # before it"
    )
    if commented and not key:
        header = sanitize(mask_line(commented.lstrip("#; ")))
        fix = (
            f"remove the {commented[0]} before {header}, or put one before each line below it,"
            " in an editor"
        )
    fix = fix_command("line-without-equals") if repair else fix
    message = f"{what}, so no SDK can read the file."
    yield Fault(message, fix, None, view.at(before[0]), repair)


def _commented_header(lines: Sequence[str]) -> str | None:
    """Returns the last commented-out header; the keys below it belong to it."""
    texts = (line.strip() for line in reversed(lines))
    return next((t for t in texts if is_comment(t) and header_in(t.lstrip("#; "))), None)


def _in_section(
    view: FileView, written: SectionView, pasted: Mapping[int, PastedKey]
) -> Iterator[Fault]:
    name = profile_of(written.block.id)
    odd = {line for key in written.keys for line in _odd_lines(written, key)}
    if not odd and not pasted:
        return
    first, stop = written.line(0), written.line(len(written.block.lines))
    for key in dict.fromkeys(pasted[n] for n in range(first, stop) if n in pasted):
        unread = odd.isdisjoint(key.lines)
        effect = "which no SDK reads" if unread else "so no SDK can read the file"
        yield Fault(f"This is {key.what}, {effect}.", key.fix, name, view.at(key.lines.start))
    reported = {written.line(index) for index in value_remainders(written)} | pasted.keys()
    reported |= {
        written.line(key.start)
        for key in written.keys
        if written.block.id.type == "profile" and shell_line(written.block.lines[key.start].strip())
    }
    bad = sorted(line for line in odd - reported if not view.in_conflict(line))
    for line in bad:
        yield from _without_sign(view, written, line)
    bad = [line for line in bad if not split_without_sign(_text(written, line))]
    if bad:
        message = (
            f"A line has no key followed by '='{_and_more(bad)}, so boto3 can't read this file."
        )
        fix = fix_unopened(_text(written, bad[0])) or _BY_HAND
        yield Fault(message, fix, name, view.at(bad[0]))


def _text(written: SectionView, line: int) -> str:
    return written.block.lines[line - written.line(0)].strip()


def _without_sign(view: FileView, written: SectionView, line: int) -> Iterator[Fault]:
    """Yields the fault of a line that lacks only the '=' between its key and its value."""
    found = split_without_sign(_text(written, line))
    if found is None:
        return
    section, (key, value) = written.block.id, found
    message = f"The '=' after {key} is missing, so boto3 can't read this file."
    signless = (split_without_sign(_text(written, written.line(k.start))) for k in written.keys)
    named = [*(other.name for other in written.keys), *(each[0] for each in signless if each)]
    if named.count(key) > 1:
        fix = f"keep one line of {key}, in an editor"
        yield Fault(message, fix, profile_of(section), view.at(line))
        return
    edit = SplitLine(section, _text(written, line), (f"{key} = {value}",))
    repair = view.repair(f"wrote the '=' after {key}", edit, declares={section})
    fix = fix_command("line-without-equals")
    yield Fault(message, fix, profile_of(section), view.at(line), repair)


def _heading_repair(view: FileView, before: list[int]) -> Repair | None:
    """Returns the repair that writes [default] above the keys that start the file.

    None if the keys may belong to another profile.
    """
    section = SectionId.profile("default")
    keys = [view.stored.lenient.preamble[number - 1].strip() for number in before]
    names = [line.partition("=")[0].strip().lower() for line in keys]
    taken = any(written.block.id == section for written in view.blocks)
    if taken or len({*names}) < len(names) or not all(map(is_assignment, keys)):
        return None
    return view.repair("wrote [default] above the keys that start the file", InsertHeader(section))


def _and_more(lines: list[int]) -> str:
    return f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""


def _odd_lines(written: SectionView, key: ParsedOption) -> Iterator[int]:
    if not key.name and not is_intended_header(written.block.lines[key.start].strip()):
        yield written.line(key.start)
    if key.continued and key.is_block:
        for part, index in zip(key.parts[1:], key.part_lines[1:], strict=True):
            # botocore cuts such a value at every line end that Unicode knows
            if any(piece.strip() and "=" not in piece for piece in part.splitlines()):
                yield written.line(index)
