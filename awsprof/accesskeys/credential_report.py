"""Parses the credential report of an account, and compares each key with AWS's advice.

Source: IAM User Guide, "Generate credential reports", and "Security best practices in IAM".
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from awsprof.errors import CredentialsError

ROOT_USER: Final = "<root_account>"
_NEEDED: Final = frozenset({"user", "mfa_active", "access_key_1_active", "access_key_2_active"})


@dataclass(frozen=True)
class ReportRow:
    """A key in the report; ``number`` is 1 or 2, 0 for a user without keys.

    ``last_used`` is None if AWS knows of no use; times are timezone-aware. ``findings`` are a few
    words each.
    """

    user: str
    arn: str
    number: int
    active: bool
    created: datetime | None
    last_used: datetime | None
    service: str
    region: str
    mfa: bool
    findings: tuple[str, ...]


def read_report(report: bytes, now: datetime, old: timedelta) -> tuple[ReportRow, ...]:
    """Returns every user's keys; the root user and users with only a password have a row too.

    ``old`` is the age from which a key counts as old, or as unused. Raises CredentialsError if it
    is not a credential report.
    """
    lines = list(csv.DictReader(io.StringIO(report.decode("utf-8", errors="replace"))))
    if not lines or not set(lines[0]) >= _NEEDED:
        raise CredentialsError(
            "AWS's answer is not a credential report.",
            "run it again; if that does not help, download it in the console",
        )
    rows = [row for line in lines for row in _rows(line, now, old)]
    return tuple(sorted(rows, key=lambda row: (row.user != ROOT_USER, not row.findings)))


def _rows(line: dict[str, str], now: datetime, old: timedelta) -> list[ReportRow]:
    keys = [n for n in (1, 2) if _time(line.get(f"access_key_{n}_last_rotated")) or _on(line, n)]
    general = []
    root, mfa = line["user"] == ROOT_USER, line["mfa_active"] == "true"
    if (root or line.get("password_enabled") == "true") and not mfa:
        general.append("password without MFA")
    if _on(line, 1) and _on(line, 2):
        general.append("two active keys")
    if not keys and (root or general):
        return [
            ReportRow(line["user"], line["arn"], 0, False, None, None, "", "", mfa, (*general,))
        ]
    return [_row(line, number, general, now, old) for number in keys]


def _row(
    line: dict[str, str], number: int, general: list[str], now: datetime, old: timedelta
) -> ReportRow:
    head = f"access_key_{number}_"
    active, created = _on(line, number), _time(line.get(f"{head}last_rotated"))
    used = _time(line.get(f"{head}last_used_date"))
    findings = list(general)
    if line["user"] == ROOT_USER:
        findings.insert(0, "a key of root")
    if active and created and now - created > old:
        findings.append(f"{(now - created).days} days old")
    if active and used is None:
        findings.append("never used")
    elif active and used and now - used > old:
        findings.append(f"not used for {(now - used).days} days")
    return ReportRow(
        line["user"],
        line["arn"],
        number,
        active,
        created,
        used,
        _value(line.get(f"{head}last_used_service")),
        _value(line.get(f"{head}last_used_region")),
        line["mfa_active"] == "true",
        tuple(findings),
    )


def _on(line: dict[str, str], number: int) -> bool:
    return line[f"access_key_{number}_active"] == "true"


def _value(text: str | None) -> str:
    return "" if text in {None, "N/A", "not_supported", "no_information"} else text or ""


def _time(text: str | None) -> datetime | None:
    if not _value(text):
        return None
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
