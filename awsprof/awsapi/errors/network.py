"""Explains network errors: connection, proxy and certificates."""

from typing import Any, Final
from urllib.parse import urlsplit

from awsprof.awsapi.errors import certificate
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import AwsprofError, CredentialsError
from awsprof.text import sanitize

NO_NETWORK: Final = "no-network"
"""Error code if no AWS host name resolves: it concerns the machine, not one profile."""

_SILENT: Final = ("ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError")
_CA: Final = (
    "set AWS_CA_BUNDLE to the CA file of your company, or set it as ca_bundle in each profile"
)


_NOBODY: Final = frozenset(
    {NO_NETWORK, *_SILENT, "EndpointConnectionError", "ProxyConnectionError", "SSLError"}
)


def is_network_error(exc: Exception) -> bool:
    """Returns True for an error without a trusted response, botocore's or its translation."""
    return (exc.code if isinstance(exc, AwsprofError) else type(exc).__name__) in _NOBODY


def network_error(exc: Exception, target: LoginTarget) -> CredentialsError | None:
    """Returns the translated error; None if ``exc`` is not a network error."""
    name = type(exc).__name__
    values: dict[str, Any] = getattr(exc, "kwargs", {})
    url, reason = str(values.get("endpoint_url", "")), str(values.get("error", ""))
    if name == "EndpointConnectionError":
        what, fix, code = _no_connection(url, reason)
    elif name in _SILENT:
        what, fix, code = _no_answer(name, url), _check_network(url), name
    elif name == "ProxyConnectionError":
        (what, fix), code = _no_proxy(str(values.get("proxy_url", "")), reason), name
    elif name == "SSLError":
        (what, fix), code = _not_trusted(url, reason), name
    else:
        return None
    return CredentialsError(what, fix.format(shown=target.show), code=code)


def _host(url: str) -> str:
    try:
        return sanitize(urlsplit(url).hostname or url)
    except ValueError:  # an unclosed bracket
        return sanitize(url)


def _is_aws(url: str) -> bool:
    """Returns True for an AWS host, False for a custom endpoint."""
    return "amazonaws" in _host(url)


def _through(url: str) -> str:
    """Returns " through the proxy HOST", or "" without one."""
    proxy = certificate.proxy_for(url)
    return f" through the proxy {certificate.without_password(proxy)}" if proxy else ""


def _check_network(url: str) -> str:
    proxy = "HTTPS_PROXY" if _through(url) else "whether this network needs a proxy (HTTPS_PROXY)"
    return f"check the network, and {proxy}; then run it again"


def _no_connection(url: str, reason: str) -> tuple[str, str, str]:
    host = _host(url)
    nameless = "resolve" in reason or "getaddrinfo" in reason
    cut_off = nameless or "Network is unreachable" in reason or "No route to host" in reason
    if cut_off and _is_aws(url):
        what = "AWS cannot be reached: this machine has no network, or cannot resolve AWS's names."
        return what, _check_network(url), NO_NETWORK
    why = "the host name does not exist" if nameless else "nothing answers there"
    what = f"AWS cannot be reached at {host}: {why}."
    return what, f"{_check_network(url)}; {{shown}}", "EndpointConnectionError"


def _no_answer(name: str, url: str) -> str:
    if name == "ConnectionClosedError":
        return f"AWS closed the connection to {_host(url)}{_through(url)}."
    return f"AWS does not answer at {_host(url)}{_through(url)}."


def _no_proxy(proxy: str, reason: str) -> tuple[str, str]:
    host = certificate.without_password(proxy)
    if " 407 " in reason:
        return (
            f"The proxy {host} requires a user name and a password (407).",
            "put them into HTTPS_PROXY: http://NAME:PASSWORD@HOST:PORT",
        )
    if "Tunnel connection failed" in reason:
        detail = reason.split("Tunnel connection failed:", 1)[-1].strip(" ')")
        return (
            f"The proxy {host} does not allow connections to AWS ({sanitize(detail, 80)}).",
            "ask its administrator to allow *.amazonaws.com",
        )
    return (
        f"The proxy {host} cannot be reached.",
        "check HTTPS_PROXY: it may be wrong, or work only in another network",
    )


def _not_trusted(url: str, reason: str) -> tuple[str, str]:
    host, lowered = _host(url), reason.lower()
    if "no certificate or crl" in lowered or "no such file" in lowered:
        return (
            "The CA file that is set cannot be read, so no certificate can be checked.",
            "check AWS_CA_BUNDLE, and ca_bundle of the profile: {shown}",
        )
    if "expired" in lowered or "not yet valid" in lowered:
        return (
            f"The certificate of {host} has expired, or this machine's clock is wrong.",
            "check the clock; if it is right, ask the administrator of the network",
        )
    if "mismatch" in lowered or "doesn't match" in lowered:
        return (
            f"The server that answers for {host} has the certificate of another host.",
            "look for a sign-in page of the network, and check endpoint_url: {shown}",
        )
    if "verify" not in lowered and reason:
        return (
            f"No secure connection to {host}{_through(url)}: {sanitize(reason, 160)}",
            _check_network(url),
        )
    issuer = certificate.issuer_of_url(url)
    issued_by = f" It was issued by {issuer}." if issuer else ""
    proxy = _through(url) or ", as behind a company's proxy"
    return f"The certificate of {host} is not trusted here{proxy}.{issued_by}", _CA
