"""awsprof doctor --fix: every repair in one change, shown, agreed to, proven and done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from awsprof.clean import clean
from awsprof.cli.app import App
from awsprof.errors import AwsprofError, SignInFailed

if TYPE_CHECKING:
    from awsprof.doctor.findings import Finding
    from awsprof.doctor.repairs import Act, Mending
    from awsprof.doctor.scene import Scene
    from awsprof.editing.change import NewSecret

_MANY: Final = 12  # repairs that are told one by one


@dataclass(frozen=True)
class Mender:
    """How it is done: ``meant`` says which findings; ``offline``, that AWS is not asked."""

    meant: Callable[[Finding], bool]
    offline: bool
    yes: bool
    dry_run: bool

    def mend(self, app: App, scene: Scene, findings: Iterable[Finding]) -> bool:
        """Whether something was mended of what these findings can have mended."""
        from awsprof.doctor.repairs import mending

        made = mending(scene, filter(self.meant, findings), self._proven(scene))
        for left in made.left:
            whose = f"{clean(left.finding.profile)} " if left.finding.profile else ""
            app.terminal.warn(f"{whose}{left.finding.id} is not mended: {left.why.message}")
            app.terminal.detail(left.why.fix)
        if made.empty:
            if not made.left:
                app.terminal.ok("there is nothing that --fix mends")
            return False
        for line in _summaries(made.mended):
            app.terminal.say(f"  {line}")
        for act in made.acts:
            app.terminal.say(f"  {act.says}")
        written = self._written(app, made)
        if written:
            for act in made.acts:
                _done(app, act)
        return written

    def _proven(self, scene: Scene) -> Callable[[NewSecret, str | None], NewSecret]:
        def proven(secret: NewSecret, name: str | None) -> NewSecret:
            from awsprof.accesskeys.newkey import identify

            if self.offline:
                raise SignInFailed(
                    f"AWS was not asked whose {secret.key_id} is, so it is not moved.",
                    "leave --offline out",
                )
            profile = scene.catalog.profiles.get(name or "")
            region = profile.get("region") if profile else None
            who = identify(secret.key_id, secret.secret, region=region)
            return replace(secret, account=who.account, arn=who.arn)

        return proven

    def _written(self, app: App, made: Mending) -> bool:
        from awsprof.editing.change import preview

        if not preview(made.change).empty:
            applied = app.carry_out(made.change, yes=self.yes, dry_run=self.dry_run)
            return applied is not None
        if self.dry_run or not made.acts:
            app.terminal.say("Nothing was done.")
            return False
        return app.confirm("Do this?", yes=self.yes)


def _summaries(findings: Sequence[Finding]) -> Iterator[str]:
    """Which repair answers which finding, a line each; of many, so many of each kind."""
    many = len(findings) > _MANY
    counts = Counter(finding.id for finding in findings)
    told = set()
    for finding in findings:
        repair = finding.fault.repair
        change = repair.change if repair else None
        if change is None or (many and finding.id in told):
            continue
        told.add(finding.id)
        alike = counts[finding.id]
        yield (
            f"{finding.id}: {alike} of them"
            if many and alike > 1
            else (f"{finding.id}: {clean(change.summary)}")
        )


def _done(app: App, act: Act) -> None:
    try:
        act.do()
    except (AwsprofError, OSError) as exc:
        app.terminal.failed(f"not done: {act.says} {exc}")
    else:
        app.terminal.ok(act.says)
