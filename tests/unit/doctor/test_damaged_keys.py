"""Keys that are all there, and damaged on their way into the file: the repair keeps the key."""

import pytest
from botocore.exceptions import ConfigParseError
from botocore.session import Session

from awsprof.doctor.findings import Severity
from awsprof.doctor.runner import run_offline
from awsprof.masking.mask import mask_text
from tests.unit.doctor.conftest import Visit

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
WHOLE = f"[p]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"


def whole_after(visit: Visit, *checks: str) -> None:
    """boto3 has the key once the repairs of these checks, and of no other, are made."""
    found = [f for f in run_offline(visit.context()) if f.severity is Severity.ERROR]
    assert {f.id for f in found} == set(checks)
    assert SECRET not in "".join(f.message + f.fix for f in found)
    for check in checks:
        visit.repaired(check)
    credentials = Session(profile="p").get_credentials()
    assert (credentials.access_key, credentials.secret_key) == (ID, SECRET)


def test_keys_without_their_sign_get_it(visit: Visit) -> None:
    visit.credentials(WHOLE.replace(" = ", " ") + "region eu-west-1\n")
    with pytest.raises(ConfigParseError):
        _ = Session(profile="p").full_config
    whole_after(visit, "line-without-equals")
    assert visit.bytes("credentials").decode() == f"{WHOLE}region = eu-west-1\n"


def test_words_and_a_second_line_of_a_key_get_no_sign(visit: Visit) -> None:
    visit.credentials(f"{WHOLE}aws_access_key_id {ID}\nregion of mine\n")
    found = visit.found("line-without-equals")
    assert [f.fault.repair for f in found] == [None, None]
    assert "keep one line of aws_access_key_id" in found[0].fix


def test_two_lines_of_a_key_without_signs_are_left(visit: Visit) -> None:
    visit.credentials((WHOLE + WHOLE.removeprefix("[p]\n")).replace(" = ", " "))
    assert [f.fault.repair for f in visit.found("line-without-equals")] == [None] * 4


def test_a_name_that_no_shape_shows_is_the_value_of_a_key_of_several_words(visit: Visit) -> None:
    visit.config("[profile r]\nsource_profile\tp\noutput json\n")
    found = visit.found("line-without-equals")
    assert [f.fault.repair is not None for f in found] == [True, False]
    assert visit.repaired("line-without-equals")[0].startswith(b"[profile r]\nsource_profile = p\n")


def test_a_value_in_the_line_below_its_key_is_joined(visit: Visit) -> None:
    visit.credentials(WHOLE.replace(f" {SECRET}", f"\n{SECRET}").replace(f" {ID}", f"\n{ID}"))
    whole_after(visit, "lost-line-break")
    assert visit.bytes("credentials").decode() == WHOLE


@pytest.mark.parametrize(
    ("text", "check"),
    [
        (WHOLE.replace(ID, f"{ID},"), "key-id-shape"),
        (WHOLE.replace(SECRET, f"{SECRET};"), "secret-shape"),
        (WHOLE.replace("key = ", "key == "), "secret-shape"),
        (WHOLE.replace("id = ", "id => "), "key-id-shape"),
    ],
)
def test_signs_of_lists_and_assignments_around_a_half_are_removed(
    visit: Visit, text: str, check: str
) -> None:
    visit.credentials(text)
    assert mask_text(SECRET) == "***"
    whole_after(visit, check)


def test_a_secret_of_another_service_may_end_in_an_equals_sign(visit: Visit) -> None:
    visit.config("[profile p]\nregion = x-1\nendpoint_url = http://127.0.0.1:9000\n")
    visit.credentials("[p]\naws_access_key_id = minio,\naws_secret_access_key = c2VjcmV0==\n")
    assert visit.found("key-id-shape") == visit.found("secret-shape") == []


def test_keys_below_a_broken_first_header_are_not_given_to_default(visit: Visit) -> None:
    visit.credentials(WHOLE.replace("[p]", "[p"))
    whole_after(visit, "bad-header")
    assert visit.bytes("credentials").decode() == WHOLE


def test_lines_above_a_broken_first_header_are_told_without_a_repair(visit: Visit) -> None:
    visit.credentials("region = eu-west-1\n" + WHOLE.replace("[p]", "[p"))
    (found,) = visit.found("line-without-equals")
    assert found.fault.origin is not None
    assert (found.fault.origin.line, found.fault.repair) == (1, None)
