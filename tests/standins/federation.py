"""What AWS gives to who comes from elsewhere: its console, web identities, `aws login`."""

import base64
import json
import secrets
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from tests.standins.identity_center import IdentityCenter, Mint, Minted
from tests.standins.loopback import Redirect, Refused, Request


class Caller(Protocol):
    """Who calls: by a key, temporary where it has a token."""

    @property
    def arn(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def token(self) -> str | None: ...


class Held(Minted, Protocol):
    """Temporary credentials, and whose they are."""

    @property
    def arn(self) -> str: ...


class Federation(IdentityCenter):
    """Its state: which sign-in token is whose, and who came in by a link."""

    keys: Any  # those that were given out, by id

    def __init__(self, mint: Mint, calls: list[str]) -> None:
        super().__init__(mint, calls)
        self.signed_in: list[str] = []
        self.forwarded: list[str] = []  # the links that they came by
        self.web_identity = secrets.token_hex(16)
        self._login = ""
        self._signin_tokens: dict[str, str] = {}

    def rest(self, request: Request) -> dict[str, Any]:
        """Answer a call of the console's sign-in, or of Identity Center."""
        parts = urlsplit(request.path)
        if parts.path == "/v1/token":
            return self._login_token(json.loads(request.body), request.headers)
        if parts.path != "/federation":
            return super().rest(request)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self.lock:
            self.calls.append(asked.get("Action", ""))
            self._fail(parts.path)
            if asked.get("Action") == "getSigninToken":
                return {"SigninToken": self._signin_token(asked)}
            arn = self._signin_tokens.get(asked.get("SigninToken", ""))
            if arn is None:
                raise Refused("", "no such token", 400)
            self.signed_in.append(arn)
            self.forwarded.append(request.path)
            raise Redirect(asked["Destination"])

    def _signin_token(self, asked: dict[str, str]) -> str:
        given = json.loads(asked["Session"])
        key: Held | None = self.keys.get(given["sessionId"])
        real = key is not None and (key.secret, key.token) == (
            given["sessionKey"],
            given["sessionToken"],
        )
        # Sessions of GetSessionToken are a user's own, and the console takes none of those.
        if not real or key is None or ":user/" in key.arn or "SessionDuration" in asked:
            raise Refused("", "not these", 400)
        token = secrets.token_urlsafe(40)
        self._signin_tokens[token] = key.arn
        return token

    def log_in(self) -> str:
        """Somebody signs in by `aws login`; what renews it, once."""
        with self.lock:
            self._login = secrets.token_hex(16)
            return self._login

    def _login_token(self, asked: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        with self.lock:
            self.calls.append("/v1/token")
            if asked["refreshToken"] != self._login or not _proved(headers.get("dpop", "")):
                raise Refused("AccessDeniedException", "TOKEN_EXPIRED", 403)
            arn = "arn:aws:sts::123456789012:assumed-role/Login/alice"
            key = self._mint(arn, "123456789012", 900)
            parts = ("accessKeyId", key.id), ("secretAccessKey", key.secret)
            return {
                "accessToken": {**dict(parts), "sessionToken": key.token},
                "tokenType": "aws_sigv4",
                "expiresIn": 900,
                "refreshToken": self.log_in(),
            }

    def by_web_identity(self, parameters: dict[str, str]) -> str:
        """AssumeRoleWithWebIdentity, in XML: whoever has the right token may be any role."""
        if parameters["WebIdentityToken"] != self.web_identity:
            raise Refused("InvalidIdentityToken", "The token is not one of ours.", 400)
        account, role = parameters["RoleArn"].split(":")[4], parameters["RoleArn"].split("/")[-1]
        arn = f"arn:aws:sts::{account}:assumed-role/{role}/{parameters['RoleSessionName']}"
        return credentials(self._mint(arn, account, 3600), arn)

    def federated(self, caller: Caller, parameters: dict[str, str]) -> str:
        """GetFederationToken, in XML."""
        if caller.token is not None:
            raise Refused("AccessDenied", "Cannot call GetFederationToken with session credentials")
        if "PolicyArns.member.1.arn" not in parameters:
            raise Refused("PackedPolicyTooLarge", "this session may do nothing", 400)
        name, account = parameters["Name"], caller.account
        arn = f"arn:aws:sts::{account}:federated-user/{name}"
        return credentials(self._mint(arn, account, 43200), arn)


def _proved(token: str) -> bool:
    """Whether whoever made the token has the key that it names (RFC 9449)."""
    head, claims, signature = token.split(".")
    key = json.loads(_bytes(head))["jwk"]
    x, y = (int.from_bytes(_bytes(key[axis])) for axis in "xy")
    r, s = (int.from_bytes(half) for half in (_bytes(signature)[:32], _bytes(signature)[32:]))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    try:
        public.verify(
            utils.encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(SHA256())
        )
    except InvalidSignature:
        return False
    return bool(json.loads(_bytes(claims))["htm"] == "POST")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def credentials(key: Minted, arn: str) -> str:
    """Credentials as STS tells them, in XML."""
    expires: datetime | None = key.expires
    assert expires is not None
    return (
        f"<Credentials><AccessKeyId>{key.id}</AccessKeyId>"
        f"<SecretAccessKey>{key.secret}</SecretAccessKey>"
        f"<SessionToken>{key.token}</SessionToken>"
        f"<Expiration>{expires:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
        f"<AssumedRoleUser><Arn>{arn}</Arn><AssumedRoleId>AROAEXAMPLE</AssumedRoleId>"
        "</AssumedRoleUser>"
    )
