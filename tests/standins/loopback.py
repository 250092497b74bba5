"""What a stand-in on loopback is made of: a request, and a refusal as AWS tells it."""

from dataclasses import dataclass


@dataclass
class Request:
    """An HTTP request, its headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Refused(Exception):
    """An error as AWS tells it."""

    def __init__(self, code: str, message: str = "", status: int = 403) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message or code, status


class Redirect(Exception):
    """The browser is sent elsewhere."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location
