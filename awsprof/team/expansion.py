"""Turns a team file into the sections to write to ``~/.aws/config``.

A section takes the values of its templates, then its own; a ``for_each`` makes a section for each
account and role. Placeholders are filled last, and the result is checked like a value that a user
types.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from awsprof.errors import UsageError
from awsprof.profiles.known_keys import COMMAND_KEYS
from awsprof.profiles.process_command import build_command
from awsprof.team import limits
from awsprof.team.answer_checks import check_answer
from awsprof.team.loops import LoopMatches, count_comparisons
from awsprof.team.model import Definition, Loop, SectionKind, TeamFile, TeamSection, Variable
from awsprof.team.placeholders import MissingValue, fill, names_in, names_in_all
from awsprof.team.problems import Problems
from awsprof.team.references import SectionDraft, check_references
from awsprof.team.sensitive_keys import sensitive_keys
from awsprof.team.tables import VAULT_KEY, name_problem
from awsprof.team.templates import Line, Templates, near_fix
from awsprof.team.value_checks import is_plain_word, profile_faults, session_faults, value_fault


def expand(team: TeamFile, values: Mapping[str, str]) -> tuple[TeamSection, ...]:
    """Returns the sections of a team file, profiles last, with the answers in ``values``.

    The same file and answers give the same sections, in the same order. Raises UsageError if an
    answer is missing or invalid, and TeamFileError if a section is invalid with these answers.
    """
    if team.sections is not None:
        return team.sections
    missing = missing_variables(team, values)
    if missing:
        names = ", ".join(variable.name for variable in missing)
        raise UsageError(f"The team file needs a value for {names}.", missing[0].question)
    problems = Problems()
    drafts = _Expander(team, _checked_answers(team, values), problems).run()
    problems.raise_if_any(team.label)
    return tuple(map(_section, drafts))


def used_variables(team: TeamFile) -> tuple[Variable, ...]:
    """Returns the variables that sections of the file use, in its order."""
    definitions = (
        *(team.sessions + team.services + team.profiles),
        *team.templates.values(),
        *(loop.profile for loop in team.loops),
    )
    names = names_in_all(text for each in definitions for text in each.values.values())
    return tuple(variable for name, variable in team.variables.items() if name in names)


def missing_variables(team: TeamFile, values: Mapping[str, str]) -> tuple[Variable, ...]:
    """Returns the variables in use that have neither a value in ``values`` nor a default."""
    return tuple(
        variable
        for variable in used_variables(team)
        if not variable.default and not values.get(variable.name)
    )


def verify(team: TeamFile, problems: Problems) -> Iterable[SectionDraft]:
    """Adds every error of the sections that no answer can mend; returns their drafts."""
    for variable in team.variables.values():
        if variable.default:
            try:
                check_answer(variable, variable.default)
            except UsageError as exc:
                key = f"variables.{variable.name}.default"
                problems.add(variable.place, key, exc.message, exc.fix)
    defaults = {each.name: each.default for each in team.variables.values() if each.default}
    return _Expander(team, defaults, problems).run()


def with_sections(team: TeamFile, drafts: Iterable[SectionDraft]) -> TeamFile:
    """Returns the file with its sections, if they depend on no answer."""
    return team if used_variables(team) else replace(team, sections=tuple(map(_section, drafts)))


def _checked_answers(team: TeamFile, values: Mapping[str, str]) -> dict[str, str]:
    return {
        each.name: check_answer(each, values.get(each.name) or each.default)
        for each in used_variables(team)
    }


def _section(draft: SectionDraft) -> TeamSection:
    values, key_id = dict(draft.values), draft.values.get(VAULT_KEY)
    sensitive = sensitive_keys(values)
    if key_id is not None:
        line = build_command(draft.name, key_id)
        values = {
            ("credential_process" if key == VAULT_KEY else key): line if key == VAULT_KEY else text
            for key, text in values.items()
        }
    return TeamSection(draft.kind, draft.name, values, str(draft.place), draft.template, sensitive)


# The checks of values that depend on each other.
_TOGETHER: Final = {"sso-session": session_faults, "profile": profile_faults}


class _Expander:
    """Makes the drafts of all sections. A placeholder without a value stays, and is not checked."""

    def __init__(self, team: TeamFile, answers: Mapping[str, str], problems: Problems) -> None:
        self._team = team
        self._answers = answers
        self._problems = problems
        self._templates = Templates(team.templates, problems)
        self._found: dict[SectionKind, dict[str, SectionDraft]] = {
            "sso-session": {},
            "services": {},
            "profile": {},
        }
        self._names: dict[tuple[SectionKind, str], SectionDraft] = {}
        self._characters = self._sections = self._comparisons = 0

    def run(self) -> Iterator[SectionDraft]:
        """Returns the drafts, after all of them are checked together."""
        team = self._team
        roles = sum(len(account.roles) for account in team.accounts)
        self._templates.check_all()
        plain: tuple[tuple[SectionKind, tuple[Definition, ...]], ...]
        plain = ("sso-session", team.sessions), ("services", team.services)
        for kind, definitions in plain:
            for each in definitions:
                self._add(SectionDraft(kind, each.name, each.place, "", _lines(each)), {})
        for profile in team.profiles:
            lines = self._templates.lines(profile)
            self._add(
                SectionDraft("profile", profile.name, profile.place, profile.template, lines), {}
            )
        for loop in team.loops:
            self._comparisons += count_comparisons(loop.accounts, len(team.accounts))
            self._comparisons += count_comparisons(loop.roles, roles)
            if self._comparisons > limits.MAX_COMPARISONS:
                says = "Every for_each together has too many patterns for so many accounts."
                self._problems.add(loop.place, "for_each", says, "use fewer patterns, with *")
                break
            self._add_loop(loop)
        check_references(self._found, self._problems)
        return (draft for drafts in self._found.values() for draft in drafts.values())

    def _add_loop(self, loop: Loop) -> None:
        lines = self._templates.lines(loop.profile)
        texts = [loop.name, *(line.text for line in lines.values())]
        with_roles = "role" in names_in_all(texts)
        template = loop.profile.template
        matches = LoopMatches(loop, self._team.accounts, with_roles=with_roles)
        for scope in matches.scopes():
            name = self._loop_name(loop, scope)
            if name is None or not self._add(
                SectionDraft("profile", name, loop.place, template, lines), scope
            ):
                break
        matches.add_unused(self._problems)

    def _loop_name(self, loop: Loop, scope: Mapping[str, str]) -> str | None:
        """Returns the name of one profile; None, with an error, if it cannot have that name."""
        try:
            name = fill(loop.name, scope)
        except MissingValue as exc:
            self._add_unknown(Line(loop.name, loop.place), "for_each.name", exc.args[0], scope)
            return None
        problem = name_problem(name)
        if problem:
            self._problems.add(loop.place, "for_each.name", *problem)
        return None if problem else name

    def _add(self, draft: SectionDraft, scope: Mapping[str, str]) -> bool:
        """Fills and checks a section; False if there are too many, and the caller should stop."""
        self._sections += 1
        before = self._names.setdefault((draft.kind, draft.name.lower()), draft)
        if before is not draft:
            says = f"There is {before.name} already, at {before.place}."
            fix = "make the names differ: case makes no difference"
            self._problems.add(draft.place, draft.key(""), says, fix)
            return self._sections <= limits.MAX_SECTIONS
        for key, line in draft.lines.items():
            self._fill(draft, key, line, scope)
        self._check_together(draft)
        self._found[draft.kind][draft.name] = draft
        self._characters += sum(map(len, draft.values.values()))
        if (
            self._sections > limits.MAX_SECTIONS
            or self._characters > limits.MAX_EXPANDED_CHARACTERS
        ):
            says = "The team file makes too many profiles, or too much text."
            fix = f"use at most {limits.MAX_SECTIONS} profiles"
            self._problems.add(draft.place, draft.key(""), says, fix)
            return False
        return True

    def _fill(self, draft: SectionDraft, key: str, line: Line, scope: Mapping[str, str]) -> None:
        names = names_in(line.text)
        if names and not self._team.variables.keys().isdisjoint(names):
            draft.answered.add(key)
        values = {**self._answers, **scope} if names else scope
        try:
            text = fill(line.text, values)
        except MissingValue as exc:
            draft.values[key] = line.text
            if exc.args[0] not in self._team.variables:
                self._add_unknown(line, draft.key(key), exc.args[0], scope)
            return
        draft.values[key] = text
        if key in COMMAND_KEYS and not all(is_plain_word(values[name]) for name in names):
            says = "What a placeholder puts into a command has to be one plain word."
            fix = "use letters, digits and _ - . / : @ = + , and no - at its start"
            self._problems.add(line.place, draft.key(key), says, fix)
            return
        fault = value_fault(key, text, role="role_arn" in draft.lines)
        if fault:
            self._problems.add(line.place, draft.key(key), *fault)

    def _check_together(self, draft: SectionDraft) -> None:
        check = _TOGETHER.get(draft.kind)
        for key, fault in check(draft.values) if check else ():
            self._problems.add(draft.line(key), draft.key(key), *fault)

    def _add_unknown(self, line: Line, key: str, name: str, scope: Mapping[str, str]) -> None:
        if name.startswith("account.") and scope:
            says = f"The account {scope['account.name']} has no {name.partition('.')[2]}."
            fix = "add it to the account, or use another placeholder"
        elif name == "role" or name.startswith("account."):
            says = f"{{{name}}} has a value only in a for_each."
            fix = "use it there, or in a template that only for_each uses"
        else:
            says = f"There is no variable {name}."
            names = [*self._team.variables, *scope]
            fix = near_fix(name, names) if self._problems.takes_hints else ""
        self._problems.add(line.place, key, says, fix)


def _lines(definition: Definition) -> dict[str, Line]:
    return {key: Line(text, definition.lines[key]) for key, text in definition.values.items()}
