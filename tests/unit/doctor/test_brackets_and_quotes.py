"""Headers with the brackets or quotes of other formats, and names that look like another's."""

import pytest
from botocore.session import Session

from tests.unit.doctor.conftest import Visit

KEY = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n"


@pytest.mark.parametrize("header", ["[[profile bob]]", "[profile bob]]", "[[profile bob]"])
def test_a_second_bracket_is_removed(visit: Visit, header: str) -> None:
    visit.config(f"{header}\nregion = eu-west-1\n")
    assert "bob" not in Session().available_profiles
    (found,) = visit.found("bad-header")
    assert "it has two brackets" in found.message
    assert visit.repaired("bad-header")[0] == b"[profile bob]\nregion = eu-west-1\n"
    assert Session().available_profiles == ["bob"]


def test_a_second_bracket_of_a_section_that_is_there_is_left(visit: Visit) -> None:
    visit.credentials(f"[bob]\n{KEY}[bob]]\nregion = x\n")
    (found,) = visit.found("bad-header")
    assert found.fault.repair is None
    assert "There is already another profile bob" in found.message


@pytest.mark.parametrize("kind", ["profile", "sso-session"])
def test_a_header_of_toml_is_told_with_both_readings(visit: Visit, kind: str) -> None:
    visit.config(f"[{kind}.base]\nregion = eu-west-1\n")
    (found,) = visit.found("bad-header")
    assert found.fix == (
        f"rewrite the header in an editor: [{kind} base],"
        f" or [profile {kind}.base] if that is its whole name"
    )


@pytest.mark.parametrize("name", ["\u201cdev\u201d", "dev\u200f", "\u00abdev\u00bb"])
def test_a_name_that_is_another_s_but_for_its_quotes_is_to_be_written_as_that(
    visit: Visit, name: str
) -> None:
    visit.config(f"[profile {name}]\nregion = eu-west-1\n")
    visit.credentials(f"[dev]\n{KEY}")
    (found,) = visit.found("name-not-portable")
    assert found.fix == "if it is meant as dev, write the header as [profile dev], in an editor"
    visit.credentials("")
    (found,) = visit.found("name-not-portable")
    assert "meant as" not in found.fix
