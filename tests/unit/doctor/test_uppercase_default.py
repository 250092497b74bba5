"""[DEFAULT] in the credentials file is no profile to boto3, and so none here."""

import boto3

from awsprof.profiles.catalog import Catalog
from tests.unit.doctor.conftest import Visit

KEY = (
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
)


def test_its_key_becomes_that_of_the_default_profile(visit: Visit) -> None:
    visit.credentials(f"[DEFAULT]\n{KEY}")
    assert boto3.Session().available_profiles == [*Catalog.load().profiles] == []
    _, after = visit.repaired("uppercase-default")
    assert after.decode() == f"[default]\n{KEY}"
    assert [*Catalog.load().profiles] == ["default"]


def test_no_repair_where_a_profile_would_lose_or_default_would_change(visit: Visit) -> None:
    for config, credentials in (
        ("", f"[DEFAULT]\n{KEY}\n[base]\nregion = eu-west-1\n"),
        ("[default]\nsource_profile = a\n", f"[DEFAULT]\n{KEY}"),
    ):
        visit.config(config)
        visit.credentials(credentials)
        (finding,) = visit.found("uppercase-default")
        assert finding.fault.repair is None
        assert "write [default]" in finding.fault.fix


def test_it_is_proposed_as_no_source(visit: Visit) -> None:
    visit.config("[profile r]\nrole_arn = arn:aws:iam::210987654321:role/A\n")
    visit.credentials(f"[DEFAULT]\n{KEY}")
    (finding,) = visit.found("role-without-source")
    assert "DEFAULT" not in finding.fault.fix
