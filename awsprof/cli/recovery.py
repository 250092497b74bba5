"""Each command starts here: it finishes or rolls back the changes of an interrupted one."""

from pathlib import Path

from awsprof import atomic, paths, settings, trust
from awsprof.atomic.snapshot import unreadable_error
from awsprof.cli.app_context import AppContext


def recover_interrupted_changes(app: AppContext) -> None:
    """Finishes or rolls back interrupted changes; warns if their intents cannot be read."""
    try:
        _recover(app)
    except PermissionError as exc:  # root's, after a run with sudo: many commands do not need it
        error = unreadable_error(Path(exc.filename), exc)
        app.terminal.warn(error.message)
        app.terminal.detail(error.fix)


def _recover(app: AppContext) -> None:
    """Finishes or rolls back interrupted changes, and says which.

    Also warns, once each, about edits that another program has overwritten since, and about
    secrets removed from history entries that an earlier version wrote.
    """
    if trust.find_foreign_data() is not None:
        return  # commands that need it raise; the doctor reports it
    from awsprof.editing import history_cleanup, recovery
    from awsprof.editing.history import overwritten_edits
    from awsprof.prompting import NonInteractive
    from awsprof.vault import migration
    from awsprof.vault.vault import open_vault

    atomic.sweep_folders(paths.written_dirs())
    for sentence in recovery.recover_unfinished(app.vault):
        app.terminal.warn(sentence)
    prompter = NonInteractive("awsprof settings vault")
    moved = migration.resume_migration(lambda value: open_vault(prompter, value))
    if moved:
        app.terminal.warn(moved)
    cleaned = history_cleanup.clean_old_entries(
        lambda: open_vault(prompter, settings.get_setting("vault"))
    )
    if cleaned:
        app.terminal.warn(cleaned)
    for sentence in overwritten_edits():
        app.terminal.warn(sentence)
