"""What a source may be: names that cannot be mistaken, and files that stay inside."""

import os
from pathlib import Path, PurePosixPath

import pytest

from awsprof.errors import AwsprofError, FileError, UsageError
from awsprof.team.source import FolderSource, parse_source

TEAM = PurePosixPath("team.toml")


@pytest.mark.parametrize(
    ("text", "url", "ref", "inside"),
    [
        ("git+https://example.com/team.git@main", "https://example.com/team.git", "main", ""),
        ("https://example.com/team.git", "https://example.com/team.git", "", ""),
        ("git+ssh://git@h.example:22/a/b.git@v1", "ssh://git@h.example:22/a/b.git", "v1", ""),
        ("ssh://git@h.example/a@fix/x#t/p.toml", "ssh://git@h.example/a", "fix/x", "t/p.toml"),
        ("git+file:///srv/team%40home@main", "file:///srv/team%40home", "main", ""),
    ],
)
def test_repositories(text: str, url: str, ref: str, inside: str) -> None:
    found = parse_source(text)
    assert (found.url, found.ref, found.inside) == (url, ref, inside)
    assert parse_source(found.text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ext::sh -c touch% /tmp/x",
        "git+ext::sh -c id",
        "http://example.com/team.git@main",
        "git://example.com/team.git",
        "fd::17",
        "git+https://user:secret@example.com/team.git@main",
        "git+https://example.com/team.git?x=1@main",
        "git+ssh://-oProxyCommand=id/team.git@main",
        "git+ssh://-x@example.com/team.git@main",
        "git+https://example.com/team.git@--upload-pack=id",
        "git+https://example.com/team.git@-x",
        "git+https://example.com/team.git@a..b",
        "git+https://example.com/team.git@main:refs/heads/x",
        "git+https://example.com/team.git@+main",
        "git+https://example.com/team.git@a b",
        "git+https://example.com/team.git@main#../team.toml",
        "git+https://example.com/team.git@main#/etc/passwd",
        "git+https://example.com/team.git@main#-x",
        "git+file://host/srv/team@main",
        "git+https:///team.git",
        "git+https://example.com",
        "git@example.com:team/profiles.git",
        "no/such/file.toml",
        "/no/such/folder@main",
        "git+/no/such/folder",
        "team\n.toml",
        "team\x1b[2J.toml",
        "\u202eteam.toml",
        "git+https://[example.com/team.git",
        "git+https://ghp_16C7e42F292c6912E7710c838347Ae178B4a@example.com/team.git",
        "~no-such-user/team.toml",
        "git+~no-such-user/team",
        "a" * 5000,
    ],
)
def test_what_is_no_source(text: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_source(text)
    assert "ghp_" not in error.value.line
    assert "secret" not in error.value.line.replace("secret@", "")
    assert error.value.fix
    assert error.value.line.isprintable()


def test_an_address_of_ssh_is_told_how_to_write() -> None:
    with pytest.raises(UsageError) as error:
        parse_source("git@example.com:team/profiles.git")
    assert error.value.fix.endswith("git+ssh://git@example.com/team/profiles.git")


def test_a_repository_below_a_folder_with_an_at_sign(tmp_path: Path) -> None:
    folder = tmp_path / "me@work" / "team"
    folder.mkdir(parents=True)
    for text in (f"{folder}@v1", f"git+{folder}@v1"):
        found = parse_source(text)
        assert (found.url, found.ref) == (folder.as_uri().replace("@", "%40"), "v1")


def test_a_file_whose_name_looks_like_a_ref_is_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "team"
    folder.mkdir()
    assert parse_source(f"{folder}@main").url == folder.as_uri()
    assert parse_source(f"{folder}@main").ref == "main"
    (tmp_path / "team@main").write_text("")
    assert parse_source(f"{folder}@main").path == tmp_path / "team@main"


def test_the_same_source_has_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "team.toml").write_text("version = 1\n")
    monkeypatch.chdir(tmp_path)
    assert parse_source("team.toml") == parse_source(str(tmp_path / "team.toml"))
    assert parse_source("https://x.example/t.git").text == "git+https://x.example/t.git"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "team.toml").write_text("version = 1\n")
    (tmp_path / "secret.toml").write_text("outside")
    return folder


def test_a_folder_and_a_file(folder: Path) -> None:
    for source in (FolderSource(folder), FolderSource(folder / "team.toml")):
        assert source.read(PurePosixPath(source.name)) == b"version = 1\n"


@pytest.mark.parametrize("target", ["../secret.toml", "/etc/passwd", "loop.toml", "missing.toml"])
def test_a_link_that_leads_out_is_refused(folder: Path, target: str) -> None:
    (folder / "loop.toml").symlink_to(target)
    with pytest.raises(FileError):
        FolderSource(folder).read(PurePosixPath("loop.toml"))
    with pytest.raises(FileError):
        FolderSource(folder).read(PurePosixPath("../secret.toml"))


def test_a_link_inside_is_read(folder: Path) -> None:
    (folder / "accounts.toml").symlink_to("team.toml")
    assert FolderSource(folder).read(PurePosixPath("accounts.toml")) == b"version = 1\n"


def test_what_is_no_regular_file_is_refused_at_once(folder: Path) -> None:
    os.mkfifo(folder / "pipe.toml")
    (folder / "folder.toml").mkdir()
    (folder / "null.toml").symlink_to("/dev/zero")
    with (folder / "huge.toml").open("wb") as file:
        file.truncate(1 << 30)
    for name in ("pipe.toml", "folder.toml", "null.toml", "huge.toml"):
        with pytest.raises(AwsprofError):
            FolderSource(folder).read(PurePosixPath(name))
