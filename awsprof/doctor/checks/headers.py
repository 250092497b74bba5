"""Checks of headers: sections that stand twice, or that some SDK takes for none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.document import FileKind
from awsprof.configfile.headers import HeaderIssue, HeaderProblem, diagnose
from awsprof.configfile.lenient import SectionView, header_meant
from awsprof.configfile.parse import SectionId, header_in, header_text
from awsprof.configfile.text_repairs import MergeSection, RewriteHeader
from awsprof.doctor.checks.line_breaks import glued_header
from awsprof.doctor.context import CheckContext
from awsprof.doctor.file_view import FileView, file_views, fix_command, in_scope, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.masking import mask_line
from awsprof.profiles.kinds.base import free_name, plain_name
from awsprof.shells import arguments
from awsprof.text import sanitize

_DEFAULT = SectionId.profile("default")


@offline_check(Severity.ERROR, fixes=True)
def duplicate_section(context: CheckContext) -> Iterator[Fault]:
    """Two sections of one file have the same header.

    boto3 and the AWS CLI then cannot read the file at all: none of its profiles works.
    The other SDKs read both as one, and of a key in both the later value.
    The repair makes one section of them, in which the later value wins too.
    """
    for view in file_views(context):
        for section, blocks in _alike(view):
            groups = _by_header(blocks)
            for header, same in groups.items():
                if len(same) > 1 and header != "DEFAULT":
                    says = (
                        f"[{sanitize(header)}] stands in {_lines(same)}, so boto3 and the AWS CLI"
                        f" cannot read this file. {_winners(same)}"
                    )
                    yield _merging(view, section, blocks, same[1], says, "duplicate-section")


@offline_check(Severity.ERROR, fixes=True)
def equivalent_headers(context: CheckContext) -> Iterator[Fault]:
    """Two headers that are written differently name one profile: [profile a] and [profile "a"].

    boto3 and the AWS CLI read the last of them alone, and lose the keys of the first.
    The other SDKs ignore the quoted one. So each tool sees another half of the profile.
    The repair makes one section of them, in which the later value wins.
    """
    for view in file_views(context):
        for section, blocks in _alike(view):
            if len(_by_header(blocks)) > 1 and section != _DEFAULT:
                says = (
                    f"{_spellings(blocks)} in {_lines(blocks)} are one and the same: boto3 reads"
                    f" the last alone, other SDKs the unquoted one. {_winners(blocks)}"
                )
                yield _merging(view, section, blocks, blocks[-1], says, "equivalent-headers")


@offline_check(Severity.ERROR, fixes=True)
def default_twice(context: CheckContext) -> Iterator[Fault]:
    """The config file has both [default] and [profile default].

    boto3 and the AWS CLI read the last of them alone; in the other SDKs [profile default] wins,
    wherever it stands. So the keys of one of them are lost, and not the same ones everywhere.
    The repair makes one [default] of them, in which the later value wins.
    """
    for view in file_views(context):
        for section, blocks in _alike(view):
            if len(_by_header(blocks)) > 1 and section == _DEFAULT:
                says = (
                    f"[default] and [profile default] in {_lines(blocks)} are one profile: boto3"
                    f" reads the last alone, other SDKs the prefixed one. {_winners(blocks)}"
                )
                yield _merging(view, section, blocks, blocks[-1], says, "default-twice")


def _alike(view: FileView) -> Iterator[tuple[SectionId, list[SectionView]]]:
    """The sections of which there are several, as botocore names them."""
    groups: dict[SectionId, list[SectionView]] = {}
    for written in view.blocks:
        groups.setdefault(written.block.id, []).append(written)
    return ((section, blocks) for section, blocks in groups.items() if len(blocks) > 1)


def _by_header(blocks: list[SectionView]) -> dict[str, list[SectionView]]:
    groups: dict[str, list[SectionView]] = {}
    for written in blocks:
        groups.setdefault(written.block.header, []).append(written)
    return groups


def _merging(
    view: FileView,
    section: SectionId,
    blocks: list[SectionView],
    at: SectionView,
    says: str,
    id: str,
) -> Fault:
    mendable = all(len(written.runs) == 1 for written in blocks)
    repair = view.repair(f"made one section of {section}", MergeSection(section))
    return Fault(
        says,
        fix_command(id) if mendable else "mend the broken headers below it first, in an editor",
        profile_of(section),
        view.at(at.line(0)),
        repair if mendable else None,
    )


def _lines(blocks: list[SectionView]) -> str:
    *most, last = [str(written.line(0)) for written in blocks]
    return f"lines {', '.join(most)} and {last}"


def _spellings(blocks: list[SectionView]) -> str:
    *most, last = [f"[{sanitize(header)}]" for header in _by_header(blocks)]
    return f"{', '.join(most)} and {last}"


def _winners(blocks: list[SectionView]) -> str:
    """Which values win where the blocks are made one."""
    seen: dict[str, str] = {}
    won: dict[str, int] = {}
    for written in blocks:
        for key in written.keys:
            if key.name in seen and seen[key.name] != key.value:
                won[key.name] = written.line(key.start)
            seen[key.name] = key.value
    if not won:
        return "They do not contradict each other."
    shown = [f"{sanitize(name, 40)} of line {line}" for name, line in won.items()]
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    wins = "wins" if len(shown) == 1 else "win"
    return f"In the merged section {', '.join(shown[:3])}{more} {wins}."


@dataclass(frozen=True)
class _Header:
    """A line that is a header, or was meant as one; ``taken`` where another has its name."""

    view: FileView
    line: int
    text: str
    own: SectionId | None
    found: HeaderIssue
    taken: bool
    profiles: Iterable[str] = frozenset()

    def fault(self, says: str, id: str) -> Fault:
        found, origin = self.found, self.view.at(self.line)
        name = profile_of(found.meant) if found.meant else None
        if found.new is None:
            fix = "write the header anew in an editor"
            return Fault(f"{says}.", self.renaming() or fix, name, origin)
        meant = sanitize(str(found.meant))
        if self.taken:
            fix = "in an editor, merge this section into that one, or give it another name"
            return Fault(f"{says}. Another section is {meant} already.", fix, name, origin)
        mend = RewriteHeader(self.text, found.new, found.above)
        repair = self.view.repair(f"mended the header of {meant}", mend)
        return Fault(f"{says}.", fix_command(id), name, origin, repair)

    def renaming(self) -> str:
        """What gives it another name, where boto3 reads the one that it has."""
        if (
            self.found.wrong is not HeaderProblem.MARK
            or self.own is None
            or profile_of(self.own) is None
        ):
            return ""
        return _rename_command(self.own.name, self.profiles)


def _rename_command(name: str, taken: Iterable[str]) -> str:
    """The command that gives a profile a name that every SDK reads, and that is free."""
    near = plain_name(name)
    new = free_name(near if portable_name(near) else "profile", {*taken, "default"})
    return f"awsprof rename {arguments(name, new)}"


def _headers(context: CheckContext, wanted: Collection[HeaderProblem]) -> Iterator[_Header]:
    profiles = context.catalog.profiles
    for view in file_views(context):
        lines = [(*place, diagnose(place[1], view.kind)) for place in _lines_of(view)]
        counts = Counter(written.block.id for written in view.blocks)
        named: dict[SectionId, set[SectionId | str]] = {}
        for _, text, own, found in lines:
            for section in (own, found.meant if found and found.new else None):
                if section is not None:
                    named.setdefault(section, set()).add(own or text)
        for line, text, own, found in lines:
            if found is not None and found.wrong in wanted and not glued_header(view, text):
                others = named.get(found.meant, set()) - {own or text} if found.meant else set()
                twice = own == found.meant and own is not None and counts[own] > 1
                yield _Header(view, line, text, own, found, bool(others) or twice, profiles)


def _lines_of(view: FileView) -> Iterator[tuple[int, str, SectionId | None]]:
    """Each such line, without its indent, and the section that it is to botocore."""
    for number, line in enumerate(view.stored.legible.preamble, start=1):
        if header_meant(line.strip()):
            yield number, line.strip(), None
    for written in view.blocks:
        yield written.line(0), written.block.lines[0].strip(), written.block.id
        for key in written.keys:
            text = written.block.lines[key.start].strip()
            if not key.name and header_meant(text):
                yield written.line(key.start), text, None


@offline_check(Severity.ERROR, fixes=True)
def missing_profile_prefix(context: CheckContext) -> Iterator[Fault]:
    """A header of the config file is a bare name: [foo] where [profile foo] is meant.

    No SDK takes that for a profile: it is as if it were not there.
    Only [default] stands without the word profile. The repair puts the word before the name.
    """
    for header in _headers(context, {HeaderProblem.NO_PREFIX}):
        says = f"No SDK sees a profile here: {header.found.wrong}"
        yield header.fault(says, "missing-profile-prefix")


@offline_check(Severity.ERROR, fixes=True)
def profile_prefix_in_credentials(context: CheckContext) -> Iterator[Fault]:
    """A header of the credentials file begins with the word profile: [profile foo] for [foo].

    boto3 and the AWS CLI take it for a profile called "profile foo"; the other SDKs ignore it.
    Nobody finds foo. The repair takes the word away.
    """
    for header in _headers(context, {HeaderProblem.PROFILE}):
        name = sanitize(header_in(header.text) or "")
        says = f'boto3 calls this profile "{name}" and other SDKs ignore it: {header.found.wrong}'
        yield header.fault(says, "profile-prefix-in-credentials")


def header_to_mend(context: CheckContext) -> Callable[[SectionId], Slip | None]:
    """What tells the header that was to name a section, where a slip keeps SDKs from seeing it.

    Who names such a section needs that header mended, and no other section in its place.
    """

    @cache
    def slips() -> dict[SectionId, Slip]:
        found: dict[SectionId, Slip] = {}
        for header in _headers(context, frozenset(HeaderProblem)):
            if header.found.meant is not None and header.found.new and not header.taken:
                id = _TELLING.get(header.found.wrong, "bad-header")
                slip = Slip(sanitize(mask_line(header.text), 80), header.line, fix_command(id))
                found.setdefault(header.found.meant, slip)
        return found

    return lambda section: slips().get(section)


@dataclass(frozen=True)
class Slip:
    """A header as it is written wrongly, its line, and what mends it."""

    header: str
    line: int
    fix: str

    @property
    def says(self) -> str:
        """The header that was meant, as a sentence."""
        return f" {self.header} in line {self.line} was to be it."


_TELLING: Final = {
    HeaderProblem.NO_PREFIX: "missing-profile-prefix",
    HeaderProblem.PROFILE: "profile-prefix-in-credentials",
    HeaderProblem.MISPLACED: "misplaced-section",
}
_BAD: Final = frozenset(HeaderProblem) - {
    HeaderProblem.NO_PREFIX,
    HeaderProblem.PROFILE,
    HeaderProblem.MISPLACED,
}


@offline_check(Severity.ERROR, fixes=True)
def bad_header(context: CheckContext) -> Iterator[Fault]:
    """A header is written so that some SDK, or all of them, does not see what was meant.

    A name with a space and no quotes, a quote that is not closed, a missing ], white space within
    the brackets, a ] in the comment behind, or anything else behind it: boto3 takes such a line
    for another name or for none, and other SDKs may give the whole file up.
    A # or ; in a name makes the file useless to all SDKs but boto3: give it another name.
    The repair writes the header as it was meant, where that is clear and the name is free.
    """
    for header in _headers(context, _BAD):
        shown = sanitize(mask_line(header.text), 80)
        says = f"Not every SDK reads {shown} in line {header.line}: {header.found.wrong}"
        yield header.fault(says, "bad-header")


@offline_check(Severity.WARNING, fixes=True)
def name_not_portable(context: CheckContext) -> Iterator[Fault]:
    """A name has quotes, spaces or other characters that boto3 reads and most SDKs do not.

    boto3 and the AWS CLI unquote it as a shell does; the other SDKs ignore the whole section, so
    Terraform and the like do not find it.
    Names of letters, digits and any of _ - / . % @ : + need no quotes and are read by all. The
    repair takes away quotes that are not needed; awsprof rename gives another name.
    """
    wanted = in_scope(context)
    for view in file_views(context):
        named = Counter(written.block.id for written in view.blocks)
        for written in view.blocks:
            section, line = written.block.id, written.block.lines[0].strip()
            once = named[section] == 1 and section.name != "DEFAULT"
            if section.type == "other" or not once or not wanted(section):
                continue
            if diagnose(line, view.kind) is None:
                yield from _only_botos(view, written, context.catalog.profiles)


def _only_botos(view: FileView, written: SectionView, profiles: Iterable[str]) -> Iterator[Fault]:
    section, header = written.block.id, written.block.header
    origin, name = view.at(written.line(0)), sanitize(section.name)
    if not portable_name(section.name):
        fix = _rename_command(section.name, profiles)
        if section.type != "profile" or name != section.name:
            fix = f"give the {section.type} another name, here and where it is named"
        says = f"Only boto3 reads a name such as {name!r}: other SDKs ignore it."
        yield Fault(says, fix, profile_of(section), origin)
    elif view.kind is FileKind.CONFIG and ('"' in header or "'" in header):
        line = written.block.lines[0].strip()
        plain = line.replace(f"[{header}]", f"[{header_text(section, view.kind)}]", 1)
        repair = view.repair(f"took the quotes off {section}", RewriteHeader(line, plain))
        says = f"The quotes around {name} make other SDKs than boto3 ignore it."
        yield Fault(says, fix_command("name-not-portable"), profile_of(section), origin, repair)


@offline_check(Severity.WARNING)
def uppercase_default(context: CheckContext) -> Iterator[Fault]:
    """There is a section [DEFAULT], in capital letters.

    To boto3 and the AWS CLI its keys are a part of every other section of the file; the other
    SDKs ignore it. It is no profile for anybody.
    Write [default] where the default profile is meant, and else move its keys to the profiles
    that need them.
    """
    for view in file_views(context):
        for written in view.blocks:
            if written.block.header == "DEFAULT":
                says = (
                    "The keys of [DEFAULT] leak into every profile of this file, for boto3 alone."
                )
                fix = "write [default] in small letters, or move its keys to where they belong"
                yield Fault(says, fix, None, view.at(written.line(0)))
