"""What a check finds, as values: findings, their severity, and the checks they come from.

A check is one function in ``checks/``, named by its id, whose docstring is what ``--explain``
prints: what is wrong, why it hurts (which SDK does what), how to mend it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from awsprof.profiles.model import Origin

if TYPE_CHECKING:
    from awsprof.configfile.parse import SectionId
    from awsprof.doctor.context import CheckContext, LiveResult
    from awsprof.editing.change import Change


class Severity(StrEnum):
    """How bad it is: something fails, something will surprise, or it is good to know."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Action:
    """Something outside the two files, as a sentence and what does it: a mode, a cache."""

    says: str
    do: Callable[[], None]


@dataclass(frozen=True)
class Repair:
    """What mends one finding: its part of the one change, and acts that follow it.

    One that is done only ``by_name`` is what a person has to ask for by its check's id: what it
    takes away does not come back. ``declares`` are the profiles that it says become somebody else.
    """

    change: Change | None = None
    acts: tuple[Action, ...] = ()
    by_name: bool = False
    declares: frozenset[SectionId] = frozenset()


@dataclass(frozen=True)
class Fault:
    """What a check says of one place: ``fix`` is what to type or do, ``repair`` what does it.

    ``origin`` is where it stands, ``profile`` whose it is; either may be None. ``affects`` are
    other profiles that do not work because of it. ``asked`` tells the same fault once AWS has said
    who the profile is, where that tells which mend is right. ``also`` are other lines that it is
    about, besides ``origin``.
    """

    message: str
    fix: str
    profile: str | None = None
    origin: Origin | None = None
    repair: Repair | None = field(default=None, compare=False, repr=False)
    affects: tuple[str, ...] = ()
    also: tuple[Origin, ...] = ()
    asked: Callable[[LiveResult], Fault] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Finding:
    """A problem that a check of ``awsprof doctor`` found.

    - ``id``: the check's id (``awsprof doctor --explain ID`` describes it).
    - ``severity``: "error", "warning" or "info".
    - ``profile``, ``message``, ``fix``: which profile it concerns, what is wrong, what to do.
    - ``fault``: the details, such as the file and line (``fault.origin``).
    """

    id: str
    severity: Severity
    fault: Fault

    @property
    def profile(self) -> str | None:
        """The profile that it concerns; None if it concerns no single profile."""
        return self.fault.profile

    @property
    def message(self) -> str:
        """What is wrong, in one sentence."""
        return self.fault.message

    @property
    def mends_itself(self) -> bool:
        """Whether ``--fix`` mends it, without being told to by its check's id."""
        return self.fault.repair is not None and not self.fault.repair.by_name

    @property
    def fix(self) -> str:
        """The command to type, or what to do."""
        return self.fault.fix


@dataclass(frozen=True)
class Check:
    """A check: its id, how bad what it finds is, what it explains, and whether it can mend.

    ``run`` looks at the files and this machine; of a ``live`` one it looks at what AWS answered for
    one profile. None of them raises for what it finds.
    """

    id: str
    severity: Severity
    explain: str
    fixes: bool
    live: bool
    run: Callable[..., Iterator[Fault]]


def offline_check(
    severity: Severity, *, fixes: bool = False
) -> Callable[[Callable[[CheckContext], Iterator[Fault]]], Check]:
    """Make a check of a function that looks at a Scene, without the network."""
    return lambda run: _made(run, severity, fixes=fixes, live=False)


def live_check(
    severity: Severity, *, fixes: bool = False
) -> Callable[[Callable[[CheckContext, LiveResult], Iterator[Fault]]], Check]:
    """Make a check of a function that looks at what AWS answered for one profile."""
    return lambda run: _made(run, severity, fixes=fixes, live=True)


def _made(
    run: Callable[..., Iterator[Fault]], severity: Severity, *, fixes: bool, live: bool
) -> Check:
    id = run.__name__.strip("_").replace("_", "-")
    return Check(id, severity, inspect.getdoc(run) or "", fixes, live, run)
