"""Rotates an access key in steps; after an interruption, the next run continues."""
