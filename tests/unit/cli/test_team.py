"""awsprof team: what the commands say, write and return."""

import errno
import io
import json
import os
from pathlib import Path

import pytest

from awsprof.cli.main import run_command
from awsprof.team.state import load_state, managed_profiles, state_file
from awsprof.terminal import Terminal
from tests.standins.team_repository import TeamRepository

TEAM = """\
version = 1

[variables.user]
question = "Your user name?"
pattern = "[a-z]+"

[sso-session.corp]
sso_start_url = "https://example.awsapps.com/start"
sso_region = "eu-west-1"

[profile.dev]
sso_session = "corp"
sso_account_id = "123456789012"
sso_role_name = "Dev"
region = "eu-west-1"

[profile.ops]
role_arn = "arn:aws:iam::123456789012:role/Ops"
source_profile = "dev"
role_session_name = "{user}"
"""
PROCESS = '[profile.legacy]\ncredential_process = "/opt/corp/creds --json"\n'
MINE = "# mine\n[profile mine]\nregion = us-east-1\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "team" / "team.toml"
    path.parent.mkdir()
    path.write_text(TEAM)
    return path


@pytest.fixture
def config(home: Path) -> Path:
    path = home / ".aws" / "config"
    path.parent.mkdir(mode=0o700)
    path.write_text(MINE)
    path.chmod(0o600)
    return path


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> "Said":
    return Said(capsys, monkeypatch)


class Said:
    """Runs awsprof in this process: its exit code, and what it says."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch
        self.out = self.err = ""

    def run(self, *words: str, keys: str | None = None) -> int:
        """``keys`` are typed at a terminal, a line each; without them there is no terminal."""
        interactive = property(lambda _: keys is not None)
        self._monkeypatch.setattr(Terminal, "interactive", interactive)
        self._monkeypatch.setattr("sys.stdin", io.StringIO((keys or "").replace(" ", "\n") + "\n"))
        self._capsys.readouterr()
        code = run_command(["team", *words])
        found = self._capsys.readouterr()
        self.out, self.err = found.out, " ".join(found.err.split())
        assert "Traceback" not in found.err
        return code


def applied(said: Said, source: Path) -> None:
    assert said.run("apply", str(source), "--var", "user=alice", "--yes") == 0


def test_apply_names_each_session_to_sign_in_to_once(said: Said, source: Path) -> None:
    session = '[sso-session.{0}]\nsso_start_url = "https://{0}.awsapps.com/start"\n'
    profile = '[profile.{0}]\nsso_account_id = "123456789012"\nsso_role_name = "R"\n'
    role = 'role_arn = "arn:aws:iam::123456789012:role/R"\nregion = "eu-west-1"\n'
    text = "version = 1\n"
    for name in ("one", "two"):
        text += session.format(name) + 'sso_region = "eu-west-1"\n'
        for each in (f"{name}-a", f"{name}-b"):
            text += profile.format(each) + f'sso_session = "{name}"\n'
    text += f'[profile.above]\n{role}source_profile = "two-a"\n'
    source.write_text(text)
    assert said.run("apply", str(source), "--yes") == 0
    login = "to sign in: awsprof login --session"
    assert f"{login} one {login} two awsprof doctor" in said.err
    assert said.err.count(login) == 2


def test_apply_diff_and_undo(said: Said, source: Path, config: Path) -> None:
    assert said.run("diff", str(source), "--var", "user=alice") == 1
    assert "+ [profile dev]" in said.err
    assert config.read_text() == MINE
    assert said.run("apply", str(source), "--var", "user=alice", "--yes", "--dry-run") == 0
    assert config.read_text() == MINE
    assert not state_file().exists()
    applied(said, source.parent)
    assert "to sign in: awsprof login --session corp awsprof doctor says what" in said.err
    assert config.read_text().startswith(MINE)
    assert "role_session_name = alice" in config.read_text()
    written = config.read_text().removeprefix(MINE)
    assert not set("#;") & set(written)  # no marks that say what is managed
    assert managed_profiles() == dict.fromkeys(("dev", "ops"), str(source.parent))
    once = config.read_text()
    assert said.run("apply", "--yes") == 0  # the source and the answer are remembered
    assert "Everything is as the team file says." in said.err
    assert config.read_text() == once
    assert said.run("diff") == 0
    assert run_command(["undo", "--yes"]) == 0
    assert config.read_text() == MINE
    assert managed_profiles() == {}
    assert said.run("diff") == 1


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "make it readable for you"),
        (OSError(errno.EINVAL, "it is not a regular file"), "name a regular file"),
        (OSError(errno.EFBIG, "it is too large"), "name a file of at most 2 MiB"),
    ],
)
def test_generate_says_what_to_do_with_a_file_that_it_cannot_read(
    said: Said, monkeypatch: pytest.MonkeyPatch, error: OSError, fix: str
) -> None:
    def refuse(*words: object) -> bytes:
        raise error  # the tests may run as root, who may read everything

    monkeypatch.setattr("awsprof.fast_read.read_regular_file", refuse)
    assert said.run("generate", "accounts.toml") == 3
    assert f"accounts.toml cannot be read: {error.strerror}." in said.err
    assert fix in said.err


def test_a_version_that_was_undone_is_not_pulled_again(
    said: Said, source: Path, config: Path
) -> None:
    applied(said, source)
    once = config.read_text()
    source.write_text(
        TEAM.replace('region = "eu-west-1"\n\n[profile.ops', 'region = "eu-west-2"\n\n[profile.ops')
    )
    assert said.run("pull") == 0
    assert "region = eu-west-2" in config.read_text()
    assert run_command(["undo", "--yes"]) == 0
    assert config.read_text() == once
    assert said.run("pull") == 1
    assert "You undid this version" in said.err
    assert config.read_text() == once
    assert said.run("apply", "--yes") == 0
    assert said.run("pull") == 0
    assert "region = eu-west-2" in config.read_text()
    assert run_command(["undo", "--yes"]) == 0
    source.write_text(source.read_text() + "# a newer version\n")
    assert said.run("pull") == 0
    assert "region = eu-west-2" in config.read_text()


def test_after_undo_the_first_apply_is_the_first_again(
    said: Said, tmp_path: Path, config: Path
) -> None:
    repository = TeamRepository(tmp_path / "repository")
    repository.commit(team=TEAM)
    repository.git("tag", "v1")
    source = repository.url.replace("@main", "@v1")
    assert said.run("apply", source, "--var", "user=alice", "--yes") == 0
    first = config.read_text()
    repository.commit(team=TEAM.replace("eu-west-1", "eu-west-2"))
    assert said.run("apply", repository.url, "--yes") == 0
    assert run_command(["undo", "--yes"]) == 0
    (state,) = load_state().for_current_config
    assert (state.version and state.version.ref, state.ref) == ("v1", "v1")
    assert said.run("pull") == 0  # v1 again, which is here
    assert config.read_text() == first
    assert run_command(["undo", "--yes"]) == 0
    assert config.read_text() == MINE
    assert said.run("status") == 0
    assert "version: none (you undid it)" in said.out
    assert said.run("status", "--json") == 0
    assert json.loads(said.out)["sources"][0]["version"] is None
    assert said.run("pull") == 1
    assert "You undid this version" in said.err
    assert said.run("apply", "--yes") == 0  # the ref, the answer, and the start URL as at first
    assert config.read_text() == first


def test_after_undo_the_former_version_is_not_older(said: Said, source: Path, config: Path) -> None:
    applied(said, source)
    source.write_text(TEAM.replace("eu-west-1", "eu-west-2"))
    assert said.run("apply", "--yes") == 0
    assert run_command(["undo", "--yes"]) == 0
    source.write_text(TEAM)
    assert said.run("apply", "--yes") == 0
    assert "goes back" not in said.err
    assert "Everything is as the team file says." in said.err


def test_undo_takes_along_the_later_versions_that_changed_nothing(
    said: Said, tmp_path: Path, config: Path
) -> None:
    repository = TeamRepository(tmp_path / "repository")
    for number, team in enumerate((TEAM + "# old", TEAM, TEAM + "# new")):
        repository.commit(team=team)
        repository.git("tag", f"v{number}")
    v0, v1, v2 = (repository.url.replace("@main", f"@v{number}") for number in range(3))
    assert said.run("apply", v1, "--var", "user=alice", "--yes") == 0
    assert said.run("apply", v2) == 0
    assert "Everything is as the team file says." in said.err
    assert run_command(["undo", "--yes"]) == 0
    assert config.read_text() == MINE
    assert said.run("status") == 0
    assert "(v2), which you undid\n" in said.out and "profiles: 0" in said.out
    assert said.run("pull", v2) == 1
    assert "You undid this version" in said.err
    for older in (v0, v1):
        assert said.run("apply", older, "--yes") == 2
        assert "you applied last: this goes back" in said.err
    assert config.read_text() == MINE
    assert said.run("apply", v2, "--yes") == 0  # the start URL is not asked about, as at first
    assert said.run("status") == 0
    assert "(v2)\n" in said.out and "profiles: 2" in said.out


def test_after_undo_a_start_url_that_a_later_version_brought_is_confirmed_again(
    said: Said, source: Path, config: Path
) -> None:
    plain = "[profile.plain]\nregion = 'eu-west-1'\n"
    source.write_text(f"version = 1\n{plain}")
    assert said.run("apply", str(source), "--yes") == 0
    before = config.read_text()
    names = [word for name in ("sso-session corp", "ops") for word in ("--accept", name)]
    for newer in (TEAM + plain, TEAM + plain + "# and a comment\n"):
        source.write_text(newer)
        assert said.run("apply", "--var", "user=alice", "--yes", *names) == 0
    assert run_command(["undo", "--yes"]) == 0
    assert config.read_text() == before
    assert said.run("apply", "--yes") == 1
    assert "sso_start_url" in said.err and "[sso-session corp]" not in config.read_text()


def test_undo_of_a_change_that_says_no_former_version_leaves_the_version(
    said: Said, source: Path, config: Path
) -> None:
    applied(said, source)
    old = source.read_text()
    source.write_text(TEAM.replace("eu-west-1", "eu-west-2"))
    assert said.run("apply", "--yes") == 0
    table = json.loads(state_file().read_text())
    for change in table["sources"][0]["changes"]:  # as an older awsprof wrote it
        for key in ("former", "dropped"):
            del change[key]
    state_file().write_text(json.dumps(table))
    (before,) = load_state().for_current_config
    assert run_command(["undo", "--yes"]) == 0
    (state,) = load_state().for_current_config
    assert state.version == before.version is not None
    assert said.run("pull") == 1
    assert "You undid this version" in said.err
    source.write_text(old)
    assert said.run("apply", "--yes") == 2
    assert "this goes back" in said.err


@pytest.mark.parametrize("newer", ["", "# and a comment\n"])
def test_undo_tells_what_the_version_that_is_back_no_longer_has(
    said: Said, source: Path, config: Path, newer: str
) -> None:
    applied(said, source)
    gone = TEAM.partition("[profile.ops]")[0]
    source.write_text(gone)
    assert said.run("apply", "--yes", "--prune") == 0
    assert "ops" not in config.read_text()
    if newer:
        source.write_text(gone + newer)
        assert said.run("apply", "--yes") == 0
    assert run_command(["undo", "--yes"]) == 0
    assert said.run("status") == 0
    assert "profiles: 2" in said.out
    assert ("profile ops: the team removed it" in said.out) is bool(newer)
    if not newer:
        config.write_text(config.read_text().replace("role_session_name = alice", "region = x"))
        assert said.run("status") == 0
        assert "profile ops: you changed role_session_name" in said.out


def test_a_question_is_asked_once_and_offers_what_is_known(
    said: Said, source: Path, config: Path
) -> None:
    other = '[variables.other]\nquestion = "And the other?"\n[profile.o]\nregion = "{other}"\n'
    source.write_text(TEAM + other)
    assert said.run("apply", str(source)) == 2
    assert "The team file asks: Your user name? And the other?" in said.err
    assert "add --var user=VALUE --var other=VALUE" in said.err
    source.write_text(TEAM)
    assert said.run("pull", str(source)) == 2
    assert said.run("pull", str(source), "--var", "user=alice") == 0
    assert run_command(["undo", "--yes"]) == 0
    state_file().unlink()
    config.write_text(MINE + "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n")
    assert said.run("apply", str(source), keys=" y") == 0
    assert "Your user name [alice]:" in said.err
    assert "role_session_name = alice" in config.read_text()
    assert said.run("apply", "--var", "user=Not valid", "--yes") == 2
    assert said.run("apply", "--var", "nobody=x", "--yes") == 2
    assert said.run("apply", "--var", "user", "--yes") == 2
    assert said.run("apply", "--var", "user=bob", "--yes") == 0
    assert "role_session_name = bob" in config.read_text()


def test_an_answer_that_does_not_fit_is_asked_again(said: Said, source: Path, config: Path) -> None:
    (config.parent / "credentials").write_text("[x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
    key = '[variables.key_id]\nquestion = "Your key?"\n[profile.a]\nvault_key_id = "{key_id}"\n'
    source.write_text(TEAM + key)
    assert said.run("apply", str(source), keys="UPPER alice  n") == 1
    assert "user does not have the form that the team file asks for." in said.err
    assert said.err.count("Your user name") == 2
    assert "Your key [AKIAIOSFODNN7EXAMPLE]:" in said.err
    assert config.read_text() == MINE


def test_a_conflict_is_asked_and_stays_without_an_answer(
    said: Said, source: Path, config: Path
) -> None:
    applied(said, source)
    text = config.read_text()
    config.write_text(text.replace("sso_role_name = Dev", "sso_role_name = Mine"))
    for words, keys in ((("--yes",), None), ((), "l"), ((), "q")):
        assert said.run("apply", *words, keys=keys) == 1
        assert "sso_role_name = Mine" in config.read_text()
        assert "profile dev" in said.err
    assert "sso_role_name: yours is Mine, the team's Dev" in said.err
    assert said.run("pull") == 1
    assert "Applied no sections of " in said.err
    assert "1 more needs an answer (profile dev): run awsprof team apply." in said.err
    assert said.run("apply", keys="m") == 0
    assert said.run("pull") == 0
    assert said.run("diff") == 0
    assert said.run("apply", "--theirs", "d*", keys="y") == 0
    assert config.read_text() == text


def test_what_cannot_be_chosen_is_wrong_usage(said: Said, source: Path, config: Path) -> None:
    applied(said, source)
    assert said.run("apply", "--theirs", "nobody") == 2
    assert said.run("apply", "--accept", "*") == 2
    assert said.run("apply", "--theirs", "*", "--mine", "dev") == 2
    assert said.run("apply", "nowhere.toml") == 2
    assert said.run("diff", "http://example.com/team.toml") == 2


def test_what_runs_is_not_confirmed_by_yes(said: Said, source: Path, config: Path) -> None:
    applied(said, source)
    text = config.read_text()
    source.write_text(TEAM + PROCESS)
    for words in (("pull",), ("apply", "--yes")):
        assert said.run(*words) == 1
        assert config.read_text() == text
    assert "without one, add --accept legacy" in said.err
    assert said.run("apply", "--yes", keys="n") == 1
    assert f"awsprof team apply {source} asks again" in said.err
    assert "--accept" not in said.err
    assert "credential_process: (none) -> /opt/corp/creds --json" in said.err
    assert config.read_text() == text
    assert said.run("diff") == 1
    assert "profile legacy (team.toml:21) changes which program runs:" in said.err
    assert said.run("apply", keys="y y") == 0
    assert "/opt/corp/creds" in config.read_text()
    source.write_text(TEAM + PROCESS.replace("creds", "other"))
    assert said.run("apply", "--yes") == 1
    assert "/opt/corp/other" not in config.read_text()
    assert said.run("apply", "--yes", "--accept", "legacy") == 0
    assert "/opt/corp/other" in config.read_text()


def test_all_of_a_long_command_is_shown_before_it_is_confirmed(
    said: Said, source: Path, config: Path
) -> None:
    applied(said, source)
    long = "--flag " * 300 + "--the-end"
    source.write_text(TEAM + PROCESS.replace("--json", long))
    assert said.run("apply", keys="n") == 1
    assert "--the-end" in said.err


def test_what_the_team_removed(said: Said, source: Path, config: Path) -> None:
    applied(said, source)
    source.write_text(TEAM[: TEAM.index("[profile.ops]")].replace("[variables", "[variables"))
    assert said.run("diff") == 1
    assert "profile ops: the team removed it." in said.err
    assert said.run("pull") == 1
    assert "1 more needs an answer (profile ops)" in said.err
    assert "[profile ops]" in config.read_text()
    assert said.run("apply", "--yes") == 1
    assert "the team removed it" in said.err
    assert said.run("apply", keys="n") == 1
    assert "Remove it here, too?" in said.err
    assert "[profile ops]" in config.read_text()
    assert said.run("status") == 0
    assert "profile ops: the team removed it" in said.out
    assert said.run("apply", "--prune", "--yes") == 0
    assert said.run("status") == 0
    assert "the team removed it" not in said.out
    assert "[profile ops]" not in config.read_text()


def test_no_to_the_diff_writes_and_remembers_nothing(
    said: Said, source: Path, config: Path
) -> None:
    assert said.run("apply", str(source), "--var", "user=alice", keys="n") == 1
    assert config.read_text() == MINE
    assert load_state().for_current_config == ()


def test_json_of_diff_and_status(said: Said, source: Path, config: Path) -> None:
    applied(said, source)
    text = config.read_text()
    config.write_text(text.replace("sso_role_name = Dev", "sso_role_name = Mine"))
    source.write_text(TEAM + PROCESS)
    assert said.run("diff", "--json") == 1
    found = json.loads(said.out)
    assert (found["schema"], found["in_step"], found["source"]) == (1, False, str(source))
    conflict, new = found["sections"]
    assert conflict["conflicts"] == [{"key": "sso_role_name", "yours": "Mine", "team": "Dev"}]
    assert (conflict["confirm"], new["confirm"]) == ([], ["credential_process"])
    assert (new["name"], new["new"], new["origin"].split(":")[0]) == ("legacy", True, "team.toml")
    assert said.run("status", "--json") == 0
    (status,) = json.loads(said.out)["sources"]
    assert status["drift"] == [
        {
            "kind": "profile",
            "name": "dev",
            "keys": ["sso_role_name"],
            "gone": False,
            "what": "changed",
        }
    ]
    assert {each["name"] for each in status["managed"]} == {"corp", "dev", "ops"}
    assert said.run("status") == 0
    assert "profile dev: you changed sso_role_name" in said.out


def test_a_lost_or_broken_state_loses_nothing(said: Said, source: Path, config: Path) -> None:
    applied(said, source)
    text = config.read_text()
    state_file().unlink()
    applied(said, source)
    assert config.read_text() == text
    state_file().write_text("{")
    assert said.run("status") == 0
    assert "cannot be read" in said.err
    applied(said, source)
    assert config.read_text() == text
    assert managed_profiles().keys() == {"dev", "ops"}


@pytest.mark.parametrize("command", [["status"], ["status", "--json"], ["diff"], ["pull"]])
def test_a_state_of_a_newer_awsprof_is_told(said: Said, source: Path, command: list[str]) -> None:
    applied(said, source)
    text = '{"format": 2, "sources": []}'
    state_file().write_text(text)
    assert said.run(*command) == 3
    assert "newer" in said.err
    assert "upgrade awsprof" in said.err
    assert state_file().read_text() == text


def test_a_profile_that_is_missing_after_a_lost_state_is_told(
    said: Said, source: Path, config: Path
) -> None:
    applied(said, source)
    text = config.read_text()
    config.write_text(text[: text.index("[profile ops]")])
    state_file().unlink()
    assert said.run("diff", str(source), "--var", "user=alice") == 1
    told = "You may have removed what is missing: profile ops."
    assert told in said.err
    source.write_text(
        TEAM.replace('{ question = "Your user name?"', "{").replace(
            "[variables.user]", "[variables.user]\ndefault = 'alice'"
        )
    )
    assert said.run("pull", str(source)) == 1
    assert "1 more needs an answer" in said.err
    assert told in said.err
    assert "[profile ops]" not in config.read_text()
    assert said.run("pull") == 1
    assert said.run("apply", "--yes") == 0
    assert told in said.err
    assert config.read_text() == text
    config.write_text(text[: text.index("[profile ops]")])
    state_file().unlink()
    assert said.run("apply", str(source), "--yes", "--mine", "ops") == 0
    assert told not in said.err
    assert "[profile ops]" not in config.read_text()
    assert said.run("pull") == 0
    state_file().unlink()
    assert said.run("apply", str(source), "--yes") == 0
    assert told in said.err
    assert config.read_text() == text


def test_pull_says_what_it_cannot_write(said: Said, source: Path, config: Path) -> None:
    source.write_text(TEAM + '[profile.plain]\nregion = "eu-west-1"\n')
    applied(said, source)
    (config.parent / "credentials").write_text(
        "[plain]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"
    )
    login = 'login_session = "arn:aws:iam::123456789012:user/alice"\n'
    source.write_text(TEAM + f'[profile.plain]\nregion = "eu-west-1"\n{login}')
    assert said.run("pull") == 1
    assert "answer" not in said.err
    assert "profile plain cannot be written. plain has aws_access_key_id" in said.err


def test_a_key_in_plain_text_is_to_be_moved_before_the_vaults_takes_effect(
    said: Said, source: Path, config: Path
) -> None:
    credentials = config.with_name("credentials")
    credentials.write_text("[base]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n")
    source.write_text('version = 1\n[profile.base]\nvault_key_id = "AKIAIOSFODNN7EXAMPLE"\n')
    assert said.run("apply", str(source), "--theirs", "base", "--accept", "base", "--yes") == 1
    assert "takes precedence over credential_process" in said.err
    assert "move the key to the vault first: awsprof keys move base" in said.err
    credentials.write_text("[base]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n")
    assert said.run("apply", str(source), "--theirs", "base", "--accept", "base", "--yes") == 1
    assert "keys move" not in said.err


def test_several_sources_are_told_apart(said: Said, source: Path, config: Path) -> None:
    applied(said, source)
    other = source.with_name("other.toml")
    other.write_text(
        'version = 1\n[profile.dev]\nregion = "eu-west-2"\n[profile.x]\noutput = "text"\n'
    )
    assert said.run("apply", str(other), "--yes") == 1
    assert "another team file manages it" in said.err
    assert managed_profiles() == {"dev": str(source), "ops": str(source), "x": str(other)}
    assert said.run("apply", "--yes") == 2
    assert str(other) in said.err


def test_a_repository_that_goes_back_is_confirmed(said: Said, tmp_path: Path, config: Path) -> None:
    repository = TeamRepository(tmp_path / "team")
    first = repository.commit(team='version = 1\n[profile.dev]\nregion = "eu-west-1"\n')
    repository.commit(team='version = 1\n[profile.dev]\nregion = "eu-west-2"\n')
    assert said.run("apply", repository.url, "--yes") == 0
    repository.git("reset", "--quiet", "--hard", first)
    assert said.run("apply", "--yes") == 2
    assert "this goes back" in said.err
    assert said.run("pull") == 1
    assert said.run("apply", keys="n") == 1
    assert "region = eu-west-2" in config.read_text()
    assert said.run("apply", keys="y y") == 0
    assert "region = eu-west-1" in config.read_text()
    assert said.run("status") == 0
    assert f"version: {first[:12]} (main)" in said.out


def test_each_tag_is_a_version_of_the_same_source(said: Said, tmp_path: Path, config: Path) -> None:
    repository = TeamRepository(tmp_path / "team")
    base = repository.url.removesuffix("@main")
    for tag, region in (("v1", "eu-west-1"), ("v2", "eu-west-2")):
        repository.commit(team=f'version = 1\n[profile.dev]\nregion = "{region}"\n')
        repository.git("tag", tag)
        assert said.run("apply", f"{base}@{tag}", "--yes") == 0
        assert f"region = {region}" in config.read_text()
        assert managed_profiles() == {"dev": base}
    repository.commit(team='version = 1\n[profile.dev]\nregion = "eu-west-3"\n')
    assert said.run("pull") == 0  # of the ref that was applied last
    assert "region = eu-west-2" in config.read_text()
    assert said.run("apply", f"{base}@v1", "--yes") == 2
    assert "this goes back" in said.err


def test_a_repository_named_without_its_ref_is_taken_at_the_same_one(
    said: Said, tmp_path: Path, config: Path
) -> None:
    repository = TeamRepository(tmp_path / "repository")
    repository.commit(team=TEAM)
    repository.git("branch", "stable")
    repository.commit(team=TEAM.replace("eu-west-1", "eu-west-2"))
    bare = repository.url.removesuffix("@main")
    assert said.run("apply", f"{bare}@stable", "--var", "user=alice", "--yes") == 0
    assert "as last time" not in said.err
    assert said.run("apply", bare, "--yes") == 0
    assert "at stable, as last time; @HEAD is its default branch" in said.err
    assert "Everything is as the team file says." in said.err
    assert said.run("apply", f"{bare}@HEAD", "--yes") == 0
    assert "region = eu-west-2" in config.read_text()


def test_standard_input_is_a_source(
    said: Said, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write = os.pipe()
    os.write(write, b'version = 1\n[profile.dev]\nregion = "eu-west-1"\n')
    os.close(write)
    with os.fdopen(read) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert run_command(["team", "apply", "-", "--yes"]) == 0
    assert "[profile dev]" in config.read_text()
