"""The keys of a profile that a person confirms before a team file sets, changes or removes them."""

from collections.abc import Iterable, Mapping
from typing import Final

from awsprof.team.nested_keys import last_part

STARTS_PROGRAM: Final = frozenset({"credential_process", "mfa_process", "cli_pager"})
REDIRECTS: Final = frozenset(
    [
        "endpoint_url",
        "ignore_configured_endpoint_urls",
        "services",
        "ca_bundle",
        "proxy_ca_bundle",
        "proxy_client_cert",
        "proxy_use_forwarding_for_https",
        "ec2_metadata_service_endpoint",
        "csm_host",
        "data_path",
        "web_identity_token_file",
    ]
)
"""Keys that send requests, tokens or files somewhere else, or say who is trusted there."""
SIGNS_IN: Final = frozenset({"sso_start_url", "role_arn"})
SENSITIVE_KEYS: Final = STARTS_PROGRAM | REDIRECTS | SIGNS_IN


def sensitive_keys(values: Mapping[str, str]) -> tuple[str, ...]:
    """Returns the keys of a section that have to be confirmed, in their order."""
    return tuple(key for key in values if last_part(key) in SENSITIVE_KEYS)


def what_changes(keys: Iterable[str]) -> str:
    """Says what a change of these keys does, such as "which program runs"."""
    last = {last_part(key) for key in keys}
    found = {
        "which program runs": last & STARTS_PROGRAM,
        "where requests and tokens go, or whom they trust": last & REDIRECTS,
        "your AWS identity": last - STARTS_PROGRAM - REDIRECTS,
    }
    return ", and ".join(what for what, changed in found.items() if changed)
