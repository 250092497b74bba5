"""What the commands of awsprof team share: opening a source, its questions, and their output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from awsprof.cli.app_context import AppContext
from awsprof.errors import UsageError
from awsprof.masking.mask import mask_value
from awsprof.team import limits
from awsprof.text import list_names, sanitize

if TYPE_CHECKING:
    from awsprof.configfile.document import SectionId
    from awsprof.profiles.catalog import Catalog
    from awsprof.team.model import Variable
    from awsprof.team.opening import OpenedTeam
    from awsprof.team.resolution import Confirmation, Decision
    from awsprof.team.three_way import KeyDifference, PlannedSection, TeamPlan

_MOST_SHOWN = 20
_MOST_OPTIONS = 5
_MOST_CHARACTERS = 600  # of a line: a reason and its fix

source_argument = click.argument("source", required=False, type=click.Path())  # completes files
var_option = click.option(
    "--var", "given", metavar="NAME=VALUE", multiple=True, help="Answer a question of the file."
)


@dataclass(frozen=True)
class TeamSession:
    """A team file that was opened, compared with the files here."""

    opened: OpenedTeam
    plan: TeamPlan
    catalog: Catalog
    answers: dict[str, str]
    going_back: str

    @property
    def summary(self) -> str:
        """The line of the history."""
        return f"applied the team file {self.opened.version}"


def open_session(
    app: AppContext, source: str | None, given: Iterable[str], *, ask: bool
) -> TeamSession:
    """Opens the source that was named, or applied before, and compares it with the files here.

    ``ask``: a person is there to answer questions, git's included.
    """
    from awsprof.team.answers import answers_for
    from awsprof.team.expansion import expand
    from awsprof.team.opening import going_back, named_source, open_team
    from awsprof.team.source import parse_source
    from awsprof.team.state import load_state
    from awsprof.team.three_way import make_plan

    state = load_state()
    state.require_known_format()
    if state.broken:
        app.terminal.warn(f"{state.broken} Sections equal to the team file are treated as managed.")
    named = named_source(source, state)
    if source is not None and named.ref not in ("HEAD", parse_source(source).ref):
        app.terminal.detail(f"at {named.ref}, as last time; @HEAD is its default branch")
    opened = open_team(named, ask=ask, tell=app.terminal.detail if ask else None)
    remembered, catalog = state.of(named.identity), app.catalog()
    answers = answers_for(
        opened.team,
        remembered.variables,
        dict(map(_parse_answer, given)),
        _asking(app) if ask else None,
        catalog,
    )
    sections = expand(opened.team, answers)
    others = state.managed_by_others(named.identity)
    plan = make_plan(sections, remembered, others, catalog, no_state=not state.for_current_config)
    return TeamSession(opened, plan, catalog, answers, going_back(opened, remembered))


def _parse_answer(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--var {sanitize(text)} has no value.", "write --var NAME=VALUE")
    return name.strip(), value.strip()


def _asking(app: AppContext) -> Callable[[Variable, str], str]:
    from awsprof.team.answer_checks import check_answer

    def ask(variable: Variable, offered: str) -> str:
        question = sanitize(variable.question).rstrip("? ")  # ask_text adds a colon
        while True:  # what was answered before is not to be typed again
            try:
                return check_answer(variable, app.ask_text(question, offered))
            except UsageError as exc:
                app.terminal.warn(exc.line)

    return ask


def matching(patterns: Sequence[str], plan: TeamPlan) -> frozenset[SectionId]:
    """Returns the sections whose name, or type and name, matches one of the patterns.

    Raises UsageError for a pattern that matches none.
    """
    from fnmatch import fnmatchcase

    found = set()
    for pattern in patterns:
        own = {
            id
            for id in plan.by_id
            if fnmatchcase(id.name, pattern) or fnmatchcase(str(id), pattern)
        }
        if not own:
            raise UsageError(f"The team file has nothing that {sanitize(pattern)!r} matches.")
        found |= own
    return frozenset(found)


def show_difference(app: AppContext, each: KeyDifference) -> None:
    """Shows a key with your value and the team's."""

    app.terminal.detail(f"{each.key}: {_shown(each, each.yours)} -> {_shown(each, each.team)}")


def _shown(each: KeyDifference, value: str | None) -> str:
    # The whole value: a person confirms what they see.
    return (
        "(none)"
        if value is None
        else sanitize(mask_value(each.key, value), limits.MAX_VALUE_CHARACTERS)
    )


def show_conflict(app: AppContext, planned: PlannedSection) -> None:
    """Shows a section whose values you changed, with the reason."""
    why = _REASONS[planned.reason.value]
    app.terminal.warn(f"{sanitize(str(planned.id))} ({planned.team.origin}): {why}")
    if planned.reason.value != "removed":
        for each in planned.conflicts:
            yours, team = _shown(each, each.yours), _shown(each, each.team)
            app.terminal.detail(f"{each.key}: yours is {yours}, the team's {team}")


_REASONS = {
    "none": "",
    "changed": "you changed what the team sets.",
    "removed": "you removed it, and the team has it.",
    "personal": "you already have your own profile with that name.",
    "other-team": "another team file manages it.",
    "missing": "",
}


def lost_state_line(missing: Iterable[SectionId]) -> str:
    """Says which sections are missing while there is no state of the team file."""
    return (
        "Parts of this team file are here, but awsprof does not remember applying it. You may have"
        f" removed what is missing: {names_in_short(missing)}."
    )


def asked_about(decision: Decision) -> frozenset[SectionId]:
    """Returns the sections with a change that `awsprof team apply` would ask about."""
    conflicts = (each.id for each in decision.unanswered)
    asked = {*conflicts, *decision.held_back, *decision.not_removed, *decision.not_added}
    return frozenset(asked - decision.unwritable.keys())


def names_in_short(sections: Iterable[SectionId]) -> str:
    """Returns the first ten names, sorted, and how many more there are."""
    return list_names(sorted(map(str, sections)), 10)


def show_confirmation(app: AppContext, each: Confirmation) -> None:
    """Shows a change that needs its own confirmation."""
    from awsprof.team.sensitive_keys import what_changes

    names = ", ".join(sanitize(str(id)) for id in each.sections[:5])
    if each.harm:
        app.terminal.warn(f"{each.harm} The cause is {names}.")
        return
    what = what_changes(difference.key for difference in each.differences)
    app.terminal.warn(f"{names} ({each.origin}) changes {what}:")
    for difference in each.differences:
        show_difference(app, difference)


def show_left(app: AppContext, decision: Decision, source: str) -> None:
    """Lists the team's changes that are not applied, and how to apply them."""
    from awsprof.shells import arguments

    lines = [
        *(
            (f"{each.id}: {_REASONS[each.reason.value]}", _option("--theirs", [each.id]))
            for each in decision.unanswered
        ),
        *(
            (_confirmation_line(each), _option("--accept", each.sections))
            for each in decision.confirmations
        ),
        *((f"{id}: {why}", "") for id, why in decision.left_out.items()),
        *((f"{id}: the team removed it.", "--prune") for id in decision.not_removed),
    ]
    if not lines:
        return
    are = "is" if len(lines) == 1 else "are"
    app.terminal.warn(f"{len(lines)} of the team's changes {are} not applied:")
    for text, _ in lines[:_MOST_SHOWN]:
        app.terminal.detail(sanitize(text, _MOST_CHARACTERS))
    if len(lines) > _MOST_SHOWN:
        app.terminal.detail(f"and {len(lines) - _MOST_SHOWN} more")
    options = list(dict.fromkeys(option for _, option in lines if option))
    if not options:
        return
    again = "again" if app.terminal.interactive else "at a terminal"
    app.terminal.detail(f"awsprof team apply {arguments(source)} asks {again}")
    if not app.terminal.interactive:
        more = " ..." if len(options) > _MOST_OPTIONS else ""
        app.terminal.detail(f"without one, add {' '.join(options[:_MOST_OPTIONS])}{more}")


def _option(flag: str, sections: Iterable[SectionId]) -> str:
    """Returns the flag that chooses for these sections: by its name for a profile."""
    from awsprof.shells import shell_word

    names = (id.name if id.type == "profile" else str(id) for id in sections)
    return " ".join(f"{flag} {shell_word(sanitize(name))}" for name in names)


def _confirmation_line(each: Confirmation) -> str:
    names = ", ".join(str(id) for id in each.sections[:5])
    keys = ", ".join(difference.key for difference in each.differences)
    have = "has" if len(each.differences) == 1 else "have"
    return f"{names}: {each.harm or f'{keys} {have} to be confirmed.'}"


def version_json(session: TeamSession) -> dict[str, Any]:
    """Returns the version of the file, for --json."""
    version = session.opened.version
    return {"digest": version.digest, "commit": version.commit, "ref": version.ref}
