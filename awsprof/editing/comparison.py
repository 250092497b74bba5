"""Two texts compared: the lines that differ, and the secrets in each text.

The preview, the history and a rollback ask this about the same texts, so the last answers are kept.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from awsprof.editing import redaction
from awsprof.editing.line_diff import LineSpan, changed_spans


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
