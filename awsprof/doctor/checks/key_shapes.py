"""Checks of what keys look like, without AWS: a slip of the clipboard, or a half of another key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileEdit, SectionId, SetValue
from awsprof.doctor import check_helpers
from awsprof.doctor.check_helpers import profile_fault, with_key
from awsprof.doctor.findings import Fault, Repair, Severity, offline_check
from awsprof.editing.change import Change
from awsprof.key_ids import display_id, is_long_term
from awsprof.profiles import key_shapes
from awsprof.shells import arguments

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext
    from awsprof.profiles.model import Profile

_ID, _SECRET, _TOKEN = "aws_access_key_id", "aws_secret_access_key", "aws_session_token"
_LEGACY: Final = "aws_security_token"


@offline_check(Severity.ERROR, fixes=True)
def key_id_shape(context: CheckContext) -> Iterator[Fault]:
    """An aws_access_key_id is none: the secret stands in its place, or it holds a stray sign.

    AWS answers InvalidClientTokenId, as for a key that was deleted. It comes with copying: quotes,
    a no-break space or a zero-width one, a letter too few, the two halves swapped.

    What is only swapped, or has stray signs in it, awsprof doctor --fix puts right; the key stays.
    Else give the key anew, and whole: awsprof add keys NAME asks for both halves, and keeps the
    secret in the vault.
    """
    for profile, value in with_key(context, _ID):
        secret = profile.get(_SECRET) or ""
        if key_shapes.is_swapped(value.text, secret):
            told = "Id and secret stand in each other's place."
            halves = key_shapes.whole_id(secret), key_shapes.whole_secret(value.text)
            yield _mended(profile, _ID, told, "swap the two values", *halves)
            continue
        wrong = key_shapes.id_problem(value.text, of_aws=_goes_to_aws(context, profile))
        if wrong:
            told = f"The aws_access_key_id ({display_id(value.text)}) {wrong}."
            whole = key_shapes.whole_id(value.text)
            yield _mended(profile, _ID, told, "put the id right", whole)


@offline_check(Severity.ERROR, fixes=True)
def secret_shape(context: CheckContext) -> Iterator[Fault]:
    """An aws_secret_access_key cannot be one: it is cut off, or holds a sign that is no part of it.

    AWS answers SignatureDoesNotMatch, or IncompleteSignature. A secret of AWS has 40 letters,
    digits, / and +. Quotes, blanks, and the % that some shells show behind a last line come along
    with copying.

    Where only stray signs are in it, awsprof doctor --fix takes them out. Else give the key anew:
    awsprof add keys NAME. Who has not kept the secret makes a new key in IAM.
    """
    for profile, value in with_key(context, _SECRET):
        key_id = profile.get(_ID) or ""
        if key_shapes.is_swapped(key_id, value.text):
            continue  # key-id-shape
        wrong = key_shapes.secret_problem(value.text, of_aws=_goes_to_aws(context, profile))
        if wrong:
            whose = f" of {display_id(key_id)}" if key_id else ""
            told = f"The aws_secret_access_key{whose} {wrong}."
            whole = key_shapes.whole_secret(value.text)
            yield _mended(profile, _SECRET, told, "put the secret right", None, whole)


@offline_check(Severity.ERROR)
def token_with_long_term_key(context: CheckContext) -> Iterator[Fault]:
    """A session token stands beside a long-term key (it begins with AKIA), which takes none.

    SDKs send both, and AWS answers InvalidClientTokenId, as if the key were deleted. The token is
    left over from temporary keys that stood here before; the key itself may be well.

    Take the token out: awsprof unset NAME aws_session_token. The key stays as it is.
    """
    for profile, value in with_key(context, _ID):
        keys = [key for key in (_TOKEN, _LEGACY) if profile.get(key)]
        if not is_long_term(value.text) or not keys:
            continue
        commands = " && ".join(f"awsprof unset {arguments(profile.name)} {key}" for key in keys)
        yield profile_fault(
            profile,
            keys[0],
            f"{keys[0]} stands beside the long-term key {display_id(value.text)}, which takes"
            " none; it"
            " is left over from other keys.",
            commands,
        )


def is_misshapen(context: CheckContext, profile: Profile) -> bool:
    """Whether one of these checks tells that the key cannot be used as it stands."""
    key_id, secret = profile.get(_ID) or "", profile.get(_SECRET) or ""
    of_aws = _goes_to_aws(context, profile)
    return bool(
        key_shapes.is_swapped(key_id, secret)
        or key_shapes.id_problem(key_id, of_aws=of_aws)
        or key_shapes.secret_problem(secret, of_aws=of_aws)
    )


def _mended(
    profile: Profile, at: str, told: str, by_hand: str, id: str | None, secret: str | None = None
) -> Fault:
    """The fault, with the repair where the halves are known that are meant; the key is kept.

    ``by_hand`` is what a person does where the two stand in more than one file.
    """
    name = arguments(profile.name)
    new = {key: text for key, text in ((_ID, id), (_SECRET, secret)) if text is not None}
    if not new or (at == _ID and by_hand.startswith("swap") and len(new) < 2):
        return profile_fault(profile, at, told, f"awsprof add keys {name}")
    files = {profile.values[key].origin.kind for key in (_ID, _SECRET) if key in profile.values}
    if len(files) > 1:
        return profile_fault(
            profile, at, told, f"{by_hand} at {profile.values[at].origin}, in an editor"
        )
    section, (kind,) = SectionId.profile(profile.name), files
    edits = tuple(FileEdit(kind, SetValue(section, key, text)) for key, text in new.items())
    change = Change(f"put the key of {profile.name} right", edits)
    repair = Repair(change, declares=frozenset({section}))
    id_of = "key-id-shape" if at == _ID else "secret-shape"
    return profile_fault(profile, at, told, f"{by_hand}: awsprof doctor --fix {id_of}", repair)


def _goes_to_aws(context: CheckContext, profile: Profile) -> bool:
    """Whether the keys are AWS's: those of a store or a stand-in may look as they like."""
    if profile.get("endpoint_url") or profile.get("services"):
        return False
    begins = (profile.get(_ID) or "").upper().startswith(("AKIA", "ASIA"))
    return begins or not check_helpers.other_endpoints(context.environment)
