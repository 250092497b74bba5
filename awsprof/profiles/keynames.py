"""The keys that SDKs, the AWS CLI and awsprof know, by the section they stand in.

Source: botocore's configprovider, the AWS SDKs and Tools Reference Guide, "Settings reference",
and the AWS CLI's "Configuration and credential file settings".
"""

from typing import Final

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
"""Those whose value is split into words, so that quotes in it mean something."""
KNOWN_KEYS: Final = PROFILE_KEYS | SESSION_KEYS
NESTING_KEYS: Final = frozenset({"api_versions"})
"""Those beneath which other keys may stand; so may they beneath every service's name."""

_OTHERS: Final = ("x_", "granted_", "toolkit_", "aws_expiration", "include_profile", "color")


def of_another_tool(key: str) -> bool:
    """Whether it is a key that saml2aws, Granted, aws-vault or an AWS Toolkit is known to use."""
    return key.startswith(_OTHERS)
