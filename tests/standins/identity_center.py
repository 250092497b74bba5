"""IAM Identity Center on loopback: device codes, tokens, and the access portal."""

import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from tests.standins.loopback import Refused, Request


class Minted(Protocol):
    """Temporary credentials."""

    @property
    def id(self) -> str: ...
    @property
    def secret(self) -> str: ...
    @property
    def token(self) -> str | None: ...
    @property
    def expires(self) -> datetime | None: ...


Mint = Callable[[str, str, int], Minted]


class IdentityCenter:
    """Its state: accounts with their roles, codes that wait, tokens that were given.

    ``mint`` makes credentials that the STS beside it takes: of an ARN, an account, and seconds.
    """

    def __init__(self, mint: Mint, calls: list[str]) -> None:
        self.url = ""
        self.lock = threading.RLock()
        self.calls = calls
        self.accounts: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.device_codes: dict[str, bool | None] = {}
        self.approve_at_once = False
        self.tokens: set[str] = set()
        self._mint = mint

    def rest(self, request: Request) -> dict[str, Any]:
        """Answer a call of Identity Center, in JSON."""
        path, query = urlsplit(request.path).path, parse_qs(urlsplit(request.path).query)
        body = json.loads(request.body or b"{}") if request.method == "POST" else {}
        with self.lock:
            self.calls.append(path)
            if path == "/client/register":
                return {
                    "clientId": "client",
                    "clientSecret": "client-secret",
                    "clientIdIssuedAt": int(time.time()),
                    "clientSecretExpiresAt": int(time.time()) + 7776000,
                }
            if path == "/device_authorization":
                return self._device_authorization()
            if path == "/token":
                return self._token(body)
            return self._portal(path, query, request)

    def _device_authorization(self) -> dict[str, Any]:
        code = secrets.token_hex(8)
        self.device_codes[code] = True if self.approve_at_once else None
        return {
            "deviceCode": code,
            "userCode": "ABCD-EFGH",
            "verificationUri": f"{self.url}/device",
            "verificationUriComplete": f"{self.url}/device?user_code=ABCD-EFGH",
            "expiresIn": 600,
            "interval": 1,
        }

    def approve(self) -> None:
        """What the person does in the browser."""
        with self.lock:
            self.device_codes = {
                code: True if answer is None else answer
                for code, answer in self.device_codes.items()
            }

    def _token(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.device_codes.get(body.get("deviceCode", ""))
        if body.get("deviceCode") not in self.device_codes:
            raise Refused("InvalidGrantException", "invalid_grant", 400)
        if answer is None:
            raise Refused("AuthorizationPendingException", "authorization_pending", 400)
        if not answer:
            raise Refused("AccessDeniedException", "access_denied", 400)
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return {"accessToken": token, "tokenType": "Bearer", "expiresIn": 28800}

    def _portal(self, path: str, query: dict[str, list[str]], request: Request) -> dict[str, Any]:
        if request.headers.get("x-amz-sso_bearer_token") not in self.tokens:
            raise Refused("UnauthorizedException", "Session token not found or invalid", 401)
        if path == "/logout":
            self.tokens.discard(request.headers["x-amz-sso_bearer_token"])
            return {}
        if path == "/assignment/accounts":
            every = [
                {"accountId": id_, "accountName": name} for id_, (name, _) in self.accounts.items()
            ]
            return _page("accountList", every, query)
        account = query["account_id"][0]
        if account not in self.accounts:
            raise Refused("ForbiddenException", "No access", 403)
        if path == "/assignment/roles":
            roles = [{"roleName": r, "accountId": account} for r in self.accounts[account][1]]
            return _page("roleList", roles, query)
        role = query["role_name"][0]
        if role not in self.accounts[account][1]:
            raise Refused("ForbiddenException", "No access", 403)
        arn = f"arn:aws:sts::{account}:assumed-role/AWSReservedSSO_{role}_0123456789abcdef/alice"
        key = self._mint(arn, account, 3600)
        assert key.expires is not None
        return {
            "roleCredentials": {
                "accessKeyId": key.id,
                "secretAccessKey": key.secret,
                "sessionToken": key.token,
                "expiration": int(key.expires.timestamp() * 1000),
            }
        }


def _page(name: str, every: list[dict[str, str]], query: dict[str, list[str]]) -> dict[str, Any]:
    """Two at a time, so that whoever forgets the next page notices."""
    start = int(query.get("next_token", ["0"])[0])
    more = {"nextToken": str(start + 2)} if start + 2 < len(every) else {}
    return {name: every[start : start + 2], **more}
