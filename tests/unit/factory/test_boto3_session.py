"""What boto3 documents of Session, class by class: awsprof's session does the same in each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import botocore.session
import pytest
from botocore.config import Config

import awsprof
from tests.standins.sample_config import Machine

KEY = {
    "aws_access_key_id": "AKIAI44QH8DHBEXAMPLE",
    "aws_secret_access_key": "given",
    "aws_session_token": "token",
}
CONFIGURED = """\
[profile set-up]
aws_access_key_id = {key}
aws_secret_access_key = {secret}
region = eu-west-1
retry_mode = adaptive
max_attempts = 7
use_dualstack_endpoint = true
sts_regional_endpoints = regional
defaults_mode = standard
tcp_keepalive = true
parameter_validation = false
user_agent_appid = app
services = local
s3 =
  addressing_style = path
  max_concurrent_requests = 3

[services local]
dynamodb =
  endpoint_url = http://127.0.0.1:9
"""


def refusal(call: Callable[[], Any]) -> list[str]:
    """The type and the message of what a call raises."""
    with pytest.raises(Exception) as caught:  # whichever boto3 raises
        call()
    return [type(caught.value).__name__, str(caught.value)]


def names_of_services_and_regions(session: Any) -> list[Any]:
    return [
        session.get_available_services(),
        session.get_available_resources(),
        session.get_available_partitions(),
        session.get_available_regions("s3"),
        session.get_available_regions("ec2", partition_name="aws-cn"),
        session.get_available_regions("s3", allow_non_regional=True),
        session.get_available_regions("no-service"),
        session.get_partition_for_region("us-gov-west-1"),
        refusal(lambda: session.get_partition_for_region("nowhere")),
    ]


def arguments_of_a_client(session: Any) -> list[Any]:
    client = session.client(
        "sts",
        region_name="us-east-2",
        api_version="2011-06-15",
        use_ssl=False,
        verify=False,
        endpoint_url="http://127.0.0.1:9/x",
        config=Config(read_timeout=7, user_agent_extra="mine/1", signature_version="v4"),
        aws_account_id="123456789012",
        **KEY,
    )
    plain = session.client("lambda", use_ssl=False)
    return [
        client.meta.region_name,
        client.meta.endpoint_url,
        client.meta.service_model.api_version,
        client.meta.config.read_timeout,
        client.meta.config.user_agent.endswith("mine/1"),
        client._endpoint.http_session._verify,
        list(client._request_signer._credentials.get_frozen_credentials()),
        plain.meta.endpoint_url,
        plain.can_paginate("list_functions"),
        sorted(plain.waiter_names),
    ]


def what_is_not_there(session: Any) -> list[Any]:
    return [
        refusal(lambda: session.client("no-service")),
        refusal(lambda: session.client("sts", api_version="1999-01-01")),
        refusal(lambda: session.resource("no-service")),
        refusal(lambda: session.resource("sts")),
        refusal(lambda: session.resource("s3", api_version="1999-01-01")),
        refusal(lambda: session.client("sts").no_method),
        refusal(lambda: session.client("sts").assume_role(NoArgument=1)),
        refusal(lambda: session.client("s3").get_waiter("no-waiter")),
        refusal(lambda: session.client("s3").get_paginator("get_object")),
    ]


def events(session: Any) -> list[Any]:
    seen: list[str] = []
    one_off = lambda **_: seen.append("one")  # noqa: E731  # it is unregistered by its object
    names = (
        *("creating-client-class", "creating-resource-class", "provide-client-params.sts"),
        *("before-parameter-build.sts", "before-call.sts", "request-created.sts"),
        *("choose-signer.sts", "before-sign.sts", "before-send.sts", "after-call.sts"),
    )
    for name in names:
        session.events.register(name, lambda event_name, **_: seen.append(event_name))
    session.events.register_first("before-call.sts", lambda **_: seen.append("first"))
    session.events.register_last("before-call.sts", lambda **_: seen.append("last"))
    session.events.register("before-call.sts.GetCallerIdentity", one_off)
    client = session.client("sts")
    client.get_caller_identity()
    session.events.unregister("before-call.sts.GetCallerIdentity", one_off)
    session.client("sts").get_caller_identity()
    session.resource("s3").Bucket("b")
    return [seen, session.events is session._session.get_component("event_emitter")]


def resources(session: Any) -> list[Any]:
    path_style = Config(s3={"addressing_style": "path"})
    s3 = session.resource("s3", region_name="us-east-1", config=path_style)
    bucket = s3.create_bucket(Bucket="c-bucket")
    for name in ("a/1", "a/2", "b/1"):
        bucket.put_object(Key=name, Body=name.encode())
    one = bucket.Object("a/1")
    said = [
        sorted(s3.get_available_subresources()),
        [each.key for each in bucket.objects.filter(Prefix="a/")],
        [each.key for each in bucket.objects.limit(1)],
        [len(page) for page in bucket.objects.page_size(2).pages()],
        (one.bucket_name, one.key, one.content_length),
        one.get()["Body"].read(),
        one == s3.Object("c-bucket", "a/1"),
        repr(bucket),
        s3.meta.service_name,
        hasattr(bucket, "upload_fileobj"),
        refusal(lambda: s3.Bucket()),
    ]
    bucket.objects.all().delete()
    bucket.delete()
    return said


def what_libraries_take_from_it(session: Any) -> list[Any]:
    """pandas, s3fs and others look at the botocore session behind it."""
    own = session._session
    agent = own.user_agent().split()
    return [
        own.profile,
        own.get_scoped_config(),
        own.get_config_variable("region"),
        list(own.get_credentials().get_frozen_credentials()[:3]),
        own.get_credentials() is session.get_credentials() is session.get_credentials(),
        sorted(own.full_config["profiles"]),
        [each for each in agent if each.startswith(("Boto3/", "Botocore/"))],
        own.create_client("sts").get_caller_identity()["Arn"],
    ]


SCRIPTS = [
    names_of_services_and_regions,
    arguments_of_a_client,
    what_is_not_there,
    events,
    resources,
    what_libraries_take_from_it,
]
OURS: list[Callable[..., Any]] = [awsprof.session, awsprof.Session]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_finds_what_boto3_documents(
    script: Callable[[Any], Any], machine: Machine
) -> None:
    theirs = script(boto3.Session(profile_name="plain"))
    for make in OURS:
        assert script(make(profile_name="plain")) == theirs


def test_what_the_profile_sets_for_clients_holds(machine: Machine) -> None:
    machine.write(CONFIGURED)

    def clients(session: Any) -> list[Any]:
        s3, table = session.client("s3"), session.client("dynamodb")
        settings = [
            {name: getattr(each.meta.config, name) for name in Config.OPTION_DEFAULTS}
            for each in (s3, table)
        ]
        return [settings, table.meta.endpoint_url, s3.meta.endpoint_url]

    theirs = clients(boto3.Session(profile_name="set-up"))
    assert [clients(make(profile_name="set-up")) for make in OURS] == [theirs] * 2
    assert theirs[1] == "http://127.0.0.1:9"


@pytest.mark.parametrize("make", OURS)
def test_keys_come_in_boto3s_order_and_an_account_alone_is_none(
    make: Callable[..., Any], machine: Machine
) -> None:
    positional = (*KEY.values(), "us-west-2")
    theirs, ours = boto3.Session(*positional), awsprof.Session(*positional)
    for given in ({**KEY, "aws_account_id": "123456789012"}, {**KEY, "region_name": "us-west-2"}):
        theirs, ours = boto3.Session(**given), make(**given)
        frozen = [each.get_credentials().get_frozen_credentials() for each in (theirs, ours)]
        assert frozen[0] == frozen[1]
        assert ours.region_name == theirs.region_name
    alone = {"aws_account_id": "123456789012"}
    assert refusal(lambda: make(**alone)) == refusal(lambda: boto3.Session(**alone))
    assert awsprof.Session(*positional).region_name == "us-west-2"


@pytest.mark.parametrize("make", [boto3.Session, *OURS])
def test_a_botocore_session_is_kept_and_gets_profile_and_region(
    make: Callable[..., Any], machine: Machine
) -> None:
    own = botocore.session.Session()
    own.user_agent_name, own.user_agent_version = "mine", "1"
    made = make(botocore_session=own, profile_name="plain", region_name="us-west-2")
    assert made._session is own
    assert (own.profile, made.region_name) == ("plain", "us-west-2")
    assert own.user_agent().startswith("mine/1")
    assert made.get_credentials().access_key == machine.key.id


@pytest.mark.parametrize("make", [boto3.Session, *OURS])
def test_files_are_where_the_variables_say(
    make: Callable[..., Any], machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, credentials = tmp_path / "c", tmp_path / "s"
    config.write_text("[profile there]\nregion = ap-southeast-2\n")
    credentials.write_text("[there]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
    with credentials.open("a") as file:
        file.write("aws_secret_access_key = made-up\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    made = make(profile_name="there")
    assert made.available_profiles == ["there"]
    assert made.region_name == "ap-southeast-2"
    assert made.get_credentials().access_key == "AKIAIOSFODNN7EXAMPLE"


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ({"AWS_DEFAULT_PROFILE": "plain", "AWS_PROFILE": "prod-audit"}, {}),
        ({"AWS_REGION": "eu-north-1"}, {}),
        ({"AWS_DEFAULT_REGION": "eu-north-1", "AWS_PROFILE": "plain"}, {}),
        ({"AWS_DEFAULT_REGION": "eu-north-1"}, {"region_name": "us-west-2"}),
        ({"AWS_MAX_ATTEMPTS": "9", "AWS_RETRY_MODE": "standard"}, {"profile_name": "plain"}),
    ],
)
@pytest.mark.parametrize("make", OURS)
def test_variables_count_as_they_do_in_boto3(
    variables: dict[str, str],
    arguments: dict[str, Any],
    make: Callable[..., Any],
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    def seen(session: Any) -> list[Any]:
        client = session.client("s3", **({} if session.region_name else {"region_name": "x"}))
        region = session.region_name, client.meta.region_name
        return [session.profile_name, region, client.meta.config.retries]

    assert seen(make(**arguments)) == seen(boto3.Session(**arguments))


def test_what_is_missing_is_the_same_error(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.write("")
    kinds = []
    for each in (boto3.Session, *OURS):
        assert each().get_credentials() is None
        no_region = refusal(lambda each=each: each().client("ec2"))  # type: ignore[misc]
        client = each(region_name="eu-west-1").client("sts")
        kinds.append([no_region, refusal(client.get_caller_identity)])
    assert kinds[0] == kinds[1] == kinds[2]
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert {refusal(each)[0] for each in (boto3.Session, *OURS)} == {"ProfileNotFound"}
    monkeypatch.delenv("AWS_PROFILE")
    for each in (boto3.Session, *OURS):
        with pytest.raises(botocore.exceptions.ProfileNotFound):
            each(profile_name="")
    with pytest.raises(awsprof.ProfileNotFound):
        awsprof.session("")  # an unset variable does not mean the default profile
