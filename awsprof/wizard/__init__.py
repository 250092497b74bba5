"""The wizard: flows over the kinds' fields (the only import of questionary).

It asks one thing at a time, shows the diff, writes after a yes, and proves what it wrote. Ctrl-C
leaves everything as it was.
"""

from awsprof.errors import UsageError
from awsprof.wizard.house import House

__all__ = ["House", "run"]


def run(flow: str | None, house: House) -> int:
    """Open the wizard, at one flow where it is named; the exit code."""
    if not house.terminal.interactive:
        raise UsageError(
            "The wizard needs a terminal.", "use awsprof add keys|role|sso, with --help for more"
        )
    from awsprof.wizard.home import Home

    return Home(house).run(flow)
