"""Findings, their severity, and the checks that produce them.

A check is one function in ``checks/``, named by its ID. Its docstring is what ``--explain`` prints:
what is wrong, what each SDK does, and how to fix it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from awsprof.profiles.model import Origin

if TYPE_CHECKING:
    from awsprof.configfile.parse import SectionId
    from awsprof.doctor.check_context import CheckContext, LiveResult
    from awsprof.editing.change import Change


class Severity(StrEnum):
    """How bad a finding is: it makes something fail, it is a surprise, or it is information."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an error, 1 for a warning, 2 for information."""
        return _RANKS[self]


_RANKS: Final = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True)
class Action:
    """An action outside the two files, such as a file mode: a sentence, and what does it."""

    says: str
    do: Callable[[], None]


@dataclass(frozen=True)
class Repair:
    """The repair of one finding: its part of the change, and the actions that follow it.

    ``by_name`` is True if the user must ask for it with the ID of its check, because it cannot be
    undone. ``declares`` are the sections whose identity it changes on purpose.
    """

    change: Change | None = None
    acts: tuple[Action, ...] = ()
    by_name: bool = False
    declares: frozenset[SectionId] = frozenset()


@dataclass(frozen=True)
class Cause:
    """What a fault comes from, by which ``root_causes`` finds faults of the same cause.

    ``code`` is the class of boto3's error, ``variables`` are those of the environment, ``source``
    is the source profile that failed. ``credentials``: boto3 rejects the profile's credentials.
    """

    code: str = ""
    variables: tuple[str, ...] = ()
    source: str | None = None
    credentials: bool = False


@dataclass(frozen=True)
class Fault:
    """What a check reports about one place.

    ``fix`` says what to type or do; ``repair`` does it automatically. ``origin`` is the line and
    ``profile`` the name of the profile; either may be None. ``affects`` are other profiles that
    fail because of it. ``refined_by_answer`` returns the same fault with AWS's answer, if the right
    fix depends on that. ``cause`` is for ``root_causes``. ``also`` are further lines that it is
    about. ``details`` are JSON values that only this check has, by key; ``--json`` adds them to the
    finding (see docs/json.md). ``sign_in`` is True if nothing is wrong but that you are signed out;
    ``fix`` is then the command that signs in.
    """

    message: str
    fix: str
    profile: str | None = None
    origin: Origin | None = None
    repair: Repair | None = field(default=None, compare=False, repr=False)
    affects: tuple[str, ...] = ()
    also: tuple[Origin, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict, hash=False)
    refined_by_answer: Callable[[LiveResult], Fault] | None = field(
        default=None, compare=False, repr=False
    )
    sign_in: bool = False
    cause: Cause = field(default=Cause(), compare=False, repr=False)


@dataclass(frozen=True)
class Finding:
    """A problem that a check of ``awsprof doctor`` found.

    - ``id``: the check's ID (``awsprof doctor --explain ID`` describes it).
    - ``severity``: "error", "warning" or "info".
    - ``profile``, ``message``, ``fix``: the profile that it is about, what is wrong, what to do.
    - ``fault``: the details, such as the file and line (``fault.origin``).
    """

    id: str
    severity: Severity
    fault: Fault

    @property
    def profile(self) -> str | None:
        """The profile that it is about; None if it is not about a single profile."""
        return self.fault.profile

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""
        return self.fault.message

    @property
    def auto_fixable(self) -> bool:
        """True if ``--fix`` repairs it without its check's ID."""
        return self.fault.repair is not None and not self.fault.repair.by_name

    @property
    def fix(self) -> str:
        """What to type or do."""
        return self.fault.fix


@dataclass(frozen=True)
class Check:
    """A check: its ID, the severity of its findings, its explanation, and whether it can repair.

    ``run`` takes the context; for a ``live`` check also AWS's answer for one profile. It does not
    raise for what it finds.
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
    """Turns a function that takes the context into a check that needs no network."""
    return lambda run: _check(run, severity, fixes=fixes, live=False)


def live_check(
    severity: Severity, *, fixes: bool = False
) -> Callable[[Callable[[CheckContext, LiveResult], Iterator[Fault]]], Check]:
    """Turns a function that takes the context and AWS's answer for a profile into a check."""
    return lambda run: _check(run, severity, fixes=fixes, live=True)


def _check(
    run: Callable[..., Iterator[Fault]], severity: Severity, *, fixes: bool, live: bool
) -> Check:
    id = run.__name__.strip("_").replace("_", "-")
    return Check(id, severity, inspect.getdoc(run) or "", fixes, live, run)
