"""Secrets planted in every place and form show nowhere, whatever the command line is asked.

The lane knows no names: it walks the commands that there are, and a new one that stands in no
line of the table fails. It looks in what was printed, in every file, and in what programs that
were started had as arguments and environment.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standins.aws import Aws
from tests.standins.canary import BROKEN, Canaries, lines_with, plant, programs, recorder
from tests.standins.cli_runner import run_in_process, run_unchecked
from tests.standins.every_command import TABLE, every_command

PASSPHRASE = "mellon and friend"
# Those whose purpose is to hand credentials out: on stdout, and of the profile that is named.
HANDING_OUT = {"env", "credential-process"}
OF_PROFILES = [f"{form}-{file}" for form in ("secret_key", "json", "argument") for file in "ck"]
TEAM = """\
version = 1
[variables.user]
question = "Your user name?"
default = "alice"
[profile.team]
region = "eu-west-1"
role_session_name = "{user}"
[profile.plain]
region = "eu-west-2"
"""


def test_every_command_stands_in_the_table() -> None:
    assert sorted(every_command()) == sorted(TABLE)


class Lane:
    """A HOME with secrets everywhere, and what may see which."""

    def __init__(self, home: Path, aws: Aws, tmp: Path) -> None:
        self.home, self.aws, self.tmp = home, aws, tmp
        self.canaries = Canaries()
        self.work, self.plain, self.new = (aws.user(name) for name in ("work", "plain", "new"))
        for key in (self.work, self.plain, self.new):
            self.canaries.note(f"the key of {key.arn}", key.secret)
        aws.role("Admin")
        self.notes = tmp / "notes" / "started-"
        self.notes.parent.mkdir()
        self.program = recorder(tmp / "program", self.notes)
        self.csv, self.swapped = tmp / "keys.csv", tmp / "swapped.csv"
        head = "Access key ID,Secret access key\n"
        self.csv.write_text(f"{head}{self.new.id},{self.new.secret}\n")
        self.swapped.write_text(f"{head}{self.new.secret},{self.new.id}\n")
        self.team = tmp / "team.toml"
        self.team.write_text(TEAM)

    def plant(self, broken: str = "") -> None:
        words = ["add", "keys", "work", "--access-key-id", self.work.id, "--secret-stdin"]
        run_in_process(
            *words, "--region", "eu-west-1", "--no-verify", "--yes", stdin=self.work.secret
        )
        config = self.home / ".aws" / "config"
        session = (
            "[sso-session corp]\nsso_start_url = https://d-1234567890.awsapps.com/start\n"
            "sso_region = eu-west-1\n\n[profile corp]\nsso_session = corp\n"
            "sso_account_id = 123456789012\nsso_role_name = Admin\n\n"
            "[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/Admin\n"
            f"source_profile = work\n\n[profile prog]\ncredential_process = {self.program} go\n"
        )
        plain = (
            f"[plain]\naws_access_key_id = {self.plain.id}\n"
            f"aws_secret_access_key = {self.plain.secret}\n"
        )
        ours = {"config": f"{config.read_text()}\n{session}", "credentials": plain}
        plant(self.home, self.canaries, ours, broken=broken)
        self.meant = {config, config.with_name("credentials")}
        self.meant |= set((self.home / ".aws" / "sso" / "cache").iterdir())

    def lines(self, command: str) -> Iterator[tuple[list[str], str]]:
        """The words of each call, and what is given on stdin."""
        fill = {
            "work": self.work.id,
            "new": self.new.id,
            "new_secret": self.new.secret,
            "secret": self.canaries.key(f"an argument of {command}"),
            "seed": self.canaries.planted.setdefault("seed", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
            "page": str(self.home / "page.html"),
            "csv": str(self.csv),
            "swapped": str(self.swapped),
            "team": str(self.team),
            "program": str(self.program),
        }
        for line in TABLE[command]:
            for any_ in OF_PROFILES if "{any}" in line else ["-"]:
                words, _, stdin = line.partition("<")
                filled = [word.format(**fill, any=any_) for word in words.split()]
                yield [*command.split(), *filled], stdin.format(**fill)

    def call(self, words: list[str], stdin: str) -> None:
        command = next(name for name in (" ".join(words[:2]), words[0]) if name in TABLE)
        for debug in ([], ["--debug"]):
            done = run_unchecked(*debug, *words, stdin=stdin)
            called = " ".join([*debug, *words])
            self._note_new()
            own = done.stdout if command in HANDING_OUT else ""
            said = done.stderr + done.stdout.replace(own, "") if own else done.stdout + done.stderr
            seen = self.canaries.seen_in(said.encode())
            assert seen == [], (called, seen, lines_with(said, self.canaries))
            assert PASSPHRASE not in said, called
            self.look_in_files(called)
            self._look_at_started(called, words)

    def _note_new(self) -> None:
        for key in self.aws.keys.values():
            self.canaries.note(f"the secret of {key.id}", key.secret)
            self.canaries.note(f"the token of {key.id}", key.token)
        for user in (self.work, self.plain, self.new):
            for made in self.aws.moto.keys_of(user.arn, user.account):
                self.canaries.note(f"the secret of {made.id}", made.secret)

    def look_in_files(self, called: str) -> None:
        for path in self.home.rglob("*"):
            if path.is_file() and path not in self.meant:
                assert self.canaries.seen_in(path.read_bytes()) == [], f"{called}: {path}"
                assert PASSPHRASE.encode() not in path.read_bytes(), called

    def _look_at_started(self, called: str, words: list[str]) -> None:
        for path in self.notes.parent.iterdir():
            noted = path.read_text()
            path.unlink()
            # The command of exec has the credentials of its profile, and of no other.
            handed = self._of(words[1]) if words[0] == "exec" else set()
            told = set(self.canaries.seen_in(noted.encode())) - handed
            assert told == set(), f"{called}: {told}"
            assert PASSPHRASE not in noted, called

    def _of(self, profile: str) -> set[str]:
        """The secrets of one profile."""
        form, _, file = profile.rpartition("-")
        planted = f"{'config' if file == 'c' else 'credentials'} {form}: "
        places = {place for place in self.canaries.planted if place.startswith(planted)}
        if profile == "work":
            places |= {f"the key of {self.work.arn}", f"the secret of {self.work.id}"}
        return places


@pytest.fixture
def lane(home: Path, aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lane:
    monkeypatch.setenv("AWSPROF_PASSPHRASE", PASSPHRASE)
    made = Lane(home, aws, tmp_path)
    monkeypatch.setenv("PATH", programs(tmp_path / "bin", made.notes))
    monkeypatch.setenv("BROWSER", f"{made.program} %s")
    scratch = home / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    return made


GROUPS = (
    "list show setup help",
    "doctor",
    "add",
    "set unset",
    "rename copy remove undo history",
    "keys",
    "mfa policy settings completion",
    "login logout sso console use shell-init",
    "exec env credential-process whoami prompt",
    "import",
    "team",
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", GROUPS)
def test_no_planted_secret_is_seen(group: str, lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    lane.plant()
    for command in TABLE:
        if command.split()[0] in group.split():
            if command == "keys import":
                monkeypatch.setenv("AWS_ACCESS_KEY_ID", lane.new.secret)
                monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", lane.new.id)
            for words, stdin in lane.lines(command):
                lane.call(words, stdin)
            monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
            monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("broken", BROKEN)
def test_nor_in_a_file_that_no_sdk_can_read(broken: str, lane: Lane) -> None:
    lane.plant(broken)
    for words in (
        ["list"],
        ["list", "--json"],
        ["show", "default"],
        ["show", "default", "--json"],
        ["doctor", "--offline"],
        ["doctor", "--offline", "--json"],
        ["doctor", "--offline", "--html", str(lane.home / "page.html")],
        ["set", "default", "region", "eu-west-2", "--yes"],
        ["keys", "move", "--all", "--yes"],
        ["credential-process", "work"],
        ["env", "work"],
        ["doctor", "--fix", "--yes", "--offline"],
        ["undo", "--yes"],
    ):
        lane.call(words, "")


def test_the_groups_are_all_of_the_table() -> None:
    assert {command.split()[0] for command in TABLE} == set(" ".join(GROUPS).split())
