"""The wizard: flows over the kinds' fields (the only import of questionary).

It asks one thing at a time, shows the diff, writes after a yes, and proves what it wrote. Ctrl-C
leaves everything as it was.
"""

from pathlib import Path

from awsprof.clean import clean
from awsprof.errors import AwsprofError, UsageError
from awsprof.shells import word
from awsprof.wizard.house import House

__all__ = ["House", "run"]


def run(flow: str | None, house: House) -> int:
    """Open the wizard, at one flow where it is named; the exit code."""
    if not house.terminal.interactive:
        raise UsageError(
            "The wizard needs a terminal.",
            "awsprof add keys --help; awsprof add role --help; awsprof add sso --help",
        )
    from awsprof.wizard.home import Home

    before = _signed_in(house)
    try:
        return Home(house).run(flow)
    finally:  # after Ctrl-C too: whoever signed in is told that it holds
        for found in _signed_in(house).keys() - before.keys():
            house.terminal.warn(f"You are still signed in to {clean(found)}; no profile uses it.")
            house.terminal.detail(f"awsprof logout --session {word(found)}")


def _signed_in(house: House) -> dict[str, Path]:
    """The sign-ins that no session of the config names, by start URL."""
    from awsprof.signin.identity_center import leftover

    try:
        return {found.session.name: found.path for found in leftover.every(house.catalog())}
    except AwsprofError:
        return {}
