"""Custom start URLs of an organization, which redirect to the AWS access portal.

Redirects are followed only over HTTPS, and shown before you sign in.
"""

from typing import Final
from urllib.parse import urljoin, urlsplit

from awsprof.awsapi import botocore_sessions, http
from awsprof.awsapi.login_target import LoginTarget
from awsprof.errors import CredentialsError
from awsprof.profiles.model import SsoSession
from awsprof.text import sanitize

_HOPS: Final = 5
_PORTALS: Final = ("awsapps.com", "awsapps.cn")


def resolve_start_url(session: SsoSession) -> str:
    """Returns the URL of the access portal: the start URL, or its redirect target.

    Raises CredentialsError if it is no URL, cannot be reached, or redirects to a host that is not
    AWS's.
    """
    url = session.start_url
    try:
        if urlsplit(url).scheme != "https" or _is_aws(url):
            return url
    except ValueError as exc:  # such as a bracket that is not closed
        raise CredentialsError(
            f"The sso_start_url of the session {sanitize(session.name)} is not a URL:"
            f" {sanitize(url)}.",
            "correct it; it looks like https://example.awsapps.com/start",
            code="start-url",
        ) from exc
    botocore = botocore_sessions.sso_botocore_session(session)
    for hop in range(_HOPS):
        answer = http.fetch(botocore, url, LoginTarget(session.name, is_session=True))
        if answer.location is None or not 300 <= answer.status < 400:
            if hop == 0:
                return url  # no redirect: AWS will tell if it is valid
            break
        try:
            url = urljoin(url, answer.location)
            if urlsplit(url).scheme != "https":
                break
        except ValueError:  # a bracket that is not closed
            url = answer.location
            break
        if _is_aws(url):
            return urlsplit(url)._replace(query="", fragment="").geturl().rstrip("/")
    raise CredentialsError(
        f"{sanitize(session.start_url)} redirects to {sanitize(url)}, which is not an AWS access"
        " portal.",
        "ask your administrator for AWS's own start URL: it ends in awsapps.com/start",
        code="start-url",
    )


def _is_aws(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    partitions = (
        botocore_sessions.botocore_session(None)
        .get_component("data_loader")
        .load_data("partitions")
    )
    outputs = [partition["outputs"] for partition in partitions["partitions"]]
    domains = {out[key] for out in outputs for key in ("dnsSuffix", "dualStackDnsSuffix")}
    known = (*_PORTALS, *domains, "app.aws")
    return any(host == domain or host.endswith(f".{domain}") for domain in known)
