"""What the README and the pages beside it show, run."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awsprof import settings
from awsprof.doctor.checks import all_checks
from tests.requirements import need
from tests.standins.aws import Aws
from tests.standins.devices import STEP

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / name).read_text() for name in ("README.md", "README.ja.md")}
README = PAGES["README.md"]
COMMANDS, JSON, FILES, MIGRATING = (
    (ROOT / "docs" / f"{name}.md").read_text()
    for name in ("commands", "json", "files", "migrating")
)
BIN = Path(sys.executable).parent
AWS_CLI = ROOT / ".venv-awscli" / "bin"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(heading: str, page: str) -> str:
    """The first shell block below a heading."""
    found = BLOCK.search(page, page.index(f"# {heading}\n"))
    assert found is not None, heading
    return found[1]


def shell(script: str) -> str:
    env = {**os.environ, "PATH": f"{BIN}:{AWS_CLI}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-euc", script], env=env, capture_output=True, text=True, timeout=300, check=False
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
    script = block("For scripts", COMMANDS).replace("AKIAIOSFODNN7EXAMPLE", key.id)
    return script.replace("/opt/corp/credentials", str(program))


def test_the_scripts_run_as_they_are_written(ready: str) -> None:
    shell(ready)
    listed = json.loads(shell("awsprof list --json"))["profiles"]
    kinds = {profile["name"]: profile["kind"] for profile in listed}
    assert kinds == {"base": "keys", "admin": "role", "dev": "sso", "legacy": "process"}


def test_the_json_has_the_fields_that_are_told(ready: str) -> None:
    shell(ready)
    listed = json.loads(shell("awsprof list --json"))
    shown = json.loads(shell("awsprof show admin --json"))
    for fields in (listed, listed["profiles"][0], shown, shown["chain"][0]):
        for name in fields:
            assert f"`{name}`" in JSON or f'"{name}"' in JSON, name
    assert [link["name"] for link in shown["chain"]] == ["admin", "base"]


def test_what_is_written_is_what_the_readme_shows(ready: str, home: Path) -> None:
    shell(ready)
    written = (home / ".aws" / "config").read_text()
    shown = FILES.partition("## What it writes")[2].partition("```ini\n")[2].partition("```")[0]
    admin = shown.partition("[profile admin]\n")[2].splitlines()
    for line in admin:
        if not line.startswith("region"):
            assert line in written.splitlines(), line


def minutes(page: str) -> list[str]:
    """The blocks of a page in which a profile is set up or used."""
    return [
        text for text in BLOCK.findall(page) if "awsprof add sso" in text or "--csv" in text
    ] + [text for text in BLOCK.findall(page) if "sso discover" in text]


def test_both_languages_show_the_same_commands() -> None:
    def bare(page: str) -> list[list[str]]:
        blocks = [*BLOCK.findall(page), *re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)]
        return [[line.partition("#")[0].rstrip() for line in b.splitlines()] for b in blocks]

    assert bare(PAGES["README.md"]) == bare(PAGES["README.ja.md"])
    assert "(README.ja.md)" in README and "(README.md)" in PAGES["README.ja.md"]


@pytest.mark.timeout(400)  # a dozen programs, one after the other
def test_a_minute_for_each_reader(ready: str, aws: Aws, home: Path, tmp_path: Path) -> None:
    need(AWS_CLI.exists(), "the AWS CLI in .venv-awscli: run make test once")
    device = aws.device("alice")
    aws.accounts["210987654321"] = ("Shop", ("Developer",))
    program = tmp_path / "code"
    ahead = device.at(int(time.time()) // STEP + 2)  # AWS takes it for the next two minutes
    program.write_text(f"#!/bin/sh\necho {ahead}\n")
    program.chmod(0o755)
    settings.put_setting("mfa", str(program))
    first, second, third = minutes(README)
    second = second.replace("arn:aws:iam::123456789012:mfa/alice", device.serial)
    assert shell(first).count("assumed-role/AWSReservedSSO_Developer") == 1
    assert "assumed-role/Admin" in shell(second)
    told = shell(third.replace("awsprof doctor ", "awsprof doctor || true "))
    assert "dev " in told and told.count("shop-developer") >= 2  # in the list, and beside output


def test_the_way_out_is_shown_and_tested() -> None:
    shown = block("Uninstall", README)
    tested = (ROOT / "tests" / "e2e" / "test_move_back.py").read_text()
    assert "awsprof keys move --back base" in shown and '"--back", "base"' in tested


def test_the_ids_in_the_table_of_failures_are_checks() -> None:
    known = {check.id for check in all_checks()}
    for page in PAGES.values():
        table = page[page.index("| --- | --- |\n| `vault-key-hidden`") :].partition("\n\n")[0]
        ids = re.findall(r"^\| `([a-z-]+)` \|", table, re.M)
        assert len(ids) > 5 and set(ids) <= known


@pytest.mark.parametrize(
    "name", [*PAGES, *(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md"))]
)
def test_the_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_the_pictures_are_there_and_ask_for_nothing_elsewhere() -> None:
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README, re.DOTALL):
        picture = (ROOT / path).read_text()
        assert picture.lstrip().startswith("<svg")
        assert set(re.findall(r"https?://[^\"' )]+", picture)) == {"http://www.w3.org/2000/svg"}
