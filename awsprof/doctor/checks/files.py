"""Checks of the two files as files: encoding, permissions, sections in the wrong file."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from awsprof import logs, paths
from awsprof.configfile.document import FileKind
from awsprof.configfile.encoding import (
    UTF_8,
    botocore_encoding,
    first_misread_line,
    first_undecodable_line,
    is_utf_16,
)
from awsprof.configfile.header_diagnosis import HeaderProblem
from awsprof.configfile.lenient import SectionView
from awsprof.configfile.line_repairs import NormalizeLineEnds, StripBom
from awsprof.configfile.parse import SectionId, section_id
from awsprof.configfile.repair_file import FileRepair, apply_repairs
from awsprof.configfile.section_repairs import AddSection, DropSection
from awsprof.doctor.check_context import CheckContext
from awsprof.doctor.file_view import FileView, file_views, fix_command, shell_word
from awsprof.doctor.findings import Action, Fault, Repair, Severity, offline_check
from awsprof.editing.change import Change
from awsprof.errors import EditRefused, FileError
from awsprof.masking.search import find_in_lines
from awsprof.paths import display_path
from awsprof.profiles.model import Origin
from awsprof.text import counted, sanitize

_log = logs.get_logger(__name__)
_GIT_LIMIT: Final = 3  # seconds


@offline_check(Severity.ERROR, fixes=True)
def encoding(context: CheckContext) -> Iterator[Fault]:
    """The file is UTF-16, starts with a byte order mark, or has bytes that are not UTF-8.

    Windows programs write such files (PowerShell's > writes UTF-16). With a byte order mark no SDK
    finds the first section. Bytes that are not UTF-8 make boto3 and the AWS CLI fail, and other
    SDKs see an empty file. On Windows, boto3 and the AWS CLI read the file in the system's own
    encoding (cp1252, for example), so there only ASCII is the same to all SDKs.

    The repair removes the mark and converts UTF-16 to UTF-8. Save any other encoding as UTF-8 in an
    editor.
    """
    for view in file_views(context):
        legible = view.stored.lenient
        if legible.encoding != UTF_8:
            utf16 = is_utf_16(legible.encoding)
            did = "converted it to UTF-8" if utf16 else "removed the byte order mark"
            message = (
                "The file starts with a byte order mark, so no SDK can read its first section."
            )
            if utf16:
                message = "The file is UTF-16, but SDKs read only UTF-8."
            repair = view.repair(did, StripBom())
            yield Fault(message, fix_command("encoding"), None, view.at(1), repair)
        if legible.bad_line is not None:
            message = (
                "boto3 can't read this line because it is not UTF-8; other SDKs see an empty file."
            )
            fix = "save the file as UTF-8 (without a byte order mark) in an editor"
            yield Fault(message, fix, None, view.at(legible.bad_line))
        elif (line := first_misread_line(view.stored.data or b"")) is not None:
            yield _misread(view, line)


def _misread(view: FileView, line: int) -> Fault:
    """Returns the fault of a line that is not ASCII where botocore does not read UTF-8."""
    name = botocore_encoding().upper()
    message = f"This line is not ASCII: boto3 reads it as {name} here, and other SDKs as UTF-8."
    if first_undecodable_line(view.stored.data or b"", botocore_encoding()) is not None:
        message = f"boto3 can't read this file here: it takes it for {name}, and it is UTF-8."
    return Fault(message, "write this line in ASCII, in an editor", None, view.at(line))


@offline_check(Severity.ERROR, fixes=True)
def lone_cr(context: CheckContext) -> Iterator[Fault]:
    """A line ends with a carriage return without a line feed.

    boto3 and the AWS CLI treat it as a line end; the other SDKs treat it as part of the value, or
    cannot read the file at all. Line numbers count it as boto3 does.

    The repair gives these lines the same ending as the other lines of the file, or a line feed.
    """
    for view in file_views(context):
        line = view.stored.lenient.lone_cr
        if line is not None:
            message = (
                "This line ends with a lone carriage return: other SDKs than boto3 can't read the"
                " file."
            )
            repair = view.repair("corrected line endings", NormalizeLineEnds())
            yield Fault(message, fix_command("lone-cr"), None, view.at(line), repair)


@offline_check(Severity.ERROR, fixes=True)
def misplaced_section(context: CheckContext) -> Iterator[Fault]:
    """An [sso-session NAME] or [services NAME] section is in the credentials file.

    Every SDK reads these sections only in the config file, so profiles that name them do not work.

    The repair moves the section there, unless the config file has one of that name.
    """
    config = context.catalog.stored(FileKind.CONFIG)
    named = Counter({w.block.id for w in config.lenient.blocks} | set(config.sdk.sections))
    found = list(_misplaced(context))
    named.update(intended for _, _, intended in found)
    for view, written, intended in found:
        message = (
            f"SDKs read [{sanitize(written.block.header)}] only in the config file, not in this"
            " one."
        )
        origin = view.at(written.line(0))
        if intended.type == "other" or named[intended] > 1:
            fix = "merge them into one section of the config file, in an editor"
            yield Fault(message, fix, None, origin)
        else:
            repair = _moving_repair(written, intended)
            fix = (
                fix_command("misplaced-section")
                if repair
                else "correct its lines and move it to the config file, in an editor"
            )
            yield Fault(message, fix, None, origin, repair)


def _misplaced(context: CheckContext) -> Iterator[tuple[FileView, SectionView, SectionId]]:
    for view in file_views(context):
        for written in view.blocks:
            found = view.header_issue(written.block.lines[0].strip())
            if found is not None and found.wrong is HeaderProblem.MISPLACED:
                yield view, written, section_id(written.block.header.strip(), FileKind.CONFIG)


def _moving_repair(written: SectionView, intended: SectionId) -> Repair | None:
    """Returns the repair that moves the section, or None if its lines are broken."""
    last = written.keys[-1].stop if written.keys else 1
    lines = tuple(line.rstrip("\r\n") for line in written.block.lines[1:last])
    adding = AddSection(intended, lines)
    try:
        apply_repairs(b"", FileKind.CONFIG, [adding])
    except EditRefused:
        return None
    edits = (
        FileRepair(FileKind.CREDENTIALS, DropSection(written.block.id)),
        FileRepair(FileKind.CONFIG, adding),
    )
    return Repair(Change(f"moved {sanitize(str(intended))} into the config file", repairs=edits))


@offline_check(Severity.INFO)
def one_file_for_both(context: CheckContext) -> Iterator[Fault]:
    """AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name the same file.

    SDKs then read each section twice: as config, where [profile NAME] is the profile NAME, and as
    credentials, where every header is the name of a profile. boto3 and the AWS CLI list [profile
    NAME] as "profile NAME" too. What is wrong with such a profile is reported once.

    Use two files: [profile NAME], [sso-session NAME] and [services NAME] in the one, [NAME] with
    access keys in the other.
    """
    for view in file_views(context):
        if not view.shared:
            continue
        profiles = context.catalog.profiles
        twice = [f"profile {name}" for name in profiles if f"profile {name}" in profiles]
        message = "AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name this one file."
        if twice:
            message += (
                f" boto3 and the AWS CLI list {counted(len(twice), 'profile')} of it twice, as"
                f" {sanitize(twice[0].removeprefix('profile '))} and as {sanitize(twice[0])!r}."
            )
        fix = "name a file of its own in each variable; or leave it: boto3 reads both from the one"
        yield Fault(message, fix, None, view.at(1))


@offline_check(Severity.WARNING, fixes=True)
def file_mode(context: CheckContext) -> Iterator[Fault]:
    """Other users of this machine can read or write the files, or list their folder.

    Anyone who reads a secret key can act as you in AWS; anyone who writes a credential_process can
    run programs as you. No SDK warns about it.

    The repair removes the permissions of others: 0600 for the files, 0700 for ~/.aws.
    """
    if os.name == "nt":
        return
    folder = paths.home() / ".aws"
    places = [(view.stored.path, view.at(1)) for view in file_views(context)]
    for path, origin in [(folder, None), *places]:
        yield from _loose_modes(path, origin)


def _loose_modes(path: Path, origin: Origin | None) -> Iterator[Fault]:
    try:
        status = path.stat()
    except OSError:  # missing, or not readable for this user
        return
    mode = stat.S_IMODE(status.st_mode)
    if not mode & 0o077 or not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return
    tight = mode & 0o700
    message = (
        f"{sanitize(display_path(path))} is accessible to other users of this machine (mode"
        f" {mode:04o})."
    )
    if sys.platform != "win32" and status.st_uid != os.getuid():
        yield Fault(
            message, f"ask its owner to run: chmod {tight:o} {sanitize(str(path))}", None, origin
        )
        return
    action = Action(
        f"{sanitize(display_path(path))} is set to mode {tight:04o}", lambda: _chmod(path, tight)
    )
    yield Fault(message, fix_command("file-mode"), None, origin, Repair(acts=(action,)))


def _chmod(path: Path, mode: int) -> None:
    try:
        path.chmod(mode)
    except OSError as exc:
        raise FileError(
            f"{sanitize(str(path))} could not be set to mode {mode:04o}: {exc.strerror}.",
            f"run: chmod {mode:o} {sanitize(str(path))}",
        ) from exc


@offline_check(Severity.WARNING)
def file_in_git_repository(context: CheckContext) -> Iterator[Fault]:
    """A file with credentials is in a git work tree that does not ignore it.

    The next "git add ." and push publish the secrets to everyone who can read the repository; keys
    in public repositories are found within minutes.

    Add the file to .gitignore, or move it out of the work tree; git goes on tracking what it knows,
    whatever .gitignore says. If a key was ever committed, treat it as leaked and replace it.
    """
    for view in file_views(context):
        if view.kind is FileKind.CONFIG and not _has_secret(view):
            continue
        path = view.stored.path.resolve()
        tree = next(filter(_is_work_tree, path.parents), None)
        if tree is None:
            continue
        shown, inside = sanitize(display_path(tree)), sanitize(str(path.relative_to(tree)))
        if _git_agrees(tree, "ls-files", "--error-unmatch", "--", str(path)):
            message = f"This file is tracked in the git work tree {shown}."
            fix = (
                f"stop tracking it: git -C {shell_word(str(tree))} rm --cached --"
                f" {shell_word(inside)}; then add it to .gitignore, and replace every key that was"
                " ever committed"
            )
            yield Fault(message, fix, None, view.at(1))
        elif _git_agrees(tree, "check-ignore", "-q", str(path)) is False:
            message = f"This file is in the git work tree {shown}, which does not ignore it."
            fix = f"add /{inside} to {sanitize(display_path(tree / '.gitignore'))}"
            yield Fault(message, fix, None, view.at(1))


def _is_work_tree(place: Path) -> bool:
    try:
        return (place / ".git").exists()
    except OSError:  # not readable for this user
        return False


def _has_secret(view: FileView) -> bool:
    lines = (view.stored.data or b"").decode(errors="replace").splitlines()
    return any(find_in_lines(lines))


def _git_agrees(tree: Path, *arguments: str) -> bool | None:
    """True if git exits with 0, False if with 1; None if it cannot be asked."""
    git = shutil.which("git")
    if git is None:
        return None
    # The repository must not run a program of its own.
    asked = [git, "-C", str(tree), "-c", "core.fsmonitor=false", *arguments]
    try:
        with logs.log_duration(_log, "program git"):
            done = subprocess.run(  # noqa: S603  # git, by its full path
                asked,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_GIT_LIMIT,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {0: True, 1: False}.get(done.returncode)
