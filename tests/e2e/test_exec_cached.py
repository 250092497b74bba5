"""exec and env with cached credentials do what they do without, and never with former answers."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awsprof import paths
from awsprof.auth.cached_variables import cached_variables
from awsprof.awsapi.child_environment import CLEARED
from awsprof.cli.fast_exec_and_env import run_cached
from awsprof.recent_profiles import note_use, recent_profiles
from awsprof.vault.session_cache import SessionCache
from tests.requirements import need_kernel_keyring
from tests.standins.aws import Aws
from tests.standins.cli_runner import AWSPROF, add_vault_key, run

ROLE = "role_arn = arn:aws:iam::210987654321:role/{}\nsource_profile = {}\n"
DUMP = (
    sys.executable,
    "-c",
    "import json, os, sys; print(json.dumps([dict(os.environ), sys.argv]))",
)
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's keyring is Linux's")


@pytest.fixture
def config(aws: Aws, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key in the vault, a role on it, a role on that, and credentials that all have had once."""
    need_kernel_keyring()
    monkeypatch.setenv("AWSPROF_PASSPHRASE", "correct horse battery staple")
    aws.role("Admin")
    aws.role("Far", trusted=("arn:aws:iam::210987654321:root",))
    add_vault_key(aws.user("alice"), "--no-verify")
    config = home / ".aws" / "config"
    admin = ROLE.format("Admin", "base") + "region = eu-west-1\n"
    with config.open("a") as file:
        file.write(f"\n[profile admin]\n{admin}\n[profile far]\n{ROLE.format('Far', 'admin')}")
    for name in ("base", "admin", "far"):
        run("exec", name, "--", "true")
    return config


def uncached(profile: str) -> dict[str, str]:
    """The variables by the command that looks at everything: --debug is never answered at once."""
    printed = run("--debug", "env", profile, "--shell", "json").stdout
    return {str(name): str(value) for name, value in json.loads(printed).items()}


@pytest.mark.parametrize("profile", ["base", "admin", "far"])
def test_the_variables_are_the_same(config: Path, profile: str) -> None:
    found = cached_variables(profile)
    assert found is not None
    assert found == uncached(profile)
    assert ("AWS_SESSION_TOKEN" in found) == (profile != "base")
    assert found.get("AWS_REGION") == ("eu-west-1" if profile == "admin" else None)


def test_the_command_gets_the_same_environment_and_words(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*CLEARED, "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.setenv(name, "AKIAIOSFODNN7EXAMPLE")
    words = ("admin", "--", *DUMP, "--serve", "two words", "")
    quick, whole = (
        json.loads(run(*start, *words).stdout) for start in (("exec",), ("--debug", "exec"))
    )
    assert quick == whole
    for start in ((), ("--debug",)):  # an option of ours stands in front of the command
        assert run(*start, "exec", "admin", "echo", "a", "", "b").stdout == "a  b\n"
        done = run(*start, "exec", "admin", "--region", "eu-west-2", "sh", "-c", "echo $AWS_REGION")
        assert done.stdout == "eu-west-2\n"
    assert quick[0]["AWSPROF_PROFILE"] == "admin"
    assert "AWS_ROLE_ARN" not in quick[0]
    assert "AWS_BEARER_TOKEN_BEDROCK" not in quick[0]  # botocore prefers it to credentials
    assert "AWSPROF_PASSPHRASE" not in quick[0]


def test_env_prints_the_same_in_each_syntax(config: Path) -> None:
    for shell in ("bash", "zsh", "fish", "tcsh", "nu", "powershell", "cmd", "dotenv", "json"):
        words = ("env", "admin", "--shell", shell)
        assert run(*words).stdout == run("--debug", *words).stdout
    said = run("env", "admin", "--shell", "basic", code=2).stderr
    assert "'basic' is not one of" in said


def test_a_variable_may_name_the_profile(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "admin")
    printed = json.loads(run("env", "--shell", "json").stdout)
    assert printed == cached_variables("admin")
    assert run("exec", "--", "sh", "-c", "echo $AWSPROF_PROFILE").stdout == "admin\n"
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "far")
    done = run("exec", "--", "sh", "-c", "echo $AWSPROF_PROFILE")
    assert done.stdout == "far\n"
    assert "Using AWS_DEFAULT_PROFILE=far" in done.stderr


@pytest.mark.parametrize("start", [(), ("--debug",)], ids=["cached", "whole"])
def test_a_broken_pipe_ends_what_the_command_runs(config: Path, start: tuple[str, ...]) -> None:
    done = run(*start, "exec", "admin", "--", "sh", "-c", "yes | head -n 1")
    assert done.stdout == "y\n"
    assert "Broken pipe" not in done.stderr


def test_what_cannot_run_is_told_as_ever(config: Path, tmp_path: Path) -> None:
    assert "was not found" in run("exec", "admin", "--", "no-such-program", code=127).stderr
    assert "cannot be run" in run("exec", "admin", "--", "/etc/passwd", code=126).stderr
    run("exec", "admin", "--", "", code=127)
    run("exec", "admin", "--", "a\udcff", code=127)
    run("exec", "admin", "--", "sh", "-c", "exit 7", code=7)


def test_nothing_cached_outlives_what_the_files_say(config: Path) -> None:
    text, about = config.read_text(), config.stat()
    config.write_text(text.replace("eu-west-1", "eu-west-2"))
    os.utime(config, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert cached_variables("admin") is None
    assert json.loads(run("env", "admin", "--shell", "json").stdout)["AWS_REGION"] == "eu-west-2"
    assert (cached_variables("admin") or {})["AWS_REGION"] == "eu-west-2"
    config.write_text(text)
    assert (cached_variables("admin") or {})["AWS_REGION"] == "eu-west-1"
    config.with_name("credentials").write_text("[base]\naws_access_key_id = AKIAOTHER\n")
    assert all(cached_variables(name) is None for name in ("base", "admin", "far"))


def test_an_edit_while_it_resolves_is_not_cached(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from awsprof.auth.cached_variables import VariablesCache
    from awsprof.auth.resolver import Resolver
    from awsprof.profiles.catalog import Catalog
    from awsprof.prompting import NonInteractive
    from awsprof.vault.vault import open_vault

    config.write_text(config.read_text().replace("eu-west-1", "eu-west-3"))
    cache, catalog = VariablesCache("admin"), Catalog.load()
    resolver = Resolver(
        catalog,
        lambda: open_vault(NonInteractive(), "file"),
        NonInteractive(),
        cache=SessionCache(),
        keep_roles=True,
    )
    found = resolver.credentials("admin")
    config.write_text(config.read_text().replace("eu-west-3", "ap-south-1"))
    cache.put(resolver, catalog.get("admin"), found)
    assert cached_variables("admin") is None
    config.write_text(config.read_text().replace("ap-south-1", "eu-west-3"))
    assert cached_variables("admin") is None


def test_a_session_is_used_while_its_proof_is_cached(config: Path) -> None:
    cache = SessionCache()
    proofs = [key for key in cache.kept_keys() if key.startswith("proven/")]
    assert proofs
    for proof in proofs:
        cache.drop(proof)
    assert cached_variables("admin") is None
    run("exec", "admin", "--", "true")  # asks AWS, who it is
    assert cached_variables("admin") is not None


@pytest.mark.parametrize(("minutes", "is_used"), [(38, True), (54, True), (56, False)])
def test_a_session_is_used_until_its_last_five_minutes(
    config: Path, monkeypatch: pytest.MonkeyPatch, minutes: int, is_used: bool
) -> None:
    """The kernel keeps it for less; a session of less than 15 minutes stays until later."""
    then = time.time() + minutes * 60
    monkeypatch.setattr(time, "time", lambda: then)
    assert (cached_variables("admin") is not None) is is_used


def test_logout_and_rotation_forget_it(config: Path) -> None:
    run("logout", "--all")
    assert cached_variables("admin") is cached_variables("base") is None
    run("exec", "base", "--", "true")
    before = cached_variables("base")
    assert before is not None
    run("keys", "rotate", "base", "--yes")
    assert cached_variables("base") is None
    after = json.loads(run("env", "base", "--shell", "json").stdout)
    assert after["AWS_ACCESS_KEY_ID"] != before["AWS_ACCESS_KEY_ID"]


def test_an_unfinished_change_is_finished_first(config: Path) -> None:
    folder = Path(paths.unfinished_text())
    folder.mkdir(parents=True, exist_ok=True)
    assert run_cached(["env", "nobody"]) is None
    (folder / "00000001.json").write_text("{}")
    assert run_cached(["env", "admin"]) is None


def test_forms_that_need_more_are_left_to_click(config: Path) -> None:
    for words in (
        ["exec"],
        ["exec", "admin"],
        ["exec", "admin", "--"],
        ["exec", "--serve", "admin", "--", "true"],
        ["exec", "--help", "--", "true"],
        ["exec", "admin", "env", "--serve"],
        ["exec", "adm*", "--", "true"],
        ["env", "--help"],
        ["env", "admin", "--region", "eu-west-2"],
        ["env", "nobody"],
    ):
        assert run_cached(words) is None, words


def test_use_at_a_terminal_is_noted(
    config: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    note_use("far")
    assert run_cached(["env", "admin", "--shell", "json"]) == 0
    assert recent_profiles()[0] == "far"
    monkeypatch.setattr(os, "isatty", lambda _: True)
    assert run_cached(["env", "admin", "--shell", "json"]) == 0
    assert recent_profiles()[:2] == ["admin", "far"]
    assert capfd.readouterr().out


def test_it_works_inside_of_a_served_command(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    inner = (
        f"{AWSPROF} exec far -- sh -c 'echo $AWSPROF_PROFILE $AWS_CONTAINER_CREDENTIALS_FULL_URI'"
    )
    assert run("exec", "--serve", "admin", "--", "sh", "-c", inner).stdout == "far\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_env_says_that_its_output_is_lost(config: Path, unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [AWSPROF, "env", "admin"], env=environment, stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 3
    assert b"The output could not be written" in done.stderr
