"""Validates the values of config keys and suggests corrections.

``awsprof set`` and the doctor's checks share these rules. Sources: botocore's configprovider, the
AWS SDKs and Tools Reference Guide ("Settings reference"), the AWS CLI's "Configuration and
credential file settings", and the API references of STS and IAM.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from awsprof import arn, regions
from awsprof.errors import UsageError
from awsprof.masking.mask import mask_text
from awsprof.near_names import nearest_name
from awsprof.profiles.durations import seconds_of
from awsprof.profiles.kinds import fields
from awsprof.text import sanitize, show_hidden


@dataclass(frozen=True)
class ValueProblem:
    """What is wrong with a value. ``meant`` is the closest valid value, if there is one.

    ``refused``: an SDK or AWS raises an error; otherwise the setting is silently ignored.
    """

    says: str
    meant: str | None = None
    refused: bool = True


_QUOTES: Final = "\"'\u201c\u201d\u2018\u2019"
_OUTPUTS: Final = ("json", "text", "table", "yaml", "yaml-stream", "off")
_REGIONAL: Final = ("legacy", "regional")
# botocore, or the AWS CLI, compares these case-sensitively.
_EXACTLY: Final = {
    "output": _OUTPUTS,
    "retry_mode": ("legacy", "standard", "adaptive"),
    "sts_regional_endpoints": _REGIONAL,
    "s3_us_east_1_regional_endpoint": _REGIONAL,
    "s3.us_east_1_regional_endpoint": _REGIONAL,
    "s3.addressing_style": ("auto", "virtual", "path"),
    "credential_source": ("Environment", "EcsContainer", "Ec2InstanceMetadata"),
}
_IN_ANY_CASE: Final = {
    "defaults_mode": ("legacy", "standard", "in-region", "cross-region", "mobile", "auto"),
    "request_checksum_calculation": ("when_supported", "when_required"),
    "response_checksum_validation": ("when_supported", "when_required"),
    "account_id_endpoint_mode": ("preferred", "disabled", "required"),
    "ec2_metadata_service_endpoint_mode": ("ipv4", "ipv6"),
    "endpoint_discovery_enabled": ("true", "false", "auto"),
    "s3_disable_express_session_auth": ("true", "false"),
    "cli_auto_prompt": ("on", "on-partial", "off"),
    "cli_binary_format": ("base64", "raw-in-base64-out"),
    "cli_timestamp_format": ("wire", "iso8601", "none"),
    "cli_history": ("enabled", "disabled"),
}
_YES_OR_NO: Final = frozenset(
    {
        "use_dualstack_endpoint",
        "use_fips_endpoint",
        "ignore_configured_endpoint_urls",
        "ec2_metadata_v1_disabled",
        "imds_use_ipv6",
        "disable_request_compression",
        "disable_host_prefix_injection",
        "parameter_validation",
        "tcp_keepalive",
        "csm_enabled",
        "cli_follow_urlparam",
        "proxy_use_forwarding_for_https",
        "s3_use_arn_region",
        "s3.use_accelerate_endpoint",
        "s3.use_dualstack_endpoint",
        "s3.payload_signing_enabled",
        "s3.use_arn_region",
        "s3.s3_disable_multiregion_access_points",
    }
)
_LIKE_TRUE: Final = frozenset({"yes", "y", "on", "1", "enabled", "enable", "t"})
_LIKE_FALSE: Final = frozenset({"no", "n", "off", "0", "disabled", "disable", "none", "f"})
# The minimum and the maximum of numbers.
_NUMBERS: Final = {
    "max_attempts": (1, None),
    "metadata_service_timeout": (1, None),
    "metadata_service_num_attempts": (1, None),
    "request_min_compression_size_bytes": (1, 1_048_576),
    "csm_port": (1, 65535),
}
_SHORTEST: Final = 900  # seconds
_LONGEST_OF_ROLE: Final = 43200  # STS API reference, AssumeRole
_LONGEST_OF_KEY: Final = 129_600  # STS API reference, GetSessionToken
_ENDPOINTS: Final = frozenset({"endpoint_url", "ec2_metadata_service_endpoint"})
_FIELDS: Final[dict[str, Callable[[str], str]]] = {
    "role_arn": fields.validate_role_arn,
    "mfa_serial": fields.validate_mfa_serial,
    "sso_account_id": fields.validate_account_id,
    "aws_account_id": fields.validate_account_id,
    "sso_start_url": fields.validate_start_url,
    "role_session_name": fields.validate_session_name,
    "external_id": fields.validate_external_id,
}
_IAM_ROLE_OF_SSO: Final = re.compile(r"AWSReservedSSO_(?P<name>[\w+=,.@-]+)_[0-9a-f]{16}")
_HOST: Final = re.compile(r"[\w-]+(?:\.[\w-]+)+(?:/[^\s\"']*)?\Z")
_LOCAL: Final = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|/|\Z)")


def value_problem(key: str, text: str, *, role: bool = True) -> ValueProblem | None:
    """Returns what is wrong with a key's value; None if it is valid or the key is unknown.

    A nested key is written ``s3.addressing_style``. ``role``: the profile is a role, whose maximum
    session is shorter than that of a key with MFA.
    """
    if key == "duration_seconds":
        return _duration(text, _LONGEST_OF_ROLE if role else _LONGEST_OF_KEY)
    found = _problem(key, text)
    if found is None:
        return None
    bare = _bare(text)
    if bare and bare != text and found.meant is None and _problem(key, bare) is None:
        return ValueProblem(found.says, bare, found.refused)
    return found


def _problem(key: str, text: str) -> ValueProblem | None:
    if key in ("region", "sso_region"):
        return _region(key, text)
    if key in _EXACTLY:
        return _one_of(key, text, _EXACTLY[key], exactly=True)
    if key in _IN_ANY_CASE:
        return _one_of(key, text, _IN_ANY_CASE[key], exactly=False)
    if key in _YES_OR_NO:
        return _yes_or_no(key, text)
    if key in _NUMBERS:
        return _number(key, text, *_NUMBERS[key])
    if key in _ENDPOINTS:
        return _endpoint(key, text)
    if key == "s3":
        return ValueProblem("s3 is a block of settings, such as s3.addressing_style, and no value.")
    if key == "sso_role_name":
        return _permission_set(key, text)
    if key in _FIELDS:
        return _field(key, text, _FIELDS[key])
    return None


def _region(key: str, text: str) -> ValueProblem | None:
    """Checks a region: an unknown one that looks like a region may be newer than botocore."""
    if regions.is_known_region(text):
        return None
    meant = regions.closest_region(text)
    if not regions.looks_like_region(text):
        return ValueProblem(f"{key} = {_shown(text)} is not a region.", meant)
    return ValueProblem(f"{key} = {_shown(text)} is not a region botocore knows.", meant, False)


def _one_of(key: str, text: str, allowed: tuple[str, ...], *, exactly: bool) -> ValueProblem | None:
    if text in allowed or (not exactly and text.lower() in allowed):
        return None
    folded = {value.lower(): value for value in allowed}
    bare = _bare(text).lower()
    close = nearest_name(bare, folded)
    meant = folded.get(bare) or folded.get(bare.replace("_", "-")) or (close and folded[close])
    case = " (case matters)" if exactly and text.lower() in folded else ""
    says = f"{key} = {_shown(text)} is not valid: use one of {', '.join(allowed)}{case}."
    return ValueProblem(says, meant or None)


def _yes_or_no(key: str, text: str) -> ValueProblem | None:
    """Checks a boolean: botocore treats all but ``true`` as false; other SDKs raise an error."""
    lower = _bare(text).lower()
    if text.lower() in ("true", "false"):
        return None
    meant = next(
        (
            value
            for value, like in (("true", _LIKE_TRUE | {"true"}), ("false", _LIKE_FALSE | {"false"}))
            if lower in like
        ),
        None,
    )
    says = f"{key} = {_shown(text)} is neither true nor false: boto3 treats it as "
    return ValueProblem(
        says + ("true." if key == "parameter_validation" else "false."), meant, False
    )


def _number(key: str, text: str, least: int, most: int | None) -> ValueProblem | None:
    if re.fullmatch(r"[0-9]{1,10}", text) and least <= int(text) <= (most or int(text)):
        return None
    limits = f"from {least} to {most}" if most else f"of at least {least}"
    return ValueProblem(f"{key} = {_shown(text)} is not valid: use a whole number {limits}.")


def _duration(text: str, most: int) -> ValueProblem | None:
    least = _SHORTEST
    seconds = seconds_of(text)
    if seconds is None:
        says = f"duration_seconds = {_shown(text)} is not a number of seconds: boto3 ignores it."
        hours = re.fullmatch(r"([0-9]{1,2})\s*(h|hours?|m|min|minutes?)", text.lower())
        meant = int(hours[1]) * (3600 if hours[2][0] == "h" else 60) if hours else 0
        return ValueProblem(says, str(meant) if least <= meant <= most else None, False)
    if least <= seconds <= most:
        says = f"Only boto3 reads duration_seconds = {_shown(text)} as the number {seconds}."
        return None if re.fullmatch("[0-9]+", text) else ValueProblem(says, str(seconds), False)
    limit = (
        f"the minimum is {least}"
        if seconds < least
        else f"the maximum is {most} ({most // 3600} hours)"
    )
    says = f"AWS rejects duration_seconds = {_shown(text)}: {limit}."
    return ValueProblem(says, str(least if seconds < least else most))


def _endpoint(key: str, text: str) -> ValueProblem | None:
    """Checks a URL by botocore's is_valid_endpoint_url, and for a scheme that SDKs support."""
    if not text:
        return None
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
        good = good and not re.search(r"[\s\"']", text) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if good:
        return None
    bare = _bare(text)
    meant = None
    if re.fullmatch(r"[\w.\-\[\]]+(:\d{1,5})?(/\S*)?", bare):
        meant = ("http://" if _LOCAL.match(bare) else "https://") + bare
    return ValueProblem(
        f"{key} = {_shown(text)} is not a URL that starts with http:// or https://.", meant
    )


def _permission_set(key: str, text: str) -> ValueProblem | None:
    """Checks a permission set's name, for which people paste that of the IAM role made from it."""
    whole = arn.Arn.parse(text)
    name = (whole.role_name if whole else None) or text
    role = _IAM_ROLE_OF_SSO.fullmatch(name)
    if role is None:
        found = _field(key, text, fields.validate_role_name)
        return ValueProblem(found.says, name) if found and name != text else found
    says = f"{key} = {_shown(text)} is the IAM role of a permission set, not the set's name."
    return ValueProblem(says, role["name"])


def _field(key: str, text: str, check: Callable[[str], str]) -> ValueProblem | None:
    """Checks a value by a kind's field; one that it would normalize is wrong in a file."""
    try:
        right = check(text)
    except UsageError as exc:
        says = f"{key}: {sanitize(exc.message)}" if not exc.message.startswith(key) else exc.message
        whole = f"https://{text}" if key == "sso_start_url" and "://" not in text else text
        meant = whole if whole != text and _HOST.match(text) else None
        return ValueProblem(f"{says[:-1]}; {exc.fix}." if exc.fix else says, meant)
    if right != text:
        return ValueProblem(f"{key} = {_shown(text)} is not written the way AWS expects.", right)
    return None


def _bare(text: str) -> str:
    """Returns the value without quotes and without a trailing comment."""
    return re.split(r"\s[#;]", text.strip())[0].strip().strip(_QUOTES).strip()


def _shown(text: str) -> str:
    """Returns the value for a message: in quotes where it has several words."""
    if not text:
        return "(nothing)"
    shown = sanitize(show_hidden(mask_text(text)), 60)  # masked whole, then cut
    return f'"{shown}"' if len(text.split()) > 1 and shown[:1] != "'" else shown
