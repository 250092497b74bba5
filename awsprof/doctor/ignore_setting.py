"""The setting ``ignore``: findings that the user does not want to see."""

from __future__ import annotations

from collections.abc import Callable

from awsprof import settings
from awsprof.doctor.findings import Finding


def is_ignored() -> Callable[[Finding], bool]:
    """Returns a predicate: True if the settings ignore the finding or its check."""
    ignored = {entry.strip() for entry in settings.get_setting("ignore").split(",")} - {""}
    return lambda finding: finding.id in ignored or f"{finding.profile}:{finding.id}" in ignored
