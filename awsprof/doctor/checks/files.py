"""Checks of the two files as files: their bytes, who may read them, what is in the wrong one."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from awsprof import paths
from awsprof.awsfiles.blocks import Key, SectionId, is_comment, section_id
from awsprof.awsfiles.document import FileKind
from awsprof.awsfiles.encoding import UTF_8, is_utf_16
from awsprof.awsfiles.headers import Wrong, verdict
from awsprof.awsfiles.legible import Written, header_meant
from awsprof.awsfiles.linemends import EndLines, HeadLines
from awsprof.awsfiles.mending import FileMend, mended
from awsprof.awsfiles.mends import AddSection, StripMark, TakeSection
from awsprof.clean import clean
from awsprof.doctor.checks.linebreaks import rests
from awsprof.doctor.findings import Fault, Severity, check
from awsprof.doctor.repairs import Act, Repair
from awsprof.doctor.scene import Scene
from awsprof.doctor.written import Page, by_itself, owner, pages
from awsprof.editing.change import Change
from awsprof.errors import EditRefused, FileProblem
from awsprof.masking import find_in_lines
from awsprof.paths import short
from awsprof.profiles.keynames import is_assignment
from awsprof.profiles.model import Origin
from awsprof.profiles.shell_lines import shell_line

_GIT_LIMIT: Final = 3  # seconds


@check(Severity.ERROR, fixes=True)
def encoding(scene: Scene) -> Iterator[Fault]:
    """The file is UTF-16, begins with a byte order mark, or holds bytes that are not UTF-8.

    Windows programs write such files (PowerShell's > writes UTF-16). With the mark no SDK finds the
    first section. Bytes that are not UTF-8 make boto3 and the AWS CLI fail, and the other SDKs take
    the file for an empty one.
    The repair takes the mark off, and saves UTF-16 as UTF-8. Save the rest as UTF-8 in an editor.
    """
    for page in pages(scene):
        legible = page.stored.legible
        if legible.encoding != UTF_8:
            utf16 = is_utf_16(legible.encoding)
            did = "saved it as UTF-8" if utf16 else "took the byte order mark off"
            says = "The file begins with a byte order mark, with which no SDK can read it."
            if utf16:
                says = "The file is UTF-16, which no SDK reads: they want UTF-8."
            repair = page.repair(did, StripMark())
            yield Fault(says, by_itself("encoding"), None, page.at(1), repair)
        if legible.bad_line is not None:
            says = "This line is not UTF-8: boto3 fails at it, other SDKs see an empty file."
            fix = "save the file as UTF-8 (without a mark) in an editor"
            yield Fault(says, fix, None, page.at(legible.bad_line))


@check(Severity.ERROR, fixes=True)
def lone_cr(scene: Scene) -> Iterator[Fault]:
    """A line ends in a carriage return without a line feed.

    boto3 and the AWS CLI take it for the end of a line; the other SDKs for a character that makes
    the file useless, or for a part of the value. Line numbers count it as boto3 does.
    The repair ends these lines as the others of the file end, or with a line feed.
    """
    for page in pages(scene):
        line = page.stored.legible.lone_cr
        if line is not None:
            says = "A lone carriage return ends this line for boto3; other SDKs give the file up."
            repair = page.repair("ended lines as every SDK ends them", EndLines())
            yield Fault(says, by_itself("lone-cr"), None, page.at(line), repair)


@check(Severity.ERROR, fixes=True)
def line_without_equals(scene: Scene) -> Iterator[Fault]:
    """A line is no header, no comment, and has no '=' with a key before it.

    No SDK can read such a file: none of its profiles works. The same holds for a line before the
    first header, and for one without '=' in a nested block such as s3.
    Write the line as key = value, or put a # before it. Where a file begins with keys of a profile,
    the repair writes [default] above them.
    """
    for page in pages(scene):
        lines = enumerate(map(str.strip, page.stored.legible.preamble), start=1)
        odd = ((n, line) for n, line in lines if line and not is_comment(line))
        before = [number for number, line in odd if not header_meant(line)]
        if before:
            says = f"A line stands before the first section{_more(before)}: no SDK reads the file."
            fix = "put it below a header such as [default], or a # before it"
            repair = _heading(page, before)
            fix = by_itself("line-without-equals") if repair else fix
            yield Fault(says, fix, None, page.at(before[0]), repair)
        for written in page.blocks:
            known = {written.line(index) for index in rests(written)}
            known |= {
                written.line(key.start)
                for key in written.keys
                if written.block.id.type == "profile"
                and shell_line(written.block.lines[key.start].strip())
            }
            odd_lines = {line for key in written.keys for line in _odd_lines(written, key)}
            bad = sorted(odd_lines - known)
            if bad:
                says = f"A line has no key and '='{_more(bad)}: boto3 cannot read this file."
                fix = "write it as key = value in an editor, or put a # before it"
                yield Fault(says, fix, owner(written.block.id), page.at(bad[0]))


def _heading(page: Page, before: list[int]) -> Repair | None:
    """[default] above keys of a profile that begin the file; None where they may be another's."""
    section = SectionId.profile("default")
    keys = [page.stored.legible.preamble[number - 1].strip() for number in before]
    names = [line.partition("=")[0].strip().lower() for line in keys]
    taken = any(written.block.id == section for written in page.blocks)
    if taken or len({*names}) < len(names) or not all(map(is_assignment, keys)):
        return None
    return page.repair("wrote [default] above the keys that begin the file", HeadLines(section))


def _more(lines: list[int]) -> str:
    return f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""


def _odd_lines(written: Written, key: Key) -> Iterator[int]:
    if not key.name and not header_meant(written.block.lines[key.start].strip()):
        yield written.line(key.start)
    if key.is_block:
        for part, index in zip(key.parts[1:], key.part_lines[1:], strict=True):
            # botocore cuts such a value at every line end that Unicode knows
            if any(piece.strip() and "=" not in piece for piece in part.splitlines()):
                yield written.line(index)


@check(Severity.ERROR, fixes=True)
def misplaced_section(scene: Scene) -> Iterator[Fault]:
    """An [sso-session NAME] or [services NAME] stands in the credentials file.

    Every SDK looks for them in the config file alone: profiles that name it do not work.
    The repair moves it there, unless the config file has one of that name.
    """
    config = scene.catalog.stored(FileKind.CONFIG)
    named = Counter({w.block.id for w in config.legible.blocks} | set(config.sdk.sections))
    found = list(_misplaced(scene))
    named.update(meant for _, _, meant in found)
    for page, written, meant in found:
        says = f"[{clean(written.block.header)}] counts in the config file alone, not in this one."
        origin = page.at(written.line(0))
        if meant.type == "other" or named[meant] > 1:
            fix = "make one section of them in the config file, in an editor"
            yield Fault(says, fix, None, origin)
        else:
            repair = _moving(written, meant)
            fix = by_itself("misplaced-section") if repair else "mend its lines, and move it"
            yield Fault(says, fix, None, origin, repair)


def _misplaced(scene: Scene) -> Iterator[tuple[Page, Written, SectionId]]:
    for page in pages(scene):
        for written in page.blocks:
            found = verdict(written.block.lines[0].strip(), page.kind)
            if found is not None and found.wrong is Wrong.MISPLACED:
                yield page, written, section_id(written.block.header.strip(), FileKind.CONFIG)


def _moving(written: Written, meant: SectionId) -> Repair | None:
    """What moves a section; None where no file should have its lines."""
    last = written.keys[-1].stop if written.keys else 1
    lines = tuple(line.rstrip("\r\n") for line in written.block.lines[1:last])
    adding = AddSection(meant, lines)
    try:
        mended(b"", FileKind.CONFIG, [adding])
    except EditRefused:
        return None
    mends = (
        FileMend(FileKind.CREDENTIALS, TakeSection(written.block.id)),
        FileMend(FileKind.CONFIG, adding),
    )
    return Repair(Change(f"moved {clean(str(meant))} into the config file", mends=mends))


@check(Severity.WARNING, fixes=True)
def file_mode(scene: Scene) -> Iterator[Fault]:
    """Other users of this machine may read or write the files, or look into their folder.

    Whoever reads a secret key is you to AWS; whoever writes a credential_process runs programs as
    you. No SDK warns of it.
    The repair takes others' rights away: 0600 for the files, 0700 for ~/.aws.
    """
    if os.name == "nt":
        return
    folder = paths.home() / ".aws"
    places = [(page.stored.path, page.at(1)) for page in pages(scene)]
    for path, origin in [(folder, None), *places]:
        yield from _loose(path, origin)


def _loose(path: Path, origin: Origin | None) -> Iterator[Fault]:
    try:
        status = path.stat()
    except OSError:  # it is not there, or not ours to look at
        return
    mode = stat.S_IMODE(status.st_mode)
    if not mode & 0o077 or not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return
    tight = mode & 0o700
    says = f"{clean(short(path))} is open to other users of this machine (mode {mode:04o})."
    if status.st_uid != os.getuid():
        yield Fault(says, f"have its owner run: chmod {tight:o} {clean(str(path))}", None, origin)
        return
    act = Act(f"{clean(short(path))} gets mode {tight:04o}", lambda: _chmod(path, tight))
    yield Fault(says, by_itself("file-mode"), None, origin, Repair(acts=(act,)))


def _chmod(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError as exc:
        raise FileProblem(
            f"{clean(str(path))} did not get mode {mode:04o}: {exc.strerror}.",
            f"run: chmod {mode:o} {clean(str(path))}",
        ) from exc


@check(Severity.WARNING)
def file_in_git_repository(scene: Scene) -> Iterator[Fault]:
    """A file with credentials lies in a git work tree that does not ignore it.

    The next "git add ." and push hand the secrets to everybody who can read the repository, and
    keys in public ones are found within minutes.
    Name the file in .gitignore, or keep it outside; take a key that was ever committed for known,
    and make a new one.
    """
    for page in pages(scene):
        if page.kind is FileKind.CONFIG and not _has_secret(page):
            continue
        path = page.stored.path.resolve()
        tree = next(filter(_is_work_tree, path.parents), None)
        if tree is not None and _ignored(path, tree) is False:
            says = f"The git work tree {clean(short(tree))} holds this file and does not ignore it."
            inside = clean(str(path.relative_to(tree)))
            fix = f"add /{inside} to {clean(short(tree / '.gitignore'))}"
            yield Fault(says, fix, None, page.at(1))


def _is_work_tree(place: Path) -> bool:
    try:
        return (place / ".git").exists()
    except OSError:  # not ours to look into
        return False


def _has_secret(page: Page) -> bool:
    lines = (page.stored.data or b"").decode(errors="replace").splitlines()
    return any(find_in_lines(lines))


def _ignored(path: Path, tree: Path) -> bool | None:
    """Whether git ignores the file; None where git cannot be asked."""
    git = shutil.which("git")
    if git is None:
        return None
    # No hook of that repository's own is to run.
    asked = [git, "-C", str(tree), "-c", "core.fsmonitor=false", "check-ignore", "-q", str(path)]
    try:
        done = subprocess.run(  # noqa: S603  # git, by its whole path
            asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=_GIT_LIMIT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {0: True, 1: False}.get(done.returncode)
