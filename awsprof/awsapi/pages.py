"""A limit on the pages of a paginated AWS response."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from awsprof.errors import CredentialsError

MOST: Final = 1000  # pages of one list: 100,000 accounts or IAM users
_T = TypeVar("_T")


def limit_pages(pages: Iterable[_T], list_name: str) -> Iterator[_T]:
    """Yields ``pages``. Raises CredentialsError, which names the list, after 1000."""
    for number, page in enumerate(pages):
        if number == MOST:
            raise CredentialsError(
                f"{list_name} has more than {MOST} pages, which no list of AWS has.",
                "look for a proxy, or an endpoint_url, that answers instead of AWS",
                code="no-answer",
            )
        yield page
