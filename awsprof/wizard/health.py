"""The health screen: the doctor's report, then its repairs, each explained and chosen."""

from collections.abc import Mapping, Sequence
from typing import Final

from awsprof.doctor import checks
from awsprof.doctor.findings import Finding
from awsprof.errors import AwsprofError
from awsprof.text import sanitize
from awsprof.wizard import prompts
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.prompts import Option
from awsprof.wizard.wizard_context import Wizard

_Place = tuple[str, str | None]  # a check's ID, and the profile that it is about
_ALL: Final[_Place] = ("", None)


def health_screen(wizard: Wizard) -> None:
    """Checks all profiles, and offers the repairs until the user goes back."""
    tried: set[_Place] = set()
    while True:
        report = wizard.commands.check_health()
        fixable: dict[_Place, list[Finding]] = {}
        for finding in report.findings:
            place = (finding.id, finding.profile)
            if finding.fault.repair is not None and place not in tried:
                fixable.setdefault(place, []).append(finding)
        if not fixable:
            return
        chosen = _choose(fixable)
        if chosen is None:
            return
        if chosen == _ALL:
            tried |= fixable.keys()
            _fix_all(wizard)
            continue
        tried.add(chosen)
        _fix(wizard, fixable[chosen])


def _choose(fixable: Mapping[_Place, Sequence[Finding]]) -> _Place | None:
    """Asks which finding to fix. Returns _ALL for all of them, None for none."""
    places = list(fixable)
    kinds = len({check for check, _ in places})
    rows = [(sanitize(profile or "general"), check) for check, profile in places]
    options = aligned_options(map(str, range(len(rows))), rows)
    if len(places) > 1:
        options.insert(0, Option("all", "All, one after the other"))
    options.append(Option("no", "Nothing: back to the menu"))
    several = f"; {kinds} kinds of finding" if kinds > 1 else ""
    count = sum(map(len, fixable.values()))
    about = f"{count} can be fixed here{several}; each is explained and shown first"
    answer = prompts.select("Fix which?", options, explain=about, back_row=False)
    if answer == "no":
        return None
    return _ALL if answer == "all" else places[int(answer)]


def _fix(wizard: Wizard, findings: Sequence[Finding]) -> None:
    """Says what is wrong and what every SDK makes of it, then shows the diff and asks.

    The findings are of one check and profile.
    """
    finding, terminal = findings[0], wizard.context.terminal
    terminal.heading(finding.id)
    for each in findings:
        terminal.say(each.message)
    explanation = next((c.explain for c in checks.all_checks() if c.id == finding.id), "")
    terminal.say()
    for paragraph in explanation.split("\n\n"):
        terminal.say(" ".join(paragraph.split()))
        terminal.say()
    try:
        wizard.commands.fix_finding(finding.id, finding.profile)
    except AwsprofError as exc:
        terminal.failed(exc.message, exc.fix)


def _fix_all(wizard: Wizard) -> None:
    """Goes through all repairs, each with its diff and outcome."""
    try:
        wizard.commands.fix_all_findings()
    except AwsprofError as exc:
        wizard.context.terminal.failed(exc.message, exc.fix)
