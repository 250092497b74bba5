"""Whether a line may contain a secret at all, so that most lines are looked at no further."""

import re
from typing import Final

_SUSPECT: Final = re.compile(
    r"secret|sceret|secert|token|pass|pwd|pw\b|key|credential|bearer|basic|seed|jwt|psk|@|-u\b|--user"
    r"|signature|_process|-p|,\"?a[ks]ia|\.signin\.",
    re.IGNORECASE,
)
_CANDIDATE: Final = re.compile(
    _SUSPECT.pattern + r"|[A-Za-z0-9/+_\-%\\]{15,}|[\u200b-\u200d\u2060\ufeff\u00ad]"
    r"|[A-Za-z0-9/+]{4,}\s*[=:]\s*=|[A-Za-z0-9/+]{12,}\s*[=:]|authorization",
    re.IGNORECASE,
)
# Without IGNORECASE, Python skips to characters that a word may start with: three times as quick.
_LOWER_CANDIDATE: Final = re.compile(_CANDIDATE.pattern)
_LOWER_SUSPECT: Final = re.compile(_SUSPECT.pattern)


def is_candidate(line: str) -> bool:
    """True if the line may contain a secret: most contain no suspicious word, and no long one."""
    if line.isascii():
        return _LOWER_CANDIDATE.search(line.lower()) is not None
    return _CANDIDATE.search(line) is not None


def is_suspect(line: str) -> bool:
    """True if the line has a word that stands beside secrets."""
    if line.isascii():
        return _LOWER_SUSPECT.search(line.lower()) is not None
    return _SUSPECT.search(line) is not None
