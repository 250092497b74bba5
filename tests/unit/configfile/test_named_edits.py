"""Each edit that broke another tool, by name: the bytes before, the edit, the bytes after."""

import re

import pytest

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
from awsprof.errors import EditRefused

A, B, C = (SectionId.profile(name) for name in "abc")


def edit(text: str, *edits: Edit, kind: FileKind = FileKind.CONFIG) -> str:
    return Document.parse(text.encode(), kind).edit(*edits).render().decode()


def put(section: SectionId, **pairs: str) -> PutSection:
    return PutSection(section, tuple(pairs.items()))


EDITS: dict[str, tuple[str, Edit, str]] = {
    "a key where the last key and the next header are indented": (
        "[profile a]\n  region = x\n  [profile b]\n  output = json\n",
        SetValue(A, "output", "text"),
        "[profile a]\n  region = x\n  output = text\n  [profile b]\n  output = json\n",
    ),
    "a profile that stands before an indented header": (
        "[profile a]\n  region = x\n[profile b]\n  region = y\n  [profile c]\n  region = z\n",
        RemoveSection(B),
        "[profile a]\n  region = x\n  [profile c]\n  region = z\n",
    ),
    "an unset key that an indented comment follows": (
        "[profile a]\nregion = x\n  # why\noutput = json\n",
        UnsetValue(A, "region"),
        "[profile a]\n# why\noutput = json\n",
    ),
    "a value that has continuation lines": (
        "[profile a]\nregion = x\n  more\n  still\noutput = json\n",
        SetValue(A, "region", "y"),
        "[profile a]\nregion = y\noutput = json\n",
    ),
    "a key after a last comment without a line end": (
        "[profile a]\nregion = x\n# last",
        SetValue(A, "output", "json"),
        "[profile a]\nregion = x\noutput = json\n# last",
    ),
    "a key whose name also stands in a nested block": (
        "[profile a]\ns3 =\n  region = nested\nregion = x\n",
        SetValue(A, "region", "y"),
        "[profile a]\ns3 =\n  region = nested\nregion = y\n",
    ),
    "a new key whose name stands in a nested block": (
        "[profile a]\ns3 =\n  region = nested\n",
        SetValue(A, "region", "y"),
        "[profile a]\ns3 =\n  region = nested\nregion = y\n",
    ),
    "a key that differs by case only": (
        "[profile a]\nRegion = x\n",
        SetValue(A, "region", "y"),
        "[profile a]\nRegion = y\n",
    ),
    "a value with a comment behind it": (
        "[profile a]\nregion = x # home\noutput = json\n",
        SetValue(A, "region", "y"),
        "[profile a]\n# home\nregion = y\noutput = json\n",
    ),
    "a start URL that ends in a hash": (
        "[sso-session s]\nsso_start_url = https://x.awsapps.com/start/#/\n",
        SetValue(SectionId.sso_session("s"), "sso_region", "eu-west-1"),
        "[sso-session s]\nsso_start_url = https://x.awsapps.com/start/#/\nsso_region = eu-west-1\n",
    ),
    "a start URL that ends in a hash, set": (
        "[sso-session s]\n",
        SetValue(SectionId.sso_session("s"), "sso_start_url", "https://x/start/#/"),
        "[sso-session s]\nsso_start_url = https://x/start/#/\n",
    ),
    "a quoted name is the bare one": (
        "[profile 'a']\nregion = x\n",
        SetValue(A, "region", "y"),
        "[profile 'a']\nregion = y\n",
    ),
    "a comment above the next profile belongs to it": (
        "[profile a]\nregion = x\n\n# of b\n[profile b]\nregion = y\n",
        RemoveSection(A),
        "# of b\n[profile b]\nregion = y\n",
    ),
    "a file with CRLF gets no other line end": (
        "[profile a]\r\nregion = x\r\n",
        put(B, region="y"),
        "[profile a]\r\nregion = x\r\n\r\n[profile b]\r\nregion = y\r\n",
    ),
    "a file without a last line end": (
        "[profile a]\nregion = x",
        put(B, region="y"),
        "[profile a]\nregion = x\n\n[profile b]\nregion = y\n",
    ),
    "a rename keeps the header's own form": (
        "[profile a] # mine\nregion = x\n",
        RenameSection(A, "c"),
        "[profile c] # mine\nregion = x\n",
    ),
    "a nested value that is not there yet": (
        "[profile a]\ns3 =\n    max_queue_size = 1\nregion = x\n",
        SetValue(A, "s3", "10", "max_concurrent_requests"),
        "[profile a]\ns3 =\n    max_queue_size = 1\n    max_concurrent_requests = 10\nregion = x\n",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_that_broke_another_tool(name: str) -> None:
    before, change, after = EDITS[name]
    assert edit(before, change) == after
    if not isinstance(change, RenameSection | RemoveSection):
        assert edit(after, change) == after


REFUSED: dict[str, tuple[str, Edit, str]] = {
    "a removal after which an indented header would be swallowed": (
        "[profile a]\nregion = x\n[profile b]\n  region = y\n  [profile c]\n  region = z\n",
        RemoveSection(B),
        "boto3 would misread",
    ),
    "a line end in a value": ("[profile a]\n", SetValue(A, "k", "x\ny"), "line"),
    "white space at a value's edges": ("[profile a]\n", SetValue(A, "k", " x"), "white space"),
    "a comment's sign first": ("[profile a]\n", SetValue(A, "k", "#x"), "#"),
    "a comment's sign after a blank": ("[profile a]\n", SetValue(A, "k", "x ;y"), ";"),
    "a key twice": ("[profile a]\nk = 1\nK = 2\n", SetValue(A, "x", "y"), "3"),
    "a section twice": ("[profile a]\n[profile b]\n[profile a]\n", SetValue(A, "x", "y"), "3"),
    "DEFAULT": ("[profile a]\n[DEFAULT]\nregion = x\n", SetValue(A, "x", "y"), "2"),
    "a lone CR": ("[profile a]\nk = 1\r[profile b]\n", SetValue(A, "x", "y"), "2"),
    "a byte order mark": ("\ufeff[profile a]\nk = 1\n", SetValue(A, "x", "y"), "1"),
    "a line without a key": ("[profile a]\nk = 1\nhalf\n", SetValue(A, "x", "y"), "3"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_edited_safely_is_refused_with_the_reason(name: str) -> None:
    before, change, told = REFUSED[name]
    with pytest.raises(EditRefused) as error:
        edit(before, change)
    assert told in error.value.message
    assert error.value.fix
    if told.isdigit():
        assert re.search(rf"[Ll]ines? .*{told}", error.value.message)


def test_the_last_of_two_sections_is_seen_and_which_lines_is_told() -> None:
    document = Document.parse(b"[profile a]\n[profile b]\n[profile a]\n", FileKind.CONFIG)
    assert [problem.line for problem in document.problems] == [3]


def test_in_the_credentials_file_a_header_is_the_bare_name() -> None:
    after = edit("[a]\nk = 1\n", put(B, region="x"), kind=FileKind.CREDENTIALS)
    assert after == "[a]\nk = 1\n\n[b]\nregion = x\n"
