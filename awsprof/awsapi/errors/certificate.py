"""Who issued the certificate that a host shows, and the proxy on the way to it.

Asked only after a certificate was refused, so that people learn which authority is not known here.
Nothing is sent over such a connection.
"""

import base64
import http.client
import ssl
from typing import Final
from urllib.parse import unquote, urlsplit

from awsprof.text import sanitize

_PATIENCE: Final = 5.0  # seconds


def issuer_of(host: str, port: int, timeout: float = _PATIENCE) -> str | None:
    """The issuer of the certificate that ``host`` shows; None where there is none to be had.

    The certificate is not verified: its issuer is what is asked. ``timeout`` is in seconds, for
    each answer that is waited for.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        connection = _connection(host, port, timeout, context)
    except ValueError:  # a proxy that is no URL
        return None
    try:
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True)
        return _issuer(shown) if shown else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def issuer_of_url(url: str) -> str | None:
    """The same of the host that ``url`` names."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        return None
    return issuer_of(host, port) if host else None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment sets for ``url``, as it stands there; None without one."""
    from botocore.utils import get_environ_proxies

    try:
        found = get_environ_proxies(url).get(urlsplit(url).scheme)
    except ValueError:  # no URL
        return None
    return str(found) if found else None


def without_password(proxy: str) -> str:
    """The proxy's host and port, without what signs in to it."""
    host = proxy.rsplit("@", 1)[-1].split("://", 1)[-1]
    return sanitize(host.split("/", 1)[0])


def _connection(
    host: str, port: int, timeout: float, context: ssl.SSLContext
) -> http.client.HTTPSConnection:
    proxy = proxy_for(f"https://{host}:{port}")
    if proxy is None:
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("this proxy is spoken to otherwise")
    made = http.client.HTTPSConnection(
        parts.hostname, parts.port or 80, timeout=timeout, context=context
    )
    headers = {}
    if parts.username:
        who = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = "Basic " + base64.b64encode(who.encode()).decode()
    made.set_tunnel(host, port, headers)
    return made


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
