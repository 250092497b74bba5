"""What boto3 refuses is found: the net beneath the checks, compared with boto3."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.credentials import ProcessProvider
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsprof.auth.plain_boto3 import PlainBoto3
from awsprof.doctor.findings import Severity
from awsprof.doctor.runner import run_offline
from awsprof.profiles.catalog import Catalog
from tests.budgets import examples
from tests.unit.doctor.conftest import Visit

LINES = [
    "region = eu-west-1",
    "region = EU (Ireland)",
    "region =",
    "retry_mode = Standard",
    "retry_mode = adaptive",
    "max_attempts = 0",
    "max_attempts = 4",
    "defaults_mode = fast",
    "sts_regional_endpoints = none",
    "endpoint_url = localhost:1",
    "endpoint_url = http://localhost:1",
    "request_checksum_calculation = always",
    "account_id_endpoint_mode = on",
    "request_min_compression_size_bytes = none",
    "api_versions = all",
    "services = nowhere",
    "s3 =\n  addressing_style = virtual-host",
    "s3 =\n  use_arn_region = true",
    "s3 = fast",
    "s3 =\n  = value",
    "use_fips_endpoint = yes",
    "output = xml",
    "duration_seconds = 1h",
]
EXAMPLES = examples(20)


def _key(line: str) -> str:
    return line.split(" =")[0]


@pytest.fixture
def bare(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    yield home


def by_boto3(profile: str) -> Exception | None:
    """What a plain script meets that makes a client of STS and one of S3."""
    try:
        for service in ("sts", "s3"):
            session = botocore.session.Session(profile=profile)
            given = "us-east-1" if session.get_config_variable("region") is None else None
            session.create_client(
                service,
                region_name=given,
                aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
                aws_secret_access_key="made-up",
            )
    except Exception as exc:
        return exc
    return None


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    lines=st.lists(st.sampled_from(LINES), max_size=4, unique_by=lambda line: line.split(" =")[0])
)
def test_it_refuses_what_boto3_refuses(bare: Path, lines: list[str]) -> None:
    text = "\n".join(["[profile p]", *lines]) + "\n"
    (bare / ".aws").mkdir(exist_ok=True)
    (bare / ".aws" / "config").write_text(text)
    catalog = Catalog.load()
    found = PlainBoto3(catalog, os.environ).client_refusals(catalog.get("p"))
    refused = by_boto3("p")
    assert bool(found) == (refused is not None), (refused, found)
    if refused is not None:
        assert type(refused) in {type(each.error) for each in found}
        assert all(each.key for each in found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("api_versions = all\n", 2),
        ("s3 = fast\n", 2),
        ("region = eu-west-1\ns3 =\n  addressing_style = x\n", 4),
    ],
)
def test_what_boto3_refuses_is_an_error_at_its_line(visit: Visit, text: str, line: int) -> None:
    visit.config(f"[profile p]\n{text}")
    errors = [f for f in run_offline(visit.context()) if f.severity is Severity.ERROR]
    assert [(f.profile, f.fault.origin and f.fault.origin.line) for f in errors] == [("p", line)]


def test_values_that_fail_with_the_same_words_are_told_apart(visit: Visit) -> None:
    visit.config("[profile p]\nregion = eu-west-1\ns3 = fast\napi_versions = all\n")
    catalog = visit.context().catalog
    found = PlainBoto3(catalog, {}).client_refusals(catalog.get("p"))
    assert len({repr(each.error) for each in found}) == 1
    assert {each.key for each in found} == {"s3", "api_versions"}


def test_one_fault_is_told_once(visit: Visit) -> None:
    visit.config(
        "[profile half]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\nregion = eu-west-1\n"
        "[profile above]\nrole_arn = arn:aws:iam::123456789012:role/A\nsource_profile = half\n"
        "region = eu-west-1\nretry_mode = fast\n"
    )
    visit.environment["AWS_MAX_ATTEMPTS"] = "none"
    errors = [f for f in run_offline(visit.context()) if f.severity is Severity.ERROR]
    assert {(f.id, f.profile) for f in errors} == {
        ("env-value-refused", None),
        ("half-key", "half"),
        ("invalid-value", "above"),
    }


def test_nothing_reaches_out(visit: Visit, tmp_path: Path) -> None:
    """No program is started, no container and no instance asked."""
    ran = tmp_path / "ran"
    visit.config(
        f"[profile p]\nregion = eu-west-1\ncredential_process = /usr/bin/touch {ran}\n"
        "[profile ec2]\nrole_arn = arn:aws:iam::123456789012:role/A\nregion = eu-west-1\n"
        "credential_source = Ec2InstanceMetadata\n"
        "[profile on]\nrole_arn = arn:aws:iam::123456789012:role/A\nsource_profile = p\n"
        "region = eu-west-1\ndefaults_mode = auto\n"
    )
    assert visit.found("client-refused") == []
    assert not ran.exists()


def test_of_2000_profiles_few_sets_are_tried(visit: Visit) -> None:
    visit.config(
        "".join(
            f"[profile p{n}]\nregion = eu-west-{n % 3 + 1}\nsdk_ua_app_id = {n}\n"
            f"endpoint_url = http://h{n}:80\nsso_account_id = {n:012}\n"
            for n in range(2000)
        )
    )
    catalog = Catalog.load()
    script = PlainBoto3(catalog, {})
    assert not any(script.client_refusals(p) for p in catalog.profiles.values())
    assert len(script._clients) == 1


def test_the_source_of_many_roles_is_loaded_once_and_refused_for_each(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = "role_arn = arn:aws:iam::123456789012:role/A\nregion = eu-west-1\nsource_profile = "
    visit.config(
        "[profile fine]\ncredential_process = /bin/true\n"
        "[profile half]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
        + "".join(
            f"[profile on-{source}-{n}]\n{role}{source}\n"
            for source in ("fine", "half")
            for n in "12"
        )
    )
    loaded: list[str] = []
    load = ProcessProvider.load

    def counted(provider: ProcessProvider) -> Any:
        loaded.append(provider._profile_name)
        return load(provider)

    monkeypatch.setattr(ProcessProvider, "load", counted)
    catalog = visit.context().catalog
    script = PlainBoto3(catalog, {})
    refused = {
        name: found.error
        for name, profile in catalog.profiles.items()
        if name.startswith("on-") and (found := script.credentials_refused(profile))
    }
    assert refused.keys() == {"on-half-1", "on-half-2"}
    assert len({str(error) for error in refused.values()}) == 1
    assert loaded.count("fine") == 1
