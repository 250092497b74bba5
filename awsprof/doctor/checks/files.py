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

from awsprof import logs, paths
from awsprof.configfile.document import FileKind
from awsprof.configfile.encoding import UTF_8, is_utf_16
from awsprof.configfile.headers import HeaderProblem, diagnose
from awsprof.configfile.lenient import SectionView, header_meant
from awsprof.configfile.line_repairs import HeadLines, NormalizeLineEnds
from awsprof.configfile.parse import Option, SectionId, is_comment, section_id
from awsprof.configfile.repair_file import FileRepair, apply_repairs
from awsprof.configfile.text_repairs import AddSection, DropSection, StripBom
from awsprof.doctor.checks.line_breaks import value_remainders
from awsprof.doctor.context import CheckContext
from awsprof.doctor.file_view import FileView, file_views, fix_command, profile_of
from awsprof.doctor.findings import Action, Fault, Repair, Severity, offline_check
from awsprof.editing.change import Change
from awsprof.errors import EditRefused, FileError
from awsprof.masking import find_in_lines
from awsprof.paths import display_path
from awsprof.profiles.known_keys import is_assignment
from awsprof.profiles.model import Origin
from awsprof.profiles.shell_lines import shell_line
from awsprof.text import sanitize

_log = logs.get_logger(__name__)
_GIT_LIMIT: Final = 3  # seconds


@offline_check(Severity.ERROR, fixes=True)
def encoding(context: CheckContext) -> Iterator[Fault]:
    """The file is UTF-16, begins with a byte order mark, or holds bytes that are not UTF-8.

    Windows programs write such files (PowerShell's > writes UTF-16). With the mark no SDK finds the
    first section. Bytes that are not UTF-8 make boto3 and the AWS CLI fail, and the other SDKs take
    the file for an empty one.
    The repair takes the mark off, and saves UTF-16 as UTF-8. Save the rest as UTF-8 in an editor.
    """
    for view in file_views(context):
        legible = view.stored.legible
        if legible.encoding != UTF_8:
            utf16 = is_utf_16(legible.encoding)
            did = "saved it as UTF-8" if utf16 else "took the byte order mark off"
            says = "The file begins with a byte order mark, with which no SDK can read it."
            if utf16:
                says = "The file is UTF-16, which no SDK reads: they want UTF-8."
            repair = view.repair(did, StripBom())
            yield Fault(says, fix_command("encoding"), None, view.at(1), repair)
        if legible.bad_line is not None:
            says = "This line is not UTF-8: boto3 fails at it, other SDKs see an empty file."
            fix = "save the file as UTF-8 (without a mark) in an editor"
            yield Fault(says, fix, None, view.at(legible.bad_line))


@offline_check(Severity.ERROR, fixes=True)
def lone_cr(context: CheckContext) -> Iterator[Fault]:
    """A line ends in a carriage return without a line feed.

    boto3 and the AWS CLI take it for the end of a line; the other SDKs for a character that makes
    the file useless, or for a part of the value. Line numbers count it as boto3 does.
    The repair ends these lines as the others of the file end, or with a line feed.
    """
    for view in file_views(context):
        line = view.stored.legible.lone_cr
        if line is not None:
            says = "A lone carriage return ends this line for boto3; other SDKs give the file up."
            repair = view.repair("ended lines as every SDK ends them", NormalizeLineEnds())
            yield Fault(says, fix_command("lone-cr"), None, view.at(line), repair)


@offline_check(Severity.ERROR, fixes=True)
def line_without_equals(context: CheckContext) -> Iterator[Fault]:
    """A line is no header, no comment, and has no '=' with a key before it.

    No SDK can read such a file: none of its profiles works. The same holds for a line before the
    first header, and for one without '=' in a nested block such as s3.
    Write the line as key = value, or put a # before it. Where a file begins with keys of a profile,
    the repair writes [default] above them.
    """
    for view in file_views(context):
        lines = enumerate(map(str.strip, view.stored.legible.preamble), start=1)
        odd = ((n, line) for n, line in lines if line and not is_comment(line))
        before = [number for number, line in odd if not header_meant(line)]
        if before:
            says = f"A line stands before the first section{_more(before)}: no SDK reads the file."
            fix = "put it below a header such as [default], or a # before it"
            repair = _heading(view, before)
            fix = fix_command("line-without-equals") if repair else fix
            yield Fault(says, fix, None, view.at(before[0]), repair)
        for written in view.blocks:
            known = {written.line(index) for index in value_remainders(written)}
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
                yield Fault(says, fix, profile_of(written.block.id), view.at(bad[0]))


def _heading(view: FileView, before: list[int]) -> Repair | None:
    """[default] above keys of a profile that begin the file; None where they may be another's."""
    section = SectionId.profile("default")
    keys = [view.stored.legible.preamble[number - 1].strip() for number in before]
    names = [line.partition("=")[0].strip().lower() for line in keys]
    taken = any(written.block.id == section for written in view.blocks)
    if taken or len({*names}) < len(names) or not all(map(is_assignment, keys)):
        return None
    return view.repair("wrote [default] above the keys that begin the file", HeadLines(section))


def _more(lines: list[int]) -> str:
    return f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""


def _odd_lines(written: SectionView, key: Option) -> Iterator[int]:
    if not key.name and not header_meant(written.block.lines[key.start].strip()):
        yield written.line(key.start)
    if key.is_block:
        for part, index in zip(key.parts[1:], key.part_lines[1:], strict=True):
            # botocore cuts such a value at every line end that Unicode knows
            if any(piece.strip() and "=" not in piece for piece in part.splitlines()):
                yield written.line(index)


@offline_check(Severity.ERROR, fixes=True)
def misplaced_section(context: CheckContext) -> Iterator[Fault]:
    """An [sso-session NAME] or [services NAME] stands in the credentials file.

    Every SDK looks for them in the config file alone: profiles that name it do not work.
    The repair moves it there, unless the config file has one of that name.
    """
    config = context.catalog.stored(FileKind.CONFIG)
    named = Counter({w.block.id for w in config.legible.blocks} | set(config.sdk.sections))
    found = list(_misplaced(context))
    named.update(meant for _, _, meant in found)
    for view, written, meant in found:
        says = (
            f"[{sanitize(written.block.header)}] counts in the config file alone, not in this one."
        )
        origin = view.at(written.line(0))
        if meant.type == "other" or named[meant] > 1:
            fix = "make one section of them in the config file, in an editor"
            yield Fault(says, fix, None, origin)
        else:
            repair = _moving(written, meant)
            fix = fix_command("misplaced-section") if repair else "mend its lines, and move it"
            yield Fault(says, fix, None, origin, repair)


def _misplaced(context: CheckContext) -> Iterator[tuple[FileView, SectionView, SectionId]]:
    for view in file_views(context):
        for written in view.blocks:
            found = diagnose(written.block.lines[0].strip(), view.kind)
            if found is not None and found.wrong is HeaderProblem.MISPLACED:
                yield view, written, section_id(written.block.header.strip(), FileKind.CONFIG)


def _moving(written: SectionView, meant: SectionId) -> Repair | None:
    """What moves a section; None where no file should have its lines."""
    last = written.keys[-1].stop if written.keys else 1
    lines = tuple(line.rstrip("\r\n") for line in written.block.lines[1:last])
    adding = AddSection(meant, lines)
    try:
        apply_repairs(b"", FileKind.CONFIG, [adding])
    except EditRefused:
        return None
    mends = (
        FileRepair(FileKind.CREDENTIALS, DropSection(written.block.id)),
        FileRepair(FileKind.CONFIG, adding),
    )
    return Repair(Change(f"moved {sanitize(str(meant))} into the config file", mends=mends))


@offline_check(Severity.WARNING, fixes=True)
def file_mode(context: CheckContext) -> Iterator[Fault]:
    """Other users of this machine may read or write the files, or look into their folder.

    Whoever reads a secret key is you to AWS; whoever writes a credential_process runs programs as
    you. No SDK warns of it.
    The repair takes others' rights away: 0600 for the files, 0700 for ~/.aws.
    """
    if os.name == "nt":
        return
    folder = paths.home() / ".aws"
    places = [(view.stored.path, view.at(1)) for view in file_views(context)]
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
    says = (
        f"{sanitize(display_path(path))} is open to other users of this machine (mode {mode:04o})."
    )
    if status.st_uid != os.getuid():
        yield Fault(
            says, f"have its owner run: chmod {tight:o} {sanitize(str(path))}", None, origin
        )
        return
    act = Action(
        f"{sanitize(display_path(path))} gets mode {tight:04o}", lambda: _chmod(path, tight)
    )
    yield Fault(says, fix_command("file-mode"), None, origin, Repair(acts=(act,)))


def _chmod(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError as exc:
        raise FileError(
            f"{sanitize(str(path))} did not get mode {mode:04o}: {exc.strerror}.",
            f"run: chmod {mode:o} {sanitize(str(path))}",
        ) from exc


@offline_check(Severity.WARNING)
def file_in_git_repository(context: CheckContext) -> Iterator[Fault]:
    """A file with credentials lies in a git work tree that does not ignore it.

    The next "git add ." and push hand the secrets to everybody who can read the repository, and
    keys in public ones are found within minutes.
    Name the file in .gitignore, or keep it outside; take a key that was ever committed for known,
    and make a new one.
    """
    for view in file_views(context):
        if view.kind is FileKind.CONFIG and not _has_secret(view):
            continue
        path = view.stored.path.resolve()
        tree = next(filter(_is_work_tree, path.parents), None)
        if tree is not None and _ignored(path, tree) is False:
            says = (
                f"The git work tree {sanitize(display_path(tree))} holds this file and does"
                " not ignore it."
            )
            inside = sanitize(str(path.relative_to(tree)))
            fix = f"add /{inside} to {sanitize(display_path(tree / '.gitignore'))}"
            yield Fault(says, fix, None, view.at(1))


def _is_work_tree(place: Path) -> bool:
    try:
        return (place / ".git").exists()
    except OSError:  # not ours to look into
        return False


def _has_secret(view: FileView) -> bool:
    lines = (view.stored.data or b"").decode(errors="replace").splitlines()
    return any(find_in_lines(lines))


def _ignored(path: Path, tree: Path) -> bool | None:
    """Whether git ignores the file; None where git cannot be asked."""
    git = shutil.which("git")
    if git is None:
        return None
    # No hook of that repository's own is to run.
    asked = [git, "-C", str(tree), "-c", "core.fsmonitor=false", "check-ignore", "-q", str(path)]
    try:
        with logs.log_duration(_log, "program git"):
            done = subprocess.run(  # noqa: S603  # git, by its whole path
                asked,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_GIT_LIMIT,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {0: True, 1: False}.get(done.returncode)
