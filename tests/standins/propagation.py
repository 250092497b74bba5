"""What IAM takes its time with, and whom it wants a code of: knobs of the stand-in."""

import re
import time
from dataclasses import dataclass, field

from tests.standins.loopback import Refused


@dataclass
class IamBehaviour:
    """``known_after``: seconds until a new key is known. ``wants_mfa``: IAM refuses bare keys.

    ``denied`` are the actions of IAM that nobody may do.
    """

    known_after: float = 0.0
    wants_mfa: bool = False
    denied: set[str] = field(default_factory=set)
    _born: dict[str, float] = field(default_factory=dict)

    def check_known(self, key_id: str) -> None:
        """Refuse a key that is too young."""
        if time.monotonic() - self._born.get(key_id, float("-inf")) < self.known_after:
            raise Refused("InvalidClientTokenId", "The security token included is invalid.")

    def check_allowed(self, action: str, given: dict[str, str], *, mfa: bool) -> None:
        """Refuse what policies would, and a session that leaves out whose key it changes."""
        iam = action.endswith(("AccessKey", "AccessKeys", "AccessKeyLastUsed"))
        if action in self.denied or (iam and self.wants_mfa and not mfa):
            raise Refused("AccessDenied", f"not authorized to perform: iam:{action}")
        if action == "UpdateAccessKey" and mfa and "UserName" not in given:
            raise Refused("ValidationError", "Must specify userName", 400)

    def note(self, action: str, answer: str) -> None:
        """When a key was made."""
        made = re.search(r"<AccessKeyId>(\w+)<", answer) if action == "CreateAccessKey" else None
        if made:
            self._born[made[1]] = time.monotonic()
