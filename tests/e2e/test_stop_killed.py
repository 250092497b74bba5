"""keys stop that is killed, at each step there is: run again by the same name, it ends well.

The new key is never taken for the leaked one, though the profile's name means it by then; no key
is left at AWS that nobody has; and work goes on with the new one.
"""

import signal

import pytest

from awsprof.vault.index import Index
from tests.e2e.key_rig import ALL, SOME, Kind, Rig, rig

STOP = ("keys", "stop", "base", "--new-key", "--yes")


def ends_well(rig: Rig, after: str) -> str:
    """What the next run says: the leaked key is off, one new key serves, and nothing else is."""
    ended = rig.run(*STOP)
    said = f"{after}: {ended.said}"
    assert ended.code == 0, said
    new = rig.working(said)
    assert rig.at_aws() == {rig.old.id: False, new: True}, said
    index = Index.load()
    (stop,) = index.stops()
    assert (stop.leaked, stop.new) == (rig.old.id, new), said
    assert stop.finished is not None, said
    assert {entry.key_id for entry in index.entries()} == {rig.old.id, new}, said
    assert not rig.vault.holds("probe"), said
    return ended.said


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", SOME, ids=str)
def test_killed_before_each_step(kind: Kind, request: pytest.FixtureRequest) -> None:
    with rig(kind, request) as leaked:
        steps = leaked.run(*STOP).steps
        ends_well(leaked, "run a second time")
        assert {"os.rename", "http.client.send"} <= set(steps)
        for number, step in kind.chosen(steps):
            leaked.reset()
            assert leaked.run(*STOP, kill_at=number).code == -signal.SIGKILL
            ends_well(leaked, f"killed before step {number} ({step})")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", ALL, ids=str)
def test_killed_when_aws_has_done_it_and_not_said_so(
    kind: Kind, request: pytest.FixtureRequest
) -> None:
    with rig(kind, request) as leaked:
        for deadly in ("PutUserPolicy", "CreateAccessKey", "UpdateAccessKey"):
            leaked.reset()
            leaked.kill_when(deadly)
            assert leaked.run(*STOP).code == -signal.SIGKILL
            said = ends_well(leaked, f"killed when {deadly} was done")
            assert ("nobody can use it" in said) == (deadly == "CreateAccessKey"), said
