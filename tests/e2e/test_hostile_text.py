"""Every kind of text from outside, through every command: nothing hidden, and no forged line.

Names, keys, values and comments of the files; what programs print; AWS's and the portal's answers
and refusals, and answers that are none; the environment; arguments, stdin and names of files. The
lane walks the commands that there are: one that has no line in the table fails.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.standins import hostile_text
from tests.standins.cli_runner import run_unchecked
from tests.standins.every_command import TABLE, every_command
from tests.standins.hostile_text import LINE, PROFILE, TEXT, marks

PASSPHRASE = "mellon and friend"
# The commands by the first word, so that several workers share them.
GROUPS = (
    "list show setup history help",
    "doctor",
    "add set unset",
    "rename copy remove undo",
    "keys",
    "mfa policy settings completion",
    "login logout sso console use shell-init",
    "exec env credential-process whoami prompt",
    "import team",
)
SPEECH = ("refuses", "answers", "raw")
TEAM = """\
version = 1
[variables.user]
question = {0}
[profile.x]
region = {1}
{1} = {0}
[profile.{1}]
output = "json"
"""
ENVIRONMENT = (
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"),
    *("HTTPS_PROXY", "SHELL", "TERM", "BROWSER", "XDG_DATA_HOME", "AWS_CONFIG_FILE"),
    *("AWS_ACCESS_KEY_ID", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_MAX_ATTEMPTS"),
    *("AWSPROF_PASSPHRASE", "AWSPROF_MFA", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)


class Lane:
    """A HOME whose own name is hostile, with hostile files, a program and files to name."""

    def __init__(self, tmp: Path) -> None:
        self.home = tmp / f"home {LINE.replace('/', '')}"
        self.home.mkdir(mode=0o700)
        self.program = tmp / "program"
        said = repr(TEXT)
        self.program.write_text(
            f"#!{sys.executable} -I\nimport sys\nsys.stderr.write({said})\nsys.exit({said})\n"
        )
        self.program.chmod(0o755)
        hostile_text.plant(self.home, self.program)
        self.team = tmp / f"team {LINE.replace('/', '')}.toml"
        values = json.dumps(TEXT), json.dumps(LINE)
        self.team.write_text(TEAM.format(*values), encoding="utf-8")
        self.csv = tmp / f"keys {LINE.replace('/', '')}.csv"
        self.csv.write_text(f"{LINE},Access key ID\n{LINE},{LINE}\n", newline="")

    def lines(self, command: str) -> Iterator[tuple[list[str], str]]:
        fill = {
            **dict.fromkeys(("new", "new_secret", "secret"), TEXT),
            "work": "AKIAIOSFODNN7EXAMPLE",
            "seed": TEXT,
            "page": str(self.home / f"page {LINE.replace('/', '')}.html"),
            "csv": str(self.csv),
            "swapped": str(self.csv),
            "team": str(self.team),
            "program": str(self.program),
        }
        for line in TABLE[command]:
            for any_ in (PROFILE, "prog", "lost") if "{any}" in line else ("-",):
                words, _, stdin = line.partition("<")
                filled = [word.format(**fill, any=any_) for word in words.split()]
                yield [*command.split(), *filled], stdin.format(**fill)

    def call(self, words: list[str], stdin: str = "") -> None:
        done = run_unchecked(*words, stdin=stdin)
        for said in (done.stdout, done.stderr):
            assert marks(said) == [], (words, [line for line in said.split("\n") if marks(line)])


@pytest.fixture
def lane(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lane:
    made = Lane(tmp_path)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(made.home))
    monkeypatch.setenv("AWSPROF_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("BROWSER", f"{made.program} %s")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return made


def of_group(group: str) -> Iterator[str]:
    return (command for command in TABLE if command.split()[0] in group.split())


def test_every_command_is_asked() -> None:
    assert sorted(every_command()) == sorted(TABLE)
    assert sorted(name for group in GROUPS for name in of_group(group)) == sorted(TABLE)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("speech", SPEECH)
@pytest.mark.parametrize("group", GROUPS)
def test_of_files_and_of_aws(
    group: str, speech: str, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hostile_text.answering(speech) as url:
        for service in ("STS", "IAM", "SSO", "SSO_OIDC", "SIGNIN"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", url)
        for command in of_group(group):
            for words, stdin in lane.lines(command):
                lane.call(words, stdin)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["", "debug"])
def test_of_arguments(debug: list[str], lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for name, command in every_command().items():
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        texts = [TEXT] * len([p for p in arguments if p.required or p.nargs == -1])
        lane.call([*debug, *name.split(), *([TEXT] * len(arguments))])
        lane.call([*debug, *name.split(), f"--{TEXT}"])
        for option in command.params:
            if isinstance(option, click.Option) and not option.is_flag:
                lane.call([*debug, *name.split(), option.opts[0], TEXT, *texts])
    lane.call([*debug, TEXT])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_of_the_environment(variable: str, lane: Lane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv(variable, TEXT)
    for words in (
        ["list"],
        ["show"],
        ["doctor", "--offline"],
        ["doctor", "work", "--timeout", "5"],
        ["exec", "work", "--", "true"],
        ["credential-process", "work"],
        ["console", "work"],
        ["keys", "move", "work", "--yes"],
        ["settings"],
    ):
        lane.call(words)


@pytest.mark.parametrize("name", ["config", "credentials"])
@pytest.mark.parametrize(
    "line", [TEXT, f"[profile {TEXT}]", f"[{LINE}", f"a = b\n  {TEXT}", "\x00"]
)
def test_of_files_that_nobody_can_parse(name: str, line: str, lane: Lane) -> None:
    (lane.home / ".aws" / name).write_text(f"[default]\n{line}\n{line}\n", newline="")
    for words in (
        ["list"],
        ["--debug", "show", "default"],
        ["doctor", "--offline"],
        ["--debug", "set", "default", "region", "eu-west-1", "--yes"],
        ["keys", "move", "--all", "--yes"],
        ["credential-process", "default"],
        ["--debug", "env", "default"],
        ["doctor", "--offline", "--fix", "--yes"],
        ["history"],
        ["undo", "--yes"],
    ):
        lane.call(words)
