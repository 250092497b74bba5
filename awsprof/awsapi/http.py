"""One GET of what botocore has no call for, by botocore's own way.

So proxies and CA files count as they do for every call, and its bounds hold: 30 seconds, 16 MiB.
No redirect is followed.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from awsprof import logs
from awsprof.awsapi import call_limits
from awsprof.awsapi.errors.translate import translate_error
from awsprof.errors import CredentialsError

_LIMITS: Final = (10, 20)  # seconds to connect, and to be answered
_log = logs.get_logger(__name__)


@dataclass(frozen=True)
class Response:
    """What came: the status, where it leads if it redirects, and the body."""

    status: int
    location: str | None
    body: bytes = field(repr=False)


def fetch(session: Any, url: str, *, called: str) -> Response:
    """Get ``url``, which may bear secrets: it is in no error. ``called`` is whose sign-in it is."""
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
        raise translate_error(exc, profile=called) from None
    except CredentialsError:  # it names the host alone
        raise
    except Exception as exc:  # its own text may bear the address
        raise CredentialsError(
            f"The sign-in page for {called} could not be reached ({type(exc).__name__}).",
            "check the network, the proxy and the address",
            code="sign-in-page",
        ) from None
    finally:
        http.close()
