"""What a fan-out returns: results and failures, as values, rows or a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from unicodedata import east_asian_width

from awsprof.masking.mask import mask_message, mask_text
from awsprof.text import sanitize

R = TypeVar("R")
Task = tuple[str, str | None]  # a profile, and a region


@dataclass(frozen=True)
class Result(Generic[R]):
    """The value that the function returned for ``profile`` in ``region``.

    ``region`` is None where the profile's own region applies.
    """

    profile: str
    region: str | None
    value: R


@dataclass(frozen=True)
class Failure:
    """The exception raised for ``profile`` in ``region``: by the function, or to get credentials.

    ``region`` is None where the profile's own region applies.
    """

    profile: str
    region: str | None
    error: Exception


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """What ``awsprof.map`` returns: ``results`` and ``errors``, each in the order requested.

    - ``results``: a tuple of ``Result`` (``profile``, ``region``, ``value``).
    - ``errors``: a tuple of ``Failure`` (``profile``, ``region``, ``error``).
    - ``unfinished``: a tuple of (profile, region) that Ctrl-C left undone; else empty.

    It is false if anything failed or is unfinished. Iterating yields the results, then the
    failures. ``print(outcome)`` prints its ``table()``.
    """

    results: tuple[Result[R], ...]
    errors: tuple[Failure, ...]
    unfinished: tuple[tuple[str, str | None], ...] = ()

    def __bool__(self) -> bool:
        """True if everything was done and nothing failed."""
        return not (self.errors or self.unfinished)

    def __len__(self) -> int:
        return len(self.results) + len(self.errors)

    def __iter__(self) -> Iterator[Result[R] | Failure]:
        """Yields the results, then the failures."""
        yield from self.results
        yield from self.errors

    def rows(self) -> list[dict[str, Any]]:
        """Returns a dict for each call, with the keys profile, region, value and error.

        ``pandas.DataFrame(outcome.rows())`` and ``csv.DictWriter`` take it as it is.
        """
        blank = {"value": None, "error": None}
        done: list[dict[str, Any]] = [
            {"profile": each.profile, "region": each.region, **blank, "value": each.value}
            for each in self.results
        ]
        return done + [
            {"profile": each.profile, "region": each.region, **blank, "error": each.error}
            for each in self.errors
        ]

    def table(self) -> str:
        """Returns a line of text for each call: profile, region, and its value or error.

        Columns line up, full-width characters included; a value is cut at 300 characters. Text
        with the shape of a secret is masked.
        """
        rows = [
            (each.profile, each.region or "", mask_text(str(each.value))) for each in self.results
        ]
        rows += [(each.profile, each.region or "", _error_text(each.error)) for each in self.errors]
        rows += [(name, region or "", "not finished") for name, region in self.unfinished]
        return _aligned([tuple(map(sanitize, row)) for row in rows])

    def __str__(self) -> str:
        return self.table()


def _error_text(error: Exception) -> str:
    return f"{type(error).__name__}: {mask_message(str(error))}"


@dataclass(frozen=True)
class Progress:
    """How far ``awsprof.map`` is: ``done`` of ``total`` calls have finished.

    ``profile`` and ``region`` are those of the call that finished last; ``error`` is the exception
    that it raised, or None.
    """

    done: int
    total: int
    profile: str
    region: str | None
    error: Exception | None


class Interrupted(KeyboardInterrupt):
    """Ctrl-C stopped ``awsprof.map``; ``outcome`` has what was done until then.

    It is a KeyboardInterrupt, so a script that does not catch it ends as usual. Calls that are
    under way are abandoned, and end with the process.
    """

    def __init__(self, outcome: Outcome[Any]) -> None:
        super().__init__(f"{len(outcome)} done, {len(outcome.unfinished)} not finished")
        self.outcome = outcome


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
            if width
        ).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    """Returns the terminal columns of a text: full-width characters take two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
