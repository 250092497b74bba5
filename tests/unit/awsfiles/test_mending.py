"""Mends of damaged texts: in any order, twice as once, and never at the cost of a neighbour."""

import itertools

import pytest

from awsprof.awsfiles.document import FileKind, SectionId
from awsprof.awsfiles.mending import mended
from awsprof.awsfiles.mends import (
    AddSection,
    FlattenComments,
    KeepLast,
    LiftComment,
    Mend,
    MendHeader,
    MergeSection,
    Outdent,
    RaiseKeys,
    StripMark,
    TakeSection,
    Unquote,
    WriteEquals,
)
from awsprof.errors import EditRefused

CONFIG, CREDENTIALS = FileKind.CONFIG, FileKind.CREDENTIALS
A, B = SectionId.profile("a"), SectionId.profile("b")
FOO = SectionId("other", "foo")

DAMAGED = (
    '\ufeff[foo]\n  # mine\nregion : "x" # home\nRegion = y\n'
    "[profile b]\n  output = json\n    own = z\n[profile b]\noutput = text\n"
)
MENDS: tuple[Mend, ...] = (
    StripMark(),
    MendHeader("[foo]", "[profile foo]"),
    KeepLast(FOO, "region"),
    FlattenComments(FOO),
    Outdent(B),
    MergeSection(B),
)
WHOLE = "[profile foo]\n# mine\n# home\nRegion = y\n[profile b]\noutput = text\n"


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(MENDS))))[::29])
def test_many_mends_in_any_order_and_again(order: tuple[int, ...]) -> None:
    mends = [MENDS[place] for place in order]
    once = mended(DAMAGED.encode(), CONFIG, [*mends, *mends])
    assert once.decode() == WHOLE
    assert mended(once, CONFIG, mends) == once


@pytest.mark.parametrize(
    "mend",
    [
        StripMark(),
        MendHeader("[gone]", "[profile gone]"),
        MendHeader("[profile b]", "[profile a]"),
        Outdent(B),
        RaiseKeys(A, "region", ("gone",)),
        RaiseKeys(A, "gone", ("region",)),
        FlattenComments(None),
        FlattenComments(A),
        TakeSection(FOO),
        MergeSection(A),
        KeepLast(A, "region"),
        WriteEquals(A, "region"),
        LiftComment(A, "region"),
        Unquote(A, "region"),
    ],
    ids=str,
)
def test_what_is_well_or_gone_is_left(mend: Mend) -> None:
    text = b"# c\n[profile a]\nregion = x\n  more\n# d\n[profile b] # e\n"
    assert mended(text, CONFIG, [mend]) == text


def test_a_mend_that_would_break_the_file_is_left_and_the_others_done() -> None:
    text = b"[profile a]\nregion = '#x'\nrole_arn = 'y'\ns3 = ; c\n  half\n  more = z\n"
    mends: list[Mend] = [LiftComment(A, "s3"), Unquote(A, "role_arn"), Unquote(A, "region")]
    after = mended(text, CONFIG, mends)
    assert after == text.replace(b"'y'", b"y")


def test_a_header_that_a_merge_would_let_be_swallowed_is_set_free() -> None:
    text = b"[profile a]\n  [profile b]\n  k = v\n[profile a]\nk = w\n"
    after = mended(text, CONFIG, [MergeSection(A)])
    assert after == b"[profile a]\nk = w\n[profile b]\n  k = v\n"


def test_the_line_ends_of_the_file_are_kept() -> None:
    text = b"[profile a]\r\nk = v ; c\r\n[profile a]\r\nl = w"
    after = mended(text, CONFIG, [MergeSection(A), LiftComment(A, "k")])
    assert after == b"[profile a]\r\n; c\r\nk = v\r\nl = w\r\n"


def test_bytes_that_are_no_utf_8_come_through() -> None:
    text = b"[profile a]\nk = \xff\xfe\nl = 'w'\n"
    assert mended(text, CONFIG, [Unquote(A, "l")]) == b"[profile a]\nk = \xff\xfe\nl = w\n"


def test_a_section_is_not_moved_where_one_is_or_where_it_would_break_the_file() -> None:
    there = AddSection(SectionId.sso_session("s"), ("k = v",))
    with pytest.raises(EditRefused, match="already"):
        mended(b"[sso-session s]\n", CONFIG, [there])
    with pytest.raises(EditRefused, match="unreadable"):
        mended(b"[default]\n", CONFIG, [AddSection(A, ("half",))])
    moved = mended(b"[default]", CONFIG, [AddSection(A, ("k = v",))])
    assert moved == b"[default]\n\n[profile a]\nk = v\n"
