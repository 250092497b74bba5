"""The effect of a repair on the profiles, computed from the files as they would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from awsprof.configfile.document import FileKind
from awsprof.doctor.check_helpers import checks_everything
from awsprof.doctor.findings import Severity
from awsprof.doctor.root_causes import breaks_all
from awsprof.doctor.runner import run_offline
from awsprof.profiles.catalog import Catalog
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext
    from awsprof.editing.change import Change
    from awsprof.profiles.model import Profile

_NAMED: Final = 5  # more profiles than this are counted


@dataclass(frozen=True)
class FilesState:
    """The state of the files after a change: each profile's values, and which have errors.

    ``errors`` counts the errors by check and profile, which a move of lines leaves as they are.
    The repr omits the values, which may be secrets.
    """

    values: Mapping[str, Mapping[str, str]] = field(repr=False)
    broken: frozenset[str]
    errors: Counter[tuple[str, str | None]]

    @classmethod
    def of(cls, context: CheckContext, change: Change | None = None) -> FilesState:
        """Returns the state after ``change``; without one, the state of now."""
        if change is not None:
            stored = map(context.catalog.stored, FileKind)
            texts = (change.apply_to(file.kind, file.data) for file in stored)
            catalog = Catalog.from_bytes(*texts)
            context = replace(context, catalog=catalog, names=_still_selected(context, catalog))
        profiles = context.catalog.profiles
        errors = [f for f in run_offline(context) if f.severity is Severity.ERROR]
        broken = {name for f in errors for name in (f.profile, *f.fault.affects) if name}
        if any(breaks_all(context, finding) for finding in errors):
            broken |= profiles.keys()
        values = {name: _texts(profile) for name, profile in profiles.items()}
        return cls(values, frozenset(broken), Counter((f.id, f.profile) for f in errors))


def _still_selected(context: CheckContext, after: Catalog) -> tuple[str, ...]:
    """Returns the selected profiles; all that the change leaves if all were selected."""
    if checks_everything(context):
        return after.names_to_check
    return tuple(name for name in context.names if name in after.profiles)


def _texts(profile: Profile) -> dict[str, str]:
    nested = {f"{top}.{k}": v for top, values in profile.nested.items() for k, v in values.items()}
    return {key: value.text for key, value in {**profile.values, **nested}.items()}


def describe_effect(before: FilesState, after: FilesState) -> str:
    """Returns a sentence: who becomes usable, whose settings change, and that nothing else does."""
    usable = [
        name
        for name in after.values
        if name not in after.broken and (name in before.broken or name not in before.values)
    ]
    changed = [
        name
        for name in dict.fromkeys((*before.values, *after.values))
        if before.values.get(name) != after.values.get(name) and name not in usable
    ]
    parts = []
    if usable:
        parts.append(f"{_listed(usable)} {'becomes' if len(usable) == 1 else 'become'} usable")
    if changed:
        verb = "changes" if len(changed) == 1 else "change"
        parts.append(f"{_listed(changed)} {verb} as shown")
    says = f"{'; '.join(parts)}; nothing else changes" if parts else "no profile changes"
    left = _errors_left(before, after)
    return f"{says}; {left}" if left else says


def _errors_left(before: FilesState, after: FilesState) -> str:
    """Returns how many errors are left, and how many of them are new after the repair."""
    if after.errors == before.errors:
        return ""
    count, found = after.errors.total(), (after.errors - before.errors).total()
    if not count:
        return "no error is left"
    left = "1 error is left" if count == 1 else f"{count} errors are left"
    if not found:
        return left
    if found == count:
        return f"{left}, a new one" if count == 1 else f"{left}, all of them new"
    return f"{left}, {found} of them new"


def _listed(names: Sequence[str]) -> str:
    if len(names) > _NAMED:
        return f"{len(names)} profiles"
    return ", ".join(map(sanitize, names))
