"""Refusals told apart by what AWS says and by what the profile has."""

import pytest

from awsprof.awsapi.errors.translate import translate_error
from awsprof.errors import CredentialsError
from awsprof.profiles.catalog import Catalog
from tests.standins.aws import ACCOUNT
from tests.unit.auth.conftest import ADMIN, Bench
from tests.unit.auth.test_translate_errors import aws

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
MFA = "may require MFA"
EXTERNAL = "may require an external ID"


def refused(bench: Bench, *sections: str, name: str = "admin") -> CredentialsError:
    """What is told where the stand-in refuses the role."""
    with pytest.raises(CredentialsError) as caught:
        bench.resolver(*sections).credentials(name)
    assert caught.value.code == "AccessDenied"
    return caught.value


def test_a_role_that_wants_mfa_of_a_profile_without(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    told = refused(bench, bench.base(), bench.role(more="external_id = 1234\n"))
    assert MFA in told.message
    assert EXTERNAL not in told.message
    assert "set one as mfa_serial of base" in told.fix
    serial = f"mfa_serial = {bench.device.serial}\n"
    bench.resolver(bench.base(serial), bench.role()).credentials("admin")  # what it told helps


def test_no_device_is_asked_of_a_key_with_a_token(bench: Bench) -> None:
    """AWS takes a code only with a user's own long-term key."""
    brief = bench.aws.temporary(f"arn:aws:sts::{ACCOUNT}:assumed-role/Other/x", ACCOUNT, 3600)
    keys = f"aws_access_key_id = {brief.id}\naws_secret_access_key = {brief.secret}\n"
    bench.aws.role("Admin", external_id="1234")
    base = f"[profile base]\n{keys}aws_session_token = {brief.token}\n"
    told = refused(bench, base, bench.role())
    assert EXTERNAL in told.message
    assert MFA not in told.message
    assert "mfa list" not in told.fix


def test_a_role_that_wants_an_external_id(bench: Bench) -> None:
    bench.aws.role("Admin", external_id="1234")
    serial = f"mfa_serial = {bench.device.serial}\n"
    told = refused(bench, bench.base(serial), bench.role())
    assert EXTERNAL in told.message
    assert MFA not in told.message
    assert "ask its owner for it, and set it as external_id of admin" in told.fix
    again = bench.resolver(bench.base(), bench.role(more="external_id = 1234\n"))
    again.credentials("admin")


def test_a_role_that_wants_a_source_identity(bench: Bench) -> None:
    bench.aws.role("Admin").source_identity = "alice"
    told = refused(bench, bench.base(), bench.role())
    assert "It may require a source identity, and none is set." in told.message
    assert "set your user name as source_identity of admin" in told.fix
    again = bench.resolver(bench.base(), bench.role(more="source_identity = alice\n"))
    again.credentials("admin")  # what it told helps
    assert (
        "source identity"
        not in refused(bench, bench.base(), bench.role(more="source_identity = bob\n")).message
    )


@pytest.mark.parametrize(
    ("action", "key"),
    [("sts:SetSourceIdentity", "source_identity"), ("sts:TagSession", "session_tags")],
)
def test_what_a_session_may_not_carry_is_named(action: str, key: str) -> None:
    text = f"User: {ALICE} is not authorized to perform: {action} on resource: {ADMIN}"
    said = translate_error(aws("AccessDenied", text, "AssumeRole"), profile="p")
    assert said.message == (
        f"The role of p cannot be assumed: its trust policy does not allow {action} (AccessDenied)."
    )
    assert said.fix.startswith(f"if you need no {key}: awsprof unset p {key}. Else ask")


def test_the_causes_are_short_sentences_and_the_first_step_comes_first(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    told = refused(bench, bench.base(), bench.role())
    assert told.message.startswith("The role of admin cannot be assumed, and AWS does not say why.")
    assert max(len(sentence) for sentence in told.message.split(". ")) < 150
    assert told.fix.startswith("first check role_arn: awsprof show admin. For MFA: ")


def test_a_role_that_trusts_somebody_else_though_all_is_sent(bench: Bench) -> None:
    bench.aws.role("Admin", trusted=("arn:aws:iam::111122223333:root",))
    serial = f"mfa_serial = {bench.device.serial}\n"
    told = refused(bench, bench.base(serial), bench.role(more="external_id = 1234\n"))
    assert MFA not in told.message
    assert EXTERNAL not in told.message
    assert "as mfa_serial of admin too" in told.fix
    assert "Its trust policy does not allow arn:aws:" in told.message
    assert "the role does not exist" in told.message


def test_of_a_chain_the_role_that_refused_is_named(bench: Bench) -> None:
    bench.aws.role("First")
    first = f"[profile first]\nrole_arn = {ADMIN[:-5]}First\nsource_profile = base\n"
    told = refused(bench, bench.base(), first, bench.role(source="first"))
    assert told.message.startswith("The role of admin ")
    assert "only the first role of a chain has" in told.message
    assert "the key as source_profile of admin" in told.fix
    del bench.aws.roles[f"{ADMIN[:-5]}First"]
    told = refused(bench, bench.base(), first, bench.role(source="first"))
    assert told.message.startswith("The role of first ")


@pytest.mark.parametrize(
    ("config", "hinted"),
    [
        ("[profile p]\nrole_arn = R\nsource_profile = p\naws_access_key_id = A\n", True),
        (
            "[profile p]\nrole_arn = R\nsource_profile = k\n[profile k]\naws_access_key_id = A\n",
            True,
        ),
        ("[profile p]\nrole_arn = R\ncredential_source = Ec2InstanceMetadata\n", False),
        ("[profile p]\nrole_arn = R\nsource_profile = s\n[profile s]\nsso_account_id = 1\n", False),
    ],
    ids=["own key", "key", "machine", "sso"],
)
def test_mfa_is_thought_of_where_a_code_could_be_sent(
    bench: Bench, config: str, hinted: bool
) -> None:
    bench.resolver(config)
    said = translate_error(
        aws("AccessDenied", "no", "AssumeRole"), profile="p", links=Catalog.load().chain("p").links
    )
    assert (MFA in said.message) == hinted
    assert ("set one as mfa_serial of p" in said.fix) == hinted


def test_temporary_keys_in_a_file_are_renewed_by_nobody(bench: Bench) -> None:
    bench.resolver("[profile p]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n")
    said = translate_error(aws("ExpiredToken"), profile="p", links=Catalog.load().chain("p").links)
    assert "are in a file" in said.message
    assert "login" not in said.fix


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("because no identity-based policy allows the sts:AssumeRole action", f"policy of {ALICE}"),
        ("because no role trust policy allows the sts:AssumeRole action", "its trust policy"),
        ("because no resource-based policy allows the sts:AssumeRole action", "its trust policy"),
        ("because no permissions boundary allows the sts:AssumeRole action", "permissions bound"),
        ("because no session policy allows the sts:AssumeRole action", "session policy"),
        ("because no service control policy allows the sts:AssumeRole action", "organization"),
        ("with an explicit deny in a service control policy", "deny in a service control policy"),
        ("with an explicit deny in an identity-based policy", "deny in an identity-based policy"),
    ],
    ids=str,
)
def test_the_reason_that_aws_names_is_the_reason(reason: str, told: str) -> None:
    text = (
        f"User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {ADMIN} {reason}"
    )
    said = translate_error(aws("AccessDenied", text, "AssumeRole"), profile="p")
    assert told in said.message
    assert MFA not in said.message
    assert "awsprof show p" in said.fix


@pytest.mark.parametrize(
    ("region", "second"),
    [("eu-west-1", False), ("eu-south-2", True), ("cn-north-1", True)],
)
def test_an_unknown_key_may_be_one_of_another_region(
    bench: Bench, region: str, second: bool
) -> None:
    bench.resolver(bench.base(f"region = {region}\n"))
    links = Catalog.load().chain("base").links
    said = translate_error(aws("InvalidClientTokenId"), profile="base", links=links)
    assert "deleted or is inactive" in said.message
    assert ("is not enabled in its account" in said.message) == second
    assert ("awsprof set base region us-east-1" in said.fix) == second


def test_a_device_at_a_key_in_plain_text_asks_nobody(bench: Bench) -> None:
    """No SDK reads it there, so that the role may well want MFA."""
    bench.aws.role("Admin", mfa=True)
    device = bench.device.serial
    key = f"aws_access_key_id = {bench.key.id}\naws_secret_access_key = {bench.key.secret}\n"
    told = refused(bench, f"[profile base]\n{key}mfa_serial = {device}\n", bench.role())
    assert "the role does not ask for a code" in told.message
    assert f"awsprof set admin mfa_serial {device}" in told.fix
