"""Edits to the config files and the vault: previewed, applied all or nothing, undoable."""
