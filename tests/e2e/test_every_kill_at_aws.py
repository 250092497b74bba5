"""The commands that change something at AWS or sign somebody in, ended by a signal at each step.

What AWS has done cannot be taken back by a file's rename: afterwards there is the old state, the
new one, or a half that the same command, typed again, makes whole. ``AWSPROF_TEST_KILLS=all`` tries
all of it.
"""

import base64
import hashlib
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from awsprof.errors import AwsprofError
from awsprof.prompting import NonInteractive
from awsprof.secret import Secret
from awsprof.vault.session_cache import SessionCache
from awsprof.vault.vault import open_vault
from tests.crash_runner import Ended, Runner, kill_runner
from tests.e2e.key_rig import Credulous
from tests.e2e.kills import ALL, SIGNALS, every_point, fast_home, half_done, quick_vaults
from tests.standins.aws import ACCOUNT, Aws, Key
from tests.standins.moto_iam import UserKey
from tests.standins.secret_service import running

__all__ = ["fast_home"]

ARN = f"arn:aws:iam::{ACCOUNT}:user/alice"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/alice"
CODES = "/usr/bin/shuf -i 100000-999999 -n 1"
SEED = base64.b32encode(b"made up for the test").decode()
SEED_NAME = f"totp/{hashlib.sha256(SERIAL.encode()).hexdigest()}"
DEVICE = f"mfa_serial = {SERIAL}\n"


@dataclass(frozen=True)
class Kill:
    """A command: what is in the profile, and done before it; ``at_aws`` readies the stand-in.

    ``stops_at`` is what it says, with the mend, where AWS has a half that a person must judge.
    """

    words: tuple[str, ...]
    stdin: str = ""
    profile: str = ""
    before: tuple[tuple[str, ...], ...] = ()
    at_aws: Callable[["Rig"], object] = lambda rig: None
    stops_at: str = ""


def has_device(rig: "Rig") -> None:
    """Alice has a device whose every code is taken."""
    rig.aws.devices[SERIAL] = Credulous(SERIAL)


SIGNED_IN = ("login", "--session", "corp", "--device-code")
ASKS = f"{DEVICE}mfa_process = {CODES}\n"
TABLE: Mapping[str, tuple[Kill, ...]] = {
    "keys activate": (Kill(("keys", "activate", "OTHER", "--using", "base", "--yes")),),
    "keys deactivate": (Kill(("keys", "deactivate", "OTHER", "--using", "base", "--yes")),),
    "keys delete": (Kill(("keys", "delete", "OTHER", "--now", "--using", "base", "--yes")),),
    "keys import": (Kill(("keys", "import", "n", "--stdin", "--yes"), "NEW"),),
    "login": (
        Kill(("login", "base"), profile=ASKS, at_aws=has_device),
        Kill(SIGNED_IN),
    ),
    "logout": (
        Kill(("logout", "base"), profile=ASKS, before=(("login", "base"),), at_aws=has_device),
        Kill(("logout", "--all"), before=(SIGNED_IN,)),
    ),
    # The device may be somebody's who has its secret: it is not deleted without being named.
    "mfa enable": (
        Kill(
            ("mfa", "enable", "base", "--keep-seed", "--yes"),
            stops_at="aws iam delete-virtual-mfa-device",
        ),
    ),
    "mfa forget-seed": (
        Kill(
            ("mfa", "forget-seed", "base"),
            profile=DEVICE,
            before=(("mfa", "keep-seed", "base", "--yes"),),
        ),
    ),
    "mfa keep-seed": (Kill(("mfa", "keep-seed", "base", "--yes"), SEED, DEVICE),),
    "sso discover": (Kill(("sso", "discover", "corp", "--yes"), before=(SIGNED_IN,)),),
}


class Rig:
    """Alice with two keys, Bob's, which is in no vault yet, and a session of Identity Center."""

    def __init__(self, home: Path, runner: Runner, setting: str, aws: Aws, kill: Kill) -> None:
        self.home, self.runner, self.aws = home, runner, aws
        self.key, self.other = aws.user("alice"), aws.user("alice")
        self.new = aws.user("bob")
        aws.approve_at_once = True
        aws.accounts["210987654321"] = ("Prod", ("Admin", "ReadOnly"))
        self.vault = open_vault(NonInteractive(), setting)
        kill.at_aws(self)
        (home / ".aws").mkdir(mode=0o700)
        if setting == "file":
            self.run("settings", "vault", "file")
        self.run("keys", "import", "base", "--stdin", "--yes", stdin=self._lines(self.key))
        config = home / ".aws" / "config"
        text = config.read_text().rstrip("\n")
        session = f"sso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
        config.write_text(f"{text}\n{kill.profile}\n[sso-session corp]\n{session}")
        if "activate" in kill.words:
            self.run("keys", "deactivate", self.other.id, "--using", "base", "--yes")
        for words in kill.before:
            self.run(*words, stdin=SEED if "keep-seed" in words else "")
        self._keys = aws.moto.kept()
        self._at_aws = (dict(aws.devices), set(aws.tokens))
        self._sessions = self._cache.kept_keys()
        self._template = home.with_name(home.name + "-template")
        shutil.copytree(home, self._template, symlinks=True)
        self._secrets = self._held()
        self.old = self.state()

    @property
    def _cache(self) -> SessionCache:
        return SessionCache(lambda: self.vault)

    def _lines(self, key: Key | UserKey) -> str:
        return f"{key.id}\n{key.secret}\n"

    def run(
        self,
        *words: str,
        stdin: str = "",
        at: int | None = None,
        number: int = signal.SIGKILL,
        refused: bool = False,
    ) -> Ended:
        given = tuple(self.other.id if word == "OTHER" else word for word in words)
        lines = self._lines(self.new) if stdin == "NEW" else stdin
        ended = self.runner.run(*given, stdin=lines, at=at, number=number)
        assert refused or at is not None or ended.code in {0, 1}, (given, ended.said)
        assert "Internal error" not in ended.said
        return ended

    def reset(self) -> None:
        self._keys()
        self.aws.virtual.unassigned.clear()
        devices, tokens = self._at_aws
        self.aws.devices.clear()
        self.aws.devices.update(devices)
        self.aws.tokens.clear()
        self.aws.tokens.update(tokens)
        for name, secret in self._secrets.items():
            if secret is not None:
                self.vault.put(name, Secret(secret))
            elif self.vault.holds(name):
                self.vault.delete(name)
        shutil.rmtree(self.home)
        shutil.copytree(self._template, self.home, symlinks=True)

    def _held(self) -> dict[str, str | None]:
        names = (self.key.id, self.new.id, SEED_NAME)
        return {n: self.vault.get(n).reveal() if self.vault.holds(n) else None for n in names}

    def state(self) -> dict[str, object]:
        """Files, vault, sign-ins, and what AWS has; not what differs each time, like a token."""
        try:
            held: object = self._held()
        except AwsprofError as exc:
            held = exc.message
        cache = self.home / ".aws" / "sso" / "cache"
        seed = SEED_NAME
        if isinstance(held, dict) and held[seed] not in {None, SEED}:
            held[seed] = "one"
        return {
            "config": (self.home / ".aws" / "config").read_text(),
            "held": held,
            "tokens": len([p for p in cache.glob("*.json") if "accessToken" in p.read_text()]),
            "signed in": bool([k for k in self._cache.kept_keys() if "code/" not in k]),
            "keys": {k.id: k.active for k in self.aws.moto.keys_of(ARN, ACCOUNT)},
            "devices": (set(self.aws.devices), set(self.aws.virtual.unassigned)),
        }


@pytest.fixture(params=["file", "keyring"] if ALL else ["file"])  # make test-kills has both
def make(
    request: pytest.FixtureRequest,
    fast_home: Path,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[Kill], Rig]]:
    said = fast_home.parent / "said"
    said.mkdir()
    quick_vaults(monkeypatch)
    if request.param == "file":
        with kill_runner(said) as runner:
            yield lambda kill: Rig(fast_home, runner, "file", aws, kill)
        return
    with running() as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        with kill_runner(said) as runner:
            yield lambda kill: Rig(fast_home, runner, "auto", aws, kill)


EVERY = [(name, number) for name, kills in TABLE.items() for number in range(len(kills))]


@pytest.mark.timeout(3600)  # on a busy machine, with a keyring, the longest takes half an hour
@pytest.mark.parametrize(("name", "number"), EVERY)
def test_killed(make: Callable[[Kill], Rig], name: str, number: int) -> None:
    kill = TABLE[name][number]
    rig = make(kill)
    rig.reset()
    whole = rig.run(*kill.words, stdin=kill.stdin)
    new = rig.state()
    assert new != rig.old, (kill.words, whole.said)
    size = len(name)
    for signum in SIGNALS:
        if ALL:
            chosen = every_point(whole.steps, signum)
        else:
            chosen = [(size * 7 + number) % len(whole.steps)] if signum is SIGNALS[size % 3] else []
        for at in chosen:
            ended_well(rig, kill, signum, at, whole.steps[at], new)


def ended_well(
    rig: Rig, kill: Kill, number: signal.Signals, at: int, step: str, new: dict[str, object]
) -> None:
    rig.reset()
    ended = rig.run(*kill.words, stdin=kill.stdin, at=at, number=number)
    told = f"{' '.join(kill.words)}: {number.name} before step {at} ({step}): {ended.said}"
    # Steps that a thread takes may be fewer in this run: then it came to its end.
    expected = {-number, 0, 1} if number is signal.SIGKILL else {128 + number, 0, 1}
    assert ended.code in expected, told
    after = rig.run("history")
    told += f"\n--- the next run: {after.said}"
    assert half_done(rig.home) == [], told
    if rig.state() != new:
        again = rig.run(*kill.words, stdin=kill.stdin, refused=bool(kill.stops_at))
        told += f"\n--- again: {again.said}"
        stopped = kill.stops_at and again.code == 3 and kill.stops_at in again.said
        assert stopped or rig.state() == new, told
        assert half_done(rig.home) == [], told
