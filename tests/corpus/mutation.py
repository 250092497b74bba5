"""Changes to an input that keep its form: JSON by its values, other text by its words and lines.

Bytes changed at random seldom stay JSON, and then no parser of ours gets to see what is in it.
"""

import json
import random
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

# What a value may be that nobody expects.
_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 1e308, 2**63, float("nan"), "", " ", "x", "a\nb", "\x00", "é", "\u202e"),
    *("AKIAIOSFODNN7EXAMPLE", "123456789012", "2100-01-01T00:00:00Z", "2100-13-01", "../../x"),
    *("https://x", "http://[::1", "arn:aws:iam::123456789012:role/A", "eu-west-1", "x" * 300),
    *([], [None], {}, {"": ""}),
)
_WORDS: Final = (
    *(b"\n", b"\r\n", b"\r", b" ", b"\t", b"[", b"]", b"=", b"#", b";", b'"', b"'", b"\\", b":"),
    *(b"{", b"}", b",", b"- ", b"|", b"&a ", b"*a", b"'''", b'"""', b"\x00", b"\xff", b"\x1b[31m"),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xae", b"1", b"-1", b"true", b"inf", b"1979-05-27T07:32:00Z"),
    *(b"[profile a]\n", b"[[x]]\n", b"[a.b]\n", b"source_profile = a\n", b"x" * 100),
)
_Place = tuple[str | int, ...]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """One to three changes to an input, in the form that it has."""
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict | list):
        return _mutate_text(data, rng)
    names = sorted({part for place in _places(value) for part in place if isinstance(part, str)})
    for _ in range(rng.randint(1, 3)):
        _mutate_value(value, [*names, "x"], rng)
    return json.dumps(value).encode()


def _places(value: Any, at: _Place = ()) -> Iterator[_Place]:
    """Where each value is within this one: the keys and indices that lead there."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*at, key)
        if isinstance(inner, dict | list):
            yield from _places(inner, (*at, key))


def _mutate_value(value: Any, names: list[str], rng: random.Random) -> None:
    """Removes, replaces, copies or adds a value, in place."""
    places = [*_places(value)]
    if not places:
        return
    *leading, last = rng.choice(places)
    parent = value
    for key in leading:
        parent = parent[key]
    match rng.randrange(5):
        case 0:
            del parent[last]
        case 1 if isinstance(parent, dict):
            parent[rng.choice(names)] = parent[last]
        case 1:
            parent.append(parent[last])
        case 2:
            parent[last] = rng.choice(names)
        case _:
            parent[last] = deepcopy(rng.choice(_VALUES))


def _mutate_text(data: bytes, rng: random.Random) -> bytes:
    pattern = rb"[^\n]*\n|[^\n]+" if rng.random() < 0.5 else rb"\w+|\W"
    parts = re.findall(pattern, data) or [b""]
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(parts))
        match rng.randrange(5):
            case 0:
                parts[at] = b""
            case 1:
                parts.insert(at, rng.choice(parts))
            case 2:
                parts[at] = rng.choice(parts)
            case 3:
                parts[at] = rng.choice(_WORDS)
            case _:
                parts.insert(at, rng.choice(_WORDS))
    return b"".join(parts)
