"""Sign-in links for the AWS console, and opening them in the browser.

Source: IAM User Guide, "Enable custom identity broker access to the AWS console".
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit

from awsprof import parsing, settings
from awsprof.arn import iam_arn
from awsprof.auth.caller_identities import verified_credentials
from awsprof.auth.resolver import Resolver
from awsprof.auth.session_options import SessionOptions
from awsprof.awsapi import botocore_sessions, browser, http, sts
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors.translate import translate_error
from awsprof.awsapi.login_target import LoginTarget
from awsprof.awsapi.loopback import Handler, Listener
from awsprof.errors import CredentialsError, InteractionRequired, UsageError
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.model import Profile
from awsprof.profiles.provider_order import ProviderType, has_keys, key_in_vault, provider_type
from awsprof.regions import CONSOLE_DOMAINS
from awsprof.secret import Secret
from awsprof.shells import arguments
from awsprof.text import sanitize

_PATIENCE: Final = 60  # seconds until the browser must request the link
_REGIONAL: Final = frozenset({"aws-eusc"})  # partitions with regional sign-in endpoints only


@dataclass(frozen=True)
class ConsolePage:
    """The page to open: a service as its URL names it (ec2, s3), or the path or URL of a page."""

    service: str | None = None
    region: str | None = None
    destination: str | None = None

    def url(self, domain: str, home: str) -> str:
        """Returns the URL of the page; raises UsageError if it is none of the console's.

        ``domain`` is the partition's and ``home`` the region if none is given.
        """
        region = self.region or home
        if self.destination is None:
            return _page(domain, self.service or "console", region)
        text = self.destination.strip()
        to = text if "://" in text else f"https://{region}.console.{domain}/{text.lstrip('/')}"
        try:
            found = urlsplit(to)
        except ValueError:  # a bracket that is not closed
            found = urlsplit("")
        host = found.hostname or ""
        ours = host == f"console.{domain}" or host.endswith(f".console.{domain}")
        if (
            found.scheme != "https"
            or not ours
            or found.username
            or "\\" in to
            or not to.isprintable()
        ):
            raise UsageError(
                f"{sanitize(text)!r} is not a page of the AWS console ({domain}).",
                "give a path or an address of it: --destination s3/buckets/NAME",
            )
        return to


def console_link(
    resolver: Resolver,
    name: str,
    page: ConsolePage = ConsolePage(),
    *,
    duration: int | None = None,
) -> Secret:
    """Returns a link that signs in to the console as the profile; it is valid for 15 minutes.

    The console session lasts as long as the credentials, so ``duration`` (seconds) is theirs: AWS
    refuses SessionDuration for a role that another role assumed.
    AWS_ENDPOINT_URL_SIGNIN overrides the endpoint, as for botocore's own calls. Raises
    CredentialsError if AWS returns no sign-in token.
    """
    profile = resolver.catalog.get(name)
    site = _Site.of(profile, sts.sts_region(profile), sanitize(name))
    destination = page.url(site.domain, site.region)
    found = resolver.bare_key(name)
    if found is None:
        options = SessionOptions(duration=None if has_keys(profile) else duration)
        found = verified_credentials(resolver, name, session_options=options)
    if found.token is None:
        found = _federated(site.session, found, profile, site.partition, duration)
    return site.link(found, destination)


def role_console_link(
    credentials: Callable[[], Credentials], page: ConsolePage, *, region: str, called: str
) -> Secret:
    """Returns a link as ``console_link`` does, for a role that no profile has.

    ``region`` is where the page opens by default, and ``called`` what errors call the role.
    """
    site = _Site.of(None, region, sanitize(called))
    destination = page.url(site.domain, site.region)
    return site.link(credentials(), destination)


@dataclass(frozen=True)
class _Site:
    """The console of a partition, and a botocore session to sign in with."""

    session: Any
    region: str
    partition: str
    domain: str
    called: str

    @classmethod
    def of(cls, profile: Profile | None, region: str, called: str) -> Self:
        """Returns the console for the region. Raises CredentialsError if there is none."""
        session = botocore_sessions.botocore_session(profile)
        try:
            partition = session.get_partition_for_region(region)
        except Exception as exc:
            raise translate_error(exc, profile=called) from exc
        domain = CONSOLE_DOMAINS.get(partition)
        if domain is None:
            show = f"awsprof show {arguments(profile.name)} shows" if profile else "--region names"
            raise CredentialsError(
                f"awsprof does not know the console of the partition {sanitize(partition)}.",
                f"{show} the region",
            )
        return cls(session, region, partition, domain, called)

    def link(self, credentials: Credentials, destination: str) -> Secret:
        """Returns a link to the page that signs in with temporary credentials."""
        host = f"{self.region}.signin" if self.partition in _REGIONAL else "signin"
        endpoint = os.environ.get("AWS_ENDPOINT_URL_SIGNIN") or f"https://{host}.{self.domain}"
        token = _signin_token(self.session, f"{endpoint}/federation", credentials, self.called)
        query = {
            "Action": "login",
            "Issuer": "awsprof",
            "Destination": destination,
            "SigninToken": token.reveal(),
        }
        return Secret(f"{endpoint}/federation?{urlencode(query)}")


def without_mfa(catalog: Catalog, name: str) -> str | None:
    """Returns a warning with a command if the profile is a user's key with MFA, else None.

    The console needs GetFederationToken for a user's key, and that has no MFA: actions that a
    policy allows only with MFA are denied there. A role assumed with MFA keeps it.
    """
    profile = catalog.get(name)
    if not profile.get("mfa_serial") or provider_type(profile) not in (
        ProviderType.KEYS,
        ProviderType.PROCESS,
    ):
        return None
    at_key = key_in_vault(profile) is not None
    roles = (catalog.get(user) for user in catalog.users_of(name))
    role = next((r.name for r in roles if at_key or r.get("mfa_serial")), None)
    type_it = f"awsprof console {arguments(role)}" if role else "awsprof setup role"
    return f"A user's key has no MFA in the console; only a role has it: {type_it}"


def _page(domain: str, service: str, region: str) -> str:
    for text in (service, region):
        if not re.fullmatch(r"[a-z0-9][a-z0-9/-]*", text):
            raise UsageError(
                f"{sanitize(text)!r} is not a service or region of the console.",
                "name them as the console's own address does: --service ec2 --region eu-west-1",
            )
    return f"https://{region}.console.{domain}/{service}/home?region={region}"


def _federated(
    session: Any, key: Credentials, profile: Profile, partition: str, duration: int | None
) -> Credentials:
    """Returns a federated session of a user's key, with all the permissions of the user.

    Source: STS API reference, GetFederationToken.
    """
    called = re.sub(r"[^\w+=,.@-]", "-", profile.name, flags=re.ASCII)[:32]
    try:
        client = botocore_sessions.make_client(session, "sts", key, sts.sts_region(profile))
        answer = client.get_federation_token(
            Name=called.ljust(2, "-"),
            PolicyArns=[{"arn": iam_arn(partition, "aws", "policy/AdministratorAccess")}],
            **({"DurationSeconds": duration} if duration else {}),
        )
        return sts.credentials_from_response(answer["Credentials"])
    except Exception as exc:
        raise translate_error(exc, profile=sanitize(profile.name)) from exc


def _signin_token(session: Any, url: str, credentials: Credentials, name: str) -> Secret:
    signin_session = {
        "sessionId": credentials.access_key_id,
        "sessionKey": credentials.secret.reveal(),
        "sessionToken": credentials.token.reveal() if credentials.token else "",
    }
    query = {"Action": "getSigninToken", "Session": json.dumps(signin_session)}
    answer = http.fetch(session, f"{url}?{urlencode(query)}", LoginTarget(name))
    if answer.status >= 400:
        raise CredentialsError(
            f"AWS's sign-in rejected the credentials of {name} (HTTP {answer.status}).",
            "the console accepts roles, Identity Center and users' own keys; with a session of"
            " GetSessionToken, use a role",
            code="console-refused",
        )
    with parsing.wrap_parse_errors(
        "The response of AWS's sign-in",
        "run it again; a proxy may have changed it",
        CredentialsError,
    ):
        body = parsing.expect_table(parsing.parse_json(answer.body))
        return Secret(parsing.expect_text(body["SigninToken"], "SigninToken"))


def _signed_out_first(to: Secret) -> Secret:
    """Returns the link that ends the console session of the browser, and then follows ``to``."""
    url = to.reveal()
    query = {"Action": "logout", "redirect_uri": url}
    return Secret(f"{url.partition('/federation?')[0]}/oauth?{urlencode(query)}")


def open_console(to: Secret, name: str, words: str, announce: Callable[[], object]) -> str:
    """Opens the link in the browser session of the setting ``console``, unseen in process lists.

    ``words`` name the profile or role on the command line. ``announce`` is called once there is a
    browser to wait for.

    Returns the other users of this machine that tried to get the link and were refused, usually
    empty. Raises InteractionRequired if no browser can be opened or none requests the link.
    """
    fix = f"awsprof console --print {words} prints a link that signs in whoever has it"
    way = settings.get_setting("console")
    open_url = browser.opener(way, name)
    if not browser.can_open_browser():
        raise InteractionRequired("There is no browser on this machine's screen.", fix)
    if way == browser.SIGN_OUT_FIRST:
        to = _signed_out_first(to)
    announce()
    with Listener(_Forward) as listener:
        as_argument = browser.starts_browser(way)
        open_url(listener.redirect_url(to.reveal(), as_argument=as_argument))
        arrived = listener.wait(_PATIENCE)
        refused_users = listener.refused_users
    if not arrived:
        refused = f" {refused_users} asked for it, and was refused." if refused_users else ""
        raise InteractionRequired(
            f"No browser asked for the link in {_PATIENCE} seconds.{refused}", fix
        )
    return refused_users


class _Forward(Handler):
    """Redirects the browser to the link."""

    def forwarded(self) -> None:
        """Records that the browser has the link."""
        self.server.mark_done()
