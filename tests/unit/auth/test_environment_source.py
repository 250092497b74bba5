"""A role on the environment's key: whose session it is follows the key that is there now."""

import pytest

from awsprof.awsapi.sts import get_caller_identity
from tests.unit.auth.conftest import ADMIN, Bench


def test_another_key_in_the_environment_never_gets_the_former_one_s_session(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.aws.role("Admin", mfa=True)
    role = f"[profile a]\nrole_arn = {ADMIN}\ncredential_source = Environment\n"
    resolver = bench.resolver(f"{role}mfa_serial = {bench.device.serial}\n")
    others = bench.aws.user("bob")
    for key, asked in ((bench.key, 1), (others, 2), (bench.key, 2)):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
        assert "assumed-role/Admin/" in get_caller_identity(resolver.credentials("a")).arn
        assert len(bench.person.asked) == asked


def test_a_key_in_the_environment_changes_nothing_for_who_does_not_stand_on_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.aws.role("Admin", mfa=True)
    mfa = f"mfa_serial = {bench.device.serial}\n"
    first = bench.resolver(bench.base(), bench.role(more=mfa)).credentials("admin")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    assert bench.anew().credentials("admin") == first
    assert len(bench.person.asked) == 1
