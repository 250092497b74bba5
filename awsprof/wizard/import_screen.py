"""The screen "Bring in what another tool left": which tools left something, and their import."""

from functools import partial

from awsprof.importing.context import ImportContext
from awsprof.importing.tools import TOOLS, FoundTool, find_tools
from awsprof.text import sanitize
from awsprof.wizard import prompts
from awsprof.wizard.context import Wizard
from awsprof.wizard.prompt_loop import aligned
from awsprof.wizard.prompts import Option
from awsprof.wizard.steps import choose_then


def import_screen(wizard: Wizard) -> None:
    """Asks which tool's profiles and keys to import, and imports them."""
    context, terminal = wizard.context, wizard.context.terminal
    found = find_tools(
        ImportContext(context.catalog(), lambda store: context.prompter.passphrase(purpose=store))
    )
    for tool in found:
        if tool.error is not None:
            terminal.failed(tool.error.message, tool.error.fix)
    usable = [tool for tool in found if tool.error is None]
    if not usable:
        terminal.say(f"Found nothing to import from {', '.join(TOOLS)}.")
        terminal.detail(
            "awsprof import aws-vault     says where it looked; the same for the others"
        )
        return
    rows = aligned([(tool.name, _contents(tool)) for tool in usable])
    options = [Option(tool.name, row) for tool, row in zip(usable, rows, strict=True)]
    explain = "you see the diff first; the tool's own files and keyring entries stay"
    ask = partial(prompts.select, "Import from which tool?", options, explain=explain)
    choose_then(terminal, ask, wizard.commands.import_tool)


def _contents(tool: FoundTool) -> str:
    names = [sanitize(name) for name in tool.names]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
