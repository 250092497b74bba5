"""Each of these tests may have a machine that is set up, and a session of aiobotocore."""

import sys
from types import SimpleNamespace

import botocore.session
import pytest

from tests.standins.sample_config import machine

__all__ = ["aiobotocore", "machine"]


@pytest.fixture
def aiobotocore(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiobotocore's session, as far as creating it goes: it is one of botocore."""
    fake = SimpleNamespace(AioSession=botocore.session.Session)
    monkeypatch.setitem(sys.modules, "aiobotocore", SimpleNamespace(session=fake))
    monkeypatch.setitem(sys.modules, "aiobotocore.session", fake)
