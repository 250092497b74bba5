"""The health screen: the doctor's report, then its repairs, each explained and chosen."""

from collections import Counter
from typing import Final

from awsprof.doctor import checks
from awsprof.doctor.findings import Finding
from awsprof.errors import AwsprofError
from awsprof.text import sanitize
from awsprof.wizard import prompts
from awsprof.wizard.list_prompt import aligned_options
from awsprof.wizard.prompts import Option
from awsprof.wizard.wizard_context import Wizard

_ALL: Final = ("", None)


def health_screen(wizard: Wizard) -> None:
    """Checks all profiles, and offers the repairs until the user goes back."""
    tried: set[tuple[str, str | None]] = set()
    while True:
        report = wizard.commands.check_health()
        fixable = {
            (finding.id, finding.profile): finding
            for finding in report.findings
            if finding.fault.repair is not None and (finding.id, finding.profile) not in tried
        }
        if not fixable:
            return
        chosen = _choose(fixable)
        if chosen is None:
            return
        if chosen == _ALL:
            tried |= fixable.keys()
            _fix_all(wizard)
            continue
        finding = fixable[chosen]
        tried.add(chosen)
        _fix(wizard, finding)


def _choose(fixable: dict[tuple[str, str | None], Finding]) -> tuple[str, str | None] | None:
    """Asks which finding to fix. Returns _ALL for all of them, None for none."""
    times = Counter(check for check, _ in fixable)
    keys = list(fixable)
    rows = [(sanitize(profile or "general"), check) for check, profile in keys]
    options = aligned_options(map(str, range(len(rows))), rows)
    if len(times) > 1:
        options.insert(0, Option("all", "All, one after the other"))
    options.append(Option("no", "Nothing: back to the menu"))
    several = f"; {len(times)} kinds of finding" if len(times) > 1 else ""
    about = f"{len(fixable)} can be fixed here{several}; each is explained and shown first"
    answer = prompts.select("Fix which?", options, explain=about, back=False)
    return {"no": None, "all": _ALL}[answer] if not answer.isdigit() else keys[int(answer)]


def _fix(wizard: Wizard, finding: Finding) -> None:
    """Says what is wrong and what every SDK makes of it, then shows the diff and asks."""
    terminal = wizard.context.terminal
    terminal.heading(finding.id)
    terminal.say(finding.message)
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
