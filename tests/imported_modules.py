"""The modules that commands import which people wait for, by ``python -X importtime``.

``python -m tests.imported_modules`` writes them to ``tests/unit/imported_modules/``, a file for
each path; ``tests/unit/test_imported_modules.py`` holds what is imported against these lists.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from tests.standins import surroundings
from tests.standins.aws import ACCOUNT, Aws, serving

LISTS = Path(__file__).parent / "unit" / "imported_modules"
PROGRAM = "import sys; from awsprof.__main__ import main; sys.exit(main())"  # as pip's script
_ROLE = "arn:aws:iam::210987654321:role/Audit"
_PASSPHRASE = "only for the lists"
_TEAM = """\
version = 1
[profile.team]
region = "eu-west-3"
"""


def imported(*words: str, env: Mapping[str, str]) -> set[str]:
    """All modules that a command line imports; raises CalledProcessError unless it does well."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", PROGRAM, *words],
        env={**env, "PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rsplit("|", 1)[1].strip() for line in lines[1:]}


def listed(modules: set[str]) -> set[str]:
    """What a list has: modules of ours, and the names of other people's libraries."""
    names = set()
    for module in modules:
        top = module.split(".")[0]
        if top == "awsprof":
            names.add(module)
        elif top in {*sys.stdlib_module_names, "sitecustomize"} or top.startswith("_"):
            continue
        elif find_spec(top) is not None:  # what is not installed is only tried
            names.add(top)
    return names


class Paths:
    """A HOME with a few profiles, and the paths in an order in which each finds what it needs."""

    def __init__(self, home: Path, aws: Aws) -> None:
        self._aws = aws
        self._config = home / ".aws" / "config"
        self._env = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            **surroundings.RING,
            **aws.environment,
            "HOME": str(home),
            "AWSPROF_PASSPHRASE": _PASSPHRASE,
            "PYTHON_KEYRING_BACKEND": "awsprof.vault.encrypted_file.EncryptedFileKeyring",
        }
        home.joinpath(".aws").mkdir(mode=0o700, exist_ok=True)
        aws.approve_at_once = True
        aws.accounts[ACCOUNT] = ("Prod", ("ReadOnly",))
        self._config.write_text(
            f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
            "sso_registration_scopes = sso:account:access\n"
        )
        self._config.chmod(0o600)
        aws.role("Audit")
        self._key = aws.user("carol")

    def measured(self) -> Iterator[tuple[str, set[str]]]:
        """Each path's name and modules."""
        self._add()
        yield "session-new", imported("credential-process", "audit", env=self._env)
        for name, rest in (("exec", ("--", "true")), ("env", ("--shell", "bash"))):
            self._run(name, "audit", *rest)
            yield f"{name}-cached", imported(name, "audit", *rest, env=self._env)
        for name, words in _FILES.items():
            yield name, imported(*words, env=self._env)
        self._run("login", "--session", "corp", "--device-code")
        discover = ("sso", "discover", "corp", "--region", "eu-west-1", "--yes")
        yield "sso-discover", imported(*discover, env=self._env)
        yield "doctor", imported("doctor", "bare", env=self._env)
        (self._config.parent / "team.toml").write_text(_TEAM)
        source = str(self._config.parent / "team.toml")
        for command, options in (("apply", ["--yes"]), ("diff", [])):
            yield f"team-{command}", imported("team", command, source, *options, env=self._env)

    def _add(self) -> None:
        keys = ("--access-key-id", self._key.id, "--secret-stdin", "--region", "eu-west-1")
        self._run("add", "keys", "bare", *keys, "--yes", stdin=self._key.secret)
        role = ("--role-arn", _ROLE, "--source", "bare", "--region", "eu-west-1")
        self._run("add", "role", "audit", *role, "--yes")

    def _run(self, *words: str, stdin: str = "") -> None:
        command = [sys.executable, "-c", PROGRAM, *words]
        subprocess.run(
            command, env=self._env, input=stdin, capture_output=True, text=True, check=True
        )


_FILES = {
    "list": ("list",),
    "set": ("set", "bare", "region", "eu-west-2", "--no-verify", "--yes"),
    "rename": ("rename", "bare", "basis", "--yes"),
    "undo": ("undo", "--yes"),
    "doctor-offline": ("doctor", "--offline"),
}


def read_list(name: str) -> set[str]:
    """The list of a path."""
    return set((LISTS / f"{name}.txt").read_text().split())


def main() -> None:
    """Write all lists anew."""
    surroundings.join_a_keyring_of_our_own()
    LISTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serving(Aws()) as aws:
        for name, modules in Paths(Path(folder), aws).measured():
            lines = "".join(f"{module}\n" for module in sorted(listed(modules)))
            (LISTS / f"{name}.txt").write_text(lines)
            print(f"{name}: {len(lines.splitlines())}")


if __name__ == "__main__":
    main()
