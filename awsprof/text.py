"""Text from outside, made fit to be shown.

Account and profile names, other programs' stderr, AWS's error texts and the team file may hold
control characters (which move a terminal's cursor), bidirectional marks (which reorder what is
read) and line breaks (which forge lines). Markup is the terminal room's business.
"""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # control, format, surrogate, private, none


def one_line(text: str) -> str:
    """``text`` on one line, whole, and with its blanks, but without characters that are hidden."""
    if text.isascii() and text.isprintable():
        return text
    kept = (" " if c.isspace() else c for c in text.replace("\r\n", " "))
    return "".join(c for c in kept if unicodedata.category(c) not in _HIDDEN)


def sanitize(text: str, limit: int = 300) -> str:
    """``text`` on one line, without control, format and bidi characters, cut at ``limit``."""
    spaced = " ".join(text.split())
    plain = spaced.isascii() and spaced.isprintable()
    kept = spaced if plain else "".join(c for c in spaced if unicodedata.category(c) not in _HIDDEN)
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"
