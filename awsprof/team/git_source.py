"""A team file in a git repository: git itself fetches it, with its credentials and proxies.

The commits go into a bare repository in awsprof's data directory. Nothing is checked out, so no
hook, filter, link or configuration of the team's repository takes effect: files are read as blobs
of one commit. The transports are https, ssh and file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final

from awsprof import locks, paths, trust
from awsprof.awsapi import subprocesses
from awsprof.awsapi.child_environment import clean_environment
from awsprof.errors import FileError, UsageError
from awsprof.masking.mask import for_display
from awsprof.team import limits
from awsprof.team.model import TEAM_FILE
from awsprof.team.source import SourceName
from awsprof.text import sanitize

SIGNATURE_SETTING: Final = "team-signature"
_LIMIT_S: Final = 120.0  # for a fetch, with the time that a person needs for a passphrase
_QUICK_S: Final = 20.0
_FETCHED: Final = "refs/awsprof/fetched"
_PLAIN: Final = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false"),
    *("-c", "protocol.ext.allow=never", "-c", "fetch.recurseSubmodules=false"),
    *("-c", "submodule.recurse=false", "-c", "safe.bareRepository=all"),  # ours is bare
)
# Variables that would make git work in another repository than ours.
_MOVES: Final = (
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"),
    *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_GRAFT_FILE"),
    *("GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR"),
)


@dataclass(frozen=True)
class Git:
    """How git is run. ``ask``: it may ask for a password or passphrase on the terminal."""

    ask: bool
    tell: Callable[[str], object] | None = None

    def run(self, folder: Path, *words: str, limit_s: float = _QUICK_S) -> bytes | None:
        """Runs git in ``folder``; returns its stdout, None if it fails.

        Raises AwsprofError if there is no git, or it takes too long.
        """
        done = self._finished(folder, words, limit_s, None)
        return None if done.code else done.stdout

    def require(self, folder: Path, *words: str, failed: str, fix: str) -> bytes:
        """Runs git as ``run`` does. Raises FileError, with git's own words, if it fails."""
        done = self._finished(folder, words, _LIMIT_S, self.tell)
        if done.code:
            why = _reason(done.stderr.decode(errors="replace"))
            why = f": {sanitize(for_display(why), 300).rstrip('.')}" if why else ""
            raise FileError(f"{failed}{why}.", fix)
        return done.stdout

    def _finished(
        self,
        folder: Path,
        words: tuple[str, ...],
        limit_s: float,
        tell: Callable[[str], object] | None,
    ) -> subprocesses.FinishedProgram:
        command = [_program(), "-C", str(folder), *_PLAIN, *words]
        if not self.ask:
            command[3:3] = ["-c", "core.askPass="]
        try:
            return subprocesses.run_program(
                command,
                limit_s=limit_s,
                env=self._environment(),
                tell=tell,
                most=limits.MAX_FILE_BYTES,
            )
        except subprocesses.ProgramTimeout as exc:
            raise FileError(
                f"git {words[0]} took longer than {limit_s:g} s.",
                "check the network, and try again",
            ) from exc
        except OSError as exc:
            raise FileError(f"git cannot be run: {exc}.", "check that git works") from exc

    def _environment(self) -> dict[str, str]:
        env = {k: v for k, v in clean_environment().items() if k not in _MOVES}
        env |= {
            "GIT_ALLOW_PROTOCOL": "https:ssh:file",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
        }
        if not self.ask:
            env = {k: v for k, v in env.items() if k not in {"GIT_ASKPASS", "SSH_ASKPASS"}}
            env |= {"GIT_TERMINAL_PROMPT": "0", "SSH_ASKPASS_REQUIRE": "never"}
        return env


def _reason(said: str) -> str:
    """Returns the line of git's stderr that says why; that of ssh, if ssh is the reason."""
    lines = said.strip().partition("\n\n")[0].splitlines()  # below it is advice
    if len(lines) > 1 and lines[-1].startswith("fatal: Could not read from remote"):
        lines.pop()
    fatal = [line for line in lines if line.startswith("fatal: ")]  # the next may be advice, too
    return (fatal or lines or [""])[-1].removeprefix("fatal: ")


def _program() -> str:
    found = shutil.which("git")
    if found is None:
        raise UsageError("There is no git on PATH.", "install git, or name a file or folder")
    program = os.path.realpath(found)
    weakness = trust.find_weakness(program)
    if weakness is not None:
        raise FileError(f"{weakness}, so awsprof does not run git.", weakness.fix)
    return program


class GitSource:
    """The files of one commit."""

    def __init__(self, git: Git, folder: Path, named: SourceName, commit: str) -> None:
        self._git, self._folder = git, folder
        self.commit, self.ref = commit, named.ref
        self.label = named.text
        inside = PurePosixPath(named.inside)
        is_file = inside.suffix == ".toml"
        self.name = inside.name if is_file else TEAM_FILE
        self._root = inside.parent if is_file else inside

    def read(self, relative: PurePosixPath) -> bytes:
        """Returns a file of the commit. Raises FileError if it is missing, a link or too large."""
        path = str(self._root / relative)
        shown = f"{sanitize(path)} of {sanitize(self.label)}"
        listed = self._git.run(self._folder, "ls-tree", "-z", "-l", self.commit, "--", path)
        entry, _, found = (listed or b"").rstrip(b"\0").partition(b"\t")
        if found.decode(errors="replace") != path:
            raise FileError(f"There is no file {shown}.", "check its name, and the ref")
        mode, _, blob, size = entry.decode().split()
        if mode not in {"100644", "100755"}:
            raise FileError(f"{shown} is a link or a folder.", "name a regular file")
        if int(size) > limits.MAX_FILE_BYTES:
            raise FileError(f"{shown} is too large.", "split it into several files")
        data = self._git.run(self._folder, "cat-file", "blob", blob)
        if data is None:
            raise FileError(f"{shown} cannot be read.", f"delete {self._folder}, and try again")
        return data

    def is_older_than(self, commit: str) -> bool | None:
        """True if this commit is no descendant of ``commit``; None if that is unknown here."""
        if commit == self.commit:
            return False
        if self._git.run(self._folder, "cat-file", "-e", f"{commit}^{{commit}}") is None:
            return None
        descends = self._git.run(self._folder, "merge-base", "--is-ancestor", commit, self.commit)
        return descends is None

    def is_ancestor_of(self, commit: str) -> bool:
        """True if ``commit``, which is here, is a descendant of this one."""
        words = ("merge-base", "--is-ancestor", self.commit, commit)
        return self._git.run(self._folder, *words) is not None

    def require_signature(self) -> None:
        """Raises FileError unless git finds a good signature that it trusts on the commit."""
        self._git.require(
            self._folder,
            "verify-commit",
            self.commit,
            failed=f"The commit {self.commit[:12]} has no signature that git trusts",
            fix="tell git whom to trust (git config --global gpg.ssh.allowedSignersFile FILE, or"
            " import the GPG key), or ask the team for a signed commit",
        )


def fetch_repository(named: SourceName, git: Git) -> GitSource:
    """Fetches the ref of a repository, and returns its files. Raises AwsprofError."""
    folder = _cache(named.url)
    locks.make_private_dir(folder)
    with locks.hold_lock(locks.lock_path(folder), purpose="fetching a team file", timeout=_LIMIT_S):
        git.require(
            folder,
            *("init", "--quiet", "--bare", "--template="),
            failed="The folder for the team's repository cannot be made",
            fix=f"delete {folder}, and try again",
        )
        git.require(
            folder,
            *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--force"),
            *("--no-recurse-submodules", "--", named.url, f"+{named.ref or 'HEAD'}:{_FETCHED}"),
            failed=f"git cannot fetch {sanitize(named.text)}",
            fix="check the address and the ref, and that git fetch works there",
        )
        commit = git.run(folder, "rev-parse", "--verify", "--quiet", f"{_FETCHED}^{{commit}}")
    if commit is None:
        raise FileError(
            f"{sanitize(named.text)} is not a commit.", "name a branch, a tag or a commit"
        )
    return GitSource(git, folder, named, commit.decode().strip())


def _cache(url: str) -> Path:
    return paths.data_dir() / "team" / f"{sha256(url.encode()).hexdigest()[:16]}.git"
