"""Output for people and for programs (the only import of rich)."""

from awsprof.terminal.output import Terminal
from awsprof.terminal.tree import Branch

__all__ = ["Branch", "Terminal"]
