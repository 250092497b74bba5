"""Secrets that a paste or an editor cut into several lines: each piece looks like a key's name."""

import re
from typing import Final

from awsprof.secret_shapes import is_random_name, looks_secret

BASE64_LINE: Final = re.compile(r"[A-Za-z0-9/+]{4,}={0,2}\Z")


def is_lone_piece(text: str) -> bool:
    """True if a whole line is a piece of a secret."""
    if not BASE64_LINE.match(text):
        return False
    name, _, value = text.partition("=")
    return is_piece(name, value)


def is_piece(name: str, value: str) -> bool:
    """True if a key's name is one line of a secret that was cut into several."""
    name = name.strip()
    if looks_secret(name):
        return True
    if len(name) < 4 or not re.fullmatch(r"[A-Za-z0-9/+]+", name):
        return False
    nothing = not value.strip("= \t")
    mixed = bool(re.search(r"\d", name)) or not re.fullmatch(r"[a-z]+|[A-Z]?[a-z]+|[A-Z]+", name)
    if value.strip() == "=" or (len(name) >= 16 and is_random_name(name)):
        return True
    if re.search(r"[/+]", name):
        return nothing and len(name) > 8
    return nothing and len(name) >= 12 and mixed and bool(re.search(r"\d", name))
