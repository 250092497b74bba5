"""Reading the changed sections finds whatever reading the whole file would find."""

import itertools
import random

import pytest
from hypothesis import given

from awsprof.configfile.changed_part import find_changed_part
from awsprof.configfile.document import (
    Document,
    Edit,
    FileKind,
    PutSection,
    RemoveSection,
    RenameSection,
    SectionId,
    SetValue,
    UnsetValue,
)
from awsprof.configfile.verify import changed_part_is_right, verify_whole_file
from awsprof.errors import EditRefused
from tests.standins.fuzz_files import hostile_files
from tests.unit.configfile.test_edits_property import EDITS, KINDS, MANY, TEXTS

LINES = (
    *("[profile a]", "[profile b]", "[default]", "[profile default]", "[sso-session a]", "[a]"),
    *("[services s]", "[profile 'a']", "[ profile a]", "[profile a] # c", "[plugins]", "[DEFAULT]"),
    *(
        "region = x",
        "region=y",
        "s3 =",
        "  sub = 1",
        "  more",
        "# c",
        "  # c",
        "",
        "k: v",
        "k",
        "\r",
    ),
    *("output = json", "output = json", "role_arn = z\x85q", "é = v", " region = w", "[", "\ufeff"),
)


def whole_is_right(before: bytes, after: bytes, kind: FileKind, edits: tuple[Edit, ...]) -> bool:
    try:
        return verify_whole_file(before, after, kind, edits) == ()
    except EditRefused:
        return False


def agree(before: bytes, after: bytes, kind: FileKind, edits: tuple[Edit, ...]) -> bool:
    """Whether the part alone was enough; if it was, the whole file says the same."""
    if Document.parse(before, kind).problems:
        return False
    if not changed_part_is_right(before, after, kind, edits):
        return False
    assert whole_is_right(before, after, kind, edits), (before, after, edits)
    return True


@MANY
@given(TEXTS, TEXTS, KINDS, EDITS)
def test_an_edit_that_the_part_allows_is_allowed_by_the_whole(
    text: str, above: str, kind: FileKind, edit: Edit
) -> None:
    before = f"{above}\n{text}".encode()
    try:
        after = Document.parse(before, kind).edit(edit).render()
    except EditRefused:
        after = text.encode()
    agree(before, after, kind, (edit,))


EACH = (
    SetValue(SectionId.profile("a"), "region", "x"),
    SetValue(SectionId.profile("a"), "s3", "1", "sub"),
    UnsetValue(SectionId.profile("b"), "output"),
    RenameSection(SectionId.profile("a"), "new"),
    RemoveSection(SectionId.profile("b")),
    PutSection(SectionId.profile("a"), (("region", "y"),)),
    RenameSection(SectionId.profile("default"), "a"),
)


@pytest.mark.parametrize("kind", FileKind)
def test_a_text_that_is_not_what_the_edit_says_is_found_out(kind: FileKind) -> None:
    """Any line put in, taken out or replaced: by chance some of it is what an edit does."""
    enough = 0
    for seed in range(4000):
        rng = random.Random(seed)  # noqa: S311  # the same files each time
        usual = LINES[: rng.choice((13, 16, len(LINES)))]
        lines = [rng.choice(usual) for _ in range(rng.randrange(1, 14))]
        changed = list(lines)
        for _ in range(rng.randrange(1, 3)):
            at = rng.randrange(len(changed) + 1)
            changed[at : at + rng.randrange(3)] = rng.sample(LINES, rng.randrange(2))
        before, after = ("\n".join([*each, ""]).encode() for each in (lines, changed))
        enough += any(agree(before, after, kind, (edit,)) for edit in EACH)
    assert enough > 10


def test_hostile_files_side_by_side() -> None:
    texts = list(hostile_files(300))
    for one, other in itertools.pairwise(texts):
        for kind in FileKind:
            agree(f"{one}\n{other}".encode(), one.encode(), kind, (EACH[4],))


PLAIN = "".join(f"[profile p{i}]\nregion = x\ns3 =\n  sub = 1\n# c\n\n" for i in range(9)).encode()


@pytest.mark.parametrize(
    "edit",
    [
        SetValue(SectionId.profile("p4"), "region", "y"),
        SetValue(SectionId.profile("p8"), "output", "json"),
        SetValue(SectionId.profile("p0"), "s3", "2", "sub"),
        PutSection(SectionId.profile("new"), (("region", "y"),)),
        RenameSection(SectionId.profile("p4"), "new"),
        RemoveSection(SectionId.profile("p4")),
        RemoveSection(SectionId.profile("p8")),
    ],
    ids=lambda edit: type(edit).__name__,
)
def test_one_edit_of_a_plain_file_reads_one_or_two_sections(edit: Edit) -> None:
    after = Document.parse(PLAIN, FileKind.CONFIG).edit(edit).render()
    part = find_changed_part(PLAIN, after, FileKind.CONFIG)
    assert part is not None
    assert part.before.count(b"[") <= 2
    assert len(part.outside) >= 7
    assert changed_part_is_right(PLAIN, after, FileKind.CONFIG, (edit,))


@pytest.mark.parametrize(
    "rest",
    [
        "[profile p4]\n",
        "[DEFAULT]\nx = y\n",
        "[profile 'new']\n",
        "[profile q]\nk: v\n",
        "[profile q]\n  region = x\n",
        "[profile q] # c\n",
        "[profile q]\nregion = x\n  more\n",
        "[profile q]\nregion = x\x85\n",
        "[profile q]\n[DEFAULT]\n",
    ],
)
def test_what_reaches_further_is_read_as_a_whole(rest: str) -> None:
    edit = RenameSection(SectionId.profile("p4"), "new")
    after = PLAIN.replace(b"p4", b"new")
    before, after = PLAIN + rest.encode(), after + rest.encode()
    assert not changed_part_is_right(before, after, FileKind.CONFIG, (edit,))


def test_a_default_section_in_the_part_reaches_all_others() -> None:
    before, after = b"[a]\n[profile b]\n", b"[a]\n[DEFAULT]\ns3 =\n"
    edit = RemoveSection(SectionId.profile("b"))
    assert not changed_part_is_right(before, after, FileKind.CONFIG, (edit,))
