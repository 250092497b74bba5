"""The functions that read what AWS answers, by a name for each; the answer is the text to parse.

botocore's own parsers run too: only the HTTP request is left out.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from unittest import mock

from awsprof import paths
from awsprof.auth import console
from awsprof.auth.identity_center import device_flow, start_url
from awsprof.auth.identity_center.portal import Portal
from awsprof.auth.identity_center.token_cache import Token
from awsprof.awsapi import botocore_sessions, organizations, sts
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_error
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from tests.standins.prompter import FakePrompter

_CONFIG: Final = (
    b"[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
    b"[sso-session custom]\nsso_start_url = https://sso.example.com\nsso_region = eu-west-1\n"
    b"[profile dev]\nregion = eu-west-1\n"
)
_CATALOG: Final = Catalog.from_bytes(_CONFIG, None)
_SESSION: Final = _CATALOG.session("corp")
_CUSTOM: Final = _CATALOG.session("custom")
_PROFILE: Final = _CATALOG.get("dev")
_KEY: Final = Credentials("AKIAIOSFODNN7EXAMPLE", Secret("made/up"))


@contextmanager
def _answering(data: bytes, status: int = 200) -> Iterator[None]:
    """Every request is answered by these bytes, at once."""
    from botocore.awsrequest import AWSResponse
    from botocore.httpsession import URLLib3Session

    def send(_: Any, request: Any) -> AWSResponse:
        raw = io.BytesIO(data)
        raw.stream = lambda: iter((data,))  # type: ignore[attr-defined]  # as urllib3 has it
        answer = AWSResponse(request.url, status, {"location": data.decode("latin-1")}, raw)
        answer._content = data
        return answer

    with mock.patch.object(URLLib3Session, "send", send), mock.patch.object(time, "sleep"):
        yield


@cache
def _clients() -> Clients:
    return Clients()


@cache
def _portal() -> Portal:
    return Portal(_SESSION, Token(Secret("made-up"), datetime(2100, 1, 1, tzinfo=UTC), False))


@cache
def _oidc() -> Any:
    return botocore_sessions.make_client(
        botocore_sessions.sso_botocore_session(_SESSION), "sso-oidc", None, _SESSION.region
    )


def _device_code() -> None:
    """All three answers of a sign-in by device code: the client, the code and the token."""
    client = _oidc()
    try:
        with mock.patch.object(botocore_sessions, "make_client", lambda *_: client):
            device_flow.sign_in_by_device_code(_SESSION, FakePrompter())
    finally:
        for path in paths.sso_cache_dir().glob("*.json"):
            path.unlink()


def _session_token() -> None:
    """An answer with credentials, as GetSessionToken and AssumeRole have it."""
    try:
        sts.get_session_token(_clients(), _KEY, _PROFILE, "arn:aws:iam::1:mfa/a", "123456")
    except Exception as exc:  # the resolver does the same, for all that a link raises
        raise translate_error(exc, profile="dev") from exc


def _identity() -> None:
    sts.get_caller_identity(_KEY, profile=_PROFILE, clients=_clients())


def _parser(read: Callable[[], object], status: int = 200) -> Callable[[bytes], object]:
    def parse(data: bytes) -> object:
        paths.config_file().parent.mkdir(exist_ok=True)
        paths.config_file().write_bytes(_CONFIG)
        with _answering(data, status):
            return read()

    return parse


ANSWERS: Final[dict[str, Callable[[bytes], object]]] = {
    "answer with accounts of the portal": _parser(lambda: _portal().accounts()),
    "answer with roles of the portal": _parser(lambda: _portal().roles("123456789012")),
    "answer to a device code": _parser(_device_code),
    "answer with an organization's accounts": _parser(
        lambda: organizations.list_accounts(_KEY, _PROFILE, _clients())
    ),
    "answer of the console's sign-in": _parser(
        lambda: console._signin_token(
            botocore_sessions.botocore_session(None),
            "https://signin.aws.amazon.com/federation",
            _KEY,
            "dev",
        )
    ),
    "answer with an identity": _parser(_identity),
    "answer with a session": _parser(_session_token),
    "refusal by AWS": _parser(_identity, 403),
    "redirect of a start URL": _parser(lambda: start_url.resolve_start_url(_CUSTOM), 302),
}
