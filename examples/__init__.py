"""Programs that show what awsprof does."""
