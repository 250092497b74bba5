"""Checks of headers that some SDK does not recognize."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from configparser import DEFAULTSECT
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

from awsprof.configfile.dialects import portable_name
from awsprof.configfile.document import FileKind
from awsprof.configfile.header_diagnosis import HeaderIssue, HeaderProblem, diagnose
from awsprof.configfile.lenient import SectionView, is_intended_header
from awsprof.configfile.parse import SectionId, header_in, header_text
from awsprof.configfile.section_repairs import RewriteHeader
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.check_helpers import shown_key
from awsprof.doctor.checks.line_breaks import glued_header
from awsprof.doctor.file_view import FileView, file_views, fix_command, in_scope, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.masking.mask import mask_line, mask_name
from awsprof.profiles.kinds.base import free_name, plain_name
from awsprof.profiles.model import Origin
from awsprof.shells import arguments
from awsprof.text import list_names, sanitize, show_hidden

_JOINED: Final = re.compile(r"(profile|sso-session|services)[-_.:/]([A-Za-z0-9_\-/.%@:+]+)")
_CURLY: Final = "\u201c\u201d\u2018\u2019\u00ab\u00bb\u201e\u201a"
_DEFAULT = SectionId.profile("default")


@dataclass(frozen=True)
class _Header:
    """A line that is a header or looks like one; ``taken`` if another section has its name."""

    view: FileView
    line: int
    text: str
    own_section: SectionId | None
    found: HeaderIssue
    taken: bool
    profiles: Iterable[str] = frozenset()

    def fault(self, says: str, id: str) -> Fault:
        found, origin = self.found, self.view.at(self.line)
        name = profile_of(found.meant) if found.meant else None
        if found.new is None:
            fix = f"rewrite the header in an editor{self._readings()}"
            return Fault(f"{says}.", self.renaming() or fix, name, origin)
        meant = sanitize(str(found.meant))
        if self.taken:
            fix = "merge this section into that one, or rename it, in an editor"
            return Fault(f"{says}. There is already another {meant}.", fix, name, origin)
        edit = RewriteHeader(self.text, found.new, found.above)
        repair = self.view.repair(f"corrected the header of {meant}", edit)
        return Fault(f"{says}.", fix_command(id), name, origin, repair)

    def _readings(self) -> str:
        """Returns the two readings of a header such as [profile.x], for the end of a fix."""
        joined = _JOINED.fullmatch(header_in(self.text) or "")
        if joined is None or self.view.kind is not FileKind.CONFIG:
            return ""
        kind, name = joined[1], sanitize(mask_name(joined[2]), 60)
        whole = sanitize(mask_name(joined[0]), 60)
        return f": [{kind} {name}], or [profile {whole}] if that is its whole name"

    def renaming(self) -> str:
        """Returns the command that renames the profile, if boto3 reads its present name."""
        if (
            self.found.wrong is not HeaderProblem.COMMENT_CHARACTER
            or self.own_section is None
            or profile_of(self.own_section) is None
        ):
            return ""
        return _rename_command(self.own_section.name, self.profiles)


def _rename_command(name: str, taken: Iterable[str]) -> str:
    """Returns the command that renames a profile to a free name that every SDK reads."""
    near = plain_name(name)
    new = free_name(near if portable_name(near) else "profile", {*taken, "default"})
    return f"awsprof rename {arguments(name, new)}"


def _headers(context: CheckContext, wanted: Collection[HeaderProblem]) -> Iterator[_Header]:
    profiles = context.catalog.profiles
    for view in file_views(context):
        diagnosed = _diagnosed(view)
        named = diagnosed.named
        for line, text, own_section, found in diagnosed.lines:
            if found is not None and found.wrong in wanted and not glued_header(view, text):
                others = (
                    named.get(found.meant, set()) - {own_section or text} if found.meant else set()
                )
                twice = (
                    own_section == found.meant
                    and own_section is not None
                    and diagnosed.counts[own_section] > 1
                )
                yield _Header(view, line, text, own_section, found, bool(others) or twice, profiles)


class _Diagnosed(NamedTuple):
    """A file's header lines, each with what is wrong with it.

    ``counts`` are the blocks of each section, ``named`` the headers that name or mean a section.
    """

    lines: list[tuple[int, str, SectionId | None, HeaderIssue | None]]
    counts: Counter[SectionId]
    named: Mapping[SectionId, set[SectionId | str]]


@lru_cache(maxsize=2)  # several checks ask for the headers of the two files
def _diagnosed(view: FileView) -> _Diagnosed:
    lines = [(*place, view.header_issue(place[1])) for place in _lines_of(view)]
    named: dict[SectionId, set[SectionId | str]] = {}
    for _, text, own_section, found in lines:
        for section in (own_section, found.meant if found and found.new else None):
            if section is not None:
                named.setdefault(section, set()).add(own_section or text)
    return _Diagnosed(lines, Counter(written.block.id for written in view.blocks), named)


def _lines_of(view: FileView) -> Iterator[tuple[int, str, SectionId | None]]:
    """Yields each header line: its number, its text without indent, and botocore's section."""
    for number, line in enumerate(view.stored.lenient.preamble, start=1):
        if is_intended_header(line.strip()):
            yield number, line.strip(), None
    for written in view.blocks:
        yield written.line(0), written.block.lines[0].strip(), written.block.id
        for key in written.keys:
            text = written.block.lines[key.start].strip()
            if not key.name and is_intended_header(text):
                yield written.line(key.start), text, None


@offline_check(Severity.ERROR, fixes=True)
def missing_profile_prefix(context: CheckContext) -> Iterator[Fault]:
    """A header in the config file has only a name: [foo] instead of [profile foo].

    No SDK recognizes it as a profile, so the profile does not exist for them. Only [default] is
    written without the word profile.

    The repair adds the word profile before the name.
    """
    for header in _headers(context, {HeaderProblem.NO_PREFIX}):
        says = f"No SDK recognizes this profile: {header.found.wrong}"
        yield header.fault(says, "missing-profile-prefix")


@offline_check(Severity.ERROR, fixes=True)
def profile_prefix_in_credentials(context: CheckContext) -> Iterator[Fault]:
    """A header in the credentials file has the word profile: [profile foo] instead of [foo].

    boto3 and the AWS CLI read it as a profile called "profile foo"; the other SDKs ignore it. No
    tool finds foo.

    The repair removes the word profile.
    """
    for header in _headers(context, {HeaderProblem.PROFILE}):
        name = sanitize(header_in(header.text) or "")
        says = f'boto3 calls this profile "{name}", and other SDKs ignore it: {header.found.wrong}'
        yield header.fault(says, "profile-prefix-in-credentials")


def header_to_mend(context: CheckContext) -> Callable[[SectionId], Slip | None]:
    """Returns a function that gives the misspelled header which was meant to name a section.

    If there is one, the fix is to correct that header, not to use another section.
    """

    @cache
    def slips() -> dict[SectionId, Slip]:
        found: dict[SectionId, Slip] = {}
        for header in _headers(context, frozenset(HeaderProblem)):
            moves = header.found.wrong is HeaderProblem.MISPLACED
            if header.found.meant is None or header.taken:
                continue
            if header.found.new or moves:
                id = _CHECK_OF.get(header.found.wrong, "bad-header")
                where = header.view.at(header.line)
                slip = Slip(sanitize(mask_line(header.text), 80), where, fix_command(id))
                found.setdefault(header.found.meant, slip)
        return found

    return lambda section: slips().get(section)


def profiles_of_bad_headers(context: CheckContext) -> frozenset[str]:
    """Returns the profiles that a misspelled header names now, or once it is corrected."""
    headers = (h for h in _headers(context, frozenset(HeaderProblem)) if h.found.new)
    sections = (section for h in headers for section in (h.own_section, h.found.meant))
    return frozenset(s.name for s in sections if s is not None and s.type == "profile")


@dataclass(frozen=True)
class Slip:
    """A misspelled header: its text, where it is, and the fix."""

    header: str
    origin: Origin
    fix: str

    @property
    def says(self) -> str:
        """A sentence that names the misspelled header, with a leading space."""
        return f" {self.header} at {self.origin} may be meant."


_CHECK_OF: Final = {
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
    """A header has an error, so some or all SDKs do not read it as intended.

    Examples are a name with a space but no quotes, an unclosed quote, a missing ], spaces inside
    the brackets, or text after the ]. boto3 reads another name or none, and other SDKs may reject
    the whole file. A # or ; in a name makes the file unreadable to all SDKs except boto3; rename
    it.

    The repair corrects the header if its meaning is clear and the name is free.
    """
    for header in _headers(context, _BAD):
        shown = sanitize(mask_line(header.text), 80)
        says = f"Some SDKs can't read {shown} in line {header.line}: {header.found.wrong}"
        yield header.fault(says, "bad-header")


@offline_check(Severity.WARNING, fixes=True)
def name_not_portable(context: CheckContext) -> Iterator[Fault]:
    """A name has quotes, spaces or other characters that only boto3 reads.

    boto3 and the AWS CLI unquote it as a shell does; the other SDKs ignore the whole section, so
    Terraform, for example, does not find the profile. Names made of letters, digits and _ - / . % @
    : + need no quotes, and every SDK reads them.

    The repair removes quotes that are not needed; awsprof rename gives the profile another name.
    """
    wanted = in_scope(context)
    for view in file_views(context):
        named = Counter(written.block.id for written in view.blocks)
        for written in view.blocks:
            section, line = written.block.id, written.block.lines[0].strip()
            once = named[section] == 1 and section.name != DEFAULTSECT
            if section.type == "other" or not once or not wanted(section):
                continue
            if diagnose(line, view.kind) is None:
                yield from _unportable(view, written, context.catalog.profiles)


def _unportable(view: FileView, written: SectionView, profiles: Iterable[str]) -> Iterator[Fault]:
    section, header = written.block.id, written.block.header
    origin, name = view.at(written.line(0)), sanitize(section.name)
    if not portable_name(section.name):
        fix = _rename_command(section.name, profiles)
        like = section.type == "profile" and _same_letters(section.name, profiles)
        if like and view.kind is FileKind.CONFIG:
            fix = f"if it is meant as {like}, write the header as [profile {like}], in an editor"
        elif section.type != "profile" or name != section.name:
            fix = f"rename the {section.type}, here and in the profiles that use it"
        shown = show_hidden(section.name)
        shown = shown if shown.startswith("'") else repr(name)
        says = f"Other SDKs than boto3 ignore a section with the name {shown}."
        yield Fault(says, fix, profile_of(section), origin)
    elif view.kind is FileKind.CONFIG and ('"' in header or "'" in header):
        line = written.block.lines[0].strip()
        plain = line.replace(f"[{header}]", f"[{header_text(section, view.kind)}]", 1)
        repair = view.repair(f"removed the quotes from {section}", RewriteHeader(line, plain))
        says = f"Other SDKs than boto3 ignore {name} because of its quotes."
        yield Fault(says, fix_command("name-not-portable"), profile_of(section), origin, repair)


def _same_letters(name: str, profiles: Iterable[str]) -> str | None:
    """Returns the profile that a name means but for curly quotes, or what cannot be seen."""
    bare = sanitize(name).strip(_CURLY).strip()
    return bare if bare != name and bare in profiles else None


@offline_check(Severity.WARNING)
def uppercase_default(context: CheckContext) -> Iterator[Fault]:
    """There is a section [DEFAULT] in capital letters.

    boto3 and the AWS CLI copy its keys into every other section of the file; the other SDKs ignore
    it. No SDK reads it as a profile.

    If you meant the default profile, write [default]; if not, move its keys to the profiles that
    need them.
    """
    fix = "write [default] in lower case, or move its keys to the profiles that need them"
    for view in file_views(context):
        found = [written for written in view.blocks if written.block.header == DEFAULTSECT]
        keys = dict.fromkeys(key.name for written in found for key in written.keys if key.name)
        what = list_names([shown_key(key) for key in keys], 4) or "the keys"
        says = (
            f"boto3 copies {what} of [DEFAULT] into every profile of this file; other SDKs don't."
        )
        places = [view.at(written.line(0)) for written in found]
        if places:
            yield Fault(says, fix, None, places[0], also=tuple(places[1:]))
