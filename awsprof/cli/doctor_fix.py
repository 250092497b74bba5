"""awsprof doctor --fix: applies the chosen repairs, or all with --yes, as one change.

At a terminal each repair is shown with its diff and outcome, and chosen one by one.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from awsprof.cli.app_context import AppContext
from awsprof.cli.finding_blocks import finding_blocks
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.shells import arguments
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.auth.caller_identities import IdentityResult
    from awsprof.doctor.check_context import CheckContext
    from awsprof.doctor.findings import Action, Finding
    from awsprof.doctor.repair_planning import Prove, RepairPlan
    from awsprof.editing.change import Change, NewSecret
    from awsprof.profiles.catalog import Catalog


_MANY: Final = 12  # more repairs than this are counted by check
_ANSWERS: Final = {"y": "Yes", "n": "No", "a": "Yes to all that are left", "q": "No to all"}
_MOST_MESSAGES: Final = 8


@dataclass(frozen=True)
class DoctorFix:
    """One run of --fix. ``selected`` filters the findings; ``offline`` skips asking AWS."""

    selected: Callable[[Finding], bool]
    offline: bool
    yes: bool
    dry_run: bool

    def fix(
        self, app: AppContext, check_context: CheckContext, findings: Iterable[Finding]
    ) -> bool:
        """Repairs the selected findings. Returns True if anything was changed."""
        from awsprof.doctor.repair_planning import plan_repairs

        verify = self._verifier(check_context)
        plan = plan_repairs(check_context, filter(self.selected, findings), verify)
        for skipped in plan.skipped:
            prefix = f"{sanitize(skipped.finding.profile)} " if skipped.finding.profile else ""
            app.terminal.warn(f"{prefix}{skipped.finding.id} is not fixed: {skipped.why.message}")
            app.terminal.detail(skipped.why.fix)
        if plan.empty:
            if not plan.skipped:
                app.terminal.ok("nothing that --fix can fix")
            return False
        choosing = app.terminal.interactive and not self.yes and not self.dry_run
        if choosing:
            plan = choose_repairs(app, check_context, plan, verify)
            if plan.empty:
                app.terminal.say("Nothing was changed.")
                return False
        for line in _summaries(plan.repaired):
            app.terminal.say(f"  {line}")
        for act in plan.acts:
            app.terminal.say(f"  {act.says}")
        written = self._apply(app, check_context, plan, chosen=choosing)
        if written:
            for act in plan.acts:
                _run_action(app, act)
        return written

    def _verifier(
        self, check_context: CheckContext
    ) -> Callable[[NewSecret, str | None], NewSecret]:
        def verify(secret: NewSecret, name: str | None) -> NewSecret:
            from awsprof.accesskeys.key_identity import identify_key

            if self.offline:
                raise CredentialsError(
                    f"{secret.key_id} is not moved, because --offline cannot verify it with AWS.",
                    "leave out --offline",
                )
            if check_context.catalog.unreadable:
                raise CredentialsError(
                    f"{secret.key_id} is moved once boto3 can read the file.",
                    "after these fixes: awsprof doctor --fix",
                )
            profile = check_context.catalog.profiles.get(name or "")
            region = profile.get("region") if profile else None
            who = identify_key(secret.key_id, secret.secret, region=region, profile=profile)
            return replace(secret, account=who.account, arn=who.arn)

        return verify

    def _apply(
        self, app: AppContext, check_context: CheckContext, plan: RepairPlan, *, chosen: bool
    ) -> bool:
        """Applies the change. ``chosen``: its diffs were shown and agreed to."""
        from awsprof.editing.change import preview_change

        if not preview_change(plan.change).empty:
            verifies = not self.offline and not self.dry_run
            before = (
                _identities(app, app.catalog(), _affected(plan.change, check_context))
                if verifies
                else {}
            )
            flow = app.change_flow(yes=self.yes or chosen, dry_run=self.dry_run)
            applied = flow.write(plan.change, shown=chosen)
            if applied is not None and before:
                with flow.undone_on_error(applied, "Rolled back: all repairs."):
                    _require_same(app, before)
            return applied is not None
        if self.dry_run or not plan.acts:
            app.terminal.say("Nothing was done.")
            return False
        return app.confirm("Do this?", yes=self.yes or chosen)


def _affected(change: Change, check_context: CheckContext) -> tuple[str, ...]:
    """Returns the profiles whose identity the change may affect."""
    from awsprof.configfile.document import FileKind
    from awsprof.editing.identity_proof import IDENTITY_KEYS
    from awsprof.profiles.catalog import Catalog

    before = check_context.catalog
    stored = [before.stored(kind) for kind in FileKind]
    after = Catalog.from_bytes(*(change.apply_to(file.kind, file.data) for file in stored))

    def identity(catalog: Catalog, name: str) -> dict[str, str | None]:
        return {key: catalog.profiles[name].get(key) for key in IDENTITY_KEYS}

    both = [name for name in before.profiles if name in after.profiles]
    return tuple(name for name in both if identity(before, name) != identity(after, name))


def _identities(
    app: AppContext, catalog: Catalog, names: Sequence[str]
) -> dict[str, IdentityResult]:
    """Asks AWS for the identity of each profile, without asking for MFA codes."""
    from awsprof.auth.caller_identities import check_identities

    names = [name for name in names if name in catalog.profiles]
    if not names:
        return {}
    resolver = app.resolver(catalog, ask=False, many=True)
    return {checked.profile: checked for checked in check_identities(resolver, names)}


def _require_same(app: AppContext, previous: dict[str, IdentityResult]) -> None:
    """Raises CredentialsError if a profile that worked has not the same identity any more."""
    from awsprof.auth.expected_identity import same_identity
    from awsprof.awsapi.errors.network import is_network_error
    from awsprof.errors import InteractionRequired

    for name, now in _identities(app, app.catalog(), list(previous)).items():
        before = previous[name].identity
        waits = now.error is not None and (
            isinstance(now.error, InteractionRequired) or is_network_error(now.error)
        )
        if before is None or waits:
            continue
        if now.identity is not None and same_identity(before, now.identity):
            continue
        result = f"made it {now.identity.arn}" if now.identity else "broke it"
        why = f" ({now.error.message})" if now.error else ""
        raise CredentialsError(
            f"{sanitize(name)} was {before.arn}, but the repair {result}{why}.",
            f"awsprof doctor {arguments(name)}; then one repair at a time: --fix CHECK",
        )


def _summaries(findings: Sequence[Finding]) -> Iterator[str]:
    """Yields a line for each repair, or for each check if there are many."""
    many = len(findings) > _MANY
    counts = Counter(finding.id for finding in findings)
    listed = set()
    for finding in findings:
        repair = finding.fault.repair
        change = repair.change if repair else None
        if change is None or (many and finding.id in listed):
            continue
        listed.add(finding.id)
        count = counts[finding.id]
        yield (
            f"{finding.id}: {count} repairs"
            if many and count > 1
            else (f"{finding.id}: {sanitize(change.summary)}")
        )


def _run_action(app: AppContext, act: Action) -> None:
    try:
        act.do()
    except AwsprofError as exc:
        app.terminal.failed(f"{act.says}: {exc.message}", exc.fix)
    except OSError as exc:
        app.terminal.failed(f"{act.says}: {exc}")
    else:
        app.terminal.ok(act.says)


def choose_repairs(
    app: AppContext, context: CheckContext, plan: RepairPlan, prove: Prove
) -> RepairPlan:
    """Asks about the repairs of each check in turn. Returns the plan of those that are chosen.

    Nothing is written here, so that Ctrl-C at any question leaves everything as it is.
    """
    from awsprof.doctor.repair_effect import FilesState, describe_effect
    from awsprof.doctor.repair_planning import RepairPlan, plan_repairs
    from awsprof.editing.change import Change, preview_change

    checks = _by_check(context, plan.repaired)
    chosen, state = RepairPlan(Change("")), FilesState.of(context)
    todo, total, waiting = deque(checks), len(checks), 0
    while todo and waiting < len(todo):
        findings = todo.popleft()
        step = plan_repairs(context, (*chosen.repaired, *findings), prove)
        own = [finding for finding in step.repaired if finding in findings]
        if not own:  # it is possible only after a repair that comes later
            todo.append(findings)
            waiting += 1
            continue
        waiting = 0
        diff = preview_change(step.change, beyond=chosen.change)
        if diff.empty and step.acts == chosen.acts:  # a chosen repair has done it already
            chosen = step
            continue
        after = FilesState.of(context, step.change)
        _introduce(app, own, f"{total - len(todo)} of {total}")
        app.terminal.diff(diff)
        app.terminal.say(f"Then {describe_effect(state, after)}.")
        if total > 1:
            answer = app.ask_which("Fix this?", _ANSWERS)
        else:
            answer = _confirm(app, "Do this?" if diff.empty else "Write this?")
        if answer == "a":
            return plan_repairs(context, (*step.repaired, *chain.from_iterable(todo)), prove)
        if answer == "q":
            break
        if answer == "y":
            chosen, state = step, after
    return chosen


def _confirm(app: AppContext, question: str) -> str:
    return "y" if app.confirm(question, yes=False) else "n"


def _by_check(context: CheckContext, findings: Sequence[Finding]) -> list[list[Finding]]:
    """Returns the findings of each check together; what stops most profiles comes first."""
    from awsprof.doctor.root_causes import breaks_all

    checks: dict[str, list[Finding]] = {}
    names = context.catalog.names_to_check
    first = [f for f in findings if breaks_all(context, f)]
    for each in (first, findings):
        for block in finding_blocks(each, names):
            found = checks.setdefault(block.first.id, [])
            found += (f for f in block.findings if f not in found)
    return list(checks.values())


def _introduce(app: AppContext, findings: Sequence[Finding], count: str) -> None:
    app.terminal.heading(f"{findings[0].id}", count)
    for finding in findings[:_MOST_MESSAGES]:
        name = f"{sanitize(finding.profile)}: " if finding.profile else ""
        app.terminal.detail(name + sanitize(finding.message, 2000))
        for act in finding.fault.repair.acts if finding.fault.repair else ():
            app.terminal.detail(f"fix: {act.says}")
    if len(findings) > _MOST_MESSAGES:
        app.terminal.detail(f"and {len(findings) - _MOST_MESSAGES} more of the same")
