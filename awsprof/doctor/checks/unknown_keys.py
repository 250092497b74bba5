"""A check of keys that nobody reads, and of what they were meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from awsprof.configfile.lenient import SectionView
from awsprof.configfile.parse import Option
from awsprof.configfile.text_repairs import RenameKey
from awsprof.doctor import check_helpers
from awsprof.doctor.checks.line_breaks import value_remainders
from awsprof.doctor.context import CheckContext
from awsprof.doctor.file_view import FileView, fix_command, profile_of, sections_of
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.masking import is_secret, mask_name
from awsprof.profiles.known_keys import (
    NESTING_KEYS,
    PROFILE_KEYS,
    SESSION_KEYS,
    belongs_to_another_tool,
    is_value_of,
)
from awsprof.profiles.known_keys import nearest_known_key as near_key
from awsprof.profiles.shell_lines import shell_line
from awsprof.secret_names import PLACES
from awsprof.shells import arguments
from awsprof.text import sanitize

_BLOCKS: Final = NESTING_KEYS | {"s3", "s3api"}  # client-refused tells of one that is no block
_OF_CREDENTIALS: Final = (
    *("aws_access_key_id", "aws_secret_access_key", "credential_process", "login_session"),
    *("sso_session", "sso_start_url", "sso_account_id", "sso_role_name"),
)


@offline_check(Severity.ERROR)
def credentials_misspelt(context: CheckContext) -> Iterator[Fault]:
    """A profile has no credentials, and a key that is a slip of one that would give them.

    SDKs pass over a key that they do not know. boto3 then finds no credentials ("Unable to locate
    credentials"), or takes those of the machine.

    awsprof doctor --fix unknown-key writes the key as it is meant, where its value fits.
    """
    for profile in context.profiles:
        known = any(profile.get(key) for key in ("source_profile", "role_arn", *_OF_CREDENTIALS))
        if known or check_helpers.credential_form(profile) is not check_helpers.CredentialForm.NONE:
            continue
        for wanted in _OF_CREDENTIALS:
            slip = check_helpers.misspelt_key(profile, wanted)
            if slip is not None:
                told = (
                    f"It has no credentials; the key {mask_name(slip)} may be {wanted}, misspelt."
                )
                yield check_helpers.profile_fault(
                    profile, slip, told, check_helpers.rename_repair(profile, slip, wanted)
                )
                break


@offline_check(Severity.INFO, fixes=True)
def unknown_key(context: CheckContext) -> Iterator[Fault]:
    """A key that no SDK, the AWS CLI or awsprof knows, such as rolearn or regoin.

    All of them pass over it without a word, so a slip of the pen looks like a setting that does
    nothing. Keys of other tools are well as they are.
    Where it is a slip, write the key as it is meant. The repair does so where the value is what
    that key has: an access key's id, an ARN.
    """
    near: dict[str, str | None] = {}
    for view, written in sections_of(context):
        section = written.block.id
        known = {"profile": PROFILE_KEYS, "sso-session": SESSION_KEYS}.get(section.type)
        told = value_remainders(written) if known else frozenset()
        for key in written.keys if known else ():
            name = key.name
            if (
                not known
                or not name
                or name in known
                or key.is_block
                or belongs_to_another_tool(name)
            ):
                continue
            if key.start in told or name in _BLOCKS:
                continue
            if shell_line(written.block.lines[key.start].strip()):
                continue
            if name not in near:
                near[name] = near_key(name, known)
            yield _unknown(view, written, key, near[name])


def _unknown(view: FileView, written: SectionView, key: Option, near: str | None) -> Fault:
    section, shown = written.block.id, sanitize(mask_name(key.name, key.value), 60)
    origin = view.at(written.line(key.start))
    if near is None:
        says = f"No SDK knows the key {shown}."
        return Fault(says, "leave it where another tool needs it", profile_of(section), origin)
    says = f"No SDK knows the key {shown}. Did you mean {near}?"
    if any(other.name == near for other in written.keys):
        fix = f"take the line out in an editor where {near} above or below says it all"
        return Fault(says, fix, profile_of(section), origin)
    if is_value_of(near, key.value):
        repair = view.repair(f"wrote {near} for {shown}", RenameKey(section, key.name, near))
        return Fault(says, fix_command("unknown-key"), profile_of(section), origin, repair)
    fix = f"write {near} in its place in an editor"
    if section.type == "profile" and near not in {*PLACES, "aws_access_key_id"}:
        name, value = section.name, sanitize(key.value)
        if value == key.value and value and not is_secret(value, near):
            put = f"awsprof set {arguments(name, near, value)}"
            fix = f"{put}, then awsprof unset {arguments(name, key.name)}"
    return Fault(says, fix, profile_of(section), origin)
