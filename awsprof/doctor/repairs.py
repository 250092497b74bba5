"""What mends findings: edits of the files and the vault, and a few acts beside them.

All repairs of a visit become one change. What one of them does may bring another fault to light,
so that the files as they would be are looked at again, until nothing more mends itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from awsprof.awsfiles.document import FileKind
from awsprof.editing.change import Change, NewSecret
from awsprof.errors import AwsprofError, EditRefused
from awsprof.profiles.catalog import Catalog

if TYPE_CHECKING:
    from awsprof.doctor.findings import Finding
    from awsprof.doctor.scene import Scene

_ROUNDS: Final = 6


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


@dataclass(frozen=True)
class LeftOut:
    """A repair that is not made, and why."""

    finding: Finding
    why: AwsprofError


@dataclass(frozen=True)
class Mending:
    """All that mends itself, as one change and the acts after it; ``left`` could not be.

    ``blocked`` says what is in the way of others, until a person has mended it.
    """

    change: Change
    acts: tuple[Act, ...] = ()
    left: tuple[LeftOut, ...] = ()
    blocked: tuple[AwsprofError, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.change == _NOTHING and not self.acts


_NOTHING: Final = Change("mended by the doctor")
Look = Callable[["Scene"], Iterable["Finding"]]
Prove = Callable[[NewSecret, str | None], NewSecret]


def mending(scene: Scene, findings: Sequence[Finding], look: Look, prove: Prove) -> Mending:
    """The repairs of these findings, and of those that ``look`` finds in the files after them.

    ``prove`` is given a secret on its way into the vault, and the profile that has it, and returns
    it with its owner; AwsprofError: it is not proven, and stays where it is.
    """
    work = _Work(scene, prove)
    for _ in range(_ROUNDS):
        before = work.change
        work.blocked.clear()  # it may be mended by now
        work.add(findings)
        if work.change == before:
            break
        findings = list(look(work.scene_after()))
    blocked = tuple(work.blocked.values())
    return Mending(work.change, tuple(work.acts.values()), tuple(work.left), blocked)


class _Work:
    """The mending on its way."""

    def __init__(self, scene: Scene, prove: Prove) -> None:
        self.change = _NOTHING
        self.acts: dict[str, Act] = {}
        self.left: list[LeftOut] = []
        self.blocked: dict[str, AwsprofError] = {}
        self._scene = scene
        self._prove = prove
        self._unproven: set[str] = set()

    def add(self, findings: Iterable[Finding]) -> None:
        """The repairs of these findings, but for those that cannot be made."""
        changes = []
        for finding in findings:
            repair = finding.fault.repair
            if repair is None or not self._proven(finding, repair.change):
                continue
            for act in repair.acts:
                self.acts.setdefault(act.says, act)
            if repair.change is not None:
                changes.append(repair.change)
        self._take(changes)

    def _proven(self, finding: Finding, change: Change | None) -> bool:
        """Whether the secrets that would move are whose they seem to be."""
        known = {secret.key_id for secret in self.change.secrets}
        for secret in change.secrets if change else ():
            if secret.key_id in self._unproven:
                return False
            if secret.key_id in known:
                continue
            try:
                proven = self._prove(secret, finding.profile)
            except AwsprofError as exc:
                self._unproven.add(secret.key_id)
                self.left.append(LeftOut(finding, exc))
                return False
            self.change = replace(self.change, secrets=(*self.change.secrets, proven))
        return True

    def _take(self, changes: Sequence[Change]) -> None:
        """All of them, where they go together; else as many as do, in their order."""
        if not changes:
            return
        joined = _joined(self.change, changes)
        try:
            for kind in FileKind:
                joined.done_to(kind, self._scene.catalog.stored(kind).data)
        except EditRefused as exc:  # one has mended what another would, or is in its way
            if len(changes) > 1:
                half = len(changes) // 2
                self._take(changes[:half])
                self._take(changes[half:])
            else:
                self.blocked[exc.message] = exc
            return
        self.change = joined

    def scene_after(self) -> Scene:
        """What the checks would look at, were the change made."""
        stored = [self._scene.catalog.stored(kind) for kind in FileKind]
        catalog = Catalog.from_bytes(*(self.change.done_to(s.kind, s.data) for s in stored))
        names = tuple(name for name in self._scene.names if name in catalog.profiles)
        return replace(self._scene, catalog=catalog, names=names)


def _joined(first: Change, more: Sequence[Change]) -> Change:
    """One change of all parts, each part once; their secrets are in the first already."""
    parts = {field.name for field in fields(Change)} - {"summary", "secrets"}
    whole: dict[str, Any] = {
        part: tuple(dict.fromkeys(each for c in (first, *more) for each in getattr(c, part)))
        for part in parts
    }
    return replace(first, **whole)
