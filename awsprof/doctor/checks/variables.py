"""Checks of variables: values that SDKs refuse, and files that they name and are not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from awsprof.doctor.check_helpers import other_endpoints
from awsprof.doctor.checks.options import missing_file
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.key_ids import display_id, is_long_term
from awsprof.profiles import ignored_files, key_shapes, value_rules
from awsprof.shells import shell_word
from awsprof.text import sanitize

if TYPE_CHECKING:
    from awsprof.doctor.context import CheckContext

_ID, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
_TOKEN_FILE: Final = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105  # the name of a variable
_PROFILES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
# The variables whose value is that of a key of a profile.
_LIKE_KEYS: Final = {
    "AWS_DEFAULT_REGION": "region",
    "AWS_REGION": "region",
    "AWS_RETRY_MODE": "retry_mode",
    "AWS_MAX_ATTEMPTS": "max_attempts",
    "AWS_DEFAULTS_MODE": "defaults_mode",
    "AWS_STS_REGIONAL_ENDPOINTS": "sts_regional_endpoints",
    "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "s3_us_east_1_regional_endpoint",
    "AWS_USE_FIPS_ENDPOINT": "use_fips_endpoint",
    "AWS_USE_DUALSTACK_ENDPOINT": "use_dualstack_endpoint",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "ignore_configured_endpoint_urls",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "request_checksum_calculation",
    "AWS_RESPONSE_CHECKSUM_VALIDATION": "response_checksum_validation",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "account_id_endpoint_mode",
    "AWS_METADATA_SERVICE_TIMEOUT": "metadata_service_timeout",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "metadata_service_num_attempts",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ec2_metadata_service_endpoint_mode",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "request_min_compression_size_bytes",
    "AWS_DEFAULT_OUTPUT": "output",
    "AWS_ROLE_SESSION_NAME": "role_session_name",
}
# What boto3 passes over where it is empty.
_MAY_BE_EMPTY: Final = frozenset(
    {"AWS_REGION", "AWS_DEFAULT_OUTPUT", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_ROLE_SESSION_NAME"}
)
_ENDPOINT: Final = "AWS_ENDPOINT_URL"


@offline_check(Severity.ERROR)
def env_value_refused(context: CheckContext) -> Iterator[Fault]:
    """A variable has a value that SDKs refuse, whichever profile is in use.

    Variables win over what profiles say. AWS_DEFAULT_REGION that is empty or names a zone
    (eu-west-1a) makes a host name that is none: "Invalid endpoint", or "Could not connect". Others
    stop boto3 when it makes a client.

    Set what the finding says, or unset the variable; look for it in your shell's start-up files.
    """
    for variable, text in _given(context):
        found = _problem(variable, text)
        if found is not None and found.refused:
            meant = f" Did you mean {sanitize(found.meant)}?" if found.meant else ""
            told = f"{variable}={sanitize(text, 60)} is refused by SDKs: {found.says}{meant}"
            if not text:
                told = f"{variable} is set and empty, where boto3 stops."
            yield Fault(told, _mend(variable, found))


@offline_check(Severity.WARNING)
def env_value_ignored(context: CheckContext) -> Iterator[Fault]:
    """A variable has a value that boto3 passes over, or that is new to it.

    A switch is on only where it says true. A region that botocore does not know may be newer than
    it, or a slip.

    Set what the finding says, or unset the variable.
    """
    for variable, text in _given(context):
        found = _problem(variable, text)
        if found is not None and not found.refused:
            meant = f" Did you mean {sanitize(found.meant)}?" if found.meant else ""
            yield Fault(f"{variable}: {found.says}{meant}", _mend(variable, found))


def _given(context: CheckContext) -> Iterator[tuple[str, str]]:
    for variable, text in sorted(context.environment.items()):
        known = variable in _LIKE_KEYS or variable.startswith(_ENDPOINT)
        if known and (text or not (variable in _MAY_BE_EMPTY or variable.startswith(_ENDPOINT))):
            yield variable, text


def _problem(variable: str, text: str) -> value_rules.ValueProblem | None:
    return value_rules.value_problem(_LIKE_KEYS.get(variable, "endpoint_url"), text)


def _mend(variable: str, found: value_rules.ValueProblem) -> str:
    return f"export {variable}={shell_word(found.meant)}" if found.meant else f"unset {variable}"


@offline_check(Severity.ERROR)
def env_half_key(context: CheckContext) -> Iterator[Fault]:
    """Half of an access key stands in the environment, or one that cannot be right.

    boto3 stops with PartialCredentialsError where the id is there without its secret, whichever
    profile AWS_PROFILE names. Some SDKs pass over it instead. AWS_ACCESS_KEY and AWS_SECRET_KEY are
    names that only the SDKs for Java know.

    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN, and use a profile.
    """
    env = context.environment
    key_id, secret, token = (env.get(name) for name in (_ID, _SECRET, _TOKEN))
    out = f"unset {' '.join(name for name in (_ID, _SECRET, _TOKEN) if env.get(name))}"
    if key_id and not secret:
        yield Fault(f"{_ID} is set without {_SECRET}, where boto3 stops.", out)
    elif secret and not key_id:
        yield Fault(f"{_SECRET} is set without {_ID}, so no SDK uses it.", out)
    elif token and not key_id:
        yield Fault(f"{_TOKEN} is set without a key that it belongs to.", out)
    if not key_id or not secret:
        return
    if key_shapes.is_swapped(key_id, secret):
        told = f"{_ID} and {_SECRET} are swapped: the id stands in {_SECRET}, the secret in {_ID}."
        yield Fault(told, f'export {_ID}="${_SECRET}" {_SECRET}="${_ID}"')
        return
    of_aws = key_id.upper().startswith(("AKIA", "ASIA")) or not other_endpoints(env)
    wrong = key_shapes.id_problem(key_id, of_aws=of_aws)
    if wrong:
        yield Fault(f"{_ID} ({display_id(key_id)}) {wrong}.", out)
    wrong = key_shapes.secret_problem(secret, of_aws=of_aws)
    if wrong:
        yield Fault(f"{_SECRET} {wrong}.", out)
    if is_long_term(key_id) and token:
        told = f"{_TOKEN} is set beside the long-term key {display_id(key_id)}, which takes none."
        yield Fault(told, f"unset {_TOKEN}")
    elif key_id.startswith("ASIA") and not token:
        yield Fault(f"{_ID} is a temporary key, and its {_TOKEN} is not set.", out)


@offline_check(Severity.WARNING)
def env_key_misnamed(context: CheckContext) -> Iterator[Fault]:
    """A key stands in the environment under a name that most SDKs do not know.

    AWS_ACCESS_KEY and AWS_SECRET_KEY are read by the SDKs for Java and by older tools alone; boto3,
    the AWS CLI and the others pass over them and take a profile, as somebody else perhaps.

    Use a profile, and unset them: unset AWS_ACCESS_KEY AWS_SECRET_KEY.
    """
    names = [name for name in ("AWS_ACCESS_KEY", "AWS_SECRET_KEY") if context.environment.get(name)]
    if names:
        told = f"boto3 does not read {' and '.join(names)}: its names are {_ID} and {_SECRET}."
        yield Fault(told, f"unset {' '.join(names)}")


@offline_check(Severity.WARNING)
def env_web_identity_wins(context: CheckContext) -> Iterator[Fault]:
    """AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are set, and win over AWS_PROFILE.

    That is how a pod in a cluster gets its role. boto3 and the AWS CLI take it before the keys of a
    profile that only AWS_PROFILE names: you are then another identity than you think.

    unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN where the profile is meant.
    """
    env = context.environment
    if not env.get(_TOKEN_FILE) or not env.get("AWS_ROLE_ARN"):
        return
    named = next(filter(None, map(env.get, _PROFILES)), None)
    profile = context.catalog.profiles.get(named or "default")
    if profile is None or (profile.get("role_arn") and not profile.get("web_identity_token_file")):
        return  # a role of the profile's own comes first
    loser = f"the profile {sanitize(named)}" if named else "the default profile"
    told = f"AWS_ROLE_ARN={sanitize(env['AWS_ROLE_ARN'])} with a token file wins over {loser}."
    yield Fault(told, f"unset {_TOKEN_FILE} AWS_ROLE_ARN")


@offline_check(Severity.ERROR)
def env_token_file_missing(context: CheckContext) -> Iterator[Fault]:
    """AWS_WEB_IDENTITY_TOKEN_FILE names a file that is not there, or comes without AWS_ROLE_ARN.

    boto3 takes it before any profile that is not named in the call, and stops: with
    FileNotFoundError, or with InvalidConfigError where no role is said.

    unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN outside of the cluster that they are for.
    """
    env = context.environment
    path = env.get(_TOKEN_FILE)
    if not path:
        return
    named = next(filter(None, map(env.get, _PROFILES)), None)
    profile = context.catalog.profiles.get(named or "default")
    if not env.get("AWS_ROLE_ARN") and not (profile and profile.get("role_arn")):
        told = f"{_TOKEN_FILE} is set without AWS_ROLE_ARN: boto3 stops there."
        yield Fault(told, f"unset {_TOKEN_FILE}")
        return
    missing = missing_file(path)
    if missing is not None:
        message, meant = missing
        both = " ".join(name for name in (_TOKEN_FILE, "AWS_ROLE_ARN") if env.get(name))
        fix = f"export {_TOKEN_FILE}={shell_word(meant)}" if meant else f"unset {both}"
        yield Fault(f"{_TOKEN_FILE}={sanitize(path)} {message}", fix)


@offline_check(Severity.ERROR)
def env_ca_bundle_missing(context: CheckContext) -> Iterator[Fault]:
    """AWS_CA_BUNDLE or REQUESTS_CA_BUNDLE names a file that is not there.

    boto3 and the AWS CLI then trust no certificate: every call over HTTPS fails with "Could not
    find a suitable TLS CA certificate bundle".

    Name the file by its whole path, or unset the variable.
    """
    for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        path = context.environment.get(variable)
        missing = missing_file(path) if path else None
        if path and missing is not None:
            message, meant = missing
            fix = f"export {variable}={shell_word(meant)}" if meant else f"unset {variable}"
            yield Fault(f"{variable}={sanitize(path)} {message}", fix)


@offline_check(Severity.ERROR)
def env_file_missing(context: CheckContext) -> Iterator[Fault]:
    """AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE names a file that is not there.

    SDKs pass over it without a word, and do not look at ~/.aws instead: all profiles are gone, and
    boto3 says ProfileNotFound, or that it finds no credentials.

    Name the file that is meant, or unset the variable: then ~/.aws is read again.
    """
    for missing in ignored_files.missing_files_in_variables(context.environment):
        yield Fault(missing.says, missing.fix)


@offline_check(Severity.WARNING)
def file_misnamed(context: CheckContext) -> Iterator[Fault]:
    """A file in ~/.aws has the name of a config or credentials file with an ending, as .txt.

    No SDK reads it: the names are config and credentials, without an ending. Some editors add one,
    and some file managers do not show it.

    Give it its name where that is free: mv ~/.aws/credentials.txt ~/.aws/credentials.
    """
    for found in ignored_files.misnamed_files():
        yield Fault(found.says, found.fix)
