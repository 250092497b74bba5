"""STS calls and the region that they go to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from awsprof import parsing, regions
from awsprof.arn import Arn
from awsprof.awsapi import botocore_sessions
from awsprof.awsapi.clients import Clients
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.errors import rejected_key
from awsprof.awsapi.errors.translate import translate_error
from awsprof.errors import AwsprofError
from awsprof.profiles.durations import seconds_of
from awsprof.profiles.model import Profile
from awsprof.secret import Secret
from awsprof.shells import shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.awsapi.clients import Clients


TWELVE_HOURS = 43200
_KEY_MENDS: Final = {
    "InvalidClientTokenId": "check the ID, letter by letter; where the key was deleted or switched"
    " off, make a new one and give that",
    "SignatureDoesNotMatch": "give the key with its own secret; check this machine's clock",
}
_THIS_KEY: Final = "this key"  # what messages call a key that is in no profile yet


def sts_region(profile: Profile | None, region: str | None = None) -> str:
    """Returns the STS region: the profile's, the environment's, or its partition's default."""
    own = region or (profile.get("region") if profile else None)
    chosen = own or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if chosen:
        return chosen
    return regions.default_region((profile and profile.partition) or regions.DEFAULT_PARTITION)


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
    seconds = duration or seconds_of(profile.get("duration_seconds"))
    # A value that is no number is ignored, as botocore does for roles, and so is a negative one.
    return TWELVE_HOURS if seconds is None or seconds < 0 else seconds


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
    calling = botocore_sessions.make_client(
        botocore_sessions.botocore_session(profile), "sts", source, sts_region(profile)
    )
    return str(calling.get_access_key_info(AccessKeyId=key_id)["Account"])


@dataclass(frozen=True)
class Identity:
    """The caller that STS GetCallerIdentity reports.

    - ``arn``: the ARN of the user, assumed role or root user.
    - ``account``: the account ID, 12 digits.
    - ``user_id``: the unique ID; of an assumed role, ``ROLE_ID:SESSION_NAME``.
    """

    arn: str
    account: str
    user_id: str

    @property
    def is_root(self) -> bool:
        """True for an account's root user, which no IAM policy limits."""
        arn = Arn.parse(self.arn)
        return arn is not None and arn.is_root

    @property
    def user_name(self) -> str | None:
        """The IAM user's name, without its path; None for a role or the root user."""
        arn = Arn.parse(self.arn)
        return arn.user_name if arn else None


def of_key_alone(error: AwsprofError, key_id: str) -> AwsprofError:
    """Rewords the fix of an error about a key without a profile: no command can name one."""
    named = key_id in error.fix or shell_word(_THIS_KEY) in error.fix
    if named or error.code in _KEY_MENDS:
        error.fix = _KEY_MENDS.get(error.code, "awsprof keys list shows the keys that are here")
    return error


def get_caller_identity(
    credentials: Credentials,
    *,
    region: str | None = None,
    profile: Profile | None = None,
    clients: Clients | None = None,
    client_profile: Profile | None = None,
) -> Identity:
    """Returns the identity of the credentials; no IAM policy can deny this call.

    ``client_profile`` has the client's settings, such as ``endpoint_url``, for credentials that may
    not be those of a profile.

    Raises CredentialsError with the reason and a fix.

    Source: STS API reference, GetCallerIdentity.
    """
    name = profile.name if profile else _THIS_KEY
    try:
        where = region or sts_region(profile)
        client = (clients or Clients()).client("sts", credentials, client_profile or profile, where)
        answer = client.get_caller_identity()
        return Identity(
            *(parsing.expect_text(answer[name], name) for name in ("Arn", "Account", "UserId"))
        )
    except Exception as exc:
        links = [profile] if profile else ()
        error = translate_error(exc, profile=sanitize(name), links=links, used=credentials)
        visible = rejected_key.visible_key_problem(name, links, credentials)
        if profile is None and (visible is None or shell_word(_THIS_KEY) in error.fix):
            error = of_key_alone(error, credentials.access_key_id)
        if error is exc:
            raise  # raising it from itself would make a cycle of causes
        raise error from exc
