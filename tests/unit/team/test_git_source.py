"""A team file in a real git repository: fetched by git, read without being checked out."""

import os
from pathlib import Path, PurePosixPath

import pytest

from awsprof import paths, settings
from awsprof.errors import AwsprofError, FileError
from awsprof.team.git_source import Git, GitSource, fetch_repository
from awsprof.team.opening import going_back, open_source, open_team
from awsprof.team.source import parse_source
from awsprof.team.source_state import SourceState
from tests.standins.team_repository import TeamRepository, sign_commits

TEAM = 'version = 1\n[profile.dev]\nregion = "{}"\n'
# Settings of a repository that name a program.
RUNS = (
    *("filter.evil.smudge", "core.fsmonitor", "uploadpack.packObjectsHook", "core.sshCommand"),
    *("core.alternateRefsCommand", "core.gitProxy", "core.askPass", "core.pager", "gpg.program"),
    *("credential.helper", "diff.external", "gpg.ssh.program"),
)
FILE = PurePosixPath("team.toml")


@pytest.fixture
def repository(tmp_path: Path, home: Path) -> TeamRepository:
    return TeamRepository(tmp_path / "team")


def fetched(repository: TeamRepository, ref: str = "main", inside: str = "") -> GitSource:
    url = f"git+{repository.folder.as_uri()}@{ref}{inside}"
    return fetch_repository(parse_source(url), Git(ask=False))


def test_a_branch_a_tag_and_a_commit(repository: TeamRepository) -> None:
    first = repository.commit(team=TEAM.format("eu-west-1"))
    repository.git("tag", "--annotate", "--message", "v1", "v1")
    second = repository.commit(team=TEAM.format("eu-west-2"))
    assert fetched(repository).commit == second
    for ref in ("v1", first):
        source = fetched(repository, ref)
        assert source.commit == first
        assert b"eu-west-1" in source.read(FILE)
    assert b"eu-west-2" in fetched(repository, second).read(FILE)


def test_a_git_that_refuses_bare_repositories_fetches(
    repository: TeamRepository, home: Path
) -> None:
    repository.commit(team=TEAM.format("eu-west-1"))
    with (home / ".gitconfig").open("a") as file:
        file.write("[safe]\nbareRepository = explicit\n")
    assert b"eu-west-1" in fetched(repository).read(FILE)


def test_includes_and_a_folder_inside(repository: TeamRepository) -> None:
    (repository.folder / "teams").mkdir()
    team = 'version = 1\ninclude = ["more.toml"]\n'
    repository.commit(**{"teams/team": team, "teams/more": TEAM.format("eu-west-1")})
    for inside in ("#teams", "#teams/team.toml"):
        opened = open_team(parse_source(f"{repository.url}{inside}"), ask=False)
        assert [each.name for each in opened.team.profiles] == ["dev"]
        assert opened.version.ref == "main"
    with pytest.raises(FileError):
        fetched(repository).read(FILE)


def test_links_folders_and_what_is_too_large_are_refused(repository: TeamRepository) -> None:
    repository.commit(team=TEAM.format("eu-west-1"), huge="#" * (3 << 20))
    (repository.folder / "link.toml").symlink_to("/etc/passwd")
    (repository.folder / "inside.toml").symlink_to("team.toml")
    (repository.folder / "out").symlink_to("/etc")
    (repository.folder / "folder").mkdir()
    (repository.folder / "folder" / "x.toml").write_text("")
    repository.commit()
    source = fetched(repository)
    names = ("link.toml", "inside.toml", "out/passwd", "folder", "huge.toml", "../team.toml", "*")
    for name in names:
        with pytest.raises(FileError):
            source.read(PurePosixPath(name))


def test_an_include_that_is_a_link_or_a_submodule_is_refused(
    repository: TeamRepository, tmp_path: Path
) -> None:
    other = TeamRepository(tmp_path / "other")
    other.commit(team=TEAM.format("eu-west-1"))
    address = other.folder.as_uri()
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", address, "sub")
    (repository.folder / "out.toml").symlink_to(other.folder / "team.toml")
    (repository.folder / "up.toml").symlink_to("../other/team.toml")
    for include in ("sub/team.toml", "out.toml", "up.toml"):
        repository.commit(team=f'version = 1\ninclude = ["{include}"]\n')
        with pytest.raises(AwsprofError, match=include):
            open_team(parse_source(repository.url), ask=False)


def test_nothing_of_the_repository_runs(
    repository: TeamRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    script = f"#!/bin/sh\ntouch {ran}\n"
    for hook in ("post-checkout", "reference-transaction", "post-upload-pack", "pre-auto-gc"):
        path = repository.folder / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)
    (repository.folder / ".gitattributes").write_text("*.toml filter=evil\n")
    (repository.folder / ".gitmodules").write_text(
        f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch {ran}"\n'
    )
    repository.commit(team=TEAM.format("eu-west-1"))
    ran.unlink(missing_ok=True)
    for key in RUNS:
        repository.git("config", key, f"touch {ran}; false")
    # Variables of a hook that calls awsprof would lead git into another repository.
    monkeypatch.setenv("GIT_DIR", str(repository.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(repository.folder))
    assert b"eu-west-1" in fetched(repository).read(FILE)
    assert not ran.exists()
    cached = paths.data_dir() / "team"
    assert not list(cached.rglob("team.toml"))
    assert not list(cached.rglob("hooks/*"))


def test_a_commit_is_what_it_is_and_nothing_else_is_one(repository: TeamRepository) -> None:
    old = repository.commit(team=TEAM.format("eu-west-1"))
    repository.commit(team=TEAM.format("eu-west-2"))
    repository.git("replace", "HEAD", old)
    assert b"eu-west-2" in fetched(repository).read(FILE)
    repository.git("tag", "tree", "HEAD^{tree}")
    repository.git("tag", "blob", "HEAD:team.toml")
    repository.git("tag", "--annotate", "--message", "x", "nested", "tree")
    for ref in ("tree", "blob", "nested"):
        with pytest.raises(FileError, match="is not a commit"):
            open_team(parse_source(repository.url.replace("@main", f"@{ref}")), ask=False)
    repository.git("symbolic-ref", "HEAD", "refs/heads/nowhere")
    with pytest.raises(FileError, match="couldn't find remote ref HEAD"):
        open_team(parse_source(repository.url.removesuffix("@main")), ask=False)


def test_a_folder_named_team_toml_is_no_file(repository: TeamRepository) -> None:
    (repository.folder / "team.toml").mkdir()
    (repository.folder / "team.toml" / "team.toml").write_text(TEAM.format("eu-west-1"))
    repository.commit()
    with pytest.raises(FileError, match="is a link or a folder"):
        open_team(parse_source(repository.url), ask=False)
    with pytest.raises(FileError, match="Is a directory"):
        open_team(parse_source(str(repository.folder)), ask=False)


def test_a_repository_of_somebody_else_is_told_in_gits_words(
    repository: TeamRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(team=TEAM.format("eu-west-1"))
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(FileError, match="detected dubious ownership in repository at"):
        fetched(repository)


def test_a_ref_that_is_not_there_is_told(repository: TeamRepository) -> None:
    repository.commit(team=TEAM.format("eu-west-1"))
    for ref in ("nowhere", "0" * 40):
        with pytest.raises(FileError) as error:
            fetched(repository, ref)
        assert "git cannot fetch" in error.value.message


def test_without_git_it_is_told(
    repository: TeamRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.commit(team=TEAM.format("eu-west-1"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AwsprofError, match="no git on PATH"):
        fetched(repository)


def test_a_git_that_others_can_change_is_not_run(
    repository: TeamRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o777)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with pytest.raises(FileError, match="does not run git"):
        fetched(repository)
    assert not (tmp_path / "ran").exists()


def state_of(repository: TeamRepository) -> SourceState:
    opened = open_team(parse_source(repository.url), ask=False)
    return SourceState(repository.url, "config").with_version(opened.version)


def test_going_back_is_noticed_and_going_on_is_not(repository: TeamRepository) -> None:
    first = repository.commit(team=TEAM.format("eu-west-1"))
    repository.commit(team=TEAM.format("eu-west-2"))
    state = state_of(repository)
    assert not going_back(open_team(parse_source(repository.url), ask=False), state)
    older = parse_source(f"git+{repository.folder.as_uri()}@{first}")
    assert "(main), which you applied last: this goes back" in going_back(
        open_team(older, ask=False), state
    )
    assert "is older than" in going_back(open_team(older, ask=False), state)
    repository.git("reset", "--quiet", "--hard", first)
    assert "this goes back" in going_back(open_team(parse_source(repository.url), ask=False), state)
    repository.commit(team=TEAM.format("eu-west-3"))  # a history that was rewritten
    assert "is not a descendant of" in going_back(
        open_team(parse_source(repository.url), ask=False), state
    )
    repository.commit(team=TEAM.format("eu-west-1"))
    later = state_of(repository)
    repository.commit(team=TEAM.format("eu-west-2"))
    assert not going_back(open_team(parse_source(repository.url), ask=False), later)


def test_a_folder_knows_its_former_versions(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "team.toml"
    state = SourceState(str(path), "config")
    for region, back in (("eu-west-1", False), ("eu-west-2", False), ("eu-west-1", True)):
        path.write_text(TEAM.format(region))
        opened = open_team(parse_source(str(path)), ask=False)
        assert bool(going_back(opened, state)) is back
        state = state.with_version(opened.version)


def test_a_signature_can_be_demanded(repository: TeamRepository, home: Path) -> None:
    sign_commits(repository, home)
    repository.commit(team=TEAM.format("eu-west-1"))
    named = parse_source(repository.url)
    open_source(named, ask=False)
    settings.put_setting("team-signature", "required")
    with pytest.raises(FileError, match="has no signature that git trusts"):
        open_source(named, ask=False)
    repository.commit("--gpg-sign", team=TEAM.format("eu-west-2"))
    open_source(named, ask=False)
    (home / "signers").write_text("")
    with pytest.raises(FileError, match="has no signature that git trusts"):
        open_source(named, ask=False)
    with pytest.raises(FileError, match="team-signature"):
        open_source(parse_source(str(repository.folder / "team.toml")), ask=False)
