"""The answers to a team file's questions: known ones, and suggestions."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from awsprof.arn import Arn
from awsprof.errors import UsageError
from awsprof.key_ids import is_long_term
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.provider_order import key_in_process_line
from awsprof.shells import shell_word
from awsprof.team.answer_checks import check_answer
from awsprof.team.expansion import used_variables
from awsprof.team.model import TeamFile, Variable

USER: Final = "user"
KEY_ID: Final = "key_id"
Ask = Callable[[Variable, str], str]
"""Asks a variable's question until ``check_answer`` takes the answer, and returns that; the second
argument is the answer to offer, which may be empty."""


def answers_for(
    team: TeamFile,
    remembered: Mapping[str, str],
    given: Mapping[str, str],
    ask: Ask | None,
    catalog: Catalog,
) -> dict[str, str]:
    """Returns the answer to each question of the file: ``given``, else remembered, else asked.

    Answers that the file no longer takes are asked again. Raises UsageError for an unknown or
    invalid answer in ``given``, and, if ``ask`` is None, for a missing one.
    """
    for name in given:
        if name not in team.variables:
            known = ", ".join(team.variables) or "none"
            raise UsageError(f"The team file has no variable {name}.", f"its variables: {known}")
    answers, missing = {}, []
    for variable in used_variables(team):
        name = variable.name
        if name in given:
            answers[name] = check_answer(variable, given[name])
        elif name in remembered and _is_valid(variable, remembered[name]):
            answers[name] = remembered[name]
        elif ask is not None:
            offered = variable.default or known_answer(variable, catalog)
            answers[name] = ask(variable, offered)
        elif not variable.default:
            missing.append(variable)
    if missing:
        options = " ".join(f"--var {shell_word(each.name)}=VALUE" for each in missing)
        more = f" ({len(missing) - 3} more)" * (len(missing) > 3)
        raise UsageError(
            f"The team file asks: {' '.join(each.question for each in missing[:3])}{more}",
            f"add {options}, or run awsprof team apply in a terminal",
        )
    return answers


def known_answer(variable: Variable, catalog: Catalog) -> str:
    """Returns the answer that this machine suggests, if the variable takes it; else empty."""
    for answer in _suggested(variable.name, catalog):
        if _is_valid(variable, answer):
            return answer
    return ""


def _is_valid(variable: Variable, answer: str) -> bool:
    try:
        return check_answer(variable, answer) == answer
    except UsageError:
        return False


def _suggested(name: str, catalog: Catalog) -> list[str]:
    profiles = catalog.profiles.values()
    if name == USER:
        devices = (Arn.parse(profile.get("mfa_serial")) for profile in profiles)
        names = [device.name for device in devices if device is not None and device.name]
        names += filter(None, (profile.get("role_session_name") for profile in profiles))
        return [*_most_common(names), *_login_name()]
    if name == KEY_ID:
        stored = [key for p in profiles if (key := key_in_process_line(p))]
        plain = (p.get("aws_access_key_id") for p in profiles)
        return [*_most_common(stored), *_most_common([k for k in plain if k and is_long_term(k)])]
    return _most_common([value for p in profiles if (value := p.get(name))])


def _most_common(values: list[str]) -> list[str]:
    return [value for value, _ in Counter(values).most_common(1)]


def _login_name() -> list[str]:
    try:
        return [getpass.getuser()]
    except (OSError, KeyError):
        return []
