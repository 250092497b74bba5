"""The check beneath all those of text: whatever boto3 and the other SDKs still read differently."""

from __future__ import annotations

from collections.abc import Iterator

from awsprof.awsfiles.blocks import SectionId
from awsprof.awsfiles.document import FileKind
from awsprof.awsfiles.legible import Written
from awsprof.clean import clean
from awsprof.doctor.checks import files, headers, linebreaks, lines
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.scene import Scene
from awsprof.doctor.written import Page, owner, pages
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.differences import Difference
from awsprof.shells import arguments

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
    lines.duplicate_key,
    lines.inline_comment,
    lines.colon_delimiter,
    lines.indented_key,
    linebreaks.lost_line_break,
)


@check(Severity.WARNING)
def dialects_differ(scene: Scene) -> Iterator[Fault]:
    """boto3 and the other SDKs read something in a profile differently.

    The AWS CLI and boto3 read the files with Python's configparser, most other SDKs with a parser
    of their own: so a profile can work with the one and fail, or mean another account, with the
    other (Terraform, for one). More special checks name the usual causes; this one names the rest.
    Write what is named in plain letters: key = value, without odd white space or line ends.
    """
    for page, told in _pages_read_differently(scene):
        if not page.stored.sdk.error:
            yield from _differing(page, scene, _lines(told), {fault.profile for fault in told})


@check(Severity.ERROR)
def unreadable_by_other_sdks(scene: Scene) -> Iterator[Fault]:
    """boto3 reads the file, and the SDKs for Go, Rust, Java and JavaScript refuse it.

    Those SDKs, and Terraform with them, have a parser of their own, which stops at the line that is
    named; no profile of the file works in them. More special checks name the usual causes.

    Write that line anew, as key = value.
    """
    for page, told in _pages_read_differently(scene):
        if page.stored.sdk.error:
            yield from _unreadable(page, _lines(told))


def _pages_read_differently(scene: Scene) -> Iterator[tuple[Page, list[Fault]]]:
    """The files that boto3 and the other SDKs read differently, with what is told of each."""
    told: list[Fault] | None = None
    for page in pages(scene):
        boto, sdk = page.stored.botocore, page.stored.sdk
        if boto.error or (boto.sections == sdk.sections and not sdk.error):
            continue
        if told is None:
            told = [fault for check in _SAYING_MORE for fault in check.run(scene)]
        yield page, [f for f in told if f.origin is not None and f.origin.kind is page.kind]


def _lines(told: list[Fault]) -> set[int]:
    return {fault.origin.line for fault in told if fault.origin}


def _unreadable(page: Page, told: set[int]) -> Iterator[Fault]:
    line = page.stored.sdk.error_line or 1
    if line not in told and page.stored.legible.lone_cr is None:
        says = f"SDKs other than boto3 cannot read this file: {page.stored.sdk.error}."
        yield Fault(says, "write the line anew in an editor", None, page.at(line))


def _differing(
    page: Page, scene: Scene, told: set[int], blamed: set[str | None]
) -> Iterator[Fault]:
    written = {w.block.id: w for w in page.blocks}
    leaking = {k.name for w in page.blocks if w.block.header == "DEFAULT" for k in w.keys}
    seen = (section.name for section in page.stored.sdk.sections if section.type == "profile")
    unseen = [name for name in seen if name not in scene.catalog.profiles]
    for name in (*scene.names, *unseen):
        section = SectionId.profile(name)
        block = written.get(section)
        for found in _differences(scene.catalog, name, page.kind):
            key = found.key.lower() if found.key else None
            known = name in blamed if block is None else _is_told(block, key, told)
            if not known and key not in leaking:
                line = block.line(_place(block, key)) if block else 1
                fix = "write this line anew in an editor"
                if name in scene.catalog.profiles:
                    fix = f"{fix}; awsprof show {arguments(name)} tells whether all read it alike"
                yield Fault(clean(found.says), fix, owner(section), page.at(line))


def _differences(catalog: Catalog, name: str, kind: FileKind) -> Iterator[Difference]:
    return (found for found in catalog.differing(name) if found.kind is kind)


def _is_told(block: Written, key: str | None, told: set[int]) -> bool:
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


def _place(block: Written, key: str | None) -> int:
    return next((own.start for own in block.keys if own.name == key), 0)
