"""awsprof doctor --fix: every repair in one change, shown, agreed to, proven and done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awsprof.cli.app import App
from awsprof.errors import AwsprofError, SignInFailed

if TYPE_CHECKING:
    from awsprof.doctor.findings import Finding
    from awsprof.doctor.repairs import Act, Mending
    from awsprof.doctor.scene import Scene
    from awsprof.editing.change import NewSecret


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
        from awsprof.doctor.runner import offline

        def look(after: Scene) -> list[Finding]:
            return [f for f in offline(after) if self.meant(f)]

        wanted = [finding for finding in findings if self.meant(finding)]
        made = mending(scene, wanted, look, self._proven(scene))
        for left in made.left:
            app.terminal.warn(f"{left.finding.profile} stays as it is: {left.why.message}")
            app.terminal.detail(left.why.fix)
        for blocked in made.blocked:
            app.terminal.warn(f"Not all can be mended yet. {blocked.message}")
            app.terminal.detail(blocked.fix)
        if made.empty and not made.blocked:
            app.terminal.ok("there is nothing that --fix mends")
        if made.empty:
            return False
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


def _done(app: App, act: Act) -> None:
    try:
        act.do()
    except (AwsprofError, OSError) as exc:
        app.terminal.failed(f"not done: {act.says} {exc}")
    else:
        app.terminal.ok(act.says)
