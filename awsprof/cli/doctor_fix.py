"""awsprof doctor --fix: every repair in one change, shown, agreed to, proven and done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from awsprof.cli.context import AppContext
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.identity import IdentityResult
    from awsprof.diff import ChangeResult
    from awsprof.doctor.context import CheckContext
    from awsprof.doctor.findings import Action, Finding
    from awsprof.doctor.repairs import RepairPlan
    from awsprof.editing.change import Change, NewSecret
    from awsprof.profiles.catalog import Catalog

_MANY: Final = 12  # repairs that are told one by one


@dataclass(frozen=True)
class DoctorFix:
    """How it is done: ``meant`` says which findings; ``offline``, that AWS is not asked."""

    meant: Callable[[Finding], bool]
    offline: bool
    yes: bool
    dry_run: bool

    def mend(
        self, app: AppContext, check_context: CheckContext, findings: Iterable[Finding]
    ) -> bool:
        """Whether something was mended of what these findings can have mended."""
        from awsprof.doctor.repairs import plan_repairs

        made = plan_repairs(
            check_context, filter(self.meant, findings), self._proven(check_context)
        )
        for left in made.left:
            whose = f"{sanitize(left.finding.profile)} " if left.finding.profile else ""
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
        written = self._written(app, check_context, made)
        if written:
            for act in made.acts:
                _done(app, act)
        return written

    def _proven(self, check_context: CheckContext) -> Callable[[NewSecret, str | None], NewSecret]:
        def proven(secret: NewSecret, name: str | None) -> NewSecret:
            from awsprof.accesskeys.key_owner import identify_key

            if self.offline:
                raise CredentialsError(
                    f"AWS was not asked whose {secret.key_id} is, so it is not moved.",
                    "leave --offline out",
                )
            profile = check_context.catalog.profiles.get(name or "")
            region = profile.get("region") if profile else None
            who = identify_key(secret.key_id, secret.secret, region=region)
            return replace(secret, account=who.account, arn=who.arn)

        return proven

    def _written(self, app: AppContext, check_context: CheckContext, made: RepairPlan) -> bool:
        from awsprof.editing.change import preview_change

        if not preview_change(made.change).empty:
            proves = not self.offline and not self.dry_run
            was = (
                _identities(app, app.catalog(), _concerned(made.change, check_context))
                if proves
                else {}
            )
            applied = app.apply_change(made.change, yes=self.yes, dry_run=self.dry_run)
            if applied is not None and was:
                _require_same(app, was, applied)
            return applied is not None
        if self.dry_run or not made.acts:
            app.terminal.say("Nothing was done.")
            return False
        return app.confirm("Do this?", yes=self.yes)


def _concerned(change: Change, check_context: CheckContext) -> tuple[str, ...]:
    """The profiles of which the change touches what decides who they are."""
    from awsprof.configfile.document import FileKind
    from awsprof.editing.identity_proof import IDENTITY_KEYS
    from awsprof.profiles.catalog import Catalog

    before = check_context.catalog
    stored = [before.stored(kind) for kind in FileKind]
    after = Catalog.from_bytes(*(change.done_to(file.kind, file.data) for file in stored))

    def identity(catalog: Catalog, name: str) -> dict[str, str | None]:
        return {key: catalog.profiles[name].get(key) for key in IDENTITY_KEYS}

    both = [name for name in before.profiles if name in after.profiles]
    return tuple(name for name in both if identity(before, name) != identity(after, name))


def _identities(
    app: AppContext, catalog: Catalog, names: Sequence[str]
) -> dict[str, IdentityResult]:
    """Who AWS says these profiles are; nobody is asked for a code."""
    from awsprof.auth.identity import check_identities

    names = [name for name in names if name in catalog.profiles]
    if not names:
        return {}
    resolver = app.resolver(catalog, ask=False, many=True)
    return {checked.profile: checked for checked in check_identities(resolver, names)}


def _require_same(app: AppContext, was: dict[str, IdentityResult], applied: ChangeResult) -> None:
    """CredentialsError, and all taken back, where a profile that worked is somebody else or
    nobody.
    """
    from awsprof.auth.expected_identity import same_identity
    from awsprof.awsapi.errors.network import is_network_error
    from awsprof.editing import history
    from awsprof.editing.apply import undo
    from awsprof.errors import InteractionRequired

    for name, now in _identities(app, app.catalog(), list(was)).items():
        before = was[name].identity
        waits = now.error is not None and (
            isinstance(now.error, InteractionRequired) or is_network_error(now.error)
        )
        if before is None or waits:
            continue
        if now.identity is not None and same_identity(before, now.identity):
            continue
        undo(history.plan_undo(applied.id), app.vault)
        what = f"it is {now.identity.arn}" if now.identity else "it is nobody"
        why = f" ({now.error.message})" if now.error else ""
        raise CredentialsError(
            f"{sanitize(name)} was {before.arn}, and by this repair {what}{why}: all of it was"
            " taken"
            " back.",
            f"awsprof doctor {arguments(name)}; one repair at a time: --fix CHECK",
        )


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
            else (f"{finding.id}: {sanitize(change.summary)}")
        )


def _done(app: AppContext, act: Action) -> None:
    try:
        act.do()
    except (AwsprofError, OSError) as exc:
        app.terminal.failed(f"not done: {act.says} {exc}")
    else:
        app.terminal.ok(act.says)
