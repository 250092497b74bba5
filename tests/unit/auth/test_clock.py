"""By how much the clock is off: by the moment at which the answer came."""

import time
from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from awsprof.awsapi import call_limits
from awsprof.awsapi.errors import clock
from tests.standins.aws import Aws


@pytest.mark.parametrize(
    ("ahead", "told"), [(600, "10 minutes behind"), (-600, "10 minutes ahead")]
)
def test_an_answer_that_is_looked_at_late_tells_the_same(
    aws: Aws, ahead: int, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = aws.user("alice")
    client = call_limits.limit_client(
        boto3.client(
            "sts",
            region_name="eu-west-1",
            endpoint_url=aws.url,
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
        )
    )
    aws.ahead = ahead
    with pytest.raises(ClientError) as caught:
        client.get_caller_identity()
    later = time.time() + 300
    monkeypatch.setattr(time, "time", lambda: later)
    off = clock.notable_skew(caught.value.response)
    assert off is not None
    assert clock.describe_skew(off) == told


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"date": "soon"},
        {"date": "Fri, 27 Nov 2026 06:30:00 GMT", "x-awsprof-came": "soon"},
        None,
    ],
)
def test_an_answer_that_tells_no_time_explains_nothing(headers: object) -> None:
    assert clock.skew_seconds({"ResponseMetadata": {"HTTPHeaders": headers}}) is None


def test_an_answer_that_nobody_stamped_counts_as_come_now() -> None:
    answer = {"ResponseMetadata": {"HTTPHeaders": {"date": "Thu, 01 Jan 1970 00:00:00 GMT"}}}
    found = clock.skew_seconds(answer)
    assert found is not None
    assert abs(found - timedelta(seconds=time.time())) < timedelta(minutes=1)
