"""The change that an import makes: what it adds, and what it overwrites or keeps where it exists.

- A profile that exists gets the values of the plan; its other values stay, but for those that would
  compete with the new ones (``_competing_edits``).
- A profile whose plain-text key would be lost is left out (``_refuse_loss``), as is one that its
  kind refuses, and one that would build on a profile without credentials, or whose key was left out
  (``_check_source``): what it has now works without.
- An sso-session of that name stays as it is.

The readers leave out beforehand what awsprof has already (``Skipped.needless``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from awsprof.configfile import storage
from awsprof.configfile.document import FileEdit, FileKind, PutSection, SectionId, UnsetValue
from awsprof.editing.change import Change, NewSecret
from awsprof.editing.outcome import refuse_key_read_differently
from awsprof.editing.profile_operations import add_profile
from awsprof.errors import AwsprofError, EditRefused
from awsprof.importing.plan import Plan, PlannedProfile, PlannedSession, Skipped, VerifiedKey
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.base import check_name
from awsprof.profiles.kinds.fields import validate_region, validate_start_url
from awsprof.profiles.kinds.keys import KEYS, remove_plaintext_keys
from awsprof.profiles.kinds.role import ROLE, within_chained_limit
from awsprof.profiles.kinds.sso import SCOPES
from awsprof.profiles.provider_order import ProviderType, key_in_vault
from awsprof.profiles.second_key import refuse_loss_by_import
from awsprof.text import sanitize


class _Files:
    """The two files as they will be, while edits are added one after the other."""

    def __init__(self) -> None:
        self.data = {kind: storage.read_config_file(kind).data for kind in FileKind}
        self.edits: list[FileEdit] = []
        self.secrets: dict[str, NewSecret] = {}
        self.catalog = self._parse(self.data)

    def add(self, change: Change) -> bool:
        """Adds a change. Returns False if it changes nothing. Raises EditRefused."""
        after = {kind: change.apply_to(kind, data) for kind, data in self.data.items()}
        changed = after != self.data
        self.data, self.catalog = after, self._parse(after)
        if changed:
            self.edits += change.edits
        self.secrets.update((secret.key_id, secret) for secret in change.secrets)
        return changed or bool(change.secrets)

    @staticmethod
    def _parse(data: Mapping[FileKind, bytes | None]) -> Catalog:
        return Catalog.from_bytes(data[FileKind.CONFIG], data[FileKind.CREDENTIALS])


def plan_change(
    plan: Plan, tool: str, keys: Mapping[str, VerifiedKey]
) -> tuple[Change, list[str], list[Skipped]]:
    """Returns the change, the names of the profiles it adds or changes, and what it leaves out.

    ``keys`` are the access keys that were read, by profile; a profile whose key is missing there
    is left out without a word.
    """
    files, names, skipped = _Files(), [], []
    left_out: set[str] = set()
    for session in plan.sessions:
        if session.name not in files.catalog.sessions:
            try:
                files.add(_session_change(session))
            except AwsprofError as exc:
                skipped.append(Skipped(session.name, exc.message, exc.fix))
    for profile in _sources_first(plan.profiles):
        key = keys.get(profile.name) if profile.read_key is not None else None
        if profile.read_key is not None and key is None:
            left_out.add(profile.name)
            continue
        try:
            _check_source(profile, files.catalog, left_out)
            if _add(files, profile, key):
                names.append(profile.name)
        except AwsprofError as exc:
            skipped.append(Skipped(profile.name, exc.message, exc.fix))
            left_out.add(profile.name)
    summary = f"imported {len(names)} profiles from {tool}"
    return Change(summary, tuple(files.edits), tuple(files.secrets.values())), names, skipped


def _session_change(session: PlannedSession) -> Change:
    values = (
        ("sso_start_url", validate_start_url(session.start_url)),
        ("sso_region", validate_region(session.region)),
        ("sso_registration_scopes", SCOPES),
    )
    section = PutSection(SectionId.sso_session(check_name(session.name)), values)
    return Change("", (FileEdit(FileKind.CONFIG, section),))


def _add(files: _Files, planned: PlannedProfile, key: VerifiedKey | None) -> bool:
    """Adds the profile, or changes the one of that name; False if nothing changes."""
    before = (files.data, files.catalog, list(files.edits))
    try:
        cleared = files.add(Change("", tuple(_competing_edits(files.catalog, planned))))
        answers = dict(planned.answers)
        if planned.kind is ROLE:
            answers = within_chained_limit(answers, files.catalog)
        if key is not None:
            answers["access_key_id"] = key.key_id
            if key.secret is not None:
                _refuse_loss(planned.name, key.key_id, files.catalog)
        values = planned.kind.validate(answers, files.catalog, name=planned.name)
        change = add_profile(
            planned.kind,
            planned.name,
            values,
            files.catalog,
            secret=key.secret if key else None,
            account=key.account if key else None,
            arn=key.arn if key else None,
        )
        return files.add(change) or cleared
    except AwsprofError:
        files.data, files.catalog, files.edits = before
        raise


def _check_source(planned: PlannedProfile, catalog: Catalog, left_out: Collection[str]) -> None:
    """Raises an error if the profile would build on credentials that awsprof does not have.

    What it has until then, a line or a session of the other tool, may work. A role that builds on
    that source already loses nothing.
    """
    source = planned.source
    if not source or _builds_on_it_already(planned, catalog):
        return
    chain = catalog.chain(source) if source in catalog.profiles else None
    names = [link.name for link in chain.links] if chain else [source]
    missing = next((name for name in names if _lacks_key(name, catalog, left_out)), None)
    if planned.in_front_of:
        if missing or chain is None or chain.fault or chain.end is ProviderType.NONE:
            shown = sanitize(source)
            raise EditRefused(
                f"Its line stays: {shown} has no credentials without the other tool.",
                f"once {shown} has its key here, import it again",
            )
    elif missing:
        shown = sanitize(missing)
        raise EditRefused(
            f"Its source profile {shown} is left out.", f"once {shown} is there, import it again"
        )


def _builds_on_it_already(planned: PlannedProfile, catalog: Catalog) -> bool:
    """True for a role on the same source that gets only values added."""
    present = catalog.profiles.get(planned.name)
    return (
        planned.kind is ROLE
        and present is not None
        and present.get("source_profile") == planned.source
        and not (planned.replaced or planned.own_keys_out)
    )


def _lacks_key(name: str, catalog: Catalog, left_out: Collection[str]) -> bool:
    """True for a profile that is left out and uses no key of the vault from before."""
    present = catalog.profiles.get(name)
    return name in left_out and (present is None or not key_in_vault(present))


def _refuse_loss(name: str, key_id: str, catalog: Catalog) -> None:
    """Raises an error if the profile has plain-text lines that the import would lose."""
    present = catalog.profiles.get(name)
    if present is None:
        return
    refuse_loss_by_import(present, key_id, catalog)
    if present.get("aws_access_key_id") == key_id:
        refuse_key_read_differently(present, catalog)


def _competing_edits(catalog: Catalog, planned: PlannedProfile) -> Iterator[FileEdit]:
    """Yields the edits that remove what would compete with the new values of a profile."""
    section = SectionId.profile(planned.name)
    if planned.name not in catalog.profiles:
        return
    for name in planned.replaced:
        for kind in catalog.files_with(planned.name, name):
            yield FileEdit(kind, UnsetValue(section, name))
    if planned.own_keys_out and planned.kind is not KEYS:  # that kind removes them itself
        yield from remove_plaintext_keys(planned.name, catalog)


def _sources_first(profiles: Sequence[PlannedProfile]) -> list[PlannedProfile]:
    """Returns sources before the profiles on them; the order is kept otherwise."""
    ordered = [profile for profile in profiles if not profile.source]
    waiting = [profile for profile in profiles if profile.source]
    while waiting:
        names = {profile.name for profile in waiting}
        ready = [each for each in waiting if each.source not in names - {each.name}]
        ordered += ready or waiting  # a cycle: the kind refuses it, with the reason
        waiting = [each for each in waiting if each not in ready] if ready else []
    return ordered
