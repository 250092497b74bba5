"""The kinds: valid answers, valid combinations, and the text they write."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsprof.configfile.dialects import as_botocore, as_sdk
from awsprof.configfile.document import Document, FileKind, SectionId
from awsprof.errors import UsageError
from awsprof.profiles import kinds, process_command
from awsprof.profiles.catalog import Catalog
from awsprof.profiles.kinds.sso import session_name_for

KEY = "AKIAIOSFODNN7EXAMPLE"
ARN = "arn:aws:iam::210987654321:role/Admin"
DEVICE = "arn:aws:iam::123456789012:mfa/alice"
LINE = f"credential_process = /usr/bin/awsprof credential-process base --key {KEY}\n"
BASE = f"[profile base]\n{LINE}"
SIGNED_IN = f"{BASE}mfa_serial = {DEVICE}\n"
ON_BASE = f"[profile admin]\nrole_arn = {ARN}\nsource_profile = base\n"
PLAIN = f"[profile base]\naws_access_key_id = {KEY}\naws_secret_access_key = x\n"
SESSION = (
    "[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
)
SSO = f"{SESSION}[profile base]\nsso_session = corp\nsso_account_id = 123456789012\n"


def catalog(config: str = "") -> Catalog:
    return Catalog.from_bytes(config.encode() or None, None)


def written(kind: str, answers: Mapping[str, str], config: str = "", name: str = "new") -> str:
    """The config file after adding a profile of that kind."""
    found = catalog(config)
    of = kinds.kind_named(kind)
    edits = of.edits(name, of.validate(answers, found, name=name), found)
    ours = [edit.operation for edit in edits if edit.kind is FileKind.CONFIG]
    return Document.parse(config.encode(), FileKind.CONFIG).edit(*ours).render().decode()


ROLE = {"role_arn": ARN, "source": "base"}
SSO_ROLE = {"session": "corp", "account": "1234-5678-9012", "role": "Developer"}


@pytest.mark.parametrize(
    ("kind", "answers", "config", "told", "mend"),
    [
        ("role", {**ROLE, "role_arn": "Admin"}, BASE, "not a role ARN", "arn:aws:iam::"),
        ("role", {"role_arn": ARN}, BASE, "Source profile is missing", "--source"),
        ("role", {**ROLE, "source": "bse"}, BASE, "Did you mean base", "awsprof list"),
        ("role", {**ROLE, "duration": "60"}, BASE, "not a duration", "900 to 43200"),
        ("role", {**ROLE, "mfa_serial": "x"}, BASE, "not an MFA device", "mfa/alice"),
        ("role", {**ROLE, "mfa_serial": DEVICE.replace("mfa/", "u2f/")}, BASE, "FIDO", "virtual"),
        ("role", {**ROLE, "mfa_at": "role"}, BASE, "needs an MFA device", "--mfa-serial"),
        ("role", {**ROLE, "mfa_serial": DEVICE}, SIGNED_IN, "already signs in with MFA", "leave"),
        ("role", {**ROLE, "mfa_serial": DEVICE, "mfa_at": "source"}, PLAIN, "in the vault", "move"),
        ("role", {**ROLE, "mfa_serial": DEVICE}, SSO, "temporary credentials", "leave"),
        ("role", {**ROLE, "duration": "7200"}, SIGNED_IN, "one hour at most", "--mfa-at role"),
        ("role", {**ROLE, "source": "admin"}, BASE + ON_BASE, "builds on", "another source"),
        ("role", {**ROLE, "external_id": "a b"}, BASE, "not an external ID", "letters"),
        ("role", {**ROLE, "region": "Ireland"}, BASE, "not a region", "eu-west-1"),
        ("role", {**ROLE, "colour": "red"}, BASE, "no field colour", "role_arn"),
        ("keys", {"access_key_id": "ASIAIOSFODNN7EXAMPLE"}, "", "temporary key", "AKIA"),
        ("keys", {"access_key_id": "x"}, "", "not an access key ID", KEY),
        ("sso", SSO_ROLE, "", "no sso-session corp", "--start-url"),
        ("sso", {**SSO_ROLE, "account": "12"}, SESSION, "not an account ID", "twelve digits"),
        ("sso", {**SSO_ROLE, "role": "a b"}, SESSION, "not a role name", "permission set"),
        ("sso", {**SSO_ROLE, "sso_region": "us-east-1"}, SESSION, "already", "--sso-region"),
        ("sso", {**SSO_ROLE, "start_url": "ftp://x"}, "", "not a start URL", "https://"),
        ("process", {"command": "credentials"}, "", "depends on PATH", "absolute path"),
        ("process", {"command": "/bin/echo | cat"}, "", "need a shell", "script"),
        ("process", {"command": "/bin/echo 'x"}, "", "not closed", "close or remove"),
        ("process", {"command": "/nowhere/x"}, "", "not an executable program", "check the path"),
    ],
)
def test_what_cannot_be_is_told_with_its_mend(
    kind: str, answers: dict[str, str], config: str, told: str, mend: str
) -> None:
    name = "base" if answers.get("source") == "admin" else "new"
    with pytest.raises(UsageError) as error:
        written(kind, answers, config, name)
    assert told in error.value.message
    assert mend in error.value.fix


@pytest.mark.parametrize("name", ["", "a b", "a]b", "a#b", "a'b", "ä", "a\nb", "a;b"])
def test_a_name_that_not_every_sdk_reads_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not a profile name"):
        written("role", ROLE, BASE, name)


def test_a_key_and_a_role_on_it_are_two_profiles() -> None:
    with pytest.raises(UsageError, match="two profiles"):
        written("keys", {"access_key_id": KEY}, BASE + ON_BASE, "admin")
    other = "[profile other]\nregion = eu-west-1\n"
    with pytest.raises(UsageError, match="two profiles"):
        written("role", {**ROLE, "source": "other"}, BASE + other, "base")


def test_a_code_once_at_the_source_is_written_there() -> None:
    answers = {**ROLE, "mfa_serial": DEVICE, "mfa_at": "source"}
    after = written("role", answers, BASE + ON_BASE + f"mfa_serial = {DEVICE}\n", "admin")
    assert after == BASE + f"mfa_serial = {DEVICE}\n" + ON_BASE


def test_a_code_at_the_role_is_what_the_aws_cli_does() -> None:
    after = written("role", {**ROLE, "mfa_serial": DEVICE}, PLAIN, "admin")
    assert after == f"{PLAIN}\n{ON_BASE}mfa_serial = {DEVICE}\n"


def test_a_session_is_written_once() -> None:
    answers = {**SSO_ROLE, "start_url": "https://x.awsapps.com/start", "sso_region": "eu-west-1"}
    first = written("sso", answers)
    assert first.startswith("[sso-session corp]\nsso_start_url = https://x.awsapps.com/start\n")
    assert "sso_registration_scopes = sso:account:access\n" in first
    second = written("sso", SSO_ROLE, first, "second")
    assert second.count("[sso-session corp]") == 1
    assert second.endswith("sso_account_id = 123456789012\nsso_role_name = Developer\n")


def test_names_are_proposed() -> None:
    by = {kind.name: kind for kind in kinds.ALL}
    assert by["role"].propose_name({"role_arn": ARN}) == "admin"
    assert by["keys"].propose_name({}) == "base"
    assert by["sso"].propose_name({**SSO_ROLE, "account_name": "Prod & Co"}) == "prod-co-developer"
    assert by["process"].propose_name({"command": "/opt/corp/Give.sh --x"}) == "give"


@pytest.mark.parametrize(
    ("config", "kind", "label"),
    [
        (BASE, "keys", "keys in the vault"),
        (PLAIN, "keys", "keys in plain text"),
        (SSO + "sso_role_name = Dev\n", "sso", "Dev"),
        ("[profile base]\ncredential_process = /opt/x/give --y\n", "process", "process give"),
        ('[profile base]\ncredential_process = "/opt/a b/give" y\n', "process", "process give"),
        ("[profile base]\nregion = x\n", None, "settings only"),
        ("[profile base]\nweb_identity_token_file = /x\nrole_arn = y\n", None, "web identity"),
        ("[profile base]\nrole_arn = y\ncredential_source = Environment\n", None, "machine's own"),
    ],
)
def test_each_kind_is_recognized(config: str, kind: str | None, label: str) -> None:
    found = catalog(config)
    facts = kinds.profile_facts(found.get("base"))
    assert facts.kind == kind
    assert label in facts.label


@given(
    name=st.from_regex(r"[A-Za-z0-9_./%@:+-]{1,30}", fullmatch=True),
    role=st.from_regex(r"[A-Za-z0-9+=,.@_-]{1,30}", fullmatch=True),
    external_id=st.from_regex(r"[A-Za-z0-9+=,.@:/_-]{2,30}", fullmatch=True),
)
def test_what_is_written_is_read_alike_by_all(name: str, role: str, external_id: str) -> None:
    if name == "base":
        return
    arn = f"arn:aws:iam::210987654321:role/{role}"
    answers = {"role_arn": arn, "source": "base", "external_id": external_id}
    data = written("role", answers, BASE, name).encode()
    boto, sdk = as_botocore(data, FileKind.CONFIG), as_sdk(data, FileKind.CONFIG)
    section = SectionId.profile(name)
    wanted = {"role_arn": arn, "source_profile": "base", "external_id": external_id}
    assert boto.sections[section] == sdk.sections[section] == wanted


ASKING = f"[profile deep]\nrole_arn = {ARN}\nsource_profile = base\nmfa_serial = {DEVICE}\n"


def test_mfa_at_the_source_takes_it_off_the_roles_above() -> None:
    """Otherwise other tools would send a code with temporary credentials, which AWS rejects."""
    answers = {**ROLE, "mfa_serial": DEVICE, "mfa_at": "source"}
    after = written("role", answers, f"{BASE}{ASKING}duration_seconds = 7200\nregion = x\n")
    read = Catalog.from_bytes(after.encode(), None).profiles
    assert read["base"].get("mfa_serial") == DEVICE
    assert [read[n].get("mfa_serial") for n in ("deep", "new")] == [None, None]
    assert (read["deep"].get("duration_seconds"), read["deep"].get("region")) == (None, "x")


def test_a_key_that_comes_with_its_device_relieves_its_roles() -> None:
    after = written(
        "keys", {"access_key_id": KEY, "mfa_serial": DEVICE}, f"{PLAIN}{ASKING}", name="base"
    )
    assert "mfa_serial" not in after.split("[profile deep]")[1]


def test_mfa_by_a_process_line_in_front() -> None:
    answers = {**ROLE, "mfa_serial": DEVICE, "mfa_at": "process", "region": "eu-west-1"}
    read = Catalog.from_bytes(written("role", answers, PLAIN).encode(), None).profiles
    assert read["new-role"].get("mfa_serial") == DEVICE
    assert (read["new"].get("credential_process") or "").endswith("credential-process new-role")
    assert read["new"].get("region") == read["new-role"].get("region") == "eu-west-1"


def test_our_line_may_stand_in_front_of_another_profile_only() -> None:
    files = f"{PLAIN}{ASKING}"
    command = {"command": "awsprof credential-process deep"}
    assert "credential-process deep" in written("process", command, files)
    for own in ("new", "front"):
        front = f"{files}[profile front]\ncredential_process = /x/awsprof credential-process new\n"
        with pytest.raises(UsageError, match="start itself"):
            written("process", {"command": f"awsprof credential-process {own}"}, front + NEW)


NEW = "[profile new]\nregion = eu-west-1\n"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://my-corp.awsapps.com/start", "my-corp"),
        ("https://my-corp.awsapps.com/start/#/?tab=accounts", "my-corp"),
        ("https://d-1234567890.awsapps.com/start", "d-1234567890"),
        ("https://start.us-gov-home.awsapps.com/directory/acme", "acme"),
        ("https://start.home.awsapps.cn/directory/d-1234567890/", "d-1234567890"),
        ("https://10.0.0.7/start", "sso"),
        ("https://[::1", "sso"),
        ("", "sso"),
    ],
)
def test_a_session_is_named_after_its_portal(url: str, name: str) -> None:
    assert session_name_for(url) == name


def test_a_command_is_checked_as_botocore_splits_it_on_windows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There a backslash is part of a path, and single quotes are no quotes."""
    plain, program = tmp_path / r"x\y.exe", tmp_path / r"my tools\y.exe"
    plain.touch(0o755)
    program.touch(0o755)
    monkeypatch.setattr(process_command, "sys", SimpleNamespace(platform="win32"))
    for line in (f"{plain} --json", f'"{program}" --json'):
        assert line in written("process", {"command": line})
    assert kinds.kind_named("process").propose_name({"command": line}) == "my-tools-y"
    with pytest.raises(UsageError, match="depends on PATH"):
        written("process", {"command": f"'{program}' --json"})
