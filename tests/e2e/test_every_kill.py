"""Every command that writes, ended by a signal before every system call that changes something.

Afterwards there is the old state or the new one, the next run ends well and leaves nothing half
done, and undo takes back what it names. ``AWSPROF_TEST_KILLS=all`` (make test-kills) tries all of
it; the normal run a part.
"""

import shutil
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from awsprof.editing.history import entries, history_vault_names
from awsprof.errors import AwsprofError
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.vault import Vault, open_vault
from tests.crash_runner import Ended, Runner, kill_runner
from tests.e2e.kills import ALL, SIGNALS, every_point, fast_home, half_done, quick_vaults
from tests.e2e.test_every_kill_at_aws import TABLE as AT_AWS
from tests.standins.aws import Aws
from tests.standins.secret_service import SecretService, running

__all__ = ["fast_home"]

KEY, OTHER, NEW = "AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE", "AKIAJEXAMPLEXEXAMPLE"
MADE_UP = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CONFIG = f"""\
[profile base]
credential_process = awsprof credential-process base --key {KEY}
region = eu-west-1

[profile admin]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = base

[profile spare]
credential_process = awsprof credential-process spare --key {OTHER}

[sso-session unused]
sso_start_url = https://y.awsapps.com/start
sso_region = eu-west-1

[default]
region = us-east-1
"""
CREDENTIALS = """\
[plain]
aws_access_key_id = {id}
aws_secret_access_key = {secret}
region = eu-west-1
"""
TEAM = """\
version = 1
[profile.shared]
region = "eu-west-1"
output = "json"
"""
ROLE = ("--role-arn", "arn:aws:iam::123456789012:role/Audit", "--source", "base")
PORTAL = ("--start-url", "https://x.awsapps.com/start", "--sso-region", "eu-west-1")
SSO = (*PORTAL, "--account", "123456789012", "--role", "Admin", "--session", "corp")


@dataclass(frozen=True)
class Kill:
    """A command that writes, and whether undo takes it back (what forgets a secret it cannot)."""

    words: tuple[str, ...]
    stdin: str = ""
    undoes: bool = True


NO = ("--no-verify", "--yes")
TABLE: Mapping[str, tuple[Kill, ...]] = {
    "add keys": (
        Kill(("add", "keys", "n", "--access-key-id", NEW, "--secret-stdin", *NO), MADE_UP),
    ),
    "add process": (Kill(("add", "process", "n", "--command", "/bin/true", *NO)),),
    "add role": (Kill(("add", "role", "n", *ROLE, *NO)),),
    "add sso": (Kill(("add", "sso", "n", *SSO, *NO)),),
    "copy": (Kill(("copy", "base", "n", "--yes")),),
    "doctor": (
        Kill(("doctor", "--offline", "--fix", "--yes")),
        Kill(("doctor", "--offline", "--html", "page.html"), undoes=False),
    ),
    "import": (Kill(("import", "awsume", *NO)),),
    "keys move": (Kill(("keys", "move", "plain", "--yes")),),
    "remove": (
        Kill(("remove", "admin", "--yes")),
        Kill(("remove", "--session", "unused", "--yes")),
        Kill(("remove", "spare", "--with-secret", "--yes"), undoes=False),
    ),
    "rename": (Kill(("rename", "base", "n", "--yes")),),
    "set": (
        Kill(("set", "admin", "duration_seconds", "3600", *NO)),
        Kill(("set", "plain", "region", "eu-central-1", *NO)),
    ),
    "settings": (
        Kill(("settings", "key-age", "60"), undoes=False),
        Kill(("settings", "vault", "file"), undoes=False),
    ),
    "team apply": (Kill(("team", "apply", "team.toml", "--yes")),),
    "team pull": (Kill(("team", "pull", "team.toml")),),
    "undo": (Kill(("undo", "--yes"), undoes=False),),
    "unset": (Kill(("unset", "base", "region", *NO)),),
}
# What changes something at AWS, too: killed at each step of theirs by tests of their own.
ELSEWHERE = {
    "keys rotate": "test_rotation_killed.py",
    "keys stop": "test_stop_killed.py",
    "setup": "test_wizard_killed.py",  # in a terminal
    "team generate": "test_team_generate.py",
}
# Asks a person for two codes and sends them in one call, which AWS takes or does not.
ONE_CALL = {"mfa resync"}
READS = {
    "completion",
    "console",
    "credential-process",
    "env",
    "exec",
    "help",
    "history",
    "keys audit",
    "keys list",
    "list",
    "mfa list",
    "policy",
    "team report",
    "prompt",
    "shell-init",
    "show",
    "team check",
    "team diff",
    "team export",
    "team schema",
    "team status",
    "whoami",
    "use",
}
# Those that the vault has a part in: the others are tried with one vault in the normal run.
VAULT = {"add keys", "import", "keys move", "remove", "settings"}


def leaves(command: click.Command, *names: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from leaves(each, *names, name)
    else:
        yield " ".join(names)


def test_every_command_is_in_the_table_or_only_reads() -> None:
    from awsprof.cli.root import awsprof_command

    every = sorted(leaves(awsprof_command))
    assert every == sorted([*TABLE, *AT_AWS, *ELSEWHERE, *ONE_CALL, *READS])
    for name in ELSEWHERE.values():
        assert Path(__file__).with_name(name).exists()


class Rig:
    """A machine with two keys in the vault and one in plain text, and the way back to that."""

    def __init__(
        self, home: Path, runner: Runner, aws: Aws, service: SecretService | None = None
    ) -> None:
        self.home, self.runner, self.service = home, runner, service
        self.setting = setting = "auto" if service else "file"
        plain = aws.user("carol")
        self.plain = plain.id
        credentials = CREDENTIALS.format(id=plain.id, secret=plain.secret)
        (home / ".aws").mkdir(mode=0o700)
        for name, text in (("config", CONFIG), ("credentials", credentials)):
            path = home / ".aws" / name
            path.write_text(text)
            path.chmod(0o600)
        (home / "team.toml").write_text(TEAM)
        self.vault: Vault = open_vault(NonInteractive(), setting)
        for key_id in (KEY, OTHER):
            self.vault.put(key_id, Secret(f"secret of {key_id}"))
        self.do("settings", "key-age", "80")
        if setting == "file":
            self.do("settings", "vault", "file")
        self.do("set", "base", "output", "json", "--no-verify", "--yes")
        self._template = home.with_name(home.name + "-template")
        shutil.copytree(home, self._template, symlinks=True)
        self.old = self.state()
        self.old_history = self.history()

    def do(self, *words: str, stdin: str = "") -> Ended:
        ended = self.runner.run(*words, stdin=stdin)
        assert ended.code in {0, 1}, (words, ended.said)
        assert "Internal error" not in ended.said
        return ended

    def reset(self) -> None:
        shutil.rmtree(self.home)
        shutil.copytree(self._template, self.home, symlinks=True)
        if self.service is not None:
            for key_id in (KEY, OTHER):
                self.vault.put(key_id, Secret(f"secret of {key_id}"))
            for name in self.held() - {KEY, OTHER}:  # what the history keeps for undo, too
                self.vault.delete(name)
            shutil.rmtree(self.home)
            shutil.copytree(self._template, self.home, symlinks=True)

    def held(self) -> set[str]:
        """The names of all that the keyring holds for awsprof, in the index or not."""
        return self.service.names() if self.service else set()

    def state(self) -> dict[str, object]:
        """What a person would call the state: both files, settings, and what the vault gives."""
        files = [self.home / ".aws" / name for name in ("config", "credentials")]
        found: dict[str, object] = {
            path.name: path.read_bytes() if path.exists() else None for path in files
        }
        page = self.home / "page.html"
        found["page"] = page.exists() and page.read_text().rstrip().endswith("</html>")
        settings = self.home / ".config" / "awsprof" / "settings.toml"
        text = settings.read_text() if settings.exists() else ""
        found["settings"] = text.replace('vault = "auto"\n', "")  # as it is without
        which = "file" if 'vault = "file"' in str(found["settings"]) else self.setting
        vault = open_vault(NonInteractive(), which)
        for key_id in (KEY, OTHER, NEW, self.plain):
            try:
                found[key_id] = vault.get(key_id).reveal() if vault.holds(key_id) else None
            except AwsprofError as exc:
                found[key_id] = exc.message
        found["held"] = self.held() - set(history_vault_names())  # those are for undo
        return found

    def history(self) -> list[tuple[str, ...]]:
        return [(e.id, e.summary) for e in entries() if not e.undone and not e.undoes]


@pytest.fixture
def rig(
    request: pytest.FixtureRequest,
    fast_home: Path,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    home = fast_home
    tmp_path = home.parent / "said"
    tmp_path.mkdir()
    quick_vaults(monkeypatch)
    if request.param == "file":
        with kill_runner(tmp_path) as runner:
            yield Rig(home, runner, aws)
        return
    with running() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        with kill_runner(tmp_path) as runner:
            yield Rig(home, runner, aws, service)


def points(kill: Kill, steps: tuple[str, ...], number: signal.Signals) -> list[int]:
    """At which steps: all, or some that differ from command to command and signal to signal."""
    if ALL:
        return every_point(steps, number)
    size = len(" ".join(kill.words))
    return [size * 7 % len(steps)] if number is SIGNALS[size % len(SIGNALS)] else []


ROWS = [
    (vault, name)
    for vault in ("file", "keyring")
    for name in TABLE
    if ALL or vault == "file" or name in VAULT
]


@pytest.mark.timeout(3600)  # on a busy machine, with a keyring, the longest takes half an hour
@pytest.mark.parametrize(("rig", "name"), ROWS, indirect=["rig"])
def test_killed(rig: Rig, name: str) -> None:
    for kill in TABLE[name]:
        if kill.words == ("settings", "vault", "file") and rig.setting == "file":
            continue
        rig.reset()
        whole = rig.runner.run(*kill.words, stdin=kill.stdin)
        assert whole.code in {0, 1}, whole.said
        new = rig.state()
        assert new != rig.old, (kill.words, whole.said)
        for number in SIGNALS:
            for at in points(kill, whole.steps, number):
                ended_well(rig, kill, number, at, whole.steps[at], new)


def ended_well(
    rig: Rig, kill: Kill, number: signal.Signals, at: int, step: str, new: dict[str, object]
) -> None:
    rig.reset()
    ended = rig.runner.run(*kill.words, stdin=kill.stdin, at=at, number=number)
    told = f"{' '.join(kill.words)}: {number.name} before step {at} ({step}): {ended.said}"
    if number is signal.SIGKILL:
        assert ended.code == -number, told
    else:
        # The last steps are the sentence that it is done: then the signal is not seen any more.
        assert ended.code in {128 + number, 0, 1}, told
    after = rig.do("history")
    told += f"\n--- the next run: {after.said}"
    now = rig.state()
    assert now in (rig.old, new), told
    assert half_done(rig.home) == [], told
    if now == rig.old:
        assert rig.history() == rig.old_history, told
    elif kill.undoes:
        undone = rig.do("undo", "--yes")
        back = rig.state()
        assert {**back, "settings": ""} == {**rig.old, "settings": ""}, told + undone.said
