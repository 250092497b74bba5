"""What boto3 and the other SDKs read differently, where no other check says why."""

import pytest

from awsprof.doctor.findings import Severity
from tests.unit.doctor.conftest import Visit

P = "[profile a]\n"


@pytest.mark.parametrize(
    ("text", "profile", "line", "says"),
    [
        (
            P + "region = x\n[profile b]\nregion =\u00a0y\n",
            "b",
            4,
            "region has invisible white space",
        ),
        (P + "region = x\n\n  y\n\n  z\n", "a", 2, "to the other SDKs"),
        (P + "région = x\n[profile DEFAULT]\nRÉGION = y\n", "DEFAULT", 4, "is absent to boto3"),
    ],
)
def test_a_difference_that_nothing_else_names(
    text: str, profile: str | None, line: int, says: str, visit: Visit
) -> None:
    visit.config(text)
    finding = visit.found("dialects-differ")[0]
    assert finding.severity is Severity.WARNING
    assert finding.profile == profile
    assert finding.fault.origin is not None
    assert finding.fault.origin.line == line
    assert says in finding.fault.message
    assert finding.fault.fix


@pytest.mark.parametrize(
    "text",
    [
        P + "region = x # home\n",
        P + "region = x\n  # home\n",
        P + "  region = x\n",
        P + "region : x\n",
        P + "region = x\n[profile b#c]\n",
        "[ profile a ]\nregion = x\n",
        '[profile "a b"]\nregion = x\n',
        P + "region = x\n[DEFAULT]\noutput = json\n",
        P + 'region = x\n[profile "a"]\noutput = json\n',
        "[profile default]\nregion = x\n[default]\noutput = json\n",
        "[foo]\nregion = x\n",
        P + "region = x\rsource_profile = y\n",
    ],
)
def test_what_another_check_names_is_not_said_twice(text: str, visit: Visit) -> None:
    visit.config(text)
    assert visit.found("dialects-differ") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (P + "region = x\n\f\n", 3),
        (P + "region = x\ns3 =\n  = v\n", 4),
    ],
)
def test_a_file_that_other_sdks_refuse_is_an_error(text: str, line: int, visit: Visit) -> None:
    visit.config(text)
    (finding,) = visit.found("unreadable-by-other-sdks")
    assert finding.severity is Severity.ERROR
    assert finding.fault.origin is not None and finding.fault.origin.line == line
    assert visit.found("dialects-differ") == []


def test_files_that_all_read_alike(visit: Visit) -> None:
    visit.config("[default]\nregion = x\n[profile a]\ns3 =\n  k = v\n")
    visit.credentials("[a]\naws_access_key_id = x\n")
    assert visit.found("dialects-differ") == []


def test_a_second_difference_in_a_profile_is_said_beside_a_named_one(visit: Visit) -> None:
    visit.config(P + "output = json # home\nregion =\u00a0x\n")
    (finding,) = visit.found("dialects-differ")
    assert "region" in finding.fault.message


def test_of_a_secret_only_the_key_is_said(visit: Visit) -> None:
    visit.credentials("[a]\naws_secret_access_key =\u00a0hunter2\n")
    (finding,) = visit.found("dialects-differ")
    assert "aws_secret_access_key has invisible white space" in finding.fault.message
