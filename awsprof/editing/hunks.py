"""What changed between two texts, line by line, and how to take it back.

A secret in such a line is cut out before the line is shown or kept.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from awsprof.editing import linediff
from awsprof.secret import Secret

_CONTEXT: Final = 3  # lines kept on each side, to find the place again
_SECRET: Final = re.compile(
    r"(?P<head>\s*(?:[#;].*?)?"  # one that was commented out is a secret still
    r"(?:aws_secret_access_key|aws_session_token|aws_security_token)\s*[=:][ \t]*)"
    r"(?P<secret>[^\r\n]*[^\s])(?P<tail>\s*)\Z",
    re.IGNORECASE,
)
_REFERENCE: Final = re.compile(r"\{\{(history/[0-9a-f]{64})\}\}")


@dataclass(frozen=True)
class Hunk:
    """Lines that were replaced: from ``start`` (0-based, in the new text), with their context."""

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]


def lines_of(data: bytes | None) -> list[str]:
    """The lines with their line ends; bytes that are no UTF-8 survive the way back."""
    return (data or b"").decode(errors="surrogateescape").splitlines(keepends=True)


def digest(data: bytes | None) -> str:
    """What tells one text from another; no file is one of its own."""
    return "none" if data is None else hashlib.sha256(data).hexdigest()


def between(before: bytes | None, after: bytes | None) -> tuple[Hunk, ...]:
    """The hunks that lead from one text to the other, in order."""
    old, new = lines_of(before), lines_of(after)
    return tuple(
        Hunk(
            j1,
            tuple(old[i1:i2]),
            tuple(new[j1:j2]),
            tuple(new[max(0, j1 - _CONTEXT) : j1]),
            tuple(new[j2 : j2 + _CONTEXT]),
        )
        for i1, i2, j1, j2 in linediff.changed(old, new)
    )


def cut_secrets(lines: tuple[str, ...], keep: Callable[[str, Secret], None]) -> tuple[str, ...]:
    """The lines with a reference in the place of each secret, which ``keep`` is handed by name."""

    def cut(line: str) -> str:
        match = _SECRET.match(line)
        if match is None or _REFERENCE.search(line):
            return line
        name = f"history/{hashlib.sha256(match['secret'].encode()).hexdigest()}"
        keep(name, Secret(match["secret"]))
        return f"{match['head']}{{{{{name}}}}}{match['tail']}"

    return tuple(cut(line) for line in lines)


def references(lines: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the secrets that these lines refer to."""
    return tuple(name for line in lines for name in _REFERENCE.findall(line))


def fill_secrets(lines: tuple[str, ...], secrets: Mapping[str, Secret]) -> tuple[str, ...]:
    """The lines with their secrets in them again."""
    return tuple(_REFERENCE.sub(lambda match: secrets[match[1]].reveal(), line) for line in lines)


def shown(line: str) -> str:
    """The line as a person may see it: without its end, and without a secret."""
    line = line.rstrip("\r\n")
    match = _SECRET.match(line)
    return f"{match['head']}***" if match else line


@dataclass(frozen=True)
class Reverted:
    """The text with hunks taken back, and what of somebody else's was in the way."""

    data: bytes
    conflicts: tuple[str, ...]


def revert(data: bytes | None, hunks: tuple[Hunk, ...]) -> Reverted:
    """Take ``hunks`` back from a text that may have changed since.

    A place that was changed since is overwritten, and named in ``conflicts``; one that is not
    found again is left, and named too.
    """
    lines = lines_of(data)
    conflicts = []
    for hunk in sorted(hunks, key=lambda hunk: -hunk.start):
        place = _exact(lines, hunk)
        if place is None:
            place = _around(lines, hunk)
            if place is None:
                conflicts.append("A part that was changed is not there any more; it is left.")
                continue
            lost = "; ".join(shown(line).strip() for line in lines[slice(*place)])
            conflicts.append(f"This was written since, and would go: {lost or 'nothing'}")
        lines[slice(*place)] = hunk.old
    return Reverted("".join(lines).encode(errors="surrogateescape"), tuple(conflicts))


def _exact(lines: list[str], hunk: Hunk) -> tuple[int, int] | None:
    """Where the hunk's new lines stand between their context, nearest to where they stood."""
    for above, below in ((hunk.above, hunk.below), (hunk.above[-1:], hunk.below[:1])):
        wanted = [*above, *hunk.new, *below]
        if not wanted and not lines:
            return (0, 0)
        spots = _outwards(hunk.start - len(above), len(lines) - len(wanted)) if wanted else ()
        for spot in spots:
            if lines[spot] == wanted[0] and lines[spot : spot + len(wanted)] == wanted:
                best = spot + len(above)
                return (best, best + len(hunk.new))
    return None


def _outwards(start: int, last: int) -> Iterator[int]:
    """The places from 0 to ``last``, the nearest to ``start`` first."""
    below, above = min(start, last), max(start + 1, 0)
    while below >= 0 or above <= last:
        if below >= 0 and (above > last or start - below <= above - start):
            yield below
            below -= 1
        else:
            yield above
            above += 1


def _around(lines: list[str], hunk: Hunk) -> tuple[int, int] | None:
    """The lines between the hunk's neighbours, whatever they are now."""
    start = 0
    if hunk.above:
        spots = [i + 1 for i, line in enumerate(lines) if line == hunk.above[-1]]
        if not spots:
            return None
        start = min(spots, key=lambda spot: abs(spot - hunk.start))
    if not hunk.below:
        return (start, len(lines))
    ends = [i for i in range(start, len(lines)) if lines[i] == hunk.below[0]]
    return (start, ends[0]) if ends else None
