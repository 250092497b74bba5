"""awsprof team apply and awsprof team pull: apply the changes of a team file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from awsprof.cli import team_session
from awsprof.cli.app_context import AppContext
from awsprof.cli.command_group import examples
from awsprof.cli.edit import confirm_options
from awsprof.cli.team_session import TeamSession
from awsprof.errors import UsageError
from awsprof.shells import shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.configfile.document import SectionId
    from awsprof.team.resolution import Choices, Decision
    from awsprof.team.three_way import PlannedSection

_LEFT: Final = 1  # the exit code if a change of the team's is not applied
_WHOSE: Final = {
    "l": "Later",
    "m": "Mine",
    "t": "The team's",
    "q": "Later for all that are left",
}


@click.command(
    "apply",
    epilog=examples(
        "awsprof team apply ~/src/team-profiles",
        "awsprof team apply git+https://example.com/team-profiles.git@main",
        "awsprof team apply --theirs 'prod-*' --prune",
    ),
)
@team_session.source_argument
@team_session.var_option
@click.option("--theirs", metavar="NAME", multiple=True, help="Take the team's values over yours.")
@click.option("--mine", metavar="NAME", multiple=True, help="Keep your values over the team's.")
@click.option("--prune", is_flag=True, help="Remove profiles that the team removed.")
@click.option(
    "--accept", metavar="NAME", multiple=True, help="Confirm sensitive values of this profile."
)
@click.option("--back", is_flag=True, help="Allow a version older than the last one.")
@confirm_options
@click.pass_obj
def apply_command(
    app: AppContext,
    source: str | None,
    given: tuple[str, ...],
    theirs: tuple[str, ...],
    mine: tuple[str, ...],
    prune: bool,
    accept: tuple[str, ...],
    back: bool,
    yes: bool,
    dry_run: bool,
) -> int:
    """Apply a team file to your profiles.

    SOURCE is a file, a folder with a team.toml, - for stdin, a repository such as
    git+https://HOST/REPOSITORY.git@REF, or a local one as FOLDER@REF. Default: the source that you
    applied last.

    Keeps what you added. If you changed a managed profile, awsprof asks whose values to use; NAME
    is a profile's name or a pattern.

    A value that runs a program, or leads to another account or start URL, needs a confirmation of
    its own each time it changes: --yes does not confirm it. Without a terminal it is left out and
    the rest is applied, unless you name the profile with --accept. The exit code is 1 if any of the
    team's values were not applied.
    """
    session = team_session.open_session(app, source, given, ask=app.terminal.interactive)
    if session.going_back and not _confirm_going_back(app, session, back):
        return _LEFT
    choices = _chosen(app, session, theirs, mine, prune=prune, ask=not (yes or dry_run))
    choices = replace(choices, accepted=_exactly(accept, session))
    decision = _confirmed(app, session, choices, ask=app.terminal.interactive and not dry_run)
    return _write(app, session, decision, yes=yes, dry_run=dry_run)


def _confirm_going_back(app: AppContext, session: TeamSession, back: bool) -> bool:
    if not back and not app.terminal.interactive:
        raise UsageError(session.going_back, "add --back if you mean it")
    app.terminal.warn(session.going_back)
    if back:
        return True
    if app.confirm("Go back to it?", yes=False, default=False):
        return True
    app.terminal.say("Nothing was written.")
    return False


def _exactly(names: tuple[str, ...], session: TeamSession) -> frozenset[SectionId]:
    """Returns the sections of these names; no patterns, since each is confirmed by its name."""
    found = set()
    for name in names:
        own = [id for id in session.plan.by_id if name == str(id)]
        own += [id for id in session.plan.by_id if id.type == "profile" and id.name == name]
        if not own:
            raise UsageError(
                f"The team file has no profile {sanitize(name)!r}.",
                "name a profile, or 'sso-session NAME' or 'services NAME'",
            )
        found |= set(own)
    return frozenset(found)


def _chosen(
    app: AppContext,
    session: TeamSession,
    theirs: tuple[str, ...],
    mine: tuple[str, ...],
    *,
    prune: bool,
    ask: bool,
) -> Choices:
    from awsprof.team.resolution import Choices

    plan = session.plan
    for_team, for_you = (team_session.matching(each, plan) for each in (theirs, mine))
    if both := for_team & for_you:
        name = sanitize(str(min(both)))
        raise UsageError(f"{name} is named by --theirs and by --mine.", "choose one of them")
    chosen = Choices(for_team, for_you & {*(each.id for each in plan.conflicts), *plan.missing})
    if added := plan.missing - chosen.mine:
        app.terminal.warn(team_session.lost_state_line(added))
        app.terminal.detail("they are added again; --mine NAME keeps one out")
    asks = ask and app.terminal.interactive
    if asks:
        chosen = _ask_about_conflicts(app, session, chosen)
    removable = frozenset(plan.removable)
    if removable and not prune and asks:
        app.terminal.say(f"The team removed {team_session.names_in_short(removable)}.")
        them = "it" if len(removable) == 1 else "them"
        prune = app.confirm(f"Remove {them} here, too?", yes=False, default=False)
    return replace(chosen, removed=removable if prune else frozenset())


def _ask_about_conflicts(app: AppContext, session: TeamSession, chosen: Choices) -> Choices:
    for planned in session.plan.conflicts:
        if planned.id in chosen.theirs | chosen.mine:
            continue
        team_session.show_conflict(app, planned)
        answer = app.ask_which("Whose values?", _WHOSE)
        if answer == "q":
            break
        if answer == "t":
            chosen = replace(chosen, theirs=chosen.theirs | {planned.id})
        elif answer == "m":
            chosen = replace(chosen, mine=chosen.mine | {planned.id})
    return chosen


def _confirmed(app: AppContext, session: TeamSession, choices: Choices, *, ask: bool) -> Decision:
    """Returns the decision, after asking about each change that needs its own confirmation."""
    from awsprof.team.resolution import decide

    refused: set[str] = set()
    while True:
        decision = decide(session.plan, choices, session.catalog, session.summary)
        each = next((one for one in decision.confirmations if str(one) not in refused), None)
        if not ask or each is None:
            return decision
        team_session.show_confirmation(app, each)
        if not app.confirm("Apply this?", yes=False, default=False):
            refused.add(str(each))
        elif each.harm:
            choices = replace(choices, accepted=choices.accepted | set(each.sections))
        else:  # the next questions depend on this answer
            keys = choices.accepted_keys | set(each.sections)
            choices = replace(choices, accepted_keys=keys)


def _tell_next(app: AppContext, added: Sequence[PlannedSection]) -> None:
    """Says which sessions of new profiles to sign in to, and how to check the profiles."""
    from awsprof.auth.identity_center.token_cache import SIGNED_OUT, time_left

    if not added:
        return
    # Thousands of profiles have few sessions: one of those that name the same leads to it.
    leading = {_lead_to_session(each.team.values): each.id.name for each in added}
    catalog = app.catalog()
    names = (name for name in leading.values() if name in catalog.profiles)
    used = (catalog.chain(name).session for name in names)
    sessions = {each.name: each for each in used if each is not None}
    for name, session in sorted(sessions.items()):
        if time_left(session) == SIGNED_OUT:
            app.terminal.detail(f"to sign in: awsprof login --session {shell_word(name)}")
    app.terminal.detail("awsprof doctor says what the new profiles still need")


def _lead_to_session(values: Mapping[str, str]) -> tuple[object, ...]:
    """Returns what decides which session a profile uses: its keys, and what it refers to."""
    named = (values.get(key) for key in ("sso_session", "sso_start_url", "source_profile"))
    return frozenset(values), *named


def _write(
    app: AppContext, session: TeamSession, decision: Decision, *, yes: bool, dry_run: bool
) -> int:
    from awsprof.team.record_applied import AppliedStateWriter

    writer = AppliedStateWriter(decision, session.catalog, session.opened.version, session.answers)
    if has_effect(session, decision):
        if dry_run:
            for each in decision.confirmations:
                team_session.show_confirmation(app, each)
        applied = app.apply_change(
            decision.change,
            yes=yes,
            dry_run=dry_run,
            before_write=writer.write_pending,
            catalog=session.catalog,
        )
        if applied is None and not dry_run:
            return _LEFT
    elif decision.complete:
        app.terminal.ok("Everything is as the team file says.")
    if not dry_run:
        writer.commit()
        profiles = (session.plan.by_id[id] for id in decision.written if id.type == "profile")
        _tell_next(app, [each for each in profiles if each.new])
    for dropped in session.plan.dropped:
        if dropped.stays:
            name = sanitize(str(dropped.id))
            app.terminal.warn(f"The team removed {name}; it stays, because {dropped.stays}.")
    team_session.show_left(app, decision, session.opened.named.text)
    return 0 if decision.complete else _LEFT


def has_effect(session: TeamSession, decision: Decision) -> bool:
    """True if the change would alter a file. What it computes is kept in the change."""
    from awsprof.configfile.document import FileKind

    files = (session.catalog.stored(kind) for kind in FileKind)
    return any(decision.change.apply_to(file.kind, file.data) != file.data for file in files)


@click.command(epilog=examples("awsprof team pull"))
@team_session.source_argument
@team_session.var_option
@click.pass_obj
def pull(app: AppContext, source: str | None, given: tuple[str, ...]) -> int:
    """Apply the changes that need no answer, for a cron job.

    Leaves out values that you changed and values that need a confirmation. If there are any, the
    exit code is 1, one line names them, and awsprof team apply asks about them. A version that is
    older than the last one, or that you undid, is not applied.
    """
    from awsprof.editing.apply import apply
    from awsprof.team.record_applied import AppliedStateWriter
    from awsprof.team.resolution import Choices, decide

    session = team_session.open_session(app, source, given, ask=False)
    undone = session.opened.version.digest in session.plan.remembered.undone
    why = "You undid this version: awsprof team apply applies it again." if undone else ""
    if why := session.going_back or why:
        app.terminal.warn(f"Nothing was written. {why}")
        return _LEFT
    choices = Choices(later=session.plan.missing)
    decision = decide(session.plan, choices, session.catalog, session.summary)
    writer = AppliedStateWriter(decision, session.catalog, session.opened.version, session.answers)
    changed = has_effect(session, decision)
    if changed:
        tell, note = app.terminal.say, writer.write_pending
        apply(decision.change, app.vault, before_write=note, tell=tell)
    writer.commit()
    _tell_pulled(app, session, decision, changed=changed)
    return 0 if decision.complete else _LEFT


def _tell_pulled(
    app: AppContext, session: TeamSession, decision: Decision, *, changed: bool
) -> None:
    """Says what was applied and which sections need an answer, then what cannot be written."""
    number = len(decision.written)
    what = f"{number or 'no'} {'section' if number == 1 else 'sections'}"
    took = f"Applied {what} of {session.opened.version}."
    if asked := team_session.asked_about(decision):
        app.terminal.warn(
            f"{took} {len(asked)} more {'needs' if len(asked) == 1 else 'need'} an answer"
            f" ({team_session.names_in_short(asked)}): run awsprof team apply."
        )
    elif changed:
        app.terminal.ok(took)
    if decision.not_added:
        app.terminal.warn(team_session.lost_state_line(decision.not_added))
    for id, why in decision.unwritable.items():
        app.terminal.warn(f"{sanitize(str(id))} cannot be written. {why}")
