"""The doctor's reports of many machines, joined: who drifts or is behind, and which keys are left.

Only what ``awsprof doctor --json`` printed is read; ARNs, which name users, are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

from awsprof import parsing
from awsprof.doctor.report import Health
from awsprof.doctor.team_versions import TeamVersion, parse_versions
from awsprof.errors import AwsprofError, FileError
from awsprof.fast_read import read_regular_file
from awsprof.text import sanitize

DRIFT: Final = "team-drift"
OLD_KEY: Final = "key-old"
PLAIN_TEXT_KEY: Final = "plaintext-long-term-key"
_LARGEST: Final = 1 << 26  # bytes of one report
_FIX: Final = "write it again, from the output of awsprof doctor --json"


@dataclass(frozen=True)
class MachineProfile:
    """A profile of one machine; ``account`` is None if the doctor did not know it.

    ``signed_out`` is True if a sign-in is all it needs; an older awsprof did not say so.
    """

    name: str
    kind: str | None
    account: str | None
    broken: bool
    signed_out: bool
    findings: tuple[str, ...]


@dataclass(frozen=True)
class DriftingSection:
    """A section of the team file; ``what``: it was "changed" or "removed" on the machine, or
    "dropped" from the file.
    """

    kind: str
    name: str
    what: str


@dataclass(frozen=True)
class MachineReport:
    """One machine: its name is that of the file.

    ``drift`` counts the sections that are not as the team file says; ``drifting`` are those that
    the report names: an older awsprof named no sso-session and no removed profile, and no
    ``team_versions``.
    """

    name: str
    live: bool
    profiles: tuple[MachineProfile, ...]
    drift: int
    drifting: tuple[DriftingSection, ...]
    errors: int
    warnings: int
    team_versions: tuple[TeamVersion, ...]

    @property
    def keys(self) -> tuple[MachineProfile, ...]:
        """The profiles with a long-term key, in the vault or in plain text."""
        return tuple(p for p in self.profiles if p.kind == "keys")

    @property
    def broken(self) -> int:
        """How many profiles do not work."""
        return sum(profile.broken for profile in self.profiles)

    @property
    def signed_out(self) -> int:
        """How many profiles need only a sign-in."""
        return sum(profile.signed_out for profile in self.profiles)


@dataclass(frozen=True)
class AccountKeys:
    """The long-term keys of one account; ``account`` is "" if it is unknown."""

    account: str
    machines: int
    keys: int
    old: int
    plain_text: int


def read_reports(folder: Path) -> tuple[list[MachineReport], list[AwsprofError]]:
    """Returns the reports in a folder's ``*.json``, and an error for each file that is none.

    Raises FileError if the folder cannot be read or has no such file.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".json")
    except OSError as exc:
        raise FileError(
            f"{folder} cannot be read: {exc.strerror}.", "name the folder with the reports"
        ) from exc
    if not paths:
        raise FileError(
            f"{folder} has no report.", "on each machine: awsprof doctor --json > DIR/MACHINE.json"
        )
    reports, errors = [], []
    for path in paths:
        try:
            reports.append(_read(path))
        except AwsprofError as exc:
            errors.append(exc)
    return reports, errors


def worst_first(reports: Iterable[MachineReport]) -> list[MachineReport]:
    """Returns the machines that drift most, then those with most errors, first."""
    return sorted(reports, key=lambda r: (-r.drift, -r.errors, -r.warnings, r.name))


def keys_by_account(reports: Iterable[MachineReport]) -> list[AccountKeys]:
    """Returns the long-term keys of each account, the account with most of them first."""
    found: dict[str, list[tuple[str, MachineProfile]]] = {}
    for report in reports:
        for profile in report.keys:
            found.setdefault(profile.account or "", []).append((report.name, profile))
    accounts = (
        AccountKeys(
            account,
            len({machine for machine, _ in keys}),
            len(keys),
            sum(OLD_KEY in profile.findings for _, profile in keys),
            sum(PLAIN_TEXT_KEY in profile.findings for _, profile in keys),
        )
        for account, keys in found.items()
    )
    return sorted(accounts, key=lambda each: (-each.keys, each.account))


def drifting_sections(
    reports: Iterable[MachineReport],
) -> list[tuple[DriftingSection, list[str]]]:
    """Returns what differs from the team file, each with its machines, the most first."""
    found: dict[DriftingSection, list[str]] = {}
    for report in reports:
        for section in report.drifting:
            found.setdefault(section, []).append(report.name)
    return sorted(found.items(), key=lambda each: (-len(each[1]), *astuple(each[0])))


def _read(path: Path) -> MachineReport:
    try:
        data = read_regular_file(str(path), _LARGEST)
    except OSError as exc:
        raise FileError(f"{sanitize(path.name)} cannot be read: {exc.strerror}.", _FIX) from exc
    with parsing.wrap_parse_errors(sanitize(path.name), _FIX):
        return _report(sanitize(path.stem, 80), parsing.expect_table(parsing.parse_json(data)))


def _report(name: str, table: dict[str, Any]) -> MachineReport:
    if table.get("schema") != 1 or "complete" not in table:
        raise parsing.InvalidValue("it is no report of awsprof doctor")
    profiles = tuple(_profile(each) for each in parsing.expect_list(table["profiles"], "profiles"))
    own = [f for each in table["profiles"] for f in _findings(each["findings"])]
    every = [*_findings(table["findings"]), *own]
    counts = Counter(each.severity for each in every)
    return MachineReport(
        name,
        parsing.expect_bool(table["live"], "live"),
        profiles,
        sum(each.id == DRIFT for each in every),
        tuple(each.drift for each in every if each.drift),
        counts["error"],
        counts["warning"],
        parse_versions(table.get("team_versions", [])),
    )


def _profile(value: object) -> MachineProfile:
    table = parsing.expect_table(value, "a profile")
    return MachineProfile(
        sanitize(parsing.expect_text(table["name"], "name")),
        _text(table["kind"], "kind"),
        _text(table["account"], "account"),
        parsing.expect_text(table["health"], "health") == Health.BROKEN.value,
        table.get("sign_in") is not None,
        tuple(each.id for each in _findings(table["findings"])),
    )


def _text(value: object, what: str) -> str | None:
    return None if value is None else sanitize(parsing.expect_text(value, what), 40)


@dataclass(frozen=True)
class _Finding:
    id: str
    severity: str
    drift: DriftingSection | None


def _findings(value: object) -> Iterator[_Finding]:
    for each in parsing.expect_list(value, "findings"):
        table = parsing.expect_table(each, "a finding")
        id = sanitize(parsing.expect_text(table["id"], "id"), 60)
        drift = _drifting(table) if id == DRIFT else None
        yield _Finding(id, parsing.expect_text(table["severity"], "severity"), drift)


def _drifting(finding: dict[str, Any]) -> DriftingSection | None:
    if "drift" not in finding:  # of an older awsprof, which found changed profiles only by name
        if finding.get("profile") is None:
            return None
        profile = sanitize(parsing.expect_text(finding["profile"], "profile"))
        return DriftingSection("profile", profile, "changed")
    drift = parsing.expect_table(finding["drift"], "drift")
    kind, name, what = (
        sanitize(parsing.expect_text(drift[key], key)) for key in ("kind", "name", "what")
    )
    return DriftingSection(kind, name, what)
