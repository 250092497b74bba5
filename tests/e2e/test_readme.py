"""What the README and the pages beside it show, run."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

import awsprof
from awsprof import settings
from awsprof.doctor.checks import all_checks
from awsprof.team.state import managed_profiles
from tests.documentation import (
    Block,
    block,
    blocks,
    commands,
    mentions,
    pages,
    parse,
    require_known,
)
from tests.e2e import test_example_team
from tests.requirements import need
from tests.standins.aws import Aws
from tests.standins.devices import STEP
from tests.standins.sample_config import Machine, machine
from tests.standins.team_repository import TeamRepository
from tests.standins.tmux_screen import ENTER, Screen, screen

__all__ = ["machine"]

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / name).read_text() for name in ("README.md", "README.ja.md")}
README = PAGES["README.md"]
JSON, FILES = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("json", "files"))
BIN = Path(sys.executable).parent
AWS_CLI = ROOT / ".venv-awscli" / "bin"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shell(script: str, *before: Path) -> str:
    """What a script prints; ``before`` are folders whose programs come first."""
    path = ":".join(map(str, [*before, BIN, AWS_CLI]))
    env = {**os.environ, "PATH": f"{path}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-euc", script], env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def program(folder: Path, name: str, text: str) -> Path:
    """A program of the user's, in a folder that is theirs."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return folder


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
    credentials = program(tmp_path, "credentials", "#!/bin/sh\n") / "credentials"
    script = block("docs/commands.md", "For scripts").replace("AKIAIOSFODNN7EXAMPLE", key.id)
    return script.replace("/opt/corp/credentials", str(credentials))


@pytest.mark.long
def test_the_scripts_run_as_they_are_written(ready: str) -> None:
    shell(ready)
    listed = json.loads(shell("awsprof list --json"))["profiles"]
    kinds = {profile["name"]: profile["kind"] for profile in listed}
    assert kinds == {"base": "keys", "admin": "role", "dev": "sso", "legacy": "process"}


@pytest.mark.long
def test_the_json_has_the_fields_that_are_told(ready: str) -> None:
    shell(ready)
    listed = json.loads(shell("awsprof list --json"))
    shown = json.loads(shell("awsprof show admin --json"))
    for fields in (listed, listed["profiles"][0], shown, shown["chain"][0]):
        for name in fields:
            assert f"`{name}`" in JSON or f'"{name}"' in JSON, name
    assert [link["name"] for link in shown["chain"]] == ["admin", "base"]


TEAM = """version = 1
[profile.dev]
region = "eu-west-1"
"""
# Each command that prints JSON, but for `list` and `show`; some end with 1, for what they found.
JSON_COMMANDS = (
    *("doctor --json", "doctor --offline --json", "whoami '*' --json", "mfa list base --json"),
    *("exec '*' --json -- true", "keys list --json", "keys audit --using base --json"),
    *("keys audit base --json", "team check team.toml --json", "team diff team.toml --json"),
    *("team status --json", "team report reports --json"),
)


def fields(value: object) -> Iterator[str]:
    """The name of each field, at any depth; those of a person's own variables left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from () if name == "variables" else fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner)


@pytest.mark.long
@pytest.mark.timeout(400)
def test_every_json_has_only_fields_that_the_page_describes(ready: str, tmp_path: Path) -> None:
    shell(ready)
    (tmp_path / "team.toml").write_text(TEAM)
    (tmp_path / "reports").mkdir()
    shell("awsprof team apply team.toml --theirs dev --yes")
    shell("awsprof set dev region eu-north-1 --no-verify --yes")
    shell("awsprof doctor --json > reports/laptop.json || true")
    for command in JSON_COMMANDS:
        printed = shell(f"awsprof {command} || true")
        assert printed, command
        found = json.loads(printed)
        assert found["schema"] == 1, command
        told = {name for name in fields(found) if f"`{name}`" in JSON or f'"{name}"' in JSON}
        assert {*fields(found)} - told == set(), command


@pytest.mark.long
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


def test_both_languages_compare_alike_and_link_to_the_same_pages() -> None:
    def marks(page: str) -> list[list[str]]:
        rows = [line.split("|")[2:-1] for line in page.splitlines() if line.count("|") == 9]
        return [[re.sub("[^✓◐\u2013]", "", cell) for cell in row] for row in rows]

    english, japanese = PAGES["README.md"], PAGES["README.ja.md"]
    assert marks(english) == marks(japanese) and len(marks(english)) > 10
    links = [set(re.findall(r"\]\(([^)]+)\)", page)) for page in (english, japanese)]
    assert links[0] - {"README.ja.md"} == links[1] - {"README.md"}


@pytest.mark.long
@pytest.mark.timeout(400)  # a dozen programs, one after the other
def test_a_minute_for_each_reader(ready: str, aws: Aws, home: Path, tmp_path: Path) -> None:
    need(AWS_CLI.exists(), "the AWS CLI in .venv-awscli: run make test once")
    device = aws.device("alice")
    aws.accounts["210987654321"] = ("Shop", ("Developer",))
    ahead = device.at(int(time.time()) // STEP + 2)  # AWS takes it for the next two minutes
    folder = program(tmp_path / "bin", "code", f"#!/bin/sh\necho {ahead}\n")
    settings.put_setting("mfa", str(folder / "code"))
    first, second, third = minutes(README)
    second = second.replace("arn:aws:iam::123456789012:mfa/alice", device.serial)
    assert shell(first).count("assumed-role/AWSReservedSSO_Developer") == 1
    assert "assumed-role/Admin" in shell(second)
    told = shell(third.replace("awsprof doctor ", "awsprof doctor || true "))
    assert "dev " in told and told.count("shop-developer") >= 2  # in the list, and beside output


@pytest.mark.long
def test_a_minute_for_a_team(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = home / ".aws" / "config"
    config.parent.mkdir(mode=0o700)
    config.write_text("[profile shop-dev]\nregion = eu-west-1\n[profile mine]\noutput = json\n")
    before = config.read_text()
    export, *rest = block("README.md", "A team").splitlines()
    shell(export)
    repository = TeamRepository(tmp_path / "profiles")
    repository.commit(team=(tmp_path / "team.toml").read_text())
    address = "git+https://git.example.com/team-profiles.git@main"
    script = "\n".join(rest).replace(address, repository.url)
    assert repository.url in script
    shell(script)
    assert config.read_text() == before
    assert managed_profiles() == {"shop-dev": repository.url.removesuffix("@main")}


INSTALLER = """\
#!/bin/bash
# pipx and uv as they install from a clone; what awsprof needs is there already.
set -eu
[ "${*: -2}" = "install ." ]
"$PYTHON" -m venv --without-pip "$HOME/venv"
echo "$PACKAGES" > "$(echo "$HOME"/venv/lib/python3*/site-packages)/packages.pth"
"$PYTHON" -m pip -q --python "$HOME/venv" install -I --no-index --no-deps --no-build-isolation .
mkdir -p "$HOME/.local/bin"
ln -s "$HOME/venv/bin/awsprof" "$HOME/.local/bin/awsprof"
"""


@pytest.mark.long
@pytest.mark.parametrize("other", [False, True])
def test_it_installs_as_shown(
    home: Path, tmp_path: Path, other: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = block("README.md", "Install")
    first, alternative = re.fullmatch(r"(.+?) +# or: (.+)\n", shown).groups()  # type: ignore[union-attr]  # it must match
    line = alternative if other else first
    folder = program(tmp_path / "bin", line.split()[0], INSTALLER)
    monkeypatch.setenv("PYTHON", sys.executable)
    monkeypatch.setenv("PACKAGES", str(Path(click.__file__).parents[1]))
    monkeypatch.chdir(ROOT)
    shell(line, folder)
    installed = home / ".local" / "bin"
    assert shell("cd /; awsprof --version", installed) == f"awsprof {awsprof.__version__}\n"
    where = shell("cd /; $HOME/venv/bin/python -c 'import awsprof; print(awsprof.__file__)'")
    assert where.startswith(str(home))
    man = home / "venv" / "share" / "man" / "man1"
    assert ".SH EXAMPLES" in (man / "awsprof-doctor.1").read_text()


@contextmanager
def typed(script: str, *before: Path) -> Iterator[Screen]:
    """A script at a terminal, where somebody can be asked."""
    path = ":".join(map(str, [*before, BIN]))
    env = {**os.environ, "PATH": f"{path}:/usr/bin:/bin"}
    with screen("/bin/bash", "-euc", script, env=env) as shown:
        yield shown


@pytest.mark.long
def test_the_way_out_gives_the_key_back(machine: Machine, home: Path) -> None:
    with typed(block("README.md", "Uninstall")) as shown:
        shown.see("Write it into ~/.aws/credentials, for base")
        shown.press("y", ENTER)
        assert shown.ended() == 0, shown.text
    assert machine.key.id in shown.text and machine.key.secret not in shown.text
    assert machine.key.secret in (home / ".aws" / "credentials").read_text()


@pytest.mark.long
def test_coming_from_granted_as_shown(ready: str, home: Path) -> None:
    line = "credential_process = granted credential-process --profile"
    values = {"start_url": "https://example.awsapps.com/start", "region": "eu-west-1"}
    values |= {"account_id": "123456789012", "role_name": "Developer"}
    sso = "".join(f"granted_sso_{name} = {value}\n" for name, value in values.items())
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    config.write_text("".join(f"[profile {n}]\n{sso}{line} {n}\n" for n in ("prod-a", "dev")))
    before, script = config.read_text(), block("docs/migrating.md", "Coming from another tool")
    dry, rest = script.split("\n", 1)
    shell(dry)
    assert config.read_text() == before
    with typed(rest.replace("awsprof doctor", "awsprof doctor || true")) as shown:
        shown.see("Write this?")
        shown.press("y", ENTER)
        assert shown.ended() == 0, shown.text
    text = config.read_text()
    assert f"{line} dev" in text and f"{line} prod-a" not in text
    assert "next: awsprof login --session example" in shown.text


@pytest.mark.long
def test_a_key_out_of_a_store_that_is_not_read(aws: Aws, home: Path, ready: str) -> None:
    key = aws.user("bob")
    export = f"export AWS_ACCESS_KEY_ID={key.id} AWS_SECRET_ACCESS_KEY={key.secret}"
    vault = f'#!/bin/sh\n[ "$2" = --no-session ] && shift 4\n{export}\nexec "$@"\n'
    script = block("docs/migrating.md", "aws-vault").replace("NAME", "bob")
    with typed(script, program(home / "bin", "aws-vault", vault)) as shown:
        shown.see("Write this?")
        shown.press("y", ENTER)
        assert shown.ended() == 0, shown.text
    assert awsprof.whoami("bob").arn == key.arn
    assert key.secret not in shown.text + (home / ".aws" / "config").read_text()


@pytest.mark.long
def test_aws_lists_the_accounts_of_the_team_file(
    aws: Aws, home: Path, ready: str, tmp_path: Path
) -> None:
    aws.approve_at_once = True
    aws.accounts["111122223333"] = ("Shop", ("Admin",))
    aws.organization = {"111122223333": ("Shop", "ACTIVE")}
    key = aws.user("admin")
    config = home / ".aws" / "config"
    config.parent.mkdir(exist_ok=True)
    config.write_text(
        f"[sso-session corp]\nsso_start_url = {aws.url}/start\nsso_region = eu-west-1\n"
        f"[profile org-admin]\naws_access_key_id = {key.id}\n"
        f"aws_secret_access_key = {key.secret}\nregion = eu-west-1\n"
    )
    config.chmod(0o600)
    shell(block("docs/team.md", "Let AWS list the accounts"))
    for name, roles in (("accounts.toml", True), ("all.toml", False)):
        text = (tmp_path / name).read_text()
        assert 'id = "111122223333"' in text and ("roles" in text) is roles


# The test that runs each block of commands. README.ja.md has the blocks of README.md, see above.
RUN: dict[tuple[str, str], Callable[..., None]] = {
    ("README.md", "Install"): test_it_installs_as_shown,
    ("README.md", "A new laptop with IAM Identity Center (SSO)"): test_a_minute_for_each_reader,
    ("README.md", "An IAM user with MFA"): test_a_minute_for_each_reader,
    ("README.md", "Forty accounts"): test_a_minute_for_each_reader,
    ("README.md", "A team"): test_a_minute_for_a_team,
    ("README.md", "Uninstall"): test_the_way_out_gives_the_key_back,
    ("docs/commands.md", "For scripts"): test_the_scripts_run_as_they_are_written,
    ("docs/migrating.md", "Coming from another tool"): test_coming_from_granted_as_shown,
    ("docs/team.md", "Let AWS list the accounts"): test_aws_lists_the_accounts_of_the_team_file,
    ("examples/team/README.md", "A team's profiles"): (
        test_example_team.test_people_take_it_over_and_drift_is_told
    ),
    ("examples/team/README.md", "How the team stands"): (
        test_example_team.test_the_reports_of_the_machines_are_joined
    ),
    ("docs/migrating.md", "aws-vault"): test_a_key_out_of_a_store_that_is_not_read,
}
# How the project itself is worked on: parsed, but not run by its own tests.
DEVELOPMENT = {"CONTRIBUTING.md", "docs/RELEASING.md"}
SHELL_BLOCKS = [each for page in pages() for each in blocks(page) if each.is_shell]


@pytest.mark.parametrize("shown", SHELL_BLOCKS, ids=lambda each: f"{each.page}:{each.line}")
def test_each_block_of_commands_is_run_and_parses(shown: Block) -> None:
    assert shown.page in {*DEVELOPMENT, "README.ja.md"} or (shown.page, shown.heading) in RUN, (
        f"{shown.page}:{shown.line}: no test runs this block; add one, and name it in RUN"
    )
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
    for program, *words in commands(shown.text):
        if program == "awsprof":
            parse(words)
        elif program == "make":
            assert words[0] in targets, words
        elif program.endswith("pytest"):
            assert all((ROOT / word).exists() for word in words if word.startswith("tests/"))


def test_no_other_block_has_commands() -> None:
    for page in pages():
        for each in blocks(page):
            if not each.is_shell:
                assert not re.search(r"^(\$ )?awsprof [a-z-]+", each.text, re.M), each


@pytest.mark.parametrize("page", pages())
def test_the_commands_that_sentences_name_exist(page: str) -> None:
    for words in mentions(page):
        require_known(words)


def test_a_command_that_does_not_exist_is_found() -> None:
    for words in (["keys", "turn"], ["set", "--nothing"], ["team", "apply|none"], ["--none"]):
        with pytest.raises((AssertionError, KeyError)):
            require_known(words)
    assert sum(1 for _ in mentions("docs/commands.md")) > 80


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
