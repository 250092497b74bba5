"""awsprof.install: what it may be given, and that what it gives to an event loop is awaited."""

import asyncio
from typing import Any

import boto3
import botocore.credentials
import botocore.session
import pytest

import awsprof
from tests.standins.sample_config import Machine


@pytest.mark.parametrize("given", ["prod-eu", None, 7, object()])
def test_what_is_no_session_is_refused_in_a_sentence(given: Any) -> None:
    with pytest.raises(awsprof.AwsprofError, match=r"takes a session of botocore.* not a "):
        awsprof.install(given)


def test_a_session_of_boto3_is_one(machine: Machine) -> None:
    session = boto3.Session(profile_name="prod-eu")
    awsprof.install(session)
    assert session.client("sts").get_caller_identity()["Account"] == "210987654321"
    found = session.get_credentials()
    assert found is not None
    assert found.method == "awsprof"


class AsyncResolver(botocore.credentials.CredentialResolver):  # type: ignore[misc]  # no types
    """As aiobotocore's: its providers are awaited."""

    async def load_credentials(self) -> Any:
        for provider in self.providers:
            found = await provider.load()
            if found is not None:
                return found
        return None


def test_in_an_event_loop_credentials_are_awaited(machine: Machine) -> None:
    session = botocore.session.Session(profile="prod-eu")
    session.register_component("credential_provider", AsyncResolver([]))
    awsprof.install(session)

    async def use() -> Any:
        found = await session.get_component("credential_provider").load_credentials()
        return await found.get_frozen_credentials(), await found.get_account_id()

    frozen, _ = asyncio.run(use())
    assert frozen.access_key.startswith("ASIA")
    assert frozen.token
