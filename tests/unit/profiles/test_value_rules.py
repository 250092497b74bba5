"""Rules for values, compared with what botocore itself rejects."""

import pytest

from awsprof.profiles.value_rules import ValueProblem, value_problem

RIGHT = [
    ("region", "eu-west-1"),
    ("region", "eusc-de-east-1"),
    ("region", "us-isob-east-1"),
    ("retry_mode", "adaptive"),
    ("max_attempts", "5"),
    ("defaults_mode", "In-Region"),
    ("use_fips_endpoint", "TRUE"),
    ("s3.addressing_style", "path"),
    ("duration_seconds", "900"),
    ("duration_seconds", "43200"),
    ("endpoint_url", "http://localhost:4566/path"),
    ("endpoint_url", "https://[::1]:443"),
    ("role_session_name", "alice@example.com"),
    ("sso_start_url", "https://example.awsapps.com/start#/"),
    ("output", "yaml-stream"),
    ("nobody_knows_this", "anything at all"),
]


@pytest.mark.parametrize(("key", "text"), RIGHT)
def test_what_is_right(key: str, text: str) -> None:
    assert value_problem(key, text) is None


# The wrong value, the suggestion, and whether anything rejects it.
WRONG = [
    ("region", "eu-west-1a", "eu-west-1", True),
    ("region", "EU (Ireland)", "eu-west-1", True),
    ("region", "Frankfurt", "eu-central-1", True),
    ("region", "global", "us-east-1", True),
    ("region", "us-west-1  # mine", "us-west-1", True),
    ("region", "", None, True),
    ("region", "eu-nowhere-7", None, False),
    ("sso_region", "eu_west_1", "eu-west-1", True),
    ("retry_mode", "Standard", "standard", True),
    ("retry_mode", "adaptiv", "adaptive", True),
    ("retry_mode", '"legacy"', "legacy", True),
    ("sts_regional_endpoints", "Regional", "regional", True),
    ("s3.addressing_style", "virtual-host", "virtual", True),
    ("request_checksum_calculation", "when-required", "when_required", True),
    ("max_attempts", "0", None, True),
    ("max_attempts", "many", None, True),
    ("use_fips_endpoint", "yes", "true", False),
    ("use_dualstack_endpoint", "0", "false", False),
    ("duration_seconds", "1h", "3600", False),
    ("duration_seconds", "86400", "43200", True),
    ("duration_seconds", "60", "900", True),
    ("endpoint_url", "localhost:4566", "http://localhost:4566", True),
    ("endpoint_url", "vpce.example.com", "https://vpce.example.com", True),
    ("endpoint_url", "ftp://x", None, True),
    ("role_session_name", "me and you", None, True),
    ("role_session_name", "x" * 65, None, True),
    ("sso_account_id", "1234-5678-9012", "123456789012", True),
    ("sso_start_url", "https://[x", None, True),
    ("output", "jsn", "json", True),
]


@pytest.mark.parametrize(("key", "text", "meant", "refused"), WRONG)
def test_what_is_wrong(key: str, text: str, meant: str | None, refused: bool) -> None:
    found = value_problem(key, text)
    assert isinstance(found, ValueProblem)
    if meant is not None or key != "region":
        assert found.meant == meant
    assert found.refused is refused
    assert meant is None or value_problem(key, meant) is None
