"""Transcripts of every command: what each prints and writes, without what varies by chance.

``python -m tests.transcripts FOLDER`` writes one file for each scenario. Two trees whose
transcripts are equal look the same to a user: made before and after a change of names or layout,
and compared (``diff -r``), they show each byte of output, history and ~/.aws that changed.
"""

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.standins.aws import Aws, serving
from tests.standins.cli_runner import AWSPROF, run_unchecked

_CONFIG = """\
# My profiles. Comments stay.
[default]
region = eu-west-1

[profile old-laptop]
region = eu-west-1
output = json

[profile admin]
role_arn = arn:aws:iam::210987654321:role/Admin
source_profile = base
region = eu-west-1

[profile broken]
role_arn = arn:aws:iam::210987654321:role/Nobody
source_profile = bsae

[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1

[profile dev]
sso_session = corp
sso_account_id = 345678901234
sso_role_name = ReadOnlyAccess
region = us-east-1
"""

_CREDENTIALS = """\
[old-laptop]
aws_access_key_id = {id}
aws_secret_access_key = {secret}
"""


@dataclass
class Scenario:
    """Commands that are run one after the other in one HOME, and what each takes on stdin."""

    name: str
    commands: tuple[str, ...]
    config: str = ""
    credentials: str = ""
    stdin: dict[str, str] = field(default_factory=dict)


_LOOK = (
    "list",
    "list --tree",
    "list --json",
    "show admin",
    "show admin --json",
    "show broken",
    "show old-laptop",
    "doctor --offline",
    "doctor --offline --json",
    "doctor --list-checks",
    "doctor --explain source-missing",
    "doctor",
    "doctor --json",
    "doctor --html page.html",
    "settings",
    "history",
)

SCENARIOS = (
    Scenario(
        "help",
        (
            "--version",
            "--help",
            *(
                f"{words} --help"
                for words in (
                    *("setup", "add", "add keys", "add role", "add sso", "add process", "list"),
                    *("show", "set", "unset", "rename", "copy", "remove", "undo", "history"),
                    *(
                        "settings",
                        "doctor",
                        "login",
                        "logout",
                        "sso",
                        "sso discover",
                        "exec",
                        "env",
                    ),
                    *(
                        "console",
                        "use",
                        "shell-init",
                        "completion",
                        "policy",
                        "keys",
                        "keys import",
                    ),
                    *("keys move", "keys list", "keys rotate", "keys activate", "keys deactivate"),
                    *("keys delete", "keys stop", "keys audit", "mfa", "mfa enable", "mfa resync"),
                    *("mfa list", "mfa keep-seed", "mfa forget-seed", "credential-process"),
                )
            ),
            "nosuch",
            "list --nosuch",
            "show nosuch",
            "completion bash",
            "completion zsh",
            "completion fish",
            "shell-init bash",
            "shell-init fish",
            "policy assume-with-mfa --account 123456789012",
            "policy manage-own-keys",
            "policy stop-keys",
            "",
        ),
    ),
    Scenario("looking", _LOOK, _CONFIG, _CREDENTIALS),
    Scenario(
        "editing",
        (
            "set old-laptop output table --dry-run",
            "set old-laptop output table --yes",
            "set old-laptop output table --yes",
            "unset old-laptop output --yes",
            "set nosuch region eu-west-1 --yes",
            "rename old-laptop laptop --yes",
            "copy laptop again --yes",
            "remove again --yes",
            "remove base --yes",
            "rename admin laptop --yes",
            "history",
            "undo --yes",
            "undo --yes",
            "settings key-age 60",
            "settings key-age no",
            "settings nosuch",
            "list",
        ),
        _CONFIG,
        _CREDENTIALS,
    ),
    Scenario(
        "adding",
        (
            "add keys base --access-key-id {id} --secret-stdin --region eu-west-1 --dry-run",
            "add keys base --access-key-id {id} --secret-stdin --region eu-west-1 --yes",
            "add keys base --access-key-id nonsense --secret-stdin --yes",
            "add role admin --role-arn arn:aws:iam::210987654321:role/Admin --source base --yes",
            "add role none --role-arn arn:aws:iam::210987654321:role/None --source base --yes",
            "add role wrong --role-arn arn:nonsense --source base --yes",
            "add sso dev --session corp --start-url https://example.awsapps.com/start"
            " --sso-region eu-west-1 --account 345678901234 --role ReadOnlyAccess --yes",
            "add process legacy --command /bin/false --no-verify --yes",
            "sso discover corp --region eu-west-1 --yes",
            "list",
            "list --tree",
            "doctor",
            "exec admin -- /bin/sh -c 'echo $AWS_REGION'",
            "exec nosuch -- true",
            "env admin --shell bash",
            "env admin --shell json",
            "credential-process admin",
            "credential-process nosuch",
            "console admin --print",
            "login --session corp",
            "login base",
            "logout admin",
            "logout --all",
            "keys list",
            "keys list --json",
            "keys rotate base --yes",
            "keys list",
            "keys rotate base --now --yes",
            "keys audit {id}",
            "mfa list base",
            "history",
            "undo --yes",
            "remove legacy --yes",
            "keys stop base --dry-run",
        ),
        stdin={"--secret-stdin": "{secret}\n"},
    ),
    Scenario(
        "mending",
        (
            "doctor --fix --dry-run --offline",
            "doctor --fix --yes --offline",
            "undo --yes",
            "keys move --all --yes",
            "doctor",
            "keys list",
            "undo --yes",
        ),
        _CONFIG.replace("[profile broken]", "[broken]") + "[profile admin]\noutput = json\n",
        _CREDENTIALS,
    ),
)


@contextmanager
def _machine(scenario: Scenario) -> Iterator[tuple[Path, dict[str, str]]]:
    """A HOME with the scenario's files, an AWS that knows its people, and what to fill in."""
    with tempfile.TemporaryDirectory() as folder, serving(Aws()) as aws:
        home = Path(folder) / "alice"
        (home / ".aws").mkdir(parents=True, mode=0o700)
        home.chmod(0o700)
        aws.approve_at_once = True
        aws.accounts["345678901234"] = ("Prod", ("ReadOnlyAccess", "AdministratorAccess"))
        aws.role("Admin")
        aws.device("alice")
        key = aws.user("alice")
        fill = {"{id}": key.id, "{secret}": key.secret}
        for name, text in (("config", scenario.config), ("credentials", scenario.credentials)):
            if text:
                path = home / ".aws" / name
                path.write_text(_filled(text, fill))
                path.chmod(0o600)
        kept = dict(os.environ)
        for name in [n for n in os.environ if n.startswith(("AWS", "XDG", "DBUS", "SSH"))]:
            del os.environ[name]
        os.environ.update(aws.environment)
        os.environ.update(
            HOME=str(home),
            AWSPROF_PASSPHRASE="only for the transcripts",
            AWS_EC2_METADATA_DISABLED="true",
            NO_PROXY="127.0.0.1",
            NO_COLOR="1",
            SHELL="/bin/bash",
        )
        before = Path.cwd()
        os.chdir(home)
        try:
            yield home, fill
        finally:
            os.chdir(before)
            os.environ.clear()
            os.environ.update(kept)


def _filled(text: str, fill: dict[str, str]) -> str:
    for word, value in fill.items():
        text = text.replace(word, value)
    return text


class _Steady:
    """Replaces what differs from run to run by what does not."""

    def __init__(self, home: Path, secret: str) -> None:
        self._home = str(home)
        self._secret = secret
        self._ids: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        text = (
            text.replace(self._home, "~")
            .replace(self._secret, "SECRET")
            .replace(AWSPROF, "PROGRAM")
        )
        text = re.sub(r"\b(A[KS]IA)[A-Z0-9]{16}\b", lambda m: self._named(m[0], m[1]), text)
        text = re.sub(r"\b[0-9a-f]{32,64}\b", lambda m: self._named(m[0], "hex"), text)
        text = re.sub(r"(127\.0\.0\.1|localhost):\d+", r"\1:PORT", text)
        text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|\+00:00)?", "TIME", text)
        text = re.sub(r"\b\d{8}T?-?\d{6}\w*(-\w+)?", "STAMP", text)
        text = re.sub(r"\b\d\d:\d\d\b", "HH:MM", text)
        text = re.sub(r"\b\d+\.\d+ s\b", "N.N s", text)
        text = re.sub(r'"took_seconds": [\d.]+', '"took_seconds": N', text)
        text = re.sub(r"botocore-session-\d+", "botocore-session-N", text)
        tokens = r"(Secret\w*|SECRET_ACCESS_KEY|TOKEN|Token)([\"'=: ]+)[^\s\"']{16,}"
        text = re.sub(tokens, r"\1\2***", text)
        text = re.sub(r"(SigninToken|code|state)=[\w%.-]+", r"\1=***", text)
        return re.sub(r"\b\d+ (minutes|min|hours|h|seconds|s)\b", r"N \1", text)

    def _named(self, value: str, kind: str) -> str:
        return self._ids.setdefault(value, f"{kind}-{len(self._ids) + 1}")


def transcript(scenario: Scenario) -> str:
    """Everything that the scenario's commands print, and the files after each that changed them."""
    with _machine(scenario) as (home, fill):
        steady, said, before = _Steady(home, fill["{secret}"]), [], ""
        for command in scenario.commands:
            words = shlex.split(_filled(command, fill))
            given = next((text for flag, text in scenario.stdin.items() if flag in command), "")
            done = run_unchecked(*words, stdin=_filled(given, fill))
            files = _files(home)
            said.append(f"$ awsprof {command}\n{done.stdout}")
            if done.stderr:
                said.append("--- stderr\n" + done.stderr)
            said.append(f"--- exit {done.returncode}\n")
            if files != before:
                said.append(files)
            before = files
        return steady("".join(said))


def _files(home: Path) -> str:
    """AWS's two files, and ours by name, as they are now."""
    shown = []
    for name in ("config", "credentials"):
        path = home / ".aws" / name
        if path.exists():
            shown.append(f"--- ~/.aws/{name}\n{path.read_text()}")
    ours = sorted((home / ".local").rglob("*"))
    shown += [
        f"--- {path.relative_to(home)}\n{path.read_text()}\n"
        for path in ours
        if path.is_file() and path.suffix in {".toml", ".json"}
    ]
    return "".join(shown)


def main() -> None:
    """Write the transcripts into the folder that is named."""
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for scenario in SCENARIOS:
        (folder / f"{scenario.name}.txt").write_text(transcript(scenario))


if __name__ == "__main__":
    main()
