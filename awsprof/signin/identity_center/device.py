"""Signing in to Identity Center by device code: the person approves a code in any browser.

Source: RFC 8628, and the IAM Identity Center OIDC API reference.
"""

import time
from typing import Any, Final
from urllib.parse import urlsplit

from awsprof import parsing
from awsprof.asking import Asker
from awsprof.clean import clean
from awsprof.errors import PersonNeeded
from awsprof.profiles.model import SsoSession
from awsprof.shells import word
from awsprof.signin import browser, sts
from awsprof.signin.explain import explain
from awsprof.signin.identity_center import token_cache
from awsprof.signin.identity_center.registration import DEVICE, registered
from awsprof.signin.identity_center.token_cache import Token

_SLOWER: Final = 5  # seconds that slow_down adds (RFC 8628, section 3.5)


def sign_in(session: SsoSession, asker: Asker, portal: str | None = None) -> Token:
    """Have the person approve a code; the token is cached where the AWS CLI finds it too.

    ``portal`` is where the start URL leads, if it is an organisation's own.
    PersonNeeded where nobody approves in time, or somebody says no.
    """
    try:
        return _sign_in(session, asker, portal or session.start_url)
    except Exception as exc:
        raise explain(exc, profile=f"--session {session.name}") from exc


def _sign_in(session: SsoSession, asker: Asker, portal: str) -> Token:
    client = sts.client(sts.session_of(session), "sso-oidc", None, session.region)
    registration = registered(client, session, DEVICE)
    ours = registration.arguments()
    device = client.start_device_authorization(**ours, startUrl=portal)
    with token_cache.answered(session):
        address = _web_address(device["verificationUri"])
        whole = _web_address(device.get("verificationUriComplete") or address)
        code = clean(parsing.text(device["userCode"], "userCode"))
        parsing.text(device["deviceCode"], "deviceCode")
        parsing.whole(device.get("interval") or 5, "interval", most=600)
        parsing.whole(device["expiresIn"], "expiresIn", most=24 * 3600)
    asker.show(
        f"Sign in to {session.name} in a browser:\n\n"
        f"    {clean(address)}\n    code  {code}\n\n"
        "Never approve a code that you did not start. Waiting ..."
    )
    if browser.in_wsl():  # the code stands above in any case
        browser.show(whole)
    made = _wait(client, ours, device, session)
    expires = token_cache.at(registration.expires)
    return token_cache.keep(session, made, {**ours, "registrationExpiresAt": expires})


def _web_address(value: object) -> str:
    """An address that a browser asks a server for: javascript: and the like are none."""
    address = parsing.text(value, "verificationUri", most=4096)
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise parsing.Unfit("verificationUri is no address of a web page")
    return address


def _wait(client: Any, ours: dict[str, str], device: dict[str, Any], session: SsoSession) -> Any:
    interval = device.get("interval") or 5
    deadline = time.monotonic() + device["expiresIn"]
    errors = client.exceptions
    while time.monotonic() < deadline:
        try:
            return client.create_token(**ours, grantType=DEVICE[0], deviceCode=device["deviceCode"])
        except errors.AuthorizationPendingException:
            pass
        except errors.SlowDownException:
            interval += _SLOWER
        except errors.ExpiredTokenException:
            break
        except errors.AccessDeniedException as exc:
            raise PersonNeeded(
                "The sign-in was refused in the browser.",
                f"awsprof login --session {word(session.name)}",
            ) from exc
        time.sleep(interval)
    raise PersonNeeded(
        "Nobody approved the code in time.", f"awsprof login --session {word(session.name)}"
    )
