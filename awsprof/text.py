"""Make text from outside safe to show.

Account and profile names, other programs' stderr, AWS's error messages and shared files may contain
control characters (which move a terminal's cursor), bidirectional marks (which reorder text) and
line breaks (which forge lines). Escaping markup is left to terminal.py.
"""

import unicodedata

_HIDDEN = frozenset(
    {"Cc", "Cf", "Cs", "Co", "Cn"}
)  # control, format, surrogate, private use, unassigned


def one_line(text: str) -> str:
    """Return ``text`` on one line with its blanks, without hidden characters."""
    if text.isascii() and text.isprintable():
        return text
    chars = (" " if c.isspace() else c for c in text.replace("\r\n", " "))
    return "".join(c for c in chars if unicodedata.category(c) not in _HIDDEN)


def sanitize(text: str, limit: int = 300) -> str:
    """Return ``text`` on one line, without hidden characters, at most ``limit`` long."""
    spaced = " ".join(text.split())
    plain = spaced.isascii() and spaced.isprintable()
    shown = (
        spaced if plain else "".join(c for c in spaced if unicodedata.category(c) not in _HIDDEN)
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
