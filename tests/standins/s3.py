"""S3 of the stand-in: any caller whose signature is right may use what is in their account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.standins.loopback import Request

if TYPE_CHECKING:
    from tests.standins.aws import Aws


def scope(request: Request) -> list[str]:
    """Key id, day, region, service and the rest, of a signed call; empty for another one."""
    given = request.headers.get("authorization", "")
    found = given.partition("Credential=")[2].partition(",")[0]
    return found.split("/") if found else []


def answer(aws: Aws, request: Request) -> tuple[int, str]:
    """What moto says to the call, signed anew by a key of the account that moto knows."""
    with aws.lock:
        key = aws.moto.insider(aws.caller(request).account)
        again = AWSRequest(request.method, aws.url + request.path, {}, request.body)
        again.headers["host"] = request.headers["host"]
        region = scope(request)[2]
        S3SigV4Auth(Credentials(key.id, key.secret), "s3", region).add_auth(again)
        headers = dict(again.headers.items())
        return aws.moto.answer(request.path, headers, request.body, request.method)
