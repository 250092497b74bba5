"""Signs in to Identity Center with a device code, which you approve in any browser.

Source: RFC 8628, and the IAM Identity Center OIDC API reference.
"""

import time
from typing import Any, Final
from urllib.parse import urlsplit

from awsprof import parsing
from awsprof.auth.identity_center import token_cache
from awsprof.auth.identity_center.registration import DEVICE, get_registration
from awsprof.auth.identity_center.token_cache import Token
from awsprof.awsapi import botocore_sessions, browser
from awsprof.awsapi.errors.translate import translate_target_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import InteractionRequired
from awsprof.profiles.model import SsoSession
from awsprof.prompting import Prompter
from awsprof.shells import shell_word
from awsprof.text import sanitize

_SLOWER: Final = 5  # seconds that slow_down adds (RFC 8628, section 3.5)


def sign_in_by_device_code(
    session: SsoSession, prompter: Prompter, portal: str | None = None
) -> Token:
    """Signs in with a device code; caches the token where the AWS CLI finds it too.

    ``portal`` is the access portal, if the start URL redirects to it. Raises InteractionRequired
    if the code is denied or not approved in time.
    """
    try:
        return _sign_in(session, prompter, portal or session.start_url)
    except Exception as exc:
        raise translate_target_error(exc, LoginTarget(session.name, is_session=True)) from exc


def _sign_in(session: SsoSession, prompter: Prompter, portal: str) -> Token:
    client = botocore_sessions.make_client(
        botocore_sessions.sso_botocore_session(session), "sso-oidc", None, session.region
    )
    registration = get_registration(client, session, DEVICE)
    ours = registration.arguments()
    device = client.start_device_authorization(**ours, startUrl=portal)
    with token_cache.wrap_portal_errors(session):
        address = _web_address(device["verificationUri"])
        whole = _web_address(device.get("verificationUriComplete") or address)
        code = sanitize(parsing.expect_text(device["userCode"], "userCode"))
        parsing.expect_text(device["deviceCode"], "deviceCode")
        parsing.expect_int(device.get("interval") or 5, "interval", most=600)
        parsing.expect_int(device["expiresIn"], "expiresIn", most=24 * 3600)
    prompter.show(
        f"Sign in to {session.name} in a browser:\n\n"
        f"    {sanitize(address)}\n    code  {code}\n\n"
        "Approve this code only if you started this sign-in. Waiting ..."
    )
    if browser.in_wsl():  # the code was already shown
        browser.open_browser(whole)
    made = _wait(client, ours, device, session)
    expires = token_cache.format_time(registration.expires)
    return token_cache.store_token(session, made, {**ours, "registrationExpiresAt": expires})


def _web_address(value: object) -> str:
    """Returns an http or https URL. Raises InvalidValue for others, such as javascript:."""
    address = parsing.expect_text(value, "verificationUri", most=4096)
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise parsing.InvalidValue("verificationUri is not the address of a web page")
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
            raise InteractionRequired(
                "The sign-in was refused in the browser.",
                f"awsprof login --session {shell_word(session.name)}",
            ) from exc
        time.sleep(interval)
    raise InteractionRequired(
        "The code was not approved in time.", f"awsprof login --session {shell_word(session.name)}"
    )
