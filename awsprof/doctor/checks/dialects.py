"""The catch-all for file syntax: everything else that boto3 and other SDKs read differently."""

from __future__ import annotations

from collections.abc import Iterator
from configparser import DEFAULTSECT

from awsprof.configfile.document import FileKind
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import SectionId
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.checks import (
    duplicate_sections,
    files,
    headers,
    indents,
    line_breaks,
    lines_without_equals,
    syntax,
)
from awsprof.doctor.file_view import FileView, file_views, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.dialect_diff import Difference
from awsprof.shells import arguments
from awsprof.text import sanitize

_SPECIFIC = (
    duplicate_sections.duplicate_section,
    duplicate_sections.equivalent_headers,
    duplicate_sections.default_twice,
    headers.missing_profile_prefix,
    headers.profile_prefix_in_credentials,
    headers.bad_header,
    headers.name_not_portable,
    headers.uppercase_default,
    files.encoding,
    files.lone_cr,
    lines_without_equals.line_without_equals,
    files.misplaced_section,
    syntax.duplicate_key,
    syntax.inline_comment,
    syntax.colon_delimiter,
    indents.indented_key,
    line_breaks.lost_line_break,
)


@offline_check(Severity.WARNING)
def dialects_differ(context: CheckContext) -> Iterator[Fault]:
    """boto3 and the other SDKs read something in a profile differently.

    The AWS CLI and boto3 read the files with Python's configparser, most other SDKs with a parser
    of their own. So a profile can work in one tool and fail, or use another account, in another
    (Terraform, for example). More specific checks report the usual causes; this one reports the
    rest.

    Rewrite the line as a plain key = value, without unusual white space or line endings.
    """
    for view, reported in _files_read_differently(context):
        if not view.stored.sdk.error:
            yield from _differing(
                view, context, _lines(reported), {fault.profile for fault in reported}
            )


@offline_check(Severity.ERROR)
def unreadable_by_other_sdks(context: CheckContext) -> Iterator[Fault]:
    """boto3 reads the file, but the SDKs for Go, Rust, Java and JavaScript reject it.

    Those SDKs, and so Terraform, have a parser of their own, which stops at the line that is named;
    none of the profiles of this file works in them. More specific checks report the usual causes.

    Rewrite that line as key = value.
    """
    for view, reported in _files_read_differently(context):
        if view.stored.sdk.error:
            yield from _unreadable(view, _lines(reported))


def _files_read_differently(context: CheckContext) -> Iterator[tuple[FileView, list[Fault]]]:
    """Yields the files that boto3 and other SDKs read differently, and their known faults."""
    reported: list[Fault] | None = None
    for view in file_views(context):
        boto, sdk = view.stored.botocore, view.stored.sdk
        if boto.error or (boto.sections == sdk.sections and not sdk.error):
            continue
        if reported is None:
            reported = [fault for check in _SPECIFIC for fault in check.run(context)]
        yield view, [f for f in reported if f.origin is not None and f.origin.kind is view.kind]


def _lines(reported: list[Fault]) -> set[int]:
    return {fault.origin.line for fault in reported if fault.origin}


def _unreadable(view: FileView, reported: set[int]) -> Iterator[Fault]:
    line = view.stored.sdk.error_line or 1
    if line not in reported and view.stored.lenient.lone_cr is None:
        message = f"Other SDKs than boto3 can't read this file: {view.stored.sdk.error}."
        yield Fault(message, "rewrite the line in an editor", None, view.at(line))


def _differing(
    view: FileView, context: CheckContext, reported: set[int], reported_profiles: set[str | None]
) -> Iterator[Fault]:
    written = {w.block.id: w for w in view.blocks}
    leaking = {k.name for w in view.blocks if w.block.header == DEFAULTSECT for k in w.keys}
    seen = (section.name for section in view.stored.sdk.sections if section.type == "profile")
    unseen = [name for name in seen if name not in context.catalog.profiles]
    for name in (*context.names, *unseen):
        section = SectionId.profile(name)
        block = written.get(section)
        for found in _differences(context.catalog, name, view.kind):
            key = found.key.lower() if found.key else None
            known = (
                name in reported_profiles if block is None else _is_reported(block, key, reported)
            )
            if known or key in leaking:
                continue
            line = block.line(_index_of(block, key)) if block else 1
            fix = "rewrite this line in an editor"
            if name in context.catalog.profiles:
                show = f"awsprof show {arguments(name)}"
                fix = f"{fix}; {show} then says whether all SDKs read it alike"
            yield Fault(sanitize(found.says), fix, profile_of(section), view.at(line))


def _differences(catalog: Catalog, name: str, kind: FileKind) -> Iterator[Difference]:
    return (found for found in catalog.differing(name) if found.kind is kind)


def _is_reported(block: SectionView, key: str | None, reported: set[int]) -> bool:
    """True if a check has reported the header, or one of the lines of the key."""
    if block.line(0) in reported:
        return True
    starts = [other.start for other in block.keys]
    spans = [
        range(own.start, min([s for s in starts if s > own.start], default=len(block.block.lines)))
        for own in block.keys
        if own.name == key
    ]
    return any(block.line(index) in reported for span in spans for index in span)


def _index_of(block: SectionView, key: str | None) -> int:
    return next((own.start for own in block.keys if own.name == key), 0)
