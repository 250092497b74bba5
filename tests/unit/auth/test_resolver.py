"""From a profile to credentials: every kind, one code for many, and nobody else's keys."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from awsprof.auth.caller_identities import check_identities
from awsprof.auth.identity_center import device_flow
from awsprof.awsapi.sts import get_caller_identity
from awsprof.errors import AwsprofError, CredentialsError, FileError
from tests.unit.auth.conftest import Bench

ALICE = "arn:aws:iam::123456789012:user/alice"
GIVE = """#!{python}
import json
print(json.dumps({{"Version": 1, "AccessKeyId": "{id}", "SecretAccessKey": "{secret}"}}))
"""


def who(bench: Bench, *sections: str, name: str) -> str:
    return get_caller_identity(bench.resolver(*sections).credentials(name)).arn


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_key_in_the_vault(bench: Bench) -> None:
    found = bench.resolver(bench.base()).credentials("base")
    assert (found.access_key_id, found.token, found.expires) == (bench.key.id, None, None)
    assert get_caller_identity(found).arn == ALICE


def test_a_key_in_a_file(bench: Bench) -> None:
    text = f"aws_access_key_id = {bench.key.id}\naws_secret_access_key = {bench.key.secret}\n"
    assert who(bench, f"[profile a]\n{text}", name="a") == ALICE


def test_a_role_on_a_key(bench: Bench) -> None:
    bench.aws.role("Admin")
    found = who(bench, bench.base(), bench.role(), name="admin")
    assert found.startswith("arn:aws:sts::210987654321:assumed-role/Admin/")


def test_a_role_on_a_role(bench: Bench) -> None:
    bench.aws.role("Admin")
    trusted = ("arn:aws:iam::210987654321:root",)
    bench.aws.role("Deep", account="345678901234", trusted=trusted)
    deep = "[profile deep]\nrole_arn = arn:aws:iam::345678901234:role/Deep\n"
    sections = (bench.base(), bench.role(), f"{deep}source_profile = admin\n")
    assert "345678901234:assumed-role/Deep" in who(bench, *sections, name="deep")


def test_a_code_at_the_source_serves_every_role_and_the_next_command(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    base = bench.base(f"mfa_serial = {bench.device.serial}\n")
    resolver = bench.resolver(base, bench.role("a"), bench.role("b"))
    checked = check_identities(resolver, ["base", "a", "b"])
    assert [each.error for each in checked] == [None, None, None]
    assert check_identities(bench.anew(), ["a"])[0].identity is not None
    assert bench.person.asked == [("base", bench.device.serial)]
    assert bench.aws.calls.count("GetSessionToken") == 1


def test_a_code_at_the_role_is_asked_once_until_its_session_ends(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    resolver = bench.resolver(
        bench.base(), bench.role(more=f"mfa_serial = {bench.device.serial}\n")
    )
    first, again = resolver.credentials("admin"), bench.anew().credentials("admin")
    assert first == again
    assert len(bench.person.asked) == 1


def test_a_change_of_the_config_is_not_answered_with_old_credentials(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    mfa = f"mfa_serial = {bench.device.serial}\n"
    bench.resolver(bench.base(), bench.role(more=mfa)).credentials("admin")
    changed = bench.role(more=f"{mfa}role_session_name = other\n")
    other = bench.resolver(bench.base(), changed).credentials("admin")
    assert get_caller_identity(other).arn.endswith("/other")
    assert len(bench.person.asked) == 2


def test_many_threads_ask_for_one_code(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    resolver = bench.resolver(bench.base(f"mfa_serial = {bench.device.serial}\n"), bench.role())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(resolver.credentials, ["base", "admin"] * 8))
    assert {each.token is not None for each in found} == {True}
    assert len(bench.person.asked) == 1


def test_identity_center_with_a_token_in_the_cache(bench: Bench) -> None:
    bench.aws.approve_at_once = True
    bench.aws.accounts["345678901234"] = ("Prod", ("ReadOnly",))
    session = f"[sso-session corp]\nsso_start_url = {bench.aws.url}/start\nsso_region = eu-west-1\n"
    sso = "[profile prod]\nsso_session = corp\nsso_account_id = 345678901234\n"
    resolver = bench.resolver(session, f"{sso}sso_role_name = ReadOnly\n")
    with pytest.raises(AwsprofError) as error:
        resolver.credentials("prod")
    assert error.value.exit_code == 4
    assert error.value.fix == "awsprof login prod"
    device_flow.sign_in_by_device_code(resolver.catalog.session("corp"), bench.person)
    assert "AWSReservedSSO_ReadOnly" in get_caller_identity(resolver.credentials("prod")).arn


def test_another_program(bench: Bench, tmp_path: Path) -> None:
    key = bench.key
    text = GIVE.format(python=sys.executable, id=key.id, secret=key.secret)
    give = program(tmp_path / "give", text)
    assert who(bench, f"[profile p]\ncredential_process = {give}\n", name="p") == ALICE


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("#!/bin/sh\necho no access >&2; exit 3\n", "no access"),
        (
            "#!/bin/sh\necho Key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY >&2; exit 3\n",
            r"exit code 3: Key: \*\*\*\.$",
        ),
        ("#!/bin/sh\necho '{}'\n", 'printed no "Version": 1'),
        (None, "did not run"),
    ],
)
def test_a_program_that_fails_is_told(
    bench: Bench, tmp_path: Path, text: str | None, told: str
) -> None:
    path = tmp_path / "give"
    if text is not None:
        program(path, text)
    with pytest.raises(CredentialsError, match=told):
        bench.resolver(f"[profile p]\ncredential_process = {path}\n").credentials("p")


def test_a_program_below_a_tilde_is_told_with_its_full_path(bench: Bench, home: Path) -> None:
    path = program(home / "give", "#!/bin/sh\n")
    for line in ("~/give", "$HOME/give"):
        with pytest.raises(CredentialsError, match="expand neither ~ nor variables") as error:
            bench.resolver(f"[profile p]\ncredential_process = {line}\n").credentials("p")
        assert error.value.fix.endswith(str(path))


def test_a_security_key_is_asked_for_no_code(bench: Bench) -> None:
    device = bench.aws.device("alice", fido=True).serial
    key = f"aws_access_key_id = {bench.key.id}\naws_secret_access_key = {bench.key.secret}\n"
    role = "[profile r]\nrole_arn = arn:aws:iam::210987654321:role/Admin\nsource_profile = k\n"
    text = f"[profile k]\n{key}{role}mfa_serial = {device}\n"
    with pytest.raises(CredentialsError, match="FIDO device, which has no codes") as error:
        bench.resolver(text).credentials("r")
    assert "awsprof mfa enable k" in error.value.fix


def test_a_program_in_a_file_that_others_can_write_is_not_run(bench: Bench, tmp_path: Path) -> None:
    mark = tmp_path / "it ran"
    give = program(tmp_path / "give", f"#!/bin/sh\ntouch '{mark}'\n")
    resolver = bench.resolver(f"[profile p]\ncredential_process = {give}\n")
    bench.config.chmod(0o666)
    with pytest.raises(FileError, match="is writable by every user"):
        resolver.credentials("p")
    assert not mark.exists()


def test_a_line_of_ours_that_leads_back_to_itself_is_refused(bench: Bench) -> None:
    line = "credential_process = /usr/bin/awsprof credential-process a\n"
    with pytest.raises(CredentialsError, match="leads back to itself"):
        bench.resolver(f"[profile a]\n{line}").credentials("a")


def test_the_environment_s_keys_never_answer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x" * 40)
    with pytest.raises(CredentialsError, match="no key, role, session or process"):
        bench.resolver("[profile a]\nregion = eu-west-1\n").credentials("a")
    assert who(bench, bench.base(), name="base") == ALICE


def test_a_source_that_is_missing_says_what_mends_it(bench: Bench) -> None:
    with pytest.raises(CredentialsError) as error:
        bench.resolver(bench.base(), bench.role(source="bsae")).credentials("admin")
    assert error.value.fix == "awsprof set admin source_profile base"


def test_a_role_that_refuses_is_told(bench: Bench) -> None:
    with pytest.raises(CredentialsError, match="cannot be assumed"):
        bench.resolver(bench.base(), bench.role()).credentials("admin")


def test_one_failure_does_not_hide_the_others(bench: Bench) -> None:
    bench.aws.role("Admin")
    resolver = bench.resolver(bench.base(), bench.role(source="gone"), bench.role("b"))
    checked = check_identities(resolver, ["b", "admin", "base"])
    assert [(each.profile, each.identity is not None) for each in checked] == [
        ("b", True),
        ("admin", False),
        ("base", True),
    ]


def test_a_session_is_of_the_endpoints_that_its_profile_names(bench: Bench) -> None:
    bench.aws.role("Admin", mfa=True)
    more = f"services = local\nmfa_serial = {bench.device.serial}\n"
    local = "[services local]\nsts =\n  endpoint_url = {}\n"
    keys = set()
    for endpoint in ("http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:2"):
        resolver = bench.resolver(bench.base(), bench.role(more=more), local.format(endpoint))
        keys.add(resolver.recipe(resolver.catalog.get("admin")).key)
    assert len(keys) == 2
