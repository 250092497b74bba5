"""Line breaks that got lost or came in, judged by what botocore reads before and after."""

import pytest

from awsprof.configfile.dialects import as_botocore, as_sdk
from awsprof.configfile.document import FileKind
from awsprof.configfile.parse import SectionId
from awsprof.doctor.runner import run_offline
from awsprof.editing.change import preview_change
from awsprof.editing.undo import plan_undo, undo
from tests.unit.doctor.conftest import Visit

ALICE, BOB = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH7DHBEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
OTHER = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
ROLE = "arn:aws:iam::123456789012:role/path/Admin"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE" * 8
ID = "lost-line-break"


def keys(id: str, secret: str) -> str:
    return f"aws_access_key_id = {id}\naws_secret_access_key = {secret}\n"


def read(data: bytes, kind: FileKind) -> dict[str, dict[str, object]]:
    """What botocore and the other SDKs read alike, by profile."""
    boto, sdk = as_botocore(data, kind), as_sdk(data, kind)
    assert not boto.error
    assert boto.sections == sdk.sections
    return {str(section): dict(values) for section, values in boto.sections.items()}


GLUED = {
    "a bare name, with keys that begin anew": (
        FileKind.CREDENTIALS,
        f"[a]\n{keys(ALICE, SECRET)}region = eu-west-1[b]\n{keys(BOB, OTHER)}",
    ),
    "default": (FileKind.CREDENTIALS, f"[a]\nregion = x [default]\n{keys(BOB, OTHER)}"),
    "a secret before it": (
        FileKind.CREDENTIALS,
        f"[a]\n{keys(ALICE, SECRET)[:-1]}[b]\n{keys(BOB, OTHER)}",
    ),
    "a profile in the config file": (
        FileKind.CONFIG,
        f"[profile a]\nrole_arn = {ROLE} [profile b]\nregion = eu-west-1\n",
    ),
    "a session": (FileKind.CONFIG, "[default]\nregion = x[sso-session s]\nsso_region = y\n"),
    "a process": (FileKind.CONFIG, "[default]\ncredential_process = /x y[profile b]\nregion = z\n"),
    "a key behind a header": (FileKind.CONFIG, "[profile b]region = eu-west-1\noutput = json\n"),
    "two keys": (FileKind.CREDENTIALS, f"[a]\naws_access_key_id = {ALICE} {keys('', SECRET)[21:]}"),
    "two keys without a blank": (
        FileKind.CREDENTIALS,
        f"[a]\naws_access_key_id={ALICE}aws_secret_access_key={SECRET}\nregion = x\n",
    ),
    "all in one line": (
        FileKind.CONFIG,
        f"[profile a] role_arn = {ROLE} source_profile = b region = eu-west-1\noutput = json\n",
    ),
}


@pytest.mark.parametrize("name", GLUED)
def test_lines_that_were_glued_are_two_again(name: str, visit: Visit) -> None:
    kind, text = GLUED[name]
    (visit.config if kind is FileKind.CONFIG else visit.credentials)(text)
    found = [f for f in run_offline(visit.context()) if f.id == ID]
    assert found
    assert not any(secret in f.message + f.fix for f in found for secret in (SECRET, OTHER))
    assert {f.id for f in run_offline(visit.context())}.isdisjoint({"duplicate-key", "bad-header"})
    mended = dict(zip(FileKind, visit.repaired(ID), strict=True))[kind]
    together = "".join(text.split())
    assert "".join(mended.decode().split()) == together  # nothing but line breaks came in
    profiles = read(mended, kind)
    assert len(profiles) == text.count("[")
    undo(plan_undo(), lambda: visit.vault)
    assert visit.bytes(kind.value) == text.encode()


def test_each_profile_has_its_own_key_again(visit: Visit) -> None:
    visit.credentials(GLUED["a bare name, with keys that begin anew"][1])
    found = read(visit.repaired(ID)[1], FileKind.CREDENTIALS)
    assert found["profile a"] == {
        "aws_access_key_id": ALICE,
        "aws_secret_access_key": SECRET,
        "region": "eu-west-1",
    }
    assert found["profile b"]["aws_access_key_id"] == BOB


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FileKind.CONFIG, "[default]\ncli_pager = less [x]\n"),
        (FileKind.CONFIG, 'granted_x = ["a"]\n'),
        (FileKind.CONFIG, "[default]\ncredential_process = /x [b]\nregion = y\n"),
        (FileKind.CONFIG, "[default]\ncredential_process = /x --set region = y\n"),
        (FileKind.CREDENTIALS, "[a]\nregion = eu-west-1[b]\noutput = json\n"),
        (FileKind.CREDENTIALS, "[a]\n# region = x[default]\nregion = y\n"),
        (FileKind.CONFIG, f"[profile a]\nrole_arn = {ROLE}\nregion = x\n"),
    ],
)
def test_what_may_be_meant_so_is_left(kind: FileKind, text: str, visit: Visit) -> None:
    (visit.config if kind is FileKind.CONFIG else visit.credentials)(text)
    assert visit.found(ID) == []


def test_a_header_that_is_there_already_is_for_a_person(visit: Visit) -> None:
    visit.config("[profile b]\noutput = json\n[profile a]\nregion = x[profile b]\nregion = y\n")
    (finding,) = visit.found(ID)
    assert finding.fault.repair is None
    assert "merge the two sections" in finding.fix


CUT = {
    "an ARN in its account": ("role_arn", ROLE, 17),
    "an ARN in its path": ("role_arn", ROLE, len(ROLE) - len("Admin")),
    "an ARN before its role": ("role_arn", ROLE, ROLE.index("role/")),
    "an MFA device": ("mfa_serial", "arn:aws:iam::123456789012:mfa/alice", 20),
    "an ARN in a process": ("credential_process", f"/x --arn {ROLE}", 26),
    "a secret": ("aws_secret_access_key", SECRET, 21),
}


@pytest.mark.parametrize("indent", ["", "  "])
@pytest.mark.parametrize("name", CUT)
def test_a_value_that_was_cut_is_whole_again(name: str, indent: str, visit: Visit) -> None:
    key, value, at = CUT[name]
    text = f"[profile a]\n{key} = {value[:at]}\n{indent}{value[at:]}\nregion = eu-west-1\n"
    visit.config(text)
    (finding,) = visit.found(ID)
    assert finding.fault.origin is not None
    assert finding.fault.origin.line == 3
    assert value[at:] not in finding.message
    told = {f.id for f in run_offline(visit.context())}
    assert told.isdisjoint({"colon-delimiter", "line-without-equals", "unknown-key"})
    after = visit.repaired(ID)[0]
    assert read(after, FileKind.CONFIG)["profile a"] == {key: value, "region": "eu-west-1"}
    assert visit.taken_back() == text.encode()


def test_a_token_in_many_lines_is_one_again(visit: Visit) -> None:
    lines = "\n".join(TOKEN[i : i + 60] for i in range(0, len(TOKEN), 60))
    visit.credentials(f"[a]\n{keys(ALICE, SECRET)}aws_session_token = {lines}==\nregion = x\n")
    after = visit.repaired(ID)[1]
    values = read(after, FileKind.CREDENTIALS)["profile a"]
    assert values["aws_session_token"] == TOKEN + "=="
    assert values["region"] == "x"


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (ROLE, "role_arn"),
        ("arn:aws-cn:iam::123456789012:mfa/alice", "mfa_serial"),
        ("https://my-corp.awsapps.com/start", "sso_start_url"),
    ],
)
def test_a_value_without_its_key_gets_it(line: str, key: str, visit: Visit) -> None:
    visit.config(f"[profile a]\n{line}\nregion = x\n")
    assert "colon-delimiter" not in {f.id for f in run_offline(visit.context())}
    after = visit.repaired(ID)[0]
    assert read(after, FileKind.CONFIG)["profile a"] == {key: line, "region": "x"}


def test_a_header_that_is_commented_out_is_told_of_its_keys(visit: Visit) -> None:
    text = f"[default]\n{keys(ALICE, SECRET)}#[work]\n{keys(BOB, OTHER)}"
    visit.credentials(text)
    found = [f for f in run_offline(visit.context()) if f.id == "duplicate-key"]
    assert found
    assert all("[work] is commented out in line 4" in f.message for f in found)
    assert all(f.fault.repair is None for f in found)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_windows_encodings_become_utf_8_and_come_back(encoding: str, visit: Visit) -> None:
    text = f"[a]\r\n{keys(ALICE, SECRET)}region = ü\n"
    mark = "\ufeff" if encoding.endswith(("le", "be")) else ""
    data = (mark + text).encode(encoding)
    visit.credentials(data)
    (finding,) = [f for f in run_offline(visit.context()) if f.id == "encoding"]
    assert "UTF-16" in finding.message or encoding == "utf-8-sig"
    assert finding.fault.repair is not None
    assert finding.fault.repair.change is not None
    (diff,) = preview_change(finding.fault.repair.change).files
    assert SECRET not in repr(diff)
    assert len(diff.lines) <= 3
    assert visit.repaired("encoding")[1] == text.encode()
    undo(plan_undo(), lambda: visit.vault)
    assert visit.bytes("credentials") == data


def test_half_of_utf_16_shows_no_secret(visit: Visit) -> None:
    data = f"[a]\n{keys(ALICE, SECRET)}".encode("utf-16") + b"x"
    visit.credentials(data)
    from awsprof.editing.change import file_diff

    diff = file_diff(visit.context().catalog.stored(FileKind.CREDENTIALS), b"")
    shown = "".join(line.text for line in diff.lines) if diff else ""
    assert SECRET not in shown
    assert SECRET[5:30] not in shown.replace(" ", "")


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("sso_session x", SectionId.sso_session("x")),
        ("sso-sesion x", SectionId.sso_session("x")),
        ("ssosession x", SectionId.sso_session("x")),
        ("SSO-Session x", SectionId.sso_session("x")),
        ("sso session x", SectionId.sso_session("x")),
        ("service x", SectionId("services", "x")),
        ("profiles x", SectionId.profile("x")),
        ("Profile x", SectionId.profile("x")),
        ("proflie x", SectionId.profile("x")),
        ("profil x", SectionId.profile("x")),
        ("profile-x", None),
        ("profilex", None),
        ("my profile", None),
    ],
)
def test_a_first_word_that_is_a_slip_is_no_profile_of_that_name(
    header: str, meant: SectionId | None, visit: Visit
) -> None:
    visit.config(f"[{header}]\nregion = x\n")
    repairs = [f for f in run_offline(visit.context()) if f.fault.repair]
    if meant is None:
        assert not [f for f in repairs if f.id == "bad-header"]
        return
    after = visit.all_repaired()[0]
    assert after.decode().startswith(f"[{meant}]\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_header_glued_to_a_secret_is_written_apart_and_nothing_is_lost(
    end: str, visit: Visit
) -> None:
    keys = [
        f"aws_access_key_id={id}\naws_secret_access_key={secret}"
        for id, secret in ((ALICE, SECRET), (BOB, OTHER), (ALICE, SECRET))
    ]
    text = "[a]\n{}[b]\n{}[c]\n{}\n".format(*keys).replace("\n", end)
    visit.credentials(text)
    before = [f for f in run_offline(visit.context()) if f.auto_fixable]
    assert [f.id for f in before] == ["lost-line-break"] * 2
    after = visit.all_repaired()[1].decode()
    assert after == "[a]\n{}\n[b]\n{}\n[c]\n{}\n".format(*keys).replace("\n", end)


def test_a_comment_behind_a_glued_header_stays_behind_it(visit: Visit) -> None:
    visit.config("[profile a]\nregion = eu-west-1[profile b] # work\nregion = us-east-1\n")
    assert visit.all_repaired()[0] == (
        b"[profile a]\nregion = eu-west-1\n[profile b] # work\nregion = us-east-1\n"
    )


def test_a_header_named_in_a_comment_is_none(visit: Visit) -> None:
    visit.config("[profile a]\nregion = eu-west-1 # as in [profile b]\n")
    assert "lost-line-break" not in {f.id for f in run_offline(visit.context())}
    assert visit.all_repaired()[0] == b"[profile a]\n# as in [profile b]\nregion = eu-west-1\n"


def test_what_stands_below_a_glued_header_is_not_mended_as_its_neighbors(visit: Visit) -> None:
    visit.config(
        "[profile a]\noutput = json[sso-session x]\n"
        "sso_start_url = https://x.awsapps.com/start\nsso_region: us-east-1\n"
    )
    told = run_offline(visit.context())
    assert [f.id for f in told if f.auto_fixable] == ["lost-line-break"]
    line = next(f.fault.origin for f in told if f.id == "lost-line-break")
    assert [f.id for f in told if f.fault.origin == line] == ["lost-line-break"]
    assert not any("awsprof set a output" in f.fix or "unset a output" in f.fix for f in told)


def test_an_arn_cut_after_its_colon_is_joined(visit: Visit) -> None:
    visit.config("[profile z]\nrole_arn = arn:aws:iam::210987654321:\nrole/Admin\n")
    assert visit.all_repaired()[0] == (
        b"[profile z]\nrole_arn = arn:aws:iam::210987654321:role/Admin\n"
    )
