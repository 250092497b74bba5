"""What the README shows, run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.standins.aws import Aws

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BIN = Path(sys.executable).parent


def block(heading: str) -> str:
    """The first shell block below a heading."""
    found = re.search(rf"^#+ {heading}$.*?^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def shell(script: str) -> str:
    env = {**os.environ, "PATH": f"{BIN}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-euc", script], env=env, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def ready(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The machine and the account that the README's scripts speak of; the script block."""
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    monkeypatch.chdir(tmp_path)
    key = aws.user("alice")
    aws.role("Admin")
    aws.accounts["123456789012"] = ("Main", ("Developer",))
    aws.approve_at_once = True
    (tmp_path / "secret.txt").write_text(key.secret + "\n")
    (home / "Downloads").mkdir()
    rows = f"Access key ID,Secret access key\r\n{key.id},{key.secret}\r\n"
    (home / "Downloads" / "alice_accessKeys.csv").write_text(rows)
    program = tmp_path / "credentials"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    script = block("For scripts").replace("AKIAIOSFODNN7EXAMPLE", key.id)
    return script.replace("/opt/corp/credentials", str(program))


def test_the_scripts_run_as_they_are_written(ready: str) -> None:
    shell(ready)
    listed = json.loads(shell("awsprof list --json"))["profiles"]
    kinds = {profile["name"]: profile["kind"] for profile in listed}
    assert kinds == {"base": "keys", "admin": "role", "dev": "sso", "legacy": "process"}


def test_the_json_has_the_fields_that_are_told(ready: str) -> None:
    shell(ready)
    told = README.partition("### JSON")[2].partition("\n## ")[0]
    listed = json.loads(shell("awsprof list --json"))
    shown = json.loads(shell("awsprof show admin --json"))
    for fields in (listed, listed["profiles"][0], shown, shown["chain"][0]):
        for name in fields:
            assert f"`{name}`" in told or f'"{name}"' in told, name
    assert [link["name"] for link in shown["chain"]] == ["admin", "base"]


def test_what_is_written_is_what_the_readme_shows(ready: str, home: Path) -> None:
    shell(ready)
    written = (home / ".aws" / "config").read_text()
    shown = README.partition("## What it writes")[2].partition("```ini\n")[2].partition("```")[0]
    admin = shown.partition("[profile admin]\n")[2].splitlines()
    for line in admin:
        if not line.startswith("region"):
            assert line in written.splitlines(), line


def test_the_pictures_are_there_and_ask_for_nothing_elsewhere() -> None:
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README, re.DOTALL):
        picture = (ROOT / path).read_text()
        assert picture.lstrip().startswith("<svg")
        assert set(re.findall(r"https?://[^\"' )]+", picture)) == {"http://www.w3.org/2000/svg"}
