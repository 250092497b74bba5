"""Mends of damaged texts: in any order, twice as once, and never at the cost of a neighbor."""

import itertools

import pytest

from awsprof.configfile.document import FileKind, SectionId
from awsprof.configfile.key_repairs import (
    ColonToEquals,
    DedentKeys,
    DropDuplicates,
    MoveInlineComment,
    Unquote,
)
from awsprof.configfile.line_repairs import StripBom
from awsprof.configfile.repair_file import TextRepair, apply_repairs
from awsprof.configfile.section_repairs import (
    AddSection,
    DedentComments,
    DedentSection,
    DropSection,
    MergeSection,
    RewriteHeader,
)
from awsprof.errors import EditRefused

CONFIG, CREDENTIALS = FileKind.CONFIG, FileKind.CREDENTIALS
A, B = SectionId.profile("a"), SectionId.profile("b")
FOO = SectionId("other", "foo")

DAMAGED = (
    '\ufeff[foo]\n  # mine\nregion : "x" # home\nRegion = y\n'
    "[profile b]\n  output = json\n    own = z\n[profile b]\noutput = text\n"
)
MENDS: tuple[TextRepair, ...] = (
    StripBom(),
    RewriteHeader("[foo]", "[profile foo]"),
    DropDuplicates(FOO, "region"),
    DedentComments(FOO),
    DedentSection(B),
    MergeSection(B),
)
WHOLE = "[profile foo]\n# mine\n# home\nRegion = y\n[profile b]\noutput = text\n"


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(MENDS))))[::29])
def test_many_mends_in_any_order_and_again(order: tuple[int, ...]) -> None:
    mends = [MENDS[place] for place in order]
    once = apply_repairs(DAMAGED.encode(), CONFIG, [*mends, *mends])
    assert once.decode() == WHOLE
    assert apply_repairs(once, CONFIG, mends) == once


@pytest.mark.parametrize(
    "mend",
    [
        StripBom(),
        RewriteHeader("[gone]", "[profile gone]"),
        RewriteHeader("[profile b]", "[profile a]"),
        DedentSection(B),
        DedentKeys(A, "region", ("gone",)),
        DedentKeys(A, "gone", ("region",)),
        DedentComments(None),
        DedentComments(A),
        DropSection(FOO),
        MergeSection(A),
        DropDuplicates(A, "region"),
        ColonToEquals(A, "region"),
        MoveInlineComment(A, "region"),
        Unquote(A, "region"),
    ],
    ids=str,
)
def test_what_is_well_or_gone_is_left(mend: TextRepair) -> None:
    text = b"# c\n[profile a]\nregion = x\n  more\n# d\n[profile b] # e\n"
    assert apply_repairs(text, CONFIG, [mend]) == text


def test_a_mend_that_would_break_the_file_is_left_and_the_others_done() -> None:
    text = b"[profile a]\nregion = '#x'\nrole_arn = 'y'\ns3 = ; c\n  half\n  more = z\n"
    mends: list[TextRepair] = [
        MoveInlineComment(A, "s3"),
        Unquote(A, "role_arn"),
        Unquote(A, "region"),
    ]
    after = apply_repairs(text, CONFIG, mends)
    assert after == text.replace(b"'y'", b"y")


def test_a_header_that_a_merge_would_let_be_swallowed_is_set_free() -> None:
    text = b"[profile a]\n  [profile b]\n  k = v\n[profile a]\nk = w\n"
    after = apply_repairs(text, CONFIG, [MergeSection(A)])
    assert after == b"[profile a]\nk = w\n[profile b]\n  k = v\n"


def test_the_line_ends_of_the_file_are_kept() -> None:
    text = b"[profile a]\r\nk = v ; c\r\n[profile a]\r\nl = w"
    after = apply_repairs(text, CONFIG, [MergeSection(A), MoveInlineComment(A, "k")])
    assert after == b"[profile a]\r\n; c\r\nk = v\r\nl = w\r\n"


def test_bytes_that_are_no_utf_8_come_through() -> None:
    text = b"[profile a]\nk = \xff\xfe\nl = 'w'\n"
    assert apply_repairs(text, CONFIG, [Unquote(A, "l")]) == b"[profile a]\nk = \xff\xfe\nl = w\n"


def test_a_section_is_not_moved_where_one_is_or_where_it_would_break_the_file() -> None:
    there = AddSection(SectionId.sso_session("s"), ("k = v",))
    with pytest.raises(EditRefused, match="already"):
        apply_repairs(b"[sso-session s]\n", CONFIG, [there])
    with pytest.raises(EditRefused, match="unreadable"):
        apply_repairs(b"[default]\n", CONFIG, [AddSection(A, ("half",))])
    moved = apply_repairs(b"[default]", CONFIG, [AddSection(A, ("k = v",))])
    assert moved == b"[default]\n\n[profile a]\nk = v\n"
