"""What a person does not want to hear of: the setting ``ignore``."""

from __future__ import annotations

from collections.abc import Callable

from awsprof import settings
from awsprof.doctor.findings import Finding


def is_ignored() -> Callable[[Finding], bool]:
    """Whether the settings leave a finding out: its check, everywhere or in its profile."""
    told = {each.strip() for each in settings.get_setting("ignore").split(",")} - {""}
    return lambda finding: finding.id in told or f"{finding.profile}:{finding.id}" in told
