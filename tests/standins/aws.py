"""An AWS on loopback that refuses what AWS refuses: STS, IAM and S3 over moto, Identity Center.

moto keeps users and keys and answers what it answers right. In front of it
signatures are recomputed by botocore's own signer; inactive keys, stale clocks, expired tokens,
used codes, trust policies and the limits on durations are refused with AWS's codes.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.standins import iam_extra, policies
from tests.standins.devices import STEP as STEP
from tests.standins.devices import Device as Device
from tests.standins.federation import Federation, credentials
from tests.standins.loopback import Refused, Request
from tests.standins.moto_iam import Moto, UserKey
from tests.standins.propagation import IamBehaviour
from tests.standins.serving import serving as serving

ACCOUNT = "123456789012"
SKEW = 300  # seconds that a clock may be off
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<id>[^/ ]*)/\d{8}/(?P<region>[^/ ]*)/(?P<service>[^/ ]*)"
    r"/aws4_request, SignedHeaders=(?P<headers>[^, ]*), Signature=(?P<signature>[0-9a-f]*)\Z"
)
# STS API reference, AssumeRole: RoleSessionName.
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}\Z", re.ASCII)


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
    mfa_age: int | None = None  # seconds (aws:MultiFactorAuthAge)
    source_identity: str | None = None


class Aws(Federation):
    """The state of one such AWS; ``environment`` leads clients to it."""

    def __init__(self) -> None:
        super().__init__(self.temporary, [])
        self.moto = Moto()
        self.keys: dict[str, Key] = {}
        self.roles: dict[str, Role] = {}
        self.devices: dict[str, Device] = {}
        self.answering: Callable[[], object] = lambda: None  # done, and not yet told
        self.ahead = 0  # seconds that AWS's clock is before ours
        self.asked: list[dict[str, str]] = []  # of AssumeRole
        self.temper = IamBehaviour()
        self.virtual = iam_extra.Devices()
        self.organization: dict[str, tuple[str, str]] = {}  # names and states, by account
        self.manages_organization = ACCOUNT

    @property
    def environment(self) -> dict[str, str]:
        """What to set so that SDKs call this AWS."""
        names = ("STS", "IAM", "S3", "SSO", "SSO_OIDC", "SIGNIN", "ORGANIZATIONS")
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
        source_identity: str | None = None,
    ) -> Role:
        """A role; ``trusted`` are the ARNs that may assume it (none: the first account)."""
        arn = f"arn:aws:iam::{account}:role/{name}"
        trust = trusted or (f"arn:aws:iam::{ACCOUNT}:root",)
        made = self.roles[arn] = Role(
            arn, trust, mfa, external_id, longest, source_identity=source_identity
        )
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
            unsigned = action == "AssumeRoleWithWebIdentity"
            caller = None if unsigned else self.caller(request)
            self.temper.check_allowed(action, parameters, mfa=caller is not None and caller.mfa)
            if caller is not None:
                self._check_policies(caller, action, parameters)
            if caller is None:
                inner = self.by_web_identity(parameters)
            elif action == "GetSessionToken":
                inner = self._session_token(caller, parameters)
            elif action == "GetFederationToken":
                inner = self.federated(caller, parameters)
            elif action == "AssumeRole":
                inner = self._assume_role(caller, parameters)
            elif action == "GetCallerIdentity" and not isinstance(caller, UserKey):
                inner = (
                    f"<Arn>{caller.arn}</Arn><UserId>AIDAEXAMPLE</UserId>"
                    f"<Account>{caller.account}</Account>"
                )
            else:
                own = iam_extra.answer(self, caller, action, parameters)
                if own is None:
                    status, text = self._from_moto(request, caller)
                    self.temper.note(action, text)
                    return status, iam_extra.after(self, caller, action, request, text)
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

    def caller(self, request: Request) -> Key | UserKey:
        """Whose key signed the call; Refused where AWS would not take it."""
        given = request.headers.get("authorization", "")
        if not given.startswith("AWS4-HMAC-SHA256 "):
            raise Refused("MissingAuthenticationToken")
        found = _AUTHORIZATION.match(given)
        if found is None:
            raise Refused(
                "IncompleteSignature", "The Authorization header is not well formed.", 400
            )
        parts = found.groupdict()
        id_, region, service = parts["id"], parts["region"], parts["service"]
        key = self.keys.get(id_) or self.moto.key(id_)
        if key is None or not key.active:
            raise Refused("InvalidClientTokenId", "The security token included is invalid.")
        self.temper.check_known(key.id)
        if request.headers.get("x-amz-security-token") != key.token:
            raise Refused("InvalidClientTokenId", "The security token included is invalid.")
        stamp = request.headers["x-amz-date"]
        sent = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs((datetime.now(UTC) - sent).total_seconds() + self.ahead) > SKEW:
            raise Refused("SignatureDoesNotMatch", "Signature expired")
        signed = {h: request.headers[h] for h in parts["headers"].split(";")}
        again = AWSRequest(request.method, self.url + request.path, signed, request.body)
        again.context["timestamp"] = stamp
        auth = SigV4Auth(Credentials(key.id, key.secret), service, region)
        wanted = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
        if not hmac.compare_digest(wanted, parts["signature"]):
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
        made = self.temporary(caller.arn, caller.account, seconds, mfa=mfa)
        return credentials(made, made.arn)

    def _assume_role(self, caller: Key | UserKey, parameters: dict[str, str]) -> str:
        self.asked.append(parameters)
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
        if not _SESSION_NAME.match(parameters.get("RoleSessionName", "")):
            raise Refused(
                "ValidationError",
                f"1 validation error detected: Value '{parameters.get('RoleSessionName')}' at"
                " 'roleSessionName' failed to satisfy constraint: Member must satisfy regular"
                " expression pattern: [\\w+=,.@-]*",
                400,
            )
        seconds = int(parameters.get("DurationSeconds", "3600"))
        if not 900 <= seconds <= role.longest or (caller.token and seconds > 3600):
            raise Refused(
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
                400,
            )
        mfa = self._code(parameters) or caller.mfa
        age = datetime.now(UTC) - caller.made if isinstance(caller, Key) and caller.mfa else None
        if age and role.mfa_age is not None and age.total_seconds() > role.mfa_age:
            raise denied
        if (
            (role.mfa and not mfa)
            or (role.source_identity and parameters.get("SourceIdentity") != role.source_identity)
            or (role.external_id and parameters.get("ExternalId") != role.external_id)
        ):
            raise denied
        account, name = role.arn.split(":")[4], role.arn.rsplit("/", 1)[-1]
        arn = f"arn:aws:sts::{account}:assumed-role/{name}/{parameters['RoleSessionName']}"
        return credentials(self.temporary(arn, account, seconds), arn)
