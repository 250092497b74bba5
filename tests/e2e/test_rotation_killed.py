"""A rotation that is killed, at each step there is: the next run ends it, and nothing is lost."""

import signal

import pytest

from awsprof.vault.index import Index
from tests.e2e.key_rig import ALL, SOME, Kind, Rig, rig

ROTATE = ("keys", "rotate", "base", "--now", "--yes")


def ends_well(rig: Rig, after: str) -> str:
    """What the next run says. Then one good key is at AWS and in the vault, and no other."""
    rig.working(after)
    ended = rig.run(*ROTATE)
    said = f"{after}: {ended.said}"
    assert ended.code == 0, said
    key_id = rig.working(said)
    assert rig.at_aws() == {key_id: True}, said
    assert key_id != rig.old.id, said
    index = Index.load()
    assert [entry.key_id for entry in index.entries()] == [key_id], said
    assert not index.rotations(), said
    assert not rig.vault.holds(rig.old.id), said
    assert not rig.vault.holds("probe"), said
    return ended.said


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", SOME, ids=str)
def test_killed_before_each_step(kind: Kind, request: pytest.FixtureRequest) -> None:
    with rig(kind, request) as made:
        steps = made.run(*ROTATE).steps
        assert {"os.rename", "http.client.send"} <= set(steps)
        for number, step in kind.chosen(steps):
            made.reset()
            assert made.run(*ROTATE, kill_at=number).code == -signal.SIGKILL
            ends_well(made, f"killed before step {number} ({step})")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", ALL, ids=str)
def test_killed_when_aws_has_done_it_and_not_said_so(
    kind: Kind, request: pytest.FixtureRequest
) -> None:
    """The answer of a call that changes something never arrives."""
    with rig(kind, request) as made:
        for deadly in ("CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"):
            made.reset()
            made.kill_when(deadly)
            assert made.run(*ROTATE).code == -signal.SIGKILL
            said = ends_well(made, f"killed when {deadly} was done")
            assert ("nobody can use it" in said) == (deadly == "CreateAccessKey"), said
