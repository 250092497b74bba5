"""Switching a key off and on, and deleting it: who signs, and what is told."""

import pytest

from awsprof.accesskeys import switching
from awsprof.errors import AwsprofError, SignInFailed, UsageError
from awsprof.secret import Secret
from awsprof.vault.index import Index
from tests.unit.accesskeys.conftest import ARN, Office


def off(office: Office, target: str, **more: str) -> None:
    desk = office.desk()
    switching.deactivate(desk, switching.find(desk, target, **more))


def on(office: Office, target: str, **more: str) -> None:
    desk = office.desk()
    switching.activate(desk, switching.find(desk, target, **more))


def second(office: Office) -> str:
    """Another key of alice in the vault, with a profile of its own."""
    key = office.aws.moto.key_of("alice", "123456789012")
    office.vault.put(key.id, Secret(key.secret))
    for each in (key.id, office.key.id):
        Index.load().record(each, "123456789012", ARN, backend="memory")
    config = office.config()
    line = f"credential_process = /usr/bin/awsprof credential-process two --key {key.id}\n"
    config.write_text(config.read_text() + f"\n[profile two]\n{line}")
    return key.id


def test_the_user_s_other_key_signs(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    other = second(office)
    off(office, "base")
    assert office.at_aws() == {office.key.id: False, other: True}
    said = " ".join(capsys.readouterr().err.split())
    assert "It serves base, ci; on top: admin" in said
    assert "takes the console" not in said
    on(office, office.key.id)
    assert office.at_aws() == {office.key.id: True, other: True}


def test_a_key_that_signs_for_itself_is_warned_of(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    off(office, "base")
    assert "takes the console" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(SignInFailed, match="No profile here") as refused:
        on(office, "base")
    assert "--using" in refused.value.fix


def test_somebody_else_may_sign_where_named(office: Office) -> None:
    other = second(office)
    off(office, "base")
    off(office, other, signer="two")
    assert set(office.at_aws().values()) == {False}
    boss = office.aws.user("boss")
    (office.home / ".aws" / "credentials").write_text(
        f"[boss]\naws_access_key_id={boss.id}\naws_secret_access_key={boss.secret}\n"
    )
    on(office, "base", signer="boss")
    assert office.at_aws()[office.key.id]


def test_an_active_key_is_switched_off_first(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    second(office)
    with pytest.raises(UsageError, match="is active"):
        switching.delete(office.desk(yes=True), "base", now=False)
    switching.delete(office.desk(), "base", now=False)
    assert office.at_aws()[office.key.id] is False
    assert "In some days" in capsys.readouterr().err
    office.no = ("for good",)
    switching.delete(office.desk(), "base", now=False)
    assert office.key.id in office.at_aws()
    office.no = ()
    switching.delete(office.desk(), "base", now=False)
    assert office.key.id not in office.at_aws()
    assert not office.vault.holds(office.key.id)
    assert Index.load().find(office.key.id) is None
    assert "base has no key any more" in capsys.readouterr().err


def test_the_last_key_is_deleted_by_itself_in_one_go(office: Office) -> None:
    switching.delete(office.desk(), "base", now=True)
    assert office.at_aws() == {}
    assert not office.vault.holds(office.key.id)


def test_a_key_that_is_not_here_is_found_by_its_user_s_other(office: Office) -> None:
    elsewhere = office.aws.moto.key_of("alice", "123456789012")
    office.aws.user("bob")
    off(office, elsewhere.id)
    switching.delete(office.desk(), elsewhere.id, now=False)
    assert office.at_aws() == {office.key.id: True}
    with pytest.raises(SignInFailed, match="No profile here"):
        switching.find(office.desk(), "AKIAIOSFODNN7EXAMPLE")


def test_what_aws_has_no_more_is_forgotten_here(office: Office) -> None:
    other = second(office)
    off(office, "base")
    (gone,) = (k for k in office.aws.moto.keys_of(ARN, "123456789012") if k.id != other)
    office.aws.moto.delete(gone.id)
    with pytest.raises(SignInFailed, match="any more"):
        on(office, "base")
    switching.delete(office.desk(), "base", now=False)
    assert set(office.vault.secrets) == {other}


def test_what_is_denied_names_the_policy(office: Office) -> None:
    office.aws.temper.denied = {"UpdateAccessKey"}
    with pytest.raises(SignInFailed) as refused:
        off(office, "base")
    assert "awsprof policy manage-own-keys" in refused.value.fix
    office.aws.temper.denied = {"ListAccessKeys"}
    with pytest.raises(SignInFailed) as refused:
        off(office, "base")
    assert "manage-own-keys" in refused.value.fix


@pytest.mark.parametrize("target", ["admin", "ASIAIOSFODNN7EXAMPLE", "nobody"])
def test_what_has_no_key_is_told(office: Office, target: str) -> None:
    with pytest.raises(AwsprofError):
        switching.find(office.desk(), target)
