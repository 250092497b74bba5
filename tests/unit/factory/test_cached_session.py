"""A role's session that the kernel keeps: scripts have it at once, and none of former files."""

import os
import sys
from typing import Any

import botocore.credentials
import pytest

import awsprof
from awsprof import paths
from tests.requirements import need_kernel_keyring
from tests.standins import subprocess_helpers
from tests.standins.sample_config import Machine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's keyring is Linux's")
# All of ours that a script imports to make its first call with such a session.
MODULES = {
    *("awsprof", "awsprof.errors", "awsprof.fork_safety", "awsprof.parsing", "awsprof.paths"),
    *(
        "awsprof.auth",
        "awsprof.auth.chain_lines",
        "awsprof.auth.fast_path",
        "awsprof.auth.session_options",
    ),
    *("awsprof.awsapi", "awsprof.awsapi.credentials", "awsprof.awsapi.model_files"),
    *("awsprof.factory", "awsprof.factory.session"),
    *("awsprof.factory.botocore_plugin", "awsprof.factory.exceptions", "awsprof.factory.options"),
    *(
        "awsprof.factory.refreshable",
        "awsprof.factory.shared_source",
        "awsprof.profiles",
        "awsprof.profiles.current",
    ),
    *("awsprof.secret", "awsprof.session_margins", "awsprof.text"),
}
SECOND = """
import sys, awsprof
session = awsprof.session("admin", interactive=False)
print(session.get_credentials().get_frozen_credentials().access_key)
print(*[name for name in sys.modules if name.split(".")[0] == "awsprof"])
"""


@pytest.fixture
def first(machine: Machine) -> str:
    """The access key ID of the session that a first process signed in to."""
    need_kernel_keyring()
    session = awsprof.session("admin", mfa=machine.code)
    assert session.client("sts").get_caller_identity()["Account"] == "210987654321"
    return key_of(session)


def key_of(session: awsprof.Session) -> str:
    credentials = session.get_credentials()
    assert credentials is not None
    return str(credentials.get_frozen_credentials().access_key)


def test_a_second_process_reads_no_more_than_boto3(first: str, machine: Machine) -> None:
    calls = list(machine.aws.calls)
    key_id, modules = subprocess_helpers.run(SECOND, env=dict(os.environ)).strip().split("\n")
    assert key_id == first
    assert set(modules.split()) <= MODULES
    assert machine.aws.calls == calls


def test_an_edited_role_is_another_session(first: str) -> None:
    config = paths.config_file()
    text, about = config.read_text(), config.stat()
    config.write_text(text.replace("[profile admin]", "[profile admin]\nrole_session_name = other"))
    os.utime(config, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert key_of(awsprof.session("admin")) != first
    config.write_text(f"{text}\n[profile more]\nregion = eu-west-1\n")
    assert key_of(awsprof.session("admin")) == first
    config.write_text(text.replace("[profile admin]", "[profile other]"))
    with pytest.raises(awsprof.ProfileNotFound):
        awsprof.session("admin")


def test_options_and_the_account_are_heeded(first: str) -> None:
    assert key_of(awsprof.session("admin", duration=900)) != first
    with pytest.raises(awsprof.WrongAccount):
        key_of(awsprof.session("admin", account="123456789012"))
    assert key_of(awsprof.session("admin", account="210987654321")) == first


def test_botocores_providers_are_not_created_for_it(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[object] = []
    create = botocore.credentials.create_credential_resolver

    def note(*arguments: Any, **options: Any) -> Any:
        created.append(arguments)
        return create(*arguments, **options)

    monkeypatch.setattr(botocore.credentials, "create_credential_resolver", note)
    session = awsprof.session("admin")
    assert key_of(session) == first
    session.client("sts", region_name="eu-west-1")
    assert created == []
    assert key_of(awsprof.session("base")) != first
    assert len(created) == 1


def test_it_takes_its_place_among_botocores_providers(
    first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "admin")
    assert key_of(awsprof.session()) == first
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    assert key_of(awsprof.session()) == "AKIAIOSFODNN7EXAMPLE"  # as in boto3
    assert key_of(awsprof.session("admin")) == first  # as in boto3, the profile that is named
    given = awsprof.session(
        "admin", aws_access_key_id="AKIAI44QH8DHBEXAMPLE", aws_secret_access_key="made up"
    )
    assert key_of(given) == "AKIAI44QH8DHBEXAMPLE"
