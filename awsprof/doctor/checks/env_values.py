"""Checks of environment variables: values that SDKs reject, and files that do not exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from awsprof.doctor.check_helpers import other_endpoints, variable_fault
from awsprof.doctor.checks.setting_values import missing_file
from awsprof.doctor.findings import Fault, Severity, offline_check
from awsprof.key_ids import display_id, is_long_term
from awsprof.masking.mask import mask_text
from awsprof.profiles import ignored_files, key_shapes, value_rules
from awsprof.profiles.current import TOKEN_FILE_VARIABLE as _TOKEN_FILE
from awsprof.profiles.current import web_identity_wins
from awsprof.shells import set_variable, swap_variables, unset_variables
from awsprof.text import sanitize, show_hidden

if TYPE_CHECKING:
    from awsprof.doctor.check_context import CheckContext

_ID, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
_PROFILES: Final = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
# Variables that accept the same values as a key of a profile.
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
# Variables that boto3 ignores if they are empty.
_MAY_BE_EMPTY: Final = frozenset(
    {"AWS_REGION", "AWS_DEFAULT_OUTPUT", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_ROLE_SESSION_NAME"}
)
_ENDPOINT: Final = "AWS_ENDPOINT_URL"
_PROXIES: Final = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY")


@offline_check(Severity.ERROR)
def env_value_refused(context: CheckContext) -> Iterator[Fault]:
    """A variable has a value that SDKs reject, whichever profile you use.

    Variables win over profiles. An AWS_DEFAULT_REGION that is empty or names a zone (eu-west-1a)
    gives an invalid host name: "Invalid endpoint", or "Could not connect". Other invalid values
    stop boto3 when it makes a client. A proxy that is not the URL of an HTTP proxy fails at each
    call.

    Set the value that the finding suggests, or unset the variable; look for it in your shell's
    startup files.
    """
    for variable, text in _checked_variables(context):
        found = _problem(variable, text)
        if found is not None and found.refused:
            suggestion = f" Did you mean {sanitize(found.meant)}?" if found.meant else ""
            message = (
                f"{variable}={sanitize(show_hidden(mask_text(text)), 60)} is rejected by SDKs:"
                f" {found.says}{suggestion}"
            )
            if not text:
                message = f"{variable} is set but empty, so boto3 stops."
            yield variable_fault(message, _value_fix(variable, found), variable)
    for variable in filter(context.environment.get, _PROXIES):
        says = _proxy_problem(context.environment[variable])
        if says is not None:  # the value may hold a password: it is not shown
            message = f"{variable} is rejected by boto3: {says}."
            yield variable_fault(message, f"write it as {variable}=http://HOST:PORT", variable)


def _proxy_problem(url: str) -> str | None:
    """Returns why boto3 cannot use the proxy, or None."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "its host or port is not valid"
    if parts.scheme not in {"http", "https"}:
        return f"it takes HTTP proxies only, not {sanitize(parts.scheme, 20)}"
    return None if host else "it names no host"


@offline_check(Severity.WARNING)
def env_value_ignored(context: CheckContext) -> Iterator[Fault]:
    """A variable has a value that boto3 ignores, or a region that it does not know.

    A switch is on only if its value is true. A region that botocore does not know may be newer than
    your botocore, or a typo.

    Set the value that the finding suggests, or unset the variable.
    """
    for variable, text in _checked_variables(context):
        found = _problem(variable, text)
        if found is not None and not found.refused:
            suggestion = f" Did you mean {sanitize(found.meant)}?" if found.meant else ""
            yield Fault(f"{variable}: {found.says}{suggestion}", _value_fix(variable, found))


def _checked_variables(context: CheckContext) -> Iterator[tuple[str, str]]:
    for variable, text in sorted(context.environment.items()):
        known = variable in _LIKE_KEYS or variable.startswith(_ENDPOINT)
        if known and (text or not (variable in _MAY_BE_EMPTY or variable.startswith(_ENDPOINT))):
            yield variable, text


def _problem(variable: str, text: str) -> value_rules.ValueProblem | None:
    return value_rules.value_problem(_LIKE_KEYS.get(variable, "endpoint_url"), text)


def _value_fix(variable: str, found: value_rules.ValueProblem) -> str:
    return set_variable(variable, found.meant) if found.meant else unset_variables(variable)


@offline_check(Severity.ERROR)
def env_half_key(context: CheckContext) -> Iterator[Fault]:
    """The environment has only half of an access key, or a key with an invalid format.

    boto3 stops with PartialCredentialsError if the ID is set without its secret, whichever profile
    AWS_PROFILE names. Some other SDKs ignore it. Only the SDKs for Java read AWS_ACCESS_KEY and
    AWS_SECRET_KEY.

    Unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and use a profile.
    """
    env = context.environment
    key_id, secret, token = (env.get(name) for name in (_ID, _SECRET, _TOKEN))
    unset_all = unset_variables(*filter(env.get, (_ID, _SECRET, _TOKEN)))
    if key_id and not secret:
        message = f"{_ID} is set without {_SECRET}, so boto3 stops."
        yield variable_fault(message, unset_all, _ID)
    elif secret and not key_id:
        message = f"{_SECRET} is set without {_ID}, so no SDK uses it."
        yield variable_fault(message, unset_all, _SECRET)
    elif token and not key_id:
        yield variable_fault(f"{_TOKEN} is set without an access key.", unset_all, _TOKEN)
    if not key_id or not secret:
        return
    if key_shapes.is_swapped(key_id, secret):
        message = f"{_ID} and {_SECRET} are swapped: the ID is in {_SECRET}, the secret in {_ID}."
        yield variable_fault(message, swap_variables(_ID, _SECRET), _ID, _SECRET)
        return
    of_aws = key_id.upper().startswith(("AKIA", "ASIA")) or not other_endpoints(env)
    problem = key_shapes.id_problem(key_id, of_aws=of_aws)
    if problem:
        yield variable_fault(f"{_ID} ({display_id(key_id)}) {problem}.", unset_all, _ID)
    problem = key_shapes.secret_problem(secret, of_aws=of_aws)
    if problem:
        yield variable_fault(f"{_SECRET} {problem}.", unset_all, _SECRET)
    if is_long_term(key_id) and token:
        message = (
            f"{_TOKEN} is set, but {display_id(key_id)} is a long-term key, which has no token."
        )
        yield variable_fault(message, unset_variables(_TOKEN), _TOKEN)
    elif key_id.startswith("ASIA") and not token:
        message = f"{_ID} is a temporary key, but {_TOKEN} is not set."
        yield variable_fault(message, unset_all, _ID, _TOKEN)


@offline_check(Severity.WARNING)
def env_key_misnamed(context: CheckContext) -> Iterator[Fault]:
    """The environment has a key in a variable that most SDKs do not read.

    Only the SDKs for Java and some older tools read AWS_ACCESS_KEY and AWS_SECRET_KEY. boto3, the
    AWS CLI and the others ignore them and use a profile, which may be a different identity.

    Use a profile instead, and unset AWS_ACCESS_KEY and AWS_SECRET_KEY.
    """
    names = [name for name in ("AWS_ACCESS_KEY", "AWS_SECRET_KEY") if context.environment.get(name)]
    if names:
        message = f"boto3 does not read {' and '.join(names)}: it reads {_ID} and {_SECRET}."
        yield Fault(message, unset_variables(*names))


@offline_check(Severity.WARNING)
def env_web_identity_wins(context: CheckContext) -> Iterator[Fault]:
    """AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN are set, and win over AWS_PROFILE.

    A pod in a cluster gets its role this way. boto3 and the AWS CLI use that role before the keys
    of a profile that only AWS_PROFILE names, so your calls run as a different identity than you
    expect.

    To use the profile, unset AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN.
    """
    env = context.environment
    if not env.get("AWS_ROLE_ARN"):
        return
    named = next(filter(None, map(env.get, _PROFILES)), None)
    profile = context.catalog.profiles.get(named or "default")
    if profile is None or not web_identity_wins(profile, env):
        return
    loser = f"the profile {sanitize(named)}" if named else "the default profile"
    message = f"AWS_ROLE_ARN={sanitize(env['AWS_ROLE_ARN'])} with a token file wins over {loser}."
    yield Fault(message, unset_variables(_TOKEN_FILE, "AWS_ROLE_ARN"))


@offline_check(Severity.ERROR)
def env_token_file_missing(context: CheckContext) -> Iterator[Fault]:
    """AWS_WEB_IDENTITY_TOKEN_FILE names a missing file, or AWS_ROLE_ARN is not set.

    boto3 uses this variable before any profile that is not named in the call, and stops with
    FileNotFoundError, or with InvalidConfigError if there is no role.

    Outside the cluster that they are for, unset AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN.
    """
    env = context.environment
    path = env.get(_TOKEN_FILE)
    if not path:
        return
    named = next(filter(None, map(env.get, _PROFILES)), None)
    profile = context.catalog.profiles.get(named or "default")
    if not env.get("AWS_ROLE_ARN") and not (profile and profile.get("role_arn")):
        message = f"{_TOKEN_FILE} is set without AWS_ROLE_ARN, so boto3 stops."
        yield variable_fault(message, unset_variables(_TOKEN_FILE), _TOKEN_FILE)
        return
    missing = missing_file(path)
    if missing is not None:
        message, suggestion = missing
        both = filter(env.get, (_TOKEN_FILE, "AWS_ROLE_ARN"))
        fix = set_variable(_TOKEN_FILE, suggestion) if suggestion else unset_variables(*both)
        yield variable_fault(f"{_TOKEN_FILE}={sanitize(path)} {message}", fix, _TOKEN_FILE)


@offline_check(Severity.ERROR)
def env_ca_bundle_missing(context: CheckContext) -> Iterator[Fault]:
    """AWS_CA_BUNDLE or REQUESTS_CA_BUNDLE names a file that does not exist.

    boto3 and the AWS CLI then trust no certificate: every HTTPS call fails with "Could not find a
    suitable TLS CA certificate bundle".

    Set the variable to the full path of the file, or unset it.
    """
    for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        path = context.environment.get(variable)
        missing = missing_file(path) if path else None
        if path and missing is not None:
            message, suggestion = missing
            fix = set_variable(variable, suggestion) if suggestion else unset_variables(variable)
            yield variable_fault(f"{variable}={sanitize(path)} {message}", fix, variable)


@offline_check(Severity.ERROR)
def env_file_missing(context: CheckContext) -> Iterator[Fault]:
    """AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE names a folder or no file, or is empty.

    SDKs ignore the missing file silently and do not fall back to ~/.aws: all profiles disappear,
    and boto3 says ProfileNotFound or that it finds no credentials. Nor do boto3 and the
    AWS CLI read a file if the variable is empty, while awsprof and other SDKs then read ~/.aws.

    Set the variable to the right file, or unset it so that ~/.aws is read again.
    """
    for missing in ignored_files.variables_without_file(context.environment):
        yield variable_fault(missing.says, missing.fix, *missing.variables)


@offline_check(Severity.WARNING)
def file_misnamed(context: CheckContext) -> Iterator[Fault]:
    """A file in ~/.aws has an extension: config.txt, credentials.ini; or a folder has its name.

    No SDK reads it: the files must be named config and credentials, without an extension such as
    .txt. Some editors add one, and some file managers hide it. Docker makes a folder of a file that
    it is to mount and that does not exist.

    Rename it if the right name is free: mv ~/.aws/credentials.txt ~/.aws/credentials.
    """
    for found in ignored_files.misnamed_files():
        yield Fault(found.says, found.fix)
