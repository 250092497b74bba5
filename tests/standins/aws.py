"""An AWS on loopback that refuses what AWS refuses: STS and IAM over moto, and Identity Center.

moto keeps users and keys and answers what it answers right. In front of it
signatures are recomputed by botocore's own signer; inactive keys, stale clocks, expired tokens,
used codes, trust policies and the limits on durations are refused with AWS's codes.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.standins import iam_more, policies
from tests.standins.identity_center import IdentityCenter
from tests.standins.loopback import Refused, Request
from tests.standins.moto_iam import Moto, UserKey
from tests.standins.serving import serving
from tests.standins.temper import Temper

__all__ = ["Aws", "Device", "Key", "Role", "serving"]

ACCOUNT = "123456789012"
STEP = 30  # seconds of a code
SKEW = 300  # seconds that a clock may be off


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


@dataclass
class Key:
    """A temporary key (or root's, whom moto has not): whose it is, its token, its end, MFA."""

    id: str
    secret: str
    arn: str
    account: str
    active: bool = True
    token: str | None = None
    expires: datetime | None = None
    mfa: bool = False
    made: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Role:
    """A role and what its trust policy wants."""

    arn: str
    trusted: tuple[str, ...]
    mfa: bool = False
    external_id: str | None = None
    longest: int = 3600


class Aws(IdentityCenter):
    """The state of one such AWS; ``environment`` leads clients to it."""

    def __init__(self) -> None:
        super().__init__(self.temporary, [])
        self.moto = Moto()
        self.keys: dict[str, Key] = {}
        self.roles: dict[str, Role] = {}
        self.devices: dict[str, Device] = {}
        self.virtual = iam_more.Devices()
        self.temper = Temper()
        self.answering: Callable[[], object] = lambda: None  # done, and not yet told

    @property
    def environment(self) -> dict[str, str]:
        """What to set so that SDKs call this AWS."""
        names = ("STS", "IAM", "SSO", "SSO_OIDC")
        return {f"AWS_ENDPOINT_URL_{name}": self.url for name in names}

    def user(self, name: str, account: str = ACCOUNT) -> Key | UserKey:
        """A user's new long-term key; ``root`` makes one of the account's root user."""
        if name == "root":
            return self._key("AKIA", f"arn:aws:iam::{account}:root", account)
        return self.moto.key_of(name, account)

    def device(self, name: str, account: str = ACCOUNT, *, fido: bool = False) -> Device:
        """A virtual MFA device of the user of that name, or a FIDO security key."""
        part = f"u2f/user/{name}/{name}" if fido else f"mfa/{name}"
        made = Device(f"arn:aws:iam::{account}:{part}")
        self.devices[made.serial] = made
        return made

    def role(
        self,
        name: str,
        *,
        account: str = "210987654321",
        trusted: tuple[str, ...] = (),
        mfa: bool = False,
        external_id: str | None = None,
        longest: int = 3600,
    ) -> Role:
        """A role; ``trusted`` are the ARNs that may assume it (none: the first account)."""
        arn = f"arn:aws:iam::{account}:role/{name}"
        trust = trusted or (f"arn:aws:iam::{ACCOUNT}:root",)
        made = self.roles[arn] = Role(arn, trust, mfa, external_id, longest)
        return made

    def _key(self, prefix: str, arn: str, account: str, **more: Any) -> Key:
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        id_ = prefix + "".join(secrets.choice(letters) for _ in range(16))
        made = Key(
            id_,
            secrets.token_urlsafe(30)[:40].replace("-", "/").replace("_", "+"),
            arn,
            account,
            **more,
        )
        self.keys[id_] = made
        return made

    def temporary(self, arn: str, account: str, seconds: int, **more: Any) -> Key:
        """Credentials that end."""
        expires = datetime.now(UTC) + timedelta(seconds=seconds)
        token = base64.b64encode(secrets.token_bytes(60)).decode()
        return self._key("ASIA", arn, account, token=token, expires=expires, **more)

    # STS and IAM

    def query(self, request: Request) -> tuple[int, str]:
        """Answer a signed call of the query protocol, in XML."""
        parameters = {k: v[0] for k, v in parse_qs(request.body.decode()).items()}
        action = parameters.get("Action", "")
        with self.lock:
            self.calls.append(action)
            caller = self._caller(request)
            self.temper.check_allowed(action, parameters, mfa=caller.mfa)
            self._check_policies(caller, action, parameters)
            if action == "GetSessionToken":
                inner = self._session_token(caller, parameters)
            elif action == "AssumeRole":
                inner = self._assume_role(caller, parameters)
            elif action == "GetCallerIdentity" and not isinstance(caller, UserKey):
                inner = (
                    f"<Arn>{caller.arn}</Arn><UserId>AIDAEXAMPLE</UserId>"
                    f"<Account>{caller.account}</Account>"
                )
            else:
                own = iam_more.answer(self, caller, action, parameters)
                if own is None:
                    status, text = self._from_moto(request, caller)
                    self.temper.note(action, text)
                    return status, iam_more.after(self, caller, action, request, text)
                inner = own
        return 200, f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"

    def _check_policies(
        self, caller: Key | UserKey, action: str, parameters: dict[str, str]
    ) -> None:
        """Whether the user's policies allow it; of root and of roles none are kept here."""
        if ":user/" in caller.arn and action not in policies.FREE:
            coded = action == "AssumeRole" and "TokenCode" in parameters
            given = policies.context(
                caller.arn.rsplit("/", 1)[-1],
                token=caller.token,
                made=caller.made if isinstance(caller, Key) else None,
                mfa=caller.mfa or coded,
            )
            policies.check(caller.arn, action, parameters, given)

    def _from_moto(self, request: Request, caller: Key | UserKey) -> tuple[int, str]:
        """What moto says; sessions of a user, which it does not know, speak as the user."""
        if isinstance(caller, UserKey):
            return self.moto.answer(request.path, request.headers, request.body)
        if ":user/" not in caller.arn or not caller.mfa:
            raise Refused("AccessDenied", f"User: {caller.arn} is not authorized.")
        key = self.moto.keys_of(caller.arn, caller.account)[0]
        again = AWSRequest("POST", self.url + request.path, {}, request.body)
        again.headers["content-type"] = request.headers["content-type"]
        again.headers["host"] = request.headers["host"]
        scope = request.headers["authorization"].split("Credential=")[1].split("/")
        SigV4Auth(Credentials(key.id, key.secret), scope[3], scope[2]).add_auth(again)
        return self.moto.answer(request.path, dict(again.headers.items()), request.body)

    def _caller(self, request: Request) -> Key | UserKey:
        given = request.headers.get("authorization", "")
        if not given.startswith("AWS4-HMAC-SHA256 "):
            raise Refused("MissingAuthenticationToken")
        parts = dict(p.strip().split("=", 1) for p in given.split(" ", 1)[1].split(","))
        id_, _, region, service, _ = parts["Credential"].split("/")
        key = self.keys.get(id_) or self.moto.key(id_)
        if key is None or not key.active:
            raise Refused("InvalidClientTokenId", "The security token included is invalid.")
        self.temper.check_known(key.id)
        if request.headers.get("x-amz-security-token") != key.token:
            raise Refused("InvalidClientTokenId", "The security token included is invalid.")
        stamp = request.headers["x-amz-date"]
        sent = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs((datetime.now(UTC) - sent).total_seconds()) > SKEW:
            raise Refused("SignatureDoesNotMatch", "Signature expired")
        signed = {h: request.headers[h] for h in parts["SignedHeaders"].split(";")}
        again = AWSRequest(request.method, self.url + request.path, signed, request.body)
        again.context["timestamp"] = stamp
        auth = SigV4Auth(Credentials(key.id, key.secret), service, region)
        wanted = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
        if not hmac.compare_digest(wanted, parts["Signature"]):
            raise Refused("SignatureDoesNotMatch", "The request signature does not match.")
        if key.expires is not None and key.expires <= datetime.now(UTC):
            raise Refused("ExpiredToken", "The security token included in the request is expired")
        return key

    def _code(self, parameters: dict[str, str]) -> bool:
        serial = parameters.get("SerialNumber")
        if serial is None:
            return False
        device = self.devices.get(serial)
        if device is None or not device.take(parameters.get("TokenCode", "")):
            raise Refused(
                "AccessDenied",
                "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            )
        return True

    def _session_token(self, caller: Key | UserKey, parameters: dict[str, str]) -> str:
        if caller.token is not None:
            raise Refused("AccessDenied", "Cannot call GetSessionToken with session credentials")
        seconds = int(parameters.get("DurationSeconds", "43200"))
        if not 900 <= seconds <= 129600:
            raise Refused("ValidationError", "DurationSeconds is out of range", 400)
        mfa = self._code(parameters)
        return _credentials(self.temporary(caller.arn, caller.account, seconds, mfa=mfa))

    def _assume_role(self, caller: Key | UserKey, parameters: dict[str, str]) -> str:
        role = self.roles.get(parameters["RoleArn"])
        denied = Refused(
            "AccessDenied",
            f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource:"
            f" {parameters['RoleArn']}",
        )
        if role is None or not {caller.arn, f"arn:aws:iam::{caller.account}:root"} & set(
            role.trusted
        ):
            raise denied
        if caller.token is not None and "SerialNumber" in parameters:
            raise denied
        seconds = int(parameters.get("DurationSeconds", "3600"))
        if not 900 <= seconds <= role.longest or (caller.token and seconds > 3600):
            raise Refused(
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
                400,
            )
        mfa = self._code(parameters) or caller.mfa
        if (role.mfa and not mfa) or (
            role.external_id and parameters.get("ExternalId") != role.external_id
        ):
            raise denied
        account, name = role.arn.split(":")[4], role.arn.rsplit("/", 1)[-1]
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{parameters['RoleSessionName']}"
        return _credentials(self.temporary(arn, account, seconds))


def _credentials(key: Key) -> str:
    assert key.expires is not None
    return (
        f"<Credentials><AccessKeyId>{key.id}</AccessKeyId>"
        f"<SecretAccessKey>{key.secret}</SecretAccessKey>"
        f"<SessionToken>{key.token}</SessionToken>"
        f"<Expiration>{key.expires:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
        f"<AssumedRoleUser><Arn>{key.arn}</Arn><AssumedRoleId>AROAEXAMPLE</AssumedRoleId>"
        "</AssumedRoleUser>"
    )
