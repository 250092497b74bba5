"""Refuses edits of what boto3 and the other SDKs read differently: sections, or a key's value.

The other SDKs read ``[ a]`` as the profile ``a``, and boto3 as another one; a profile ``["a b"]``
exists for boto3 alone. An edit of the sections that awsprof knows by a name must mean the same to
an SDK that reads more sections, or fewer, under that name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileKind, SectionId
from awsprof.editing.placement import intended_profile, requested_values
from awsprof.errors import EditRefused
from awsprof.profiles.change_impact import Texts, find_identity_changes, plain_value, read_profiles
from awsprof.profiles.dialect_diff import is_half_seen
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import ProviderType, provider_type
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.editing.change import Change
    from awsprof.profiles.catalog import Catalog

_READERS: Final = ("boto3", "SDKs other than boto3")
_KEY_PAIR: Final = ("aws_access_key_id", "aws_secret_access_key")


def refuse_another_identity(change: Change, name: str, new: str, catalog: Catalog) -> None:
    """Raise EditRefused if ``new``, renamed or copied from ``name``, would have another identity.

    Checks what boto3 and the other SDKs read, and that no other profile changes its identity.
    """
    if not _is_half_seen(catalog, name, new):
        return
    renamed = {name: new}
    if (bare := name.strip(" \t")) not in catalog.profiles:  # what other SDKs call it
        renamed[bare] = new
    for harm in find_identity_changes(*_texts(change, catalog), renamed):
        which = name if _is_half_seen(catalog, name) else new
        raise _refused(which, f"would change who it is: {harm.says}")


def refuse_unread_values(change: Change, catalog: Catalog) -> Change:
    """The change; EditRefused if an SDK that sees a profile would not read its new values."""
    names = {edit.edit.section.name for edit in change.edits if edit.edit.section.type == "profile"}
    half_seen = sorted(name for name in names if _is_half_seen(catalog, name))
    if not half_seen:
        return change
    _, after = _texts(change, catalog)
    for reader, profiles in zip(_READERS, read_profiles(after), strict=True):
        for name in half_seen:
            wanted, values = intended_profile(change, name, catalog), requested_values(change, name)
            key = _other_key(profiles.get(name), wanted, values)
            if key is not None:
                why = f"would have no effect in {reader}, which reads {key} from another section."
                raise _refused(name, why)
    return change


def _other_key(read: Profile | None, wanted: Profile, values: Mapping[str, str]) -> str | None:
    """The requested key that an SDK would not use; None if it uses all, or has no such profile."""
    if read is None:
        return None
    other = [key for key, value in values.items() if read.get(key) != plain_value(value)]
    requested = Profile(wanted.name, {key: wanted.values[key] for key in values}, {}, ())
    if provider_type(requested) is not ProviderType.NONE:
        other += values if provider_type(read) is not provider_type(wanted) else ()
    return next(iter(other), None)


def refuse_remaining_profile(change: Change, name: str, catalog: Catalog) -> None:
    """Raise EditRefused if an SDK would still see the removed profile."""
    if not _is_half_seen(catalog, name):
        return
    _, after = _texts(change, catalog)
    for reader, profiles in zip(_READERS, read_profiles(after), strict=True):
        if name in profiles:
            raise _refused(
                name, f"would not remove it: {reader} would see another section of that name."
            )


def refuse_key_read_differently(profile: Profile, catalog: Catalog) -> None:
    """Raise EditRefused if an SDK reads another plain-text key than ``profile`` has.

    A comment after a secret belongs to the secret in boto3 alone. White space around it does not
    count.
    """
    for key in _KEY_PAIR:
        value = profile.values.get(key)
        if value is None:
            continue
        file = catalog.stored(value.origin.kind)
        for reading in (file.botocore, file.sdk):
            read = reading.sections.get(SectionId.profile(profile.name), {}).get(key)
            if read is not None and (not isinstance(read, str) or read.strip() != value.text):
                raise EditRefused(
                    f"boto3 and the other SDKs do not read the same {key} from {value.origin}.",
                    f"correct the line first: awsprof doctor --offline {arguments(profile.name)}",
                )


def _is_half_seen(catalog: Catalog, *names: str) -> bool:
    files = [catalog.stored(kind) for kind in FileKind]
    return any(is_half_seen(files, name) for name in names)


def _texts(change: Change, catalog: Catalog) -> tuple[Texts, Texts]:
    before: Mapping[FileKind, bytes | None] = {k: catalog.stored(k).data for k in FileKind}
    return before, {kind: change.apply_to(kind, data) for kind, data in before.items()}


def _refused(name: str, why: str) -> EditRefused:
    return EditRefused(
        f"Not every SDK reads the same sections of {sanitize(name)}, so this edit {why}",
        f"correct the header first: awsprof doctor --offline {arguments(name)}",
    )
