"""Checks of sections that occur more than once; the repair merges them."""

from __future__ import annotations

from collections.abc import Iterator
from configparser import DEFAULTSECT

from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import SectionId
from awsprof.configfile.section_repairs import MergeSection
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.check_helpers import shown_key
from awsprof.doctor.file_view import FileView, file_views, fix_command, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.text import list_names, sanitize

_DEFAULT = SectionId.profile("default")


@offline_check(Severity.ERROR, fixes=True)
def duplicate_section(context: CheckContext) -> Iterator[Fault]:
    """Two sections of one file have the same header.

    boto3 and the AWS CLI can't read such a file, so none of its profiles works. The other SDKs
    merge both sections; for a key in both they use the later value.

    The repair merges them, and the later value wins. Two sso-sessions that sign in at different
    places are left to you.
    """
    for view in file_views(context):
        for section, blocks in _duplicates(view):
            by_header = _by_header(blocks).items()
            for header, same in ((h, s) for h, s in by_header if len(s) > 1 and h != DEFAULTSECT):
                says = (
                    f"[{sanitize(header)}] is in {_lines(same)}, so boto3 and the AWS CLI"
                    f" can't read this file. {_winners(same)}"
                )
                yield _merge_fault(view, section, blocks, same[1], says, "duplicate-section")


@offline_check(Severity.ERROR, fixes=True)
def equivalent_headers(context: CheckContext) -> Iterator[Fault]:
    """Two different headers name the same profile: [profile a] and [profile "a"].

    boto3 and the AWS CLI read only the last one and lose the keys of the first. The other SDKs
    ignore the quoted one. So each tool sees a different half of the profile.

    The repair merges them, and the later value wins.
    """
    for view in file_views(context):
        for section, blocks in _duplicates(view):
            if len(_by_header(blocks)) > 1 and section != _DEFAULT:
                says = (
                    f"{_spellings(blocks)} in {_lines(blocks)} name the same profile: boto3 reads"
                    f" only the last one, other SDKs only the unquoted one. {_winners(blocks)}"
                )
                yield _merge_fault(view, section, blocks, blocks[-1], says, "equivalent-headers")


@offline_check(Severity.ERROR, fixes=True)
def default_twice(context: CheckContext) -> Iterator[Fault]:
    """The config file has both [default] and [profile default].

    boto3 and the AWS CLI read only the last one; the other SDKs prefer [profile default], wherever
    it is. So the keys of one of them are lost, depending on the SDK.

    The repair merges them into one [default], and the later value wins.
    """
    for view in file_views(context):
        for section, blocks in _duplicates(view):
            if len(_by_header(blocks)) > 1 and section == _DEFAULT:
                says = (
                    f"[default] and [profile default] in {_lines(blocks)} name the same profile:"
                    " boto3 reads only the last one, other SDKs the prefixed one."
                    f" {_winners(blocks)}"
                )
                yield _merge_fault(view, section, blocks, blocks[-1], says, "default-twice")


def is_default_twice(context: CheckContext, name: str) -> bool:
    """True if it is the profile ``default``, and default-twice tells that it has two headers."""
    views = file_views(context) if name == "default" else ()
    return any(
        section == _DEFAULT and len(_by_header(blocks)) > 1
        for view in views
        for section, blocks in _duplicates(view)
    )


def _duplicates(view: FileView) -> Iterator[tuple[SectionId, list[SectionView]]]:
    """Yields each section that occurs more than once, as botocore names it, with its blocks.

    Not those of which one is in a merge conflict: you choose a side, and do not merge them.
    """
    groups: dict[SectionId, list[SectionView]] = {}
    for written in view.blocks:
        groups.setdefault(written.block.id, []).append(written)
    return (
        (section, blocks)
        for section, blocks in groups.items()
        if len(blocks) > 1 and not any(view.in_conflict(written.line(0)) for written in blocks)
    )


def _by_header(blocks: list[SectionView]) -> dict[str, list[SectionView]]:
    groups: dict[str, list[SectionView]] = {}
    for written in blocks:
        groups.setdefault(written.block.header, []).append(written)
    return groups


def _merge_fault(
    view: FileView,
    section: SectionId,
    blocks: list[SectionView],
    at: SectionView,
    says: str,
    id: str,
) -> Fault:
    repairable = all(len(written.runs) == 1 for written in blocks)
    if section.type == "sso-session" and _sign_in_differs(blocks):
        fix = "keep the section that is right and remove the other one, in an editor"
        return Fault(says, fix, profile_of(section), view.at(at.line(0)))
    repair = view.repair(f"merged the sections of {section}", MergeSection(section))
    return Fault(
        says,
        fix_command(id)
        if repairable
        else "correct the broken headers below it first, in an editor",
        profile_of(section),
        view.at(at.line(0)),
        repair if repairable else None,
    )


def _sign_in_differs(blocks: list[SectionView]) -> bool:
    """True if sections of a session sign in at different places: no SDK knows which is meant."""
    places: dict[str, set[str]] = {"sso_start_url": set(), "sso_region": set()}
    for written in blocks:
        for key in written.keys:
            if key.name in places:
                places[key.name].add(key.value.strip().rstrip("/#"))
    return any(len(values) > 1 for values in places.values())


def _lines(blocks: list[SectionView]) -> str:
    *most, last = [str(written.line(0)) for written in blocks]
    return f"lines {', '.join(most)} and {last}"


def _spellings(blocks: list[SectionView]) -> str:
    *most, last = [f"[{sanitize(header)}]" for header in _by_header(blocks)]
    return f"{', '.join(most)} and {last}"


def _winners(blocks: list[SectionView]) -> str:
    """Returns a sentence that says which values win if the blocks are merged."""
    seen: dict[str, str] = {}
    won: dict[str, int] = {}
    for written in blocks:
        for key in written.keys:
            if key.name in seen and seen[key.name] != key.value:
                won[key.name] = written.line(key.start)
            seen[key.name] = key.value
    if not won:
        return "Their values do not conflict."
    shown = [f"{shown_key(name)} of line {line}" for name, line in won.items()]
    wins = "wins" if len(shown) == 1 else "win"
    return f"In the merged section {list_names(shown, 3)} {wins}."
