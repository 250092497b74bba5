"""The current values of a section, and managed sections that differ from the team file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from awsprof.configfile.document import FileKind, SectionId
from awsprof.profiles.catalog import Catalog
from awsprof.team.nested_keys import entry_values
from awsprof.team.source_state import SourceState
from awsprof.team.state import TeamState, digest_of, load_state


def current_values(catalog: Catalog, section: SectionId) -> dict[str, str] | None:
    """Returns the values of a section by key, merged from both files, or None.

    The key of a nested value has a dot: ``s3.addressing_style``.
    """
    if section.type == "sso-session":
        session = catalog.sessions.get(section.name)
        return None if session is None else {k: v.text for k, v in session.values.items()}
    if section.type == "services":
        found = catalog.stored(FileKind.CONFIG).document.find(section)
        return None if found is None else dict(entry_values(found.entries))
    profile = catalog.profiles.get(section.name)
    if profile is None:
        return None
    values = {key: value.text for key, value in profile.values.items()}
    for key, nested in profile.nested.items():
        values |= {f"{key}.{below}": value.text for below, value in nested.items()}
    return values


@dataclass(frozen=True)
class Drift:
    """A managed section that differs from the team file in ``keys``, or is ``gone``.

    ``dropped``: the team file no longer has it, and it is still here.
    """

    section: SectionId
    source: str
    keys: tuple[str, ...] = ()
    gone: bool = False
    dropped: bool = False

    @property
    def what(self) -> str:
        """How it differs: "changed" or "removed" here, or "dropped" from the team file."""
        return "dropped" if self.dropped else "removed" if self.gone else "changed"

    def as_json(self) -> dict[str, str]:
        """Returns its section and ``what`` as JSON values, as the doctor prints them."""
        return {"kind": self.section.type, "name": self.section.name, "what": self.what}


def find_drift(catalog: Catalog, state: TeamState | None = None) -> tuple[Drift, ...]:
    """Returns the managed sections that you changed or removed since the team file was applied, and
    those that the team removed from the file and you still have.

    Compares with the values that were applied last, without reading a source. Differences that you
    chose to keep do not count.
    """
    state = load_state() if state is None else state
    found = []
    for source in state.for_current_config:
        for section, digests in source.sections.items():
            drift = _drift(catalog, source, section, digests)
            if drift is not None:
                found.append(drift)
    return tuple(found)


def _drift(
    catalog: Catalog, source: SourceState, section: SectionId, digests: Mapping[str, str]
) -> Drift | None:
    if section in source.dropped:
        return _dropped(catalog, source, section, digests)
    kept = source.kept.get(section, {})
    if all(kept.get(key) == digest for key, digest in digests.items()):
        return None
    values = current_values(catalog, section)
    if values is None:
        return Drift(section, source.source, gone=True)
    keys = tuple(
        key
        for key, digest in digests.items()
        if kept.get(key) != digest and (key not in values or digest_of(values[key]) != digest)
    )
    return Drift(section, source.source, keys) if keys else None


def _dropped(
    catalog: Catalog, source: SourceState, section: SectionId, digests: Mapping[str, str]
) -> Drift | None:
    """Returns None if the section is gone here, too, or if you changed it: then it is yours."""
    values = current_values(catalog, section)
    if values is None or any(digest_of(text) != digests.get(key) for key, text in values.items()):
        return None
    return Drift(section, source.source, dropped=True)
