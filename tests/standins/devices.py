"""MFA devices whose codes are good once, as AWS has it (RFC 6238)."""

import hmac
import secrets
import struct
import time
from dataclasses import dataclass, field

STEP = 30  # seconds of a code


@dataclass
class Device:
    """A virtual MFA device; each of its codes is good once."""

    serial: str
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(20))
    used: set[int] = field(default_factory=set)

    def code(self) -> str:
        """The code of this moment (RFC 6238), of the next one where it was used up."""
        step = int(time.time()) // STEP
        while step in self.used:
            step += 1
        return self.at(step)

    def at(self, step: int) -> str:
        digest = hmac.digest(self.seed, struct.pack(">Q", step), "sha1")
        offset = digest[-1] & 15
        number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06}"

    def take(self, code: str) -> bool:
        """Whether the code is one of about now, and was not used before."""
        now = int(time.time()) // STEP
        for step in range(now - 1, now + 3):
            if step not in self.used and hmac.compare_digest(self.at(step), code):
                self.used.add(step)
                return True
        return False

    def takes_both(self, first: str, second: str) -> bool:
        """Whether they are two codes of about now, one right behind the other."""
        now = int(time.time()) // STEP
        steps = range(now - 3, now + 3)
        return any((self.at(step), self.at(step + 1)) == (first, second) for step in steps)
