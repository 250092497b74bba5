"""awsprof keys: access keys from first use to last, one command for each step of their life."""

from __future__ import annotations

import click


@click.group()
def keys() -> None:
    """Access keys: bring in, move, list, rotate, switch off, delete."""
