"""awsprof import: what other tools left, in their own formats, becomes profiles that work."""

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.compat import compat_shell_split

import awsprof
from awsprof import settings
from awsprof.importing import leapp, saml2aws
from awsprof.importing.import_context import ImportContext
from awsprof.profiles import process_command
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from awsprof.vault import foreign_entries
from tests.requirements import need
from tests.standins import other_tools
from tests.standins.aws import Aws
from tests.standins.cli_runner import LongTermKey, run
from tests.standins.moto_iam import UserKey
from tests.standins.secret_service import SecretService

ADMIN = "arn:aws:iam::210987654321:role/Admin"


@pytest.fixture
def config(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """~/.aws/config of a machine whose vault is an encrypted file."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    settings.put_setting("vault", "file")
    (home / ".aws").mkdir(mode=0o700, exist_ok=True)
    return home / ".aws" / "config"


@pytest.fixture
def key(aws: Aws) -> UserKey:
    """A key of alice, who may assume Admin."""
    aws.role("Admin")
    alice = aws.user("alice")
    assert isinstance(alice, UserKey)
    return alice


def secrets_nowhere(key: UserKey, *printed: str) -> None:
    for text in printed:
        assert key.secret not in text


def test_keys_and_roles_of_aws_vault(
    aws: Aws, key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = aws.device("alice")
    config.write_text(
        f"# mine\n[profile work]\nregion = eu-west-1\nmfa_serial = {device.serial}\n\n"
        f"[profile admin]\nrole_arn = {ADMIN}\nsource_profile = work\n"
        "[profile part]\ninclude_profile = work\n"
        "[profile tf]\ncredential_process = /usr/bin/aws-vault exec --json admin\n"
    )
    store = home / ".awsvault" / "keys"
    other_tools.go_file(store, "work", other_tools.key_entry("work", key))
    session = "sts.GetSessionToken,d29yaw,,1764200000"
    other_tools.go_file(store, session, other_tools.key_entry(session, key, "a token"))
    before = {file: file.read_bytes() for file in store.iterdir()}
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)
    done = run("import", "aws-vault", "--yes", code=3)
    assert "part is left out. It has include_profile" in done.stderr
    assert "aws-vault remove work" in done.stderr
    secrets_nowhere(key, done.stdout, done.stderr, config.read_text())
    assert {file: file.read_bytes() for file in store.iterdir()} == before
    assert config.read_text().startswith("# mine\n")
    made = awsprof.credentials("admin", mfa=lambda *_: device.code())
    assert made.token is not None
    assert awsprof.whoami("tf").account == "210987654321"
    assert "already" in run("import", "aws-vault", "--yes", code=3).stderr


def test_what_aws_vault_inherits_is_written_to_each_profile(
    aws: Aws, key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aws-vault takes values from [default] and include_profile; no SDK does."""
    device = aws.device("alice")
    config.write_text(
        f"[default]\nregion = eu-west-1\nmfa_serial = {device.serial}\n[profile work]\n"
        f"[profile admin]\nrole_arn = {ADMIN}\nsource_profile = work\n"
        "[profile us]\ninclude_profile = admin\nregion = us-east-1\n"
        f"[profile own]\nrole_arn = {ADMIN}\n"
        "[profile tf]\ncredential_process = aws-vault exec --duration 1h --json admin\n"
    )
    for name in ("work", "own"):
        content = other_tools.key_entry(name, key)
        other_tools.go_file(home / ".awsvault" / "keys", name, content)
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)
    run("import", "aws-vault", "--yes")
    listed = {each.name: each for each in awsprof.list_profiles()}
    assert {name: (each.source, each.region) for name, each in listed.items()} == {
        "default": (None, "eu-west-1"),
        "work": (None, "eu-west-1"),
        "admin": ("work", "eu-west-1"),
        "us": ("work", "us-east-1"),
        "own": ("own-key", "eu-west-1"),
        "own-key": (None, "eu-west-1"),
        "tf": (None, "eu-west-1"),
    }
    assert awsprof.credentials("work", mfa=lambda *_: device.code()).token is not None
    for name in ("admin", "us", "own", "tf"):  # by the session of the one code
        assert awsprof.whoami(name).account == "210987654321"


def test_a_line_of_aws_vault_stays_while_its_key_is_elsewhere(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aws-vault reads a keychain or pass, awsprof does not: the profile works only by that line."""
    before = (
        f"[profile work]\nregion = eu-west-1\n[profile admin]\nrole_arn = {ADMIN}\n"
        "source_profile = work\nregion = eu-west-1\n"
        "[profile tf]\ncredential_process = aws-vault exec --json admin\nregion = eu-west-1\n"
    )
    config.write_text(before)
    said = run("import", "aws-vault", "--yes", code=3).stderr
    assert "tf is left out. Its line stays: admin has no credentials without" in said
    assert config.read_text() == before
    other_tools.go_file(home / ".awsvault" / "keys", "work", other_tools.key_entry("work", key))
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)
    run("import", "aws-vault", "--yes")
    assert awsprof.whoami("tf").account == "210987654321"


def test_a_wrong_passphrase_changes_nothing(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_tools.go_file(home / ".awsvault" / "keys", "work", other_tools.key_entry("work", key))
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", "another one")
    assert "not its passphrase" in run("import", "aws-vault", "--yes", code=3).stderr
    assert not config.exists()


def keys_of_aws_vault(home: Path, monkeypatch: pytest.MonkeyPatch, **keys: LongTermKey) -> None:
    for name, key in keys.items():
        content = other_tools.key_entry(name, key)
        other_tools.go_file(home / ".awsvault" / "keys", name, content)
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)


def keys_of_aws_mfa(home: Path, _: pytest.MonkeyPatch, **keys: LongTermKey) -> None:
    (home / ".aws" / "credentials").write_text(
        "".join(
            f"[{name}-long-term]\naws_access_key_id = {key.id}\n"
            f"aws_secret_access_key = {key.secret}\n"
            for name, key in keys.items()
        )
    )


@dataclass(frozen=True)
class MadeUpKey:
    """A key that AWS refuses."""

    id: str = "AKIAIOSFODNN7EXAMPLE"
    secret: str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


REFUSED = MadeUpKey()


@pytest.mark.parametrize(
    ("tool", "keep", "removal"),
    [
        ("aws-vault", keys_of_aws_vault, "aws-vault remove {}"),
        ("aws-mfa", keys_of_aws_mfa, "awsprof remove {}-long-term"),
    ],
)
def test_only_keys_that_the_vault_has_are_told_to_be_removed(
    tool: str,
    keep: Callable[..., None],
    removal: str,
    key: UserKey,
    config: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep(home, monkeypatch, work=key, other=key, dead=REFUSED)
    said = run("import", tool, "--only", "work", "--yes").stderr
    assert removal.format("work") in said and removal.format("other") not in said
    said = run("import", tool, "--yes", code=3).stderr
    assert "dead is left out" in said
    assert removal.format("other") in said and removal.format("dead") not in said


def test_what_builds_on_a_key_that_was_not_imported_stays(
    key: UserKey, config: Path, home: Path
) -> None:
    """The session that aws-mfa wrote works on; a role on a base without a key would not."""
    keys_of_aws_mfa(home, pytest.MonkeyPatch(), work=key, dead=REFUSED)
    credentials = home / ".aws" / "credentials"
    session = (
        "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_session_token = gone\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    )
    stays = f"[dead]\n{session}[dead-prod]\nassumed_role_arn = {ADMIN}\n{session}"
    credentials.write_text(credentials.read_text() + stays)
    said = run("import", "aws-mfa", "--yes", code=3).stderr
    assert "dead-prod is left out. Its source profile dead is left out." in said
    assert credentials.read_text().endswith(stays)
    assert "dead" not in config.read_text()


def test_a_line_of_aws_vault_stays_if_its_key_was_not_imported(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the profile has another key: the line would hand out somebody else's."""
    line = "credential_process = /usr/bin/aws-vault exec --json"
    before = (
        f"[profile work]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        f"[profile admin]\nrole_arn = {ADMIN}\nsource_profile = work\n"
        f"[profile tf]\n{line} work\n[profile tf-admin]\n{line} admin\n"
        f"[profile bare]\n{line} none\n"
    )
    config.write_text(before)
    keys_of_aws_vault(home, monkeypatch, work=REFUSED, none=REFUSED)
    said = run("import", "aws-vault", "--yes", code=3).stderr
    for name, source in (("tf", "work"), ("tf-admin", "admin"), ("bare", "none")):
        assert f"{name} is left out. Its line stays: {source} has no credentials" in said
    assert config.read_text() == before


def test_without_consent_no_key_is_read(key: UserKey, config: Path, home: Path) -> None:
    other_tools.go_file(home / ".awsvault" / "keys", "work", other_tools.key_entry("work", key))
    assert "--yes" in run("import", "aws-vault", code=2).stderr


def test_a_passphrase_variable_that_is_too_short_is_told_before_a_key_is_read(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_tools.go_file(home / ".awsvault" / "keys", "work", other_tools.key_entry("work", key))
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "short")
    said = run("import", "aws-vault", "--yes", code=5).stderr
    assert "AWSPROF_PASSPHRASE has 5 characters" in said
    assert key.id not in said


def test_a_key_that_aws_refuses_is_left_out(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = home / ".awsvault" / "keys"
    example = {"AccessKeyID": "AKIAIOSFODNN7EXAMPLE"}
    example["SecretAccessKey"] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    other_tools.go_file(store, "dead", other_tools.go_entry("dead", example))
    other_tools.go_file(store, "work", other_tools.key_entry("work", key))
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)
    done = run("import", "aws-vault", "--yes", code=3)
    assert "dead is left out." in done.stderr
    assert awsprof.whoami("work").arn == key.arn


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretService]:
    """A Secret Service of this test's own."""
    with SecretService() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


def stored(label: str, attributes: dict[str, str], content: bytes) -> None:
    import secretstorage

    connection = secretstorage.dbus_init()
    collection = secretstorage.get_default_collection(connection)
    collection.create_item(label, attributes, content)
    connection.close()


def test_keys_in_the_secret_service(
    key: UserKey, config: Path, service: SecretService, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored("work", {"profile": "work"}, other_tools.key_entry("work", key))
    monkeypatch.setenv("AWS_VAULT_SECRET_SERVICE_COLLECTION_NAME", "login")
    done = run("import", "aws-vault", "--yes")
    secrets_nowhere(key, done.stdout, done.stderr)
    assert awsprof.whoami("work").arn == key.arn


def test_the_workspace_and_the_keys_of_leapp(
    key: UserKey, config: Path, home: Path, service: SecretService
) -> None:
    machine_id = Path("/etc/machine-id")
    need(machine_id.is_file(), "a machine-id, with which Leapp encrypts its file")
    session = {"sessionId": "s1", "sessionName": "Work keys", "type": "awsIamUser"}
    chained = {"sessionId": "s2", "sessionName": "admin", "type": "awsIamRoleChained"}
    federated = {"sessionId": "s4", "sessionName": "saml", "type": "awsIamRoleFederated"}
    portal = {"id": "p1", "alias": "Corp", "portalUrl": "https://example.awsapps.com/start"}
    sso = {"sessionId": "s3", "sessionName": "dev", "type": "awsSsoRole", "profileId": "n1"}
    arn = "arn:aws:iam::123456789012/Developer"  # as Leapp writes it
    shop = {"type": "awsSsoRole", "sessionName": "Shop", "profileId": "n0"}
    shop["awsSsoConfigurationId"] = "p1"
    other_tools.leapp_file(
        home / ".Leapp" / "Leapp-lock.json",
        machine_id.read_text().strip(),
        {
            "_sessions": [
                {**session, "region": "eu-west-1", "profileId": "n0"},
                {
                    **{**chained, "roleArn": ADMIN, "parentSessionId": "s1", "profileId": "n0"},
                    "roleSessionName": "alice",
                },
                {**sso, "roleArn": arn, "awsSsoConfigurationId": "p1"},
                {**shop, "sessionId": "s5", "roleArn": "arn:aws:iam::345678901234/Admin"},
                {**shop, "sessionId": "s6", "roleArn": "arn:aws:iam::345678901234/ReadOnly"},
                federated,
            ],
            "_awsSsoIntegrations": [{**portal, "region": "eu-west-1"}],
            "_profiles": [{"id": "n0", "name": "default"}, {"id": "n1", "name": "dev"}],
        },
    )
    for part, value in (("access-key-id", key.id), ("secret-access-key", key.secret)):
        account = f"s1-iam-user-aws-session-{part}"
        stored(account, {"service": "Leapp", "account": account}, value.encode())
    done = run("import", "leapp", "--yes", code=3)
    assert "saml is left out. It signs in through SAML" in done.stderr
    secrets_nowhere(key, done.stdout, done.stderr, config.read_text())
    listed = {each.name: each for each in awsprof.list_profiles()}
    assert {name: each.kind for name, each in listed.items()} == {
        "Work-keys": "keys",
        "admin": "role",
        "dev": "sso",
        "Shop-Admin": "sso",
        "Shop-ReadOnly": "sso",
    }
    assert (listed["Shop-Admin"].account, listed["Shop-Admin"].role) == ("345678901234", "Admin")
    assert (listed["dev"].account, listed["dev"].source) == ("123456789012", "corp")
    assert awsprof.whoami("admin").account == "210987654321"
    assert awsprof.whoami("admin").arn.endswith("/Admin/alice")


def leapp_with_a_lost_key(home: Path) -> None:
    """Leapp's workspace with an IAM user, whose key is nowhere, and a role on it."""
    machine_id = Path("/etc/machine-id")
    need(machine_id.is_file(), "a machine-id, with which Leapp encrypts its file")
    work = {"sessionId": "s1", "sessionName": "Work keys", "type": "awsIamUser"}
    admin = {"sessionId": "s2", "sessionName": "admin", "type": "awsIamRoleChained"}
    other_tools.leapp_file(
        home / ".Leapp" / "Leapp-lock.json",
        machine_id.read_text().strip(),
        {"_sessions": [work, {**admin, "roleArn": ADMIN, "parentSessionId": "s1"}]},
    )


def test_a_key_of_leapp_whose_entry_is_gone_is_named_with_what_to_do(
    config: Path, home: Path, service: SecretService
) -> None:
    leapp_with_a_lost_key(home)
    said = " ".join(run("import", "leapp", "--yes", code=3).stderr.split())
    assert "no entry s1-iam-user-aws-session-access-key-id of service Leapp" in said
    assert "awsprof keys import --help" in said


def test_without_a_keyring_the_import_of_leapp_says_so(config: Path, home: Path) -> None:
    leapp_with_a_lost_key(home)
    said = " ".join(run("import", "leapp", "--yes", code=3).stderr.split())
    assert "Work-keys is left out. No keyring answers here" in said
    assert "run it in the desktop session in which you use Leapp" in said


def test_a_role_whose_source_has_no_key_says_so(config: Path, home: Path) -> None:
    leapp_with_a_lost_key(home)
    said = " ".join(run("import", "leapp", "--yes", code=3).stderr.split())
    assert "admin is left out. Its source profile Work-keys is left out." in said
    assert "There is no profile" not in said
    assert not config.exists()


IOREG = """\
#!/bin/sh
echo '+-o MacBookPro18,3  <class IOPlatformExpertDevice>'
echo '    "IOPlatformSerialNumber" = "C02EXAMPLE"'
echo '    "IOPlatformUUID" = "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0"'
"""


def test_the_workspace_of_leapp_on_macos(
    config: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leapp's key there is made from the IOPlatformUUID, as node-machine-id reads it."""
    ioreg = tmp_path / "ioreg"
    ioreg.write_text(IOREG)
    ioreg.chmod(0o755)
    monkeypatch.setattr(leapp, "_IOREG", (str(ioreg),))
    monkeypatch.setattr(leapp, "_plain_machine_id", leapp._mac_machine_id)
    portal = {"id": "p1", "alias": "Corp", "portalUrl": "https://example.awsapps.com/start"}
    other_tools.leapp_file(
        home / ".Leapp" / "Leapp-lock.json",
        "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
        {"_awsSsoIntegrations": [{**portal, "region": "eu-west-1"}]},
    )
    plan = leapp.read(ImportContext(Catalog.load(), lambda _: Secret("")))
    assert [each.name for each in plan.sessions] == ["corp"]


def test_an_entry_of_keytar_in_the_credential_locker_is_utf_8() -> None:
    stored = "AKIAIOSFODNN7EXAMPLE"
    taken_for_utf_16 = stored.encode().decode("utf-16")
    assert foreign_entries._from_utf_8(taken_for_utf_16) == stored
    assert foreign_entries._from_utf_8(stored) == stored


GRANTED = """\
[profile dev]
granted_sso_start_url = https://example.awsapps.com/start
granted_sso_region = eu-west-1
granted_sso_account_id = 123456789012
granted_sso_role_name = Developer
credential_process = granted credential-process --profile dev

[profile lost]
credential_process = granted credential-process --profile lost
"""


def test_profiles_and_keys_of_granted(key: UserKey, config: Path, home: Path) -> None:
    config.write_text(GRANTED + "[profile ops]\ncredential_process = granted credential-process\n")
    store = home / ".granted" / "secure-storage-aws-iam-credentials"
    other_tools.go_file(store, "ops", other_tools.key_entry("ops", key))
    refused = run("import", "granted", "--only", "dev", "--yes")
    assert "granted uninstall" in refused.stderr
    text = config.read_text()
    section = text[: text.index("[profile lost]")]
    assert "sso_session = example" in section and "credential_process" not in section
    assert "granted_sso_role_name = Developer" in section  # granted still works
    assert "[sso-session example]" in text


def test_the_folder_that_granteds_config_names(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "xdg" / "granted").mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    settings_file = home / "xdg" / "granted" / "config"
    settings_file.write_text('Ordering = ""\n[Keyring]\nBackend = "file"\nFileDir = "~/keys"\n')
    other_tools.go_file(home / "keys", "ops", other_tools.key_entry("ops", key))
    token = other_tools.go_entry("https://example.awsapps.com/start", {"AccessToken": "a token"})
    other_tools.go_file(home / "keys", "https:%2F%2Fexample.awsapps.com%2Fstart", token)
    shown = run("import", "granted", code=2)
    assert "~/keys" in shown.stderr and "awsapps" not in shown.stderr
    settings_file.write_text("[Keyring\n")
    assert "is not valid TOML" in run("import", "granted", "--yes", code=3).stderr


AWS_SSO = """\
SSOConfig:
    Default:
        SSORegion: eu-west-1
        StartUrl: https://example.awsapps.com/start
        DefaultRegion: eu-central-1
        Accounts:
            012345678901:
                Name: Main
                Roles:
                    Developer:
                        Profile: main-dev
                    Deploy:
                        DefaultRegion: us-east-1
                        Via: arn:aws:iam::012345678901:role/Developer
ProfileFormat: '{{ .AccountId }}:{{ .RoleName }}'
"""


def test_portals_roles_and_lines_of_aws_sso_cli(config: Path, home: Path) -> None:
    folder = home / ".config" / "aws-sso"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(AWS_SSO)
    line = 'credential_process = /usr/bin/aws-sso -u open -S "Default" process --arn '
    config.write_text(
        "# BEGIN_AWS_SSO_CLI\n"
        f"[profile 210987654321:Admin]\n{line}arn:aws:iam::210987654321:role/Admin\n"
        "# END_AWS_SSO_CLI\n"
    )
    run("import", "aws-sso-cli", "--yes")
    listed = {each.name: each for each in awsprof.list_profiles()}
    main, deploy = listed["main-dev"], listed["012345678901:Deploy"]
    assert (main.kind, main.account, main.region) == ("sso", "012345678901", "eu-central-1")
    assert (deploy.kind, deploy.source, deploy.region) == ("role", "main-dev", "us-east-1")
    assert listed["210987654321:Admin"].source == "default"
    assert "aws-sso -u" not in config.read_text()


def test_a_written_line_of_a_role_with_via_becomes_a_role(config: Path, home: Path) -> None:
    folder = home / ".aws-sso"
    folder.mkdir()
    (folder / "config.yaml").write_text(AWS_SSO)
    config.write_text(
        "".join(
            f"[profile {name}]\ncredential_process = /usr/bin/aws-sso -u open -S "
            f'"Default" process --arn arn:aws:iam::012345678901:role/{role}\n'
            for name, role in (("Main:Developer", "Developer"), ("Main:Deploy", "Deploy"))
        )
    )
    run("import", "aws-sso-cli", "--only", "Main:Deploy", "--yes")  # and what it builds on
    listed = {each.name: each for each in awsprof.list_profiles()}
    assert {name: (each.kind, each.source) for name, each in listed.items()} == {
        "Main:Developer": ("sso", "default"),
        "Main:Deploy": ("role", "Main:Developer"),
    }
    assert "aws-sso" not in config.read_text()


def test_broken_yaml_is_said(config: Path, home: Path) -> None:
    folder = home / ".aws-sso"
    folder.mkdir()
    for text in ("{", "- a", "x: &a [*a]", "\0"):
        (folder / "config.yaml").write_text(text)
        done = run("import", "aws-sso-cli", "--yes", code=3)
        assert "config.yaml" in done.stderr


def test_aws_mfa_becomes_a_key_with_its_device(
    aws: Aws, key: UserKey, config: Path, home: Path
) -> None:
    device, credentials = aws.device("alice"), home / ".aws" / "credentials"
    credentials.write_text(
        f"[work-long-term]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        f"aws_mfa_device = {device.serial}\n\n"
        "[work]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
        "aws_session_token = gone\nexpiration = 2026-01-01 00:00:00\n"
    )
    done = run("import", "aws-mfa", "--yes")
    assert "awsprof remove work-long-term" in done.stderr
    made = awsprof.credentials("work", mfa=lambda *_: device.code())
    assert made.token is not None
    assert key.secret in credentials.read_text()  # its own profile stays until it is removed


def test_a_role_of_aws_mfa_stands_on_the_key(key: UserKey, config: Path, home: Path) -> None:
    (home / ".aws" / "credentials").write_text(
        f"[prod-long-term]\naws_access_key_id = {key.id}\n"
        f"aws_secret_access_key = {key.secret}\nassume_role = {ADMIN}\n"
    )
    run("import", "aws-mfa", "--yes")
    assert awsprof.whoami("prod").account == "210987654321"


def test_sessions_of_aws_mfa_in_several_accounts(key: UserKey, config: Path, home: Path) -> None:
    """As `aws-mfa --assume-role ARN --short-term-suffix prod` leaves them."""
    temporary = (
        "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_session_token = gone\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    )
    (home / ".aws" / "credentials").write_text(
        f"[org-long-term]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        f"[org-prod]\nassumed_role = True\nassumed_role_arn = {ADMIN}\n{temporary}"
    )
    run("import", "aws-mfa", "--yes")
    listed = {each.name: each for each in awsprof.list_profiles()}
    assert (listed["org-prod"].kind, listed["org-prod"].source) == ("role", "org")
    assert awsprof.whoami("org-prod").account == "210987654321"
    assert awsprof.whoami("org").arn == key.arn


def test_accounts_of_saml2aws_become_process_lines(
    config: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".saml2aws").write_text(
        "[default]\nname = default\nurl = https://id.example.com\naws_profile = saml\n"
        "role_arn = arn:aws:iam::123456789012:role/Dev\nregion = eu-west-1\n\n"
        "[a b]\naws_profile = same\n[c]\naws_profile = same\n"
        "[own]\naws_profile: own   # for the shop\ncredentials_file = ~/own-sessions\n"
    )
    (home / ".aws" / "credentials").write_text(
        "[saml]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
    )
    assert "not on PATH" in run("import", "saml2aws", "--yes", code=3).stderr
    (tmp_path / "saml2aws").write_text("#!/bin/sh\n")
    (tmp_path / "saml2aws").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = run("import", "saml2aws", "--yes", code=3)
    assert "Several accounts of saml2aws write the profile same" in done.stderr
    text = config.read_text()
    assert f"{tmp_path}/saml2aws login --credential-process --quiet" in text
    assert "--idp-account default --profile saml --role arn:aws:iam" in text
    (own,) = [line for line in text.splitlines() if "--idp-account own" in line]
    assert own.endswith("--idp-account own --profile own")
    assert "own names no role" in done.stderr
    assert [p.kind for p in awsprof.list_profiles() if p.name == "saml"] == ["process"]
    assert "ASIA" not in (home / ".aws" / "credentials").read_text()


def test_a_line_of_saml2aws_is_one_that_botocore_splits_on_windows(
    config: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Single quotes are no quotes there, so C:\\Program would be the program."""
    program = tmp_path / r"Program Files\saml2aws.exe"
    program.touch(0o755)
    (home / ".saml2aws").write_text("[my shop]\naws_profile = shop\n[o'neil]\naws_profile = o\n")
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    monkeypatch.setattr(process_command, "sys", SimpleNamespace(platform="win32"))
    catalog = Catalog.load()
    plan = saml2aws.read(ImportContext(catalog, lambda _: Secret("")))
    (shop,) = plan.profiles
    line = shop.kind.validate(shop.answers, catalog, name=shop.name)["command"]
    words = compat_shell_split(line, "win32")
    assert (words[0], words[words.index("--idp-account") + 1]) == (str(program), "my shop")
    (left_out,) = plan.skipped
    assert left_out.name == "o'neil" and "cannot be written" in left_out.why


SAML2AWS = """\
#!/bin/sh
# What saml2aws does of `login --credential-process`: it prints the session, and writes it too.
profile= file="$HOME/.aws/credentials"
while [ $# -gt 0 ]; do
  case $1 in --profile) profile=$2; shift;; --credentials-file) file=$2; shift;; esac
  shift
done
printf '[%s]\\naws_access_key_id = %s\\naws_secret_access_key = x\\n' "$profile" "$ID" > "$file"
printf '{"Version": 1, "AccessKeyId": "%s", "SecretAccessKey": "x", "SessionToken": "x"}' "$ID"
"""


def test_the_session_that_saml2aws_writes_does_not_win_over_its_line(
    config: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`saml2aws login --credential-process` writes its session too; boto3 must ask it again."""
    import boto3

    accounts = tmp_path / "accounts.ini"
    accounts.write_text("[shop]\nrole_arn = arn:aws:iam::123456789012:role/Dev\n")
    monkeypatch.setenv("SAML2AWS_CONFIGFILE", str(accounts))
    (tmp_path / "saml2aws").write_text(SAML2AWS)
    (tmp_path / "saml2aws").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    done = run("import", "saml2aws", "--yes")
    assert "~/.aws/saml2aws-sessions" in done.stderr
    assert f"--config {accounts}" in config.read_text()
    for key_id in ("ASIAIOSFODNN7EXAMPLE", "ASIAI44QH8DHBEXAMPLE"):
        monkeypatch.setenv("ID", key_id)
        found = boto3.Session(profile_name="saml").get_credentials()
        assert found is not None and found.access_key == key_id


def test_what_awsume_fills_in_is_written_to_each_role(
    aws: Aws, key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(
        f"[default]\nregion = eu-west-1\n[profile work]\n"
        f"[profile admin]\nrole_arn = {ADMIN}\nsource_profile = work\n"
        f"[profile us]\nrole_arn = {ADMIN}\nsource_profile = work\n"
        "region = us-east-1\nrole_session_name = mine\nduration_seconds = 900\n"
        "[out]\nmanager = awsume\naws_session_token = gone\n"
    )
    (home / ".aws" / "credentials").write_text(
        f"[work]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    settings.put_setting("vault", "file")
    (home / "xdg" / "awsume").mkdir(parents=True)
    (home / "xdg" / "awsume" / "config.yaml").write_text(
        "role-duration: 1800\nrole-session-name: alice\ncredentials-file: ~/other\n"
    )
    done = run("import", "awsume", "--yes", code=3)
    assert "set AWS_SHARED_CREDENTIALS_FILE=" in done.stderr
    text = config.read_text()
    admin = text[text.index("[profile admin]") : text.index("[profile us]")]
    for line in ("region = eu-west-1", "role_session_name = alice", "duration_seconds = 1800"):
        assert line in admin.splitlines()
    us = text[text.index("[profile us]") :]
    assert "role_session_name = mine" in us and "1800" not in us
    assert awsprof.whoami("admin").arn.endswith("/Admin/alice")


def test_awsumes_keys_go_into_the_vault(key: UserKey, config: Path, home: Path) -> None:
    credentials = home / ".aws" / "credentials"
    credentials.write_text(
        f"[work]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
        "[autoawsume-work]\nautoawsume = true\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n"
    )
    run("import", "awsume", "--yes")
    assert key.secret not in credentials.read_text()
    assert awsprof.whoami("work").arn == key.arn
    run("undo", "--yes")
    assert key.secret in credentials.read_text()


def test_a_second_key_of_a_profile_is_not_lost(key: UserKey, config: Path, home: Path) -> None:
    config.write_text(
        "[profile work]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\n"
        "aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n"
    )
    credentials = home / ".aws" / "credentials"
    credentials.write_text(
        f"[work]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    before = config.read_text(), credentials.read_text()
    said = run("import", "awsume", "--yes", "--no-verify", code=3).stderr
    assert "work has another key" in said and "which moving would delete" in said
    assert (config.read_text(), credentials.read_text()) == before


def test_a_key_from_a_store_deletes_no_other_key(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = home / ".awsvault" / "keys"
    other_tools.go_file(store, "work", other_tools.key_entry("work", key))
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)
    plain = "aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n"
    before = f"[profile work]\naws_access_key_id = AKIAI44QH8DHBEXAMPLE\n{plain}"
    config.write_text(before)
    said = run("import", "aws-vault", "--yes", "--no-verify", code=3).stderr
    assert "work has another key" in said and "which importing would delete" in said
    assert config.read_text() == before


def test_a_role_with_a_key_of_its_own_stays_as_it_is(
    aws: Aws, key: UserKey, config: Path, home: Path
) -> None:
    before = (
        f"[default]\nregion = eu-west-1\n[profile self]\nrole_arn = {ADMIN}\n"
        f"source_profile = self\naws_access_key_id = {key.id}\n"
        f"aws_secret_access_key = {key.secret}\n"
    )
    config.write_text(before)
    said = run("import", "awsume", "--yes", code=3).stderr
    assert said.count("self is left out.") == 1 and "need two profiles" in said
    assert config.read_text() == before
    steps = next(line.strip() for line in said.splitlines() if "keys import" in line)
    for step in steps.split(", then "):
        run(*shlex.split(step)[1:], "--yes")
    assert key.secret not in config.read_text()
    assert awsprof.whoami("self").account == "210987654321"


def test_a_chained_role_gets_no_duration_that_aws_refuses(
    aws: Aws, key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(
        f"[default]\nregion = eu-west-1\n[profile work]\n"
        f"[profile admin]\nrole_arn = {ADMIN}\nsource_profile = work\n"
        f"[profile deep]\nrole_arn = {ADMIN}\nsource_profile = admin\n"
    )
    (home / ".aws" / "credentials").write_text(
        f"[work]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n"
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    settings.put_setting("vault", "file")
    (home / "xdg" / "awsume").mkdir(parents=True)
    (home / "xdg" / "awsume" / "config.yaml").write_text("role-duration: 43200\n")
    run("import", "awsume", "--yes")
    text = config.read_text()
    admin, deep = text[text.index("[profile admin]") :].split("[profile deep]")
    assert "duration_seconds = 43200" in admin
    assert "region = eu-west-1" in deep and "duration_seconds" not in deep


@pytest.mark.parametrize("tool", ["aws-vault", "granted", "aws-sso-cli", "awsume", "leapp"])
def test_where_nothing_is_nothing_is_written(tool: str, config: Path) -> None:
    assert f"Nothing to import from {tool}." in run("import", tool).stderr
    assert not config.exists()


def test_what_awsprof_has_already_is_no_failure(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_tools.go_file(home / ".awsvault" / "keys", "work", other_tools.key_entry("work", key))
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)
    for _ in range(2):
        done = run("import", "aws-vault", "--yes")
    assert "work is left out. Its key is in awsprof's vault already." in done.stderr


def test_a_portal_in_two_regions_becomes_two_sessions(config: Path) -> None:
    config.write_text(
        GRANTED + GRANTED.replace("eu-west-1", "us-east-1").replace("[profile ", "[profile us-")
    )
    run("import", "granted", "--dry-run", code=3)
    run("import", "granted", "--yes", code=3)
    sessions = Catalog.load().sessions
    assert {s.region for s in sessions.values()} == {"eu-west-1", "us-east-1"}


def test_a_dry_run_shows_the_diff_alone(key: UserKey, config: Path) -> None:
    config.write_text(GRANTED)
    done = run("import", "granted", "--dry-run", code=3)
    assert "sso_session = example" in done.stdout + done.stderr
    assert config.read_text() == GRANTED
    assert json.loads(run("list", "--json").stdout)["profiles"]


def test_a_dry_run_without_a_terminal_needs_no_yes_and_reads_no_key(
    key: UserKey, config: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(
        f"[profile work]\nregion = eu-west-1\n\n[profile admin]\nrole_arn = {ADMIN}\n"
        "source_profile = work\n"
    )
    before = config.read_text()
    store = home / ".awsvault" / "keys"
    other_tools.go_file(store, "work", other_tools.key_entry("work", key))
    monkeypatch.delenv("AWS_VAULT_FILE_PASSPHRASE", raising=False)  # it could not read them
    done = run("import", "aws-vault", "--dry-run")
    assert "1 key of aws-vault in" in done.stderr and "not read" in done.stderr
    assert "left out" not in done.stderr
    assert "+ credential_process" in done.stdout + done.stderr
    assert key.id not in done.stdout + done.stderr
    assert config.read_text() == before
    monkeypatch.setenv("AWS_VAULT_FILE_PASSPHRASE", other_tools.PASSPHRASE)
    told = run("import", "aws-vault", "--dry-run", "--yes")
    assert key.id in told.stdout + told.stderr
    assert config.read_text() == before
