"""Hostile files and all edits, judged by botocore itself and by the reader of the SDK dialect."""

import re

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from awsprof.configfile.broken_sections import lines_of, without_sections
from awsprof.configfile.dialects import as_botocore, as_sdk
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
from awsprof.configfile.verify import expected_reading, reads_as_expected
from awsprof.errors import EditRefused
from tests.budgets import examples
from tests.standins.botocore_files import botocore_reads, we_say_it_reads

INDENTS = st.sampled_from(["", "", "", " ", "  ", "    ", "\t"])
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n"])
NAMES = st.sampled_from(
    ["a", "b", "c-d", "default", "x.y@z", '"q"', '"two words"', "'q'", "é", "DEFAULT", "a#b"]
)
KEYS = st.sampled_from(["region", "Region", "role_arn", "s3", "output", "é", "x:y", ""])
VALUES = st.sampled_from(
    [
        "us-east-1",
        "",
        "a b",
        "v # c",
        "v ;c",
        "#v",
        "https://x/start/#/",
        "k=v",
        "ü",
        "\u00a0v",
        "%",
    ]
)
PLAIN = st.sampled_from(["v", "eu-west-1", "https://x/start/#/", "a=b", "100%", "é"])
HEADS = st.sampled_from(["profile ", "profile  ", "", "sso-session ", "services ", "profilefoo "])


@st.composite
def lines(draw: st.DrawFn) -> str:
    indent = draw(INDENTS)
    kind = draw(st.integers(0, 9))
    if kind <= 1:
        tail = draw(st.sampled_from(["", "", " # c", " # c]d", "=y"]))
        return f"{indent}[{draw(HEADS)}{draw(NAMES)}]{tail}"
    if kind <= 5:
        delimiter = draw(st.sampled_from([" = ", "=", " =", ": "]))
        return f"{indent}{draw(KEYS)}{delimiter}{draw(VALUES)}"
    if kind == 6:
        return indent + draw(st.sampled_from(["# comment", "; a = b", "#", "# é"]))
    if kind == 7:
        return draw(st.sampled_from(["", "   ", "\t"]))
    if kind == 8:
        return "  " + draw(st.sampled_from(["sub = 1", "addressing_style = path", "plain", "# c"]))
    return f"{indent}{draw(st.sampled_from(['no equals', '=v', 'k', '[', ']']))}"


@st.composite
def sane(draw: st.DrawFn) -> str:
    """A file that mostly parses: what most draws of single lines never come to."""
    text = []
    for name in draw(st.lists(st.sampled_from("abcde"), unique=True, max_size=4)):
        text.append(draw(INDENTS) + f"[profile {name}]" + draw(st.sampled_from(["", " # c"])))
        indent = draw(INDENTS)
        for key in draw(st.lists(st.sampled_from(["region", "s3", "Output"]), unique=True)):
            text += [draw(INDENTS) + "# above"] * draw(st.integers(0, 1))
            if key == "s3":
                text += [f"{indent}s3 =", f"{indent}  sub = 1", f"{indent}  other = x # y"]
            else:
                text.append(f"{indent}{key} = {draw(VALUES)}")
                text += [f"{indent}   more"] * draw(st.integers(0, 1))
        text += draw(st.lists(st.sampled_from(["", "# c", "  # c", "; d"]), max_size=3))
    return draw(ENDS).join(text) + draw(st.sampled_from(["", "\n", "\r\n"]))


@st.composite
def wild(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.tuples(lines(), ENDS), max_size=14))
    text = "".join(line + end for line, end in parts)
    return text.rstrip("\r\n") if draw(st.booleans()) else text


SECTIONS = st.builds(
    SectionId,
    st.sampled_from(["profile", "profile", "profile", "sso-session", "services"]),
    st.sampled_from(["a", "b", "c", "default", "x.y@z", "new", "q"]),
)
EDIT_KEYS = st.sampled_from(["region", "Region", "s3", "output", "brand_new"])
SUBS = st.sampled_from([None, None, None, "sub", "addressing_style", "third"])
EDITS = st.one_of(
    st.builds(SetValue, SECTIONS, EDIT_KEYS, PLAIN, SUBS),
    st.builds(UnsetValue, SECTIONS, EDIT_KEYS, SUBS),
    st.builds(
        PutSection,
        SECTIONS,
        st.lists(
            st.tuples(st.sampled_from(["region", "output"]), PLAIN), unique_by=lambda kv: kv[0]
        ).map(tuple),
    ),
    st.builds(RenameSection, SECTIONS, st.sampled_from(["new", "other", "a", "default"])),
    st.builds(RemoveSection, SECTIONS),
)
KINDS = st.sampled_from(list(FileKind))
TEXTS = st.one_of(sane(), sane(), wild())
MANY = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@MANY
@given(TEXTS, KINDS)
def test_what_we_say_botocore_reads_is_what_it_reads(text: str, kind: FileKind) -> None:
    assert we_say_it_reads(text.encode(), kind) == botocore_reads(text.encode(), kind)


@MANY
@given(st.one_of(TEXTS.map(str.encode), st.binary(max_size=60)), KINDS)
def test_bytes_in_the_same_bytes_out(data: bytes, kind: FileKind) -> None:
    document = Document.parse(data, kind)
    assert document.render() == data
    assert isinstance(document.sections, tuple)
    assert isinstance(document.problems, tuple)


@MANY
@given(TEXTS, KINDS)
def test_what_botocore_cannot_read_is_a_problem(text: str, kind: FileKind) -> None:
    if botocore_reads(text.encode(), kind) is None:
        assert Document.parse(text.encode(), kind).problems


def edited(data: bytes, kind: FileKind, edit: Edit) -> bytes:
    try:
        return Document.parse(data, kind).edit(edit).render()
    except EditRefused as exc:
        assert exc.message
        assert exc.fix
        assume(False)
        raise


def comments(data: bytes) -> list[str]:
    return [
        line.strip() for line in data.decode().split("\n") if re.match(r"\s*[#;]", line)
    ] + re.findall(r"[ \t]([#;].*?)\s*$", data.decode(), re.M)


@MANY
@given(TEXTS, KINDS, EDITS)
def test_every_reader_reads_what_was_meant(text: str, kind: FileKind, edit: Edit) -> None:
    data = text.encode()
    after = edited(data, kind, edit)
    if botocore_reads(data, kind) is None:  # a section that the edit has nothing to do with
        broken = frozenset(i.section for i in Document.parse(data, kind).problems if i.section)
        assert edit.section not in broken
        assert lines_of(data, kind, broken) == lines_of(after, kind, broken)
        data, after = (without_sections(each, kind, broken) for each in (data, after))
    assert botocore_reads(after, kind) is not None
    assert as_botocore(after, kind).sections == expected_reading(as_botocore(data, kind), (edit,))
    before = as_sdk(data, kind)
    # What stands before an indented header is indented too, else boto3 takes the header for a part
    # of the value. Other SDKs read no such file, and do not once the header's section is cut out.
    whole = as_sdk(text.encode(), kind)
    cut = data != text.encode() and re.search(r"^[ \t]+\[", text, re.M) and whole.error is not None
    if before.error is None and not cut:
        hidden = set(as_botocore(data, kind).sections) - set(before.sections)
        assert reads_as_expected(before, as_sdk(after, kind), (edit,), hidden)
        if edit.section not in hidden:
            assert as_sdk(after, kind).sections == expected_reading(before, (edit,))


@MANY
@given(TEXTS, KINDS, EDITS)
def test_twice_is_once(text: str, kind: FileKind, edit: Edit) -> None:
    assume(not isinstance(edit, RenameSection | RemoveSection))
    once = edited(text.encode(), kind, edit)
    assert edited(once, kind, edit) == once


@MANY
@given(TEXTS, KINDS, EDITS)
def test_no_line_outside_is_touched(text: str, kind: FileKind, edit: Edit) -> None:
    data = text.encode()
    after = edited(data, kind, edit).decode()
    assert ("\r\n" in after) <= ("\r\n" in text)
    if isinstance(edit, RemoveSection):
        return
    # every old line is there still, in its order, but for the span and lost indents of comments
    old = [line.strip() for line in text.split("\n")]
    new = [line.strip() for line in after.split("\n")]
    gone = list(old)
    for line in new:
        if line in gone:
            gone.remove(line)
    limit = 1 if isinstance(edit, RenameSection) else 12
    assert len([line for line in gone if line]) <= limit
    assert not [line for line in gone if line.startswith(("#", ";"))]


@MANY
@given(TEXTS, KINDS, EDITS)
def test_no_comment_is_lost(text: str, kind: FileKind, edit: Edit) -> None:
    assume(not isinstance(edit, RemoveSection))
    after = edited(text.encode(), kind, edit).decode()
    for comment in re.findall(r"^[ \t]*([#;].*?)\s*$", text, re.M):
        assert comment in after
