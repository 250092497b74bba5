"""The pages of a list that AWS gives piece by piece: so many and no more."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from awsprof.errors import CredentialsError

MOST: Final = 1000  # pages of one list: 100,000 accounts of a portal, as many users of IAM
_T = TypeVar("_T")


def limit_pages(pages: Iterable[_T], called: str) -> Iterator[_T]:
    """The pages of the list ``called`` (for people). CredentialsError: there are more than 1000."""
    for number, page in enumerate(pages):
        if number == MOST:
            raise CredentialsError(
                f"{called} has more than {MOST} pages, which no list of AWS has.",
                "look for a proxy, or an endpoint_url, that answers in AWS's place",
                code="no-answer",
            )
        yield page
