"""Edits that are refused leave the file untouched, and what one reader alone can read is told."""

from pathlib import Path

import pytest

from awsprof.configfile import storage
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

A, B = SectionId.profile("a"), SectionId.profile("b")
TWO = "[profile a]\nregion = x\n\n[profile b]\nregion = y\n"

REFUSED: dict[str, tuple[str, Edit, str]] = {
    "two spellings of one name": (
        "[profile \"a\"]\nk = 1\n[profile 'a']\nk = 2\n",
        SetValue(A, "k", "3"),
        "Lines 1 and 3",
    ),
    "a key twice": ("[profile a]\nk = 1\nk = 2\n", SetValue(A, "k", "3"), "Line 3: The key k"),
    "a section twice": (TWO + "[profile a]\n", SetValue(A, "k", "3"), "(first on line 1)"),
    "DEFAULT": (TWO + "[DEFAULT]\n", SetValue(A, "k", "3"), "Line 6: [DEFAULT]"),
    "a lone CR": (TWO + "k = 1\rl = 2\n", SetValue(A, "k", "3"), "Line 6: A lone carriage"),
    "a CR in a value": (TWO, SetValue(A, "k", "x\ry"), "line break"),
    "a value with a blank at its end": (TWO, SetValue(A, "k", "x "), "white space"),
    "a value that starts with a semicolon": (TWO, SetValue(A, "k", ";x"), "starts a comment"),
    "a value with a tab and a hash": (TWO, SetValue(A, "k", "x\t#y"), "control character"),
    "a line separator in a value": (TWO, SetValue(A, "k", "x\u2028y"), "line break"),
    "a rename to a name that is taken": (TWO, RenameSection(A, "b"), "already"),
    "a rename to a name of two words": (TWO, RenameSection(A, "a b"), "not a name"),
    "a rename to DEFAULT": (TWO, RenameSection(A, "DEFAULT"), "not a name"),
    "a profile that is not there": (TWO, RemoveSection(SectionId.profile("c")), "no section"),
    "a nested key below a value": (TWO, SetValue(A, "region", "1", "k"), "region has a value"),
    "a key that is none": (TWO, SetValue(A, "k = 1\nl", "2"), "not a valid key"),
    "a header that would be swallowed": (
        "[profile a]\nregion = x\n[profile b]\n  region = y\n  [profile c]\n  region = z\n",
        RemoveSection(B),
        "awsprof changed nothing",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_leaves_the_file_untouched(name: str, home: Path) -> None:
    text, change, told = REFUSED[name]
    config = home / ".aws" / "config"
    config.parent.mkdir()
    config.write_bytes(text.encode())
    before = config.stat()

    def rewrite(data: bytes | None) -> bytes:
        return Document.parse(data or b"", FileKind.CONFIG).edit(change).render()

    with pytest.raises(EditRefused) as refused, storage.transaction() as editing:
        editing.rewrite(FileKind.CONFIG, rewrite)
    assert told in refused.value.message
    assert refused.value.fix
    assert config.read_bytes() == text.encode()
    assert (config.stat().st_ino, config.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_of_several_edits_none_is_done_where_one_is_refused() -> None:
    document = Document.parse(TWO.encode(), FileKind.CONFIG)
    with pytest.raises(EditRefused):
        document.edit(SetValue(A, "region", "z"), SetValue(A, "k", "#"))
    assert document.render() == TWO.encode()
    assert document.edit(SetValue(A, "region", "z")).render() != TWO.encode()


def test_a_removed_profile_leaves_no_indented_comment_to_the_one_above() -> None:
    text = "[profile a]\nregion = x\n[profile b]\nregion = y\n  # kept\n[profile c]\n"
    after = Document.parse(text.encode(), FileKind.CONFIG).edit(RemoveSection(B)).render()
    assert after == b"[profile a]\nregion = x\n# kept\n[profile c]\n"


def test_what_the_aws_cli_leaves_at_the_end_is_kept() -> None:
    text = "[profile a]\n# lastregion = x"
    after = Document.parse(text.encode(), FileKind.CONFIG).edit(SetValue(A, "region", "y"))
    lines = after.render().decode().splitlines()
    assert sorted(lines) == ["# lastregion = x", "[profile a]", "region = y"]
    assert after.render().endswith(b"\n") or lines[-1] == "# lastregion = x"


@pytest.mark.parametrize(
    "value",
    [
        "https://d-90670ca891.awsapps.com/start/#/",
        "https://x/start/#/?tab=accounts",
        "a;b",
        "a#b",
        "100%",
        "a=b",
        "é",
    ],
)
def test_signs_of_a_comment_within_a_value_survive(value: str) -> None:
    document = Document.parse(TWO.encode(), FileKind.CONFIG).edit(SetValue(A, "k", value))
    section = document.find(A)
    assert section is not None
    entry = section.get("k")
    assert entry is not None
    assert entry.value == value
    assert not document.warnings
    assert document.edit(UnsetValue(A, "k")).render() == TWO.encode()


def test_a_file_that_the_other_sdks_cannot_read_is_edited_with_a_warning() -> None:
    text = "[profile a]\n  region = x\n"
    document = Document.parse(text.encode(), FileKind.CONFIG).edit(SetValue(A, "region", "y"))
    assert document.render() == b"[profile a]\n  region = y\n"
    (warning,) = document.warnings
    assert "line 2" in warning


def test_the_warning_stays_where_a_duplicated_section_is_skipped() -> None:
    text = "[profile b]\n[profile b]\n[profile a]\n  region = x\n"
    document = Document.parse(text.encode(), FileKind.CONFIG).edit(SetValue(A, "region", "y"))
    (warning,) = document.warnings
    assert "line 4" in warning


def test_boto3_is_verified_even_if_other_sdks_cannot_read_a_file_with_a_section_twice() -> None:
    text = (
        "[profile d]\n[profile d]\n[profile a]\nregion = x\n"
        "[profile b]\n  region = y\n  [profile c]\n  region = z\n"
    )
    with pytest.raises(EditRefused, match="boto3 would misread"):
        Document.parse(text.encode(), FileKind.CONFIG).edit(RemoveSection(B))


@pytest.mark.parametrize(
    "change",
    [
        SetValue(A, "region", "x"),
        SetValue(A, "REGION", "x"),
        UnsetValue(A, "output"),
        PutSection(A, (("region", "x"),)),
        RenameSection(A, "a"),
    ],
    ids=str,
)
def test_what_is_so_already_writes_nothing(change: Edit) -> None:
    document = Document.parse(TWO.encode(), FileKind.CONFIG)
    assert document.edit(change) is document


def test_a_session_is_not_written_where_it_counts_for_nobody() -> None:
    document = Document.parse(b"[a]\n", FileKind.CREDENTIALS)
    with pytest.raises(EditRefused, match="credentials file cannot have a section"):
        document.edit(PutSection(SectionId.sso_session("s"), (("sso_region", "x"),)))
