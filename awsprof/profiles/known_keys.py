"""The keys that SDKs, the AWS CLI and awsprof know, by section.

Source: botocore's configprovider, the AWS SDKs and Tools Reference Guide, "Settings reference",
and the AWS CLI's "Configuration and credential file settings".
"""

import re
from collections.abc import Iterable
from typing import Final

from awsprof.key_ids import is_access_key_id
from awsprof.near_names import letters, nearest_spelling

CREDENTIAL_KEYS: Final = frozenset(
    [
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_security_token",
        "aws_account_id",
        "role_arn",
        "source_profile",
        "credential_source",
        "external_id",
        "mfa_serial",
        "role_session_name",
        "duration_seconds",
        "web_identity_token_file",
        "credential_process",
        "sso_session",
        "sso_account_id",
        "sso_role_name",
        "sso_start_url",
        "sso_region",
        "login_session",
    ]
)
CLIENT_KEYS: Final = frozenset(
    [
        "region",
        "ca_bundle",
        "data_path",
        "api_versions",
        "endpoint_url",
        "services",
        "ignore_configured_endpoint_urls",
        "metadata_service_timeout",
        "metadata_service_num_attempts",
        "ec2_metadata_service_endpoint",
        "ec2_metadata_service_endpoint_mode",
        "ec2_metadata_v1_disabled",
        "imds_use_ipv6",
        "use_dualstack_endpoint",
        "use_fips_endpoint",
        "parameter_validation",
        "endpoint_discovery_enabled",
        "sts_regional_endpoints",
        "retry_mode",
        "max_attempts",
        "defaults_mode",
        "sdk_ua_app_id",
        "request_min_compression_size_bytes",
        "disable_request_compression",
        "sigv4a_signing_region_set",
        "request_checksum_calculation",
        "response_checksum_validation",
        "account_id_endpoint_mode",
        "disable_host_prefix_injection",
        "auth_scheme_preference",
        "tcp_keepalive",
        "s3_disable_express_session_auth",
        "s3_use_arn_region",
        "s3_us_east_1_regional_endpoint",
        "proxy_ca_bundle",
        "proxy_client_cert",
        "proxy_use_forwarding_for_https",
        "csm_enabled",
        "csm_host",
        "csm_port",
        "csm_client_id",
    ]
)
CLI_KEYS: Final = frozenset(
    [
        "output",
        "cli_pager",
        "cli_auto_prompt",
        "cli_binary_format",
        "cli_timestamp_format",
        "cli_history",
        "cli_help_output",
        "cli_error_format",
        "cli_follow_urlparam",
    ]
)
SESSION_KEYS: Final = frozenset({"sso_start_url", "sso_region", "sso_registration_scopes"})
OWN_KEYS: Final = frozenset({"mfa_process"})  # awsprof's
PROFILE_KEYS: Final = CREDENTIAL_KEYS | CLIENT_KEYS | CLI_KEYS | OWN_KEYS | SESSION_KEYS
COMMAND_KEYS: Final = frozenset({"credential_process", "mfa_process", "cli_pager"})
"""Keys whose value is split into words, so that quotes matter."""
KNOWN_KEYS: Final = PROFILE_KEYS | SESSION_KEYS
NESTING_KEYS: Final = frozenset({"api_versions"})
"""Keys that may have nested keys. So may every service's name."""

S3_KEYS: Final = frozenset(
    [
        *("addressing_style", "payload_signing_enabled", "use_accelerate_endpoint"),
        *("use_dualstack_endpoint", "use_arn_region", "us_east_1_regional_endpoint"),
        *("s3_disable_multiregion_access_points", "signature_version"),
        *("max_concurrent_requests", "max_queue_size", "max_bandwidth", "target_bandwidth"),
        *("multipart_threshold", "multipart_chunksize", "preferred_transfer_client"),
    ]
)
"""Keys below ``s3 =`` in a profile. Sources: botocore's configprovider; "aws help s3-config"."""

# Keys that other tools keep in the two files, and prefixes of such keys.
# Sources: the README or the source of Granted, saml2aws, aws-mfa, aws-vault, awsume, aws-sso-cli,
# aws-sso-util, Leapp, gimme-aws-creds, okta-awscli, aws-okta, aws-azure-login, aws-adfs,
# aws-google-auth, the AWS Toolkits and AWS Extend Switch Roles.
_OTHERS_BEGIN: Final = (
    *("x_", "granted_", "common_fate_", "toolkit_", "awsume", "azure_", "okta_", "adfs_config"),
    *("google_config", "saml_", "leapp_", "gimme_", "gsts", "aws_sso_", "vault_", "keycloak_"),
)
_OTHERS_KEYS: Final = frozenset(
    [
        *("aws_expiration", "expiration", "source_expiration", "autoawsume", "manager"),
        *("aws_mfa_device", "assumed_role", "assumed_role_arn", "assume_role", "role_duration"),
        *("include_profile", "session_tags", "transitive_session_tags", "source_identity"),
        *("chain_mfa", "parent_profile", "sso_use_device_code", "sso_auto_populated"),
        *("color", "image", "group", "role_name", "target_role_name", "target_region", "icon"),
        *("aws_account_alias", "aws_saml_url", "mfa_provider", "mfa_factor_type"),
        *("assume_role_ttl", "session_ttl", "assume_role_arn", "credentials_expiration"),
        *("resolve_aliases", "app_url", "preferred_mfa_type", "remember_device", "cred_profile"),
        *("sso_account_name", "sso_auto_login", "browser", "principal_arn", "provider"),
    ]
)
# Wrong names for known keys, as people and older tools write them.
_WRONG_NAMES: Final = {
    **dict.fromkeys(
        ("aws_access_key", "access_key", "access_key_id", "aws_key_id", "aws_access_id", "key_id"),
        "aws_access_key_id",
    ),
    **dict.fromkeys(
        ("aws_secret_key", "secret_key", "secret_access_key", "aws_secret", "aws_secret_access"),
        "aws_secret_access_key",
    ),
    **dict.fromkeys(("session_token", "aws_token", "aws_session"), "aws_session_token"),
    **dict.fromkeys(("aws_region", "aws_default_region", "default_region"), "region"),
    **dict.fromkeys(("aws_output", "output_format", "default_output"), "output"),
    **dict.fromkeys(("role", "aws_role_arn", "role_to_assume"), "role_arn"),
    **dict.fromkeys(("source", "src_profile", "aws_source_profile"), "source_profile"),
    **dict.fromkeys(("mfa", "mfa_arn", "mfa_serial_number", "mfa_device"), "mfa_serial"),
    **dict.fromkeys(("sso_url", "start_url", "sso_start"), "sso_start_url"),
    **dict.fromkeys(("sso_account", "sso_accountid"), "sso_account_id"),
    **dict.fromkeys(("sso_role", "sso_permission_set"), "sso_role_name"),
    **dict.fromkeys(("duration", "session_duration"), "duration_seconds"),
    **dict.fromkeys(("session_name", "aws_role_session_name"), "role_session_name"),
    **dict.fromkeys(("endpoint", "aws_endpoint_url"), "endpoint_url"),
}
_SYNONYMS: Final = {re.sub(r"[^a-z0-9]", "", wrong): right for wrong, right in _WRONG_NAMES.items()}

_NAME: Final = re.compile(r"[\"']?\w[\w .\-]*[\"']?")  # of a key, as people write it

_SHAPES: Final = {
    "aws_secret_access_key": re.compile(r"[A-Za-z0-9/+]{40}"),
    "aws_session_token": re.compile(r"[A-Za-z0-9/+=]{100,}"),
    "role_arn": re.compile(r"arn:[a-z\-]+:iam::\d{12}:role/\S+"),
    "mfa_serial": re.compile(r"arn:[a-z\-]+:iam::\d{12}:mfa/\S+"),
    "sso_account_id": re.compile(r"\d{12}"),
    "sso_role_name": re.compile(r"[\w+=,.@\-]{1,32}"),
    "sso_session": re.compile(r"[\w\-/.%@:+]+"),
    "sso_start_url": re.compile(r"https://\S+/start\S*"),
}


def belongs_to_another_tool(key: str) -> bool:
    """True if another tool is known to keep that key in these files."""
    return key.startswith(_OTHERS_BEGIN) or key in _OTHERS_KEYS


def nearest_known_key(key: str, known: Iterable[str]) -> str | None:
    """Returns the known key that an unknown one probably stands for; None if no key is close.

    Accepts a synonym, or a spelling as close as ``nearest_spelling`` asks for.
    """
    allowed = frozenset(known)
    synonym = _SYNONYMS.get(letters(key)) if _NAME.fullmatch(key) else None
    return synonym if synonym in allowed else nearest_spelling(key, allowed)


def is_value_of(key: str, value: str) -> bool:
    """True if a value looks like one for that key and hardly any other."""
    if key == "aws_access_key_id":
        return is_access_key_id(value)
    if key == "region":
        return re.fullmatch(r"[a-z]{2,4}(?:-[a-z]+){1,3}-\d", value) is not None
    shape = _SHAPES.get(key)
    return shape is not None and shape.fullmatch(value) is not None


def split_without_sign(line: str) -> tuple[str, str] | None:
    """Splits a line that lacks only the '=' into key and value; None for other lines."""
    words = line.split()
    if len(words) != 2 or (key := words[0].lower()) not in KNOWN_KEYS or "=" in key:
        return None
    return (key, words[1]) if "_" in key or is_value_of(key, words[1]) else None


def is_assignment(line: str) -> bool:
    """True if a line sets a known profile key."""
    name, sign, _ = line.partition("=")
    return bool(sign) and name.strip().lower() in PROFILE_KEYS
