"""A list whose pages have no end, from whoever answers in AWS's place, ends in a sentence."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from awsprof.auth.identity_center import device_flow
from awsprof.auth.identity_center.portal import Portal
from awsprof.awsapi import call_limits
from awsprof.awsapi.credentials import Credentials
from awsprof.awsapi.iam import Iam
from awsprof.errors import CredentialsError
from awsprof.profiles.catalog import Catalog
from awsprof.secret import Secret
from tests.standins.aws import Aws
from tests.standins.prompter import FakePrompter


def test_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_limits, "MOST_PAGES", 3)
    assert list(call_limits.limit_pages(range(3), "It")) == [0, 1, 2]
    with pytest.raises(CredentialsError, match="It has more than 3 pages"):
        list(call_limits.limit_pages(count(), "It"))


@pytest.mark.parametrize("call", ["access_keys", "mfa_devices", "attached_policies"])
def test_each_list_of_iam(aws: Aws, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    asked = 0

    def page(**given: Any) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        empty: dict[str, list[Any]] = {
            "AccessKeyMetadata": [],
            "MFADevices": [],
            "AttachedPolicies": [],
        }
        return {**empty, "IsTruncated": True, "Marker": f"{asked}"}

    key = aws.user("alice")
    iam = Iam(Credentials(key.id, Secret(key.secret)))
    for method in ("list_access_keys", "list_mfa_devices", "list_attached_user_policies"):
        monkeypatch.setattr(iam._client, method, page)
    with pytest.raises(CredentialsError, match="more than 1000 pages"):
        getattr(iam, call)("alice")
    assert asked == call_limits.MOST_PAGES + 1


def test_the_portal_s_lists(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = home / ".aws" / "config"
    config.parent.mkdir(mode=0o700)
    config.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
    )
    aws.approve_at_once = True
    session = Catalog.load().session("corp")
    portal = Portal(session, device_flow.sign_in_by_device_code(session, FakePrompter()))

    class Endless:
        def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
            return ({"accountList": []} for _ in count())

    monkeypatch.setattr(portal._client, "get_paginator", lambda call: Endless())
    with pytest.raises(CredentialsError, match="more than 1000 pages"):
        portal.accounts()
