"""The programs of other people that use what awsprof writes: how each is asked who a profile is."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.requirements import need

ROOT = Path(__file__).parents[2]
FOREIGN = ROOT / "tests" / "foreign"
BUILT = ROOT / "build" / "interop"
_LIMIT = 240  # seconds for all profiles of one client


@dataclass(frozen=True)
class Answer:
    """What a client said of a profile: its ARN, or an error. ``seconds`` is what that took.

    ``stderr`` is what the programs that it started wrote past it.
    """

    arn: str
    error: str
    seconds: float
    stderr: str = ""


@dataclass(frozen=True)
class Client:
    """A client: its name in the docs, how it is started, and what it needs from this machine."""

    name: str
    command: tuple[str, ...]
    needs: tuple[Path, ...]
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> str:
        """What is not there of what it needs; "" if it can be started."""
        return ", ".join(str(path) for path in self.needs if not path.exists())

    def ask(
        self, profiles: Iterable[str], env: Mapping[str, str] | None = None
    ) -> dict[str, Answer]:
        """Who each profile is to it; "" asks for what the environment gives. No terminal."""
        done = subprocess.run(
            [*self.command, *profiles],
            env={**(os.environ if env is None else env), **self.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            start_new_session=True,
            check=False,
        )
        assert done.returncode == 0, f"{self.name}: {done.stdout}{done.stderr}"
        return {
            each["profile"]: Answer(
                each.get("arn", ""), each.get("error", ""), each["seconds"], done.stderr
            )
            for each in map(json.loads, done.stdout.splitlines())
        }


def all_clients(models: Path) -> list[Client]:
    """Every client. ``models`` is a folder for what leads an old AWS CLI 2 to the stand-in."""
    script, node = str(FOREIGN / "whoami.py"), _found("node")
    script_of_node, go = FOREIGN / "whoami.mjs", BUILT / "go" / "whoami"
    rust, classes = BUILT / "rust" / "whoami", BUILT / "java" / "classes"
    oldest, aio = _python("oldest"), _python("aiobotocore")
    cli_1 = ROOT / ".venv-awscli" / "bin" / "aws"
    jars = f"{classes}:{BUILT / 'java' / 'lib'}/*"
    # Profiles are asked one after another: a second compiler would only slow the first ones.
    java = (str(_found("java")), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", jars)
    python, cli_2 = sys.executable, ".".join(map(str, cli_2_version()[:2])) or "2"
    return [
        Client("boto3", (python, script, "boto3"), ()),
        Client("oldest boto3", (str(oldest), script, "boto3"), (oldest,)),
        Client("AWS CLI 1", (python, script, str(cli_1)), (cli_1,)),
        Client(
            f"AWS CLI {cli_2}", (python, script, str(CLI_2)), (CLI_2,), cli_2_environment(models)
        ),
        Client("aiobotocore", (str(aio), script, "aiobotocore"), (aio,)),
        Client("s3fs", (str(aio), script, "s3fs"), (aio,)),
        Client(
            "JavaScript",
            (str(node), str(script_of_node)),
            (node, FOREIGN / "node_modules" / "@aws-sdk"),
        ),
        Client("Go", (str(go),), (go,)),
        Client("Terraform", (str(go), "-base"), (go,)),
        Client("Rust", (str(rust),), (rust,)),
        Client("Java", (*java, "Whoami"), (_found("java"), classes)),
    ]


def installed_client(name: str, models: Path) -> Client:
    """The client of that name; the test is skipped if it is not there."""
    found = next(each for each in all_clients(models) if each.name == name)
    need(not found.missing, f"{name}: run make test once")
    return found


CLI_2 = Path("/usr/bin/aws")  # Debian's, whatever else PATH has


@cache
def cli_2_version() -> tuple[int, ...]:
    """The version of the AWS CLI 2; () if it is not installed."""
    if not CLI_2.exists():
        return ()
    said = subprocess.run([CLI_2, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"aws-cli/(2)\.(\d+)\.(\d+)", said)
    return tuple(int(each) for each in found.groups()) if found else ()


def cli_2_environment(models: Path) -> dict[str, str]:
    """What leads an AWS CLI that has no AWS_ENDPOINT_URL_STS yet (before 2.13) to the stand-in.

    botocore takes an endpoint from a rule set in a folder of AWS_DATA_PATH before its own.
    """
    if not () < cli_2_version() < (2, 13):
        return {}
    services = {
        "sts/2011-06-15": "STS",
        "sso/2019-06-10": "SSO",
        "sso-oidc/2019-06-10": "SSO_OIDC",
    }
    for place, name in services.items():
        endpoint = {"url": os.environ[f"AWS_ENDPOINT_URL_{name}"]}
        rules = [{"conditions": [], "endpoint": endpoint, "type": "endpoint"}]
        folder = models / place
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "endpoint-rule-set-1.json").write_text(
            json.dumps({"version": "1.0", "parameters": _PARAMETERS, "rules": rules})
        )
    return {"AWS_DATA_PATH": str(models)}


_PARAMETERS = {
    "Region": {"builtIn": "AWS::Region", "required": False, "type": "String", "documentation": ""},
}


def _found(program: str) -> Path:
    return Path(shutil.which(program) or f"/usr/bin/{program}")


def _python(name: str) -> Path:
    return ROOT / f".venv-{name}" / "bin" / "python"
