"""What --fix does: what it said, and never worse. Judged by what botocore itself finds."""

import pytest

from awsprof.doctor.check_context import LiveResult
from awsprof.doctor.findings import Finding
from awsprof.doctor.repair_planning import RepairPlan, plan_repairs
from awsprof.doctor.runner import run_offline
from awsprof.editing.apply import apply
from awsprof.errors import CredentialsError
from awsprof.secret import Secret
from awsprof.vault.index import Index
from tests.unit.doctor.conftest import Visit

ALICE, BOB = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH7DHBEXAMPLE"  # AWS's documented examples
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
OTHER = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
LINE = "credential_process = /usr/bin/awsprof credential-process base --key"


def keys(id: str, secret: str) -> str:
    return f"aws_access_key_id = {id}\naws_secret_access_key = {secret}\n"


def mended(visit: Visit) -> RepairPlan:
    """Do what a general --fix does now."""
    context = visit.context()
    wanted = [finding for finding in run_offline(context) if finding.auto_fixable]
    made = plan_repairs(context, wanted, lambda secret, _: secret)
    assert [f.id for f in made.repaired] == [f.id for f in wanted]  # what was told is what is done
    assert not made.skipped
    apply(made.change, lambda: visit.vault)
    return made


def finding(visit: Visit, id: str) -> Finding:
    return next(f for f in run_offline(visit.context()) if f.id == id)


def test_a_repair_that_has_to_wait_names_the_line_that_comes_first(visit: Visit) -> None:
    visit.config("[a]\noutput = json region = us-east-1\nregion = eu-west-1[profile d]\n")
    first = finding(visit, "lost-line-break")
    (skipped,) = plan_repairs(visit.context(), [first], lambda secret, _: secret).skipped
    assert skipped.why.message.endswith("config:3 has to be repaired first.")


@pytest.fixture
def two_keys(visit: Visit) -> Visit:
    """Alice's key in the vault, which bob's in the credentials file hides."""
    visit.vault.put(ALICE, Secret(SECRET))
    Index.load().record(ALICE, backend="memory")
    visit.config(f"[profile base]\n{LINE} {ALICE}\nregion = eu-west-1\n")
    visit.credentials("[base]\n" + keys(BOB, OTHER))
    return visit


def test_a_key_is_not_moved_over_another_one(two_keys: Visit) -> None:
    before = two_keys.bytes("credentials")
    made = mended(two_keys)
    assert made.change.forget == ()
    assert two_keys.bytes("credentials") == before
    assert f"base --key {ALICE}\n".encode() in two_keys.bytes("config")
    assert two_keys.vault.get(ALICE) == Secret(SECRET)
    told = [f for f in run_offline(two_keys.context()) if f.profile == "base"]
    assert any(BOB in f.message or "hide" in f.message for f in told)


def test_a_secret_is_deleted_by_its_name_alone(visit: Visit) -> None:
    visit.vault.put(ALICE, Secret(SECRET))
    Index.load().record(ALICE, backend="memory")
    visit.config("[default]\nregion = eu-west-1\n")
    orphan = finding(visit, "vault-entry-orphan")
    assert orphan.fault.repair is not None
    assert not orphan.auto_fixable
    mended(visit)
    assert visit.vault.holds(ALICE)
    made = plan_repairs(visit.context(), [orphan], lambda secret, _: secret)
    apply(made.change, lambda: visit.vault)
    assert not visit.vault.holds(ALICE)


def test_what_a_mend_brings_to_light_is_not_mended_with_it(visit: Visit) -> None:
    visit.credentials("[profile a]\n" + keys(BOB, OTHER))
    mended(visit)
    assert visit.bytes("credentials") == f"[a]\n{keys(BOB, OTHER)}".encode()
    assert finding(visit, "plaintext-long-term-key").auto_fixable


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (keys(ALICE, SECRET), keys(BOB, OTHER)),
        (keys(ALICE, SECRET), keys(ALICE, OTHER)),
        ("role_arn = arn:aws:iam::123456789012:role/R\n", "role_arn = arn:aws:iam::1:role/S\n"),
        ("credential_process = /bin/one\n", "credential_process = /bin/two\n"),
        (f"{LINE} {ALICE}\n", f"{LINE} {BOB}\n"),
        ("sso_role_name = Admin\n", "sso_role_name = AdminReadOnly\n"),
        ("web_identity_token_file = /a\n", "web_identity_token_file = /b\n"),
        ("aws_session_token = one\n", "aws_session_token = two\n"),
    ],
)
@pytest.mark.parametrize("between", ["", "[profile a]\n"])
def test_of_two_that_say_who_it_is_none_is_thrown_away(
    first: str, second: str, between: str, visit: Visit
) -> None:
    text = f"[profile a]\n{first}{between}{second}"
    visit.config(text)
    mended(visit)
    left = visit.bytes("config").decode().splitlines()
    assert {*left} == {*text.splitlines()}
    told = [
        f for f in run_offline(visit.context()) if f.id in {"duplicate-key", "duplicate-section"}
    ]
    assert told
    assert all("would lose" in f.message for f in told)
    assert not any("EXAMPLEKEY" in f.message + f.fix for f in told)


@pytest.mark.parametrize("between", ["", "[profile a]\n"])
def test_of_two_that_say_the_same_one_is_taken_out(between: str, visit: Visit) -> None:
    own = "role_arn = arn:aws:iam::123456789012:role/R\ncredential_source = Environment\n"
    visit.config(f"[profile a]\n{own}{between}{own}region = eu-west-1\n")
    mended(visit)
    once = f"[profile a]\n{own}region = eu-west-1\n"
    assert sorted(visit.bytes("config").decode().split("\n")) == sorted(once.split("\n"))


def test_the_harmless_are_mended_beside_the_harmful(visit: Visit) -> None:
    profiles = "".join(f"[profile p{n}]\nregion: eu-west-1\n" for n in range(40))
    visit.config(f"{profiles}[profile a]\n{keys(ALICE, SECRET)}{keys(BOB, OTHER)}")
    mended(visit)
    assert visit.bytes("config").count(b"region = eu-west-1") == 40
    assert ALICE.encode() in visit.bytes("config")


def test_a_raised_role_does_not_take_the_place_of_keys(visit: Visit) -> None:
    visit.config("[profile a]\nregion = eu-west-1\n  role_arn = arn:aws:iam::1:role/R\n")
    visit.credentials("[a]\n" + keys(BOB, OTHER))
    assert "a is the key AKIAI44QH7DHBEXAMPLE" in finding(visit, "indented-key").message


def test_what_aws_does_not_confirm_stays_and_the_rest_is_mended(visit: Visit) -> None:
    visit.credentials("[a]\nregion: eu-west-1\n" + keys(BOB, OTHER))

    def refused(*_: object) -> None:
        raise CredentialsError("AWS knows no such key.", "make a new one")

    context = visit.context()
    made = plan_repairs(context, run_offline(context), refused)  # type: ignore[arg-type]  # it always raises
    assert [skipped.why.message for skipped in made.skipped] == ["AWS knows no such key."]
    assert made.change.secrets == ()
    assert [f.id for f in made.repaired] == ["colon-delimiter"]


def test_a_key_does_not_take_the_place_of_a_line_for_another_profile(visit: Visit) -> None:
    line = "credential_process = /usr/bin/awsprof credential-process other\n"
    visit.config(f"[profile a]\n{keys(ALICE, SECRET)}{line}[profile other]\n{keys(BOB, OTHER)}")
    mended(visit)
    assert b"credential-process other\n" in visit.bytes("config")


def test_what_stands_in_the_place_of_an_id_is_not_told(visit: Visit) -> None:
    glued = f"aws_access_key_id = {ALICE} aws_secret_access_key = {SECRET}"
    visit.credentials(f"[a]\n{keys(ALICE, OTHER)}  [b]\n{glued}\n")
    assert not any(SECRET in f.message + f.fix for f in run_offline(visit.context()))


def test_a_key_that_aws_refuses_is_not_said_to_be_moved(visit: Visit) -> None:
    visit.credentials("[a]\nregion = eu-west-1\n" + keys(BOB, OTHER))
    told = finding(visit, "plaintext-long-term-key")
    assert told.auto_fixable
    assert told.fault.refined_by_answer is not None
    profile = visit.context().catalog.get("a")
    for code, repairable in (("InvalidClientTokenId", False), ("timeout", True)):
        refused = LiveResult(profile, error=CredentialsError("No.", "wait", code=code))
        assert (told.fault.refined_by_answer(refused).repair is not None) is repairable


def test_a_repair_that_does_harm_stays_away_once_aws_was_asked(visit: Visit) -> None:
    visit.config("[profile a]\nregion = eu-west-1[profile b]\n" + keys(BOB, OTHER))
    told = finding(visit, "plaintext-long-term-key")
    assert told.fault.repair is None
    assert told.fault.refined_by_answer is None
