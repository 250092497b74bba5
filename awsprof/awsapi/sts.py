"""STS calls, and the botocore sessions and clients that make them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from awsprof import parsing, paths, regions
from awsprof.awsapi import call_limits
from awsprof.awsapi.credentials import Credentials
from awsprof.profiles.model import Profile, SsoSession
from awsprof.secret import Secret

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session

    from awsprof.awsapi.clients import Clients

TWELVE_HOURS = 43200


def botocore_session(profile: Profile | None) -> Session:
    """Returns a botocore session for the profile; None ignores AWS_PROFILE and uses no profile."""
    from botocore.session import Session as BotocoreSession

    from awsprof.awsapi.model_files import share_loader

    if profile is not None:
        session = BotocoreSession(profile=profile.name)
    else:
        session = BotocoreSession(session_vars={"profile": (None, [], None, None)})
    paths.reveal_files_to_session(session)
    share_loader(session)
    return session


def sso_botocore_session(session: SsoSession) -> Session:
    """Returns a botocore session for Identity Center, set up by a profile that uses it."""
    return botocore_session(session.through)


def sts_region(profile: Profile | None, region: str | None = None) -> str:
    """Returns the STS region: the profile's, the environment's, or its partition's default."""
    own = region or (profile.get("region") if profile else None)
    chosen = own or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if chosen:
        return chosen
    return regions.default_region((profile and profile.partition) or regions.DEFAULT_PARTITION)


def make_client(
    session: Session,
    name: str,
    credentials: Credentials | None,
    region: str,
    more: Config | None = None,
) -> Any:
    """Creates a client that signs with ``credentials``, or is unsigned if they are None.

    ``more`` overrides the default timeouts and retries.
    """
    from botocore import UNSIGNED
    from botocore.config import Config

    limits = Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 3})
    if more is not None:
        limits = limits.merge(more)
    if credentials is None:
        unsigned = limits.merge(Config(signature_version=UNSIGNED))
        return call_limits.limit_client(
            session.create_client(name, region_name=region, config=unsigned)
        )
    signed = session.create_client(
        name,
        region_name=region,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret.reveal(),
        aws_session_token=credentials.token.reveal() if credentials.token else None,
        config=limits,
    )
    return call_limits.limit_client(signed)


def get_session_token(
    clients: Clients,
    source: Credentials,
    profile: Profile,
    device: str,
    code: str,
    duration: int | None = None,
) -> Credentials:
    """Returns an IAM user's temporary credentials with MFA (GetSessionToken).

    They last ``duration`` seconds; by default duration_seconds of the profile, else 12 hours.
    Raises botocore's errors. Source: STS API reference, GetSessionToken.
    """
    asked = clients.client("sts", source, profile, sts_region(profile))
    answer = asked.get_session_token(
        DurationSeconds=session_seconds(profile, duration),
        SerialNumber=device,
        TokenCode=code,
    )
    return credentials_from_response(answer["Credentials"])


def session_seconds(profile: Profile, duration: int | None = None) -> int:
    """Returns the DurationSeconds of an MFA session of a key."""
    seconds = str(duration or profile.get("duration_seconds") or "")
    # A value that is not a number is ignored, as botocore does for roles.
    return int(seconds) if re.fullmatch("[0-9]+", seconds) else TWELVE_HOURS


def credentials_from_response(answer: dict[str, Any], account: str | None = None) -> Credentials:
    """Returns the credentials in an STS response. Raises KeyError or ValueError if it has none."""
    key_id, secret, token = (
        parsing.expect_text(answer[name], name)
        for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    )
    expires = parsing.require_timezone(answer["Expiration"], "Expiration")
    return Credentials(key_id, Secret(secret), Secret(token), expires, account)


def get_access_key_info(source: Credentials, key_id: str, profile: Profile | None) -> str:
    """Returns the account of any access key (GetAccessKeyInfo), signed with a long-term key.

    Raises botocore's errors. Source: STS API reference, GetAccessKeyInfo.
    """
    calling = make_client(botocore_session(profile), "sts", source, sts_region(profile))
    return str(calling.get_access_key_info(AccessKeyId=key_id)["Account"])
