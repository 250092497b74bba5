"""AWS Organizations on loopback: ListAccounts, for callers that may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.standins.loopback import Refused, Request

if TYPE_CHECKING:
    from tests.standins.aws import Aws

_PAGE = 2  # accounts, so that whoever forgets the next page notices


def answer(aws: Aws, request: Request) -> str:
    """Answer a signed call of the JSON protocol."""
    action = request.headers["x-amz-target"].partition(".")[2]
    with aws.lock:
        aws.calls.append(action)
        caller = aws.caller(request)
        if action != "ListAccounts":
            raise Refused("UnknownOperationException", status=400)
        if not aws.organization:
            raise Refused("AWSOrganizationsNotInUseException", "not a member", 400)
        if caller.account != aws.manages_organization:
            raise Refused("AccessDeniedException", f"User: {caller.arn} is not authorized.", 400)
        start = int(json.loads(request.body or b"{}").get("NextToken", "0"))
        page = [
            {"Id": id_, "Name": name, "State": state, "Status": state}
            for id_, (name, state) in list(aws.organization.items())[start : start + _PAGE]
        ]
        more = start + _PAGE < len(aws.organization)
        return json.dumps({"Accounts": page} | ({"NextToken": str(start + _PAGE)} if more else {}))
