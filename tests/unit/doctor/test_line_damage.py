"""Lines that end wrongly, are cut or glued: one finding for each, and one repair that ends it."""

import pytest

from awsprof.configfile.dialects import as_botocore, as_sdk
from awsprof.configfile.document import FileKind
from awsprof.configfile.encoding import join_diff_lines, split_diff_lines
from awsprof.configfile.parse import SectionId
from awsprof.doctor.repair_planning import plan_repairs
from awsprof.doctor.runner import run_offline
from awsprof.editing.change import preview_change
from awsprof.profiles.catalog import Catalog
from tests.unit.doctor.conftest import Visit

KEY = (
    "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
)
ROLE = "arn:aws:iam::123456789012:role/Admin"
ID = "lost-line-break"

LONE = {
    "all of them": "[profile a]\rregion = x\r[profile b]\rs3 =\r  k = v\r",
    "one of Unix's": "[profile a]\nregion = x\routput = json\n[profile b]\n",
    "one of Windows's": "[profile a]\r\nregion = x\routput = json\r\n",
    "doubled": "[profile a]\r\r\nregion = x\r\r\ns3 =\r\r\n  k = v\r\r\n",
    "before the first section": "# c\r[profile a]\rregion = x",
}


@pytest.mark.parametrize("name", LONE)
def test_a_lone_carriage_return_is_mended(name: str, visit: Visit) -> None:
    text = LONE[name]
    visit.config(text)
    before = as_botocore(text.encode(), FileKind.CONFIG)
    (finding,) = visit.found("lone-cr")
    assert finding.auto_fixable
    after = visit.repaired("lone-cr")[0]
    assert as_botocore(after, FileKind.CONFIG).sections == before.sections
    assert as_sdk(after, FileKind.CONFIG).sections == before.sections
    assert visit.found("lone-cr") == []
    assert after.splitlines() == [line.encode() for line in text.splitlines() if line]
    assert visit.taken_back() == text.encode()


def test_a_file_of_carriage_returns_is_read_as_boto3_reads_it(visit: Visit) -> None:
    visit.credentials(f"[default]\n{KEY}".replace("\n", "\r", 2))
    told = run_offline(visit.context())
    assert {f.id for f in told} == {"lone-cr", "plaintext-long-term-key", "region-missing"}
    assert Catalog.load().get("default").get("aws_access_key_id") == "AKIAIOSFODNN7EXAMPLE"


def test_the_diff_shows_the_carriage_return(visit: Visit) -> None:
    visit.config("[profile a]\rregion = x\r")
    repair = visit.found("lone-cr")[0].fault.repair
    assert repair is not None
    assert repair.change is not None
    (diff,) = preview_change(repair.change).files
    assert "[profile a]\\r" in [line.text for line in diff.lines]


@pytest.mark.parametrize("key", ["role_arn", "region", "source_profile", "credential_process"])
def test_a_value_below_its_key_is_joined(key: str, visit: Visit) -> None:
    value = {"role_arn": ROLE, "credential_process": "/x --a=b"}.get(key, "eu-west-1")
    visit.config(f"[profile a]\n{key} =\n  {value}\noutput = json\n")
    told = run_offline(visit.context())
    assert [f.id for f in told if f.profile == "a" and f.severity == "error"] == [ID]
    assert visit.repaired(ID)[0] == f"[profile a]\n{key} = {value}\noutput = json\n".encode()


@pytest.mark.parametrize("lines", ["s3 =\n  a = b\n", "region =\n  output = json\n", "x =\n  y\n"])
def test_a_block_and_a_key_below_an_empty_one_are_not_joined(lines: str, visit: Visit) -> None:
    visit.config(f"[profile a]\n{lines}")
    assert visit.found(ID) == []


@pytest.mark.parametrize("indent", ["", "  "])
@pytest.mark.parametrize("key", ["role_arn", "mfa_serial"])
def test_a_value_in_two_lines_is_one_finding(key: str, indent: str, visit: Visit) -> None:
    value = ROLE if key == "role_arn" else "arn:aws:iam::123456789012:mfa/me"
    visit.config(f"[profile a]\n{key} = {value[:20]}\n{indent}{value[20:]}\nregion = us-east-1\n")
    lines = [
        f.id
        for f in run_offline(visit.context())
        if f.fault.origin and f.fault.origin.line in (2, 3)
    ]
    assert lines == [ID]


@pytest.mark.parametrize(
    "line", ["region = eu-west-1output = json", "output = jsonregion = eu-west-1"]
)
def test_the_same_glued_line_twice_is_parted_in_one_go(line: str, visit: Visit) -> None:
    visit.config(f"[profile a]\n{line}\n{line}\n[profile b]\nregion = us-east-1\n")
    assert {f.id for f in run_offline(visit.context()) if f.severity == "error"} == {ID}
    visit.all_repaired()
    assert visit.found(ID) == []
    visit.all_repaired()  # the keys that stand twice now
    read = as_botocore(visit.bytes("config"), FileKind.CONFIG)
    assert read.sections[SectionId.profile("a")] == {"region": "eu-west-1", "output": "json"}


@pytest.mark.parametrize("mark", [b"", "\ufeff".encode("utf-16-le")])
def test_utf_16_is_shown_as_text(mark: bytes, visit: Visit) -> None:
    data = mark + f"[default]\n{KEY}".encode("utf-16-le")
    assert join_diff_lines(split_diff_lines(data)) == data
    visit.credentials(data)
    repair = visit.found("encoding")[0].fault.repair
    assert repair is not None
    assert repair.change is not None
    (diff,) = preview_change(repair.change).files
    assert [line.text for line in diff.lines] == ["(UTF-16)"]
    assert visit.repaired("encoding")[1] == f"[default]\n{KEY}".encode()
    visit.taken_back()
    assert visit.bytes("credentials") == data


def test_indented_keys_below_a_header_that_was_glued_on_are_read_by_all(visit: Visit) -> None:
    other = KEY.replace("AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE")
    visit.credentials(f"[b]\n{KEY[:-1]}[a]\n\t{other}")
    assert visit.found("lost-line-break")[0].fix == "awsprof doctor --fix lost-line-break"
    _, credentials = visit.repaired("lost-line-break")
    assert credentials.decode() == f"[b]\n{KEY}[a]\n{other}"
    assert as_sdk(credentials, FileKind.CREDENTIALS).error is None


def test_a_repair_that_another_one_has_to_precede_is_done_after_it(visit: Visit) -> None:
    text = "role_arn = arn:aws:iam::123456789012:role/R\nsource_profile = b\n\t[profile b]\n"
    visit.config(f"{text}region = eu-west-1\n")
    found = run_offline(visit.context())
    alone = [f for f in found if f.id == "line-without-equals"]
    plan = plan_repairs(visit.context(), alone, lambda secret, _: secret)
    assert plan.empty
    assert [
        skipped.finding for skipped in plan.skipped
    ] == alone  # and does not say that it was done
    visit.all_repaired()
    assert visit.bytes("config").decode().startswith("[default]\n" + text.replace("\t", ""))


def test_no_fix_names_a_profile_whose_name_holds_a_secret(visit: Visit) -> None:
    """Its header was joined with the lines below it."""
    secret = "YBz3D98NpBsfeFbdKAJlOuORT7M8aTXVUuvX3dEZ"
    visit.config("")
    visit.credentials(
        f"[dev] aws_access_key_id = AKIAR5TMCLFZR7ENTIKI aws_secret_access_key = {secret} [a]\n"
        f"aws_access_key_id = AKIATFGYS3IN2PPKLCZ5\naws_secret_access_key = {secret[::-1]}\n"
    )
    findings = run_offline(visit.context())
    assert {"lost-line-break", "plaintext-long-term-key"} <= {finding.id for finding in findings}
    for finding in findings:
        assert secret not in finding.message + finding.fix
        assert "***" not in finding.fix
