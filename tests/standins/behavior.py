"""A fake AWS with regions that are not enabled, calls that hang, and latency."""

import re
import time
from threading import Event

from tests.standins.aws import Aws
from tests.standins.loopback import Refused, Request

_SCOPE = re.compile(r"Credential=(\w+)/\d+/([a-z0-9-]+)/")


class FaultyAws(Aws):
    """``closed``: regions in which STS knows no key. ``hanging``: keys whose calls get no answer.

    ``latency`` is in seconds, before each answer. ``signed`` are the keys and regions of all calls.
    """

    def __init__(self) -> None:
        super().__init__()
        self.closed: set[str] = set()
        self.hanging: set[str] = set()
        self.latency = 0.0
        self.signed: list[tuple[str, str]] = []
        self.over = Event()

    def query(self, request: Request) -> tuple[int, str]:
        """As the fake AWS, after the latency; refuses or hangs where it is told to."""
        time.sleep(self.latency)
        found = _SCOPE.search(request.headers.get("authorization", ""))
        key, region = found.groups() if found else ("", "")
        self.signed.append((key, region))
        if key in self.hanging:
            self.over.wait(60)
        if region in self.closed:
            raise Refused("InvalidClientTokenId", "The security token included is invalid.")
        return super().query(request)
