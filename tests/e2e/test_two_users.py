"""Two ordinary users of one machine: what the second can read, plant, forge, signal or lock.

The first runs every command with a umask of 0, so that only what awsprof itself does keeps the
second out, in a home that everybody may enter. Tried, command by command: to read and to write each
file that it left, to put files into its folders and to lock its locks; and apart from commands, to
plant a credential_process, to signal and to look into a running awsprof. Fetching a sign-in link
first, and forging a sign-in, are tried in tests/unit/auth/test_loopback.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.standins.aws import Aws, serving
from tests.standins.cli_runner import AWSPROF
from tests.standins.every_command import every_command
from tests.standins.users import FIRST, SECOND, need_root, python_as

KEY_FLAGS = ("--secret-stdin", "--no-verify", "--yes")
# Every command that there is, as the first user runs it. {id} is the key, {url} is AWS.
COMMANDS: Mapping[str, str] = {
    "add keys": "base --access-key-id {id} --secret-stdin --no-verify --yes",
    "add role": "admin --role-arn arn:aws:iam::210987654321:role/Admin --source base --yes",
    "add sso": "dev --session corp --start-url {url}/start --sso-region eu-west-1"
    " --account 345678901234 --role ReadOnly --no-verify --yes",
    "add process": "tool --command /bin/false --no-verify --yes",
    "set": "admin region eu-west-1 --yes",
    "unset": "admin region --yes",
    "copy": "admin other --yes",
    "rename": "other another --yes",
    "remove": "another --yes",
    "undo": "--yes",
    "history": "",
    "help": "keys rotate",
    "list": "",
    "show": "base",
    "whoami": "base",
    "settings": "key-age 80",
    "login": "--session corp --device-code",
    "sso discover": "corp --yes",
    "credential-process": "admin",
    "exec": "admin -- true",
    "env": "admin",
    "use": "admin --shell bash",
    "prompt": "",
    "shell-init": "bash",
    "completion": "bash",
    "console": "admin --print",
    "doctor": "--html {home}/page.html",
    "policy": "manage-own-mfa",
    "keys list": "",
    "team report": ".",
    "keys audit": "",
    "import": "awsume --yes",
    "keys import": "more --stdin --yes",
    "keys move": "base --yes",
    "keys rotate": "base --now --yes",
    "keys deactivate": "base --yes",
    "keys activate": "base --yes",
    "keys delete": "base --yes",
    "keys stop": "base --yes",
    "mfa enable": "base --keep-seed --yes",
    "mfa keep-seed": "base --yes",
    "mfa forget-seed": "base --yes",
    "mfa list": "",
    "mfa resync": "base",
    "setup": "sso",
    "team export": "",
    "team apply": "{home}/team.toml --yes",
    "team check": "{home}/team.toml",
    "team schema": "",
    "team generate": "{home}/accounts.toml --from corp",
    "team diff": "",
    "team pull": "",
    "team status": "",
    "logout": "--all",
}
TRY = """
import fcntl, json, os, stat, sys
reached = []
for root, folders, files in os.walk(sys.argv[1]):
    places = [(os.path.join(root, name), os.O_RDONLY) for name in files]
    places += [(os.path.join(root, name), os.O_WRONLY) for name in files]
    for path, flags in places:
        try:
            found = os.open(path, flags | os.O_NONBLOCK)
        except OSError:
            continue
        reached.append(["read" if flags == os.O_RDONLY else "write", path])
        try:
            fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
            reached.append(["lock", path])
        except OSError:
            pass
        os.close(found)
    for folder in (root, *(os.path.join(root, name) for name in folders)):
        try:
            path = os.path.join(folder, "planted")
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            os.unlink(path)
            reached.append(["plant", folder])
        except OSError:
            pass
print(json.dumps(reached))
"""


@dataclass
class First:
    """The first user: a home, and an AWS."""

    home: Path
    environment: dict[str, str]
    id: str
    secret: str
    url: str

    def words(self, *words: str) -> list[str]:
        """awsprof as this user runs it. One right of root's stays: to read the tests' Python."""
        drop = ["setpriv", f"--reuid={FIRST}", f"--regid={FIRST}", "--clear-groups"]
        reading = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search"]
        umask = ["sh", "-c", 'umask 0; exec "$@"', "-"]
        return [*drop, *reading, "--", *umask, AWSPROF, *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.words(*words),
            env=self.environment,
            input=f"{self.id}\n{self.secret}\n" if "import" in words else f"{self.secret}\n",
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    need_root()
    with serving(Aws()) as running:
        running.approve_at_once = True
        running.role("Admin")
        running.accounts["345678901234"] = ("Prod", ("ReadOnly",))
        yield running


@pytest.fixture(scope="module")
def first(aws: Aws) -> Iterator[First]:
    home = Path(tempfile.mkdtemp(prefix="two-users-", dir="/tmp"))
    home.chmod(0o755)
    os.chown(home, FIRST, FIRST)
    environment = {
        **aws.environment,
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "AWSPROF_PASSPHRASE": "correct horse battery staple",
        "AWSPROF_KERNEL_KEYRING": "session",
        "LC_ALL": "C.UTF-8",
    }
    key = aws.user("alice")
    yield First(home, environment, key.id, key.secret, aws.url)
    shutil.rmtree(home)


def test_every_command_is_in_the_table() -> None:
    assert set(every_command()) == set(COMMANDS)


@pytest.mark.timeout(600)
def test_the_second_gets_at_nothing_whatever_the_first_runs(first: First) -> None:
    reached: dict[str, list[object]] = {}
    generated = str(first.home / "accounts.toml")
    for name, rest in COMMANDS.items():
        filled = rest.format(id=first.id, url=first.url, home=first.home)
        done = first.run(*name.split(), *filled.split())
        assert "Traceback" not in done.stderr
        found = json.loads(python_as(SECOND, TRY, str(first.home)))
        # What goes into the team's repository is as readable as the rest of it.
        found = [[how, path] for how, path in found if how == "write" or path != generated]
        if found:
            reached[name] = found
    assert reached == {}
    # What was looked at was there: config, token cache, vault, history, index, settings, page.
    left = [path for path in first.home.rglob("*") if path.is_file()]
    names = {path.name for path in left}
    assert {"config", "vault.bin", "settings.toml", "page.html"} <= names
    assert len(left) > 10


@pytest.mark.parametrize("name", ["credential-process", "exec", "env", "doctor", "console", "list"])
@pytest.mark.parametrize("planted", ["file", "folder"])
def test_a_command_that_the_second_planted_is_not_run(
    name: str, planted: str, first: First
) -> None:
    shared = Path(tempfile.mkdtemp(prefix="shared-", dir="/tmp"))
    try:
        mark, config = shared / "ran", shared / "aws" / "config"
        config.parent.mkdir()
        config.write_text(f"[profile admin]\ncredential_process = /bin/sh -c 'touch {mark}'\n")
        shared.chmod(0o1777)
        os.chown(config, FIRST, FIRST)
        os.chown(config.parent, FIRST, FIRST)
        if planted == "file":
            os.chown(config, SECOND, SECOND)
        else:
            os.chown(config.parent, SECOND, SECOND)
        rest = {"exec": ("admin", "--", "true"), "doctor": (), "list": ()}.get(name, ("admin",))
        environment = {**first.environment, "AWS_CONFIG_FILE": str(config)}
        done = First(first.home, environment, "", "", "").run(name, *rest)
        assert not mark.exists()
        if name in {"credential-process", "env"}:
            assert "is not run" in done.stderr
            assert f"belongs to {SECOND}" in done.stderr
        if name == "doctor":
            assert "config-in-writable-place" in done.stdout + done.stderr
    finally:
        shutil.rmtree(shared)


def test_a_running_awsprof_can_be_neither_signalled_nor_looked_into(first: First) -> None:
    words = first.words("add", "keys", "x", "--access-key-id", first.id, *KEY_FLAGS)
    with subprocess.Popen(
        words, env=first.environment, cwd=first.home, stdin=-1, stdout=-1, stderr=-1
    ) as child:
        time.sleep(1)
        code = (
            "import os, sys\npid = int(sys.argv[1])\nfound = []\n"
            "try:\n    os.kill(pid, 15)\n    found.append('signal')\nexcept OSError: pass\n"
            "for name in ('environ', 'mem', 'maps', 'fd/0', 'auxv'):\n"
            "    try:\n        open(f'/proc/{pid}/{name}', 'rb').read(1)\n"
            "        found.append(name)\n    except OSError: pass\nprint(found)"
        )
        assert python_as(SECOND, code, str(child.pid)) == "[]"
        assert child.poll() is None
        child.kill()
