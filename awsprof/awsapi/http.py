"""HTTP GET through botocore's HTTP session, for pages that no AWS API returns.

Proxies and CA files apply as for every AWS call, and so do the limits: 30 seconds, 16 MiB.
Redirects are not followed.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from awsprof import logs
from awsprof.awsapi import call_limits
from awsprof.awsapi.errors.translate import translate_target_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import CredentialsError

_LIMITS: Final = (10, 20)  # seconds: connect timeout, read timeout
_log = logs.get_logger(__name__)


@dataclass(frozen=True)
class Response:
    """An HTTP response: its status, its Location header (None without one) and its body."""

    status: int
    location: str | None
    body: bytes = field(repr=False)


def fetch(session: Any, url: str, target: LoginTarget) -> Response:
    """Gets ``url``, which may contain secrets, so no error shows it.

    Errors name the ``target``. Raises CredentialsError.
    """
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import ProxyConnectionError, SSLError
    from botocore.httpsession import URLLib3Session
    from botocore.utils import get_environ_proxies

    http = call_limits.limited_http_session(
        URLLib3Session(
            verify=session.get_config_variable("ca_bundle") or True,
            proxies=get_environ_proxies(url),
            timeout=_LIMITS,
        )
    )
    try:
        with logs.log_duration(_log, "GET of a sign-in page"):
            answer = http.send(AWSRequest("GET", url).prepare())
        return Response(answer.status_code, answer.headers.get("location"), answer.content)
    except (SSLError, ProxyConnectionError) as exc:
        raise translate_target_error(exc, target) from None
    except CredentialsError:  # it names only the host
        raise
    except Exception as exc:  # its text may contain the URL
        raise CredentialsError(
            f"The sign-in page for {target.shown} could not be reached ({type(exc).__name__}).",
            "check the network, the proxy and the address",
            code="sign-in-page",
        ) from None
    finally:
        http.close()
