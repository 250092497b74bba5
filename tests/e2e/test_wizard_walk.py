"""The wizard at every place of its menu: with files full of secrets, and with broken files."""

import pytest

from tests.e2e.test_canary_lane import Lane, lane
from tests.standins.canary import BROKEN, lines_with
from tests.standins.wizard_walk import walk

__all__ = ["lane"]


@pytest.fixture(autouse=True)
def signs_in_at_once(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a browser, by a code that somebody approves."""
    monkeypatch.delenv("BROWSER")
    lane.aws.approve_at_once = True
    lane.aws.accounts["123456789012"] = ("Main", ("Admin",))


def look_around(lane: Lane, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Go everywhere; the places. No secret shows, and no error is one of awsprof's own."""
    places = []
    for place, text in walk(monkeypatch):
        assert "Internal error" not in text, (place, text)
        seen = lane.canaries.seen_in(text.encode())
        assert seen == [], (place, lines_with(text, lane.canaries))
        lane.look_in_files(" > ".join(place))
        places.append(place[0])
    return places


@pytest.mark.timeout(600)
@pytest.mark.parametrize("broken", ["", *BROKEN])
def test_no_screen_fails_and_none_shows_a_secret(
    broken: str, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    lane.plant(broken)
    places = look_around(lane, monkeypatch)
    for part in ("Check the health", "Settings", "Undo", "access key", "policies"):
        assert any(part in place for place in places), (part, places)
