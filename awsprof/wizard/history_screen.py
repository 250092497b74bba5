"""The history of changes, to undo one of them."""

from awsprof.editing import history
from awsprof.wizard import prompts
from awsprof.wizard.context import Wizard
from awsprof.wizard.prompt_loop import aligned
from awsprof.wizard.prompts import Option


def history_screen(wizard: Wizard) -> None:
    """Lists the changes, newest first; undoes the chosen one after its diff and a question."""
    terminal = wizard.context.terminal
    for problem in history.broken():
        terminal.failed(problem.message, problem.fix)
    entries = history.entries()
    if not entries:
        terminal.say("awsprof has changed nothing yet.")
        return
    rows = aligned(
        [
            (f"{e.when.astimezone():%Y-%m-%d %H:%M}", e.summary, "undone" if e.undone else "")
            for e in entries
        ]
    )
    options = [Option(e.id, row) for e, row in zip(entries, rows, strict=True)]
    chosen = prompts.select("Undo which change?", options, explain="shows its diff first")
    wizard.commands.undo(chosen)
