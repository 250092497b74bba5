"""What the readers of other tools' data work with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from awsprof import paths
from awsprof.importing.plan import PlannedSession
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.base import free_name, plain_name
from awsprof.secret import Secret

_LARGEST = 4 * 1024 * 1024  # bytes of a configuration file


@dataclass(frozen=True)
class ImportContext:
    """The profiles, and a prompt for the passphrase of a store (called with its display name)."""

    catalog: Catalog
    passphrase: Callable[[str], Secret]

    def session_name(
        self, wanted: str, start_url: str, region: str, planned: Iterable[PlannedSession]
    ) -> str:
        """Returns the sso-session's name for a portal: that of an equal one, else a free name.

        The same portal in another ``region`` is another one; an empty region fits each.
        """
        url = start_url.rstrip("/#")
        for name, its_url, its_region in (
            *((s.name, s.start_url, s.region or "") for s in self.catalog.sessions.values()),
            *((each.name, each.start_url, each.region) for each in planned),
        ):
            same_region = its_region == region or not (its_region and region)
            if its_url.rstrip("/#") == url and same_region:
                return name
        taken = {*self.catalog.sessions, *(each.name for each in planned)}
        return free_name(plain_name(wanted) or "sso", taken)


def own_folder(variable: str, *default: str) -> Path:
    """Returns the path that a variable of the tool names, else one below the home folder."""
    named = os.environ.get(variable, "") if variable else ""
    return expand_home(named) if named else paths.home().joinpath(*default)


def expand_home(path: str) -> Path:
    """Returns the path as the tools read it: a tilde alone or in front of / is the home folder."""
    tilde, _, rest = path.partition("/")
    return paths.home() / rest.lstrip("/") if tilde == "~" else Path(path)


def read_small(path: Path) -> str | None:
    """Returns the text of a configuration file, or None. Raises ValueError or OSError."""
    if not path.is_file():
        return None
    if path.stat().st_size > _LARGEST:
        raise ValueError("it is too large")
    return path.read_text("utf-8-sig")
