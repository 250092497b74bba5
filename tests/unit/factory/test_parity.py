"""One script, with boto3.Session(profile_name=…) and with awsprof.session(…): the same happens."""

import io
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ProfileNotFound

import awsprof
from tests.standins.sample_config import Machine


def what_it_knows(session: Any) -> list[Any]:
    return [
        session.region_name,
        session.profile_name,
        session.available_profiles,
        session.get_available_services(),
        session.get_available_resources(),
        session.get_available_partitions(),
        session.get_available_regions("ec2"),
        session.get_partition_for_region("cn-north-1"),
        repr(session),
    ]


def who_it_is(session: Any) -> list[Any]:
    frozen = session.get_credentials().get_frozen_credentials()
    identity = session.client("sts").get_caller_identity()
    return [
        type(frozen),
        frozen.access_key[:4],
        bool(frozen.secret_key and frozen.token),
        frozen.account_id,
        identity["Account"],
        identity["Arn"].rsplit("/", 1)[0],
    ]


def what_clients_do(session: Any) -> list[Any]:
    seen: list[str] = []
    session.events.register(
        "before-call.s3.CreateBucket", lambda model, **_: seen.append(model.name)
    )
    s3 = session.client("s3", config=Config(retries={"total_max_attempts": 2}))
    bucket = "a-bucket"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.get_waiter("bucket_exists").wait(Bucket=bucket)
    s3.upload_fileobj(io.BytesIO(b"content"), bucket, "some/key")
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket))
    body = s3.get_object(Bucket=bucket, Key="some/key")["Body"].read()
    try:
        s3.get_object(Bucket=bucket, Key="missing")
    except s3.exceptions.NoSuchKey as exc:
        missing = exc.response["Error"]["Code"]
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "some/key"})
    s3.delete_object(Bucket=bucket, Key="some/key")
    s3.delete_bucket(Bucket=bucket)
    return [
        seen,
        s3.meta.region_name,
        s3.meta.config.retries,
        [item["Key"] for page in pages for item in page.get("Contents", ())],
        body,
        missing,
        url.partition("?")[0],
    ]


def what_resources_do(session: Any) -> list[Any]:
    s3 = session.resource("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="b-bucket")
    s3.Object("b-bucket", "k").put(Body=b"x")
    names = [bucket.name for bucket in s3.buckets.all()]
    keys = [item.key for item in s3.Bucket("b-bucket").objects.all()]
    s3.Object("b-bucket", "k").delete()
    s3.Bucket("b-bucket").delete()
    return [names, keys, s3.meta.client.meta.region_name]


def what_is_refused(session: Any) -> list[Any]:
    with pytest.raises(ClientError) as caught:
        session.client("iam").list_users()
    other = session.client(
        "sts", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x"
    )
    with pytest.raises(ClientError) as unknown:
        other.get_caller_identity()
    return [each.value.response["Error"]["Code"] for each in (caught, unknown)]


SCRIPTS = [what_it_knows, who_it_is, what_clients_do, what_resources_do, what_is_refused]


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_same_script_does_the_same(script: Callable[[Any], Any], machine: Machine) -> None:
    theirs = script(boto3.Session(profile_name="prod-eu"))
    assert script(awsprof.session(profile_name="prod-eu")) == theirs
    assert script(awsprof.session("prod-eu")) == theirs


@pytest.mark.parametrize("make", [boto3.Session, awsprof.session])
def test_a_profile_that_is_none(make: Callable[..., Any], machine: Machine) -> None:
    with pytest.raises(ProfileNotFound):
        make(profile_name="nobody")


def frozen(session: Any) -> Any:
    found = session.get_credentials()
    return found and found.get_frozen_credentials()[:3]


KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        ({}, {}),
        ({}, KEYS),
        ({}, {"AWS_PROFILE": "plain"}),
        ({}, {"AWS_PROFILE": "plain", **KEYS}),
        ({"profile_name": "plain"}, KEYS),
        ({}, {"AWS_DEFAULT_REGION": "ap-northeast-1"}),
        ({"region_name": "us-west-2"}, {"AWS_PROFILE": "plain"}),
        ({"profile_name": "plain", "region_name": "us-west-2"}, {}),
        ({"aws_access_key_id": "AKIAI44QH8DHBEXAMPLE", "aws_secret_access_key": "given"}, KEYS),
        (
            {
                "profile_name": "plain",
                "aws_access_key_id": "AKIAI44QH8DHBEXAMPLE",
                "aws_secret_access_key": "given",
                "aws_session_token": "t",
            },
            {},
        ),
    ],
)
def test_credentials_and_regions_are_searched_for_in_the_same_order(
    arguments: dict[str, Any],
    environment: dict[str, str],
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    theirs, ours = boto3.Session(**arguments), awsprof.session(**arguments)
    assert isinstance(ours, boto3.Session)
    assert frozen(ours) == frozen(theirs)
    assert (ours.region_name, ours.profile_name) == (theirs.region_name, theirs.profile_name)


def test_a_role_of_the_machine_is_assumed_where_the_client_is(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No region is set but the client's, by which botocore calls STS."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", machine.key.id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", machine.key.secret)
    machine.write("[profile machine]\nrole_arn = {admin}\ncredential_source = Environment\n")
    for session in (boto3.Session(profile_name="machine"), awsprof.session("machine")):
        client = session.client("s3", region_name="eu-west-1")
        assert client.list_buckets()["Buckets"] == []


def test_a_botocore_session_of_the_scripts_own(machine: Machine) -> None:
    own = botocore.session.Session(profile="prod-eu")
    session = awsprof.session(botocore_session=own)
    assert awsprof.whoami(session).account == "210987654321"
    keys = botocore.session.Session()
    keys.set_credentials(machine.key.id, machine.key.secret)
    guarded: dict[str, Any] = {"region": "eu-west-1", "botocore_session": keys}
    assert awsprof.session(account="123456789012", **guarded).region_name == "eu-west-1"
    with pytest.raises(awsprof.WrongAccount):
        awsprof.session(account="210987654321", **guarded)
