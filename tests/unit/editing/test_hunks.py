"""Reverting hunks in texts whose lines are alike, as sections that stand twice are."""

import random
import time

import pytest

from awsprof.editing.hunk_revert import revert_hunks
from awsprof.editing.hunks import RedactedText, hunks_between

LINES = ("[a]\n", "[b]\n", "id = 1\n", "region = x\n", "# mine\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_that_stand_twice_come_back_where_they_were(encoding: str) -> None:
    for seed in range(3000):
        rng = random.Random(seed)  # noqa: S311  # the same texts each time
        old = [rng.choice(LINES) for _ in range(rng.randrange(1, 12))]
        new = [line for line in old if rng.random() < 0.7]
        if rng.random() < 0.5:
            new.insert(rng.randrange(len(new) + 1), rng.choice(LINES))
        before, after = "".join(old).encode(encoding), "".join(new).encode()
        reverted = revert_hunks(RedactedText(after), hunks_between(before, after))
        assert reverted.data == before, (old, new)
        assert reverted.conflicts == ()


def test_two_parts_that_are_written_alike_are_not_both_reverted_at_one_place() -> None:
    """One of the two sections was removed since, so that both parts are found in the other."""
    one = "[a]\nregion = x\nid = 1\n# mine\n"
    other = "[b]\nregion = x\nid = 1\nid = 2\nid = 3\n# mine\n"
    left, removed = (f"[{name}]\nregion = x\nid = 9\n# mine\n" for name in "ab")
    hunks = hunks_between((one + other).encode(), (left + removed).encode())
    reverted = revert_hunks(RedactedText(left.encode()), hunks)
    assert reverted.data == one.encode()
    assert reverted.conflicts


def test_lines_are_found_wherever_comparing_each_place_finds_them() -> None:
    for seed in range(3000):
        rng = random.Random(seed)  # noqa: S311  # the same texts each time
        text = RedactedText("".join(rng.choices(LINES, k=rng.randrange(8))).encode())
        sizes = (rng.randrange(2), rng.randrange(4), rng.randrange(2))
        parts = [rng.choices(LINES, k=size) for size in sizes]
        everywhere = any(text.has(at, *parts) for at in range(len(text.lines) + 1))
        assert text.contains(*parts) is everywhere, (text.lines, parts)


def test_lines_are_found_as_the_text_is_now() -> None:
    text = RedactedText(b"[a]\nregion = x\n")
    assert text.contains([], ["region = x\n"], [])
    text.put((1, 2), ["region = y\n"])
    assert not text.contains([], ["region = x\n"], [])
    assert text.contains(["[a]\n"], ["region = y\n"], [])


A = "[profile a]\nregion = eu-west-1\n"
B = "[profile b]\nregion = eu-west-1\noutput = json\n"


@pytest.mark.parametrize(
    ("added", "now", "reverted"),
    [
        # `aws configure set region`, since
        (A + "output = json\n", "[profile a]\nregion = us-west-2\noutput = json\n", A),
        (A + "output = json\n" + B, A.replace("1", "2") + "output = json\n" + B, A + B),
        # a key on each side, since
        (A + "output = json\n", A + "ca_bundle = x\noutput = json\ncli_pager =\n", A),
        (A + B, A + "\n# mine\n" + B + "# theirs\n", A),
    ],
)
def test_lines_next_to_a_later_change_are_reverted(added: str, now: str, reverted: str) -> None:
    before = A + B if added.endswith(B) and added != A + B else A
    found = revert_hunks(RedactedText(now.encode()), hunks_between(before.encode(), added.encode()))
    assert found.conflicts == ()
    kept = [line for line in now.splitlines() if line not in added.splitlines()]
    assert set(kept) <= set(found.data.decode().splitlines())
    lines = found.data.decode().count("output = json")
    assert lines == reverted.count("output = json")


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (B + "[profile a]\nregion = us-west-2\n", "have changed too"),  # only b has such a line
        ("[profile a]\nregion = us-west-2\n", "no longer there"),
    ],
)
def test_the_same_lines_of_another_section_are_left_alone(now: str, says: str) -> None:
    hunks = hunks_between(A.encode(), (A + "output = json\n").encode())
    found = revert_hunks(RedactedText(now.encode()), hunks)
    assert found.data == now.encode()
    assert says in found.conflicts[0]


LONG = "".join(f"key{n} = same\n" for n in range(9))


@pytest.mark.parametrize(
    ("old", "new"),
    [("key7 = same", "key7 = new"), ("key7 = same\n", ""), ("key7", "added = 1\nkey7")],
)
def test_equal_lines_are_left_alone_if_their_section_is_gone(old: str, new: str) -> None:
    """The header is further away than the lines around a part that are noted."""
    changed = "[a]\n" + LONG.replace(old, new)
    hunks = hunks_between(f"[a]\n{LONG}{B}".encode(), f"{changed}{B}".encode())
    now = changed.replace("[a]", "[c]") + B
    found = revert_hunks(RedactedText(now.encode()), hunks)
    assert found.data == now.encode()
    assert found.conflicts == (
        "The section of a changed part was removed or renamed since; the part is left alone.",
    )
    found = revert_hunks(RedactedText(now.encode()), hunks, {"[a]\n": "[c]\n"})
    assert (found.data, found.conflicts) == (f"[c]\n{LONG}{B}".encode(), ())


def test_an_added_section_is_removed_though_the_one_above_it_is_gone() -> None:
    hunks = hunks_between(A.encode(), (A + B).encode())
    found = revert_hunks(RedactedText(("[c]\n" + B).encode()), hunks)
    assert (found.data, found.conflicts) == (b"[c]\n", ())


def test_many_parts_beside_later_changes_take_no_time() -> None:
    """Searching each line of the file for each part took 14 seconds."""
    sections = [f"[profile {n}]\noutput = x\nregion = {{}}\ncli_pager = {{}}\n" for n in range(600)]
    old, new, now = (
        "".join(sections).format(*(region, pager) * 600)
        for region, pager in (("a", "p"), ("b", "p"), ("b", "q"))
    )
    start = time.process_time()
    found = revert_hunks(RedactedText(now.encode()), hunks_between(old.encode(), new.encode()))
    assert time.process_time() - start < 2
    assert found.data == now.replace("region = b", "region = a").encode()
    assert found.conflicts == ()


def test_a_section_that_was_added_since_is_not_lost_with_what_comes_back() -> None:
    new, last = "[profile new]\nregion = eu-west-1\n", "[profile c]\noutput = text\n"
    hunks = hunks_between((A + B + last).encode(), (A + last).encode())
    found = revert_hunks(RedactedText((A + new + last).encode()), hunks)
    assert found.data == (A + B + new + last).encode()
    assert found.conflicts == ()
