"""Live checks: what AWS answers for a profile, and what is made of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from awsprof.awsapi.sts import Identity
from awsprof.configfile.document import FileKind
from awsprof.doctor.check_context import LiveResult
from awsprof.doctor.findings import Fault
from awsprof.errors import AwsprofError, CredentialsError, InteractionRequired, SecretNotFound
from awsprof.vault.index import Index
from tests.unit.doctor.conftest import Visit, check_of

KEY = "AKIAIOSFODNN7EXAMPLE"
ALICE = Identity("arn:aws:iam::123456789012:user/alice", "123456789012", "AIDAEXAMPLE")
LINE = f"credential_process = /usr/bin/awsprof credential-process {{}} --key {KEY}\n"
CONFIG = f"""[profile key]
{LINE.format("key")}
[profile admin]
role_arn = arn:aws:iam::210987654321:role/team/Admin
source_profile = key

[profile sso]
sso_session = corp
sso_account_id = 210987654321
sso_role_name = Read_Only

[profile on-sso]
role_arn = arn:aws:iam::210987654321:role/Admin
source_profile = sso

[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
"""


@pytest.fixture
def written(visit: Visit) -> Visit:
    """A visit to a HOME with these profiles."""
    visit.config(CONFIG)
    return visit


def assumed(role: str, account: str = "210987654321") -> Identity:
    """Somebody in that role."""
    return Identity(f"arn:aws:sts::{account}:assumed-role/{role}/me", account, "AROAEXAMPLE:me")


def faults(
    visit: Visit,
    id: str,
    name: str,
    *,
    who: Identity | None = None,
    error: AwsprofError | None = None,
    skew: timedelta | None = None,
    waits: bool = False,
) -> list[Fault]:
    """What the check makes of that answer for the profile."""
    context = visit.context()
    answered = LiveResult(
        context.catalog.get(name), identity=who, error=error, skew=skew, waits_for_code=waits
    )
    return list(check_of(id).run(context, answered))


def failed(code: str, message: str = "It failed.") -> CredentialsError:
    return CredentialsError(message, "mend it", code=code)


def test_an_error_is_told_in_its_own_words_where_the_profile_stands(written: Visit) -> None:
    (found,) = faults(written, "identity", "admin", error=failed("AccessDenied", "No."))
    assert (found.message, found.fix, found.profile) == ("No.", "mend it", "admin")
    assert found.origin is not None
    assert (found.origin.kind, found.origin.line) == (FileKind.CONFIG, 5)


def test_who_answers_and_who_waits_for_a_code_has_no_error(written: Visit) -> None:
    assert not faults(written, "identity", "key", who=ALICE)
    waiting = InteractionRequired("a code", "give it", code="mfa-needed")
    assert not faults(written, "identity", "key", error=waiting, waits=True)


@pytest.mark.parametrize(
    ("name", "error", "skew"),
    [
        ("key", failed("process-output"), None),
        ("key", failed("clock-skew"), None),
        ("key", failed("SignatureDoesNotMatch"), timedelta(minutes=-9)),
        ("key", SecretNotFound("gone", "add it"), None),
        ("sso", failed("ForbiddenException"), None),
        ("on-sso", failed("ResourceNotFoundException"), None),
        ("sso", failed("sso-token-expired"), None),
    ],
    ids=str,
)
def test_what_another_check_tells_is_told_once(
    written: Visit, name: str, error: AwsprofError, skew: timedelta | None
) -> None:
    assert not faults(written, "identity", name, error=error, skew=skew)


@pytest.mark.parametrize(
    ("name", "error", "skew"),
    [
        ("key", failed("SignatureDoesNotMatch"), timedelta(seconds=20)),
        ("key", failed("InvalidClientTokenId"), timedelta(minutes=-9)),
        ("key", failed("ForbiddenException"), None),
        ("admin", SecretNotFound("gone", "add it"), None),
        ("on-sso", failed("sso-token-expired"), None),
    ],
    ids=str,
)
def test_what_no_other_check_tells_of_this_profile_is_told(
    written: Visit, name: str, error: AwsprofError, skew: timedelta | None
) -> None:
    (found,) = faults(written, "identity", name, error=error, skew=skew)
    assert found.profile == name


def test_the_account_that_answers_is_the_one_configured(written: Visit) -> None:
    (found,) = faults(written, "wrong-account", "admin", who=assumed("Admin", "111122223333"))
    assert "for account 210987654321" in found.message
    assert "assumed-role/Admin" in found.message
    assert faults(written, "wrong-account", "sso", who=ALICE)
    assert not faults(written, "wrong-account", "admin", who=assumed("Admin"))
    assert not faults(written, "wrong-account", "sso", who=assumed("X"))
    assert not faults(written, "wrong-account", "admin", error=failed("x"))


def test_the_account_of_a_key_is_the_one_the_vault_knows(written: Visit) -> None:
    assert not faults(written, "wrong-account", "key", who=ALICE)
    Index({}).record(KEY, "111122223333", None, backend="keyring")
    (found,) = faults(written, "wrong-account", "key", who=ALICE)
    assert "111122223333" in found.message
    Index({}).record(KEY, "123456789012", None, backend="keyring")
    assert not faults(written, "wrong-account", "key", who=ALICE)


@pytest.mark.parametrize(
    ("name", "who", "wrong"),
    [
        ("admin", assumed("Admin"), False),  # without its path team/
        ("admin", assumed("team"), True),
        ("admin", ALICE, True),
        ("sso", assumed("AWSReservedSSO_Read_Only_0123456789abcdef"), False),
        ("sso", assumed("AWSReservedSSO_Read_0123456789abcdef"), True),
        ("sso", assumed("Read_Only"), True),
        ("key", ALICE, False),
        ("key", assumed("Whatever"), False),
    ],
    ids=str,
)
def test_the_role_that_answers_is_the_one_configured(
    written: Visit, name: str, who: Identity, wrong: bool
) -> None:
    found = faults(written, "wrong-role", name, who=who)
    assert bool(found) == wrong
    assert all(who.arn in fault.message for fault in found)


@pytest.mark.parametrize("code", ["ForbiddenException", "ResourceNotFoundException"])
@pytest.mark.parametrize("name", ["sso", "on-sso"])
def test_a_role_that_identity_center_gives_no_more(written: Visit, name: str, code: str) -> None:
    (found,) = faults(written, "sso-access-gone", name, error=failed(code))
    assert "Read_Only in account 210987654321" in found.message
    assert found.profile == name


def test_other_refusals_are_no_lost_assignment(written: Visit) -> None:
    assert not faults(written, "sso-access-gone", "key", error=failed("ForbiddenException"))
    assert not faults(written, "sso-access-gone", "sso", error=failed("sso-token-expired"))
    assert not faults(written, "sso-access-gone", "sso", who=assumed("X"))


def test_a_clock_that_is_off_is_told_once_and_by_how_much(written: Visit) -> None:
    behind = timedelta(minutes=-12, seconds=3)
    told = faults(written, "clock-skew", "key", error=failed("SignatureDoesNotMatch"), skew=behind)
    again = faults(written, "clock-skew", "admin", who=ALICE, skew=behind - timedelta(seconds=1))
    assert told == again
    assert "12 minutes behind" in told[0].message
    assert told[0].profile is None
    named = failed("clock-skew", "The clock is 3 hours ahead.")
    (found,) = faults(written, "clock-skew", "key", error=named)
    assert found.message == named.message


def test_a_wrong_secret_and_a_clock_that_is_right_are_no_skew(written: Visit) -> None:
    assert not faults(written, "clock-skew", "key", error=failed("SignatureDoesNotMatch"))
    assert not faults(written, "clock-skew", "key", who=ALICE, skew=timedelta(minutes=4))
    off = timedelta(minutes=9)
    assert not faults(written, "clock-skew", "key", error=failed("AccessDenied"), skew=off)


def test_names_from_files_cannot_move_the_terminal(visit: Visit) -> None:
    visit.config(
        "[profile x]\nsso_session = c\nsso_account_id = 1\x1b[2J\nsso_role_name = a\x1b[1mb\n"
    )
    context = replace(visit.context(), now=datetime.now(UTC))
    for error, who in ((failed("ForbiddenException"), None), (None, assumed("Other"))):
        answered = LiveResult(context.catalog.get("x"), identity=who, error=error)
        for id in ("sso-access-gone", "wrong-account", "wrong-role"):
            for fault in check_of(id).run(context, answered):
                assert fault.message.isprintable()
