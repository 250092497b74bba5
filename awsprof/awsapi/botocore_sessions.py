"""Clients for single calls, and their botocore sessions; ``clients`` has those that are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsprof import paths
from awsprof.awsapi import call_limits
from awsprof.awsapi.credentials import Credentials
from awsprof.profiles.model import Profile, SsoSession

if TYPE_CHECKING:
    from botocore.config import Config
    from botocore.session import Session


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

    limits = call_limits.client_limits()
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
