"""IAM Identity Center on loopback: device codes, tokens, and the access portal."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.standins.loopback import Redirect, Refused, Request


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
        self.page = 2  # items, so that whoever forgets the next page notices
        self.accounts: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.device_codes: dict[str, bool | None] = {}
        self.approve_at_once = False
        self.tokens: set[str] = set()
        self.lasts = 28800  # seconds
        self.broken: dict[str, tuple[int, int]] = {}  # paths that fail: with what, how often
        self.start_urls: list[str] = []  # what people signed in at
        self._clients: dict[str, list[str]] = {}
        self._codes: dict[str, tuple[str, str, str]] = {}
        self._refreshing: dict[str, str] = {}
        self._mint = mint

    def rest(self, request: Request) -> dict[str, Any]:
        """Answer a call of Identity Center, in JSON."""
        path, query = urlsplit(request.path).path, parse_qs(urlsplit(request.path).query)
        body = json.loads(request.body or b"{}") if request.method == "POST" else {}
        with self.lock:
            self.calls.append(path)
            self._fail(path)
            if path == "/client/register":
                return self._register(body)
            if path == "/authorize":
                raise Redirect(self._authorize({k: v[0] for k, v in query.items()}))
            if path == "/device_authorization":
                self._check_client(body)
                self.start_urls.append(body["startUrl"])
                return self._device_authorization()
            if path == "/token":
                self._check_client(body)
                return self._token(body)
            return self._portal(path, query, request)

    def _fail(self, path: str) -> None:
        status, left = self.broken.get(path, (0, 0))
        if left:
            self.broken[path] = (status, left - 1)
            raise Refused("TooManyRequestsException" if status == 429 else "", "no", status)

    def _register(self, body: dict[str, Any]) -> dict[str, Any]:
        client = secrets.token_hex(8)
        self.start_urls += [body["issuerUrl"]] if "issuerUrl" in body else []
        self._clients[client] = body.get("redirectUris", [])
        return {
            "clientId": client,
            "clientSecret": f"secret of {client}",
            "clientIdIssuedAt": int(time.time()),
            "clientSecretExpiresAt": int(time.time()) + 7776000,
        }

    def _check_client(self, body: dict[str, Any]) -> None:
        client = body.get("clientId", "")
        if client not in self._clients or body.get("clientSecret") != f"secret of {client}":
            raise Refused("InvalidClientException", "invalid_client", 401)

    def forget_clients(self) -> None:
        """Every registration is void now."""
        self._clients.clear()

    def _authorize(self, asked: dict[str, str]) -> str:
        """Where the browser is sent to: a person who agrees at once, or refuses."""
        redirect = urlsplit(asked["redirect_uri"])
        registered = {urlsplit(uri).path for uri in self._clients.get(asked["client_id"], [])}
        wrong = (
            asked["response_type"] != "code"
            or asked["code_challenge_method"] != "S256"
            or redirect.hostname != "127.0.0.1"
            or redirect.path not in registered
        )
        if wrong:
            raise Refused("InvalidRequestException", "invalid_request", 400)
        if not self.approve_at_once:
            more = {"error": "access_denied", "state": asked["state"]}
        else:
            code = secrets.token_hex(8)
            challenge = asked["code_challenge"]
            self._codes[code] = (challenge, asked["redirect_uri"], asked["client_id"])
            more = {"code": code, "state": asked["state"]}
        return f"{asked['redirect_uri']}?{urlencode(more)}"

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

    def revoke(self) -> None:
        """End all sessions, as an administrator does: no refresh token is taken any more."""
        with self.lock:
            self.tokens.clear()
            self._refreshing.clear()

    def _token(self, body: dict[str, Any]) -> dict[str, Any]:
        grant = body.get("grantType", "")
        if grant == "refresh_token":
            if self._refreshing.pop(body.get("refreshToken", ""), None) != body["clientId"]:
                raise Refused("InvalidGrantException", "invalid_grant", 400)
        elif grant == "authorization_code":
            challenge, redirect, client = self._codes.pop(body.get("code", ""), ("", "", ""))
            digest = hashlib.sha256(body.get("codeVerifier", "").encode()).digest()
            proved = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge
            if not proved or (body.get("redirectUri"), body["clientId"]) != (redirect, client):
                raise Refused("InvalidGrantException", "invalid_grant", 400)
        else:
            self._device_token(body.get("deviceCode", ""))
        token, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self.tokens.add(token)
        self._refreshing[refresh] = body["clientId"]
        return {
            "accessToken": token,
            "tokenType": "Bearer",
            "expiresIn": self.lasts,
            "refreshToken": refresh,
        }

    def _device_token(self, code: str) -> None:
        if code not in self.device_codes:
            raise Refused("InvalidGrantException", "invalid_grant", 400)
        answer = self.device_codes[code]
        if answer is None:
            raise Refused("AuthorizationPendingException", "authorization_pending", 400)
        if not answer:
            raise Refused("AccessDeniedException", "access_denied", 400)

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
            return _page("accountList", every, query, self.page)
        account = query["account_id"][0]
        if account not in self.accounts:
            raise Refused("ForbiddenException", "No access", 403)
        if path == "/assignment/roles":
            roles = [{"roleName": r, "accountId": account} for r in self.accounts[account][1]]
            return _page("roleList", roles, query, self.page)
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


def _page(
    name: str, every: list[dict[str, str]], query: dict[str, list[str]], size: int
) -> dict[str, Any]:
    start = int(query.get("next_token", ["0"])[0])
    more = {"nextToken": str(start + size)} if start + size < len(every) else {}
    return {name: every[start : start + size], **more}
