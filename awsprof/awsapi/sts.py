"""The calls to STS, and the botocore session that each is made with."""

from __future__ import annotations

import os
import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from awsprof import paths
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
    """A botocore session for the profile; without one, of none, whatever AWS_PROFILE says."""
    from botocore.session import Session as BotocoreSession

    if profile is not None:
        session = BotocoreSession(profile=profile.name)
    else:
        session = BotocoreSession(session_vars={"profile": (None, [], None, None)})
    paths.reveal_files_to_session(session)
    if session.get_config_variable("data_path") is None:
        session.register_component("data_loader", _descriptions())
    return session


@cache
def _descriptions() -> Any:
    """AWS's services as botocore knows them; each session would read them anew, for 100 ms."""
    from botocore.loaders import create_loader

    return create_loader()


def sso_botocore_session(session: SsoSession) -> Session:
    """A botocore session for signing in to Identity Center, by a profile that stands on it."""
    return botocore_session(session.through)


def sts_region(profile: Profile | None, region: str | None = None) -> str:
    """Where to call STS: the profile's region, the environment's, else its partition's first."""
    own = region or (profile.get("region") if profile else None)
    chosen = own or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if chosen:
        return chosen
    arn = (profile.get("role_arn") or profile.get("mfa_serial") or "") if profile else ""
    partition = arn.split(":")[1] if arn.count(":") > 1 else "aws"
    return {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}.get(partition, "us-east-1")


def make_client(
    session: Session,
    name: str,
    credentials: Credentials | None,
    region: str,
    more: Config | None = None,
) -> Any:
    """A client of the session, signing with ``credentials`` (None: unsigned).

    ``more`` is laid over our limits.
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
    """Temporary credentials of an IAM user that bear MFA.

    They last ``duration`` seconds, else what duration_seconds says, else 12 hours.
    Source: STS API reference, GetSessionToken. Raises botocore's errors.
    """
    asked = clients.client("sts", source, profile, sts_region(profile))
    answer = asked.get_session_token(
        DurationSeconds=session_seconds(profile, duration),
        SerialNumber=device,
        TokenCode=code,
    )
    return credentials_from_response(answer["Credentials"])


def session_seconds(profile: Profile, duration: int | None = None) -> int:
    """For how long a key's session of MFA is asked for."""
    seconds = str(duration or profile.get("duration_seconds") or "")
    # What is no number is no setting, as for botocore where it assumes a role.
    return int(seconds) if re.fullmatch("[0-9]+", seconds) else TWELVE_HOURS


def credentials_from_response(answer: dict[str, Any], account: str | None = None) -> Credentials:
    """The credentials in an answer of STS."""
    expires: datetime = answer["Expiration"]
    return Credentials(
        answer["AccessKeyId"],
        Secret(answer["SecretAccessKey"]),
        Secret(answer["SessionToken"]),
        expires,
        account,
    )


def get_access_key_info(source: Credentials, key_id: str, profile: Profile | None) -> str:
    """The account that a key belongs to, whoever's it is; ``source`` is a long-term key.

    Source: STS API reference, GetAccessKeyInfo. Raises botocore's errors.
    """
    calling = make_client(botocore_session(profile), "sts", source, sts_region(profile))
    return str(calling.get_access_key_info(AccessKeyId=key_id)["Account"])
