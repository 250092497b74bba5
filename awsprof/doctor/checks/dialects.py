"""The check beneath all those of text: whatever boto3 and the other SDKs still read differently."""

from __future__ import annotations

from collections.abc import Iterator

from awsprof.configfile.document import FileKind
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import SectionId
from awsprof.doctor.checks import files, headers, line_breaks, syntax
from awsprof.doctor.context import CheckContext
from awsprof.doctor.file_view import FileView, file_views, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.dialect_diff import Difference
from awsprof.shells import arguments
from awsprof.text import sanitize

_SAYING_MORE = (
    headers.duplicate_section,
    headers.equivalent_headers,
    headers.default_twice,
    headers.missing_profile_prefix,
    headers.profile_prefix_in_credentials,
    headers.bad_header,
    headers.name_not_portable,
    headers.uppercase_default,
    files.encoding,
    files.lone_cr,
    files.line_without_equals,
    files.misplaced_section,
    syntax.duplicate_key,
    syntax.inline_comment,
    syntax.colon_delimiter,
    syntax.indented_key,
    line_breaks.lost_line_break,
)


@offline_check(Severity.WARNING)
def dialects_differ(context: CheckContext) -> Iterator[Fault]:
    """boto3 and the other SDKs read something in a profile differently.

    The AWS CLI and boto3 read the files with Python's configparser, most other SDKs with a parser
    of their own: so a profile can work with the one and fail, or mean another account, with the
    other (Terraform, for one). More special checks name the usual causes; this one names the rest.
    Write what is named in plain letters: key = value, without odd white space or line ends.
    """
    for view, told in _pages_read_differently(context):
        if not view.stored.sdk.error:
            yield from _differing(view, context, _lines(told), {fault.profile for fault in told})


@offline_check(Severity.ERROR)
def unreadable_by_other_sdks(context: CheckContext) -> Iterator[Fault]:
    """boto3 reads the file, and the SDKs for Go, Rust, Java and JavaScript refuse it.

    Those SDKs, and Terraform with them, have a parser of their own, which stops at the line that is
    named; no profile of the file works in them. More special checks name the usual causes.

    Write that line anew, as key = value.
    """
    for view, told in _pages_read_differently(context):
        if view.stored.sdk.error:
            yield from _unreadable(view, _lines(told))


def _pages_read_differently(context: CheckContext) -> Iterator[tuple[FileView, list[Fault]]]:
    """The files that boto3 and the other SDKs read differently, with what is told of each."""
    told: list[Fault] | None = None
    for view in file_views(context):
        boto, sdk = view.stored.botocore, view.stored.sdk
        if boto.error or (boto.sections == sdk.sections and not sdk.error):
            continue
        if told is None:
            told = [fault for check in _SAYING_MORE for fault in check.run(context)]
        yield view, [f for f in told if f.origin is not None and f.origin.kind is view.kind]


def _lines(told: list[Fault]) -> set[int]:
    return {fault.origin.line for fault in told if fault.origin}


def _unreadable(view: FileView, told: set[int]) -> Iterator[Fault]:
    line = view.stored.sdk.error_line or 1
    if line not in told and view.stored.legible.lone_cr is None:
        says = f"SDKs other than boto3 cannot read this file: {view.stored.sdk.error}."
        yield Fault(says, "write the line anew in an editor", None, view.at(line))


def _differing(
    view: FileView, context: CheckContext, told: set[int], blamed: set[str | None]
) -> Iterator[Fault]:
    written = {w.block.id: w for w in view.blocks}
    leaking = {k.name for w in view.blocks if w.block.header == "DEFAULT" for k in w.keys}
    seen = (section.name for section in view.stored.sdk.sections if section.type == "profile")
    unseen = [name for name in seen if name not in context.catalog.profiles]
    for name in (*context.names, *unseen):
        section = SectionId.profile(name)
        block = written.get(section)
        for found in _differences(context.catalog, name, view.kind):
            key = found.key.lower() if found.key else None
            known = name in blamed if block is None else _is_told(block, key, told)
            if not known and key not in leaking:
                line = block.line(_place(block, key)) if block else 1
                fix = "write this line anew in an editor"
                if name in context.catalog.profiles:
                    fix = f"{fix}; awsprof show {arguments(name)} tells whether all read it alike"
                yield Fault(sanitize(found.says), fix, profile_of(section), view.at(line))


def _differences(catalog: Catalog, name: str, kind: FileKind) -> Iterator[Difference]:
    return (found for found in catalog.differing(name) if found.kind is kind)


def _is_told(block: SectionView, key: str | None, told: set[int]) -> bool:
    """Whether a check has named the header, or a line that the key reaches to."""
    if block.line(0) in told:
        return True
    starts = [other.start for other in block.keys]
    spans = [
        range(own.start, min([s for s in starts if s > own.start], default=len(block.block.lines)))
        for own in block.keys
        if own.name == key
    ]
    return any(block.line(index) in told for span in spans for index in span)


def _place(block: SectionView, key: str | None) -> int:
    return next((own.start for own in block.keys if own.name == key), 0)
