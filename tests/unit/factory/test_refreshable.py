"""When a script's credentials are renewed, and for how long they are used if that fails."""

from datetime import UTC, datetime, timedelta

import pytest

from awsprof.awsapi.credentials import Credentials
from awsprof.errors import CredentialsError
from awsprof.factory import refreshable
from awsprof.factory.refreshable import RefreshableCredentials
from awsprof.secret import Secret


class Renewed:
    """Credentials of a lifetime in minutes, renewed until ``refuses``; ``left`` sets their time."""

    def __init__(self, minutes: int) -> None:
        self.lifetime = timedelta(minutes=minutes)
        self.obtained = 0
        self.refuses = False
        self.credentials = RefreshableCredentials(self._obtain, lambda: "")
        self.use()

    def _obtain(self, later_than: datetime | None) -> Credentials:
        self.obtained += 1
        if self.refuses:
            raise CredentialsError("Refused.")
        expires = datetime.now(UTC) + self.lifetime
        return Credentials("ASIAIOSFODNN7EXAMPLE", Secret("x"), Secret("y"), expires)

    def left(self, minutes: float) -> None:
        self.credentials._expiry_time = datetime.now(UTC) + timedelta(minutes=minutes)

    def use(self) -> str:
        return str(self.credentials.get_frozen_credentials().access_key)


@pytest.mark.parametrize(
    ("lifetime", "kept", "renewed"), [(60, 15.2, 14.8), (720, 15.2, 14.8), (20, 5.2, 4.8)]
)
def test_they_are_renewed_fifteen_minutes_or_a_quarter_before_they_expire(
    lifetime: int, kept: float, renewed: float
) -> None:
    session = Renewed(lifetime)
    for minutes, obtained in ((kept, 1), (renewed, 2)):
        session.left(minutes)
        session.use()
        assert session.obtained == obtained


def test_where_they_cannot_be_renewed_they_are_used_until_a_minute_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = Renewed(60)
    session.refuses = True
    for minutes in (14.8, 9.8, 1.2):
        session.left(minutes)
        assert session.use() == "ASIAIOSFODNN7EXAMPLE"
    assert session.obtained == 2  # a minute passes before it is tried again
    session.left(0.8)
    with pytest.raises(CredentialsError, match="Refused"):
        session.use()
    monkeypatch.setattr(refreshable, "_RETRY_AFTER_S", 0)
    session.refuses = False
    assert session.use() == "ASIAIOSFODNN7EXAMPLE"
