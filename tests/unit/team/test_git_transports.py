"""A team file by https and by ssh: git's own certificates, credential helpers and keys are used."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from awsprof import settings
from awsprof.errors import FileError
from awsprof.team.git_source import Git, fetch_repository
from awsprof.team.opening import open_source, open_team
from awsprof.team.source import parse_source
from tests.requirements import need
from tests.standins.authority import authority
from tests.standins.git_server import PASSWORD, USER, GitServer, serving_git
from tests.standins.gpg_home import KEY_OWNER, make_key, remove_gpg_home
from tests.standins.proxy import leading_to
from tests.standins.team_repository import TeamRepository

TEAM = 'version = 1\ninclude = ["more.toml"]\n'
MORE = 'version = 1\n[profile.dev]\nregion = "eu-west-1"\n'
HELPER = f'!f() {{ test "$1" = get && echo username={USER} && echo password={PASSWORD}; }}; f'


@pytest.fixture
def repository(tmp_path: Path, home: Path) -> TeamRepository:
    repository = TeamRepository(tmp_path / "served" / "team")
    repository.commit(team=TEAM, more=MORE)
    return repository


@pytest.fixture
def server(
    repository: TeamRepository, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[GitServer]:
    monkeypatch.delenv("GIT_SSL_CAINFO", raising=False)  # it takes precedence over settings
    tls, bundle = authority(tmp_path)
    (home / ".gitconfig").write_text(f"[http]\n\tsslCAInfo = {bundle}\n")
    with serving_git(repository.folder.parent, tls) as server:
        yield server


def add_helper(home: Path) -> None:
    words = ["git", "config", "--file", str(home / ".gitconfig"), "credential.helper", HELPER]
    subprocess.run(words, check=True)


def refused(url: str) -> str:
    """What is said if a source cannot be fetched, and nobody can be asked."""
    with pytest.raises(FileError) as error:
        fetch_repository(parse_source(url), Git(ask=False))
    assert PASSWORD not in error.value.line
    return error.value.message


def test_https_with_a_credential_helper(
    server: GitServer, repository: TeamRepository, home: Path
) -> None:
    add_helper(home)
    opened = open_team(parse_source(f"git+{server.url}/team/.git@main"), ask=False)
    assert [each.name for each in opened.team.profiles] == ["dev"]
    assert opened.version.commit == repository.git("rev-parse", "main").strip()
    assert server.requests > 2


def test_https_without_a_password_fails_at_once(server: GitServer) -> None:
    said = refused(f"git+{server.url}/team/.git@main")
    assert "could not read Username" in said


def test_https_of_an_unknown_authority_is_refused(server: GitServer, home: Path) -> None:
    (home / ".gitconfig").write_text("")
    add_helper(home)
    assert "certificate" in refused(f"git+{server.url}/team/.git@main")
    assert server.requests == 0


def test_the_certificates_of_the_environment_are_used(
    server: GitServer, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".gitconfig").write_text("")
    add_helper(home)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(tmp_path / "ca.pem"))
    source = fetch_repository(parse_source(f"git+{server.url}/team/.git@main"), Git(ask=False))
    assert b"include" in source.read(PurePosixPath("team.toml"))


@pytest.mark.parametrize("by", ["environment", "settings"])
def test_https_through_a_proxy(
    server: GitServer, home: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    add_helper(home)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    port = int(server.url.rpartition(":")[2])
    with leading_to(("127.0.0.1", port), "proxy-user:hunter2") as proxy:
        address = f"http://proxy-user:hunter2@{proxy.address}"
        if by == "environment":
            monkeypatch.setenv("HTTPS_PROXY", address)
        else:
            words = ["git", "config", "--file", str(home / ".gitconfig"), "http.proxy", address]
            subprocess.run(words, check=True)
        open_team(parse_source(f"git+{server.url}/team/.git@main"), ask=False)
    assert set(proxy.asked) == {f"127.0.0.1:{port}"}


@pytest.mark.parametrize("to", ["http://127.0.0.1:1", "file:///etc", "ext::sh -c true"])
def test_a_server_cannot_lead_git_to_another_transport(
    server: GitServer, home: Path, to: str
) -> None:
    add_helper(home)
    server.redirect = to
    assert "git cannot fetch" in refused(f"git+{server.url}/team/.git@main")


def test_a_repository_that_is_not_there_is_told(server: GitServer, home: Path) -> None:
    add_helper(home)
    assert "not found" in refused(f"git+{server.url}/gone/.git@main")


@pytest.fixture
def ssh_log(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ssh that starts what it is told to start on this machine, and writes its arguments."""
    script = tmp_path / "bin" / "ssh"
    script.parent.mkdir()
    log = tmp_path / "ssh.log"
    script.write_text(f'#!/bin/sh\necho "$@" >>{log}\nfor last; do :; done\nexec sh -c "$last"\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    return log


def test_ssh_with_a_port(repository: TeamRepository, ssh_log: Path) -> None:
    url = f"git+ssh://git@example.com:2222{repository.folder}@main"
    source = fetch_repository(parse_source(url), Git(ask=False))
    assert source.read(PurePosixPath("more.toml")) == MORE.encode()
    said = ssh_log.read_text()
    assert "-p 2222 git@example.com git-upload-pack" in said


def test_ssh_that_fails_is_told_in_its_own_words(
    repository: TeamRepository, ssh_log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = ssh_log.parent / "bin" / "ssh"
    script.write_text(
        "#!/bin/sh\necho 'git@example.com: Permission denied (publickey).' >&2\nexit 255\n"
    )
    said = refused(f"git+ssh://git@example.com{repository.folder}@main")
    assert said.endswith(": git@example.com: Permission denied (publickey).")


def test_a_signature_by_gpg(repository: TeamRepository, home: Path) -> None:
    need(shutil.which("gpg") is not None, "gpg (gnupg)")
    folder = home / ".gnupg"
    folder.mkdir(mode=0o700)
    make_key()
    settings.put_setting("team-signature", "required")
    with pytest.raises(FileError, match="has no signature that git trusts"):
        open_source(parse_source(repository.url), ask=False)
    repository.git("config", "user.signingkey", KEY_OWNER)
    repository.commit("--gpg-sign", more=MORE.replace("eu-west-1", "eu-west-2"))
    open_source(parse_source(repository.url), ask=False)
    remove_gpg_home(folder)
    with pytest.raises(FileError, match="has no signature that git trusts"):
        open_source(parse_source(repository.url), ask=False)
