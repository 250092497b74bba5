"""The check of lines in a file that are written for a shell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from awsprof.configfile.line_repairs import SplitLine
from awsprof.doctor.file_view import file_views, fix_command, in_scope, profile_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.key_ids import is_long_term
from awsprof.profiles import key_shapes
from awsprof.profiles.pasted_key import ShellLine, shell_line
from awsprof.profiles.provider_order import ProviderType, provider_type
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.configfile.lenient import SectionView
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.file_view import FileView

_ID, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_REMOVE = "remove the line in an editor"


@offline_check(Severity.ERROR, fixes=True)
def shell_line_in_file(context: CheckContext) -> Iterator[Fault]:
    """A line sets a variable as a shell does: export AWS_ACCESS_KEY_ID=AKIA… .

    In a file "export aws_access_key_id" is an unknown key that no SDK reads: the profile has no
    credentials, while its secret is in plain text. The access portal and other tools print such
    lines for a terminal; a file needs aws_access_key_id = AKIA… .

    The repair writes the file's key instead of the variable, if the profile has both halves of an
    access key and no other key or role.
    """
    wanted = in_scope(context)
    for view in file_views(context):
        for written in view.blocks:
            if wanted(written.block.id) and written.block.id.type == "profile":
                profile = context.catalog.profiles.get(written.block.id.name)
                other = profile is not None and provider_type(profile) not in (
                    ProviderType.NONE,
                    ProviderType.KEYS,
                )
                yield from _of_section(view, written, has_credentials=other)


def _of_section(view: FileView, written: SectionView, *, has_credentials: bool) -> Iterator[Fault]:
    texts = {key.start: written.block.lines[key.start].strip() for key in written.keys}
    lines = {at: line for at, text in texts.items() if (line := shell_line(text)) is not None}
    own = {key.name: key.value for key in written.keys if key.start not in lines}
    assigned = {line.key: line.value for line in lines.values() if line.key is not None}
    for at, line in lines.items():
        again = sum(other.key == line.key for other in lines.values()) > 1
        obstacle = "twice" if again else _obstacle(line, own, assigned)
        if has_credentials and not obstacle and line.key in (_ID, _SECRET, _TOKEN):
            obstacle = f"{_REMOVE}: the profile has other credentials"
        yield _fault(view, written, at, line, obstacle)


def _obstacle(line: ShellLine, own: Mapping[str, str], assigned: Mapping[str, str]) -> str:
    """Returns the fix if the line cannot simply become a key, else an empty string."""
    if line.key is None:
        return f"{_REMOVE}: {line.variable} belongs in your shell's startup file"
    if line.key in own:
        return f"{_REMOVE}: this section already has {line.key}"
    value = line.value
    if not value or value != sanitize(value) or any(c in value for c in " \t#;$`%"):
        return f"write it as {line.key}, an equals sign and the value, in an editor"
    if line.key not in (_ID, _SECRET, _TOKEN):
        return ""
    halves = {**assigned, **own}
    key_id, secret = halves.get(_ID, ""), halves.get(_SECRET, "")
    if line.key == _TOKEN and is_long_term(key_id):
        return f"{_REMOVE}: {key_id} is a long-term key, which has no token"
    if key_shapes.id_problem(key_id) or key_shapes.secret_problem(secret):
        return f"{_REMOVE}: the other half of the key is missing or invalid"
    return ""


def _fault(view: FileView, written: SectionView, at: int, line: ShellLine, obstacle: str) -> Fault:
    section, origin = written.block.id, view.at(written.line(at))
    there = f", which needs {line.key}" if line.key else ""
    message = (
        f"SDKs can't read this line: it sets {line.variable} for a shell, not for a file{there}."
    )
    if obstacle == "twice":
        return Fault(
            message, f"keep one line for {line.key} in an editor", profile_of(section), origin
        )
    if obstacle:
        return Fault(message, obstacle, profile_of(section), origin)
    edit = SplitLine(section, written.block.lines[at].strip(), (f"{line.key} = {line.value}",))
    repair = view.repair(f"wrote {line.key} for {line.variable}", edit)
    return Fault(message, fix_command("shell-line-in-file"), profile_of(section), origin, repair)
