"""The console's addresses, in every partition that botocore knows."""

from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.session import Session

from awsprof.auth import console
from awsprof.errors import CredentialsError, UsageError
from tests.unit.auth.conftest import Bench

HOMES = {
    "aws": ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
    "aws-cn": ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
    "aws-us-gov": ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    "aws-eusc": ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"),
    "aws-iso": ("us-iso-east-1", "us-iso-east-1.console.c2shome.ic.gov"),
    "aws-iso-b": ("us-isob-east-1", "us-isob-east-1.console.sc2shome.sgov.gov"),
    "aws-iso-e": ("eu-isoe-west-1", "eu-isoe-west-1.console.csphome.adc-e.uk"),
    "aws-iso-f": ("us-isof-south-1", "us-isof-south-1.console.csphome.hci.ic.gov"),
}


def test_every_partition_of_botocore_has_a_console() -> None:
    assert set(HOMES) == set(Session().get_available_partitions())


@pytest.mark.parametrize("partition", HOMES)
def test_the_console_is_the_partition_s_own(partition: str, bench: Bench) -> None:
    region, host = HOMES[partition]
    resolver = bench.resolver(bench.base(f"region = {region}\n"))
    link = console.console_link(resolver, "base").reveal()
    assert urlsplit(parse_qs(urlsplit(link).query)["Destination"][0]).hostname == host


def test_a_session_of_a_user_is_refused_and_the_way_is_told(bench: Bench) -> None:
    session = bench.aws.temporary("arn:aws:iam::123456789012:user/alice", "123456789012", 3600)
    plain = (
        f"[profile old]\naws_access_key_id = {session.id}\n"
        f"aws_secret_access_key = {session.secret}\naws_session_token = {session.token}\n"
    )
    with pytest.raises(CredentialsError, match="rejected the credentials of old") as error:
        console.console_link(bench.resolver(plain), "old")
    assert "role" in error.value.fix


AWS = "aws.amazon.com"


@pytest.mark.parametrize(
    ("destination", "url"),
    [
        (
            "s3/buckets/b?tab=objects",
            "https://eu-west-1.console.aws.amazon.com/s3/buckets/b?tab=objects",
        ),
        ("/ec2/home", "https://eu-west-1.console.aws.amazon.com/ec2/home"),
        ("https://console.aws.amazon.com/iam", "https://console.aws.amazon.com/iam"),
        (
            "https://us-east-1.console.aws.amazon.com/iam",
            "https://us-east-1.console.aws.amazon.com/iam",
        ),
    ],
)
def test_a_destination_is_a_path_or_an_address_of_the_console(destination: str, url: str) -> None:
    assert console.ConsolePage(destination=destination).url(AWS, "eu-west-1") == url


@pytest.mark.parametrize(
    "destination",
    [
        "https://[console.aws.amazon.com/",
        "https://evil.example/",
        "http://console.aws.amazon.com/",
        "https://console.aws.amazon.com@evil.example/",
        "https://evil.example\\@console.aws.amazon.com/",
        "https://xconsole.aws.amazon.com/",
        "javascript://console.aws.amazon.com/",
        "s3/\nx",
    ],
)
def test_no_destination_leads_elsewhere(destination: str) -> None:
    with pytest.raises(UsageError, match="is not a page of the AWS console"):
        console.ConsolePage(destination=destination).url(AWS, "eu-west-1")


MFA = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n"


@pytest.mark.parametrize(
    ("base", "role", "typed"),
    [
        (MFA, "", "awsprof setup role"),
        (MFA, "plain", "awsprof console admin"),  # the key signs in with MFA, once for its roles
        ("", "", None),
    ],
)
def test_a_key_s_console_has_no_mfa_and_a_role_s_has(
    base: str, role: str, typed: str | None, bench: Bench
) -> None:
    sections = [bench.base(base), *([bench.role()] if role else [])]
    told = console.without_mfa(bench.resolver(*sections).catalog, "base")
    assert (told is None) if typed is None else (told is not None and typed in told)
    if role:
        assert console.without_mfa(bench.anew().catalog, "admin") is None
