"""Checks of the format of keys, without AWS: copying errors, and swapped or cut halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileEdit, SectionId, SetValue
from awsprof.configfile.key_lines import split_inline_comment
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import profile_fault, profiles_setting, unset_command
from awsprof.doctor.file_view import fix_command
from awsprof.doctor.findings import Fault, Repair, Severity, offline_check
from awsprof.editing.change import Change
from awsprof.key_ids import display_id, is_long_term
from awsprof.profiles import key_shapes
from awsprof.shells import arguments

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.profiles.model import Profile

_ID, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_LEGACY: Final = "aws_security_token"


@offline_check(Severity.ERROR, fixes=True)
def key_id_shape(context: CheckContext) -> Iterator[Fault]:
    """An aws_access_key_id is invalid: the secret is in its place, or it has stray characters.

    AWS answers InvalidClientTokenId, as for a deleted key. The cause is usually copying: quotes, a
    no-break or zero-width space, a missing character, or the two halves swapped.

    awsprof doctor --fix corrects swapped halves and stray characters. In other cases add the key
    again: awsprof add keys NAME asks for both halves and keeps the secret in the vault.
    """
    for profile, value in profiles_setting(context, _ID):
        secret = profile.get(_SECRET) or ""
        if key_shapes.is_swapped(value.text, secret):
            message = "The access key ID and the secret are swapped."
            meant = {
                _ID: key_shapes.whole_id(secret),
                _SECRET: key_shapes.whole_secret(value.text),
            }
            yield _shape_fault(profile, _ID, message, "swap the two values", meant)
            continue
        problem = key_shapes.id_problem(value.text, of_aws=_goes_to_aws(context, profile))
        if problem and (fault := _comment_fault(profile, _ID, key_shapes.id_problem)):
            yield fault
        elif problem:
            message = f"The aws_access_key_id ({display_id(value.text)}) {problem}."
            meant = {_ID: key_shapes.whole_id(value.text)}
            yield _shape_fault(profile, _ID, message, "correct the ID", meant)


@offline_check(Severity.ERROR, fixes=True)
def secret_shape(context: CheckContext) -> Iterator[Fault]:
    """An aws_secret_access_key is invalid: it is cut off, or has stray characters.

    AWS answers SignatureDoesNotMatch or IncompleteSignature. An AWS secret has 40 letters, digits,
    / and +. Quotes, spaces, and the % that some shells print after the last line get copied along
    with it.

    awsprof doctor --fix removes stray characters. In other cases add the key again: awsprof add
    keys NAME. If you no longer have the secret, create a new key in IAM.
    """
    for profile, value in profiles_setting(context, _SECRET):
        key_id = profile.get(_ID) or ""
        if key_shapes.is_swapped(key_id, value.text):
            continue  # key-id-shape
        problem = key_shapes.secret_problem(value.text, of_aws=_goes_to_aws(context, profile))
        if problem and (fault := _comment_fault(profile, _SECRET, key_shapes.secret_problem)):
            yield fault
        elif problem:
            whose = f" of {display_id(key_id)}" if key_id else ""
            message = f"The aws_secret_access_key{whose} {problem}."
            meant = {_SECRET: key_shapes.whole_secret(value.text)}
            yield _shape_fault(profile, _SECRET, message, "correct the secret", meant)


@offline_check(Severity.ERROR)
def token_with_long_term_key(context: CheckContext) -> Iterator[Fault]:
    """A session token is set for a long-term key (it starts with AKIA), which has no token.

    SDKs send both, and AWS answers InvalidClientTokenId, as if the key were deleted. The token is
    left over from temporary keys; the key itself may be fine.

    Remove the token: awsprof unset NAME aws_session_token. The key does not change.
    """
    for profile, value in profiles_setting(context, _ID):
        keys = [key for key in (_TOKEN, _LEGACY) if profile.get(key)]
        if not is_long_term(value.text) or not keys:
            continue
        yield profile_fault(
            profile,
            keys[0],
            f"{keys[0]} is set, but {display_id(value.text)} is a long-term key, which has no"
            " token.",
            unset_command(profile, *keys),
        )


def is_misshapen(context: CheckContext, profile: Profile) -> bool:
    """True if one of these checks finds that the key cannot be used."""
    key_id, secret = profile.get(_ID) or "", profile.get(_SECRET) or ""
    of_aws = _goes_to_aws(context, profile)
    return bool(
        key_shapes.is_swapped(key_id, secret)
        or key_shapes.id_problem(key_id, of_aws=of_aws)
        or key_shapes.secret_problem(secret, of_aws=of_aws)
    )


def _comment_fault(profile: Profile, at: str, problem: Callable[[str], str | None]) -> Fault | None:
    """Returns the fault of a half that is good but for a comment after it; else None."""
    half, comment = split_inline_comment(profile.get(at) or "")
    if not comment or problem(half):
        return None
    message = f"boto3 reads the comment after {at} as part of it; the key itself looks complete."
    return profile_fault(profile, at, message, fix_command("inline-comment"))


def _shape_fault(
    profile: Profile, at: str, message: str, by_hand: str, meant: Mapping[str, str | None]
) -> Fault:
    """Returns the fault, with a repair if what was ``meant`` is known; it keeps the key.

    ``by_hand`` says what to do by hand if the halves are in two files.
    """
    new = {key: text for key, text in meant.items() if text is not None}
    if len(new) < len(meant):
        return profile_fault(profile, at, message, f"awsprof add keys {arguments(profile.name)}")
    files = {profile.values[key].origin.kind for key in (_ID, _SECRET) if key in profile.values}
    if len(files) > 1:
        return profile_fault(
            profile, at, message, f"{by_hand} at {profile.values[at].origin}, in an editor"
        )
    section, (kind,) = SectionId.profile(profile.name), files
    edits = tuple(FileEdit(kind, SetValue(section, key, text)) for key, text in new.items())
    change = Change(f"corrected the key of {profile.name}", edits)
    repair = Repair(change, declares=frozenset({section}))
    check_id = "key-id-shape" if at == _ID else "secret-shape"
    return profile_fault(
        profile, at, message, f"{by_hand}: awsprof doctor --fix {check_id}", repair
    )


def _goes_to_aws(context: CheckContext, profile: Profile) -> bool:
    """True if the keys are for AWS; those for emulators and other stores can have any format."""
    if profile.get("endpoint_url") or profile.get("services"):
        return False
    is_aws_id = (profile.get(_ID) or "").upper().startswith(("AKIA", "ASIA"))
    return is_aws_id or not check_helpers.other_endpoints(context.environment)
