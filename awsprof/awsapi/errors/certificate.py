"""Finds the issuer of a host's certificate, and the proxy used for it.

Used only after a certificate was rejected, to name the unknown authority. Nothing is sent over
this connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from awsprof.text import sanitize

if TYPE_CHECKING:  # slow to import, and needed only after a certificate was rejected
    import http.client
    import ssl

_PATIENCE: Final = 5.0  # seconds


def issuer_of(host: str, port: int, timeout: float = _PATIENCE) -> str | None:
    """Returns the issuer of the certificate of ``host``; None if it cannot be fetched.

    The certificate is not verified. ``timeout`` is in seconds, for each socket operation.
    """
    import http.client
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        connection = _connection(host, port, timeout, context)
    except ValueError:  # the proxy is not a URL
        return None
    try:
        connection.connect()
        certificate = connection.sock.getpeercert(binary_form=True)
        return _issuer(certificate) if certificate else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def issuer_of_url(url: str) -> str | None:
    """Returns the same, for the host of ``url``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        return None
    return issuer_of(host, port) if host else None


def proxy_for(url: str) -> str | None:
    """Returns the proxy that the environment sets for ``url``, verbatim, or None."""
    from botocore.utils import get_environ_proxies

    try:
        proxy = get_environ_proxies(url).get(urlsplit(url).scheme)
    except ValueError:  # not a URL
        return None
    return str(proxy) if proxy else None


def without_password(proxy: str) -> str:
    """Returns the proxy's host and port, without user name and password."""
    host = proxy.rsplit("@", 1)[-1].split("://", 1)[-1]
    return sanitize(host.split("/", 1)[0])


def _connection(
    host: str, port: int, timeout: float, context: ssl.SSLContext
) -> http.client.HTTPSConnection:
    import base64
    import http.client

    proxy = proxy_for(f"https://{host}:{port}")
    if proxy is None:
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("only HTTP proxies are supported")
    connection = http.client.HTTPSConnection(
        parts.hostname, parts.port or 80, timeout=timeout, context=context
    )
    headers = {}
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    connection.set_tunnel(host, port, headers)
    return connection


def _issuer(der: bytes) -> str | None:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    issuer = x509.load_der_x509_certificate(der).issuer
    names = [
        str(found[0].value)
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        if (found := issuer.get_attributes_for_oid(oid))
    ]
    return sanitize(", ".join(dict.fromkeys(names)) or issuer.rfc4514_string(), 120) or None
