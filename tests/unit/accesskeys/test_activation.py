"""Switching a key off and on, and deleting it: who signs, and what is told."""

import pytest

from awsprof.accesskeys import activation
from awsprof.accesskeys.describe_keys import tell_left_in_vault
from awsprof.errors import AwsprofError, CredentialsError, UsageError
from awsprof.secret import Secret
from awsprof.terminal import Terminal
from awsprof.vault.index import Index
from tests.unit.accesskeys.conftest import ARN, KeyRig


def off(key_rig: KeyRig, target: str, **more: str) -> None:
    key_context = key_rig.key_context()
    activation.deactivate_key(key_context, activation.resolve_key(key_context, target, **more))


def on(key_rig: KeyRig, target: str, **more: str) -> None:
    key_context = key_rig.key_context()
    activation.activate_key(key_context, activation.resolve_key(key_context, target, **more))


def second(key_rig: KeyRig) -> str:
    """Another key of alice in the vault, with a profile of its own."""
    key = key_rig.aws.moto.key_of("alice", "123456789012")
    key_rig.vault.put(key.id, Secret(key.secret))
    for each in (key.id, key_rig.key.id):
        Index.load().record(each, "123456789012", ARN, backend="memory")
    config = key_rig.config()
    line = f"credential_process = /usr/bin/awsprof credential-process two --key {key.id}\n"
    config.write_text(config.read_text() + f"\n[profile two]\n{line}")
    return key.id


def test_the_user_s_other_key_signs(key_rig: KeyRig, capsys: pytest.CaptureFixture[str]) -> None:
    other = second(key_rig)
    off(key_rig, "base")
    assert key_rig.at_aws() == {key_rig.key.id: False, other: True}
    said = " ".join(capsys.readouterr().err.split())
    assert "It is used by base, ci, and through them by admin" in said
    assert "use the console" not in said
    on(key_rig, key_rig.key.id)
    assert key_rig.at_aws() == {key_rig.key.id: True, other: True}


def test_a_key_that_signs_for_itself_is_warned_of(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    off(key_rig, "base")
    assert "use the console" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(CredentialsError, match="No profile here") as refused:
        on(key_rig, "base")
    assert "--using" in refused.value.fix


def test_somebody_else_may_sign_where_named(key_rig: KeyRig) -> None:
    other = second(key_rig)
    off(key_rig, "base")
    off(key_rig, other, signer="two")
    assert set(key_rig.at_aws().values()) == {False}
    boss = key_rig.aws.user("boss")
    (key_rig.home / ".aws" / "credentials").write_text(
        f"[boss]\naws_access_key_id={boss.id}\naws_secret_access_key={boss.secret}\n"
    )
    on(key_rig, "base", signer="boss")
    assert key_rig.at_aws()[key_rig.key.id]


def test_an_active_key_is_switched_off_first(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    second(key_rig)
    with pytest.raises(UsageError, match="is active"):
        activation.delete_key(key_rig.key_context(yes=True), "base", now=False)
    activation.delete_key(key_rig.key_context(), "base", now=False)
    assert key_rig.at_aws()[key_rig.key.id] is False
    assert "In a few days" in capsys.readouterr().err
    key_rig.no = ("permanently",)
    activation.delete_key(key_rig.key_context(), "base", now=False)
    assert key_rig.key.id in key_rig.at_aws()
    key_rig.no = ()
    activation.delete_key(key_rig.key_context(), "base", now=False)
    assert key_rig.key.id not in key_rig.at_aws()
    assert not key_rig.vault.holds(key_rig.key.id)
    assert Index.load().find(key_rig.key.id) is None
    assert "base has no key any more" in capsys.readouterr().err


def test_the_last_key_is_deleted_by_itself_in_one_go(key_rig: KeyRig) -> None:
    activation.delete_key(key_rig.key_context(), "base", now=True)
    assert key_rig.at_aws() == {}
    assert not key_rig.vault.holds(key_rig.key.id)


def test_a_key_that_is_not_here_is_found_by_its_user_s_other(key_rig: KeyRig) -> None:
    elsewhere = key_rig.aws.moto.key_of("alice", "123456789012")
    key_rig.aws.user("bob")
    off(key_rig, elsewhere.id)
    activation.delete_key(key_rig.key_context(), elsewhere.id, now=False)
    assert key_rig.at_aws() == {key_rig.key.id: True}
    with pytest.raises(CredentialsError, match="No profile here"):
        activation.resolve_key(key_rig.key_context(), "AKIAIOSFODNN7EXAMPLE")


def test_a_key_that_only_the_vault_has_signs_for_itself(
    key_rig: KeyRig, capsys: pytest.CaptureFixture[str]
) -> None:
    Index.load().record(key_rig.key.id, "123456789012", ARN, backend="memory")
    boss = key_rig.aws.user("boss")
    credentials = f"[boss]\naws_access_key_id={boss.id}\naws_secret_access_key={boss.secret}\n"
    (key_rig.home / ".aws" / "config").write_text("")  # base was removed
    off(key_rig, key_rig.key.id)
    assert "use the console" in " ".join(capsys.readouterr().err.split())
    (key_rig.home / ".aws" / "credentials").write_text(credentials)
    on(key_rig, key_rig.key.id)  # signed by boss: it cannot sign any more itself
    (key_rig.home / ".aws" / "credentials").unlink()
    tell_left_in_vault(Terminal(), key_rig.key.id)
    assert f"awsprof keys delete {key_rig.key.id} --now" in capsys.readouterr().err
    activation.delete_key(key_rig.key_context(yes=True), key_rig.key.id, now=True)
    assert key_rig.at_aws() == {}
    assert not key_rig.vault.holds(key_rig.key.id)


def test_what_aws_has_no_more_is_forgotten_here(key_rig: KeyRig) -> None:
    other = second(key_rig)
    off(key_rig, "base")
    (gone,) = (k for k in key_rig.aws.moto.keys_of(ARN, "123456789012") if k.id != other)
    key_rig.aws.moto.delete(gone.id)
    with pytest.raises(CredentialsError, match="any more"):
        on(key_rig, "base")
    activation.delete_key(key_rig.key_context(), "base", now=False)
    assert set(key_rig.vault.secrets) == {other}


def test_what_is_denied_names_the_policy(key_rig: KeyRig) -> None:
    key_rig.aws.temper.denied = {"UpdateAccessKey"}
    with pytest.raises(CredentialsError) as refused:
        off(key_rig, "base")
    assert "awsprof policy manage-own-keys" in refused.value.fix
    key_rig.aws.temper.denied = {"ListAccessKeys"}
    with pytest.raises(CredentialsError) as refused:
        off(key_rig, "base")
    assert "manage-own-keys" in refused.value.fix


@pytest.mark.parametrize("target", ["admin", "ASIAIOSFODNN7EXAMPLE", "nobody"])
def test_what_has_no_key_is_told(key_rig: KeyRig, target: str) -> None:
    with pytest.raises(AwsprofError):
        activation.resolve_key(key_rig.key_context(), target)
