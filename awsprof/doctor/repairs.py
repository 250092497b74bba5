"""What mends a finding: edits of the files and the vault, and a few acts beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awsprof.editing.change import Change


@dataclass(frozen=True)
class Act:
    """Something outside the two files, as a sentence and what does it: a mode, a cache."""

    says: str
    do: Callable[[], None]


@dataclass(frozen=True)
class Repair:
    """What mends one finding: its part of the one change, and acts that follow it."""

    change: Change | None = None
    acts: tuple[Act, ...] = ()
