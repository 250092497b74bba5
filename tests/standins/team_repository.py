"""A real git repository on this machine that holds a team file, with its own settings of git."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.requirements import need


class TeamRepository:
    """A repository with one branch, main. ``commit`` returns the new commit's id."""

    def __init__(self, folder: Path) -> None:
        need(shutil.which("git") is not None, "git")
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "Team")
        self.git("config", "user.email", "team@example.com")
        self.git("config", "commit.gpgsign", "false")

    @property
    def url(self) -> str:
        """What `awsprof team apply` takes."""
        return f"git+{self.folder.as_uri()}@main"

    def commit(self, *options: str, **files: str) -> str:
        """Writes files (``team`` is team.toml) and commits them."""
        for name, text in files.items():
            path = self.folder / f"{name}.toml"
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "profiles", *options)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        """Runs git in the repository, and checks that it succeeds."""
        env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-C", str(self.folder), *words]
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def sign_commits(repository: TeamRepository, home: Path) -> None:
    """Has the repository sign its commits with an SSH key that this HOME's git trusts."""
    need(shutil.which("ssh-keygen") is not None, "ssh-keygen (openssh-client)")
    key = home / "signing"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "team", "-f", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    signers = home / "signers"
    signers.write_text(f"team@example.com {key.with_suffix('.pub').read_text()}")
    for name, value in (("gpg.format", "ssh"), ("user.signingkey", str(key))):
        repository.git("config", name, value)
    (home / ".gitconfig").write_text(
        f'[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tallowedSignersFile = {signers}\n'
    )
