"""Undoing a change changes no other section, whatever was changed since."""

import random

import pytest

from awsprof.configfile.dialects import as_botocore, as_sdk
from awsprof.configfile.document import (
    FileEdit,
    FileKind,
    PutSection,
    RemoveSection,
    RenameSection,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.editing import checked_revert
from awsprof.editing.change import Change
from awsprof.editing.checked_revert import revert_checked
from awsprof.editing.hunk_revert import Reverted
from awsprof.editing.hunks import Hunk, RedactedText, hunks_between
from awsprof.errors import EditRefused
from tests.budgets import examples

CONFIG = FileKind.CONFIG
KEYS = ("role_arn", "source_profile", "region", "output")
NAMES = ("a", "b", "c", "d", "e")


def undone(before: str, after: str, now: str) -> Reverted:
    found = hunks_between(before.encode(), after.encode())
    return revert_checked(RedactedText(now.encode()), found, CONFIG)


def section(rng: random.Random, name: str) -> str:
    """A profile as others have it: most of these are alike."""
    keys = [key for key in KEYS if rng.random() < 0.7]
    lines = [f"{key} = {rng.choice('xxy')}\n" for key in keys]
    if rng.random() < 0.2:
        lines.insert(rng.randrange(len(lines) + 1), "s3 =\n  max_queue_size = 1\n")
    if rng.random() < 0.2:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["# mine\n", "\n"]))
    return f"[profile {name}]\n" + "".join(lines)


def edit(rng: random.Random) -> FileEdit:
    profile = SectionId.profile(rng.choice(NAMES))
    key, value = rng.choice(KEYS), rng.choice("xyz")
    edits = (
        SetValue(profile, key, value),
        SetValue(profile, "s3", value, "max_queue_size"),
        UnsetValue(profile, key),
        RemoveSection(profile),
        PutSection(profile, ((key, value), ("region", "x"))),
        RenameSection(profile, rng.choice(NAMES)),
    )
    return FileEdit(CONFIG, rng.choice(edits))


def touched(edits: list[FileEdit]) -> set[SectionId]:
    each = [edit.operation for edit in edits]
    renamed = [change.name for change in each if isinstance(change, RenameSection)]
    return {change.section for change in each} | set(map(SectionId.profile, renamed))


def changed(rng: random.Random, text: bytes, most: int) -> tuple[bytes, set[SectionId]]:
    """A text after some edits, and their sections."""
    edits = [edit(rng) for _ in range(rng.randint(1, most))]
    try:
        return Change("", tuple(edits)).apply_to(CONFIG, text) or b"", touched(edits)
    except EditRefused:
        return text, set()


def test_nobody_elses_section_reads_differently() -> None:
    tried, left_alone = examples(3000), 0
    for seed in range(tried):
        rng = random.Random(seed)  # noqa: S311  # the same texts each time
        names = rng.sample(NAMES, rng.randint(1, 4))
        space = rng.choice(["", "\n"])
        before = space.join(section(rng, name) for name in names).encode()
        after, ours = changed(rng, before, 2)
        now, theirs = changed(rng, after, 3)
        reverted = revert_checked(RedactedText(now), hunks_between(before, after), CONFIG)
        told = (before.decode(), after.decode(), now.decode(), reverted)
        for read in (as_botocore, as_sdk):
            was, then, first = (read(text, CONFIG) for text in (now, reverted.data, before))
            assert then.error is None, told
            for each in was.sections.keys() | then.sections.keys() | first.sections.keys():
                if each not in ours:
                    assert then.sections.get(each) == was.sections.get(each), told
                elif not ours & theirs and not reverted.conflicts:
                    assert then.sections.get(each) == first.sections.get(each), told
        left_alone += bool(reverted.conflicts and not ours & theirs)
    assert left_alone <= tried // 500  # told, though the later edits were of other profiles


def role(name: str, *more: str) -> str:
    """A role like all others but for its name."""
    keys = ("role_arn = x", "source_profile = base", "region = eu-west-1", *more)
    return f"[profile {name}]\n" + "".join(f"{key}\n" for key in keys) + "\n"


DEV, PROD = "[profile dev]\nregion = x\n", "[profile prod]\nregion = x\nsso_session = corp\n"
MINE = "credential_process = /bin/echo dev-creds\n"
P1, P2, P3, P4 = map(role, ("p1", "p2", "p3", "p4"))
P1_NOW, P3_NOW = role("p1", "output = json"), P3.replace("eu-west-1", "us-east-1")


@pytest.mark.parametrize(
    ("before", "after", "now", "expected"),
    [
        (DEV + PROD, DEV, DEV + MINE, DEV + MINE + PROD),
        (DEV + "\n" + PROD, DEV, DEV + MINE, DEV + MINE + "\n" + PROD),
        (PROD + DEV, DEV, MINE.join([DEV, ""]), PROD + DEV + MINE),
        # the line above the removed section was changed, or a section added below
        (DEV + PROD, DEV, DEV.replace("x", "y"), DEV.replace("x", "y") + PROD),
        (DEV + PROD, DEV, DEV + MINE + P1, DEV + MINE + PROD + P1),
        # alike sections, of which a diff may take half of each
        (P1 + P2 + P3 + P4, P1_NOW + P2 + P3, P1_NOW + P2 + P3_NOW, P1 + P2 + P3_NOW + P4),
        # both lines beside a removed one are another's, or one of them
        (DEV + MINE + PROD, DEV + PROD, DEV + P1, DEV + MINE + P1),
    ],
)
def test_what_was_removed_comes_back_in_its_own_section(
    before: str, after: str, now: str, expected: str
) -> None:
    assert undone(before, after, now) == Reverted(expected.encode(), ())


@pytest.mark.parametrize(
    ("before", "after", "now", "says", "expected"),
    [
        # the added section has more now
        (DEV, DEV + P1[:-1], DEV + P1[:-1] + MINE, "would be lost: credential_process", DEV),
        (DEV, DEV + P1, DEV + P1 + "# theirs\n" + MINE + PROD, "would be lost", DEV + PROD),
        # what was removed was added again
        (DEV + PROD, DEV, PROD + DEV + MINE, "is there again", None),
        (DEV + MINE, DEV, DEV + "region2 = y\n" + MINE, "cannot be read", None),
    ],
)
def test_what_an_undo_would_lose_or_double_is_told(
    before: str, after: str, now: str, says: str, expected: str | None
) -> None:
    found = undone(before, after, now)
    assert says in found.conflicts[0]
    assert found.data.decode() == (now if expected is None else expected)
    assert (found.left_alone or found.refused) is (expected is None)


@pytest.mark.parametrize("broken", ["", "[profile odd]\nno value\n"])
def test_a_part_that_would_change_another_section_is_left_alone(broken: str) -> None:
    """Parts may be half of one section and half of the next, as earlier versions noted them."""
    lines = P3.splitlines(keepends=True)
    old = ("region = eu-west-1\n", "\n", *P4.splitlines(keepends=True)[:3])
    part = Hunk(8, old, (), tuple(lines[:3]), tuple(lines[3:]), lines[0])
    now = (P2 + P3_NOW + broken).encode()
    found = revert_checked(RedactedText(now), (part,), CONFIG)
    assert (found.data, found.left_alone) == (now, True)
    assert found.conflicts


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize("broken", ["", "[profile odd]\nno value\n"])
def test_a_reverted_text_is_read_before_it_counts(
    monkeypatch: pytest.MonkeyPatch, kind: FileKind, broken: str
) -> None:
    now = (DEV + PROD + broken).encode()
    other = now.replace(b"corp", b"theirs")
    monkeypatch.setattr(checked_revert, "revert_hunks", lambda *_: Reverted(other, ()))
    part = Hunk(1, ("region = y\n",), ("region = x\n",), (DEV[:14],), (), "[profile dev]\n")
    found = revert_checked(RedactedText(now), (part,), kind)
    assert (found.data, found.refused) == (now, True)
    assert "prod" in found.conflicts[0]
