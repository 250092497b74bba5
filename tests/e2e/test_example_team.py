"""examples/team: a team's repository, its CI job, and machines that use it, with real git."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import awsprof
from tests.documentation import ROOT, block
from tests.requirements import need
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, run, run_in_process

pytestmark = pytest.mark.timeout(300)
GIT = {"GIT_AUTHOR_NAME": "ci", "GIT_AUTHOR_EMAIL": "ci@example.com"}
GIT |= {"GIT_COMMITTER_NAME": "ci", "GIT_COMMITTER_EMAIL": "ci@example.com"}
URL = "git+https://git.example.com/platform/team-profiles.git"


class Repository:
    """A clone of the example, pushed to a bare repository that people fetch from."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.clone = folder / "origin.git", folder / "clone"
        shutil.copytree(ROOT / "examples" / "team", self.clone)
        self.git("init", "--quiet", "--bare", "--initial-branch", "main", str(self.origin))
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("remote", "add", "origin", str(self.origin))
        self.push("The team's profiles")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=self.clone,
            env={**os.environ, **GIT},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    def push(self, subject: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        self.git("push", "--quiet", "origin", "HEAD:main")

    def edit(self, before: str, after: str) -> None:
        team = self.clone / "team.toml"
        assert before in team.read_text()
        team.write_text(team.read_text().replace(before, after))

    def ci(self, job: str, code: int = 0) -> str:
        path = f"{Path(AWSPROF).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            [str(self.clone / "ci.sh"), job],
            env={**os.environ, **GIT, "PATH": path},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    @property
    def source(self) -> str:
        return f"git+file://{self.origin}@main"


@pytest.fixture
def repository(home: Path, tmp_path: Path) -> Repository:
    need(shutil.which("git") is not None, "git")
    return Repository(tmp_path)


def test_ci_refuses_a_file_with_an_error(repository: Repository) -> None:
    assert "valid" in repository.ci("check")
    repository.edit('region = "eu-west-1"\n\n# A profile', 'regoin = "eu-west-1"\n\n# A profile')
    assert "team.toml:17" in repository.ci("check", code=1)
    assert "usage" in repository.ci("nothing", code=2)


def test_ci_pushes_new_accounts_as_a_branch(repository: Repository, aws: Aws, home: Path) -> None:
    aws.approve_at_once = True
    aws.accounts["111122223333"] = ("Shop Prod", ("Developer", "ReadOnly"))
    aws.accounts["444455556666"] = ("Shop Test", ("Developer",))
    config = home / ".aws" / "config"
    config.parent.mkdir(mode=0o700)
    config.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
        "sso_registration_scopes = sso:account:access\n"
    )
    repository.ci("accounts")
    assert repository.git("ls-remote", "origin", "accounts") == ""  # nothing is new
    aws.accounts["777788889999"] = ("Data Lake", ("ReadOnly",))
    assert '+name = "data-lake"' in repository.ci("accounts")
    pushed = repository.git("show", "accounts:accounts.toml")
    assert 'name = "data-lake"\nid = "777788889999"' in pushed
    assert "what you add to them stays" in pushed
    assert "data-lake" not in repository.git("show", "main:accounts.toml")


def test_people_take_it_over_and_drift_is_told(repository: Repository) -> None:
    shown = block("examples/team/README.md", "A team's profiles").replace(f"{URL}@main", "{}")
    first, again, diff = (line.partition("#")[0].split()[1:] for line in shown.splitlines())
    source = repository.source
    run(*(source if word == "{}" else word for word in first), "--var", "user=alice", "--yes")
    names = [profile.name for profile in awsprof.list_profiles()]
    expected = {"audit", "shop-prod-Developer", "shop-prod-ReadOnly", "shop-test-Developer"}
    assert set(names) == expected
    assert [name for name, _ in awsprof.sessions(managed=True)] == names
    repository.ci("drift")
    run(*diff)
    run_in_process("set", "audit", "region", "us-east-1", "--yes", "--no-verify")
    assert "us-east-1" in repository.ci("drift", code=1)
    run_in_process("undo", "--yes")
    repository.edit('region = "eu-west-1"\n\n# A profile', 'region = "eu-north-1"\n\n# A profile')
    repository.push("Region of the SSO profiles")
    repository.ci("drift", code=1)  # the team moved on
    run(*again, "--yes")
    repository.ci("drift")
    regions = {profile.name: profile.region for profile in awsprof.list_profiles()}
    assert regions["shop-prod-ReadOnly"] == "eu-north-1"


def test_the_reports_of_the_machines_are_joined(repository: Repository, tmp_path: Path) -> None:
    run("team", "apply", repository.source, "--var", "user=alice", "--yes")
    run_in_process("set", "audit", "region", "us-east-1", "--yes", "--no-verify")
    folder = tmp_path / "reports"
    folder.mkdir()
    script = block("examples/team/README.md", "How the team stands")
    script = script.replace("/srv/reports", str(folder)).replace("--json >", "--offline --json >")
    env = {**os.environ, "PATH": f"{Path(AWSPROF).parent}:{os.environ['PATH']}"}
    words = ["sh", "-c", script]
    done = subprocess.run(
        words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=True
    )
    assert "1 machine, 1 with drift" in done.stdout
    (written,) = folder.glob("*.json")
    assert json.loads(written.read_text())["live"] is False
    assert "audit" in (tmp_path / "team.html").read_text()
