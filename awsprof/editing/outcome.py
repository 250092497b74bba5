"""Verifies an edit by its outcome: what boto3 and the other SDKs would read of every profile.

They do not read the same of every file. The other SDKs read ``[ a]`` as the profile ``a``, and
boto3 as another one; a profile ``["a b"]`` exists for boto3 alone; boto3 cannot read a file that
defines a section twice, and the others merge the two. An edit of the lines that awsprof knows by a
name must mean the same to all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileEdit, FileKind, SectionId
from awsprof.configfile.secret_loss import name_holds_secret
from awsprof.editing.placement import edited_values, intended_profile, requested_values
from awsprof.errors import EditRefused
from awsprof.profiles.change_harm import Texts, find_identity_changes, plain_value, read_profile
from awsprof.profiles.dialect_diff import dialects_agree, is_in_one_dialect
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import ProviderType, provider_type
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog

_READERS: Final = ("boto3", "SDKs other than boto3")
_KEY_PAIR: Final = ("aws_access_key_id", "aws_secret_access_key")


def profile_to_edit(name: str, catalog: Catalog) -> Profile:
    """Returns the profile; EditRefused if its header holds a secret, which no edit may take."""
    profile = catalog.get(name)
    if name_holds_secret(name):
        fix = f"correct {profile.origins[0]} in an editor first"
        raise EditRefused("A secret is in the name of that profile.", fix)
    return profile


def verify_same_identity(change: Change, name: str, new: str, catalog: Catalog) -> Change:
    """Returns the change; EditRefused if ``new``, renamed or copied from ``name``, would be another
    one.

    Checks what boto3 and the other SDKs read, and that no other profile changes its identity.
    """
    if _dialects_agree(catalog):
        return change
    renamed = {name: new}
    if (bare := name.strip(" \t")) not in catalog.profiles:  # what other SDKs call it
        renamed[bare] = new
    which = name if _is_in_one_dialect(catalog, name) else new
    _verify_identities(change, which, catalog, renamed=renamed)
    return change


def verify_values(change: Change, catalog: Catalog, *, free: Collection[str] = ()) -> Change:
    """Returns the change; EditRefused if an SDK that sees a profile would not read its new values.

    No profile may change its identity, but those in ``free`` and those built on them.
    """
    if _dialects_agree(catalog):
        return change
    names = sorted({edit.operation.section.name for edit in change.edits if _is_of_profile(edit)})
    _, after = _texts(change, catalog)
    for name in names:
        what = "section" if _is_in_one_dialect(catalog, name) else "line"
        for reader, read in zip(_READERS, read_profile(after, name), strict=True):
            key = read and next(_other_keys(read, change, catalog), None)
            if key:
                why = f"would have no effect in {reader}, which reads {key} from another {what}."
                raise _refused(name, why, catalog)
    _verify_identities(change, next(iter(names), ""), catalog, free=free)
    return change


def verify_removed(change: Change, name: str, catalog: Catalog) -> Change:
    """Returns the change; EditRefused if an SDK would still see the removed profile.

    So is one that changes the identity of another profile.
    """
    if _dialects_agree(catalog):
        return change
    _, after = _texts(change, catalog)
    for reader, read in zip(_READERS, read_profile(after, name), strict=True):
        if read is not None:
            why = f"would not remove it: {reader} would see another section of that name."
            raise _refused(name, why, catalog)
    _verify_identities(change, name, catalog, free={name})
    return change


def verify_session_removed(change: Change, catalog: Catalog) -> Change:
    """Returns the change; EditRefused if a profile that only some SDKs read loses its session."""
    if _dialects_agree(catalog):
        return change
    for harm in find_identity_changes(*_texts(change, catalog), {}, ()):
        raise EditRefused(
            f"Not every SDK reads the same profiles, and this would change one: {harm.says}",
            "correct the lines first: awsprof doctor --offline",
        )
    return change


def refuse_key_read_differently(profile: Profile, catalog: Catalog) -> None:
    """Raises EditRefused if an SDK reads another plain-text key than ``profile`` has.

    A comment after a secret belongs to the secret in boto3 alone, and quotes around it in all SDKs.
    White space around it does not count.
    """
    for key in _KEY_PAIR:
        value = profile.values.get(key)
        if value is None:
            continue
        file = catalog.stored(value.origin.kind)
        fix = f"correct the line first: awsprof doctor --offline {arguments(profile.name)}"
        for reading in (file.botocore, file.sdk):
            read = reading.sections.get(SectionId.profile(profile.name), {}).get(key)
            if read is not None and (not isinstance(read, str) or read.strip() != value.text):
                raise EditRefused(
                    f"boto3 and the other SDKs do not read the same {key} from {value.origin}.", fix
                )
        # of a file that only one of them can read, or what all of them take as part of the value
        if plain_value(value.text) != value.text or not _is_visible(value.text):
            raise EditRefused(
                f"The {key} at {value.origin} has a comment, quotes, invisible characters or"
                " further lines, which would be stored with it.",
                fix,
            )


def _is_visible(text: str) -> bool:
    """True for printable ASCII alone, of which keys are made."""
    return text.isascii() and text.isprintable()


def _verify_identities(
    change: Change,
    name: str,
    catalog: Catalog,
    *,
    renamed: Mapping[str, str] = MappingProxyType({}),
    free: Collection[str] = (),
) -> None:
    bare = {each.strip(" \t") for each in free}  # what other SDKs call ``[ name]``
    free = {*free, *(bare - catalog.profiles.keys())}
    for harm in find_identity_changes(*_texts(change, catalog), renamed, free):
        raise _refused(name, f"would change who it is: {harm.says}", catalog)


def _other_keys(read: Profile, change: Change, catalog: Catalog) -> Iterator[str]:
    """Yields the edited keys of a profile whose new value an SDK does not read, or does not use."""
    name = read.name
    yield from (k for k, value in edited_values(change, name).items() if read.get(k) != value)
    wanted, values = intended_profile(change, name, catalog), requested_values(change, name)
    requested = Profile(name, {key: wanted.values[key] for key in values}, {}, ())
    if provider_type(requested) is not ProviderType.NONE:
        yield from values if provider_type(read) is not provider_type(wanted) else ()


def _is_of_profile(edit: FileEdit) -> bool:
    return edit.operation.section.type == "profile"


def _dialects_agree(catalog: Catalog) -> bool:
    """True if boto3 and the other SDKs read the same of both files.

    They then also read the same after an edit (``configfile.verify``).
    """
    return dialects_agree(catalog.files)


def _is_in_one_dialect(catalog: Catalog, name: str) -> bool:
    return is_in_one_dialect(catalog.files, name)


def _texts(change: Change, catalog: Catalog) -> tuple[Texts, Texts]:
    before: Mapping[FileKind, bytes | None] = {file.kind: file.data for file in catalog.files}
    return before, {kind: change.apply_to(kind, data) for kind, data in before.items()}


def _refused(name: str, why: str, catalog: Catalog) -> EditRefused:
    half = _is_in_one_dialect(catalog, name)
    what, where = ("sections", "header") if half else ("lines", "lines")
    return EditRefused(
        f"Not every SDK reads the same {what} of {sanitize(name)}, so this edit {why}",
        f"correct the {where} first: awsprof doctor --offline {arguments(name)}",
    )
