"""Line-by-line differences between two texts; ``hunk_revert`` reverts them.

The history contains no secrets: a changed line has a reference instead (see ``redaction``), and the
context lines, which only help to find the place again, have ``***``. The preview, the history and a
rollback compare the same two texts, so the last comparisons are kept.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from awsprof.configfile.encoding import join_diff_lines
from awsprof.editing import redaction
from awsprof.editing.line_diff import LineSpan, changed_spans, is_significant
from awsprof.masking.mask import MASK
from awsprof.secret import Secret

CONTEXT: Final = 3  # lines of context on each side
_LineNumbers = Mapping[str, Collection[int]]


class Comparison(NamedTuple):
    """The text before and after, and the ``spans`` of lines in which they differ, in order."""

    old: redaction.SecretSpans
    new: redaction.SecretSpans
    spans: Sequence[LineSpan]


@lru_cache(maxsize=4)
def compare(before: bytes | None, after: bytes | None) -> Comparison:
    """Compares two texts; None is no file. Secrets are found once somebody asks for them."""
    old, new = redaction.split_bytes(before), redaction.split_bytes(after)
    return Comparison(
        redaction.SecretSpans(old), redaction.SecretSpans(new), tuple(changed_spans(old, new))
    )


@dataclass(frozen=True)
class Hunk:
    """Replaced lines and their context; ``start`` is the 0-based line in the new text.

    ``section`` is the header above in the new text; None if there is none, or it was not noted.
    """

    start: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    above: tuple[str, ...]
    below: tuple[str, ...]
    section: str | None = None


def text_digest(data: bytes | None) -> str:
    """Returns the SHA-256 of a text in hex, or "none" if there is no file."""
    return "none" if data is None else hashlib.sha256(data).hexdigest()


def hunks_between(before: bytes | None, after: bytes | None) -> tuple[Hunk, ...]:
    """Returns the hunks that turn one text into the other, in order, with secrets."""
    compared = compare(before, after)
    old, new = compared.old.lines, compared.new.lines
    headers = _header_numbers(new)
    return tuple(
        Hunk(
            j1,
            tuple(old[i1:i2]),
            tuple(new[j1:j2]),
            tuple(new[max(0, j1 - CONTEXT) : j1]),
            tuple(new[j2 : j2 + CONTEXT]),
            next(iter(new[slice(*_last_before(j1, headers))]), None),
        )
        for i1, i2, j1, j2 in compared.spans
    )


def redact_hunks(
    before: bytes | None,
    after: bytes | None,
    names: redaction.SecretNames,
    staying: Callable[[], Mapping[str, Secret]],
    keep: Callable[[str, Secret], None],
) -> tuple[Hunk, ...]:
    """Returns the hunks as the history stores them, without secrets.

    Calls ``keep`` with the name and the value of each secret in the old lines that is not in
    ``staying()``, the secrets that are still in a file.
    """

    def old_reference(secret: str) -> str:
        name = names.of(secret)
        if name in staying():
            return redaction.file_reference(name)
        keep(name, redaction.as_vault_secret(secret))
        return f"{{{{{name}}}}}"

    old, new, spans = compare(before, after)
    headers = _header_numbers(new.lines)

    def new_reference(secret: str) -> str:
        return redaction.file_reference(names.of(secret))

    def context(start: int, stop: int) -> tuple[str, ...]:
        return tuple(new.redacted(max(0, start), stop, _mask))

    return tuple(
        Hunk(
            j1,
            tuple(old.redacted(i1, i2, old_reference)),
            tuple(new.redacted(j1, j2, new_reference)),
            context(j1 - CONTEXT, j1),
            context(j2, j2 + CONTEXT),
            next(iter(context(*_last_before(j1, headers))), None),
        )
        for i1, i2, j1, j2 in spans
    )


def _header_numbers(lines: Sequence[str]) -> list[int]:
    return [at for at, line in enumerate(lines) if line.startswith("[")]


def _last_before(at: int, headers: Sequence[int]) -> tuple[int, int]:
    """Returns the span of the last header above line ``at``; an empty one if there is none."""
    found = bisect_left(headers, at) - 1
    return (headers[found], headers[found] + 1) if found >= 0 else (0, 0)


def _mask(secret: str) -> str:
    del secret
    return MASK


def holds_secret(hunk: Hunk) -> bool:
    """True if a hunk contains a secret in plain text."""
    texts = ((*hunk.above, *lines, *hunk.below) for lines in (hunk.old, hunk.new))
    return any(found for text in texts for _, found in redaction.locate_secrets(text))


def clean_hunk(
    hunk: Hunk, names: redaction.SecretNames, keep: Callable[[str, Secret], None]
) -> Hunk:
    """Redacts a hunk that an earlier version wrote.

    Calls ``keep`` with the name and the value of each secret in the old lines.
    """

    def new_reference(secret: str) -> str:
        return redaction.file_reference(names.of(secret))

    def old_reference(secret: str) -> str:
        keep(names.of(secret), redaction.as_vault_secret(secret))
        return f"{{{{{names.of(secret)}}}}}"

    start, end = len(hunk.above), len(hunk.above) + len(hunk.new)
    now = [*hunk.above, *hunk.new, *hunk.below]
    around = redaction.mask_lines(now, ends=True)
    new = redaction.redact_lines(now, new_reference)[start:end]
    then = redaction.locate_secrets([*hunk.above, *hunk.old, *hunk.below])
    old = redaction.redact_located(then[start : start + len(hunk.old)], old_reference)
    return Hunk(
        hunk.start,
        tuple(old),
        tuple(new),
        tuple(around[:start]),
        tuple(around[end:]),
    )


class RedactedText:
    """A text as the history compares it: references for secrets, ``***`` in the context."""

    def __init__(self, data: bytes | None, names: redaction.SecretNames | None = None) -> None:
        """Without ``names`` nothing is redacted, for hunks that contain secrets."""
        self.lines = redaction.split_bytes(data)
        self._forms = [self.lines]
        self.around = self.lines
        self._index: tuple[_LineNumbers, _LineNumbers] | None = None
        self._header_lines: list[int] | None = None
        self._masked: list[str] | None = None
        if names is not None:
            self._refer(names)

    def _refer(self, names: redaction.SecretNames) -> None:
        located = redaction.locate_secrets(self.lines)

        def former(secret: str) -> str:
            data = secret.encode(errors="surrogateescape")
            return f"{{{{{redaction.IN_VAULT}{hashlib.sha256(data).hexdigest()}}}}}"

        self.lines = redaction.redact_located(
            located, lambda secret: redaction.file_reference(names.of(secret))
        )
        self.around = redaction.redact_located(located, _mask)
        self._forms = [self.lines, redaction.redact_located(located, former)]

    def has(self, at: int, above: Sequence[str], new: Sequence[str], below: Sequence[str]) -> bool:
        """True if the text has ``new`` at line ``at``, between those context lines."""
        start = at - len(above)
        stop = at + len(new)
        if start < 0 or stop + len(below) > len(self.lines):
            return False
        return (
            self.around[start:at] == [*above]
            and any(form[at:stop] == [*new] for form in self._forms)
            and self.around[stop : stop + len(below)] == [*below]
        )

    def contains(self, above: Sequence[str], new: Sequence[str], below: Sequence[str]) -> bool:
        """True if the text has ``new`` anywhere, between those context lines."""
        return any(self.has(at, above, new, below) for at in self.places(above, new, below))

    def has_line(self, line: str) -> bool:
        """True if the text has that line, with ``***`` for secrets."""
        return line in self._numbers()[0]

    def starts(self, new: Sequence[str]) -> list[int]:
        """Returns the lines at which the text has ``new``, whatever is around it."""
        return [at for at in self.places((), new, ()) if self.has(at, (), new, ())]

    def places(
        self,
        above: Sequence[str],
        new: Sequence[str],
        below: Sequence[str],
        header: str | None = None,
    ) -> Iterable[int]:
        """Returns where ``new`` may be, by its rarest line: a file has thousands of places.

        With a ``header`` only places below it are asked for; others may be among those returned.
        """
        around, forms = self._numbers()
        context = [(line, at - len(above)) for at, line in enumerate(above)]
        context += [(line, at + len(new)) for at, line in enumerate(below)]
        found = [(around.get(line, ()), offset) for line, offset in context]
        found += [(forms.get(line, ()), offset) for offset, line in enumerate(new)]
        if header is not None:
            found.append(([at for s in self._sections(header) for at in s], 0))
        if not found:
            return range(len(self.lines) + 1)
        numbers, offset = min(found, key=lambda each: len(each[0]))
        return [number - offset for number in numbers]

    def header_above(self, at: int) -> str | None:
        """Returns the last header above line ``at``, with ``***`` for secrets."""
        start, stop = _last_before(at, self._headers())
        return self.around[start] if start < stop else None

    def is_boundary(self, at: int) -> bool:
        """True if no section goes on at line ``at``: a header follows, or the end."""
        return self.end_below(at) == at

    def end_below(self, at: int) -> int:
        """Returns the end of the last line, from ``at`` on, that is read before the next header."""
        headers = self._headers()
        found = bisect_left(headers, at)
        stop = headers[found] if found < len(headers) else len(self.lines)
        while stop > at and not is_significant(self.around[stop - 1]):
            stop -= 1
        return stop

    def end_of_section(self, header: str | None, near: int) -> int:
        """Returns the line below that section and its blank lines; the end if there is none.

        Of several such sections the one nearest to line ``near`` counts.
        """
        starts = self._numbers()[0].get(header, ()) if header is not None else ()
        if not starts:
            return len(self.lines)
        at = self.end_below(min(starts, key=lambda start: abs(start - near)) + 1)
        while at < len(self.lines) and not self.around[at].strip():
            at += 1
        return at

    def _sections(self, header: str) -> list[range]:
        """Returns the places below each such header, up to the next one."""
        numbers, lines = self._headers(), self._numbers()[0].get(header, ())
        ends = [*numbers, len(self.lines)]
        return [range(at + 1, ends[bisect_left(numbers, at) + 1] + 1) for at in lines]

    def _headers(self) -> list[int]:
        if self._header_lines is None:
            self._header_lines = _header_numbers(self.around)
        return self._header_lines

    def _numbers(self) -> tuple[_LineNumbers, _LineNumbers]:
        """Returns the line numbers of the context's lines, and of those of any form."""
        if self._index is None:
            self._index = _line_numbers([self.around]), _line_numbers(self._forms)
        return self._index

    def masked(self, start: int, stop: int) -> list[str]:
        """Returns these lines with secrets and references masked."""
        if self._masked is None:
            self._masked = redaction.mask_lines(self.lines)
        return self._masked[start:stop]

    def put(self, place: tuple[int, int], lines: Sequence[str]) -> None:
        """Replaces the lines of ``place`` (start, stop)."""
        self._index = self._header_lines = self._masked = None
        masked = [redaction.REFERENCE.sub(MASK, line) for line in lines]
        for form in {id(form): form for form in self._forms}.values():
            form[slice(*place)] = lines
        if self.around is not self.lines:
            self.around[slice(*place)] = masked

    @property
    def data(self) -> bytes:
        """The text as bytes, with references instead of secrets."""
        return join_diff_lines(self.lines)


def _line_numbers(forms: Iterable[Sequence[str]]) -> _LineNumbers:
    """Returns the numbers (from 0) of the lines with each text, in any of the forms."""
    found: dict[str, dict[int, None]] = {}
    for form in forms:
        for number, line in enumerate(form):
            found.setdefault(line, {})[number] = None
    return found
