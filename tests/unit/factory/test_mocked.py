"""What a mock in this process made up is never kept for another: moto, Stubber, patched layers."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.stub import Stubber

import awsprof
from awsprof.vault.session_cache import SessionCache
from tests.standins import subprocess_helpers
from tests.standins.sample_config import Machine

XML = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>
<Credentials><AccessKeyId>ASIAMADEUP0000000001</AccessKeyId>
<SecretAccessKey>made up</SecretAccessKey>
<SessionToken>made up</SessionToken><Expiration>2036-01-01T00:00:00Z</Expiration></Credentials>
</{0}Result></{0}Response>"""


class Raw:
    """The body of a response that came from nowhere."""

    def __init__(self, operation: str) -> None:
        self._operation = operation

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield XML.format(self._operation).encode()


def response(*given: Any, **named: Any) -> AWSResponse:
    (request,) = (each for each in (*given, *named.values()) if hasattr(each, "body"))
    operation = "AssumeRole" if "AssumeRole" in str(request.body) else "GetSessionToken"
    return AWSResponse("https://sts.eu-west-1.amazonaws.com/", 200, {}, Raw(operation))


def made_up(*_: Any, **__: Any) -> dict[str, Any]:
    ends = datetime.now(UTC) + timedelta(hours=1)
    given = {"AccessKeyId": "ASIAMADEUP0000000001", "SecretAccessKey": "x", "SessionToken": "y"}
    return {"Credentials": {**given, "Expiration": ends}}


@contextmanager
def before_send() -> Iterator[None]:
    """As moto answers: a handler of every new session."""
    from botocore import handlers

    entry = ("before-send", response)
    handlers.BUILTIN_HANDLERS.append(entry)
    try:
        yield
    finally:
        handlers.BUILTIN_HANDLERS.remove(entry)


MOCKS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "before-send": before_send,
    "http session": lambda: mock.patch("botocore.httpsession.URLLib3Session.send", response),
    "endpoint": lambda: mock.patch("botocore.endpoint.Endpoint._send", response),
    "api call": lambda: mock.patch("botocore.client.BaseClient._make_api_call", made_up),
}


def kept(key_id: str) -> bool:
    """Whether another process would be given that session."""
    cache = SessionCache()
    found = [cache.get(key) for key in cache.kept_keys()]
    return any(key_id.encode() in payload for payload in found if payload)


@pytest.mark.parametrize("kind", MOCKS)
def test_what_a_mock_answered_is_in_no_other_session(kind: str, machine: Machine) -> None:
    with MOCKS[kind]():
        within = awsprof.session("prod-eu").get_credentials()
        assert within is not None
        made = within.get_frozen_credentials().access_key
        other = awsprof.session("admin", mfa="123456").get_credentials()
        assert other is not None
        theirs = other.get_frozen_credentials().access_key
    assert not kept(made)
    assert not kept(theirs)
    assert awsprof.whoami("prod-eu").account == "210987654321"  # AWS's own, in this process too
    found = awsprof.whoami("admin", mfa=machine.code)
    assert found.account == "210987654321"


MOTO = """
import awsprof
from moto import mock_aws
with mock_aws():
    session = awsprof.session("prod-eu")
    where = {"LocationConstraint": "eu-west-1"}
    session.client("s3").create_bucket(Bucket="made-up", CreateBucketConfiguration=where)
    assert [bucket.name for bucket in session.resource("s3").buckets.all()] == ["made-up"]
    print(session.get_credentials().access_key)
    print(awsprof.session("admin", mfa="123456").get_credentials().access_key)
"""


def test_code_that_uses_awsprof_is_tested_with_moto(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the documentation has it; in a process of its own, for AWS's stand-in is moto too."""
    for name in machine.aws.environment:
        monkeypatch.delenv(name)
    made = subprocess_helpers.run(MOTO).split()
    assert len(made) == 2
    assert not any(kept(key_id) for key_id in made)


def test_code_that_uses_awsprof_is_tested_with_a_stubber(machine: Machine) -> None:
    client = awsprof.session("prod-eu").client("sts")
    answer = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/x", "UserId": "x"}
    with Stubber(client) as stub:
        stub.add_response("get_caller_identity", answer)
        assert client.get_caller_identity()["Account"] == "123456789012"
    assert not kept("123456789012")


def test_what_aws_answered_is_kept(machine: Machine) -> None:
    found = awsprof.session("prod-eu").get_credentials()
    assert found is not None
    assert kept(found.get_frozen_credentials().access_key)
    assert isinstance(boto3.Session(), boto3.Session)
