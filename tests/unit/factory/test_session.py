"""awsprof.session and assume: codes, guards, shapes, errors, and where nothing is to be touched."""

import json
import pickle
import traceback
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import botocore.credentials
import botocore.session
import pytest
from botocore import exceptions as bc

import awsprof
from tests.standins.aws import Aws
from tests.standins.sample_config import ADMIN, AUDIT, Machine
from tests.standins.subprocess_helpers import run as child
from tests.standins.subprocess_helpers import where_the_kernel_refuses

BROKEN = """\
[profile lost]
credential_process = awsprof credential-process lost --key AKIAIOSFODNN7EXAMPLE

[profile corp]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[profile cycle]
role_arn = {admin}
source_profile = nowhere
"""


def test_one_code_serves_sessions_and_whoever_comes_after(machine: Machine) -> None:
    for name in ("admin", "base", "admin"):
        who = awsprof.whoami(name, mfa=machine.code)
        assert who.account == {"admin": "210987654321", "base": "123456789012"}[name]
    assert awsprof.whoami("admin", interactive=False).arn.startswith("arn:aws:sts::210987654321:")
    assert machine.asked == [("base", machine.device.serial)]
    assert machine.aws.calls.count("AssumeRole") == 1


def test_a_code_may_be_given_as_text(machine: Machine) -> None:
    assert awsprof.whoami("base", mfa=machine.device.code()).arn.endswith("user/alice")
    with pytest.raises(awsprof.AwsprofError, match="six digits"):
        awsprof.credentials("base", mfa="12345", duration=3600)


def test_where_nobody_can_be_asked_the_call_itself_says_so(machine: Machine) -> None:
    client = awsprof.session("admin", interactive=False).client("s3")
    with pytest.raises(awsprof.MfaRequired) as caught:
        client.list_buckets()
    assert caught.value.code == "mfa-needed"
    assert "awsprof login" in caught.value.fix and caught.value.fix in str(caught.value)
    with pytest.raises(bc.NoCredentialsError):
        client.list_buckets()
    assert machine.aws.calls == []


def test_a_code_that_is_wrong_is_a_refusal_of_aws(machine: Machine) -> None:
    with pytest.raises(awsprof.CredentialsRejected) as caught:
        awsprof.whoami("admin", mfa=lambda *_: "000000")
    assert isinstance(caught.value, bc.ClientError)
    assert caught.value.response["Error"]["Code"] == caught.value.aws_code == "AccessDenied"
    assert caught.value.operation_name == "GetSessionToken"
    copy = pickle.loads(pickle.dumps(caught.value))  # noqa: S301  # as multiprocessing does
    assert (type(copy), copy.fix, copy.response) == (
        awsprof.CredentialsRejected,
        caught.value.fix,
        caught.value.response,
    )


def test_a_key_that_aws_does_not_know_is_rejected(machine: Machine) -> None:
    machine.key.active = False
    for who in ("plain", boto3.Session(profile_name="plain")):
        with pytest.raises(awsprof.CredentialsRejected) as caught:
            awsprof.whoami(who)
        assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"
        assert (caught.value.code, caught.value.operation_name) == ("identity", "GetCallerIdentity")


def test_the_other_errors_are_botocores_too(machine: Machine) -> None:
    machine.write(BROKEN)
    with pytest.raises(bc.NoCredentialsError) as lost:
        awsprof.whoami("lost")
    with pytest.raises(bc.UnauthorizedSSOTokenError) as corp:
        awsprof.whoami("corp")
    with pytest.raises(bc.CredentialRetrievalError) as cycle:
        awsprof.whoami("cycle")
    with pytest.raises(bc.ProfileNotFound) as missing:
        awsprof.session("crop")
    assert "Did you mean corp?" in str(missing.value)
    raised = [each.value for each in (lost, corp, cycle, missing)]
    assert [type(each) for each in raised] == [
        awsprof.CredentialsUnavailable,
        awsprof.SignInRequired,
        awsprof.CredentialsUnavailable,
        awsprof.ProfileNotFound,
    ]
    codes = ["vault-entry-missing", "sso-token-expired", "source-missing", "env-profile-missing"]
    assert [each.code for each in raised] == codes
    assert all(each.fix for each in raised)


def test_a_file_that_boto3_cannot_read_is_named(machine: Machine) -> None:
    machine.write("[profile a]\nregion = eu-west-1\nregion = us-east-1\n")
    for call in (lambda: awsprof.session("a"), awsprof.session, lambda: awsprof.sessions("*")):
        with pytest.raises(bc.ConfigParseError) as caught:
            call()
        assert isinstance(caught.value, awsprof.FileProblem)
        assert "~/.aws/config:3" in str(caught.value)


def test_without_a_name_the_profile_is_the_environments(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "admin")
    assert awsprof.whoami(mfa=machine.code).account == "210987654321"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", machine.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", machine.key.secret)
    assert awsprof.whoami().account == "123456789012"  # as in boto3, keys come first
    assert awsprof.whoami("admin").account == "210987654321"


def test_another_account_is_never_worked_in(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = awsprof.session("prod-eu", account="210987654321").client("s3")
    assert right.list_buckets()["Buckets"] == []
    wrong = awsprof.session("prod-eu", account="123456789012").client("s3")
    with pytest.raises(awsprof.WrongAccount) as caught:
        wrong.create_bucket(Bucket="never")
    assert caught.value.code == "wrong-account"
    assert right.list_buckets()["Buckets"] == []
    with pytest.raises(awsprof.UsageError):
        awsprof.session("prod-eu", account="prod")


def test_the_guard_holds_for_keys_of_the_environment_and_of_the_script(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    key: dict[str, Any] = {
        "aws_access_key_id": machine.key.id,
        "aws_secret_access_key": machine.key.secret,
    }
    with pytest.raises(awsprof.WrongAccount):
        awsprof.session(account="210987654321", region="eu-west-1", **key)
    for name, value in key.items():
        monkeypatch.setenv(name.upper(), value)
    machine.config.unlink()
    right = awsprof.session(account="123456789012", region="eu-west-1")
    assert awsprof.whoami(right).arn.endswith("user/alice")
    with pytest.raises(awsprof.WrongAccount):
        awsprof.session(account="210987654321", region="eu-west-1").client("s3")


def test_the_guard_asks_at_the_endpoint_of_the_profile(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"aws_access_key_id = {machine.key.id}\naws_secret_access_key = {machine.key.secret}\n"
    place = f"region = eu-west-1\nendpoint_url = {machine.aws.url}\n"
    machine.config.write_text(f"[profile local]\n{key}{place}")
    monkeypatch.delenv("AWS_ENDPOINT_URL_STS")
    right = awsprof.session("local", account="123456789012")
    assert right.get_credentials().access_key == machine.key.id
    with pytest.raises(awsprof.WrongAccount):
        awsprof.session("local", account="210987654321").get_credentials()


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_guard_holds_for_threads_that_use_a_session_for_the_first_time(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, interrupted: bool
) -> None:
    key = f"aws_access_key_id = {machine.key.id}\naws_secret_access_key = {machine.key.secret}\n"
    machine.config.write_text(f"[profile plain]\n{key}region = eu-west-1\n")
    session = awsprof.session("plain", account="210987654321")
    got: list[object] = []

    def use() -> None:
        try:
            got.append(session.get_credentials())
        except (awsprof.WrongAccount, KeyboardInterrupt) as exc:
            got.append(type(exc))

    second = Thread(target=use, daemon=True)
    create = botocore.credentials.create_credential_resolver

    def create_while_another_needs_it(*arguments: Any, **options: Any) -> Any:
        if second.ident is None:
            second.start()
            second.join(0.5)  # it waits for this thread
            if interrupted:
                raise KeyboardInterrupt
        return create(*arguments, **options)

    monkeypatch.setattr(
        botocore.credentials, "create_credential_resolver", create_while_another_needs_it
    )
    use()
    use()
    second.join()
    first = KeyboardInterrupt if interrupted else awsprof.WrongAccount
    assert sorted(map(str, got)) == sorted(map(str, [first, *[awsprof.WrongAccount] * 2]))


def test_what_shapes_a_session_reaches_aws_and_tells_sessions_apart(machine: Machine) -> None:
    policy = {"Version": "2012-10-17", "Statement": []}
    plain = awsprof.credentials("prod-eu")
    shaped = awsprof.credentials(
        "prod-eu",
        duration=7200,
        session_policy=policy,
        tags={"team": "data"},
        source_identity="alice",
    )
    asked = machine.aws.asked[-1]
    assert asked["DurationSeconds"] == "7200"
    assert json.loads(asked["Policy"]) == policy
    assert (asked["Tags.member.1.Key"], asked["Tags.member.1.Value"]) == ("team", "data")
    assert asked["SourceIdentity"] == "alice"
    others = [
        awsprof.credentials("prod-eu", tags={"team": name}) for name in ("data", "web", "data")
    ]
    assert len({each.access_key_id for each in (plain, shaped, *others)}) == 4
    assert others[0] == others[2]
    assert awsprof.credentials("prod-eu") == plain


def test_only_the_last_role_of_a_chain_is_shaped(machine: Machine) -> None:
    deep = "[profile deep]\nrole_arn = {audit}\nsource_profile = prod-eu\nregion = eu-west-1\n"
    again = "[profile again]\nrole_arn = {admin}\nsource_profile = prod-eu\nregion = eu-west-1\n"
    plain = "[profile plain]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
    eu = "[profile prod-eu]\nrole_arn = {admin}\nsource_profile = plain\n"
    machine.write(plain + eu + deep + again)
    machine.aws.roles[ADMIN].trusted += ("arn:aws:iam::210987654321:root",)
    for name, last in (("deep", AUDIT), ("again", ADMIN)):
        machine.aws.asked.clear()
        awsprof.credentials(name, source_identity="alice")
        first, second = machine.aws.asked
        assert (first["RoleArn"], second["RoleArn"]) == (ADMIN, last)
        assert "SourceIdentity" not in first
        assert second["SourceIdentity"] == "alice"


def test_what_cannot_be_shaped_is_said(machine: Machine) -> None:
    for name in ("base", "plain"):
        with pytest.raises(awsprof.UsageError, match="not a role"):
            awsprof.whoami(name, tags={"a": "b"}, mfa=machine.code)
    with pytest.raises(awsprof.UsageError):
        awsprof.session("admin", duration=60)
    hour = awsprof.credentials("base", duration=3600, mfa=machine.code)
    assert hour.expires is not None
    assert machine.aws.calls == ["GetSessionToken"]


def test_a_missing_profile_may_be_no_matter(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", machine.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", machine.key.secret)
    there = awsprof.session("prod-eu", on_missing="default")
    absent = awsprof.session("deploy", on_missing="default", region="eu-west-1")
    assert awsprof.whoami(there).account == "210987654321"
    assert awsprof.whoami(absent).arn.endswith("user/alice")
    monkeypatch.setenv("AWS_PROFILE", "deploy")
    with pytest.raises(awsprof.ProfileNotFound):
        awsprof.session()
    monkeypatch.setenv("AWS_CONFIG_FILE", "")  # botocore then reads none
    with pytest.raises(awsprof.ProfileNotFound, match="AWS_CONFIG_FILE is empty"):
        awsprof.session("deploy")


def test_a_role_on_top_of_a_session(machine: Machine) -> None:
    admin = awsprof.session("prod-eu")
    audit = admin.assume(AUDIT, tags={"team": "data"}, role_session_name="nightly")
    assert isinstance(audit, awsprof.Session)
    assert awsprof.whoami(audit).arn == "arn:aws:sts::345678901234:assumed-role/Audit/nightly"
    assert audit.region_name == "eu-west-1"
    before = machine.aws.calls.count("AssumeRole")
    again = awsprof.assume(
        awsprof.session("prod-eu"), AUDIT, tags={"team": "data"}, role_session_name="nightly"
    )
    assert awsprof.whoami(again) == awsprof.whoami(audit)
    assert machine.aws.calls.count("AssumeRole") == before  # it was kept
    plain = awsprof.assume(boto3.Session(profile_name="plain"), ADMIN)
    assert awsprof.whoami(plain).account == "210987654321"
    with pytest.raises(awsprof.CredentialsRejected) as caught:
        awsprof.whoami(admin.assume("arn:aws:iam::345678901234:role/None"))
    assert caught.value.operation_name == "AssumeRole"


def test_other_tools_get_the_same_cache(machine: Machine) -> None:
    awsprof.whoami("admin", mfa=machine.code)
    tool = botocore.session.Session(profile="admin")
    awsprof.install(tool, interactive=False)
    awsprof.install(tool)  # once is enough
    arn = tool.create_client("sts").get_caller_identity()["Arn"]
    assert arn.startswith("arn:aws:sts::210987654321:assumed-role/Admin/")
    providers = tool.get_component("credential_provider").providers
    assert [each.METHOD for each in providers].count("awsprof") == 1
    assert len(machine.asked) == 1


def test_nothing_that_is_shown_holds_a_secret(machine: Machine) -> None:
    session = awsprof.session("admin", mfa=machine.code)
    found = awsprof.credentials("admin", mfa=machine.code)
    machine.aws.roles[ADMIN].trusted = ()
    with pytest.raises(awsprof.CredentialsRejected) as caught:
        awsprof.credentials("admin", duration=1800)
    told = "".join(traceback.format_exception(caught.value))
    shown = [session, session.get_credentials(), found, awsprof.whoami(session), told]
    assert found.token is not None
    for secret in (machine.key.secret, found.secret.reveal(), found.token.reveal()):
        assert not [each for each in shown if secret in repr(each)]


REFUSED = """
import json, sys, warnings
import awsprof
first = awsprof.credentials("admin", mfa=sys.argv[1])
second = awsprof.credentials("admin", interactive=False)
print(first == second)
"""


def test_where_the_kernel_keeps_nothing_the_process_does(machine: Machine) -> None:
    code = REFUSED.replace("sys.argv[1]", repr(machine.device.code()))
    assert where_the_kernel_refuses(code) == "True\n"
    assert machine.aws.calls == ["GetSessionToken", "AssumeRole"]


LAMBDA = """
import os, sys
opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
import awsprof
{use}
home = os.environ["HOME"]
print([path for path in opened if path.startswith(home) and "/.aws/" not in path])
print([name for name in sys.modules if name.split(".")[0] in ("keyring", "secretstorage")])
print([name for name in sys.modules if name.startswith("awsprof.vault")])
print(sorted(os.listdir(home)))
"""


def test_where_there_is_no_profile_nothing_of_ours_is_opened(aws: Aws, home: Path) -> None:
    key = aws.user("alice")
    env = {"AWS_ACCESS_KEY_ID": key.id, "AWS_SECRET_ACCESS_KEY": key.secret}
    use = "print(awsprof.session(region='eu-west-1').client('s3').list_buckets()['Buckets'])"
    assert child(LAMBDA.format(use=use), env=env).split("\n")[:5] == ["[]"] * 5
    guard = "print(awsprof.whoami(None, account='123456789012', region='eu-west-1').arn)"
    assert "user/alice" in child(LAMBDA.format(use=guard), env=env)
    assert list(home.iterdir()) == []
