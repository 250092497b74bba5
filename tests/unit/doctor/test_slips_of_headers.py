"""A section that is named, and whose header has a slip: the mend is that header, and no other."""

import pytest

from awsprof.doctor.runner import run_offline
from tests.unit.doctor.conftest import Visit

ROLE = "role_arn = arn:aws:iam::123456789012:role/R\n"
SSO = "sso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
GOOD = f"[sso-session good]\n{SSO}[services good]\ns3 =\n  endpoint_url = http://localhost:1\n"
# What names the section, the section with a slip in its header, the check, and what mends it.
NAMED = [
    ("sso_session = x\n", f"[sso-sessoin x]\n{SSO}", "sso-session-undefined", "bad-header"),
    ("sso_session = x\n", f"[sso_session x]\n{SSO}", "sso-session-undefined", "bad-header"),
    ("sso_session = x\n", f"[ssosession x]\n{SSO}", "sso-session-undefined", "bad-header"),
    ("services = x\n", "[sevices x]\ns3 =\n  a = b\n", "services-undefined", "bad-header"),
    ("services = x\n", "[service x]\ns3 =\n  a = b\n", "services-undefined", "bad-header"),
    (f"{ROLE}source_profile = x\n", "[profle x]\n", "source-missing", "bad-header"),
    (f"{ROLE}source_profile = x\n", "[x]\n", "source-missing", "missing-profile-prefix"),
]


@pytest.mark.parametrize(("line", "section", "id", "mend"), NAMED)
@pytest.mark.parametrize("beside", ["", GOOD])
def test_the_mend_is_the_headers(
    visit: Visit, line: str, section: str, id: str, mend: str, beside: str
) -> None:
    visit.config(f"[profile p]\n{line}{beside}{section}")
    finding = visit.found(id)[0]
    header = section.split("\n")[0]
    assert header in finding.message
    assert finding.fix == f"awsprof doctor --fix {mend}"
    visit.all_repaired()
    assert visit.found(id) == []


def test_a_variable_names_a_profile_whose_header_has_a_slip(visit: Visit) -> None:
    visit.config("[profle x]\nregion = eu-west-1\n[profile y]\n")
    visit.environment["AWS_PROFILE"] = "x"
    finding = visit.found("env-profile-missing")[0]
    assert finding.fix == "awsprof doctor --fix bad-header"
    assert "[profle x] at ~/.aws/config:1 may be meant" in finding.message


def test_a_header_whose_name_is_taken_is_no_mend(visit: Visit) -> None:
    visit.config(f"[profile p]\nservices = y\n[sevices x]\n{SSO}[services x]\na =\n  b = c\n")
    assert "bad-header" not in visit.found("services-undefined")[0].fix


def test_a_bad_header_is_quoted_with_its_line(visit: Visit) -> None:
    visit.config("[profile p]\nregion = eu-west-1\n[sso-sessoin x]\n")
    told = next(f for f in run_offline(visit.context()) if f.id == "bad-header")
    assert "[sso-sessoin x] in line 3" in told.message
